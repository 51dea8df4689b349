#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: tests/compat/refused.sh
#
# For one who may not open the device, and where there is none: with the library all
# is as without, for an ordinary user and for root.
here=${0%/*}
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$here/tap.sh"

for p in ports ports.32 devport devport.32 devport.fortified; do
	without=$(told "$here/$p")
	with=$(LD_PRELOAD=$(library "$p") told "$here/$p")
	is "$p: $(grep -c 'not permitted\|denied' <<<"$without") refusals are the same" "$with" "$without"
done
for p in "inb 0x378" "outb 0x378 1" "inl 0xe0"; do
	read -ra words <<<"$here/bin/$p"
	without=$(told "${words[@]}")
	is "$p" "$(LD_PRELOAD=$(library x) told "${words[@]}")" "$without"
done
finish
