#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The first example of each verb in ioportctl(1), as it stands there but for what
# IOPORTCTL puts before it: "$" as the operator, "#" as root. Every one takes long.
# Leaves the module loaded as the last example says.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"

page=/usr/share/man/man1/ioportctl.1
declare -A seen=([run]="it is the program that is run, and takes the place of the watcher")

while read -r sign verb words; do
	# All of windows: what the first makes must go before the module can.
	[[ ! ${seen[$verb]:-} || $verb == windows ]] || continue
	seen[$verb]=yes
	command="${ioportctl[*]} $verb $words"
	if [[ $sign == "$" ]]; then
		gives 0 setpriv --reuid operator --regid operator --init-groups -- bash -c "$command"
	else
		gives 0 bash -c "$command"
	fi
done < <(sed -n 's/^\.Dl \([$#]\) ioportctl /\1 /p' $page)
for verb in $(command ioportctl --verbs | cut -f 1); do
	check "$verb: ${seen[$verb]:-not seen}" [ "${seen[$verb]:-}" ]
done
finish
