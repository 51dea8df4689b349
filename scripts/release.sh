#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: scripts/release.sh [--no-checks]
#
# Makes the archive of a release, build/release/ioport-VERSION.tar.xz, out of what is
# committed: the same commit gives the same bytes. Before that, that nothing is
# uncommitted, and that all who name the version name that of VERSION; after it, that
# the archive builds and installs below a directory. "make release" calls it, and runs the
# checks that CI does in between; --no-checks leaves these out.
set -eu
export LC_ALL=C TZ=UTC
cd "$(dirname "$0")/.."
version=$(cat VERSION)
name=ioport-$version
out=${BUILD:-build}/release

die() {
	echo "release: $*" >&2
	exit 1
}

checks=yes
case ${1:-} in
--no-checks) checks='' ;;
'') ;;
*) die "'$1' is no option; there is --no-checks" ;;
esac

[ -z "$(git status --porcelain)" ] || die "the tree has what is not committed: git status"
scripts/versions.sh || die "see above"
grep -qE "^## \[$version\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md ||
	{ [ -z "$checks" ] || die "CHANGELOG.md has no date for $version"; }

if [ -n "$checks" ]; then
	.ci/run || die "the checks have failed"
fi

mkdir -p "$out"
git archive --format=tar --prefix="$name/" HEAD | xz -T1 -9 >"$out/$name.tar.xz"

# As who gets it would: no git, no build directory.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xf "$out/$name.tar.xz"
env -u BUILD make -s -C "$work/$name" userlib >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; die "the archive does not build"; }
env -u BUILD make -s -C "$work/$name" install DESTDIR="$work/stage" PREFIX=/usr >"$work/log" 2>&1 ||
	{ tail -n 20 "$work/log" >&2; die "the archive does not install"; }
[ -e "$work/stage/usr/src/$name/dkms.conf" ] || die "the archive's module has another version"

(cd "$out" && sha256sum "$name.tar.xz" | tee "$name.tar.xz.sha256")
