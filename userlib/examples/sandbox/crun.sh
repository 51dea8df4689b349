#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: crun.sh PROGRAM [ARGUMENT]...
#
# Runs PROGRAM in a container that has /dev/ioport and no privilege, as an ordinary
# user in the group ioport: root only within a user namespace, no capability, none to
# be had (no_new_privs). Neither changes who may open the device: that goes by the user
# and the groups outside, which the container keeps. What "podman run --device
# /dev/ioport --group-add keep-groups" asks for, put to crun itself: who is not root gets
# a device by a bind mount, not by mknod. The container's files are this machine's /usr.
set -eu

bundle=$(mktemp -d)
trap 'rm -rf "$bundle"' EXIT
mkdir "$bundle/rootfs" "$bundle/rootfs/usr" "$bundle/rootfs/proc" "$bundle/rootfs/dev"
for d in bin lib lib64; do
	ln -s "usr/$d" "$bundle/rootfs/$d"
done

# args WORD...: as JSON; words without quotes and backslashes.
args() {
	printf '"%s"' "$1"
	shift
	[ $# = 0 ] || printf ', "%s"' "$@"
}

cat >"$bundle/config.json" <<END
{
	"ociVersion": "1.0.0",
	"root": { "path": "rootfs", "readonly": true },
	"process": {
		"args": [ $(args "$@") ],
		"env": [ "PATH=/usr/bin" ],
		"cwd": "/",
		"user": { "uid": 0, "gid": 0 },
		"capabilities": { "bounding": [], "effective": [], "permitted": [], "inheritable": [] },
		"noNewPrivileges": true
	},
	"annotations": { "run.oci.keep_original_groups": "1" },
	"mounts": [
		{ "destination": "/usr", "type": "bind", "source": "/usr", "options": [ "rbind", "ro" ] },
		{ "destination": "/proc", "type": "proc", "source": "proc" },
		{ "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": [ "mode=755" ] },
		{ "destination": "/dev/ioport", "type": "bind", "source": "/dev/ioport", "options": [ "bind" ] }
	],
	"linux": {
		"namespaces": [
			{ "type": "user" }, { "type": "mount" }, { "type": "pid" }, { "type": "ipc" },
			{ "type": "network" }, { "type": "uts" }
		],
		"uidMappings": [ { "containerID": 0, "hostID": $(id -u), "size": 1 } ],
		"gidMappings": [ { "containerID": 0, "hostID": $(id -g), "size": 1 } ]
	}
}
END
crun --cgroup-manager disabled --root "$bundle/state" run --bundle "$bundle" "ioport-$$"
