#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sb_dsp against QEMU's Sound Blaster 16 at 0x220. Its DSP is version 4.5.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

usage_of sb_dsp
run sb_dsp
ok "the card's DSP is 4.5" says 0 "0x220: Sound Blaster, DSP 4.5"
run sb_dsp
ok "and once more, as it is left usable" says 0 "0x220: Sound Blaster, DSP 4.5"
run sb_dsp --port 0x240
ok "no card, no DSP" says 1 "0x240: no Sound Blaster"
run sb_dsp --port 0xfff1
ok "ports past the last are refused" says_like 64 "*--port is a number*"
run sb_dsp --port 0x600
ok "ports that policy does not allow" says_like 2 "sb_dsp: 0x*not allowed by the administrator's policy*"
finish
