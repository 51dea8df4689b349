#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: under.sh TEST [ARG]...: runs a test that was built with sanitizers.
# What they report is kept in files, as tests do not look at the end of every
# process or at all that one writes; a report makes the test fail.
set -u
shopt -s nullglob

reports=$(mktemp -d /tmp/sanitizer.XXXXXX)
chmod 1777 "$reports"
common=log_path=$reports/report:exitcode=99:print_stacktrace=1
# A port that was not granted is meant to end in SIGSEGV, and tests catch that. A
# library that is preloaded cannot come after the sanitizer's.
export ASAN_OPTIONS=$common:handle_segv=0:verify_asan_link_order=0:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=$common UBSAN_REPORT=$reports/undefined

"$@"
status=$?
for report in "$reports"/*; do
	echo "# a sanitizer's report:"
	sed 's/^/#   /' "$report"
	((status)) || status=99
done
rm -r "$reports"
exit $status
