#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Named windows as an administrator makes them and as users of two groups have them. As
# root, in the guest only: it adds users. Leaves no window behind.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

windows=/sys/kernel/config/ioport
config=/etc/ioport/windows.d
window=$(dirname "$0")/window
work=$(mktemp -d)

all_yes="read yes write yes grant yes in yes out yes"
all_no="had fault read EACCES write EACCES grant EACCES in fault out fault"

add_users() {
	grep -q '^anna:' /etc/passwd && return
	cat >>/etc/group <<-END
		anna:x:1101:
		ben:x:1102:
		lab1:x:1111:anna
		lab2:x:1112:ben
	END
	cat >>/etc/passwd <<-END
		anna:x:1101:1101::/tmp:/bin/bash
		ben:x:1102:1102::/tmp:/bin/bash
	END
}

# conf FILE LINE...
conf() {
	local file=$config/$1
	shift
	mkdir -p "$config"
	printf '%s\n' "$@" >"$file"
}

node_is() {
	udevadm settle
	check "/dev/ioport-$1 is $2" [ "$(stat -c %G:%a "/dev/ioport-$1" 2>&1)" = "$2" ]
}

no_node() {
	udevadm settle
	check "there is no /dev/ioport-$1" [ ! -e "/dev/ioport-$1" ]
}

# A process of USER's that has WINDOW open, to be asked by "ask ID PORT"; what it says
# first is in $answer.
hold() {
	local id=$1 user=$2 name=$3 in out
	mkfifo "$work/$id.in" "$work/$id.out"
	setpriv --reuid "$user" --regid "$user" --init-groups -- "$window" "$name" \
		<"$work/$id.in" >"$work/$id.out" &
	exec {in}>"$work/$id.in" {out}<"$work/$id.out"
	to[$id]=$in from[$id]=$out
	rm "$work/$id.in" "$work/$id.out"
	read -r -u "${from[$id]}" answer
}

ask() {
	echo "$2" >&"${to[$1]}"
	read -r -u "${from[$1]}" answer
}

# Those that were started later have the pipe as well, and end later.
let_go() {
	local in=${to[$1]} out=${from[$1]}
	exec {in}>&- {out}<&-
}

answers() {
	check "$1: $2 ($answer)" [ "$answer" = "$2" ]
}

basics() {
	ctl 0 windows
	quiet
	ctl 0 windows --json
	json '. == []'
	ctl 0 windows apply
	quiet
	conf parport.conf "# a comment" "" "name = parport0" "  range=0x378+8  " "group = lab1"
	conf void.conf "name = void0" "range = 0x27c-0x27f, 0x278-0x27b" "group = 1112" \
		"mode = 0640" "options = busy=allow"
	ctl 0 windows apply
	says $'added parport0\nadded void0'
	no_complaint
	node_is parport0 lab1:660
	node_is void0 lab2:640
	check "busy" [ "$(cat $windows/void0/busy $windows/parport0/busy)" = $'allow\ndeny' ]
	ctl 0 windows apply
	quiet
	ctl_as stranger 0 windows
	says $'parport0        0x378-0x37f  group lab1, mode 0660\nvoid0           0x278-0x27f busy=allow  group lab2, mode 0640'
	ctl_as stranger 0 windows --json
	json '.[0] == {name: "parport0", ports: "0x378-0x37f", busy: "deny", live: true, configured: true, device: "/dev/ioport-parport0", group: "lab1", mode: "0660"}'
	ctl_as stranger 0 windows apply
	quiet
	check "udev knows" grep -q '^E:IOPORT_WINDOW=parport0' <(udevadm info -q all -n /dev/ioport-parport0 | sed 's/^E: /E:/')
	chown root:root /dev/ioport-parport0
	udevadm trigger --settle --action=change /sys/class/ioport/ioport-parport0
	node_is parport0 lab1:660
	conf void.conf "name = void0" "range = 0x278-0x27f" "group = lab2"
	ctl_as stranger 1 windows apply
	complains "window 'void0': live=0: Permission denied; it takes root"
	node_is void0 lab2:640
	ctl 0 windows apply
	says "changed void0"
	node_is void0 lab2:660
}

# bad TEXT-OF-THE-COMPLAINT LINE...: refused whole, with the good file before it.
bad() {
	local want=$1 before
	shift
	before=$(cd $windows && grep . ./*/ports ./*/busy)
	conf a.conf "name = good" "range = 0x3bc" "group = lab1"
	conf b.conf "$@"
	ctl 1 windows apply
	quiet
	complains "$config/b.conf:$want"
	check "... nothing has changed" [ "$(cd $windows && grep . ./*/ports ./*/busy)" = "$before" ]
	rm "$config/a.conf" "$config/b.conf"
}

