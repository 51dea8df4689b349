#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ioportctl as a user who is not in the group ioport: exit status 3, and what to type.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

why="/dev/ioport is for group ioport (mode 0660) and stranger is not in it; run: sudo usermod -aG ioport stranger, and log in again"

for words in "read 0x378" "write 0x378 0" "write -m 1 0x378 0" "fill 0x378+8 0" "dump 0x378" \
	"watch 0x378" "check 0x378" "map"; do
	# shellcheck disable=SC2086 # words
	ctl 3 $words
	complains "$why"
	quiet
done
echo 'in8 0x378' >/tmp/ops
ctl 3 batch /tmp/ops
complains "$why"
ctl 1 trace
complains "that takes root; run it again with sudo"
# A mistake is told first.
ctl 2 read 0x10000
ctl 3 status
says $'*\ndevice: *\naccess:    '"$why"
no_complaint
ctl 3 status --json
json '.loaded and (.usable | not) and (.problem | contains("usermod"))'
ctl 1 doctor
says $'*\nBAD  access      '"$why"$'\n*'
ctl 1 doctor --json
json 'map(select(.result == "bad")) | length == 1'
ctl 0 holders
says "no process that can be seen *"
finish
