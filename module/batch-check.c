// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: what is right, allowed and ready, before the first access.
 */
#include "batch.h"
#include "lockdown.h"

#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>

static bool fits(u32 value, u8 width)
{
	return width == 4 || value >> (8 * width) == 0;
}

/* Members that a code does not use are zero, and the others are sane. */
bool ioport_op_is_valid(const struct ioport_op *op)
{
	if (op->code == IOPORT_OP_DELAY)
		return !op->width && !op->port && !op->value && !op->mask && !op->data &&
		       op->time <= KTIME_MAX;
	if ((op->width != 1 && op->width != 2 && op->width != 4) ||
	    op->port + op->width > IOPORT_PORTS)
		return false;
	switch (op->code) {
	case IOPORT_OP_IN:
		return !op->value && !op->mask && !op->time && !op->data;
	case IOPORT_OP_OUT:
		return fits(op->value, op->width) && !op->mask && !op->time && !op->data;
	case IOPORT_OP_MODIFY:
		return fits(op->mask, op->width) && !(op->value & ~op->mask) && !op->time &&
		       !op->data;
	case IOPORT_OP_WAIT:
		return fits(op->mask, op->width) && !(op->value & ~op->mask) &&
		       op->time <= KTIME_MAX && op->data <= KTIME_MAX;
	case IOPORT_OP_INS:
	case IOPORT_OP_OUTS:
		return op->value && !op->mask && !op->time;
	default:
		return false;
	}
}

static bool mode_fits(const struct file *file, const struct ioport_op *op)
{
	bool reads = op->code != IOPORT_OP_OUT && op->code != IOPORT_OP_OUTS;
	bool writes = op->code == IOPORT_OP_OUT || op->code == IOPORT_OP_OUTS ||
		      op->code == IOPORT_OP_MODIFY;

	if (!is_port_op(op))
		return true;
	return (!reads || (file->f_mode & FMODE_READ)) && (!writes || (file->f_mode & FMODE_WRITE));
}

/* One operation, by itself and beside those before it; adds up what they take. */
static int op_check(struct batch *b, const struct ioport_op *op, bool atomic, u64 *time)
{
	if (!ioport_op_is_valid(op))
		return -EINVAL;
	if (!mode_fits(b->file, op))
		return -EBADF;
	if (op_bytes(op) > IOPORT_MAX_DATA - b->data_bytes)
		return -E2BIG;
	b->data_bytes += op_bytes(op);
	if (atomic && op->time > IOPORT_MAX_ATOMIC_NS - *time)
		return -EINVAL;
	*time += op->time;
	b->ready = b->ready && (!is_port_op(op) || ioport_is_ready(b->f, op_ports(op)));
	return 0;
}

static bool is_in_or_out(const struct ioport_op *op)
{
	return op->code == IOPORT_OP_IN || op->code == IOPORT_OP_OUT;
}

/*
 * An IN or OUT that is right, and whose ports are ready? Answers for most operations in
 * few instructions; what it denies may still be right. An access that lies across two
 * words finds zeroes beyond the first.
 */
static __always_inline bool is_plain(const struct ioport_op *op, const unsigned long *ready)
{
	unsigned long need = BIT(op->width & 7) - 1;

	if ((op->mask | op->time | op->data) || !(op->width < 5 && (BIT(op->width) & 0x16)))
		return false;
	if (op->code == IOPORT_OP_IN ? op->value
				     : op->code != IOPORT_OP_OUT || !fits(op->value, op->width))
		return false;
	return !(~(READ_ONCE(ready[op->port / BITS_PER_LONG]) >> op->port % BITS_PER_LONG) & need);
}

/*
 * The last one of a stretch of INs or OUTs that are the same as @op, which is right. Until it
 * has a result, the first of a stretch has there how many they are: those that follow are not
 * looked at again.
 */
static __always_inline struct ioport_op *last_alike(struct ioport_op *op,
						    const struct ioport_op *end)
{
	struct ioport_op *first = op;
	u64 word = op_word(op);

	do
		op++;
	while (op < end && op_word(op) == word && !(op->mask | op->time | op->data));
	first->result = op - first;
	return op - 1;
}

/*
 * All that can be told without asking policy. @at: the operation that is wrong. An
 * IN or OUT that is the same as the one before it need not be looked at closely.
 * The count is read first: what is taken away after this has found it ready is
 * noticed by the first slice. So this needs no RCU: of ioport_is_ready(), a look that
 * comes too late does no harm.
 */
int ioport_batch_check(struct batch *b, bool atomic, u32 *at)
{
	struct ioport_op *op, *end = b->ops + b->count;
	const unsigned long *ready = NULL;
	u64 time = 0;
	int err;

	if ((b->file->f_mode & FMODE_READ) && (b->file->f_mode & FMODE_WRITE))
		ready = smp_load_acquire(&b->f->ready); /* pairs with alloc_bits() */
	b->taken = READ_ONCE(b->f->taken);
	smp_rmb(); /* the count, before the bits; pairs with take_ready() */
	b->ready = true;
	for (op = b->ops; op < end; op++) {
		op->result = 0;
		if (ready && is_plain(op, ready)) {
			op = last_alike(op, end);
			continue;
		}
		err = op_check(b, op, atomic, &time);
		if (err) {
			*at = op - b->ops;
			return err;
		}
		if (is_in_or_out(op))
			op = last_alike(op, end);
	}
	return 0;
}

/* Asks policy for all operations from @at on before a port is reserved for any. */
static int batch_allowed(struct batch *b, u32 *at)
{
	int err = ioport_file_lock(b->f);
	u32 i;

	if (err)
		return err;
	for (i = *at; i < b->count && !err; i++) {
		if (is_port_op(&b->ops[i]))
			err = ioport_file_allowed(b->f, op_ports(&b->ops[i]));
		if (err)
			*at = i;
	}
	ioport_file_unlock(b->f);
	return err;
}

/* Does lockdown forbid a port of the operations from @at on? @at: the first that has one. */
int ioport_batch_locked_down(const struct batch *b, u32 *at)
{
	bool listed = IOPORT_LOCKDOWN_LIST;
	u32 i = *at;
	int err;

	while (listed && i < b->count) {
		listed = !is_port_op(&b->ops[i]) || ioport_listed(op_ports(&b->ops[i]));
		i += listed;
	}
	err = ioport_locked_down_if(listed);
	if (err && i < b->count)
		*at = i;
	return err;
}

/*
 * Has the ports of all operations from @at on ready. The count is read first: what
 * is taken away while this goes on is noticed by the first slice.
 */
int ioport_batch_prepare(struct batch *b, u32 *at)
{
	bool ready, asked = false;
	struct ports p;
	int err;

	err = ioport_batch_locked_down(b, at);
	if (err)
		return err;
	b->taken = READ_ONCE(b->f->taken);
	smp_rmb(); /* the count, before the bits; pairs with take_ready() */
	for (; *at < b->count; ++*at) {
		if (!is_port_op(&b->ops[*at]))
			continue;
		p = op_ports(&b->ops[*at]);
		rcu_read_lock();
		ready = ioport_is_ready(b->f, p);
		rcu_read_unlock();
		if (ready)
			continue;
		if (!asked)
			err = batch_allowed(b, at);
		asked = true;
		if (!err)
			err = ioport_file_prepare(b->f, p);
		if (err)
			return err;
	}
	return 0;
}