bad_files() {
	bad "1: 'Upper' is no name for a window: *" "name = Upper"
	bad "1: 'a/b' is no name for a window: *" "name = a/b"
	bad "1: '' is no name for a window: *" "name ="
	bad "2: '0x10000' is not a range *" "name = x" "range = 0x10000" "group = lab1"
	bad "2: '0x37z' is not a range *" "name = x" "range = 0x378,0x37z" "group = lab1"
	bad "2: a window needs a range" "name = x" "range =" "group = lab1"
	bad "3: 'nobodies' is not a group here" "name = x" "range = 0x3bc" "group = nobodies"
	bad "3: '4294967295' is not a group here" "name = x" "range = 0x3bc" "group = 4294967295"
	bad "4: '0777' is not a mode of read and write bits, *" "name = x" "range = 0x3bc" "group = lab1" "mode = 0777"
	bad "4: '9' is not a mode of read and write bits, *" "name = x" "range = 0x3bc" "group = lab1" "mode = 9"
	bad "4: 'lazy' is not an option; *" "name = x" "range = 0x3bc" "group = lab1" "options = busy=allow, lazy"
	bad "2: 'colour' is no key; *" "name = x" "colour = red"
	bad "2: 'red' is not of the form KEY = VALUE" "name = x" "red"
	bad "1: 'range' comes before a name" "range = 0x3bc"
	bad "3: 'range' is given twice for window 'x'" "name = x" "range = 0x3bc" "range = 0x3bd"
	bad "1: window 'x' has no group" "name = x" "range = 0x3bc"
	bad "1: window 'x' has no range" "name = x" "group = lab1"
	bad "1: window 'good' is there already, in this file or another" "name = good"
	bad "4: window 'x' is there already, *" "name = x" "range = 1" "group = lab1" "name = x"
	bad "1: the line is too long" "name = $(head -c 2000 /dev/zero | tr '\0' x)"
	mkfifo "$config/pipe.conf"
	ctl 1 windows apply
	complains "$config/pipe.conf is not a regular file"
	rm "$config/pipe.conf"
	mkdir "$config/folder.conf"
	ctl 1 windows apply
	complains "$config/folder.conf is not a regular file"
	rmdir "$config/folder.conf"
	ln -s /dev/null "$config/masked.conf"
	ctl 0 windows apply
	quiet
	rm "$config/masked.conf"
	ctl 1 windows apply /nowhere
	complains "/nowhere: No such file or directory"
}

# Who may open what, and touch what through it.
matrix() {
	hold 1 anna parport0
	answers "anna opens parport0" "open yes"
	hold 2 anna void0
	answers "anna opens void0" "open EACCES"
	hold 3 ben parport0
	answers "ben opens parport0" "open EACCES"
	hold 4 ben void0
	answers "ben opens void0" "open yes"
	hold 5 operator parport0
	answers "the operator opens parport0" "open EACCES"
	ctl_as anna 3 read 0x378
	complains "/dev/ioport is for group ioport *"

	ask 1 0x378
	answers "anna has 0x378" "had fault $all_yes"
	ask 1 0x378
	answers "anna keeps 0x378" "had yes $all_yes"
	ask 1 0x278
	answers "anna has not ben's 0x278" "$all_no"
	ask 1 0x380
	answers "anna has not the port beside" "$all_no"
	ask 4 0x278
	answers "ben has 0x278" "had fault $all_yes"
	ask 4 0x378
	answers "ben has not anna's 0x378" "$all_no"

	# The deny list binds windows as well.
	echo 0x378 >/sys/module/ioport/parameters/deny
	ask 1 0x378
	answers "anna has not what is denied to all" "$all_no"
	ask 1 0x379
	answers "anna has the next" "had fault $all_yes"
	echo 0x0000-0x00ff,0x04d0-0x04d1,0x0cf8-0x0cff >/sys/module/ioport/parameters/deny
	ask 1 0x378
	answers "anna has it again when she asks" "had fault $all_yes"

	# The ports of one change; nobody else's do.
	conf parport.conf "name = parport0" "range = 0x37c-0x37f,0x3bc" "group = lab1"
	ctl 0 windows apply
	says "changed parport0"
	ask 1 0x378
	answers "after a change: anna has lost 0x378" "$all_no"
	ask 1 0x379
	answers "after a change: anna has lost 0x379" "$all_no"
	ask 1 0x3bc
	answers "after a change: anna has 0x3bc" "had fault $all_yes"
	ask 4 0x278
	answers "after a change: ben keeps 0x278" "had yes $all_yes"

	# Another group: who was in the old one is out, at once.
	conf parport.conf "name = parport0" "range = 0x378-0x37f" "group = lab2"
	ctl 0 windows apply
	says "changed parport0"
	node_is parport0 lab2:660
	ask 1 0x3bc
	answers "another group: anna has lost 0x3bc" "$all_no"
	ask 1 0x378
	answers "another group: anna has not 0x378" "$all_no"
	hold 6 anna parport0
	answers "another group: anna opens parport0" "open EACCES"
	hold 7 ben parport0
	answers "another group: ben opens parport0" "open yes"
	ask 7 0x378
	answers "another group: ben has 0x378" "had fault $all_yes"
	ask 4 0x278
	answers "another group: ben keeps 0x278" "had yes $all_yes"

	# Removal; the general device's policy allows 0x278, which is no help.
	rm "$config/void.conf"
	ctl 0 windows apply
	says "removed void0"
	no_node void0
	ask 4 0x278
	answers "after removal: ben has lost 0x278" "$all_no"
	ask 7 0x378
	answers "after removal: ben keeps 0x378" "had yes $all_yes"
	hold 8 ben void0
	answers "after removal: ben opens void0" "open ENOENT"
	for id in "${!to[@]}"; do
		let_go "$id"
	done
	wait
}

