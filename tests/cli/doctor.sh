#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ioportctl doctor: each thing is broken, doctor names the cause and the remedy, the
# remedy is carried out as it is printed there, and doctor finds it well. Run as root; who
# asks doctor is the operator. The module is loaded, and is at the end. (Lockdown, the
# kernel's own lacks and windows: blocked.sh, windows.sh; Secure Boot: tests/distro.)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

params=/sys/module/ioport/parameters
who=operator
bin=$(mktemp -d)

# What "sudo" is for who is root already.
printf '#!/bin/sh\nexec "$@"\n' >"$bin/sudo"
chmod 755 "$bin" "$bin/sudo"

# shellcheck disable=SC2317 # called through check
complains_not() {
	[ "$status" = 0 ] || [ -z "$said" ]
}

# well: nothing is bad, or to be noted.
well() {
	ctl_as "$who" 0 doctor
	check "... all is well" no_line "$said" '^(BAD|note)'
}

# shellcheck disable=SC2317 # called through check
no_line() {
	! grep -qE "$2" <<<"$1"
}

# finds STATUS LEVEL CHECK CAUSE: doctor's only line of that level and about that, which
# is kept, says so; a pattern. What else is bad is a consequence, and is not looked at.
finds() {
	local want=$1 level=$2 what=$3 cause=$4
	ctl_as "$who" "$want" doctor
	line=$(grep -E "^$level +$what " <<<"$said")
	# shellcheck disable=SC2053
	if [[ $line == $cause ]]; then
		ok "... names the cause: $cause"
	else
		not_ok "... names the cause: $cause"
	fi
}

# remedy [PATTERN]: what stands after "type:", or what the pattern leaves of the line, up to
# words that are no command, is typed. (modprobe -r of several, as doctor names them, may
# end with 1 and be content all the same: what counts is what doctor finds then.)
remedy() {
	local before="${1:-*; type: }" command
	# shellcheck disable=SC2295 # a pattern
	command=${line#$before}
	check "... and a remedy" [ "$command" != "$line" ]
	command=${command%% (*}
	command=${command%%)*}
	PATH=$bin:$PATH bash -c "$command" >"$bin/log" 2>&1
	status=$? said=$(<"$bin/log")
	check "... which complains of nothing: $command" complains_not
	udevadm settle
}

not_loaded() {
	ctl 0 unload
	finds 1 BAD loaded "*the module is not loaded;*"
	remedy
	well
}

not_installed() {
	local file
	file=$(modinfo -n ioport)
	ctl 0 unload
	mv "$file" "$bin/ioport.ko"
	depmod
	finds 1 BAD installed "*there is no module ioport for the running kernel $(uname -r); in the sources of ioport run: sudo make install"
	check "... nothing else is to be done first" grep -qE '^BAD +loaded +no, see above' <<<"$said"
	# What that does, less the building.
	mv "$bin/ioport.ko" "$file"
	depmod
	finds 1 BAD loaded "*the module is not loaded;*"
	remedy
	well
}

# The module's own word for its version is another.
wrong_version() {
	echo 0.0.1 >"$bin/version"
	mount --bind "$bin/version" /sys/module/ioport/version
	finds 1 BAD version "*the module is 0.0.1, ioportctl is $(ioportctl --version | awk '{ print $NF }'); install the same of both (make install), then: sudo ioportctl unload && sudo ioportctl load"
	umount /sys/module/ioport/version
	well
}

# As after an upgrade: on the disk is another build than the one that is loaded.
other_build() {
	local file
	file=$(modinfo -n ioport)
	cp "$file" "$bin/ioport.ko"
	LC_ALL=C sed -i 's/\(srcversion=\)[0-9A-F]\{4\}/\10000/' "$file"
	check "the file is another" [ "$(modinfo -F srcversion "$file")" != "$(modinfo -F srcversion "$bin/ioport.ko")" ]
	finds 0 note version "*the module on disk is not the one that is loaded;*"
	check "... and a remedy: to load that" [ "${line#*; type: }" = "sudo ioportctl unload && sudo ioportctl load" ]
	cp "$bin/ioport.ko" "$file"
	well
}

no_node() {
	rm /dev/ioport
	finds 1 BAD device "*/dev/ioport is missing;*"
	remedy
	well
}

# Something that is no device has come there instead.
no_device() {
	rm /dev/ioport
	echo >/dev/ioport
	chgrp ioport /dev/ioport
	chmod 660 /dev/ioport
	finds 1 BAD device "*/dev/ioport is not a device;*"
	remedy
	well
}

wrong_mode() {
	chmod 666 /dev/ioport
	finds 1 BAD device "*/dev/ioport is open to everybody (mode 0666);*"
	remedy
	well
}

# The rule was not there when the device came, and is now.
wrong_group() {
	chgrp 0 /dev/ioport
	who=root
	finds 1 BAD device "*/dev/ioport is group root's, mode 0660: the udev rule is not in place; install it, then: sudo udevadm trigger --subsystem-match=ioport"
	remedy "*, then: "
	who=operator
	well
}

# Who asks is not in the group.
wrong_user() {
	who=stranger
	finds 1 BAD access "*/dev/ioport is for group ioport (mode 0660) and stranger is not in it; run: sudo usermod -aG ioport stranger, and log in again"
	cp /etc/group "$bin/group"
	sed -i '/^ioport:/s/$/,stranger/' /etc/group
	well
	cp "$bin/group" /etc/group
	who=operator
}

empty_policy() {
	echo none >$params/allow
	finds 1 BAD policy "*no port may be used;*"
	remedy
	well
	check "... some ports may be used" [ "$(<$params/allow)" = 0x378-0x37f ]
	echo 0x278-0x27f,0x378-0x37f,0x3bc-0x3bf >$params/allow
}

# Who it is, only root can see.
driver() {
	# As where there is a printer.
	modprobe -a parport_pc lp ppdev
	finds 0 note drivers "*allowed ports are held; the first, 0x0378: held by a kernel driver or ACPI, or claimed by another program (sudo cat /proc/ioports tells which); unload the driver, *"
	who=root
	finds 0 note drivers "*allowed ports are held; the first, 0x0378: held by kernel driver parport0; unload it *"
	who=operator
	remedy "*; unload it ("
	check "... it is gone" [ ! -e /sys/module/parport_pc ]
	well
}

well
not_loaded
not_installed
wrong_version
other_build
no_node
no_device
wrong_mode
wrong_group
wrong_user
empty_policy
driver
rm -r "$bin"
finish
