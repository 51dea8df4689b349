#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Undoes install.sh, by the manifest that this left; DESTDIR as there. The group
# stays, and so do configuration files that were edited and those of windows. Where
# a device is in use, it changes nothing.

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

unload_module() {
	loaded || return 0
	if in_use; then
		die "/dev/ioport is in use by $(users); nothing was changed"
	fi
	remove_windows
	modprobe -r ioport 2>/dev/null ||
		die "the module cannot be unloaded (modprobe -r ioport); nothing was changed"
	say "module: unloaded"
}

remove_module() {
	for version in $(dkms_versions); do
		dkms_forget "$version" || die "DKMS cannot remove ioport $version: dkms remove ioport/$version --all"
		say "module: removed version $version from DKMS"
	done
	plain_modules | while read -r file; do
		rm -f "$file"
		rmdir "${file%/*}" 2>/dev/null || :
		release=${file#/lib/modules/}
		release=${release%%/*}
		depmod "$release"
		say "module: removed for $release"
	done
}

disable_windows() {
	# Wherever that PREFIX, which may have been another, has put it.
	if systemd_runs && grep -qs '/ioport-windows\.service$' "$manifest"; then
		systemctl -q disable --now ioport-windows.service 2>/dev/null || :
	fi
}

# The manifest goes first, as its directory is among what it lists.
remove_files() {
	old=$(mktemp)
	trap 'rm -f "$old"' EXIT
	cp "$manifest" "$old"
	rm -f "$manifest"
	manifest=$old
	remove_installed "$old" /dev/null
	say "library: removed"
}

installed() {
	[ -e "$manifest" ] && return
	[ -z "$DESTDIR" ] || return
	loaded || [ -n "$(dkms_versions)$(plain_modules)" ]
}

[ -n "$DESTDIR" ] || need_live_system uninstall
if ! installed; then
	say "nothing to do"
	exit 0
fi

if [ -z "$DESTDIR" ]; then
	unload_module
	disable_windows
	remove_module
fi
rm -rf "$DESTDIR/usr/src/ioport-$(cat "$top/VERSION")"
if [ -e "$manifest" ]; then
	remove_files
fi
[ -z "$DESTDIR" ] || exit 0

ldconfig
reload_udev
rmdir /run/ioport/windows /run/ioport 2>/dev/null || :
! systemd_runs || systemctl daemon-reload
if getent group ioport >/dev/null; then
	say "kept: the group ioport (delgroup ioport removes it)"
fi
