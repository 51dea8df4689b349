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
#include "ioport.h"
#include "lockdown.h"
#include "trace.h"

#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

/*
 * Accesses in one slice. On a real ISA bus each takes about a microsecond, during
 * which the CPU cannot be preempted.
 */
#define SLICE 64

/*
 * A file keeps the room of its last batch for the next one: a page at least, and not
 * more than is needed for this many operations.
 */
#define KEEP_MIN 120
#define KEEP_MAX 1024

/* A wait that is shorter than this is not worth going to sleep for. */
#define SPIN_NS (50 * NSEC_PER_USEC)

/**
 * struct batch - a batch that is being done
 * @file: The file it came from.
 * @f: The same, of ours.
 * @room: Operations that there is room for.
 * @count: Their number.
 * @data: What OUTS write and INS have read, one after the other.
 * @data_bytes: Size of @data.
 * @data_at: Where the data of the operation that runs begins in @data.
 * @wait_end: When the WAIT that runs is over; 0 if none has begun.
 * @taken: ioport_file.taken when the ports were checked last.
 * @ready: All ports were found ready by batch_check().
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
	bool ready;
	DECLARE_BITMAP(groups, IOPORT_LONGS);
	struct ioport_op ops[];
};

static_assert(sizeof(struct batch) + KEEP_MIN * sizeof(struct ioport_op) <= 4096);
static_assert(offsetof(struct ioport_op, mask) == 8);

/*
 * Code, width, port and value as one word. Batches often have the same operation
 * many times in a row (a status register is polled, a port sampled): the word tells.
 */
static u64 op_word(const struct ioport_op *op)
{
	return *(const u64 *)op;
}

/* Groups of ports that an ATOMIC batch is using. */
static DECLARE_BITMAP(atomic_groups, IOPORT_LONGS);
static DEFINE_SPINLOCK(atomic_lock); /* guards atomic_groups */
static DECLARE_WAIT_QUEUE_HEAD(atomic_wait);

static bool is_string(const struct ioport_op *op)
{
	return op->code == IOPORT_OP_INS || op->code == IOPORT_OP_OUTS;
}

static bool is_port_op(const struct ioport_op *op)
{
	return op->code != IOPORT_OP_DELAY;
}

static struct ports op_ports(const struct ioport_op *op)
{
	return ports(op->port, op->width);
}

static size_t op_bytes(const struct ioport_op *op)
{
	return is_string(op) ? (size_t)op->value * op->width : 0;
}

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

/* The last one of a stretch of INs or OUTs that are the same as @op, which is right. */
static struct ioport_op *last_alike(struct ioport_op *op, const struct ioport_op *end)
{
	u64 word = op_word(op);

	while (++op < end && op_word(op) == word && !(op->mask | op->time | op->data))
		op->result = 0;
	return op - 1;
}

/*
 * All that can be told without asking policy. @at: the operation that is wrong. An
 * IN or OUT that is the same as the one before it need not be looked at closely.
 * The count is read first: what is taken away after this has found it ready is
 * noticed by the first slice. Under RCU only for the sake of ioport_is_ready().
 */
static int batch_check(struct batch *b, bool atomic, u32 *at)
{
	struct ioport_op *op, *end = b->ops + b->count;
	const unsigned long *ready = NULL;
	u64 time = 0;
	int err;

	if ((b->file->f_mode & FMODE_READ) && (b->file->f_mode & FMODE_WRITE))
		ready = smp_load_acquire(&b->f->ready); /* pairs with alloc_ready() */
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
static int batch_locked_down(const struct batch *b, u32 *at)
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
static int batch_prepare(struct batch *b, u32 *at)
{
	bool ready, asked = false;
	struct ports p;
	int err;

	err = batch_locked_down(b, at);
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

/* Copies what the OUTS will write, so that no copy can stall a batch half-way. */
static int batch_get_data(struct batch *b, u32 *at)
{
	u8 *data;

	if (!b->data_bytes)
		return 0;
	/* Zeroed: what an INS does not reach must not be another's memory. */
	b->data = kvzalloc(b->data_bytes, GFP_KERNEL_ACCOUNT);
	if (!b->data)
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

static bool is_single(const struct ioport_op *op)
{
	return op->code <= IOPORT_OP_MODIFY;
}

/* An IN, and those like it that follow; returns the last one. */
static struct ioport_op *run_ins(struct ioport_op *op, const struct ioport_op *end)
{
	u64 word = op_word(op);
	u16 port = op->port;

	switch (op->width) {
	case 1:
		do
			op->result = inb(port);
		while (++op < end && op_word(op) == word);
		break;
	case 2:
		do
			op->result = inw(port);
		while (++op < end && op_word(op) == word);
		break;
	default:
		do
			op->result = inl(port);
		while (++op < end && op_word(op) == word);
		break;
	}
	return op - 1;
}

/* Returns the last operation that was done: @op or one that follows. */
static __always_inline struct ioport_op *run_single(struct ioport_op *op,
						    const struct ioport_op *end)
{
	switch (op->code) {
	case IOPORT_OP_IN:
		return run_ins(op, end);
	case IOPORT_OP_OUT:
		ioport_out(op->port, op->width, op->value);
		break;
	default:
		op->result = ioport_in(op->port, op->width);
		ioport_out(op->port, op->width, (op->result & ~op->mask) | op->value);
		break;
	}
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

/* The operation that a batch was refused for. */
static noinline void trace_denied(const struct batch *b, u32 failed, int err)
{
	failed = min(failed, b->count - 1);
	ioport_denied(b->f, IOPORT_CALL_BATCH, 0, op_ports(&b->ops[failed]), NULL, err);
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
	return breathe();
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

	while (op->result < op->value) {
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
		err = breathe();
		if (err && op->result < op->value)
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
			if (!err) {
				i++;
				/* Time has passed: others may run, lockdown may have come. */
				at = i;
				err = breathe() ?: batch_locked_down(b, &at);
			}
		}
		xfer->done = i;
		xfer->failed = max(i, at);
		if (err == -EAGAIN)
			err = batch_prepare(b, &xfer->failed);
	}
	return i < b->count ? err : 0;
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

/* Has the ports ready and runs, alone if the batch is ATOMIC. */
static int batch_start(struct batch *b, bool atomic, struct ioport_xfer *xfer)
{
	int err;

	err = batch_get_data(b, &xfer->failed);
	if (err)
		return err;
	xfer->failed = 0;
	cond_resched();
	err = b->ready ? batch_locked_down(b, &xfer->failed) : batch_prepare(b, &xfer->failed);
	if (err)
		return err;
	xfer->failed = 0;
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

static int batch_do(struct batch *b, struct ioport_xfer *xfer)
{
	bool atomic = xfer->flags & IOPORT_ATOMIC;
	int err, copy;

	err = batch_check(b, atomic, &xfer->failed);
	if (err)
		return err;
	err = batch_start(b, atomic, xfer);
	copy = batch_put_data(b, xfer->done);
	if (!copy && copy_to_user(u64_to_user_ptr(xfer->ops), b->ops, b->count * sizeof(*b->ops)))
		copy = -EFAULT;
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
	b->wait_end = 0;
	return b;
}

static void batch_put(struct batch *b)
{
	if (unlikely(b->data))
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
	if (!copy_from_user(b->ops, u64_to_user_ptr(xfer->ops), xfer->count * sizeof(*b->ops))) {
		err = batch_do(b, xfer);
		if (trace_ioport_denied_enabled())
			trace_denied(b, xfer->failed, err);
	}
	batch_put(b);
	return err;
}
