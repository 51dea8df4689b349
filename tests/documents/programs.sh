#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every C program in the README, the manual pages and libioport.h, run by the operator
# under the default policy: what it says, and the parallel port's data lines after it.
here=${0%/*}
# shellcheck source-path=SCRIPTDIR source=../examples/lib.sh
. "$here/../examples/lib.sh"

data=0x378 before=165
ran=0

# does PROGRAM SAYS LINES [ARGUMENT]...: a pattern; what the lines are then.
does() {
	local program=$1 pattern=$2 lines=$3
	shift 3
	put $data $before
	run "$here/$program" "$@"
	((++ran))
	ok "$program says '${pattern//$'\n'/ | }'" says_like 0 "$pattern"
	ok "$program: the data lines are $lines" [ "$(port $data)" = "$lines" ]
}

programs() {
	find "$here" -maxdepth 1 -name '*.[0-9]' ! -name ioportctl-run.1 | wc -l
}

status_lines="status lines: [0-9a-f][0-9a-f]"
does README.md.1 "$status_lines" $((0x55))
does README.md.2 "$status_lines" $before
does ioport.4.1 "$status_lines" $((0x55))
does libioport.3.1 "$status_lines" $before
does ioport_batch_new.3.1 "" 0
does ioport_check.3.1 "" $before
does ioport_claim.3.1 "" $((0x5a))
does ioport_explain.3.1 "0x0060: not allowed by*" $before
does ioport_grant.3.1 "" $((0x55))
does ioport_in8.3.1 "" 0
does ioport_open.3.1 "direct access: yes" $before
does ioport_portmap_open.3.1 $'0x0278-0x027f\n0x0378-0x037f\n0x03bc-0x03bf' $before
# shellcheck disable=SC2016 # for the shell that it becomes
does ioport_set_map.3.1 "*/dev/ioport" $before sh -c 'for f in /proc/self/fd/*; do readlink "$f"; done | grep ioport'
does libioport.h.1 $'0x[0-9a-f][0-9a-f]\n278+8\n378+3' $before
ok "there is no program that was not run" [ "$(programs)" = "$ran" ]
finish
