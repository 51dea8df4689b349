#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs ioport: the module (by DKMS where it is there), the library, the udev
# rule, the group and the configuration; loads the module. "make install" calls
# it. It can be run again, also to replace another version.
#
#	PREFIX	where the library goes; /usr/local. With /usr, the files for
#		udev and systemd go below /usr/lib instead of /etc.
#	DESTDIR	lay all files below this directory and touch nothing of the
#		running system; the module goes there as source for DKMS.

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

version=$(cat "$top/VERSION")
headers=/lib/modules/$kernel/build
src=/usr/src/ioport-$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log

# Runs a command whose output nobody needs unless it fails.
quietly() {
	what=$1
	shift
	"$@" >"$log" 2>&1 || failed "$what"
}

failed() {
	kept=$(mktemp /tmp/ioport-install.XXXXXX)
	cp "$log" "$kept"
	die "$1; the log is $kept"
}

# The module's sources, as DKMS keeps them, without what a build left there.
copy_sources() {
	mkdir -p "$1"
	cp "$top/VERSION" "$top/dkms.conf" "$top/COPYING" "$1/"
	(cd "$top" && find module -type f \( -name '*.[ch]' -o -name '*.sh' -o -name Kbuild -o -name Makefile \) \
		! -name '*.mod.c' ! -name lockdown-list.h -print) |
		while read -r file; do
			mkdir -p "$1/${file%/*}"
			cp "$top/$file" "$1/$file"
		done
	# The DKMS of Debian 11 and 12 calls "make clean" at the top.
	printf 'clean:\n' >"$1/Makefile"
	chmod -R u=rwX,go=rX "$1"
}

# Configuration as it will lie there: the unit names the tool by its path, as systemd
# looks for it in few directories.
make_conffiles() {
	mkdir "$work/conffiles"
	conffiles | while read -r source target; do
		mkdir -p "$work/conffiles/${target%/*}"
		sed "s|^\(Exec[A-Za-z]*=\)ioportctl |\1$PREFIX/bin/ioportctl |" "$top/$source" >"$work/conffiles$target"
	done
}

# Before anything is touched, so that sources that do not build change nothing.
# A first build by DKMS is its own proof: where it fails, it is taken back.
build() {
	quietly "the library does not build, nothing was changed" make -C "$top/userlib"
	if [ -n "$DESTDIR" ] || dkms_is_current || dkms_is_first; then
		return
	fi
	cp -r "$work/src" "$work/build"
	quietly "the module does not build for $kernel, nothing was changed" \
		make -C "$work/build/module" KDIR="$headers" modules
}

# Has DKMS this very source, built for this kernel?
dkms_is_current() {
	diff -r "$work/src" "$src" >/dev/null 2>&1 &&
		dkms status -m ioport -v "$version" -k "$kernel" 2>/dev/null | grep -q installed
}

dkms_is_first() {
	command -v dkms >/dev/null && [ -z "$(dkms_versions)$(plain_modules)" ]
}

install_module_dkms() {
	if dkms_is_current; then
		say "module: version $version is in DKMS already, for $kernel"
		return
	fi
	for old in $(dkms_versions); do
		dkms_forget "$old" || die "DKMS cannot remove ioport $old: dkms remove ioport/$old --all"
		say "module: removed version $old from DKMS"
	done
	remove_plain_modules
	rm -rf "$src"
	cp -r "$work/src" "$src"
	for step in add build install; do
		case $step in
		add) set -- ;;
		*) set -- -k "$kernel" ;;
		esac
		if ! dkms "$step" -m ioport -v "$version" "$@" >"$log" 2>&1; then
			cat "/var/lib/dkms/ioport/$version/build/make.log" >>"$log" 2>/dev/null || :
			dkms_forget "$version" || :
			rm -rf "$src"
			failed "the module: dkms $step failed for $kernel, and was taken back"
		fi
	done
	say "module: version $version built by DKMS for $kernel, and for each new kernel"
}

remove_plain_modules() {
	plain_modules | while read -r file; do
		rm -f "$file"
	done
}

install_module_plain() {
	remove_plain_modules
	quietly "the module could not be installed" make -C "$work/build/module" KDIR="$headers" \
		INSTALL_MOD_DIR=updates modules_install
	quietly "depmod failed" depmod "$kernel"
	say "module: version $version for $kernel only (without DKMS a new kernel needs 'make install' again)"
}

# Lists all that is about to be installed.
make_manifest() {
	quietly "the library could not be installed" \
		make -C "$top/userlib" install DESTDIR="$work/stage" PREFIX="$PREFIX"
	(cd "$work/stage" && find . ! -type d | sed 's/^\./f /') >"$work/manifest"
	conffiles | while read -r _ target; do
		echo "c $(checksum "$work/conffiles$target") $target"
	done >>"$work/manifest"
	{
		sed 's/.* //' "$work/manifest"
		printf '%s\n' "/usr/src/ioport-$version" "${manifest#"$DESTDIR"}" /etc/ioport/windows.d/file
	} |
		while read -r path; do
			own_directories "${path%/*}"
		done | sort -u >"$work/directories"
	cat "$work/directories" >>"$work/manifest"
}

