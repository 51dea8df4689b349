#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Mistakes on the command line: exit status 2, nothing done, and a line that names
# the word that is wrong. And the help. Needs no device.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

help() {
	local verb
	ctl 0 --help
	no_complaint
	check "... fits 80x24" fits 23
	ctl 0 --version
	says "ioportctl [0-9]*.[0-9]*"
	ctl 0 --verbs
	while read -r verb _; do
		ctl 0 "$verb" --help
		says "Usage: ioportctl $verb *Exit status: *"
		check "... fits 80 columns" fits 999
		no_complaint
	done <<<"$said"
}

# Called through check.
# shellcheck disable=SC2317
fits() {
	awk -v lines="$1" 'length > 79 { bad = 1 } END { exit bad || NR > lines }' <<<"$said"
}

warnings() {
	local verb
	for verb in dump watch; do
		ctl 0 "$verb" --help
		check "... warns" grep -q "READING CAN CHANGE" <<<"${said//$'\n'/ }"
	done
}

verbs() {
	ctl 2
	complains "which verb? *"
	quiet
	ctl 2 frobnicate
	complains "'frobnicate' is no verb. *"
	ctl 2 ""
	complains "'' is no verb. *"
}

ranges() {
	local range
	for range in "" x 0x 0b2 0x378- 0x378+ 0x378+0 0x37f-0x378 -1 0x10000 65536 0xffff+2 \
		0x378-0x37f-1 " 0x378" 0x378. 0x0x378 0x100000378 99999999999999999999 nobody; do
		ctl 2 check -- "$range"
		complains "'$range' is not a range within 0-0xffff *"
		quiet
	done
	ctl 2 dump 0x278 oops
	complains "'oops' is not a range *"
	ctl 2 read 0x378-0x37a
	complains "'0x378-0x37a' is 3 ports; name one"
	ctl 2 read -w 32 0xfffd
	complains "'0xfffd': 32 bits there go past 0xffff, the last port"
	ctl 2 dump -w 16 0x378+3
	complains "'0x378+3' is 3 ports: not a multiple of 16 bits"
	ctl 2 watch -w 32 0x378+3
	complains "'0x378+3' is 3 ports: not a multiple of 32 bits"
	ctl 2 fill -w 16 0x378+3 0
	complains "'0x378+3' is 3 ports: not a multiple of 16 bits"
}

pci() {
	local range
	for range in pci: pci:0000:00:01.1 pci:0000:00:01.1/bar6 pci:0000:00:01.1/bar44 pci:0000:00:01.1/bar4x; do
		ctl 2 check "$range"
		complains "'$range' is not of the form pci:0000:00:05.0/bar0"
	done
	ctl 2 check pci:ffff:ff:1f.7/bar0
	complains "'pci:ffff:ff:1f.7/bar0': there is no such PCI device *"
}

values() {
	local value
	for value in "" x -1 0x 1e3 " 1" 0x1ffffffff; do
		ctl 2 write -- 0x378 "$value"
		complains "'$value' is not a number *"
	done
	ctl 2 write 0x378 0x100
	complains "'0x100' does not fit in 8 bits"
	ctl 2 write -w 16 0x378 65536
	complains "'65536' does not fit in 16 bits"
	ctl 2 write --mask 256 0x378 1
	complains "'256' does not fit in 8 bits"
	ctl 2 fill 0x378+8 256
	complains "'256' does not fit in 8 bits"
	ctl 2 fill 0x378
	complains "a range and a value are wanted, not 1 words"
}

# argp's two lines.
options() {
	ctl 2 read
	says ""
	check "... names what is missing" [ "${complained%%$'\n'*}" = "ioportctl read: which port?" ]
	ctl 2 read -w 12 0x378
	check "... names it" [ "${complained%%$'\n'*}" = "ioportctl read: --width is 8, 16 or 32, not '12'" ]
	ctl 2 write 0x378
	check "... names it" [ "${complained%%$'\n'*}" = "ioportctl write: '0x378' has no value: PORT and VALUE come in pairs" ]
	ctl 2 check --use=read,jump 0x378
	check "... names it" [ "${complained%%$'\n'*}" = "ioportctl check: --use is of read, write and direct, not 'jump'" ]
	ctl 2 check --use= 0x378
	ctl 2 watch -c 0 0x378
	check "... names it" [ "${complained%%$'\n'*}" = "ioportctl watch: --count is a number from 1, not '0'" ]
	ctl 2 watch -c 99999999999999999999 0x378
	check "... names it" [ "${complained%%$'\n'*}" = "ioportctl watch: --count is a number from 1, not '99999999999999999999'" ]
	ctl 2 watch -n -1 0x378
	ctl 2 status now
	check "... names it" [ "${complained%%$'\n'*}" = "ioportctl status: 'now' is too much" ]
	ctl 2 map --frob
	ctl 2 check
	ctl 2 dump
	ctl 2 fill
	ctl 2 watch
	ctl 2 write
	ctl 2 doctor now
	ctl 2 holders now
	ctl 2 unload now
	ctl 2 load allow
	complains "'allow' is not of the form NAME=VALUE, *"
	ctl 2 load "allow=0x378 deny=none"
	complains "*no blanks or quotes*"
	ctl 2 load =x
}

# What cannot be written is told.
full() {
	[[ -w /dev/full ]] || return 0
	said=$("${ioportctl[@]}" --help 2>&1 >/dev/full)
	status=$?
	complained=$said
	check "a full disk: status 1" [ "$status" = 1 ]
	complains "standard output: No space left on device"
	said=$("${ioportctl[@]}" dump --help 2>&1 >/dev/full)
	status=$?
	complained=$said
	check "of a verb as well" [ "$status" = 1 ]
	complains "standard output: No space left on device"
}

help
warnings
verbs
ranges
pci
values
options
full
finish
