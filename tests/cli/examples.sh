#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every example of ioportctl(1), as it stands there: "$" as the operator, "#" as
# root. Leaves the module loaded with its defaults.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

page=/usr/share/man/man1/ioportctl.1

while read -r sign command; do
	if [[ $sign == "$" ]]; then
		gives 0 setpriv --reuid operator --regid operator --init-groups -- bash -c "$command"
	else
		gives 0 bash -c "$command"
	fi
	case $command in
	*fill* | *" write "* | *load* | *"windows add"* | *"windows remove"*) ;;
	*) check "... prints something" [ -n "$said" ] ;;
	esac
done < <(sed -n 's/^\.Dl \([$#] \)/\1/p' $page)
check "the page has examples, and all verbs are in them" [ "$count" -gt 25 ]
for verb in $(ioportctl --verbs | cut -f 1); do
	check "there is an example of $verb" grep -q '^\.Dl [$#] ioportctl '"$verb" $page
done
check "the last one has loaded the module for one port" \
	[ "$(cat /sys/module/ioport/parameters/allow)" = 0x378-0x37f ]
ctl 0 unload
ctl 0 load
finish
