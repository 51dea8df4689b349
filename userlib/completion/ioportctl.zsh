#compdef ioportctl
# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of ioportctl(1) for zsh. Verbs and options are asked from the
# program itself, so that they stand in one place.

_ioportctl_ranges() {
	compadd -- /proc/sys/dev/parport/parport<->(N:t)
}

_ioportctl() {
	local -a verbs options
	if ((CURRENT == 2)); then
		verbs=(${${(f)"$(ioportctl --verbs 2>/dev/null)"}/$'\t'/:})
		_describe -t verbs verb verbs
		compadd -- --help --version
		return
	fi
	if [[ $PREFIX == -* ]]; then
		options=(${(uf)"$(ioportctl $words[2] --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*')"})
		compadd -- $options
		return
	fi
	case $words[CURRENT-1] in
	-w|--width) compadd 8 16 32; return ;;
	-u|--use) compadd read write direct; return ;;
	-p|--ports) _ioportctl_ranges; return ;;
	-o|--output) _files; return ;;
	esac
	case $words[2] in
	batch) _files ;;
	run|trace) _command_names -e ;;
	load) compadd -S '' allow= deny= busy= force_direct= ;;
	check|dump|fill|read|watch|write) _ioportctl_ranges ;;
	esac
}

_ioportctl "$@"
