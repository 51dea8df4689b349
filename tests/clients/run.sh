#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What "run" does besides opening ports: options, exit status, signals, daemons,
# and that nothing is left behind whoever is killed.
#
# What is in single quotes is for the shell that is run.
# shellcheck disable=SC2016
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# Waits up to 5 s until COMMAND... succeeds.
until_so() {
	local _
	for _ in {1..50}; do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# Process numbers of a name; fails where there are none.
processes() {
	local f name
	for f in /proc/[0-9]*; do
		read -r name 2>/dev/null <"$f/comm" || continue
		[[ $name != "$1" ]] || echo "${f#/proc/}"
	done 2>/dev/null | grep .
}

end_all() {
	local pid
	for pid in $(processes "$2"); do
		kill "-$1" "$pid"
	done
}

supervised() {
	processes ioport-run >/dev/null
}

nothing_left() {
	! supervised && ! grep -q ioport /proc/ioports && [[ $(</sys/module/ioport/refcnt) == 0 ]]
}

is_reserved() {
	grep -q ioport /proc/ioports
}

# bad_ports TEXT WORD LIST: of which WORD is the one to be named, in one line.
bad_ports() {
	local said
	said=$(outcome operator ioportctl run -p "$3" true)
	equal "--ports, $1: $3" "$(sed "1s|^ioportctl run: '$2' .*|NAMED|; 1s|^ioportctl run: '$2': .*|NAMED|" <<<"$said")" \
		$'NAMED\nstatus 125'
}

statuses() {
	local n
	for n in 0 1 7 255; do
		gives "exit status $n" "status $n" -- sh -c "exit $n"
	done
	for n in 2 6 9 15; do
		gives "ended by signal $n" "status $((128 + n))" -- sh -c "kill -$n \$\$"
	done
	gives "no such program" "ioportctl run: nosuch: No such file or directory; status 127" nosuch
	gives "no program" "ioportctl run: /etc/passwd: Permission denied; status 126" /etc/passwd
	for n in 5-3 0x10000 nosuch 0x378-0x379+1 pci:0000:00:01.0 pci:0000:00:1f.7/bar0 ''; do
		bad_ports "a bad word" "$n" "0x378,$n,0x80"
	done
	bad_ports "of two bad words the first" bad1 "bad1,bad2"
	check "--help" [ "$(outcome root ioportctl run --help | tail -n 1)" = "status 0" ]
	check "no program named" [ "$(outcome root ioportctl run | tail -n 1)" = "status 125" ]
}

# The program is the process that was started, so the shell's own means work.
signals() {
	local pid
	start operator ioportctl run -- sh -c 'trap "exit 33" TERM; : >/tmp/trapped; while :; do sleep 0.1; done'
	pid=$!
	until_so test -e /tmp/trapped
	kill -STOP $pid
	check "stops" until_so grep -q '^State:.T' /proc/$pid/status
	kill -CONT $pid
	check "goes on" until_so grep -q '^State:.[SR]' /proc/$pid/status
	kill -TERM $pid
	wait $pid
	equal "a signal reaches the program" $? 33
	gives "has no child that it did not make" "none; status 0" -- sh -c \
		'read -r c </proc/$$/task/$$/children; echo "${c:-none}"'
	gives "inherits no descriptor" "$(outcome operator ls /proc/self/fd)" -- ls /proc/self/fd
	gives "no signal waits for the program" "$(outcome operator grep SigPnd /proc/self/status)" \
		-- grep SigPnd /proc/self/status
	equal "SIGCHLD may be ignored" \
		"$(outcome operator sh -c "trap '' CHLD; exec ioportctl run -- $access perm:378:1:1 in:378")" \
		$'perm:378:1:1: 0\nin:378: 0x5a\nstatus 0'
	check "nothing is left" until_so nothing_left
}

ports() {
	gives "--ports narrows" "perm:378:1:1: 0; perm:37a:1:1: -1 Operation not permitted; in:37a: faults; status 0" \
		-p 0x378-0x379 -- $access perm:378:1:1 perm:37a:1:1 in:37a
	gives "--ports, by count and alone" "perm:378:2:1: 0; perm:37a:1:1: 0; perm:379:2:1: 0; perm:37b:1:1: -1 Operation not permitted; status 0" \
		-p 0x378+2,0x37a -- $access perm:378:2:1 perm:37a:1:1 perm:379:2:1 perm:37b:1:1
	start root ioportctl run -- $access perm:378:3:1 sleep:20000 >/dev/null
	until_so is_reserved
	equal "--ports by a name in /proc/ioports" \
		"$(outcome root ioportctl run -p 0x278,ioport -- $access perm:378:3:1 perm:278:1:1 perm:37b:1:1)" \
		$'perm:378:3:1: 0\nperm:278:1:1: 0\nperm:37b:1:1: -1 Operation not permitted\nstatus 0'
	kill -9 $!
	wait $! 2>/dev/null
	until_so nothing_left
	gives "iopl(3) within --ports" "pl:3: 0; in:278: faults; in:37b: faults; perm:278:1:1: -1 Operation not permitted; status 0" \
		-p 0x378-0x37a -- $access pl:3 in:278 in:37b perm:278:1:1
	gives "iopl(3) with nothing" "pl:3: -1 Operation not permitted; status 0" -p 0x80 -- $access pl:3
	gives "--strict" "pl:3: -1 Operation not permitted; in:378: faults; perm:378:1:1: 0; status 0" \
		--strict -- $access pl:3 in:378 perm:378:1:1
	gives "what was not asked for faults" "in:378: faults; perm:379:1:1: 0; in:378: faults; status 0" \
		-- $access in:378 perm:379:1:1 in:378
	gives "policy binds" "perm:60:1:1: -1 Operation not permitted; perm:377:2:1: -1 Operation not permitted; in:378: faults; status 0" \
		-- $access perm:60:1:1 perm:377:2:1 in:378
	gives "any value that is not 0 turns on" "perm:378:1:ff: 0; perm:379:1:80000000: 0; status 0" \
		-- $access perm:378:1:ff perm:379:1:80000000
	gives "off by another does not close" "perm:378:1:1: 0; perm:378:1:0: 0; in:378: 0x5a; status 0" \
		-- $access perm:378:1:1 child:perm:378:1:0 in:378
}

# What is one thread's alone, and /dev/port, is what libioport-compat adds.
preload() {
	local program
	for program in "$dynamic" "$dynamic.32"; do
		gives "preloaded: ${program##*/}" "preloaded: yes; status 0" -- "$program" preloaded
		gives "--no-preload" "preloaded: no; get:378: -1 Permission denied; perm:378:1:1: 0; in:378: 0x5a; status 0" \
			--no-preload -- "$program" preloaded get:378 child:perm:378:1:1 in:378
		gives "a child's ports are its own" "perm:378:1:1: 0; in:378: faults; perm:378:1:1: 0; perm:378:1:0: 0; in:378: 0x5a; status 0" \
			-- "$program" child:perm:378:1:1 in:378 perm:378:1:1 child:perm:378:1:0 in:378
		gives "a thread's are, too" "perm:378:1:1: 0; in:378: faults; status 0" \
			-- "$program" thread:perm:378:1:1 in:378
		gives "/dev/port" "put:378:66: done; get:378: 0x66; put:378:5a: done; span:378:10: 8 bytes; status 0" \
			-- "$program" put:378:66 get:378 put:378:5a span:378:10
		gives "--ports limits /dev/port" "get:378: 0x5a; get:37a: -1 Operation not permitted; put:37a:1: -1 Operation not permitted; span:378:8: 2 bytes; status 0" \
			-p 0x378+2 -- "$program" get:378 get:37a put:37a:1 span:378:8
		gives "--ports limits ioperm() and iopl()" "perm:37a:1:1: -1 Operation not permitted; pl:3: 0; in:378: 0x5a; in:37a: faults; in:278: faults; status 0" \
			-p 0x378+2 -- "$program" perm:37a:1:1 pl:3 in:378 in:37a in:278
		gives "iopl(3) with nothing" "pl:3: -1 Operation not permitted; get:378: -1 Operation not permitted; status 0" \
			-p 0x80 -- "$program" pl:3 get:378
		gives "--strict" "pl:3: -1 Operation not permitted; in:378: faults; perm:378:1:1: 0; status 0" \
			-s -- "$program" pl:3 in:378 perm:378:1:1
		gives "--map-root" "perm:378:1:1: 0; in:378: 0x5a; get:378: 0x5a; perm:60:1:1: -1 Operation not permitted; status 0" \
			-r -- "$program" perm:378:1:1 in:378 get:378 perm:60:1:1
		gives "all descriptors closed" "in:378: faults; perm:378:1:1: 0; in:378: 0x5a; perm:37a:1:1: 0; in:37a: 0xcc; get:378: 0x5a; status 0" \
			-- "$program" shut in:378 perm:378:1:1 shut in:378 shut perm:37a:1:1 in:37a get:378
	done
	equal "it comes before others" "$(outcome operator env LD_PRELOAD=libm.so.6 ioportctl run -- sh -c 'echo "$LD_PRELOAD"')" \
		"$IOPORT_PRELOAD/\$LIB/libioport-compat.so:libm.so.6"$'\nstatus 0'
	equal "it may be missing" "$(IOPORT_PRELOAD=/nowhere outcome operator ioportctl run -- "$dynamic" preloaded perm:378:1:1)" \
		$'preloaded: no\nperm:378:1:1: 0\nstatus 0'
	equal "the 32-bit one may, without a word" \
		"$(IOPORT_PRELOAD=$IOPORT_PRELOAD/without32 outcome operator ioportctl run -- "$dynamic" get:378 become "$dynamic.32" get:378 perm:378:1:1 in:378)" \
		$'get:378: 0x5a\nget:378: -1 Permission denied\nperm:378:1:1: 0\nin:378: 0x5a\nstatus 0'
	check "nothing is left" until_so nothing_left
}

# Programs of all kinds after one another: ports are inherited, and more can be had.
images() {
	gives "exec" "perm:378:1:1: 0; in:378: 0x5a; perm:378:1:0: 0; in:378: faults; perm:379:1:1: 0; status 0" \
		-- $dynamic perm:378:1:1 exec in:378 perm:378:1:0 in:378 exec perm:379:1:1
	gives "dynamic, 32-bit, dynamic" "perm:378:1:1: 0; in:378: 0x5a; perm:37a:1:1: 0; in:37a: 0xcc; in:378: 0x5a; status 0" \
		-- $dynamic perm:378:1:1 become $dynamic.32 in:378 perm:37a:1:1 become $dynamic in:37a in:378
	gives "dynamic, static, dynamic" "perm:378:1:1: 0; in:378: 0x5a; perm:378:1:1: 0; in:378: 0x5a; perm:37a:1:1: 0; in:37a: 0xcc; get:378: 0x5a; status 0" \
		-- $dynamic perm:378:1:1 become $access in:378 perm:378:1:1 shut become $dynamic in:378 perm:37a:1:1 in:37a get:378
	gives "static, dynamic, static" "perm:378:1:1: 0; in:378: 0x5a; in:378: 0x5a; perm:37a:1:1: 0; in:37a: 0xcc; status 0" \
		-- $access perm:378:1:1 become $dynamic in:378 become $access in:378 perm:37a:1:1 in:37a
	gives "no environment" "preloaded: no; perm:378:1:1: 0; in:378: 0x5a; status 0" \
		-- $dynamic bare preloaded perm:378:1:1 in:378
	gives "inherited without" "perm:378:1:1: 0; in:378: 0x5a; status 0" -- $dynamic perm:378:1:1 bare in:378
	gives "system calls of its own" "perm:378:1:1: 0; in:378: 0x5a; pl:3: 0; in:37a: 0xcc; status 0" \
		-- $dynamic raw perm:378:1:1 in:378 pl:3 in:37a
	gives "all descriptors closed, behind the library's back" \
		"perm:378:1:1: 0; in:378: 0x5a; perm:37a:1:1: 0; in:37a: 0xcc; get:378: 0x5a; status 0" \
		-- $dynamic perm:378:1:1 shutraw in:378 perm:37a:1:1 in:37a get:378
	cp $dynamic /tmp/other
	chown operator /tmp/other
	chmod 4755 /tmp/other
	# The sanitizer of leaks cannot look at a process that is set-user-ID, and says so.
	[[ ${ASAN_OPTIONS:-} ]] ||
		equal "set-user-ID, by root" "$(outcome root ioportctl run -- /tmp/other preloaded perm:378:1:1 in:378)" \
			$'preloaded: no\nperm:378:1:1: -1 Operation not permitted\nin:378: faults\nstatus 0'
	chown root /tmp/other
	chmod 4755 /tmp/other
	gives "set-user-ID, without a right to it" "preloaded: yes; perm:378:1:1: 0; in:378: 0x5a; status 0" \
		-- /tmp/other preloaded perm:378:1:1 in:378
	check "nothing is left" until_so nothing_left
}

policy() {
	local allow=/sys/module/ioport/parameters/allow before
	before=$(<$allow)
	start operator ioportctl run -- $access perm:378:1:1 in:378 until:/tmp/go in:378 perm:378:1:1 perm:278:1:1 >/tmp/said
	until_so grep -q in:378 /tmp/said
	echo 0x278-0x27f >$allow
	touch /tmp/go
	wait $!
	equal "policy is asked at each call" "$(tr '\n' ';' </tmp/said)" \
		"perm:378:1:1: 0;in:378: 0x5a;in:378: faults;perm:378:1:1: -1 Operation not permitted;perm:278:1:1: 0;"
	echo "$before" >$allow
}

identity() {
	gives "--map-root is user 0" "0 0; status 0" --map-root -- sh -c 'echo $(id -u) $(id -g)'
	gives "without, oneself" "1000 1000; status 0" -- sh -c 'echo $(id -u) $(id -g)'
	gives "--map-root has ports" "perm:378:1:1: 0; in:378: 0x5a; status 0" -r -- $access perm:378:1:1 in:378
	gives "and no others" "perm:60:1:1: -1 Operation not permitted; status 0" -r -- $access perm:60:1:1
	gives "gains no privileges" "NoNewPrivs: 1; status 0" -- sh -c 'echo $(grep NoNewPrivs: /proc/self/status)'
	equal "root keeps its own" "$(ioportctl run -- sh -c 'echo $(grep NoNewPrivs: /proc/self/status)')" "NoNewPrivs: 0"
	dropped
	changed
	without_proc
	nested
}

# Who was root and is not any more gets what that user would, by whatever call.
dropped() {
	local program
	for program in "$access" "$dynamic" "$dynamic raw"; do
		equal "dropped to one who may not: ${program##*/}" \
			"$(dropped_to stranger "$program" perm:378:1:1 pl:3 in:378 get:378)" \
			$'perm:378:1:1: -1 Operation not permitted\npl:3: -1 Operation not permitted\nin:378: faults\nget:378: -1 Permission denied\nstatus 0'
		equal "to one who may: ${program##*/}" "$(dropped_to operator "$program" perm:378:1:1 in:378)" \
			$'perm:378:1:1: 0\nin:378: 0x5a\nstatus 0'
	done
	chmod 640 /dev/ioport
	equal "to one who may read: /dev/port, and nothing else" \
		"$(dropped_to operator "$dynamic" get:378 put:378:1 perm:378:1:1)" \
		$'get:378: 0x5a\nput:378:1: -1 Permission denied\nperm:378:1:1: -1 Operation not permitted\nstatus 0'
	chmod 660 /dev/ioport
	# Whose the node is has no number in there, and nobody is called so.
	equal "to nobody, in a user namespace" \
		"$(in_user_namespace 65534 stranger ioportctl run -- /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups -- "$access" perm:378:1:1)" \
		$'perm:378:1:1: -1 Operation not permitted\nstatus 0'
}

# Others than root who may change user, or may set a filter and let programs gain privileges.
changed() {
	local groups=(--reuid stranger --regid stranger --clear-groups)
	equal "with CAP_SETUID, to one who may not" \
		"$(as_capable setuid,+setgid ioportctl run -- /usr/bin/setpriv "${groups[@]}" -- "$access" perm:378:1:1)" \
		$'perm:378:1:1: -1 Operation not permitted\nstatus 0'
	equal "with CAP_SETUID, and not used" "$(as_capable setuid ioportctl run -- "$access" perm:378:1:1)" \
		$'perm:378:1:1: 0\nstatus 0'
	chown operator:root /dev/ioport
	cp "$access" /tmp/strangers
	chown stranger /tmp/strangers
	chmod 4755 /tmp/strangers
	equal "with CAP_SYS_ADMIN, a set-user-ID program of one who may not" \
		"$(as_capable sys_admin ioportctl run -- /tmp/strangers perm:378:1:1)" \
		$'perm:378:1:1: -1 Operation not permitted\nstatus 0'
	chown root:ioport /dev/ioport
}

# Where /proc has other process numbers than the program.
without_proc() {
	local why="ioportctl run: no ports: /proc is not that of this pid namespace, and cannot tell who asks for them; mount it: mount -t proc proc /proc"
	local refused=$'perm:378:1:1: -1 Operation not permitted\nstatus 0'
	equal "root, in another pid namespace without its /proc" \
		"$(outcome root unshare --pid --fork ioportctl run -- "$access" perm:378:1:1)" "$why"$'\n'"$refused"
	equal "... --quiet" "$(outcome root unshare --pid --fork ioportctl run -q -- "$access" perm:378:1:1)" "$refused"
	# A sanitizer's own words would stand beside ours.
	[[ ${ASAN_OPTIONS:-} ]] || equal "... without any" \
		"$(outcome root unshare --mount sh -c 'umount -l /proc; exec "$@"' sh ioportctl run -- "$access" perm:378:1:1)" \
		"$why"$'\n'"$refused"
	equal "... with its own" \
		"$(outcome root unshare --pid --fork --mount sh -c 'mount -t proc proc /proc; exec "$@"' sh ioportctl run -- "$access" perm:378:1:1)" \
		$'perm:378:1:1: 0\nstatus 0'
	equal "a user who stays who he is" \
		"$(outcome root unshare --pid --fork /usr/bin/setpriv --reuid operator --regid operator --init-groups -- ioportctl run -- "$access" perm:378:1:1)" \
		$'perm:378:1:1: 0\nstatus 0'
}

# as_capable CAPABILITIES COMMAND...: by the operator.
as_capable() {
	local rights=+$1
	shift
	outcome root /usr/bin/setpriv --reuid operator --regid operator --init-groups \
		"--inh-caps=$rights" "--ambient-caps=$rights" -- "$@"
}

# in_user_namespace NUMBER USER COMMAND...: by root, who is root in there as well; there
# USER has that number.
in_user_namespace() {
	local number=$1 user=$2 child
	shift 2
	rm -f /tmp/mapped
	outcome root unshare --user sh -c 'until [ -e /tmp/mapped ]; do sleep 0.1; done; exec "$@"' sh "$@" >/tmp/said &
	until_so in_another_namespace sh >/tmp/child
	child=$(</tmp/child)
	map_number "$number" "$(id -u "$user")" "/proc/$child/uid_map"
	map_number "$number" "$(id -g "$user")" "/proc/$child/gid_map"
	touch /tmp/mapped
	wait $!
	cat /tmp/said
}

# map_number INSIDE OUTSIDE FILE: beside root's. The file takes one write.
map_number() {
	printf '0 0 1\n%s %s 1\n' "$1" "$2" >/tmp/map
	dd bs=4k if=/tmp/map of="$3" status=none
}

# The first process of this name that is in another user namespace.
in_another_namespace() {
	local pid
	for pid in $(processes "$1"); do
		[[ $(readlink "/proc/$pid/ns/user") == "$(readlink /proc/self/ns/user)" ]] || echo "$pid"
	done | grep -m 1 .
}

# dropped_to USER PROGRAM WORD...
dropped_to() {
	local user=$1 program=$2
	shift 2
	# shellcheck disable=SC2086 # it may have a first word
	outcome root ioportctl run -- /usr/bin/setpriv --reuid "$user" --regid "$user" --init-groups -- $program "$@"
}

# The outer one's supervisor serves, within the outer one's --ports.
nested() {
	local program option
	for program in $access $dynamic $dynamic.32; do
		gives "run in run: ${program##*/}" "perm:378:1:1: 0; in:378: 0x5a; perm:37a:1:1: -1 Operation not permitted; status 0" \
			-p 0x378 -- ioportctl run -- "$program" perm:378:1:1 in:378 perm:37a:1:1
	done
	gives "run in run, preloaded once" "$IOPORT_PRELOAD/\$LIB/libioport-compat.so; status 0" \
		-- ioportctl run -- sh -c 'echo "$LD_PRELOAD"'
	printf '#!/bin/sh\nexec ioportctl run -- %s "$@"\n' $dynamic >/tmp/again
	chmod 755 /tmp/again
	gives "run in run, ports open before" "perm:378:1:1: 0; in:378: 0x5a; status 0" \
		-- $dynamic perm:378:1:1 become /tmp/again in:378
	gives "run in run, with --map-root" "0; status 0" -- ioportctl run -r -- id -u
	for option in "-p 0x378" -s -n; do
		# shellcheck disable=SC2086 # two words
		gives "run in run, with $option" "ioportctl run: this runs under 'ioportctl run' already, whose ports cannot be narrowed: no --ports, --strict or --no-preload here; status 125" \
			-- ioportctl run $option -- true
	done
	gives "run in run, with another window" "ioportctl run: this runs under 'ioportctl run' already, with its ports: not those of the window other; status 125" \
		-- ioportctl run -W other -- true
}

daemons() {
	as operator ioportctl run -- $access perm:378:1:1 daemon /tmp/daemon in:378 perm:379:1:1 until:/tmp/end >/dev/null
	check "a daemon keeps the supervisor" supervised
	until_so grep -q perm:379 /tmp/daemon
	equal "and its ports, and gets more" "$(cat /tmp/daemon)" $'in:378: 0x5a\nperm:379:1:1: 0'
	check "reserved meanwhile" is_reserved
	touch /tmp/end
	check "nothing is left after it" until_so nothing_left
	# A pipe that the supervisor held would keep cat waiting.
	as operator ioportctl run -- $access perm:378:1:1 daemon /tmp/daemon sleep:40000 | timeout 10 cat >/dev/null
	equal "holds no pipe of the program" $? 0
	end_all KILL access
	check "nothing is left after kill -9 of a daemon" until_so nothing_left
}

killed_dynamic() {
	start operator ioportctl run -- $dynamic perm:378:1:1 get:378 sleep:20000 >/dev/null 2>&1
	until_so is_reserved
	kill -9 $!
	wait $! 2>/dev/null
	check "nothing is left after kill -9 of a dynamic program" until_so nothing_left
	start operator ioportctl run -- $dynamic perm:378:1:1 in:378 until:/tmp/dyn in:378 perm:37a:1:1 \
		get:378 exec in:378 perm:378:1:1 get:378 >/tmp/said 2>&1
	until_so grep -q in:378 /tmp/said
	end_all KILL ioport-run
	until_so eval '! supervised'
	check "a dynamic program holds its ports itself" is_reserved
	touch /tmp/dyn
	wait $!
	equal "kill -9 of the supervisor takes them at exec, and its limit is not got past" \
		"$? $(tr '\n' ';' </tmp/said)" \
		"0 perm:378:1:1: 0;in:378: 0x5a;in:378: 0x5a;perm:37a:1:1: 0;get:378: -1 Permission denied;in:378: faults;perm:378:1:1: -1 Function not implemented;get:378: -1 Permission denied;"
	check "nothing is left after it" until_so nothing_left
	as operator ioportctl run -- $dynamic perm:378:1:1 daemon /tmp/daemon2 in:378 perm:37a:1:1 get:378 sleep:20000 >/dev/null
	until_so grep -q get:378 /tmp/daemon2
	equal "a dynamic daemon" "$(cat /tmp/daemon2)" $'in:378: 0x5a\nperm:37a:1:1: 0\nget:378: 0x5a'
	end_all KILL access.dynamic
	check "nothing is left after kill -9 of it" until_so nothing_left
}

killed() {
	start operator ioportctl run -- $access perm:378:1:1 sleep:20000 >/dev/null 2>&1
	until_so is_reserved
	kill -9 $!
	wait $! 2>/dev/null
	check "nothing is left after kill -9 of the program" until_so nothing_left
	start operator ioportctl run -- $access perm:378:1:1 in:378 until:/tmp/on in:378 perm:378:1:1 fork in:378 >/tmp/said 2>&1
	until_so grep -q in:378 /tmp/said
	end_all TERM ioport-run
	end_all HUP ioport-run
	check "the supervisor outlives SIGTERM and SIGHUP" supervised
	end_all KILL ioport-run
	check "kill -9 of it takes the ports" until_so nothing_left
	touch /tmp/on
	wait $!
	equal "and the program goes on without" "$? $(tr '\n' ';' </tmp/said)" \
		"0 perm:378:1:1: 0;in:378: 0x5a;in:378: faults;perm:378:1:1: -1 Function not implemented;in:378: faults;"
}

# The stranger may not open the device; later there is none.
without() {
	local words=(perm:378:1:1 in:378 perm:ffff:2:1 perm:378:1:0 pl:4 pl:3 pl:0 get:378 put:378:1) plain program
	plain=$(outcome stranger $access "${words[@]}")
	for program in $access $dynamic $dynamic.32; do
		equal "not in the group: as the kernel says" "$(outcome stranger ioportctl run -q -- "$program" "${words[@]}")" "$plain"
	done
	check "and why is told" grep -q '^ioportctl run: no ports: .*group' <<<"$(outcome stranger ioportctl run true)"
	until_so rmmod ioport
	for program in $access $dynamic $dynamic.32; do
		equal "no module: as the kernel says" "$(outcome operator ioportctl run -q -- "$program" "${words[@]}")" "$plain"
	done
	check "and why is told" grep -q '^ioportctl run: no ports: ' <<<"$(outcome operator ioportctl run true)"
	equal "and the status is the program's" "$(outcome operator ioportctl run -q sh -c 'exit 5')" "status 5"
}

$access perm:378:3:1 out:37a:0c out:378:5a >/dev/null
statuses
signals
ports
preload
images
policy
identity
daemons
killed
killed_dynamic
without
finish
