#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ioportctl as an ordinary user in the group ioport: each verb, under the default
# policy, with a parallel port at 0x378 and nothing at 0x278.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

latch=0x378 nothing=0x278 denied=0x60

read_write() {
	ctl 0 write $latch 0x55
	quiet
	no_complaint
	ctl 0 read $latch
	says 0x55
	no_complaint
	ctl 0 write 888 0b10101010 0x27a 1
	ctl 0 read 888 $nothing
	says $'0xaa\n0xff'
	ctl 0 read -w 16 $nothing
	says 0xffff
	ctl 0 read --width=32 $nothing
	says 0xffffffff
	ctl 0 read --json $latch $nothing
	json '. == [{port: 888, width: 8, value: 170}, {port: 632, width: 8, value: 255}]'
	ctl 0 read --json -w 32 $nothing
	json '.[0].value == 4294967295'
	ctl 0 write --mask 0x0f $latch 0x55
	ctl 0 read $latch
	says 0xa5
	ctl 0 write -w 32 0x27c 0xffffffff
}

# Refused before anything is touched, also what comes before it.
refused() {
	ctl 0 write $latch 0x11
	ctl 1 write $latch 0x22 $denied 0
	complains "0x0060: not allowed by the administrator's policy (allow=*; root can *"
	quiet
	ctl 0 read $latch
	says 0x11
	ctl 1 read $latch $denied
	quiet
	complains "0x0060: not allowed *"
	ctl 1 read --json $latch $denied
	quiet
	ctl 1 read -w 16 0x37f
	complains "0x0380 (of 0x037f-0x0380): not allowed *"
	ctl 1 fill 0x378+9 0x33
	complains "0x0380 (of 0x0378-0x0380): not allowed *"
	ctl 0 read $latch
	says 0x11
}

check_verb() {
	ctl 0 check 0x378-0x37f
	says "0x0378-0x037f: read, write, direct: ok"
	no_complaint
	ctl 0 check 0x378 0x278+8
	says $'0x0378: read, write, direct: ok\n0x0278-0x027f: read, write, direct: ok'
	ctl 1 check 0x37e+4
	says "0x037e-0x0381: read, write, direct: refused: 0x0380 (of 0x037e-0x0381): not allowed by *"
	ctl 1 check $denied $latch
	says $'0x0060: read, *refused: *\n0x0378: read, write, direct: ok'
	ctl 0 check --use=read,write $latch
	says "0x0378: read, write: ok"
	ctl 0 check -q $latch
	quiet
	ctl 1 check -q $denied
	quiet
	ctl 1 check 0-0xffff
	ctl 1 check --json $latch 0x37f+2
	json '.[0] == {first: 888, count: 1, read: {ok: true}, write: {ok: true}, direct: {ok: true}}'
	json '.[1].write | .ok == false and .port == 896 and .reason == "policy" and (.text | contains("0x0380"))'
}

pci() {
	ctl 1 check pci:0000:00:01.1/bar4
	says "0x[0-9a-f]*-0x[0-9a-f]*: read, write, direct: refused: *not allowed*"
	ctl 2 check pci:0000:00:01.1/bar5
	complains "'pci:0000:00:01.1/bar5': the device has no such BAR*"
	ctl 2 check pci:0000:00:00.0/bar0
	complains "'pci:0000:00:00.0/bar0': the device has no such BAR*"
	ctl 2 check serial
	complains "'serial' is not a range *nor a name in /proc/ioports (which shows its addresses to root only*"
}

# Each port once, and only those of the range; control bits 6 and 7 read as 1.
fill() {
	ctl 0 fill 0x378+3 0x04
	ctl 0 read 0x378 0x37a
	says $'0x04\n0xc4'
	ctl 0 fill -w 16 0x378+2 0x0041
	ctl 0 read 0x378 0x37a
	says $'0x41\n0xc4'
}

dump() {
	ctl 0 write $latch 0x41
	ctl 0 dump 0x378
	says "$(printf '*  8  9 *\n0x0370%24s 41%21s  |%8sA%7s|' '' '' '' '')"
	no_complaint
	ctl 0 write $latch 0x42
	ctl 0 dump -w 16 0x378+2
	says "$(printf '*\n0x0370%20s ??42%15s  |%8sB?%6s|' '' '' '' '')"
	ctl 0 dump --json 0x378 0x278+2
	json '. == [{first: 888, width: 8, values: [66]}, {first: 632, width: 8, values: [255, 255]}]'
	ctl 0 dump -w 32 --json 0x278+8
	json '.[0].values == [4294967295, 4294967295]'
	ctl 0 dump -w 16 0x279+2
	says "$(printf '*\n0x0271%20s ????%15s  |%8s??%6s|' '' '' '' '')"
	ctl 1 dump 0x377+2
	says "$(printf '*\n0x0370%21s -- 42%21s  |%8sB%7s|' '' '' '' '')"
	complains "not read, -- here: 0x0377: not allowed *"
	ctl 1 dump --json 0x377+2
	json '.[0].values == [null, 66]'
	ctl 1 dump -w 16 0x37e+4
	says $'*\n0x0370 *\n0x0380 ---- *'
	ctl 0 dump 0x278+8 0x378
	check "... two ranges, two headings" [ "$(wc -l <<<"$said")" = 4 ]
}

