#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: notices.sh PLANTED: that program is tests/sanitize/planted.c.
#
# A bug that memcheck finds makes a test fail, even where it is in a process whose end
# nobody looks at.
here=${0%/*} planted=$1
# shellcheck source-path=SCRIPTDIR source=../examples/lib.sh
. "$here/../examples/lib.sh"

found() {
	((status == 99)) && [[ $said == *"valgrind's report:"*"$1"* ]]
}

finds() {
	run "$here/under.sh" "$planted" "$1"
	ok "finds $1" found "$2"
}

run "$here/under.sh" "$planted" none
ok "finds nothing where nothing is" says 0 ""
finds overflow "Invalid write of size 1"
finds use-after-free "Invalid read of size 1"
finds leak "definitely lost"
finds uninitialised "depends on uninitialised value"
finish
