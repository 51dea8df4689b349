#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# shellcheck disable=SC2317 # functions that check calls
#
# Run by root, with the default policy: the commands of the README as they stand there,
# but those that other tests type: building and installing (tests/install, tests/distro), testing,
# and what takes a network. Then each line of options in the file of policy.
here=${0%/*}
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$here/../cli/lib.sh"

parameters=/sys/module/ioport/parameters
default=$(<$parameters/allow)

# The indented lines outside of programs and drawings, without comments.
commands() {
	awk '/^```/ { code = !code } /^## How it works/ { code = 1 } /^## Development/ { code = 0 }
		!code && /^\t/' "$here/README.md" | sed 's/^\t//; s/[[:blank:]]*#.*//'
}

as_operator() {
	gives "$1" setpriv --reuid operator --regid operator --init-groups -- bash -c "$2"
}

# The guest has no sudo; root needs none.
sudo() {
	"$@"
}
export -f sudo

# LD_PRELOAD=LIBRARY program: with the library and a program that the tests have, which
# wants the default policy.
preloaded() {
	local line=${1/\/usr\/local\/lib//tests/compat/lib} allow
	allow=$(<$parameters/allow)
	echo "$default" >$parameters/allow
	as_operator 0 "${line/%program//tests/compat/policy}"
	check "... its checks pass" grep -q '^ok' <<<"$said"
	echo "$allow" >$parameters/allow
}

type_line() {
	case $1 in
	"ioportctl batch pulse.txt"*)
		printf 'out8 0x378 0x55\ndelay 5ms\nout8 0x378 0\n' >pulse.txt
		as_operator 0 "$1"
		;;
	"sudo ioportctl trace"*) gives 0 bash -c "${1#sudo } -t 1" ;;
	"ioportctl run "*" program"*)
		as_operator 0 "${1/ program/ /tests/clients/access perm:378:1:1 in:378}"
		;;
	"ioportctl watch "*) as_operator 143 "timeout 5 $1" ;;
	ioportctl*) as_operator 0 "$1" ;;
	"LD_PRELOAD="*) preloaded "$1" ;;
	"echo "*) gives 0 bash -c "$1" ;;
	*make* | "sudo apt "* | "sudo adduser "* | "cc "* | $'\t'*) return ;;
	*) check "a test knows what to do with '$1'" false ;;
	esac
	((++typed))
}

readme() {
	local line typed=0
	while IFS= read -r line; do
		type_line "$line"
	done < <(commands)
	check "the README has commands" [ "$typed" -gt 6 ]
	check "the port allowed is that of the README" [ "$(cat $parameters/allow)" = 0x378-0x37f ]
}

# The parallel port's driver, and how the README has it unloaded.
driver() {
	local command
	# shellcheck disable=SC2016 # they are in the page
	command=$(sed -n 's/.*`sudo \(modprobe -r [^`]*\)`.*/\1/p' "$here/README.md")
	modprobe -a parport_pc lp ppdev
	ctl 1 check -q 0x378-0x37a
	gives 0 bash -c "$command"
	ctl 0 check -q 0x378-0x37a
}

# modprobe reads these lines as it would in the file.
policy() {
	local options word
	check "the file of policy has examples" [ "$(grep -c '^#options ioport ' "$here/ioport.modprobe")" -gt 6 ]
	while read -r options; do
		ctl 0 unload
		# shellcheck disable=SC2086 # words
		ctl 0 load $options
		for word in $options; do
			check "... $word" same_value "$parameters/${word%%=*}" "${word#*=}"
		done
	done < <(sed -n 's/^#options ioport //p' "$here/ioport.modprobe")
}

# The module has its own ways to write a list and a truth value.
same_value() {
	local is want=$2
	is=$(<"$1")
	echo "$want" >"$1" 2>/dev/null || true
	[[ $is == "$(<"$1")" && $is ]]
}

readme
driver
policy
finish