# Each register once, then what changes; here in another process.
watch() {
	ctl 0 write $latch 0x0f
	ctl 0 watch -c 1 0x378 0x278+2
	says $' *  0x0378  0x0f  0000 1111\n *  0x0278  0xff  1111 1111\n *  0x0279  0xff  1111 1111'
	ctl 0 watch -c 3 -n 0.01 0x378
	check "... one line, as nothing changes" [ "$(wc -l <<<"$said")" = 1 ]
	(sleep 0.5 && "${ioportctl[@]}" write $latch 0x1e) &
	ctl 0 watch -c 15 -n 0.1 0x378
	wait
	says $' *  0x0378  0x0f  0000 1111\n *  0x0378  0x1e  0001 1110  was 0x0f'
	ctl 0 watch -c 1 --json -w 16 0x278+2
	json '.port == 632 and .width == 16 and .value == 65535 and .time < 60'
	ctl 1 watch -c 1 0x377+2
	says " *  0x0378  0x1e  0001 1110"
	complains "0x0377: not allowed *"
	ctl 1 watch -c 1 $denied
	quiet
}

map() {
	ctl 0 map
	says $'*0x0300 ..............................++*\n*+  allowed*0x0378-0x037f  + *'
	complains "owners are not shown: *"
	check "... fits 80 columns" [ "$(awk 'length > 79' <<<"$said")" = "" ]
	ctl 0 map --json
	json 'map(select(.allowed)) | length == 3'
	json '.[1] == {first: 888, count: 8, allowed: true, busy: false, owner: null}'
}

status() {
	ctl 0 status
	says $'ioportctl: *\nmodule: *\ndevice:    /dev/ioport, group ioport, mode 0660\nallow:     0x278-0x27f,*\ndeny: *\nbusy:      deny\ndirect:    yes\naccess:    yes'
	no_complaint
	ctl 0 status --json
	json '.loaded and .usable and .version == .module and .group == "ioport" and .direct == "yes"'
	ctl 0 doctor
	says $'ok   kernel *\nok   installed */ioport.ko\nok   loaded *\nok   version *\nok   device *\nok   access      operator may use it\nok   lockdown *\nok   secure boot off\nok   policy      20 ports in 3 ranges may be used\nok   drivers *\nok   direct *'
	no_complaint
	ctl 0 doctor --json
	json 'all(.result == "ok") and length == 11'
}

# The user's own processes, and ports that a child has with the device closed.
holders() {
	local pid
	exec 7</dev/ioport
	ctl 0 holders
	says "*$$  operator    operator.sh *  read*"
	exec 7<&- 7<>/dev/ioport
	ctl 0 holders --json
	json ".open | map(select(.pid == $$)) == [{pid: $$, uid: 1000, program: \"operator.sh\", read: true, write: true}]"
	json ".unseen > 0"
	exec 7<&-
	ctl 0 holders
	says "no process that can be seen *"
	"$(dirname "$0")/hold" ioport 0x378 3 >/dev/null &
	pid=$!
	sleep 0.5
	ctl 0 holders --threads --json
	json ".open[0].pid == $pid and .threads == [{pid: $pid, tid: $pid, program: \"hold\", ports: [\"0x0378-0x037a\"]}]"
	ctl 0 holders -t
	says "*thread $pid of $pid, hold: 0x0378-0x037a"
	check "the thread that was looked at is alive" kill -0 $pid
	kill $pid
	wait $pid 2>/dev/null
	ctl 0 holders -t
	says $'no process *\nno thread *'
	"$(dirname "$0")/hold" path &
	pid=$!
	until_true has_device $pid
	ctl 0 holders
	says "no process that can be seen *"
	kill $pid
	wait $pid 2>/dev/null
	"$(dirname "$0")/hold" thread &
	pid=$!
	until_true ended $pid
	ctl 0 holders
	says "* $pid  operator    a?\[2Jb *"
	kill $pid
	wait $pid 2>/dev/null
}

