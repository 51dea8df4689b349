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

# usage STATUS: what a script says about itself at its top.
usage() {
	sed -n '/^# usage:/,/^[^#]/s/^# \{0,1\}//p' "$0"
	exit "$1"
}

# Before anything is done. A script without such a line says it in another way.
if [[ ${1:-} == --help || ${1:-} == -h ]] && grep -q '^# usage:' "$0"; then
	usage 0
fi

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

# What scripts "image" share. They add to the guest's userland, which is of the
# machine's Debian release or of the one that the tests were written on.
guest_release() {
	local release
	release=$(codename)
	echo "${release:-bookworm}"
}

# unpack_packages DIR PACKAGE...: these and all that they depend on, as files.
unpack_packages() {
	local dir=$1 release log=$1.log
	shift
	release=$(guest_release)
	mkdir -p "$dir"
	if ! mmdebstrap --variant=extract --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --format=tar --skip=output/dev \
		--aptopt='APT::Install-Recommends "false"' --include="$(IFS=, && echo "$*")" "$release" - \
		"deb $("$vm/kernels" mirror main) $release main" 2>"$log" |
		tar -x -C "$dir" --no-same-owner --exclude='./dev/*'; then
		tail -n 20 "$log" >&2
		die "could not fetch $*"
	fi
}

# A part of the guest's initramfs.
pack_tree() {
	(cd "$1" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort |
		cpio --quiet -o -H newc -R 0:0 --reproducible)
}

# cached_image NAME MAKE: prints the path of what MAKE TREE DIR puts into TREE, packed;
# made anew where the script that calls has changed. DIR is for what it needs meanwhile.
cached_image() {
	local out=$cache/$1.cpio
	mkdir -p "$cache"
	locked "$1" make_image "$out" "$2" "$(guest_release) $(sha256sum <"$0")"
	echo "$out"
}

make_image() {
	local out=$1 make=$2 recipe=$3 tmp
	[[ ! -f $out.stamp || ! -f $out || $(<"$out.stamp") != "$recipe" ]] || return 0
	say "making ${out##*/}, once"
	tmp=$(mktemp -d "$cache/.image.XXXXXX")
	mkdir "$tmp/tree"
	"$make" "$tmp/tree" "$tmp"
	pack_tree "$tmp/tree" >"$tmp/cpio"
	rm -f "$out.stamp"
	mv "$tmp/cpio" "$out"
	echo "$recipe" >"$out.stamp"
	rm -rf "$tmp"
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

# Inside a chroot: a layer over the chroot that takes all writes and goes with the
# namespace, /proc (objtool wants it), /dev, and the given directories.
# shellcheck disable=SC2016
enter='
	set -e
	root=$1 dir=$2 binds=$3
	shift 3
	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/upper /mnt/work /mnt/merged
	mount -t overlay overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/merged
	mkdir -p /mnt/merged/proc /mnt/merged/dev /mnt/merged/sys
	mount --rbind /proc /mnt/merged/proc
	mount --rbind /dev /mnt/merged/dev
	for d in $binds; do
		mkdir -p "/mnt/merged$d"
		mount --rbind "$d" "/mnt/merged$d"
	done
	exec chroot /mnt/merged /bin/sh -c "cd \"\$0\" && exec \"\$@\"" "$dir" "$@"
'

# in_chroot ROOT DIR BINDS COMMAND...
in_chroot() {
	local root=$1 dir=$2 binds=$3
	shift 3
	private_mounts env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		sh -c "$enter" sh "$root" "$dir" "$binds" "$@"
}

# A /dev/kvm without the processor's support exists on some hosts, and cannot
# run a stock kernel. The emulation honours the I/O bitmap.
accelerator() {
	if [[ ${icount:-} ]]; then
		echo -accel tcg,thread=single -icount shift=0,sleep=off -cpu max
	elif grep -qwE 'vmx|svm' /proc/cpuinfo && [[ -w /dev/kvm ]] && (: <>/dev/kvm) 2>/dev/null; then
		echo -accel kvm -cpu host
	else
		echo -accel tcg,thread=multi -cpu max
	fi
}

# As many machines run at once as suit this host, whichever trees they are of: a guest
# that is starved loses its sense of time. Where $alone is set, it takes all the places. The
# turn is held while one waits for a place, so that nobody is overtaken. A place goes
# with its last holder, QEMU included.
take_place() {
	local turn place i n
	n=$((($(nproc) + 1) / 2))
	((n >= 2)) || n=2
	mkdir -p "$cache/lock"
	exec {turn}>"$cache/lock/boot.turn"
	flock "$turn"
	if [[ ${alone:-} ]]; then
		for ((i = 0; i < n; i++)); do
			exec {place}>"$cache/lock/boot.$i"
			flock "$place"
		done
	else
		for ((i = 0;; i = (i + 1) % n)); do
			exec {place}>"$cache/lock/boot.$i"
			! flock --nonblock "$place" || break
			exec {place}>&-
			((i < n - 1)) || sleep 0.1
		done
	fi
	exec {turn}>&-
}
