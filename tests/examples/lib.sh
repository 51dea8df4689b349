# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# TAP for the tests of the examples. Sourced; each is run as an ordinary user.

count=0 bad=0

# The last command's output and status.
said='' status=0

run() {
	status=0
	said=$("$@" 2>&1) || status=$?
}

ok() {
	local text=$1
	shift
	if "$@"; then
		echo "ok $((++count)) - $text"
	else
		echo "not ok $((++count)) - $text"
		echo "# status $status, it said: $said"
		((++bad))
	fi
}

# says STATUS TEXT: the last command said just this, and ended so.
says() {
	[[ $status == "$1" && $said == "$2" ]]
}

# The same, for a pattern.
says_like() {
	# shellcheck disable=SC2053
	[[ $status == "$1" && $said == $2 ]]
}

# A port, read through the kernel.
port() {
	dd if=/dev/ioport bs=1 skip="$(($1))" count=1 2>/dev/null | od -An -tu1 | tr -d ' '
}

# put PORT BYTE
put() {
	# shellcheck disable=SC2059 # an escape is made
	printf "\\x$(printf %x "$2")" | dd of=/dev/ioport bs=1 seek="$(($1))" conv=notrunc 2>/dev/null
}

# Every example has its help, and refuses what it does not know.
usage_of() {
	run "$1" --help
	ok "$1 --help" says_like 0 "Usage: $1*Exit status: 0*"
	run "$1" --no-such-option
	ok "$1 refuses an unknown option" says_like 64 "*unrecognized option*"
}

finish() {
	echo "1..$count"
	((bad == 0))
}
