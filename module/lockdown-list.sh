#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: lockdown-list.sh FILE
#
# Turns FILE, the list of windows that stay usable under kernel lockdown, into the
# header that is compiled into the module; called by Kbuild. An empty name, or a
# default file that is not there, is the empty list. In the file:
#
#	list  = { token } separated by commas and white space; "#" starts a comment
#	token = PORT | FIRST "-" LAST | FIRST "+" COUNT | "none"
#
# Numbers are decimal, or hexadecimal with 0x. There is no "all": who signs it away
# has to write it out.
set -euf
export LC_ALL=C

file=$1
default=/etc/ioport/lockdown-allow

die() {
	echo "lockdown-list: error: $*" >&2
	exit 1
}

# value NUMBER: in decimal; nothing where it is no number of at most 65536.
value() {
	case $1 in
	0[xX]*)
		digits=${1#0?}
		base=0x
		case $digits in
		'' | *[!0-9a-fA-F]*) return 0 ;;
		esac
		;;
	*)
		digits=$1
		base=
		case $digits in
		'' | *[!0-9]*) return 0 ;;
		esac
		;;
	esac
	# A zero in front would make it octal.
	while [ "${digits#0?}" != "$digits" ]; do
		digits=${digits#0}
	done
	[ ${#digits} -le 5 ] && [ $(($base$digits)) -le 65536 ] || return 0
	echo $(($base$digits))
}

# range TOKEN: sets first and last, or fails.
range() {
	first=${1%%[-+]*}
	rest=${1#"$first"}
	first=$(value "$first")
	case $rest in
	+*)
		last=$(value "${rest#+}")
		[ "$first" ] && [ "$last" ] || return 1
		last=$((first + last - 1))
		;;
	-*) last=$(value "${rest#-}") ;;
	*) last=$first ;;
	esac
	[ "$first" ] && [ "$last" ] && [ "$first" -le "$last" ] && [ "$last" -le 65535 ]
}

text() {
	if [ "$1" = "$2" ]; then
		printf '0x%04x' "$1"
	else
		printf '0x%04x-0x%04x' "$1" "$2"
	fi
}

case $file in
'' | /*) ;;
*) die "IOPORT_LOCKDOWN_ALLOW=$file is not an absolute path" ;;
esac
tokens=
if [ "$file" ] && { [ "$file" != "$default" ] || [ -e "$file" ]; }; then
	if [ ! -f "$file" ] || [ ! -r "$file" ]; then
		die "$file is not a file that can be read"
	fi
	tokens=$(sed 's/#.*//' "$file" | tr ',\t\r\n' '    ')
fi

list='' ranges=''
for token in $tokens; do
	[ "$token" != none ] || continue
	range "$token" ||
		die "$file: '$token' is not a port, FIRST-LAST or FIRST+COUNT within 0-0xffff"
	list=$list${list:+,}$(text "$first" "$last")
	ranges="$ranges { $first, $last },"
done

echo "/* SPDX-License-Identifier: GPL-2.0-only */"
echo "/* Made by lockdown-list.sh from the list of the machine that built this. */"
echo "#define IOPORT_LOCKDOWN_LIST $([ "$list" ] && echo 1 || echo 0)"
echo "#define IOPORT_LOCKDOWN_TEXT \"${list:-none}\""
echo "#define IOPORT_LOCKDOWN_RANGES$ranges"
