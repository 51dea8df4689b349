/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libioport-compat: ioperm(), iopl() and /dev/port through /dev/ioport. What the
 * files share.
 *
 *	kept.c     the descriptor that owns what ioperm() and iopl() opened
 *	ioperm.c   ioperm(), iopl(), and what new threads inherit of them
 *	devport.c  /dev/port
 *	supervised.c  where "ioportctl run" supervises the program
 *
 * The kernel is asked first: a program that it would let do this anyway (root)
 * runs as without the library, whether the module is there or not. What the
 * module refuses is told in the kernel's words.
 */
#ifndef IOPORT_COMPAT_H
#define IOPORT_COMPAT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ioport_dev.h"
#include "supervisor.h"

#define DEVICE "/dev/ioport"

#define EXPORT __attribute__((visibility("default")))

/* The same function in the next library, which is libc's as a rule. */
#define REAL(name)                                                                 \
	__extension__({                                                            \
		static void *real_;                                                \
		void *found_ = __atomic_load_n(&real_, __ATOMIC_RELAXED);          \
                                                                                   \
		if (!found_)                                                       \
			__atomic_store_n(&real_, found_ = dlsym(RTLD_NEXT, #name), \
					 __ATOMIC_RELAXED);                        \
		(__typeof__(&name))found_;                                         \
	})

/*
 * O_DSYNC and O_NOFOLLOW mean nothing to the device, stay with the open file
 * whatever fcntl() does, and are unlikely together: they mark an open /dev/ioport
 * that stands for /dev/port. So it needs no table, and survives dup(), fork(),
 * exec and sockets.
 */
#define PORT_MARK (O_DSYNC | O_NOFOLLOW)
/* And one of them the descriptor behind ioperm() and iopl(), after exec. */
#define KEPT_MARK O_NOFOLLOW

/* Sets errno, returns -1. */
int fail(int error);

/* The descriptor, or -1 where this process has none yet. */
int kept_fd(void);

/* The same; under a supervisor it is had from there. */
int kept_find(void);

/* The same, opened if need be. */
int kept_open(void);

/* Has it opened nothing so far? Then no thread would lose ports by the real calls. */
bool kept_is_idle(void);

/* close_range() of all but that one. */
int kept_close_range(unsigned int first, unsigned int last, int flags);

/* It has opened ports: programs executed from now on inherit it. */
void kept_inherit(void);

/* May this thread, with the credentials it has now, use the device so (R_OK, W_OK)? */
bool may_open(int how);

/* A descriptor from the supervisor; -1 with EPERM where it gives none, or there is none. */
int supervisor_ask(enum supervisor_what what, int flags);

/* Does the supervisor of "ioportctl run" answer for the kernel? */
bool supervised(void);

/* And said "--strict", when it last gave something. */
bool supervised_strictly(void);

/* Does the kernel's lockdown forbid everything? */
bool locked_down(int fd);

#endif
