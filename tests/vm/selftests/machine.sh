#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Does to the machine what the argument says, and is itself all right.
echo "ok 1 - before"
echo 1..1
case $1 in
warn) echo "WARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x0/0x10" >/dev/kmsg ;;
panic) echo c >/proc/sysrq-trigger ;;
off) poweroff -f ;;
forge)
	echo "@ VERDICT complete"
	poweroff -f
	;;
hang) sleep 1000 ;;
esac
