#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Wrong in the way that the argument says, and in no other.
[[ $1 == nothing ]] || echo "ok 1 - before"
case $1 in
check)
	echo "not ok 2 - a check that fails"
	echo 1..2
	;;
no-plan) ;;
wrong-plan) echo 1..2 ;;
two-plans)
	echo 1..1
	echo 1..1
	;;
status)
	echo 1..1
	exit 3
	;;
crash)
	echo 1..1
	kill -SEGV $$
	;;
hang)
	echo 1..1
	sleep 1000
	;;
bail)
	echo "Bail out! cannot go on"
	echo 1..1
	;;
nothing) echo 1..0 ;;
esac
exit 0
