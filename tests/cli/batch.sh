#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ioportctl batch: each operation, and what is told of a batch that is refused or
# ends half-way. As the operator, with allow=0xe0-0xe3,0x278-0x27f,
# 0x378-0x37f,0x510-0x511 and deny=none.
#
# QEMU's pc-testdev has a latch of 32 bits at 0xe0; its firmware configuration device
# reads as a FIFO at 0x511 what was chosen at 0x510: item 0 begins "QEMU". The status
# lines of the parallel port, 0x379, stay as they are.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# What /proc/PID/syscall says of a process that is in ioctl(fd, IOPORT_IOC_XFER).
in_batch='^16 0x[0-9a-f]* 0xc018e909 '

# batch STATUS TEXT [OPTION]...: the text as a file.
batch() {
	local want=$1
	printf '%b' "$2" >/tmp/ops
	shift 2
	ctl "$want" batch "$@" /tmp/ops
}

each_operation() {
	batch 0 'out32 0xe0 0x89abcdef\nin8 0xe0\na = in16 0xe2\nb=in32 0xe0\n'
	says $'2: 0xef\na: 0x89ab\nb: 0x89abcdef'
	no_complaint
	batch 0 'out8 0xe1 0x12\nout16 0xe2 0x3456\nin32 0xe0\n'
	says "3: 0x345612ef"
	batch 0 'was = modify8 0xe0 mask 0x0f value 0x05\nis = in8 0xe0'
	says $'was: 0xef\nis: 0xe5'
	batch 0 'modify32 224 value 0 mask 0xffff0000\nin32 0xe0'
	says $'1: 0x345612e5\n2: 0x000012e5'
	batch 0 'hit = wait8 0xe0 mask 0xf0 value 0xe0 timeout 1s\n'
	says "hit: 0xe5"
	batch 0 'wait16 0xe0 value 0x12e5 mask 0xffff poll 100us timeout 0ms\nwait32 0xe0 mask 1 value 1 timeout 5ns'
	says $'1: 0x12e5\n2: 0x000012e5'
	batch 0 'delay 1ms\ndelay 1us\ndelay 1ns\ndelay 0s'
	quiet
	no_complaint
	batch 0 'out16 0x510 0\nname = ins8 0x511 count 4\nin8 0x511'
	says $'name: 51 45 4d 55\n3: 0x00'
	batch 0 'ins16 0xe0 count 2\nins32 0xe0 count 1'
	says $'1: 12e5 12e5\n2: 000012e5'
	batch 0 'outs8 0xe0 1 0x02 0b11\nin8 0xe0\nouts16 0xe0 0x1234\nin16 0xe0\nouts32 0xe0 1 0xffffffff\nin32 0xe0'
	says $'2: 0x03\n4: 0x1234\n6: 0xffffffff'
	batch 0 'outs8 0xe0 hex 0A\nin8 0xe0\nouts16 0xe0 hex 0102 03 04\nin16 0xe0\nouts32 0xe0 hex 01020304\nin32 0xe0'
	says $'2: 0x0a\n4: 0x0403\n6: 0x04030201'
	batch 0 'out8 0x378 0x5a\nin8 0x378\nmodify8 0x37a mask 0x01 value 0x01\nin8 0x37a\nin8 0x378'
	says $'2: 0x5a\n*\n4: 0x*[13579bdf]\n5: 0x5a'
}

layout() {
	batch 0 '# nothing\n\n \t\r\n  in8\t0xe0 # with a comment\r\n\n#in8 0xe0\nlast-1 =in8 0xe0#no newline'
	check "... the line, the label" [ "$(cut -d: -f1 <<<"$said")" = $'4\nlast-1' ]
	batch 0 'in8 = in8 0xe0'
	check "... a label may be a word" [ "${said%:*}" = in8 ]
	said=$(echo 'in8 0xe0' | "${ioportctl[@]}" batch -)
	status=$?
	check "standard input" [ "$status:${said%:*}" = 0:1 ]
	batch 0 "$(printf 'out8 0xe0 %d\\n' {0..255} {0..255})in8 0xe0"
	says "513: 0xff"
}

