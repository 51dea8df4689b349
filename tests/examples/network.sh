#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: network.sh ADDRESS: ne2000_prom against QEMU's NE2000 at 0x300, whose
# hardware address was given on QEMU's command line.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

usage_of ne2000_prom
run ne2000_prom
ok "the card's address is $1" says 0 "0x300: NE2000 (16 bits) $1"
run ne2000_prom
ok "and once more" says 0 "0x300: NE2000 (16 bits) $1"
run ne2000_prom --port 0x240
ok "no card" says 1 "0x240: no NE2000"
run ne2000_prom --port 0x600
ok "ports that policy does not allow" says_like 2 "ne2000_prom: 0x*not allowed by*"
finish
