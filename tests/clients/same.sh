#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: same.sh [more|FUNCTION]
#
# Programs as Debian has them, and a static one: each run by root without us, and
# by an ordinary user under "run", and with libioport-compat. They must say the same
# and end alike.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# What a program says of the time, of its own process, and of other rights of root's
# is no difference.
normal() {
	sed -E 's/\[[0-9]+\]/[PID]/; s/^([08]0:( [0-9a-f]{2}){12}) [0-9a-f]{2}/\1 --/; s/[0-9]+\.[0-9]+ ?s(ec)?/TIME/g' |
		sed "/^Can't obtain realtime/d; /^Device communication might/d" |
		sed '/^Keyboard BIOS memory/,/^Award backdoor/d; /^Sony Vaio/d; /^DTK/d' | grep -v '^$'
}

# The same for both: the latch of the parallel port; the CMOS clock, which must neither
# tick nor beat (registers B and A). Its register C, which a read clears, is left out
# of what is compared.
reset_ports() {
	"$access" pl:3 out:37a:0c out:378:5a out:70:b out:71:82 out:70:a out:71:20 out:70:0 >/dev/null
}

# The other way, for dynamic programs, where the tests' build has it.
shim=/tests/compat/lib/libioport-compat.so

# preloaded TEXT WANT [-r] -- COMMAND...: as root's run, without our "run".
preloaded() {
	local text=$1 want=$2 as_root=()
	shift 2
	if [[ $1 == -r ]]; then
		as_root=(unshare --map-root-user)
		shift
	fi
	shift
	reset_ports
	equal "$text, preloaded" \
		"$(outcome operator ${as_root[@]+"${as_root[@]}"} env LD_PRELOAD=$shim "$@" | normal)" "$want"
}

# same TEXT PATTERN [OPTION of run]... -- COMMAND...: alike, and as PATTERN has it,
# which says that it did what it is for.
same() {
	local text=$1 pattern=$2 options=() root operator
	shift 2
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	reset_ports
	root=$(outcome root "$@" | normal)
	reset_ports
	operator=$(outcome operator ioportctl run ${options[@]+"${options[@]}"} -- "$@" | normal)
	equal "$text" "$operator" "$root"
	# shellcheck disable=SC2295 # it is a pattern
	check "$text: does its work" [ -z "${root##$pattern}" ] ||
		echo "# it said: $root"
	[[ ! -e $shim || $1 == "$access"* ]] ||
		preloaded "$text" "$root" ${options[@]+"${options[@]}"} -- "$@"
}

# The same with the operator refused everything: alike to what the kernel says.
refused() {
	local text=$1 plain ours
	shift
	plain=$(outcome stranger "$@" | normal)
	ours=$(outcome stranger ioportctl run -q -- "$@" | normal)
	equal "$text: refused as by the kernel" "$ours" "$plain"
	ours=$(outcome operator ioportctl run --strict -p 0x3f0 -- "$@" | normal)
	equal "$text: refused as by the kernel, by --ports" "$ours" "$plain"
}

# Debian's inb and its kin tell values on stdout.
ioport_tools() {
	same "outb and inb" "90*" -- sh -c 'outb 0x378 0x5a; inb 0x378'
	same "inb" "90*" -- inb 0x378
	same "outw and inw" "*status 0" -- sh -c 'outw 0xe0 0xbeef; inw 0xe0'
	same "outl and inl" "*status 0" -- sh -c 'outl 0xe0 0x12345678; inl 0xe0'
	refused "inb" inb 0x378
	refused "outb" outb 0x378 1
}

