// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: the accesses, of operations that were checked.
 */
#include "batch.h"
#include "lockdown.h"
#include "trace.h"

#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

/* A wait that is shorter than this is not worth going to sleep for. */
#define SPIN_NS (50 * NSEC_PER_USEC)

/* Groups of ports that an ATOMIC batch is using. */
static DECLARE_BITMAP(atomic_groups, IOPORT_LONGS);
static DEFINE_SPINLOCK(atomic_lock); /* guards atomic_groups */
static DECLARE_WAIT_QUEUE_HEAD(atomic_wait);

/* Asked at the start of a slice: must the ports be checked again first? */
static bool ports_taken(const struct batch *b)
{
	return unlikely(READ_ONCE(b->f->taken) != b->taken);
}

/* Between two slices: others may run, and a signal ends the batch. */
static int breathe(void)
{
	/* Also for those who wait until every task has been elsewhere (ftrace, BPF). */
	cond_resched_tasks_rcu_qs();
	return signal_pending(current) ? -EINTR : 0;
}

/*
 * A stretch of INs or OUTs that are the same, or its part before @end; returns the last one
 * that was done. batch-check.c has left its length; what is not done now begins a new one.
 */
static __always_inline struct ioport_op *run_stretch(struct ioport_op *op,
						     const struct ioport_op *end)
{
	u32 length = op->result, n = min_t(u32, length, end - op);
	struct ioport_op *next = op + n;
	u32 value = op->value;
	u16 port = op->port;

	if (n < length)
		next->result = length - n;
	switch (op->code << 8 | op->width) {
	case IOPORT_OP_IN << 8 | 1:
		for (; op < next; op++)
			op->result = inb(port);
		break;
	case IOPORT_OP_IN << 8 | 2:
		for (; op < next; op++)
			op->result = inw(port);
		break;
	case IOPORT_OP_IN << 8 | 4:
		for (; op < next; op++)
			op->result = inl(port);
		break;
	default:
		for (; op < next; op++) {
			ioport_out(port, op->width, value);
			op->result = 0;
		}
		break;
	}
	return next - 1;
}

/* Returns the last operation that was done: @op or one that follows. */
static __always_inline struct ioport_op *run_single(struct ioport_op *op,
						    const struct ioport_op *end)
{
	if (op->code != IOPORT_OP_MODIFY)
		return run_stretch(op, end);
	op->result = ioport_in(op->port, op->width);
	ioport_out(op->port, op->width, (op->result & ~op->mask) | op->value);
	return op;
}

static void trace_in(const struct batch *b, const struct ioport_op *op, u32 value)
{
	trace_ioport_batch_access(b->f, op->port, op->width, false, value);
}

static void trace_out(const struct batch *b, const struct ioport_op *op, u32 value)
{
	trace_ioport_batch_access(b->f, op->port, op->width, true, value);
}

static void trace_single(const struct batch *b, const struct ioport_op *op)
{
	if (op->code != IOPORT_OP_OUT)
		trace_in(b, op, op->result);
	if (op->code == IOPORT_OP_OUT)
		trace_out(b, op, op->value);
	if (op->code == IOPORT_OP_MODIFY)
		trace_out(b, op, (op->result & ~op->mask) | op->value);
}

/* The loop of run_slice() when somebody watches; that one then finds nothing left to do. */
static noinline struct ioport_op *run_singles_traced(const struct batch *b, struct ioport_op *op,
						     const struct ioport_op *end)
{
	for (; op < end && is_single(op); op++) {
		run_single(op, op + 1);
		trace_single(b, op);
	}
	return op;
}

/* The @n items of an INS or OUTS that were just moved. */
static noinline void trace_string(const struct batch *b, const struct ioport_op *op, const u8 *data,
				  unsigned int n)
{
	u32 value = 0;

	for (; n--; data += op->width) {
		memcpy(&value, data, op->width);
		if (op->code == IOPORT_OP_INS)
			trace_in(b, op, value);
		else
			trace_out(b, op, value);
	}
}

/*
 * A slice of operations that are a single access each, from *@i on, which is
 * moved past those that were done. -EAGAIN: the ports must be checked again.
 */
static int run_slice(struct batch *b, u32 *i)
{
	struct ioport_op *op = &b->ops[*i], *end = &b->ops[min(b->count, *i + SLICE)];

	rcu_read_lock();
	if (ports_taken(b)) {
		rcu_read_unlock();
		return -EAGAIN;
	}
	if (trace_ioport_batch_access_enabled())
		op = run_singles_traced(b, op, end);
	for (; op < end && is_single(op); op++)
		op = run_single(op, end);
	rcu_read_unlock();
	*i = op - b->ops;
	return *i < b->count ? breathe() : 0;
}

/*
 * Returns at @end, or -EINTR. Sleeps for the most part and spins for the rest, so
 * that what comes next is not late by the time it takes to be woken up. A sleep
 * that was over too late cannot be helped.
 */
static int wait_until(ktime_t end)
{
	ktime_t wake = ktime_sub_ns(end, SPIN_NS);

	while (ktime_before(ktime_get(), wake)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current)) {
			__set_current_state(TASK_RUNNING);
			return -EINTR;
		}
		schedule_hrtimeout_range(&wake, 0, HRTIMER_MODE_ABS);
	}
	while (ktime_before(ktime_get(), end))
		cpu_relax();
	return 0;
}

static int op_delay(const struct ioport_op *op)
{
	return wait_until(ktime_add_safe(ktime_get(), ns_to_ktime(op->time)));
}

