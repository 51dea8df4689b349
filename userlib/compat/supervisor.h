/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libioport-compat asks of the supervisor of "ioportctl run", under which the
 * program's own system calls ioperm() and iopl() go to the supervisor:
 *
 *	iopl(SUPERVISOR_ASK, what, flags)
 *
 * No kernel has such a level, and no other call is refused so early and without
 * effect: where there is no supervisor, it is EINVAL (ioperm() would take the thread
 * off its map). So a program learns whether it has one without a variable in the
 * environment, which it may clear or hand on to where it does not hold.
 *
 * The answer: 0 is no; else it is a descriptor, new in the caller, plus 1.
 */
#ifndef IOPORT_COMPAT_SUPERVISOR_H
#define IOPORT_COMPAT_SUPERVISOR_H

#define SUPERVISOR_ASK 0x696f7270

enum supervisor_what {
	SUPERVISOR_PRESENT, /* nothing; the answer is 0 */
	SUPERVISOR_PORTS,   /* the open file behind all ports of this run, close-on-exec */
	SUPERVISOR_DEV_PORT /* one of its own, with these flags of open(), to be /dev/port */
};

/* Added to the answer: iopl(3) is to be all or nothing. */
#define SUPERVISOR_STRICT 0x40000000

#endif
