#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A container without privilege that is given the device: the example sandbox/crun.sh;
# and what user namespaces and no_new_privs change: nothing. Run as root, with the
# default policy.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

told 0 operator $examples/crun.sh ls /dev
says "*ioport*"
check "... and no memory, no other ports" [ -z "$(grep -xE 'k?mem|port' <<<"$said")" ]
told 0 operator $examples/crun.sh ioportctl write 0x378 0x5b
told 0 operator $examples/crun.sh ioportctl read 0x378
says 0x5b
told 0 operator $examples/crun.sh sandbox-probe device
probed
told 3 stranger $examples/crun.sh ioportctl read 0x378
told 0 operator unshare --user --map-root-user /usr/bin/setpriv --no-new-privs --bounding-set=-all --inh-caps=-all -- sandbox-probe device
probed
told 3 stranger unshare --user --map-root-user ioportctl read 0x378
finish
