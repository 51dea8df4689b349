# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Runs a script in the throw-away chroot of each of some kernels, and turns its
# lines "ok TEXT", "not ok TEXT" and "# TEXT" into one TAP stream. Sourced.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# in_chroots SCRIPT [KERNELS]: SCRIPT gets the source tree's directory. One
# that stops early, before its last line "end", has failed.
in_chroots() {
	local script=$1 count=0 failed=0 name names line finished
	shift
	names=$("$top/tests/vm/kernels" expand "$@")
	for name in $names; do
		finished=no
		while read -r line; do
			case $line in
			"ok "*) echo "ok $((++count)) - $name: ${line#ok }" ;;
			"not ok "*)
				echo "not ok $((++count)) - $name: ${line#not ok }"
				((++failed))
				;;
			end) finished=yes ;;
			*) echo "# ${line#\# }" ;;
			esac
		done < <(BIND=$top "$top/tests/vm/kernels" chroot "$name" "$script" "$top" 2>&1)
		if [[ $finished == no ]]; then
			echo "not ok $((++count)) - $name: ran to its end"
			((++failed))
		fi
	done
	echo "1..$count"
	((failed == 0))
}
