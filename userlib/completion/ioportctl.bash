# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completion of ioportctl(1) for bash. Verbs and options are asked from the
# program itself, so that they stand in one place.

# Names that parallel ports go by; root sees those of all ports.
_ioportctl_ranges() {
	local parport
	for parport in /proc/sys/dev/parport/parport*; do
		[[ ! -e $parport ]] || echo "${parport##*/}"
	done
	sed -n 's/.* : \([^ ]*\)$/\1/p' /proc/ioports 2>/dev/null
}

_ioportctl_words() {
	local verb=$1
	case $verb in
	check | dump | fill | read | watch | write) _ioportctl_ranges ;;
	batch) compgen -f -- "$word" ;;
	run | trace) compgen -c -- "$word" ;;
	load) echo "allow= deny= busy=allow busy=deny force_direct=1" ;;
	esac
}

_ioportctl() {
	local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words="$(ioportctl --verbs 2>/dev/null | cut -f 1) --help --version"
	elif [[ $word == -* ]]; then
		words=$(ioportctl "$verb" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)
	else
		case ${COMP_WORDS[COMP_CWORD - 1]} in
		-w | --width) words="8 16 32" ;;
		-u | --use) words="read write direct" ;;
		-p | --ports) words=$(_ioportctl_ranges) ;;
		-o | --output) words=$(compgen -f -- "$word") ;;
		*) words=$(_ioportctl_words "$verb") ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _ioportctl ioportctl
