#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The part of "make demo" that happens in the guest. Lines that begin with "# "
# are the story; the rest is TAP, for each step must be as it is told.
set -u

count=0 bad=0

tell() {
	printf '# %s\n' "$@"
}

# as USER COMMAND...: shows the command and what it says, keeps that in $said
# and the status in $status.
as() {
	local user=$1
	shift
	if (($# == 1)); then
		tell "   $user\$ $1"
	fi
	said=$(/usr/bin/setpriv --reuid "$user" --regid "$user" --init-groups -- bash -c "$1" 2>&1)
	status=$?
	[[ ! $said ]] || tell "   ${said//$'\n'/$'\n'#    }"
}

# What has just been shown must be so.
expect() {
	local text=$1
	shift
	if "$@"; then
		echo "ok $((++count)) - $text"
	else
		echo "not ok $((++count)) - $text (status $status, it said: $said)"
		((++bad))
	fi
}

# The whole of it, against a pattern.
says() {
	# shellcheck disable=SC2053
	[[ $said == $1 ]]
}

people() {
	tell "" "1. Two ordinary users: one is in the group ioport, the other is not." ""
	as operator id
	expect "the operator is in the group" says "uid=1000(operator)*(ioport)*"
	as stranger id
	expect "the stranger is not" says "uid=1001(stranger) gid=1001(stranger) groups=1001(stranger)"
}

device() {
	tell "" "2. The device. Its group decides who may use ports; its policy, which ones." ""
	as operator "ls -l /dev/ioport"
	expect "the device's owner and mode" says "crw-rw---- 1 root ioport *"
	as operator "cat /sys/module/ioport/parameters/allow"
	expect "the policy has the port" says "*0x378-0x37f*"
}

old_way() {
	tell "" "3. The old way takes root, so it is refused." ""
	as operator old_way
	expect "ioperm is refused" says "ioperm(0x378, 3, 1): Operation not permitted"
}

probe() {
	local way
	tell "" "4. The new way: look for parallel ports, with plain in and out instructions," \
		"   with pread() and pwrite(), and through the library. The machine has one." ""
	for way in raw file library; do
		as operator "parport_probe --access $way"
		expect "the port is found, by $way" \
			says $'0x278: no port\n0x378: parallel port\n0x3bc: no port'
	done
}

print() {
	tell "" "5. Send a line to the printer there, as root's drivers do, without root." ""
	as operator "parport_write 'Hello from an ordinary user!'"
	expect "the line is sent" [ "$status" = 0 ]
}

stranger() {
	tell "" "6. Who is not in the group gets nothing." ""
	as stranger parport_probe
	expect "the stranger is refused" [ "$status" = 2 ]
	as stranger "cat /dev/ioport"
	expect "by the file's mode" says "*ermission denied"
}

closing() {
	tell "" "7. When the file is closed the window is gone, at once, for good." ""
	as operator window
	expect "the window goes with the file" says $'open: inb(0x378) = 0x??\nclosed: inb(0x378) faults'
}

people
device
old_way
probe
print
stranger
closing
echo "1..$count"
((bad == 0))
