#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The version stands in the file VERSION. Some tools want it in files of their own: do
# they name the same? Prints those that do not.
set -eu
cd "$(dirname "$0")/.."
version=$(cat VERSION)
status=0

# same FILE WHAT-IT-HAS
same() {
	if [ "$2" != "$version" ]; then
		echo "$1 has version '$2', VERSION has '$version'" >&2
		status=1
	fi
}

same packaging/debian/changelog "$(sed -n '1s/^ioport (\(.*\)-[^-]*) .*/\1/p' packaging/debian/changelog)"
same packaging/fedora/ioport.spec "$(sed -n 's/^Version: *//p' packaging/fedora/ioport.spec)"
same packaging/arch/PKGBUILD "$(sed -n 's/^pkgver=//p' packaging/arch/PKGBUILD)"
same packaging/alpine/APKBUILD "$(sed -n 's/^pkgver=//p' packaging/alpine/APKBUILD)"
same packaging/alpine/AKMBUILD "$(sed -n 's/^modver=//p' packaging/alpine/AKMBUILD)"
same userlib/python/ioport/__init__.py \
	"$(sed -n 's/^__version__ = "\(.*\)"/\1/p' userlib/python/ioport/__init__.py)"
same CHANGELOG.md "$(sed -n 's/^## \[\([0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)"
same "the soname in userlib/python/ioport/_library.py" \
	"$(sed -n 's/^_SONAME = "libioport.so.\([0-9]*\)"/\1/p' userlib/python/ioport/_library.py)${version#"${version%%.*}"}"
exit $status
