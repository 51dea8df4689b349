# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# TAP from bash, and runs of the same program in two ways.

n=0 failed=0 here=/tests/compat

ok() {
	echo "ok $((++n)) - $1"
}

not_ok() {
	echo "not ok $((++n)) - $1"
	((++failed))
}

# is TEXT GOT WANT
is() {
	if [[ $2 == "$3" ]]; then
		ok "$1"
	else
		not_ok "$1"
		printf '# got:\n%s\n# want:\n%s\n' "$2" "$3" | sed 's/^\([^#]\)/#   \1/'
	fi
}

finish() {
	echo "1..$n"
	exit $((failed != 0))
}

# The library for a program.
library() {
	case $1 in
	*.32) echo $here/lib32/libioport-compat.so ;;
	*) echo $here/lib/libioport-compat.so ;;
	esac
}

# told COMMAND...: what it writes, and its status.
told() {
	"$@" 2>&1
	echo "status $?"
}
