#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ioportctl trace: what each kind of call looks like, what is left out, how it ends, and
# that nothing stays behind. As root, with allow=0xe0-0xe3,0x278-0x27f,0x378-0x37f,
# 0x510-0x511 and deny=none.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

instances=/sys/kernel/tracing/instances
hold=$(dirname "$0")/hold

# traced STATUS ARGUMENT...: keeps the events, without time and number of the process.
traced() {
	local want=$1
	shift
	ctl "$want" trace -o /tmp/trace "$@"
	events
}

events() {
	said=$(sed -E 's/^ *[0-9]+\.[0-9]{6} (.{15}) +[0-9]+  /\1: /; s/ +: /: /' /tmp/trace)
	check "... leaves nothing behind" [ -z "$(ls -A $instances)" ]
}

# Does the trace that process $1 makes record by now?
# shellcheck disable=SC2317 # called through until_true
records() {
	[[ $(cat "$instances/ioportctl.$1/tracing_on") == 1 ]]
}

access() {
	traced 0 -- ioportctl write -w 32 0xe0 0x89abcdef
	says $'ioportctl: open write\nioportctl: out32 0x00e0 0x89abcdef  write\nioportctl: close'
	no_complaint
	traced 0 ioportctl read -w 16 0xe2
	says $'ioportctl: open read\nioportctl: in16  0x00e2 0x89ab  read\nioportctl: close'
	traced 0 ioportctl read 0xe3
	says $'*\nioportctl: in8   0x00e3 0x89  read\n*'
}

batch() {
	printf 'out8 0xe0 0x5a\nmodify8 0xe0 mask 1 value 1\nwait8 0xe0 mask 0xff value 1 timeout 1ms\nin8 0xe0\n' >/tmp/ops
	gives 4 "${ioportctl[@]}" trace -o /tmp/trace ioportctl batch --atomic /tmp/ops
	events
	says "$(
		cat <<-END
			ioportctl: open read write
			ioportctl: out8  0x00e0 0x5a  batch
			ioportctl: in8   0x00e0 0x5a  batch
			ioportctl: out8  0x00e0 0x5b  batch
			ioportctl: in8   0x00e0 0x5b  batch
			ioportctl: batch 4, 2 done, atomic: Connection timed out
			ioportctl: close
		END
	)"
	printf 'out16 0x510 0\nins8 0x511 count 2\nouts8 0xe0 1 2\n' >/tmp/ops
	traced 0 ioportctl batch /tmp/ops
	says $'*: out16 0x0510 0x0000  batch\n*: in8   0x0511 0x51  batch\n*: in8   0x0511 0x45  batch\n*: out8  0x00e0 0x01  batch\n*: out8  0x00e0 0x02  batch\n*: batch 3, 3 done\n*'
}

# By a program that opens ports and waits to be killed, and by one that is refused them.
direct() {
	"${ioportctl[@]}" trace -o /tmp/trace "$hold" ioport 0xe0 4 >/dev/null &
	until_true grep -qs grant /tmp/trace
	kill $!
	wait $!
	check "the command ended by the signal, and so did the trace" [ $? = 143 ]
	events
	says $'hold: open read write\nhold: grant 0x00e0-0x00e3\nhold: close'
	traced 1 "$hold" ioport 0x60 4
	says $'*\nhold: denied grant 0x0060-0x0063: Permission denied: not allowed by the administrator\'s policy\n*'
	traced 1 "$hold" ioport 0xe2 4
	says $'*\nhold: denied grant 0x00e2-0x00e5: Permission denied: 0x00e4: not allowed by *'
	traced 0 ioportctl run -- true
	says $'*\nioportctl: attach*' # The supervisor may close it later than the trace ends.
}

json_output() {
	traced 0 --json ioportctl write -w 16 0xe0 0x1234
	said=$(jq -s . <<<"$said")
	json 'map(.event) == ["open", "transfer", "close"]'
	json '.[0].read == false and .[0].write == true and .[0].file == .[2].file'
	json '.[1] | del(.time, .tid, .file) == {program: "ioportctl", event: "transfer", port: 224, width: 16, write: true, value: 4660}'
	json 'all(.time >= 0 and .time < 60 and .tid > 1)'
	traced 1 -j "$hold" ioport 0x60 4
	said=$(jq -s '.[1]' <<<"$said")
	json 'del(.time, .tid, .file, .program) == {event: "denied", call: "grant", first: 96, count: 4, port: 96, error: 13, reason: "policy", text: "Permission denied"}'
}

