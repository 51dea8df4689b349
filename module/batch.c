// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: many operations in one call.
 *
 * A batch goes through these steps: copy and check all operations; have all ports
 * ready (policy, limit, reservation); run; copy the results back. While it runs
 * nothing is looked up per operation: it runs in slices, each under RCU, and at
 * the start of a slice one comparison (ioport_file.taken) tells whether any port
 * was taken from the file since they were checked. Who takes one away waits for
 * a grace period, that is, for the end of the slice. Between slices the batch can
 * be preempted and interrupted.
 */
#include "batch.h"
#include "trace.h"

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

/*
 * A file keeps the room of its last batch for the next one: a page at least, and not
 * more than is needed for this many operations.
 */
#define KEEP_MIN 120
#define KEEP_MAX 1024

static_assert(sizeof(struct batch) + KEEP_MIN * sizeof(struct ioport_op) <= 4096);

/*
 * The operations are copied in pieces of this many: where the compiler knows the size of a
 * copy, it is the kernel's checks of it at run time (CONFIG_HARDENED_USERCOPY) that are
 * spared, which cost as much as the copy. What is left over goes word by word.
 */
#define PIECE 64

static __always_inline int get_words(struct ioport_op *to, const struct ioport_op __user *from,
				     u32 count)
{
	const u64 __user *word = (const u64 __user *)from;
	u64 *copy = (u64 *)to, *end = (u64 *)(to + count);

	if (!user_read_access_begin(from, count * sizeof(*from)))
		return -EFAULT;
	for (; copy < end; copy += 4, word += 4) {
		unsafe_get_user(copy[0], &word[0], fault);
		unsafe_get_user(copy[1], &word[1], fault);
		unsafe_get_user(copy[2], &word[2], fault);
		unsafe_get_user(copy[3], &word[3], fault);
	}
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

static_assert(sizeof(struct ioport_op) == 4 * sizeof(u64));

static int get_ops(struct batch *b, const struct ioport_op __user *from)
{
	struct ioport_op *to = b->ops, *end = b->ops + b->count;

	for (; end - to >= PIECE; to += PIECE, from += PIECE)
		if (copy_from_user(to, from, PIECE * sizeof(*to)))
			return -EFAULT;
	return to < end ? get_words(to, from, end - to) : 0;
}

/* Of what was copied from the user only the results have changed. By four, for speed. */
static int put_results(const struct batch *b, struct ioport_op __user *to)
{
	const struct ioport_op *op = b->ops, *end = b->ops + b->count;
	const struct ioport_op *fours = b->ops + round_down(b->count, 4);

	if (!user_write_access_begin(to, b->count * sizeof(*to)))
		return -EFAULT;
	for (; op < fours; op += 4, to += 4) {
		unsafe_put_user(op[0].result, &to[0].result, fault);
		unsafe_put_user(op[1].result, &to[1].result, fault);
		unsafe_put_user(op[2].result, &to[2].result, fault);
		unsafe_put_user(op[3].result, &to[3].result, fault);
	}
	for (; op < end; op++, to++)
		unsafe_put_user(op->result, &to->result, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/* Single accesses that were not done have something else than a result there (last_alike()). */
static void clear_undone(struct batch *b, u32 done)
{
	for (; done < b->count; done++)
		if (is_single(&b->ops[done]))
			b->ops[done].result = 0;
}

/*
 * It is not cleared: of an OUTS all is copied before the first byte is written, of an INS
 * what it has read, and no more, is copied to the user.
 */
static int alloc_data(struct batch *b)
{
	b->data_apart = b->data_bytes > (b->room - b->count) * sizeof(*b->ops);
	if (b->data_apart)
		b->data = kvmalloc(b->data_bytes, GFP_KERNEL_ACCOUNT);
	else
		b->data = (u8 *)(b->ops + b->count);
	return b->data ? 0 : -ENOMEM;
}

/* Copies what the OUTS will write, so that no copy can stall a batch half-way. */
static int batch_get_data(struct batch *b, u32 *at)
{
	u8 *data;

	if (!b->data_bytes)
		return 0;
	if (alloc_data(b))
		return -ENOMEM;
	data = b->data;
	for (*at = 0; *at < b->count; ++*at) {
		const struct ioport_op *op = &b->ops[*at];

		if (op->code == IOPORT_OP_OUTS &&
		    copy_from_user(data, u64_to_user_ptr(op->data), op_bytes(op)))
			return -EFAULT;
		data += op_bytes(op);
		cond_resched();
	}
	return 0;
}

/* Copies what the INS have read, as far as they came. */
static int batch_put_data(struct batch *b, u32 done)
{
	const u8 *data = b->data;
	u32 i;

	for (i = 0; i < b->count && i <= done && data; i++) {
		const struct ioport_op *op = &b->ops[i];

		if (op->code == IOPORT_OP_INS &&
		    copy_to_user(u64_to_user_ptr(op->data), data, (size_t)op->result * op->width))
			return -EFAULT;
		data += op_bytes(op);
		cond_resched();
	}
	return 0;
}

/* The operation that a batch was refused for. */
static noinline void trace_denied(const struct batch *b, u32 failed, int err)
{
	failed = min(failed, b->count - 1);
	ioport_denied(b->f, IOPORT_CALL_BATCH, 0, op_ports(&b->ops[failed]), NULL, err);
}

/* Has the ports ready and runs. */
static int batch_start(struct batch *b, bool atomic, struct ioport_xfer *xfer)
{
	int err;

	err = batch_get_data(b, &xfer->failed);
	if (err)
		return err;
	xfer->failed = 0;
	if (b->count > SLICE)
		cond_resched();
	err = b->ready ? ioport_batch_locked_down(b, &xfer->failed)
		       : ioport_batch_prepare(b, &xfer->failed);
	if (err)
		return err;
	xfer->failed = 0;
	return ioport_batch_run(b, atomic, xfer);
}

static int batch_do(struct batch *b, struct ioport_xfer *xfer)
{
	bool atomic = xfer->flags & IOPORT_ATOMIC;
	int err, copy;

	err = ioport_batch_check(b, atomic, &xfer->failed);
	if (err)
		return err;
	err = batch_start(b, atomic, xfer);
	clear_undone(b, xfer->done);
	copy = batch_put_data(b, xfer->done) ?: put_results(b, u64_to_user_ptr(xfer->ops));
	return err ?: copy;
}

/* The file's own room, where no other batch of its has it and it is large enough, or new room. */
static struct batch *batch_get(struct ioport_file *f, u32 count)
{
	struct batch *b = xchg(&f->spare, NULL);
	u32 room = max_t(u32, count, KEEP_MIN);

	if (!b || b->room < count) {
		kvfree(b);
		b = kvmalloc(struct_size(b, ops, room), GFP_KERNEL_ACCOUNT);
		if (!b)
			return NULL;
		b->room = room;
	}
	b->f = f;
	b->count = count;
	b->data = NULL;
	b->data_bytes = 0;
	b->data_at = 0;
	b->data_apart = false;
	b->wait_end = 0;
	return b;
}

static void batch_put(struct batch *b)
{
	if (unlikely(b->data_apart))
		kvfree(b->data);
	if (likely(b->room <= KEEP_MAX))
		b = xchg(&b->f->spare, b);
	if (unlikely(b))
		kvfree(b);
}

/* For a file's spare room, when the file goes. */
void ioport_batch_free(struct batch *b)
{
	kvfree(b);
}

/**
 * ioport_batch - do a batch
 * @file: The file.
 * @xfer: The call's argument, of which @xfer->count and @xfer->flags were checked;
 *	done and failed are set.
 *
 * Return: 0 or the error as the uAPI header has it.
 */
int ioport_batch(struct file *file, struct ioport_xfer *xfer)
{
	struct batch *b = batch_get(file->private_data, xfer->count);
	int err = -EFAULT;

	xfer->done = 0;
	xfer->failed = 0;
	if (!b)
		return -ENOMEM;
	b->file = file;
	if (!get_ops(b, u64_to_user_ptr(xfer->ops))) {
		err = batch_do(b, xfer);
		if (ioport_reports_denied(err))
			trace_denied(b, xfer->failed, err);
	}
	batch_put(b);
	return err;
}