access_program() {
	local program
	for program in "$access" "$access.32" "$dynamic" "$dynamic.32"; do
		same "ioperm ${program##*/}" "*0x33*faults*" -- "$program" in:378 perm:378:1:1 out:378:33 \
			in:378 in:379 perm:378:1:0 in:378 perm:0:0:1 perm:ffff:2:0 perm:10000:1:1 pl:4
		same "iopl ${program##*/}" "*0x44*" -- "$program" pl:3 out:378:44 in:378 perm:379:1:1 \
			pl:0 in:378 in:379 pl:0
		same "inherited ${program##*/}" "*0x5a*" -- "$program" perm:378:1:1 child:in:378 thread:in:378 \
			fork in:378 exec in:378 in:379
		same "shut ${program##*/}" "*0x5a*" -- "$program" perm:378:1:1 shut in:378 perm:37a:1:1 in:37a
		refused "${program##*/}" "$program" perm:378:1:1 in:378 perm:0:0:1 perm:378:1:0 pl:3 pl:0 pl:4
	done
	for program in "$dynamic" "$dynamic.32"; do
		same "threads and children ${program##*/}" "*faults*0x5a*" -- "$program" thread:perm:378:1:1 in:378 \
			child:perm:378:1:1 in:378 perm:378:3:1 thread:perm:378:1:0 in:378 child:perm:379:1:0 in:379 \
			thread:pl:3 in:80 pl:3 child:pl:0 in:80 child:in:80 pl:0 in:80 exec perm:378:1:0 in:378 in:37a
		same "/dev/port ${program##*/}" "*0x33*0x33*" -- "$program" put:378:33 get:378 span:378:3 span:fffe:8 \
			perm:378:1:1 in:378 shut get:378 child:put:378:44 get:378 exec get:378 get:e9
	done
	same "int 0x80" "*0x5a*" -- "$access" int80 perm:378:1:1 in:378 perm:378:1:0 in:378 pl:4 pl:3 in:378
	same "x32" "*perm*" -- "$access" x32 perm:378:1:1 in:378
}

superio() {
	same "superiotool" "superiotool*" -- superiotool
	same "superiotool -d" "superiotool*" -- superiotool -d
	refused "superiotool" superiotool
}

isa_tools() {
	same "isadump" "*00:*" -r -- isadump -y 0x70 0x71
	same "isadump -f" "*status 0" -r -- isadump -y -f 0x378 16
	same "isaset" "*" -r -- isaset -y -f 0x378 0x77
	same "isaset, seen" "119*" -r -- sh -c 'isaset -y -f 0x378 0x77; inb 0x378'
}

# Root's has two lines more, out of the BIOS's memory by /dev/mem, which is not ours to
# give; two others differ from run to run, for root too.
cmos() {
	same "cmospwd" "*CmosPwd*" -- cmospwd
	refused "cmospwd" cmospwd
}

stress() {
	same "stress-ng --ioport" "*successful run*" -- stress-ng --ioport 1 --ioport-ops 5
	same "stress-ng --ioport-opts in" "*" -- stress-ng --ioport 2 --ioport-ops 20 --ioport-opts in
}

python() {
	same "portio" "*90*" -- python3.11 -S -c '
import sys; sys.path.append("/usr/lib/python3/dist-packages")
import portio
print(portio.ioperm(0x378, 3, 1))
print(portio.inb(0x378)); portio.outb(0x66, 0x378); print(portio.inb(0x378))'
}

cd /tmp || exit
# A display on the parallel port: what LCDd leaves in its latches when it ends.
lcd() {
	cat >/tmp/lcd.conf <<-END
		[server]
		DriverPath=/usr/lib/x86_64-linux-gnu/lcdproc/
		Driver=sed1520
		Bind=127.0.0.1
		User=nobody
		ServerScreen=blank
		ReportToSyslog=no
		[sed1520]
		Port=0x378
	END
	same "LCDd" "*status 0*0x378*" -- sh -c 'timeout 2 LCDd -f -r 3 -c /tmp/lcd.conf; echo "status $?"; inb 0x378; inb 0x37a; echo 0x378'
}

