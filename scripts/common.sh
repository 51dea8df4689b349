# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What install.sh and uninstall.sh share. Sourced, not run.

set -eu
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

# Not by echo, which in some shells obeys backslashes in what it is given.
say() {
	printf 'ioport: %s\n' "$*"
}

die() {
	printf 'ioport: error: %s\n' "$*" >&2
	exit 1
}

# shellcheck disable=SC2034 # for those who source this
top=$(cd "$(dirname "$0")/.." && pwd)
DESTDIR=${DESTDIR:-}
PREFIX=${PREFIX:-/usr/local}
kernel=$(uname -r)
sysfs=/sys/module/ioport

# Below /usr is the distribution's; what an administrator installs for udev and
# systemd belongs below /etc, which all of their versions read.
case $PREFIX in
*[!A-Za-z0-9/._+-]* | [!/]*) die "PREFIX must be an absolute path of plain characters" ;;
/usr) vendor=/usr/lib ;;
*) vendor=/etc ;;
esac

# What was installed, one a line; its presence says that ioport is installed.
#	d PATH		a directory that was not there before
#	f PATH		a file of the library
#	c SUM PATH	a configuration file and its checksum as it was put there, so
#			that one that was edited since is told from one that was not
manifest=$DESTDIR/var/lib/ioport/manifest

# Every configuration file: where it is in the source tree, and where it goes.
conffiles() {
	cat <<-END
		udev/60-ioport.rules $vendor/udev/rules.d/60-ioport.rules
		udev/ioport.sysusers $vendor/sysusers.d/ioport.conf
		udev/ioport.modules-load $vendor/modules-load.d/ioport.conf
		udev/ioport.modprobe /etc/modprobe.d/ioport.conf
		systemd/ioport-windows.service $vendor/systemd/system/ioport-windows.service
	END
}

checksum() {
	sha256sum <"$1" | cut -d' ' -f1
}

# Is this configuration file as we put it there?
pristine() {
	grep -qsxF "c $(checksum "$DESTDIR$1") $1" "$manifest"
}

# Removes what the manifest $1 has and the manifest $2 has not.
remove_installed() {
	# Files come before directories, and those in a directory before itself.
	{ grep -v '^d ' "$1"; grep '^d ' "$1" | sort -r; } | while read -r kind sum path; do
		path=${path:-$sum}
		if grep -qs " $path\$" "$2"; then
			continue
		fi
		case $kind in
		c) remove_conffile "$path" ;;
		f) rm -f "$DESTDIR$path" ;;
		d) rmdir "$DESTDIR$path" 2>/dev/null || : ;;
		esac
	done
}

remove_conffile() {
	rm -f "$DESTDIR$1.new"
	[ -e "$DESTDIR$1" ] || return 0
	if pristine "$1"; then
		rm -f "$DESTDIR$1"
		say "file: removed $1"
	else
		say "kept: $1, which was edited"
	fi
}

# What needs a machine whose kernel takes modules. Asked before anything is
# touched.
need_live_system() {
	[ "$(id -u)" = 0 ] || die "this needs root: sudo make $1"
	if ! lsmod >/dev/null 2>&1 || [ ! -d "/lib/modules/$kernel" ]; then
		die "the kernel here ($kernel) takes no modules; nothing was changed. 'make demo' shows ioport in a virtual machine."
	fi
}

# Versions of ioport that DKMS knows, whatever their state.
dkms_versions() {
	command -v dkms >/dev/null || return 0
	dkms status 2>/dev/null | sed -En 's#^ioport(/|, )([^,:]*)[,:].*#\2#p' | sort -u
}

dkms_forget() {
	dkms remove -m ioport -v "$1" --all >/dev/null 2>&1 || return
	rm -rf "/usr/src/ioport-$1"
}

# A module installed without DKMS, for any kernel, compressed or not.
plain_modules() {
	find /lib/modules/*/updates -maxdepth 1 -name 'ioport.ko*' 2>/dev/null || :
}

loaded() {
	[ -d "$sysfs" ]
}

# Named windows, by their directories. Each pins the module twice: configfs takes one
# reference for the directory, and one for what that is in.
windows() {
	find /sys/kernel/config/ioport -mindepth 1 -maxdepth 1 2>/dev/null || :
}

in_use() {
	loaded && [ "$(cat "$sysfs/refcnt" 2>/dev/null || echo 0)" -gt $((2 * $(windows | wc -l))) ]
}

# Only where nobody has anything open. Windows that stand in files come back with
# apply_windows.
remove_windows() {
	windows | while read -r window; do
		rmdir "$window"
		rm -f "/run/ioport/windows/${window##*/}"
	done
}

# systemd, where it runs: a container has its programs and not itself.
systemd_runs() {
	[ -d /run/systemd/system ] && command -v systemctl >/dev/null
}

# find_in TESTS: find(1) in the directories that it reads, each ending in a 0 byte. Some
# may be gone by now.
find_in() {
	xargs -0 sh -c "find \"\$@\" $1 2>/dev/null" sh
}

# Where the descriptors of all processes are. A process's are those of its first thread,
# and where that has ended those of the others.
descriptors() {
	printf '%s\0' /proc/[0-9]*/fd
	printf '%s\0' /proc/[0-9]*/fd | find_in '-maxdepth 0 -empty' | while read -r empty; do
		printf '%s\0' "${empty%fd}"task/*/fd
	done
}

# Of a descriptor, by its path in /proc. Anybody may have one of the name alone (O_PATH),
# which gives nothing.
gives_access() {
	flags=$(sed -n 's/^flags:[[:space:]]*//p' "${1%/fd/*}/fdinfo/${1##*/}" 2>/dev/null) || :
	[ -n "$flags" ] && [ $((flags & 010000000)) = 0 ]
}

# A process may call itself what a terminal, or a shell, would obey. Of what can be
# printed, the set leaves out the backslash.
program_name() {
	tr -d '\n' 2>/dev/null <"/proc/$1/comm" | tr -c ' -[]-~' '?'
}

# Programs that have the device open, as "name (pid)". May be none although it
# is in use: a descriptor can be on its way through a socket.
users() {
	descriptors | find_in '-lname "/dev/ioport*"' |
		while read -r descriptor; do
			! gives_access "$descriptor" || echo "$descriptor"
		done | cut -d/ -f3 | sort -un |
		while read -r pid; do
			printf '%s (%s)\n' "$(program_name "$pid")" "$pid"
		done | paste -sd, | sed 's/,/, /g; s/^$/a program that \/proc does not show/'
}

# Where udev does not run, as in a container, there is nothing to tell.
reload_udev() {
	udevadm control --reload 2>/dev/null || :
}

# The rule, applied to a device that is there already as to a new one.
settle_udev() {
	udevadm trigger --subsystem-match=ioport 2>/dev/null || :
	udevadm settle --timeout=10 2>/dev/null || :
}
