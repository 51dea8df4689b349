#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each mistake in a file for ioportctl batch: exit status 2, and its line, column and
# word. The module is not loaded: what came as far as the device would end with 3.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# batch STATUS TEXT: the text as a file.
batch() {
	printf '%b' "$2" >/tmp/ops
	ctl "$1" batch /tmp/ops
}

# mistake LINE COLUMN WORD WHY TEXT: after a line that must not be done.
mistake() {
	batch 2 "out8 0xe0 0x99\n$5"
	complains "/tmp/ops:$(($1 + 1)):$2: '$3': $4"
	quiet
}

mistakes() {
	local word
	batch 3 'in8 0xe0'
	for word in x in in64 in8x IN8 out delay8 8 in08 outs modify16x '0xe0' 'é'; do
		batch 2 "$word 0xe0"
		complains "/tmp/ops:1:1: '*': not an operation (*"
	done
	mistake 1 1 frob "not an operation (*" 'frob 0xe0'
	mistake 3 2 frob "not an operation (*" '\n\n\tfrob 0xe0'
	for word in x -1 0x 0xe0- 65536 0x10000 99999999999999999999 0b2 1e2; do
		mistake 1 5 "$word" "not a port (0 to 0xffff)" "in8 $word"
	done
	mistake 1 1 in8 "a port is missing after it" in8
	mistake 1 6 0xe0 "a value is missing after it" 'out8 0xe0 # 1'
	mistake 1 6 0xffff "16 bits there go past 0xffff, the last port" 'in16 0xffff'
	mistake 1 6 0xfffd "32 bits there go past 0xffff, the last port" 'in32 0xfffd'
	mistake 1 10 0 "is too much" 'in8 0xe0 0'
	mistake 1 13 2 "is too much" 'out8 0xe0 1 2'
	mistake 1 11 1ms "is too much" 'delay 1ms 1ms'
	for word in x -1 0x 1.5 0x1ffffffff 0b; do
		mistake 1 11 "$word" "not a number (decimal, 0x55 or 0b1010) of up to 32 bits" "out8 0xe0 $word"
	done
	mistake 1 11 256 "does not fit in 8 bits" 'out8 0xe0 256'
	mistake 1 12 0x10000 "does not fit in 16 bits" 'out16 0xe0 0x10000'

	mistake 1 1 modify8 "has no mask" 'modify8 0xe0 value 1'
	mistake 1 1 modify8 "has no value" 'modify8 0xe0 mask 1'
	mistake 1 14 mask "a value is missing after it" 'modify8 0xe0 mask'
	mistake 1 21 mask "is there twice" 'modify8 0xe0 mask 1 mask 1 value 1'
	mistake 1 14 timeout "not expected here" 'modify8 0xe0 timeout 1ms'
	mistake 1 14 1 "not expected here" 'modify8 0xe0 1 2'
	mistake 1 14 = "not expected here" 'modify8 0xe0 = 2'
	mistake 1 19 0x100 "does not fit in 8 bits" 'modify8 0xe0 mask 0x100 value 1'
	mistake 1 1 modify8 "value 0x12 has bits that mask 0xf has not" 'modify8 0xe0 mask 0x0f value 0x12'

	mistake 1 5 wait8 "has no timeout" 'x = wait8 0xe0 mask 1 value 1'
	mistake 1 1 wait8 "has no mask" 'wait8 0xe0 timeout 1s'
	mistake 1 1 wait8 "value 0x2 has bits that mask 0x1 has not" 'wait8 0xe0 mask 1 value 2 timeout 1s'
	for word in 1 ms 1m 1h 0x1ms 1.5ms -1ms 1MS 99999999999s; do
		mistake 1 7 "$word" "not a time such as 10ms *" "delay $word"
		mistake 1 35 "$word" "not a time such as 10ms *" "wait8 0xe0 mask 1 value 1 timeout $word"
	done
	mistake 1 7 1 "not a time such as 10ms *" 'delay 1 ms'
	mistake 1 1 delay "a time is missing after it" delay

	mistake 1 6 0xe0 "'count' is missing after it" 'ins8 0xe0'
	mistake 1 11 4 "not expected here; 'count' is" 'ins8 0xe0 4'
	mistake 1 11 count "a number is missing after it" 'ins8 0xe0 count'
	for word in 0 x -1 1048577; do
		mistake 1 17 "$word" "not a count from 1 to 1048576" "ins8 0xe0 count $word"
	done
	mistake 1 7 0xe0 "a value is missing after it" 'outs8 0xe0'
	mistake 1 14 300 "does not fit in 8 bits" 'outs8 0xe0 1 300'
	mistake 1 12 hex "hexadecimal data is missing after it" 'outs8 0xe0 hex'
	for word in 0x12 1 123 xy 1g; do
		mistake 1 16 "$word" "not pairs of hexadecimal digits" "outs8 0xe0 hex $word"
	done
	mistake 1 23 03 "ends 3 bytes, which are no multiple of 16 bits" 'outs16 0xe0 hex 01 03 03'

	for word in 1a -a a.b a:b 'ä' "$(printf 'a%.0s' {1..64})"; do
		batch 2 "$word = in8 0xe0"
		complains "/tmp/ops:1:1: '*': not a label (*"
	done
	mistake 1 1 = "not an operation (*" '= in8 0xe0'
	mistake 1 3 = "an operation is missing after it" 'a ='
	mistake 1 5 = "not an operation (*" 'a = = in8 0xe0'
	mistake 2 1 a "is the label of line 2 already" 'a = in8 0xe0\na = in8 0xe1'
	mistake 1 1 a "out has no result to be called that" 'a = out8 0xe0 1'
	mistake 1 1 a "delay has no result to be called that" 'a = delay 1s'
	mistake 1 1 a "outs has no result to be called that" 'a = outs8 0xe0 1'
	mistake 1 5 '0xe0?' "not a port *" 'in8 0xe0\0'
	mistake 1 1 '?[31m' "not an operation (*" '\033[31m 0xe0'
}

mistakes
finish
