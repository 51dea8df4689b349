#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: bwrap.sh FIRST COUNT PROGRAM [ARGUMENT]...
#
# Runs PROGRAM (one like borrow_ports, see there) with these ports and as little else as
# can be: /usr to read; no /dev, no home, no network, no other process in sight, no
# capability, no way to get one, and the system calls of port_filter. For an ordinary
# user in the group ioport.
#
# --unshare-all has a user namespace with the others, and bwrap sets no_new_privs by
# itself: neither is in the way of the ports, which come with the descriptor.
set -eu

first=$1 count=$2
shift 2

filter=$(mktemp)
port_filter >"$filter"
exec 9<"$filter"
rm "$filter"

exec lend_ports "$first" "$count" \
	bwrap --unshare-all --die-with-parent --new-session --cap-drop ALL --clearenv \
	--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
	--proc /proc --seccomp 9 "$@"
