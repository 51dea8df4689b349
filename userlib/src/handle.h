/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handle, and what the library knows of direct access through it.
 *
 * Two questions decide whether an instruction may be used: is the calling
 * thread attached to a map of this file, and is the port open in that map? The
 * library's answer may lag behind the kernel's in one direction only: it may
 * believe closed what is open (then the system call does the work), never open
 * what is closed. Hence the order in direct.c: ports open in the kernel before
 * the library believes it, and close in the library before they do in the
 * kernel. That a thread may be between its look and its instruction meanwhile
 * is dealt with in instruction.h.
 */
#ifndef IOPORT_HANDLE_H
#define IOPORT_HANDLE_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

/* Everything is built hidden; what the public header declares is not. */
#pragma GCC visibility push(default)
#include "libioport.h"
#pragma GCC visibility pop

#if !defined(__x86_64__) && !defined(__i386__)
#error "I/O ports are a thing of x86"
#endif

static_assert(sizeof(struct ioport_info) == 64, "uAPI");
static_assert(sizeof(struct ioport_range) == 16, "uAPI");
static_assert(sizeof(struct ioport_map) == 16, "uAPI");
static_assert(sizeof(struct ioport_attach) == 8, "uAPI");
static_assert(sizeof(struct ioport_check) == 24, "uAPI");
static_assert(sizeof(struct ioport_portmap) == IOPORT_MAP_BYTES, "a map has no padding");

#define ALL_USES (IOPORT_READ | IOPORT_WRITE | IOPORT_DIRECT)

/*
 * What must not be copied to a forked child, whose only thread knows nothing
 * of a lock held or an edit half done by another: the kernel hands the child
 * zeroes (MADV_WIPEONFORK), which here mean unlocked and nothing known.
 */
struct known {
	/* Held over every edit of the file's maps, and while asking for them. */
	pthread_mutex_t lock;
	/* Whether @open is the file's whole map. Written under @lock. */
	atomic_bool complete;
	/*
	 * Ports known to be open in the file's map: here a 1 bit is open.
	 * Written under @lock. Padded, as it is read by 32 bits at a time.
	 */
	_Atomic(uint8_t) open[IOPORT_MAP_BYTES + 3];
};

static_assert(sizeof(_Atomic(uint8_t)) == 1, "known.open is read by words");

struct ioport {
	int fd;
	unsigned int use; /* IOPORT_READ, IOPORT_WRITE, IOPORT_DIRECT */
	/* Never 0, never used again in this process. */
	unsigned long id;
	/* Restartable sequences can be interrupted from other threads. */
	bool restartable;
	/* Number of edits that close, and that open, ports. Written under the lock. */
	_Atomic(uint32_t) closings;
	_Atomic(uint32_t) openings;
	struct known *known;
};

/* --- device.c: the ioctls, one function each ------------------------------- */

int device_get_map(const struct ioport *io, enum ioport_which which, struct ioport_portmap *map);
int device_range(const struct ioport *io, unsigned long request, uint32_t first, uint32_t count,
		 unsigned int flags);
int device_map(const struct ioport *io, unsigned long request, const struct ioport_portmap *map,
	       unsigned int flags);
int device_attach(const struct ioport *io, unsigned long request, unsigned int flags);

/* --- direct.c -------------------------------------------------------------- */

int direct_init(struct ioport *io);
void direct_exit(struct ioport *io);

#endif
