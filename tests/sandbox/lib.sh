# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of sandboxes share; sourced, by root. With tests/cli/lib.sh.

# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

# shellcheck disable=SC2034 # for those who source this
examples=/usr/share/doc/ioport/sandbox

# A sandbox has /usr, so what is to run there is in it.
cp /tests/sandbox/probe /usr/bin/sandbox-probe

# as USER COMMAND...: as an ordinary user, on a file system that one can turn away from.
# The first root, in which this machine stays, is none: pivot_root() refuses it. So
# another mount of it is put over it, as the initramfs of other machines does.
# shellcheck disable=SC2016
as() {
	local user=$1
	shift
	exec unshare --mount bash -c '
		mount --rbind / /mnt && cd /mnt && mount --move . / && exec chroot . "$@"
	' bash /usr/bin/setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"
}

# told STATUS USER COMMAND...
told() {
	local want=$1
	shift
	gives "$want" as_child "$@"
}

as_child() {
	(as "$@")
}

# All of the probe's own checks passed, and it came to its end.
probed() {
	check "... all of its checks pass" [ "$(grep -c '^ok' <<<"$said")" = "$(grep -oE '^1\.\.[0-9]+' <<<"$said" | cut -c 4-)" ]
}
