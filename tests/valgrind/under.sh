#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: under.sh TEST [ARG]...: runs a program under valgrind's memcheck,
# or a script of tests/cli with an ioportctl that does. What valgrind reports is kept in files, as
# tests do not look at the end of every process; a report makes the test fail.
set -u

reports=$(mktemp -d /tmp/valgrind.XXXXXX)
chmod 1777 "$reports"
# In the guest.
[[ ! -x /usr/lib/valgrind/memcheck-amd64-linux ]] || export VALGRIND_LIB=/usr/lib/valgrind
# shellcheck disable=SC2054 # valgrind's commas
memcheck=(valgrind --tool=memcheck --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible
	--error-exitcode=99 "--log-file=$reports/%p")

case $1 in
*.sh) IOPORTCTL="${memcheck[*]} ioportctl" "$@" ;;
*) "${memcheck[@]}" "$@" ;;
esac
status=$?
for report in "$reports"/*; do
	[[ -s $report ]] || continue
	echo "# valgrind's report:"
	sed 's/^/#   /' "$report"
	((status)) || status=99
done
rm -r "$reports"
exit $status