by_hand() {
	ctl 0 windows add hand 0x278-0x27b,0x27c+4 --group lab1 --mode 640 --busy allow
	quiet
	node_is hand lab1:640
	ctl 0 windows list
	says $'hand            0x278-0x27f busy=allow  group lab1, mode 0640  (in no file)\nparport0 *'
	ctl 1 windows add hand 0x3bc
	complains "there is a window 'hand' already"
	ctl 0 windows apply
	quiet
	node_is hand lab1:640
	ctl 2 windows add Hand 0x3bc
	complains "'Hand' is no name for a window: *"
	ctl 2 windows add x 0x3bx
	complains "'0x3bx' is not a range *"
	ctl 2 windows add x 0x3bc --group nobodies
	complains "'nobodies' is not a group here"
	ctl 2 windows add x 0x3bc --busy perhaps
	complains "'busy=perhaps' is not an option; *"
	ctl 2 windows add x
	complains "add takes NAME and RANGE*"
	ctl 2 windows frobnicate
	complains "'frobnicate' is none of list, apply, add and remove"
	ctl 2 windows list --all
	complains "--all is for remove"
	ctl 1 windows remove nothing
	complains "there is no window 'nothing'"
	ctl 2 windows remove
	complains "remove takes NAME... or --all"
	ctl_as stranger 1 windows remove hand
	complains "window 'hand': Permission denied"
	ctl 0 windows add plain 0x3bc
	node_is plain root:660
	ctl 0 windows remove plain hand
	quiet
	no_node hand
	check "the state is gone" [ "$(ls /run/ioport/windows)" = parport0 ]
}

verbs() {
	conf parport.conf "name = parport0" "range = 0x378-0x37f" "group = lab1"
	ctl 0 windows apply
	ctl_as anna 0 write --window parport0 0x378 0x5a
	ctl_as anna 0 read -W parport0 0x378
	says 0x5a
	ctl_as anna 1 read -W parport0 0x278
	complains "0x0278: not among the ports of the window parport0 (0x378-0x37f)*"
	ctl_as anna 0 check -W parport0 0x378-0x37f
	ctl_as anna 1 check -W parport0 0x378-0x380
	ctl_as anna 0 dump -W parport0 0x378-0x37f
	ctl_as anna 0 fill -W parport0 0x378 0x11
	ctl_as anna 0 map -W parport0
	ctl_as anna 0 batch -W parport0 - <<<"in8 0x378"
	ctl_as anna 3 read -W nothing 0x378
	complains "/dev/ioport-nothing does not exist: there is no window of that name; *"
	ctl_as ben 3 read -W parport0 0x378
	complains "/dev/ioport-parport0 is for group lab1 *"
	ctl_as anna 3 read -W ../ioport 0x378
	hold 9 anna parport0
	ctl 0 holders
	says "*anna*window*"
	ctl 1 unload
	complains "there are named windows (1, such as parport0); *"
	let_go 9
	wait
	ctl 0 doctor
	says $'*\nok   windows     parport0: 0x378-0x37f, group lab1, mode 0660'
	ctl 0 windows remove parport0
	ctl 1 doctor
	says $'*\nBAD  windows     parport0 is configured and not there; type: sudo ioportctl windows apply'
	ctl 0 windows apply
	chmod o+r /dev/ioport-parport0
	ctl 1 doctor
	says $'*\nBAD  windows     /dev/ioport-parport0 is open to everybody (mode 0664)*'
	ctl 0 windows apply
	says "changed parport0"
	node_is parport0 lab1:660
}

the_end() {
	ctl 0 windows add other 0x278
	check "each window pins the module twice, as scripts and packages count on" \
		[ "$(</sys/module/ioport/refcnt)" = $((2 * $(find $windows -mindepth 1 -maxdepth 1 | wc -l))) ]
	ctl 0 windows remove --all
	no_node other
	no_node parport0
	check "nothing is left" [ -z "$(ls $windows)$(ls /run/ioport/windows)" ]
	rm -rf "$config" "$work"
	ctl 0 windows apply
	quiet
	ctl 0 unload
	ctl 3 windows apply
	complains "the module is not loaded; type: sudo ioportctl load"
	ctl 0 windows
	quiet
	ctl 0 load
}

declare -A to from
answer=
add_users
basics
bad_files
matrix
by_hand
verbs
the_end
finish
