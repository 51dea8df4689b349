#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: disk.sh MODEL SERIAL SECTORS: ide_identify against QEMU's disk at 0x168.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

usage_of ide_identify
run ide_identify
ok "the disk tells its name and size" \
	says_like 0 "model: $1"$'\n'"serial: $2"$'\n'"firmware: ?*"$'\n'"sectors: $3"
first=$said
run ide_identify
ok "the same again" says 0 "$first"
run ide_identify --drive 1
ok "there is no second disk" says 1 "0x168, drive 1: none"
run ide_identify
ok "after which the first still answers" says 0 "$first"
run ide_identify --port 0x240 --control 0x24e
ok "a channel that is not there" says 1 "0x240, drive 0: none"
run ide_identify --drive 2
ok "there is no third" says_like 64 "*no drive: 0 or 1*"
run ide_identify --port 0x600
ok "ports that policy does not allow" says_like 2 "ide_identify: 0x*not allowed by*"
finish