# /dev/port by programs that read and write any file: each has its own way to open,
# to seek and to read. By their paths, as busybox has its own, static ones. Port 0x379
# is left out: its lines change by themselves.
# shellcheck disable=SC2016 # for perl
dev_port() {
	same "dd from /dev/port" "Zstatus 0" -- /usr/bin/dd if=/dev/port bs=1 skip=888 count=1 status=none
	same "dd to /dev/port" "85*" -- bash -c 'printf U | dd of=/dev/port bs=1 seek=888 status=none; inb 0x378'
	same "dd, more than there is" "2+0 records in*" -- \
		/usr/bin/dd if=/dev/port of=/dev/null bs=1 skip=65534 status=noxfer
	same "hexdump" "00000378  5a *" -- /usr/bin/hexdump -C -s 0x378 -n 1 /dev/port
	same "hexdump of several" "0000037a  cc ff *" -- /usr/bin/hexdump -C -s 0x37a -n 3 /dev/port
	same "xxd" "0000037a: cc*" -- /usr/bin/xxd -s 0x37a -l 3 /dev/port
	same "test" "readable writable status 0" -- bash -c \
		'[ -r /dev/port ] && printf "readable "; [ -w /dev/port ] && printf "writable "; [ ! -x /dev/port ]'
	same "a shell's redirection" "Z*" -- bash -c 'exec 7<>/dev/port; dd bs=1 skip=888 count=1 status=none <&7'
	same "perl, by system calls" "90 165*" -- perl -e '
sysopen P, "/dev/port", 2 or die; sysseek P, 0x378, 0 or die; sysread P, $b, 1 or die; $was = ord $b;
sysseek P, 0x378, 0; syswrite P, chr 165 or die; sysseek P, 0x378, 0; sysread P, $b, 1; print $was, " ", ord $b, "\n"'
	same "perl, buffered" "90*" -- perl -e 'open P, "<:raw", "/dev/port" or die $!; seek P, 0x378, 0; print ord getc P, "\n"'
	same "python, unbuffered" "b'Z'*True*" -- python3.11 -S -c '
import os
port = open("/dev/port", "r+b", buffering=0)
port.seek(0x378); print(port.read(1)); port.seek(0x378); print(port.write(b"c")); print(os.pread(port.fileno(), 3, 0x37a))
print(os.access("/dev/port", os.R_OK | os.W_OK))'
	equal "dd, refused" "$(outcome stranger ioportctl run -q -- /usr/bin/dd if=/dev/port count=1)" \
		"$(outcome stranger /usr/bin/dd if=/dev/port count=1)"
	equal "xxd, refused" "$(outcome stranger ioportctl run -q -- /usr/bin/xxd /dev/port)" \
		"$(outcome stranger /usr/bin/xxd /dev/port)"
}

# The calls by number, and a child.
perl_calls() {
	same "perl, syscall()" "*90*" -- perl -e '
print syscall(173, 0x378, 3, 1), " ", syscall(172, 3), " ", syscall(172, 0), "\n"; system "inb", "0x378"; print $?, "\n"'
}

pci() {
	same "lspci by ports" "00:00.0 *" -- lspci -n -H1
	same "lspci -x by ports" "00:00.0 *" -- lspci -n -x -H1
	same "setpci by ports" "8086*" -- setpci -H1 -s 00:00.0 VENDOR_ID
	same "setpci, writing" "5a*" -- bash -c 'setpci -H1 -s 00:01.0 3c.b=5a; setpci -H1 -s 00:01.0 3c.b'
	refused "lspci" lspci -n -H1
}

# The clock stands still, as reset_ports() left it, and so no tick comes: what is waited
# for in vain is in the registers all the same.
clock() {
	same "hwclock --directisa" "*ISA*synchronization failed*" -- bash -c '
hwclock --directisa --show --utc --noadjfile --verbose 2>&1 | sed "s/[0-9][-0-9/:.+ ]*/N/g"'
	refused "hwclock" /usr/sbin/hwclock --directisa --show --utc --noadjfile
}

# Chips that a board may have, the keyboard's controller, and a search for chips which
# tries a great many ports.
firmware() {
	same "nvramtool -x" "0000 | *" -- nvramtool -x
	same "pmh7tool" "0000: *" -r -- pmh7tool -d
	same "kbdrate" "*Typematic*" -- kbdrate -r 10 -d 250
	same "sensors-detect" "*status 0*" -r -- sensors-detect --auto
	refused "nvramtool" nvramtool -x
}

more() {
	dev_port
	perl_calls
	pci
	clock
	firmware
}

all() {
	ioport_tools
	access_program
	superio
	isa_tools
	cmos
	stress
	python
	lcd
}

"${1:-all}"
finish
