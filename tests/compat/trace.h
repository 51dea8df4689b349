/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For programs that tell what happens to them, so that the same program can be run
 * in two ways and what it told be compared. No numbers of descriptors or processes.
 */
#ifndef IOPORT_TESTS_COMPAT_TRACE_H
#define IOPORT_TESTS_COMPAT_TRACE_H

#include "uapi/access.h"

/* A call, and its result or error. */
#define TELL(call)                                                                          \
	do {                                                                                \
		long told_ = (errno = 0, (long)(call));                                     \
                                                                                            \
		printf("%-52s %ld %s\n", #call, told_, told_ == -1 ? strerror(errno) : ""); \
		fflush(stdout);                                                             \
	} while (0)

/* A call that returns a descriptor, which is put into @fd. */
#define TELL_OPEN(fd, call)                                                     \
	do {                                                                    \
		(fd) = (call);                                                  \
		printf("%-52s %s\n", #call, (fd) < 0 ? strerror(errno) : "ok"); \
		fflush(stdout);                                                 \
	} while (0)

#endif
