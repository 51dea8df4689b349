#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# parport_probe, parport_write and access_map at the parallel port of the test machine,
# under the default policy. What the printer got, parport.host sees.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

data=0x378
before=165

for program in parport_probe parport_write access_map; do
	usage_of $program
done

found=$'0x278: no port\n0x378: parallel port\n0x3bc: no port'
put $data $before
for way in raw file library; do
	run parport_probe --access "$way"
	ok "the port is found, $way" says 0 "$found"
	ok "and its data lines are as they were" [ "$(port $data)" = $before ]
done
run parport_probe --access elsehow
ok "no other way" says_like 64 "*elsehow*"

run access_map
ok "a map is set, switched on and off" says_like 0 "*inb(0x37b), one past the map, faults*All as it should be."

run parport_write 'Hello, '
ok "a printer takes bytes" says 0 ""
run bash -c 'echo printer | parport_write'
ok "and what is on standard input" says 0 ""
ok "the last byte stays on the data lines" [ "$(port $data)" = 10 ]
finish
