#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Completion for zsh: the function as zsh runs it, with stand-ins of what it hands its
# words to. So no terminal, and no time, is in it.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2016,SC2317 # for zsh, and called through gives
completions() {
	zsh -f -c '
		_files() { print -r -- files }
		_command_names() { print -r -- commands "$@" }
		_describe() { print -rl -- "${(P@)4}" }
		compadd() {
			while [[ $1 == -* && $1 != -- ]]; do
				[[ $1 != -S ]] || shift
				shift
			done
			[[ $1 != -- ]] || shift
			print -rl -- ${(M)@:#$PREFIX*}
		}
		words=("$@") CURRENT=$# PREFIX=${@[-1]}
		source /usr/share/zsh/site-functions/_ioportctl' zsh "$@"
}

# complete WORD...: the last is the one that is being typed.
complete() {
	gives 0 completions ioportctl "$@"
	no_complaint
}

complete ""
says $'status:what is there*\nread:read ports\n*unload:*--help\n--version'
complete read --
says "--json*--width*--help*--usage"
complete check --u
says $'--use\n--usage'
complete read -w ""
says $'8\n16\n32'
complete check -u ""
says $'read\nwrite\ndirect'
complete batch ""
says files
complete run ""
says "commands -e"
complete run --no
says "--no-preload"
complete trace ""
says "commands -e"
complete load a
says "allow="
complete load ""
says $'allow=\ndeny=\nbusy=\nforce_direct=\nlog_denials='
complete windows a
says $'apply\nadd'
finish
