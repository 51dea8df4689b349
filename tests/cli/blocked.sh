#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: blocked.sh nobitmap|nohook|unfixed|lockdown|lockdown-list: what ioportctl says where the kernel
# itself is in the way.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# No instructions, but system calls.
mediated() {
	ctl 0 check --use read,write 0x378
	says "0x0378: read, write: ok"
	ctl 0 write 0x378 0x5a
	ctl 0 read 0x378
	says 0x5a
	ctl 1 check 0x378
	says "0x0378: read, write: ok"$'\n'"0x0378: direct: refused: 0x0378: $1"
	ctl 1 check --json 0x378
	json ".[0] | .read.ok and .write.ok and .direct.reason == \"$2\""
	ctl 0 status
	says "*direct:    $3*access:    yes"
}

# Only our module was built without; the kernel has a bitmap.
nobitmap() {
	mediated "this kernel has no direct access*" no-direct "no: this kernel has no I/O bitmap*"
	ctl 0 doctor
	says "*note direct      not on this kernel*"
}

nohook() {
	mediated "direct access needs CAP_SYS_RAWIO*" privilege "with CAP_SYS_RAWIO only: *ioperm()*"
	ctl 1 doctor
	says "*BAD  direct      for root only*ioperm()*"
}

unfixed() {
	mediated "direct access needs CAP_SYS_RAWIO*" privilege "with CAP_SYS_RAWIO only: *"
	ctl 1 doctor
	says "*BAD  direct      for root only*force_direct*"
}

lockdown() {
	ctl 1 read 0x378
	complains "0x0378: kernel lockdown forbids port access *"
	quiet
	ctl 1 write 0x378 0
	complains "0x0378: kernel lockdown *"
	ctl 1 check 0x378
	says "0x0378: read, write, direct: refused: 0x0378: kernel lockdown *"
	ctl 1 dump 0x378
	says "* -- *"
	complains "not read, -- here: 0x0378: kernel lockdown *"
	ctl 0 status
	says "*direct:    no: kernel lockdown *"
	ctl 1 doctor
	says "*BAD  lockdown    kernel lockdown forbids port access (*); turn off Secure Boot, or boot without lockdown=, or build the module with the ports in /etc/ioport/lockdown-allow"$'\n*note policy      no port may be used under lockdown, see above\n*note direct      not under lockdown*'
	check "... nothing else is bad" [ "$(grep -c ^BAD <<<"$said")" = 1 ]
}

# Half of the parallel port is on the module's list.
lockdown_list() {
	ctl 0 read 0x378
	ctl 1 read 0x37a
	complains "0x037a: kernel lockdown forbids port access * or build the module with the port in /etc/ioport/lockdown-allow"
	ctl 1 check 0x378-0x37f
	says "0x0378-0x037f: read, write, direct: refused: 0x037a (of 0x0378-0x037f): kernel lockdown *"
	ctl 0 status
	says "*direct:    yes"$'\n'"lockdown:  leaves 0x0080, 0x0278-0x0279, 0x0378-0x0379"$'\n'"access:    yes"
	ctl 0 status --json
	json '.lockdown == "0x0080, 0x0278-0x0279, 0x0378-0x0379"'
	ctl 0 doctor
	says "*note lockdown    kernel lockdown (*) leaves only *: 0x0080, 0x0278-0x0279, 0x0378-0x0379"$'\n'"*ok   policy      4 ports in 2 ranges may be used*"
}

case $1 in
nobitmap) nobitmap ;;
nohook) nohook ;;
unfixed) unfixed ;;
lockdown) lockdown ;;
lockdown-list) lockdown_list ;;
esac
finish
