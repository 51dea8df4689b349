# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the scripts here share. Sourced, not run. They run as root, and the
# programs as whoever is named.

count=0 bad=0
# Path of the program that knows nothing of us.
# shellcheck disable=SC2034 # used by those who source this
access=/tests/clients/access
# The same for ld.so to run.
# shellcheck disable=SC2034
dynamic=$access.dynamic
# Where "run" finds libioport-compat, as it is not installed in the guest.
export IOPORT_PRELOAD=/tests/compat/preload

# as USER COMMAND...
as() {
	local user=$1
	shift
	/usr/bin/setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"
}

# start USER COMMAND...: in the background, as the process $!.
start() {
	local user=$1
	shift
	/usr/bin/setpriv --reuid "$user" --regid "$user" --init-groups -- "$@" &
}

# outcome USER COMMAND...: what it says on both channels, then its status. In a pipe,
# as else bash says in its own words how it was killed.
outcome() {
	local user=$1
	shift
	/usr/bin/setpriv --reuid "$user" --regid "$user" --init-groups -- \
		timeout -s KILL "$((20 * ${TEST_SLOW:-1}))" "$@" </dev/null 2>&1 | cat
	echo "status ${PIPESTATUS[0]}"
}

check() {
	local text=$1
	shift
	if "$@"; then
		echo "ok $((++count)) - $text"
	else
		echo "not ok $((++count)) - $text"
		((++bad))
		return 1
	fi
}

# equal TEXT GOT WANT
equal() {
	check "$1" [ "$2" = "$3" ] || {
		echo "# got:"
		# shellcheck disable=SC2001
		sed 's/^/#   /' <<<"$2"
		echo "# want:"
		# shellcheck disable=SC2001
		sed 's/^/#   /' <<<"$3"
	}
}

# gives TEXT WANT COMMAND...: by the operator under run. WANT is all that it says,
# lines parted by "; ", and its status.
gives() {
	local text=$1 want=$2
	shift 2
	equal "$text" "$(outcome operator ioportctl run "$@")" "${want//; /$'\n'}"
}

finish() {
	echo "1..$count"
	((bad == 0))
}