# Everybody's, or only some.
filters() {
	local pid other
	"${ioportctl[@]}" trace -o /tmp/trace &
	pid=$!
	until_true records $pid
	setpriv --reuid operator --regid operator --init-groups -- ioportctl read 0x378 >/dev/null
	kill $pid
	wait $pid
	check "ended by a signal: status 0" [ $? = 0 ]
	events
	says $'ioportctl: open read\nioportctl: in8   0x0378 0x??  read\nioportctl: close'

	# shellcheck disable=SC2016 # the inner shell's
	traced 0 -p 0xe0-0xe1,0x378 sh -c 'for p in 0xdf 0xe2 0xe1 0xe0 0x377 0x378 0x379; do ioportctl read $p 2>/dev/null; done; ioportctl read -w 16 0xe0 0xe2'
	says "$(printf '*: in%-3s 0x%s 0x*  read\n' 8 00e1 8 00e0 8 0378 16 00e0)"

	# A shell that does as it is told, and another that is not asked.
	mkfifo /tmp/orders
	(while read -r port; do ioportctl read "$port" >/dev/null; done) </tmp/orders &
	other=$!
	exec 7>/tmp/orders
	"${ioportctl[@]}" trace -P $other -o /tmp/trace &
	pid=$!
	until_true records $pid
	ioportctl read 0xe1 >/dev/null
	echo 0xe2 >&7
	until_true grep -qs close /tmp/trace
	kill -INT $pid
	wait $pid
	exec 7>&-
	events
	says $'ioportctl: open read\nioportctl: in8   0x00e2 0x*  read\nioportctl: close'
}

ends() {
	traced 0 -c 2 ioportctl read 0xe0 0xe1 0xe2
	says $'*: open read\n*: in8   0x00e0 *  read'
	traced 0 -n 1 -p 0xe1 ioportctl read 0xe0 0xe1 0xe2
	says '*: in8   0x00e1 *  read'
	SECONDS=0
	ctl 0 trace -t 0.5
	quiet
	check "... in time" [ $SECONDS -le $((5 * ${TEST_SLOW:-1})) ]
	traced 7 sh -c 'exit 7'
	quiet
	traced 143 sh -c 'kill $$'
	gives 7 "$hold" unwaited "${ioportctl[@]}" trace -o /tmp/trace sh -c 'exit 7'
	traced 127 /tmp/nosuch
	complains "/tmp/nosuch: No such file or directory"
	gives 0 bash -c "set -o pipefail; ${ioportctl[*]} trace ioportctl read 0xe0 0xe1 | head -n 0 || true"
	check "... leaves nothing behind" [ -z "$(ls -A $instances)" ]
	ctl 1 trace -o /none/file -t 1
	complains "/none/file: No such file or directory"
	check "... leaves nothing behind" [ -z "$(ls -A $instances)" ]
	ctl 1 trace -P 999999
	complains "there is no process 999999"
	check "... leaves nothing behind" [ -z "$(ls -A $instances)" ]
}

# What a killed one leaves goes with the next; other people's instances stay.
left_behind() {
	"${ioportctl[@]}" trace -t 20 &
	until_true records $!
	kill -9 $!
	wait $! 2>/dev/null
	check "it is there" [ "$(ls $instances)" = "ioportctl.$!" ]
	mkdir $instances/mine
	ctl 0 trace -t 0.1
	check "it is gone" [ "$(ls $instances)" = mine ]
	rmdir $instances/mine
}

# A name is what a program likes; the events are ours. Of one with a newline the kernel
# tells the end, or the process itself its beginning, and it may look like the kernel's words.
names() {
	local name
	for name in 'x: ioport_open' 'a-7 [000] 1.0' $'b\033c' $'d\ne' $'\nCPU:0 [LOST 9' $'\nCPU:0 [LOST 9\n'; do
		traced 0 "$hold" named "$name"
		no_complaint
		says $'*: open read\n*: close'
		name=${name//$'\033'/?}
		[[ $name == *$'\n'* ]] || check "... as $name" grep -qF -- "$name" <<<"$said"
	done
}

# Nobody's tracing but this is touched.
off() {
	ctl 0 trace -t 0.1
	check "no event stays on" [ "$(cat /sys/kernel/tracing/events/ioport/enable)" = 0 ]
	"${ioportctl[@]}" trace -t 50 &
	until_true records $!
	ctl 0 unload
	kill $!
	wait $!
	check "the module can go meanwhile" [ $? = 0 ]
	check "... leaves nothing behind" [ -z "$(ls -A $instances)" ]
	ctl 1 trace -t 1
	complains "the kernel module ioport is not loaded; run: sudo modprobe ioport"
	check "... leaves nothing behind" [ -z "$(ls -A $instances)" ]
	umount /sys/kernel/tracing
	ctl 1 trace -t 1
	complains "there is no $instances; type: mount -t tracefs tracefs /sys/kernel/tracing *"
	mount -t tracefs tracefs /sys/kernel/tracing
	ctl 0 load allow=0xe0-0xe3,0x278-0x27f,0x378-0x37f,0x510-0x511 deny=none
}

mistakes() {
	ctl_as stranger 1 trace
	complains "that takes root; run it again with sudo"
	ctl_as operator 1 trace -- ioportctl read 0x378
	complains "that takes root; run it again with sudo"
	quiet
	ctl 1 trace -o /dev/full -- ioportctl read 0x378
	complains "/dev/full: No space left on device"
	ctl 2 trace -p 0x10000
	complains "'0x10000' is not a range *"
	ctl 2 trace -p 0xe0,
	complains "'' is not a range *"
	for words in "-c 0" "-c x" "-P 0" "-t 0" "-t -1" "-t x" "--frob" "-P 1 true"; do
		# shellcheck disable=SC2086 # words
		ctl 2 trace $words
		quiet
	done
}

access
batch
direct
json_output
filters
ends
left_behind
names
mistakes
off
finish
