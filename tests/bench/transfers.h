/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows: access through the kernel, by a call each, in batches, and by io_uring. */
#ifndef TRANSFERS_H
#define TRANSFERS_H

#include "devices.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>

static void pread_ours(void)
{
	char c;

	must(pread(ours, &c, 1, port) == 1);
}

static void pread_theirs(void)
{
	char c;

	must(pread(theirs, &c, 1, port) == 1);
}

static void pwrite_ours(void)
{
	char c = 0;

	must(pwrite(ours, &c, 1, port) == 1);
}

static void pwrite_theirs(void)
{
	char c = 0;

	must(pwrite(theirs, &c, 1, port) == 1);
}

static struct ioport_op ops[4096];
static struct ioport_xfer xfer = { .ops = (uintptr_t)ops };

static void prepare_ins(unsigned int n)
{
	unsigned int i;

	open_ours();
	for (i = 0; i < n; i++)
		ops[i] = (struct ioport_op){ .code = IOPORT_OP_IN, .width = 1, .port = port };
	xfer.count = n;
}

static void prepare_64(void)
{
	prepare_ins(64);
}

static void prepare_1024(void)
{
	prepare_ins(1024);
}

static void batch(void)
{
	must(!ioctl(ours, IOPORT_IOC_XFER, &xfer));
}

#define WORDS 256
static uint16_t words[WORDS];

static void prepare_words(void)
{
	open_ours();
	ops[0] = (struct ioport_op){ .code = IOPORT_OP_INS,
				     .width = 2,
				     .port = port,
				     .value = WORDS,
				     .data = (uintptr_t)words };
	xfer.count = 1;
}

static void window_of_words(void)
{
	open_ours();
	grant(port, 2);
}

static void rep_insw(void)
{
	void *to = words;
	unsigned long n = WORDS;

	asm volatile("rep insw" : "+D"(to), "+c"(n) : "d"(port) : "memory");
}

/* io_uring with bare system calls: 64 reads of one byte, which stay in the ring. */
#define RING 64

static struct {
	int fd;
	uint32_t *sq_tail, *cq_head, *cq_tail;
	struct io_uring_cqe *cqes;
	char bytes[RING];
} ring;

static void *ring_map(size_t size, off_t what)
{
	void *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);

	must(p != MAP_FAILED);
	return p;
}

static void ring_fill(struct io_uring_sqe *sqes, uint32_t *array)
{
	unsigned int i;

	for (i = 0; i < RING; i++) {
		sqes[i] = (struct io_uring_sqe){ .opcode = IORING_OP_READ,
						 .fd = theirs,
						 .off = port,
						 .addr = (uintptr_t)&ring.bytes[i],
						 .len = 1 };
		array[i] = i;
	}
}

static void open_ring(void)
{
	struct io_uring_params p = { 0 };
	char *sq;

	open_theirs();
	ring.fd = syscall(__NR_io_uring_setup, RING, &p);
	must(ring.fd >= 0 && p.features & IORING_FEAT_SINGLE_MMAP);
	/* The completion queue is the longer part of the two. */
	sq = ring_map(p.cq_off.cqes + p.cq_entries * sizeof(*ring.cqes) +
			      p.sq_entries * sizeof(uint32_t),
		      IORING_OFF_SQ_RING);
	ring.sq_tail = (uint32_t *)(sq + p.sq_off.tail);
	ring.cq_head = (uint32_t *)(sq + p.cq_off.head);
	ring.cq_tail = (uint32_t *)(sq + p.cq_off.tail);
	ring.cqes = (struct io_uring_cqe *)(sq + p.cq_off.cqes);
	ring_fill(ring_map(RING * sizeof(struct io_uring_sqe), IORING_OFF_SQES),
		  (uint32_t *)(sq + p.sq_off.array));
}

static void ring_64(void)
{
	uint32_t head = *ring.cq_head;

	__atomic_store_n(ring.sq_tail, *ring.sq_tail + RING, __ATOMIC_RELEASE);
	must(syscall(__NR_io_uring_enter, ring.fd, RING, RING, IORING_ENTER_GETEVENTS, NULL, 0) ==
	     RING);
	must(__atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE) == head + RING);
	must(ring.cqes[head & (2 * RING - 1)].res == 1);
	__atomic_store_n(ring.cq_head, head + RING, __ATOMIC_RELEASE);
}

#endif
