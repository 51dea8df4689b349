# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What .ci/run and .ci/nightly share. Sourced, in the top directory.
set -uo pipefail
exec </dev/null
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

bare_machine() {
	command -v make >/dev/null && return
	local root=()
	((EUID == 0)) || root=(sudo)
	"${root[@]}" apt-get -qq update && "${root[@]}" apt-get -qq -y install --no-install-recommends make
}

# Adds what the stage's last line says; a stage without one, or one that failed
# and counted no failure, is a failure itself.
stage() {
	local status sum
	echo "== $*"
	env "$@" 2>&1 | tee "$log"
	status=$?
	sum=$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
	if [[ ! $sum ]]; then
		sum="$(grep -ac '^ok' "$log") passed, $(grep -ac '^not ok' "$log") failed"
	fi
	read -r p _ f _ <<<"$sum"
	if ((status != 0 && f == 0)) || ((p + f == 0)); then
		echo "not ok - $* (status $status)"
		((++f))
	fi
	((passed += p, failed += f))
	echo "== $((SECONDS / 60)) min $((SECONDS % 60)) s"
}

# The last line is the sum.
finish() {
	echo "$passed passed, $failed failed"
	((failed == 0 && passed > 0))
}

bare_machine || echo "no make, and it cannot be installed" >&2