/* -EAGAIN: the ports must be checked again, then this goes on where it was. */
static int op_wait(struct batch *b, struct ioport_op *op)
{
	ktime_t now, end;
	int err;

	if (!b->wait_end)
		b->wait_end = ktime_add_safe(ktime_get(), ns_to_ktime(op->time));
	end = b->wait_end;
	for (;;) {
		/* After the last look at the clock there is one at the port. */
		now = ktime_get();
		rcu_read_lock();
		if (ports_taken(b)) {
			rcu_read_unlock();
			return -EAGAIN;
		}
		op->result = ioport_in(op->port, op->width);
		rcu_read_unlock();
		if ((op->result & op->mask) == op->value) {
			b->wait_end = 0;
			return 0;
		}
		if (!ktime_before(now, end))
			return -ETIMEDOUT;
		err = breathe();
		if (!err && op->data)
			err = wait_until(min(end, ktime_add_safe(now, ns_to_ktime(op->data))));
		/* There is no end to how long this may take; a string is moved in no time. */
		err = err ?: ioport_locked_down_ports(ports(op->port, op->width));
		if (err)
			return err;
	}
}

static void move_string(const struct ioport_op *op, void *data, unsigned int n)
{
	bool in = op->code == IOPORT_OP_INS;

	switch (op->width) {
	case 1:
		in ? insb(op->port, data, n) : outsb(op->port, data, n);
		break;
	case 2:
		in ? insw(op->port, data, n) : outsw(op->port, data, n);
		break;
	default:
		in ? insl(op->port, data, n) : outsl(op->port, data, n);
		break;
	}
}

static int op_string(struct batch *b, struct ioport_op *op)
{
	unsigned int n;
	u8 *data;
	int err;

	for (;;) {
		n = min_t(unsigned int, op->value - op->result, SLICE);
		rcu_read_lock();
		if (ports_taken(b)) {
			rcu_read_unlock();
			return -EAGAIN;
		}
		data = b->data + b->data_at + (size_t)op->result * op->width;
		move_string(op, data, n);
		rcu_read_unlock();
		if (trace_ioport_batch_access_enabled())
			trace_string(b, op, data, n);
		op->result += n;
		if (op->result == op->value)
			break;
		err = breathe();
		if (err)
			return err;
	}
	b->data_at += op_bytes(op);
	return 0;
}

/* An operation that is more than one access. */
static int run_long(struct batch *b, struct ioport_op *op)
{
	int err;

	switch (op->code) {
	case IOPORT_OP_DELAY:
		return op_delay(op);
	case IOPORT_OP_WAIT:
		err = op_wait(b, op);
		if (err != -EAGAIN)
			trace_in(b, op, op->result);
		return err;
	default:
		return op_string(b, op);
	}
}

/* Runs all operations. On error tells how many were done, and which one it is about. */
static int batch_run(struct batch *b, struct ioport_xfer *xfer)
{
	u32 i = 0, at = 0;
	int err = 0;

	while (i < b->count && !err) {
		if (is_single(&b->ops[i])) {
			err = run_slice(b, &i);
		} else {
			err = run_long(b, &b->ops[i]);
			if (!err && ++i < b->count) {
				/* Time has passed: others may run, lockdown may have come. */
				at = i;
				err = breathe() ?: ioport_batch_locked_down(b, &at);
			}
		}
		xfer->done = i;
		xfer->failed = max(i, at);
		if (err == -EAGAIN)
			err = ioport_batch_prepare(b, &xfer->failed);
	}
	return i < b->count ? err : 0;
}

/* For ATOMIC. An access may lie across the border of two groups. */
static void find_groups(struct batch *b)
{
	const struct ioport_op *op;

	bitmap_zero(b->groups, IOPORT_LONGS);
	for (op = b->ops; op < b->ops + b->count; op++) {
		if (!is_port_op(op))
			continue;
		__set_bit(op->port / BITS_PER_LONG, b->groups);
		__set_bit((op->port + op->width - 1) / BITS_PER_LONG, b->groups);
	}
}

static bool atomic_try(const unsigned long *groups)
{
	bool free;

	spin_lock(&atomic_lock);
	free = !bitmap_intersects(atomic_groups, groups, IOPORT_LONGS);
	if (free)
		bitmap_or(atomic_groups, atomic_groups, groups, IOPORT_LONGS);
	spin_unlock(&atomic_lock);
	return free;
}

/* All groups at once or none, so that two batches cannot wait for each other. */
static int atomic_begin(const struct batch *b)
{
	return wait_event_interruptible(atomic_wait, atomic_try(b->groups)) ? -EINTR : 0;
}

static void atomic_end(const struct batch *b)
{
	spin_lock(&atomic_lock);
	bitmap_andnot(atomic_groups, atomic_groups, b->groups, IOPORT_LONGS);
	spin_unlock(&atomic_lock);
	wake_up_all(&atomic_wait);
}

/**
 * ioport_batch_run - do all operations, alone if the batch is ATOMIC
 * @b: The batch; its ports were ready.
 * @atomic: Whether it is.
 * @xfer: done is set, and, where it fails, failed.
 *
 * Return: 0 or the error.
 */
int ioport_batch_run(struct batch *b, bool atomic, struct ioport_xfer *xfer)
{
	int err;

	if (!atomic)
		return batch_run(b, xfer);
	find_groups(b);
	err = atomic_begin(b);
	if (err)
		return err;
	err = batch_run(b, xfer);
	atomic_end(b);
	return err;
}
