/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of io_uring as the tests need, by plain system calls. */
#ifndef IOPORT_TESTS_URING_H
#define IOPORT_TESTS_URING_H

#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct uring {
	int fd;
	struct io_uring_params params;
	char *sq;
	struct io_uring_sqe *sqes;
};

static size_t uring_sq_size(const struct uring *u)
{
	return u->params.sq_off.array + u->params.sq_entries * sizeof(uint32_t);
}

static size_t uring_sqes_size(const struct uring *u)
{
	return u->params.sq_entries * sizeof(*u->sqes);
}

/* Returns 0, or -1 with errno. */
__attribute__((unused)) static int uring_open(struct uring *u, unsigned int flags)
{
	memset(u, 0, sizeof(*u));
	u->params.flags = flags;
	u->fd = syscall(SYS_io_uring_setup, 4, &u->params);
	if (u->fd < 0)
		return -1;
	u->sq = mmap(NULL, uring_sq_size(u), PROT_READ | PROT_WRITE, MAP_SHARED, u->fd,
		     IORING_OFF_SQ_RING);
	u->sqes = mmap(NULL, uring_sqes_size(u), PROT_READ | PROT_WRITE, MAP_SHARED, u->fd,
		       IORING_OFF_SQES);
	return u->sq == MAP_FAILED || (void *)u->sqes == MAP_FAILED ? -1 : 0;
}

__attribute__((unused)) static void uring_close(struct uring *u)
{
	munmap(u->sq, uring_sq_size(u));
	munmap(u->sqes, uring_sqes_size(u));
	close(u->fd);
}

/* Hands one request in; returns how many the kernel took. */
__attribute__((unused)) static int uring_submit(struct uring *u, const struct io_uring_sqe *sqe)
{
	atomic_uint *tail = (atomic_uint *)(u->sq + u->params.sq_off.tail);
	uint32_t mask = *(uint32_t *)(u->sq + u->params.sq_off.ring_mask);
	uint32_t slot = atomic_load(tail) & mask;

	u->sqes[slot] = *sqe;
	((uint32_t *)(u->sq + u->params.sq_off.array))[slot] = slot;
	atomic_fetch_add(tail, 1);
	return syscall(SYS_io_uring_enter, u->fd, 1, 0,
		       u->params.flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0, NULL, 0);
}

__attribute__((unused)) static int uring_register(struct uring *u, unsigned int what, void *arg,
						  unsigned int count)
{
	return syscall(SYS_io_uring_register, u->fd, what, arg, count);
}

#endif