# Directories on the way to $1 that are ours: not there yet, or made by us before.
own_directories() {
	directory=$1
	while [ -n "$directory" ]; do
		if [ ! -d "$DESTDIR$directory" ] || grep -qsxF "d $directory" "$manifest"; then
			echo "d $directory"
		fi
		directory=${directory%/*}
	done
}

install_library() {
	quietly "the library could not be installed" \
		make -C "$top/userlib" install DESTDIR="$DESTDIR" PREFIX="$PREFIX"
	say "library: $PREFIX"
	if [ ! -e "$work/stage$PREFIX/bin/ioportctl" ]; then
		say "left out: ioportctl; for it: apt install pkg-config libkmod-dev libjson-c-dev, and install again"
	fi
}

# Never over a file that was edited.
install_conffile() {
	source=$work/conffiles$1
	target=$DESTDIR$1
	if [ -e "$target" ] && ! pristine "$1" && ! cmp -s "$source" "$target"; then
		install -m 644 "$source" "$target.new"
		say "kept: $1, which was edited; the new one is $1.new"
	else
		install -D -m 644 "$source" "$target"
		rm -f "$target.new"
		say "file: $1"
	fi
}

install_conffiles() {
	mkdir -p "$DESTDIR/etc/ioport/windows.d"
	conffiles >"$work/list"
	while read -r _ target; do
		install_conffile "$target"
	done <"$work/list"
}

# What an earlier version, or the same with another PREFIX, had and this has not.
replace_manifest() {
	if [ -e "$manifest" ]; then
		remove_installed "$manifest" "$work/manifest"
	fi
	install -D -m 644 "$work/manifest" "$manifest"
}

create_group() {
	if getent group ioport >/dev/null; then
		say "group: ioport is there"
		return
	fi
	if command -v systemd-sysusers >/dev/null; then
		quietly "systemd-sysusers could not create the group" \
			systemd-sysusers "$vendor/sysusers.d/ioport.conf"
	else
		quietly "groupadd could not create the group" groupadd --system ioport
	fi
	say "group: created ioport"
}

# The kernel's reasons for refusing a module, as modprobe words them.
explain_refusal() {
	case $(cat "$log") in
	*"Key was rejected"* | *"Required key not available"*)
		if [ -e /var/lib/dkms/mok.pub ]; then
			how="enrol DKMS's: mokutil --import /var/lib/dkms/mok.pub, restart, confirm, modprobe ioport"
		else
			how="sign it with one that is enrolled, see https://wiki.debian.org/SecureBoot"
		fi
		die "installed, but the kernel loads only modules signed with a key it knows (Secure Boot): $how"
		;;
	*"Operation not permitted"*)
		die "installed, but the kernel does not let root load this module: lockdown ($(cat /sys/kernel/security/lockdown 2>/dev/null || echo unknown)), which takes only signed ones, see docs/secure-boot.md, or no right to in this container"
		;;
	*)
		die "installed, but modprobe failed: $(tail -n 1 "$log")"
		;;
	esac
}

load_module() {
	if loaded; then
		if [ "$(cat "$sysfs/version" "$sysfs/srcversion")" = "$(
			modinfo -k "$kernel" -F version ioport
			modinfo -k "$kernel" -F srcversion ioport
		)" ]; then
			say "module: loaded already"
			return
		fi
		if in_use || ! { remove_windows && modprobe -r ioport 2>/dev/null; }; then
			say "module: the old one stays loaded, in use by $(users); later: modprobe -r ioport && modprobe ioport"
			return
		fi
	fi
	modprobe ioport 2>"$log" || explain_refusal
	say "module: loaded"
}

# At each boot from now on, and now: those of the files that are there already.
enable_windows() {
	if systemd_runs; then
		systemctl daemon-reload
		systemctl -q enable ioport-windows.service 2>"$log" ||
			say "windows: the unit ioport-windows could not be enabled: $(tail -n 1 "$log")"
		systemctl reload-or-restart ioport-windows.service 2>"$log" ||
			say "windows: systemctl status ioport-windows tells what is wrong in /etc/ioport/windows.d"
	fi
}

if [ -z "$DESTDIR" ]; then
	[ "$(uname -m)" = x86_64 ] || die "x86_64 only; nothing was changed"
	need_live_system install
	[ -e "$headers/Makefile" ] ||
		die "the headers of $kernel are missing; nothing was changed. apt install linux-headers-$kernel, or 'make demo'."
fi

copy_sources "$work/src"
build
make_conffiles
make_manifest

if [ -n "$DESTDIR" ]; then
	mkdir -p "$DESTDIR/usr/src"
	rm -rf "$DESTDIR$src"
	cp -r "$work/src" "$DESTDIR$src"
	say "module: source for DKMS in $src"
elif command -v dkms >/dev/null; then
	install_module_dkms
else
	install_module_plain
fi

install_library
install_conffiles
replace_manifest
[ -z "$DESTDIR" ] || exit 0

ldconfig
create_group
reload_udev
load_module
settle_udev
enable_windows
if [ -e /dev/ioport ]; then
	say "device: $(ls -l /dev/ioport)"
fi
say "next: adduser ${SUDO_USER:-USER} ioport, then log in again; policy: /etc/modprobe.d/ioport.conf"
