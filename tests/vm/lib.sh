# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the scripts of the test machine share. Sourced, not run.

# Without it, "set -e" is off inside $(...).
shopt -s inherit_errexit
# depmod and others are not on an ordinary user's path.
PATH=$PATH:/usr/sbin:/sbin

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ioport
# shellcheck disable=SC2034 # these are used by those who source this
build=${BUILD:-$top/build}
# shellcheck disable=SC2034
vm=$top/tests/vm

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

say() {
	echo "${0##*/}: $*" >&2
}

# The machine's own Debian release; empty where it is not Debian.
codename() {
	# shellcheck disable=SC1091
	(. /etc/os-release && [[ $ID == debian ]] && echo "$VERSION_CODENAME") || true
}

# One hash over the names and contents of all files of these directories.
hash_of() {
	find "$@" -type f ! -name '*.o' ! -name '*.ko' ! -name '*.mod*' ! -name '.*' -print0 |
		sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16
}

# Run a command while holding a lock, so that two runs do not make one thing
# twice. The lock goes with the shell that took it, a killed one included.
locked() {
	local lock=$cache/lock/$1 lock_fd
	shift
	mkdir -p "$cache/lock"
	exec {lock_fd}>"$lock"
	flock "$lock_fd"
	"$@"
	exec {lock_fd}>&-
}

# A mount namespace of our own: what is mounted in it never leaks out. Who is
# not root gets a user namespace as well. In a chroot whose root is no mount point
# propagation cannot be changed; who made it answers for that.
private_mounts() {
	local propagation=private
	if ((EUID == 0)); then
		unshare --mount --propagation private true 2>/dev/null || propagation=unchanged
		unshare --mount --propagation "$propagation" "$@"
	else
		unshare --user --map-root-user --mount --propagation private "$@"
	fi
}