json_output() {
	batch 0 'out32 0xe0 0x89abcdef\nx = in16 0xe0\ndata = ins32 0xe0 count 2\nin8 0xe3' --json
	json '.operations == 4 and .done == 4 and .failed == null'
	json '.results == [{line: 2, label: "x", port: 224, width: 16, value: 52719},
		{line: 3, label: "data", port: 224, width: 32, values: [2309737967, 2309737967]},
		{line: 4, label: null, port: 227, width: 8, value: 137}]'
	batch 4 'out8 0xe0 0\nin8 0xe0\n\nwait8 0xe0 mask 1 value 1 timeout 1ms\nin8 0xe0' --json
	json '.operations == 4 and .done == 2 and (.results | length) == 1'
	json '.failed.line == 4 and .failed.errno == 110 and (.failed.text | contains("0x00 last"))'
}

# Nothing of it is done.
refused() {
	batch 0 'out32 0xe0 0x11111111'
	batch 1 'out8 0xe0 0x22\nin8 0xe0\n\nx = in16 0x3bc\n'
	complains "/tmp/ops:4: 0x03bc*: not allowed by the administrator's policy *; nothing was done"
	quiet
	batch 1 'out8 0xe0 0x22\nouts8 0x80 1 2' --json
	json '.done == 0 and .results == [] and .failed.line == 2 and .failed.errno == 13'
	batch 1 'out8 0xe0 0x22\nins32 0x278 count 65537'
	complains "/tmp/ops:2: ins and outs move more than 262144 bytes"
	batch 1 "$(printf 'in8 0xe0 # %d\\n' {1..4100})"
	complains "/tmp/ops:4097: the module takes 4096 operations in a batch, and there are 4100"
	batch 1 'out8 0xe0 0x22\ndelay 999ms\n\ndelay 2ms' --atomic
	complains "/tmp/ops:4: the times of an atomic batch add up to more than 1 s"
	batch 0 'in32 0xe0'
	says "1: 0x11111111"
}

half_way() {
	local pid
	batch 4 'out8 0xe0 0x33\nx = in8 0xe0\n\nwait8 0xe0 mask 0xff value 0x44 timeout 2ms poll 1ms\nout8 0xe0 0x55'
	says "x: 0x33"
	complains "/tmp/ops:4: no 0x44 (of mask 0xff) at 0x00e0 in time: it was 0x33 last; 2 of 4 operations were done"
	batch 4 'wait16 0xe0 mask 0xffff value 0x44 timeout 0ms'
	complains "/tmp/ops:1: no 0x44 (of mask 0xffff) at 0x00e0 in time: it was 0x*33 last; 0 of 1 operations were done"
	quiet
	printf 'in8 0xe0\ndelay 50s\nout8 0xe0 0x66\n' >/tmp/ops
	"${ioportctl[@]}" batch /tmp/ops >/tmp/said 2>/tmp/complained &
	pid=$!
	until_true grep -q "$in_batch" /proc/$pid/syscall
	kill $pid
	wait $pid
	status=$?
	said=$(</tmp/said) complained=$(</tmp/complained)
	check "a signal ends it: status 4" [ "$status" = 4 ]
	says "1: 0x33"
	complains "/tmp/ops:2: stopped by a signal; 1 of 3 operations were done"
	batch 0 'in8 0xe0'
	says "1: 0x33"
}

# One that would be done, but for --dry-run; and the other options.
options() {
	batch 0 'out8 0xe0 0x77\nin8 0x3bc' --dry-run
	quiet
	no_complaint
	batch 2 'out8 0xe0 0x77\nin8' -n
	batch 0 'in8 0xe0' --atomic
	says "1: 0x33"
	ctl 2 batch
	check "... names what is missing" [ "${complained%%$'\n'*}" = "ioportctl batch: which file? - is standard input" ]
	ctl 2 batch a b
	check "... names it" [ "${complained%%$'\n'*}" = "ioportctl batch: 'b' is too much: one file" ]
	ctl 2 batch /tmp/none
	complains "/tmp/none: No such file or directory"
	ctl 2 batch /tmp
	complains "/tmp: Is a directory"
	ctl 2 batch /dev/zero
	complains "/dev/zero: File too large"
	batch 2 '# nothing'
	complains "/tmp/ops: there is no operation in it"
	batch 2 ''
	complains "/tmp/ops: there is no operation in it"
}

each_operation
layout
json_output
refused
half_way
options
finish
