#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run by root where all ports are allowed and tests/clients/image is there: every
# example of ioportctl-run(1), typed by the operator. What the programs find is for
# tests/clients/same.sh to judge; here, that they got their ports.
here=${0%/*}
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$here/../cli/lib.sh"

# shellcheck disable=SC2317 # check calls it
got_ports() {
	[[ $said && $complained != *[Pp]ermission* && $complained != *"not permitted"* && $complained != *root* ]]
}

while IFS= read -r command; do
	gives 0 setpriv --reuid operator --regid operator --init-groups -- bash -c "$command"
	check "... got its ports" got_ports
done < <(sed -n 's/^\.Dl //p' "$here/ioportctl-run.1" | sed 's/\\-/-/g')
check "the page has examples" [ "$count" -gt 4 ]
finish
