/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of a batch share: batch.c (the call, room and copies), batch-check.c
 * (what is right and allowed) and batch-run.c (the accesses).
 */
#ifndef IOPORT_BATCH_H
#define IOPORT_BATCH_H

#include "ioport.h"

#include <linux/ktime.h>

/*
 * Accesses in one slice. On a real ISA bus each takes about a microsecond, during
 * which the CPU cannot be preempted.
 */
#define SLICE 64

/**
 * struct batch - a batch that is being done
 * @file: The file it came from.
 * @f: The same, of ours.
 * @room: Operations that there is room for.
 * @count: Their number.
 * @data: What OUTS write and INS have read, one after the other: behind the operations
 *	where there is room, or by itself.
 * @data_bytes: Size of @data.
 * @data_at: Where the data of the operation that runs begins in @data.
 * @wait_end: When the WAIT that runs is over; 0 if none has begun.
 * @taken: ioport_file.taken when the ports were checked last.
 * @data_apart: @data is by itself.
 * @ready: All ports were found ready by ioport_batch_check().
 * @groups: For ATOMIC, the set of aligned groups of 64 ports that it uses.
 * @ops: The operations.
 */
struct batch {
	struct file *file;
	struct ioport_file *f;
	u32 room;
	u32 count;
	u8 *data;
	size_t data_bytes;
	size_t data_at;
	ktime_t wait_end;
	unsigned int taken;
	bool data_apart;
	bool ready;
	DECLARE_BITMAP(groups, IOPORT_LONGS);
	struct ioport_op ops[];
};

static_assert(offsetof(struct ioport_op, mask) == 8);

/*
 * Code, width, port and value as one word. Batches often have the same operation
 * many times in a row (a status register is polled, a port sampled): the word tells.
 */
static inline u64 op_word(const struct ioport_op *op)
{
	return *(const u64 *)op;
}

static inline bool is_string(const struct ioport_op *op)
{
	return op->code == IOPORT_OP_INS || op->code == IOPORT_OP_OUTS;
}

/* A single access, or a read and a write. */
static inline bool is_single(const struct ioport_op *op)
{
	return op->code <= IOPORT_OP_MODIFY;
}

static inline bool is_port_op(const struct ioport_op *op)
{
	return op->code != IOPORT_OP_DELAY;
}

static inline struct ports op_ports(const struct ioport_op *op)
{
	return ports(op->port, op->width);
}

static inline size_t op_bytes(const struct ioport_op *op)
{
	return is_string(op) ? (size_t)op->value * op->width : 0;
}

/* batch-check.c */
int ioport_batch_check(struct batch *b, bool atomic, u32 *at);
int ioport_batch_locked_down(const struct batch *b, u32 *at);
int ioport_batch_prepare(struct batch *b, u32 *at);

/* batch-run.c */
int ioport_batch_run(struct batch *b, bool atomic, struct ioport_xfer *xfer);

#endif
