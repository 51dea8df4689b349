#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run by root, with all ports allowed: the same program once by root without us, and
# by an ordinary user with libioport-compat, and under "ioportctl run"; what they tell
# must be the same.
#
# The user owns the device and is in no group, and may change the user id and the
# root directory: so a program that gives up its id loses the right to the ports, as
# root's does.
here=${0%/*}
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$here/tap.sh"

rights=+setuid,+sys_chroot
ordinary=(setpriv --reuid operator --regid operator --clear-groups "--inh-caps=$rights" "--ambient-caps=$rights" --)

as_root() {
	told "$@"
}

as_user() {
	told "${ordinary[@]}" env LD_PRELOAD="$(library "$1")" "$@"
}

# shellcheck disable=SC2317 # alike calls it
under_run() {
	told "${ordinary[@]}" env IOPORT_PRELOAD="$here/preload" ioportctl run -- "$@"
}

# same LEAST-LINES PROGRAM [ARG]...: a program that tells too little has not run.
same() {
	alike as_user "$@"
	alike under_run "$@"
}

# alike WAY LEAST-LINES PROGRAM [ARG]...
alike() {
	local way=$1 least=$2 root user name="$1: ${*:3}"
	shift 2
	root=$(as_root "$@")
	user=$("$way" "$@")
	if [[ $root == "$user" && $(wc -l <<<"$root") -ge $least ]]; then
		ok "$name: $(wc -l <<<"$root") lines are the same"
	else
		not_ok "$name"
		diff <(echo "$root") <(echo "$user") | head -n 40 | sed 's/^/# /'
		[[ $root != "$user" ]] || echo "$root" | head | sed 's/^/# /'
	fi
}

# The one known difference: under the kernel's iopl(3) cli and sti do nothing; here
# they fault, as they do for everybody else.
selftest() {
	local root user
	root=$(as_root "$1")
	user=$(as_user "$1")
	is "the kernel's selftest ${1##*/}" "$user" \
		"$(sed 's/^\(.OK.\t\)STI NOPped/\1STI faulted/; s/^\(.OK.\t\)CLI NOPped/\1CLI faulted/' <<<"$root")"
	if ! grep -q FAIL <<<"$user" && grep -q 'status 0' <<<"$user" &&
		grep -qi 'failed$\|it failed\|as expected' <<<"$user" && ! grep -q 'try running as root\|WARN' <<<"$user"; then
		ok "and it went all the way"
	else
		not_ok "and it went all the way"
		# shellcheck disable=SC2001
		sed 's/^/# /' <<<"$user"
	fi
}

# The programs of Debian's package ioport, as typed.
tools() {
	local bits ports=(0x378 0x379 0xe0 0x3bc)
	same 1 $here/bin/outb 0x378 0x5a
	same 2 $here/bin/inb 0x378
	same 1 $here/bin/outw 0xe0 0x1234
	same 2 $here/bin/inw 0xe0
	same 1 $here/bin/outl 0xe0 0x89abcdef
	same 2 $here/bin/inl 0xe0
	for bits in b w l; do
		same 1 $here/bin/in$bits "${ports[@]:0:1}"
		same 1 $here/bin/in$bits 0x10000
		same 1 $here/bin/in$bits
	done
	is "inb reads what outb has written" "$(
		as_user $here/bin/outb 0x378 0xa7 >/dev/null
		as_root $here/bin/inb 0x378
	)" "$(as_user $here/bin/inb 0x378)"
}

# Constructors of other libraries that come before ours. They come in the order of the
# list's end to its beginning.
early() {
	is "a library that comes earlier" \
		"$(told "${ordinary[@]}" env LD_PRELOAD="$(library x) $here/early.so" $here/ports ports)" \
		"$(told env LD_PRELOAD=$here/early.so $here/ports ports)"
}

# secure PROGRAM WORD...: it gains privileges, is started with ports, and asks for its
# own. What it tells.
secure() {
	local program=$1
	shift
	cp "$here/$program" /tmp/secure
	chgrp ioport /tmp/secure
	chmod 2755 /tmp/secure
	told "${ordinary[@]}" env LD_PRELOAD="$(library x)" /tests/clients/access.dynamic \
		perm:379:1:1 become /tmp/secure "$@"
}

# In the second case the first thread comes last, and is on the other's map until then.
own_ports() {
	local before=$'perm:379:1:1: 0\n' what="$1, set-group-ID, started by one that has ports"
	is "$what: iopl()" "$(secure "$1" pl:3 in:378)" "$before$(as_root "$here/$1" pl:3 in:378)"
	is "$what: ioperm() in two threads" "$(secure "$1" thread:perm:378:1:1 perm:378:1:1 in:378)" \
		"$before$(as_root "$here/$1" thread:perm:378:1:1 perm:378:1:1 in:378)"
	is "$what: has those until then" "$(secure "$1" in:379 pl:3 | sed 's/0x..$/a value/')" \
		"$before"$'in:379: a value\npl:3: 0\nstatus 0'
}

chown operator:root /dev/ioport
chmod 600 /dev/ioport
is "the user has not the capability" "$("${ordinary[@]}" sh -c 'grep CapEff /proc/self/status')" \
	"CapEff:	0000000000040080"
for p in ports ports.32; do
	same 150 $here/$p
	# A sanitizer finds nothing of what it reads where the root has gone, and its own
	# constructor wants to be the first.
	[[ ${ASAN_OPTIONS:-} ]] || same 17 $here/$p chroot
done
[[ ${ASAN_OPTIONS:-} ]] || early
for p in devport devport.32 devport.fortified; do
	same 100 $here/$p
done
for p in ioperm ioperm.32 iopl iopl.32; do
	selftest $here/$p
done
tools
for p in client client.32; do
	is "$p, linked and not preloaded" "$(told "${ordinary[@]}" $here/$p)" "$(as_root $here/$p)"
	# The sanitizer of leaks cannot look at a process that is set-group-ID.
	[[ ${ASAN_OPTIONS:-} ]] || own_ports "${p/client/linked}"
done
finish
