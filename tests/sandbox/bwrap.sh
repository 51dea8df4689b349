#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Ports that a broker lends to a program in bubblewrap's sandbox: the examples
# lend_ports, borrow_ports, port_filter and sandbox/bwrap.sh. Run as root, with the
# default policy.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# The broker's process is $broker, and its borrower has the ports, or it has ended.
start_broker() {
	(as operator $examples/bwrap.sh 0x378 3 sandbox-probe wait) >/tmp/said 2>&1 &
	broker=$!
	while ! grep -q ready /tmp/said && kill -0 $broker 2>/dev/null; do
		sleep 0.1
	done
	check "the borrower has the ports" grep -q ready /tmp/said
}

told 0 operator $examples/bwrap.sh 0x378 3 borrow_ports 0xa7
says "0x0378: 0xa7"
told 0 operator $examples/bwrap.sh 0x378 3 sandbox-probe borrow
probed

# The broker takes them back while the borrower reads them.
start_broker
kill -TERM $broker
wait $broker # Not by gives(): a subshell cannot wait for its parent's child.
status=$?
check "a broker that takes them back ends with the borrower's status" [ $status = 0 ]
said=$(</tmp/said)
probed

# When the broker is killed, the sandbox ends as well.
start_broker
kill -KILL $broker
wait $broker 2>/dev/null
for _ in {1..300}; do
	[[ $(</sys/module/ioport/refcnt) != 0 ]] || break
	sleep 0.1
done
check "a broker that is killed leaves nothing open" [ "$(</sys/module/ioport/refcnt)" = 0 ]

told 1 operator $examples/bwrap.sh 0x80 1 borrow_ports
check "a port that policy denies can be lent, and is of no use" [ -z "$said" ]
told 1 stranger lend_ports 0x378 3 true
check "who may not open the device can lend nothing" [ -z "$said" ]
finish
