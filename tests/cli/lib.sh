# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of ioportctl share; sourced. A test runs commands as a user types
# them, and looks at what they print, where, and at the exit status.

# IOPORTCTL: another program, or one before it, such as valgrind.
read -ra ioportctl <<<"${IOPORTCTL:-ioportctl}"
count=0 bad=0
said='' complained='' status=0

ok() {
	echo "ok $((++count)) - ${*//$'\n'/ | }"
}

# not_ok TEXT: what happened is shown.
not_ok() {
	echo "not ok $((++count)) - ${*//$'\n'/ | }"
	echo "# status $status; said: ${said//$'\n'/$'\n'#   }"
	echo "# complained: ${complained//$'\n'/$'\n'#   }"
	((++bad))
}

# until_true COMMAND...: or for as long as a slow machine may need.
until_true() {
	local tries=$((100 * ${TEST_SLOW:-1}))
	while ((tries--)); do
		"$@" 2>/dev/null && return
		sleep 0.1
	done
}

check() {
	local text=$1
	shift
	if "$@"; then
		ok "$text"
	else
		not_ok "$text"
	fi
}

# gives STATUS COMMAND...: runs it and keeps what it prints. ioportctl's complaints are
# lines that begin with its name, and there is one if and only if something is wrong.
gives() {
	local want=$1 file
	shift
	file=$(mktemp)
	said=$("$@" 2>"$file")
	status=$?
	complained=$(<"$file")
	rm -f "$file"
	check "$(printf '%q ' "$@"): status $want" [ "$status" = "$want" ]
}

# ctl STATUS ARGUMENT...
ctl() {
	local want=$1
	shift
	gives "$want" "${ioportctl[@]}" "$@"
}

# The same as another user; only root can.
ctl_as() {
	local user=$1 want=$2
	shift 2
	gives "$want" setpriv --reuid "$user" --regid "$user" --init-groups -- "${ioportctl[@]}" "$@"
}

# All of what it printed is this; a pattern of bash.
says() {
	# shellcheck disable=SC2053
	if [[ $said == $1 ]]; then
		ok "... says $1"
	else
		not_ok "... says $1"
	fi
}

# One line of complaint like this.
complains() {
	# shellcheck disable=SC2053
	if [[ $complained == ioportctl*": "$1 && $complained != *$'\n'* ]]; then
		ok "... complains: $1"
	else
		not_ok "... complains: $1"
	fi
}

quiet() {
	check "... prints nothing" [ -z "$said" ]
}

no_complaint() {
	check "... complains of nothing" [ -z "$complained" ]
}

# What it printed is JSON for which the filter of jq gives true.
json() {
	if [[ $(jq "$1" <<<"$said" 2>&1) == true ]]; then
		ok "... JSON: $1"
	else
		not_ok "... JSON: $1"
	fi
}

finish() {
	echo "1..$count"
	((bad == 0))
	exit
}
