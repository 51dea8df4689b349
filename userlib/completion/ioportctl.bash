# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completion of ioportctl(1) for bash. Verbs and options are asked from the
# program itself, so that they stand in one place. Words are compared by the loop below and
# never given to compgen -W, which expands them: $(...) in the name of a file would run.

_ioportctl_windows() {
	ls /sys/kernel/config/ioport 2>/dev/null
}

# Names that parallel ports go by; root sees those of all ports.
_ioportctl_ranges() {
	local parport
	for parport in /proc/sys/dev/parport/parport*; do
		[[ ! -e $parport ]] || echo "${parport##*/}"
	done
	sed -n 's/.* : \([A-Za-z0-9._-]*\)$/\1/p' /proc/ioports 2>/dev/null
}

_ioportctl_words() {
	local verb=$1
	case $verb in
	check | dump | fill | read | watch | write) _ioportctl_ranges ;;
	windows)
		printf '%s\n' list apply add remove
		_ioportctl_windows
		;;
	load) printf '%s\n' allow= deny= busy=allow busy=deny force_direct=1 log_denials=1 ;;
	esac
}

# Files for -f, commands for -c; readline quotes what is odd about their names.
_ioportctl_files() {
	mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
	compopt -o filenames 2>/dev/null
}

_ioportctl() {
	local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words='' candidate
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words=$(ioportctl --verbs 2>/dev/null | cut -f 1 && printf '%s\n' --help --version)
	elif [[ $word == -* ]]; then
		words=$(ioportctl "$verb" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)
	else
		case ${COMP_WORDS[COMP_CWORD - 1]} in
		-w | --width) words=$'8\n16\n32' ;;
		-u | --use) words=$'read\nwrite\ndirect' ;;
		-W | --window) words=$(_ioportctl_windows) ;;
		-p | --ports) words=$(_ioportctl_ranges) ;;
		-o | --output) _ioportctl_files -f "$word" ;;
		*)
			case $verb in
			batch) _ioportctl_files -f "$word" ;;
			run | trace) _ioportctl_files -c "$word" ;;
			*) words=$(_ioportctl_words "$verb") ;;
			esac
			;;
		esac
	fi
	while read -r candidate; do
		[[ -z $candidate || $candidate != "$word"* ]] || COMPREPLY+=("$candidate")
	done <<<"$words"
	[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _ioportctl ioportctl
