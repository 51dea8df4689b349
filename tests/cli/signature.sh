#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: signature.sh unsigned|lockdown|signed: loading the module into a kernel that
# wants it signed: by module.sig_enforce=1 without a signature, by lockdown=integrity
# without one, by the first with one, the kernel then locked down. Run as root, the module
# not loaded.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

module=/usr/lib/modules/$(uname -r)/updates/ioport.ko

refused() {
	ctl 1 load
	complains "$1"
	check "... and is not loaded" [ ! -e /sys/module/ioport ]
	check "... and there is no device" [ ! -e /dev/ioport ]
}

key="the kernel loads only modules signed with a key it knows (Secure Boot); *"

unsigned() {
	check "the module has no signature" [ -z "$(modinfo -F signer "$module")" ]
	refused "$key"
}

lockdown() {
	check "the module has no signature" [ -z "$(modinfo -F signer "$module")" ]
	refused "the kernel is locked down (none \[integrity\] confidentiality) and takes only modules signed with a key it knows; *mokutil *"
}

hex() {
	od -An -v -tx1 | tr -d ' \n'
}

# change FILE TEXT BYTE: the byte that comes after this text, which the file has.
change() {
	local at
	at=$(hex <"$1" | awk -v text="$(printf '%s' "$2" | hex)" '{ print index($0, text) }')
	check "the module has $2" [ "$at" -gt 0 ]
	printf '%s' "$3" | dd of="$1" bs=1 seek=$(((at - 1) / 2 + ${#2})) conv=notrunc 2>/dev/null
}

# The list of windows that lockdown leaves is in the module, under its signature.
signed() {
	echo integrity >/sys/kernel/security/lockdown
	check "the module is signed" [ -n "$(modinfo -F signer "$module")" ]
	ctl 0 load
	ctl 0 read 0x378
	ctl 1 read 0x37a
	complains "0x037a: kernel lockdown forbids port access *"
	ctl 0 unload

	cp "$module" /tmp/good.ko
	change "$module" lockdown_allow=0x037 0
	refused "$key"
	# Without the last byte of its mark a signature is none.
	head -c $(($(stat -c %s /tmp/good.ko) - 1)) /tmp/good.ko >"$module"
	refused "$key"
	cp /tmp/good.ko "$module"
	ctl 0 load
}

case $1 in
unsigned) unsigned ;;
lockdown) lockdown ;;
signed) signed ;;
esac
finish