# shellcheck disable=SC2317 # called through until_true
has_device() {
	[[ $(readlink /proc/"$1"/fd/*) == */dev/ioport* ]]
}

# Has its first thread?
# shellcheck disable=SC2317 # called through until_true
ended() {
	grep -q "^State:.*zombie" /proc/"$1"/status
}

no_colours() {
	ctl 0 map
	check "no colours in a pipe" [ "${said/$'\033'/}" = "$said" ]
	said=$(script_on_terminal map)
	check "colours on a terminal" [ "${said/$'\033'/}" != "$said" ]
	said=$(NO_COLOR=1 script_on_terminal map)
	check "none with NO_COLOR" [ "${said/$'\033'/}" = "$said" ]
	said=$(TERM=dumb script_on_terminal map)
	check "none on a dumb terminal" [ "${said/$'\033'/}" = "$said" ]
	said=$(script_on_terminal watch -c 2 -n 0.01 0x378)
	check "watch uses the screen on a terminal" [ "${said/$'\033[H'/}" != "$said" ]
}

script_on_terminal() {
	TERM=${TERM:-linux} script -q -c "stty rows 40 cols 80; ioportctl $*" /dev/null </dev/null
}

# transcript_has PATTERN: soon, of what was shown since the last call.
# shellcheck disable=SC2317 # called through check
transcript_has() {
	local _
	for _ in {1..300}; do
		if tail -c "+$seen" /tmp/transcript | grep -qE "$1"; then
			seen=$(($(wc -c </tmp/transcript) + 1))
			return 0
		fi
		sleep 0.1
	done
	return 1
}

# Until told to end.
change_latch() {
	until [[ -e /tmp/changed ]]; do
		"${ioportctl[@]}" write $latch 0x1f
		sleep 0.1
		"${ioportctl[@]}" write $latch 0x2f
	done
}

# Lines where the terminal has become too small for the picture, and back.
resized() {
	local seen=1 screen changes
	rm -f /tmp/changed
	: >/tmp/transcript
	TERM=linux script -q -f -c 'tty >/tmp/tty; echo $$ >/tmp/pid; stty rows 40 cols 80
		exec ioportctl watch -n 0.05 0x378' /tmp/transcript </dev/null >/dev/null &
	screen=$!
	check "watch draws a picture" transcript_has $'\033\\[H\033\\[2J'
	stty -F "$(</tmp/tty)" rows 3
	change_latch &
	changes=$!
	check "... lines when that does not fit any more" transcript_has $'^ +[0-9]+\\.[0-9]{3}  0x0378 '
	touch /tmp/changed
	wait $changes
	stty -F "$(</tmp/tty)" rows 40
	check "... and a picture again" transcript_has $'\033\\[H\033\\[2J'
	kill "$(</tmp/pid)"
	wait $screen
}

# As the shell would, with a word begun.
complete_words() {
	COMP_WORDS=(ioportctl "$@")
	COMP_CWORD=$#
	_ioportctl
	said=${COMPREPLY[*]}
}

completion() {
	# shellcheck disable=SC1091
	. /usr/share/bash-completion/completions/ioportctl
	complete_words ""
	says "status check read *"
	complete_words d
	says "dump doctor"
	complete_words read --
	says "*--json*--width*"
	complete_words check --u
	says "--usage --use"
	complete_words read -w ""
	says "8 16 32"
	complete_words batch --a
	says "--atomic"
	complete_words batch /tests/cl
	says "/tests/cli*"
	complete_words trace ioportc
	says "ioportctl*"
	complete_words load al
	says "allow="
	# shellcheck disable=SC2016 # not to be run
	mkdir -p /tmp/names && touch '/tmp/names/$(touch ran)' '/tmp/names/a b'
	cd /tmp/names || exit
	complete_words batch ''
	check "names of files are not run" [ ! -e ran ]
	check "... and stay whole: ${COMPREPLY[*]}" [ ${#COMPREPLY[@]} = 2 ]
	complete_words trace -o ''
	check "... nor those of an option" [ ! -e ran ]
	cd /
	complete_words run ioportc
	says "ioportctl*"
	complete_words run --n
	says "--no-preload"
	complete_words watch ""
	says "*"
	check "... nothing that is not there" [ "${said/parport\*/}" = "$said" ]
}

not_root() {
	ctl 1 unload
	complains "that takes root; run it again with sudo"
	ctl 0 load
	says "the module is loaded already"
	ctl 1 load allow=all
	complains "the module is loaded already, *"
}

read_write
refused
check_verb
pci
fill
dump
watch
map
status
holders
no_colours
resized
completion
not_root
finish
