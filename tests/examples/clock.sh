#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# cmos_clock against the guest's own time, which the kernel took from the same
# clock when it started; in all four ways in which the clock can count.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

index=0x70 data=0x71 status_b=0x0b
# The clock stands still while it is set by hand.
seconds_off=$((10 * ${TEST_SLOW:-1}))

is_near() {
	local shown now=$1
	shown=$(date -u -d "$said" +%s) || return
	((status == 0 && shown - now <= seconds_off && now - shown <= seconds_off))
}

set_mode() {
	put $index $status_b
	put $data "$1"
}

usage_of cmos_clock
run cmos_clock
ok "the clock is near the system's time" is_near "$(date +%s)"
ok "and in a form that sorts" says_like 0 "20[0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
put $index $status_b
before=$(port $data)
for mode in 0x02:BCD,\ 24\ hours 0x06:binary,\ 24\ hours 0x00:BCD,\ 12\ hours 0x04:binary,\ 12\ hours; do
	set_mode "${mode%%:*}"
	run cmos_clock
	now=$(date +%s)
	put $index $status_b
	ok "${mode#*:}: near the system's time" is_near "$now"
	ok "${mode#*:}: the clock did count so" [ "$(port $data)" = "$((${mode%%:*}))" ]
done
set_mode "$before"

# Noon and midnight are where the 12 hours go wrong. The clock is set by hand.
put $index 0x04
hours=$(port $data)
for hour in 0x12:00 0x92:12 0x01:01 0x81:13 0x11:11 0x91:23; do
	set_mode 0x80
	put $index 0x04
	put $data "${hour%%:*}"
	set_mode 0x00
	run cmos_clock
	ok "hours register ${hour%%:*} is ${hour#*:} hours" says_like 0 "20??-??-?? ${hour#*:}:??:??"
done
set_mode 0x82
put $index 0x04
put $data "$hours"
set_mode "$before"
run cmos_clock
ok "the clock is as it was" is_near "$(date +%s)"
finish
