#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ioportctl as root: loading and unloading, drivers, names, who has it open; and
# what others see meanwhile. Leaves the module loaded with its defaults.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

params=/sys/module/ioport/parameters

load_unload() {
	ctl 0 unload
	quiet
	no_complaint
	check "the module is gone" test ! -e /dev/ioport
	ctl 0 unload
	says "the module is not loaded"
	ctl 0 load
	quiet
	no_complaint
	check "the device is there, with its group" [ "$(stat -c %G:%a /dev/ioport)" = ioport:660 ]
	ctl 0 load
	says "the module is loaded already"
	ctl 1 load busy=allow
	complains "the module is loaded already, *"
	ctl 0 unload
	ctl 0 load allow=0x378-0x37a busy=allow
	check "the parameters are set" [ "$(cat $params/allow $params/busy)" = $'0x378-0x37a\nallow' ]
	ctl_as operator 1 read 0x37b
	complains "0x037b: not allowed by the administrator's policy (allow=0x378-0x37a *"
	ctl 0 unload
}

not_loaded() {
	ctl_as operator 3 read 0x378
	complains "/dev/ioport does not exist: the kernel module ioport is not loaded; run: sudo modprobe ioport"
	ctl_as operator 3 status
	says $'*\nmodule:    not loaded\naccess: *'
	ctl_as operator 3 status --json
	json '(.loaded | not) and (.usable | not)'
	ctl_as operator 1 doctor
	says $'*\nBAD  loaded      the module is not loaded; type: sudo ioportctl load\n*'
	ctl_as operator 0 holders
	ctl_as operator 3 map
	ctl_as operator 0 unload
	says "the module is not loaded"
	ctl_as operator 1 load
	complains "that takes root; run it again with sudo"
	check "... is not loaded" test ! -d /sys/module/ioport
}

# The kernel's own words, which name the word that is wrong.
bad_parameters() {
	ctl 1 load allow=0x378,oops
	complains "allow: 'oops' is not a port, *"
	check "... is not loaded" test ! -d /sys/module/ioport
	ctl 1 load busy=perhaps
	complains "busy: 'perhaps' is neither deny nor allow"
	ctl 2 load colour=red
	complains "'colour=red': the module has no parameter colour"
	ctl 2 load allo=0x378
	complains "'allo=0x378': the module has no parameter allo"
	check "... is not loaded" test ! -d /sys/module/ioport
}

not_installed() {
	local file
	file=$(modinfo -n ioport)
	mv "$file" /tmp/ioport.ko
	depmod
	ctl 1 load
	complains "there is no module ioport for the running kernel $(uname -r); *"
	ctl 1 doctor
	says $'*\nBAD  installed   there is no module *'
	mv /tmp/ioport.ko "$file"
	echo garbage >/tmp/garbage
	mv "$file" /tmp/ioport.ko
	cp /tmp/garbage "$file"
	depmod 2>/dev/null
	ctl 1 load
	check "... one line" [ "$(wc -l <<<"$complained")" = 1 ]
	mv /tmp/ioport.ko "$file"
	depmod
	ctl 0 load
}

in_use() {
	local pid
	setpriv --reuid operator --regid operator --init-groups -- sh -c 'exec sleep 60 7<>/dev/ioport' &
	pid=$!
	sleep 0.5
	ctl 1 unload
	complains "/dev/ioport is open in sleep (process $pid); end it first"
	ctl 0 holders
	says " *$pid  operator    sleep *  read, write"
	check "... the module is there" test -d /sys/module/ioport
	kill $pid
	wait $pid 2>/dev/null
}

ioperm_holders() {
	local pid
	"$(dirname "$0")/hold" ioperm 0x80 1 >/dev/null &
	pid=$!
	sleep 0.5
	ctl 0 holders --threads
	says "*thread $pid of $pid, hold: 0x0080*"
	ctl 0 holders
	says "no process that can be seen *"
	kill $pid
	wait $pid 2>/dev/null
}

# In use through ioport: the map shows it, and whose it is.
shared() {
	local pid
	"$(dirname "$0")/hold" ioport 0x378 3 >/dev/null &
	pid=$!
	sleep 0.5
	ctl 0 map
	says $'*\n0x0378-0x037a  o  ioport\n0x037b-0x037f  + *'
	mv /dev/ioport /dev/ioport.away
	ctl 0 holders
	says "*$pid  root        hold *  read, write"
	mv /dev/ioport.away /dev/ioport
	kill $pid
	wait $pid 2>/dev/null
}

# A driver comes and takes the port.
driver() {
	modprobe parport_pc
	ctl 0 check -q 0x278
	ctl 1 check parport0
	says "0x0378-0x037a: read, write, direct: refused: 0x0378 (of 0x0378-0x037a): held by kernel driver parport0; *"
	ctl_as operator 1 check parport0
	says "0x0378-0x037a: read, write, direct: refused: *held by a kernel driver *"
	ctl_as operator 1 check --json parport0
	json '.[0].read.reason == "busy"'
	ctl_as operator 1 write 0x378 0
	complains "0x0378: held by a kernel driver *"
	ctl 0 map
	says $'*0x0378-0x037a  !  parport0\n*'
	no_complaint
	ctl 0 map --json
	json 'map(select(.owner == "parport0" and .busy and .allowed)) | length >= 1'
	ctl_as operator 0 map
	says $'*0x0378-0x037? *!*'
	ctl 0 doctor
	says $'*\nnote drivers     * allowed ports are held; the first, 0x0378: held by kernel driver parport0;*'
	modprobe -r parport_pc
	ctl 2 check parport0
	complains "'parport0' is not a range *nor a name in /proc/ioports"
	ctl 0 check 0x378-0x37a
}

# As /proc/ioports has them.
names() {
	ctl 1 check rtc0
	says "0x007[0-9]*: read, write, direct: refused: *"
	ctl 2 check serial
	complains "'serial' is the name of several ranges *: 0x02f8-0x02ff *0x03f8-0x03ff"
	ctl 0 map
	says $'*= *serial*'
	ctl 0 map --json
	json 'any(.[]; .owner == "serial" and (.allowed | not) and (.busy | not))'
	json 'all(.[]; .owner // "" | startswith("PCI Bus") | not)'
}

policy() {
	echo none >$params/allow
	ctl 1 doctor
	says $'*\nBAD  policy      no port may be used; type: *'
	echo 0x278-0x27f,0x378-0x37f,0x3bc-0x3bf >$params/allow
	ctl 0 doctor
}

device() {
	chmod 666 /dev/ioport
	ctl 1 doctor
	says $'*\nBAD  device      /dev/ioport is open to everybody (mode 0666); type: sudo chmod o= /dev/ioport\n*'
	chmod 660 /dev/ioport
	chgrp 0 /dev/ioport
	ctl 1 doctor
	says $'*\nBAD  device      /dev/ioport is group root\'s, *'
	chgrp ioport /dev/ioport
	mv /dev/ioport /dev/ioport.away
	ctl 1 doctor
	says $'*\nBAD  device      /dev/ioport is missing; type: sudo ioportctl unload && sudo ioportctl load*'
	ctl 3 read 0x378
	complains "*the node is missing; run: sudo ioportctl unload *ioportctl load"
	mv /dev/ioport.away /dev/ioport
	ctl 0 doctor
}

load_unload
not_loaded
bad_parameters
not_installed
in_use
ioperm_holders
shared
driver
names
policy
device
finish
