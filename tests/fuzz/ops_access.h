/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mediated access: read, write, batches, and what is written on close.
 */
#ifndef IOPORT_FUZZ_OPS_ACCESS_H
#define IOPORT_FUZZ_OPS_ACCESS_H

#include "fuzz/arguments.h"
#include "fuzz/entry.h"

/* What is written at the parallel port is 0, which asks for no interrupt. */
static uint32_t draw_value(uint32_t port, unsigned int width)
{
	uint32_t value = rng();

	if (port >= 0x370 && port < 0x390)
		return 0;
	return width == 4 ? value : value & ((1U << 8 * width) - 1);
}

/* Policy, limit, and the claims of others; 0 where the ports may be used. */
static int use_error(const struct ctx *c, uint64_t set, bool outside)
{
	if (outside || (set & ~model_may(c->m, c->f)))
		return EACCES;
	return set & model_claimed(c->m, c->f) ? EBUSY : 0;
}

static void use(struct ctx *c, uint64_t set)
{
	c->f->ready |= set;
	c->f->ever |= set;
}

static int access_error(const struct ctx *c, uint32_t port, uint32_t width, bool write,
			uint64_t *set)
{
	bool outside;

	if (write ? !c->writes : !c->reads)
		return EBADF;
	if (port >= IOPORT_PORTS)
		return write ? ENXIO : 0;
	if ((width != 1 && width != 2 && width != 4) || port + width > IOPORT_PORTS)
		return EINVAL;
	*set = range_set(port, width, &outside);
	return use_error(c, *set, outside);
}

static void op_access(struct ctx *c)
{
	bool write = one_in(2);
	uint32_t width = 1U << below(3), value, port;
	long result, wanted;
	uint64_t set = 0;
	int want;

	if (!draw_file(c))
		return;
	port = draw_allowed(model_may(c->m, c->f)).first;
	if (one_in(30))
		width = 3 + 2 * below(2);
	if (one_in(40))
		port = IOPORT_PORTS + below(0x1000);
	value = draw_value(port, 4);
	want = access_error(c, port, width, write, &set);
	wanted = port >= IOPORT_PORTS ? 0 : (long)width;
	tell(c->me, "%s(file %d, %#x, %u bytes) = %d", write ? "write" : "read", c->file, port,
	     width, want);
	result = call_port(c->fd, write, &(uint64_t){ value }, width, port);
	if (!expect(result, want, write ? "write" : "read"))
		return;
	if (result != wanted)
		mismatch("%s: %ld bytes", write ? "write" : "read", result);
	use(c, set);
}

/* ---- batches ---- */

#define OPS 6

static uint8_t data_buffer[64];

static void draw_op(struct ioport_op *op, uint64_t may)
{
	uint32_t port = draw_allowed(may).first;
	unsigned int width = 1U << below(3);

	memset(op, 0, sizeof(*op));
	op->code = (uint8_t)(1 + below(7));
	op->result = rng();
	if (op->code == IOPORT_OP_DELAY) {
		op->time = below(2000);
		return;
	}
	op->width = (uint8_t)width;
	/* Past the last port it would not be valid. */
	op->port = (uint16_t)(port + width > IOPORT_PORTS ? IOPORT_PORTS - width : port);
	port = op->port;
	switch (op->code) {
	case IOPORT_OP_OUT:
		op->value = draw_value(port, width);
		break;
	case IOPORT_OP_MODIFY:
		op->mask = draw_value(port, width);
		op->value = op->mask & rng();
		break;
	case IOPORT_OP_WAIT:
		/* The value is the machine's affair: a wait ends either way. */
		op->mask = draw_value(0, width);
		op->value = op->mask & rng();
		op->time = below(3000);
		op->data = below(1000);
		break;
	case IOPORT_OP_INS:
	case IOPORT_OP_OUTS:
		op->value = 1 + below(sizeof(data_buffer) / 4);
		op->data = (uintptr_t)data_buffer;
		break;
	}
}

/* One member off; the op is then invalid, whatever its code. */
static void spoil_op(struct ioport_op *op)
{
	switch (below(4)) {
	case 0:
		op->code = (uint8_t)(8 * below(32));
		break;
	case 1:
		op->width = op->code == IOPORT_OP_DELAY ? 1 : 3;
		break;
	case 2:
		if (op->code == IOPORT_OP_WAIT)
			op->time = 1ULL << 63;
		else if (op->code == IOPORT_OP_DELAY)
			op->data = 1;
		else
			op->time = 1;
		break;
	default:
		if (op->code == IOPORT_OP_DELAY) {
			op->port = 1;
		} else {
			op->port = 0xffff;
			op->width = 2;
		}
	}
}

static bool reads_port(const struct ioport_op *op)
{
	return op->code == IOPORT_OP_IN || op->code == IOPORT_OP_MODIFY ||
	       op->code == IOPORT_OP_WAIT || op->code == IOPORT_OP_INS;
}

static bool writes_port(const struct ioport_op *op)
{
	return op->code == IOPORT_OP_OUT || op->code == IOPORT_OP_MODIFY ||
	       op->code == IOPORT_OP_OUTS;
}

/* The first operation of which use_error() gives @want; @count if none. */
static uint32_t first_with(const struct ctx *c, const struct ioport_op *ops, uint32_t count,
			   int want)
{
	uint32_t i;
	uint64_t set;
	bool outside;

	for (i = 0; i < count; i++) {
		if (ops[i].code == IOPORT_OP_DELAY)
			continue;
		set = range_set(ops[i].port, ops[i].width, &outside);
		if (use_error(c, set, outside) == want)
			break;
	}
	return i;
}

/* Policy for all, then who holds a port. */
static int ops_error(const struct ctx *c, const struct ioport_op *ops, uint32_t count, uint32_t *at)
{
	*at = first_with(c, ops, count, EACCES);
	if (*at < count)
		return EACCES;
	*at = first_with(c, ops, count, EBUSY);
	return *at < count ? EBUSY : 0;
}

static int mode_error(const struct ctx *c, const struct ioport_op *ops, uint32_t count,
		      uint32_t *at)
{
	for (*at = 0; *at < count; ++*at)
		if ((reads_port(&ops[*at]) && !c->reads) || (writes_port(&ops[*at]) && !c->writes))
			return EBADF;
	return 0;
}

/* All ports of a batch; they may be reserved also where it fails later. */
static uint64_t ops_set(const struct ioport_op *ops, uint32_t count)
{
	uint64_t set = 0;
	bool outside;

	for (uint32_t i = 0; i < count; i++)
		if (ops[i].code != IOPORT_OP_DELAY)
			set |= range_set(ops[i].port, ops[i].width, &outside);
	return set;
}

static void tell_ops(const struct ctx *c, const struct ioport_op *ops, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		tell(c->me, "  code %u width %u port %#x value %#x mask %#x time %llu", ops[i].code,
		     ops[i].width, ops[i].port, ops[i].value, ops[i].mask,
		     (unsigned long long)ops[i].time);
}

static void check_xfer(const struct ioport_xfer *x, int want, uint32_t at, const char *what)
{
	if (want ? x->done || x->failed != at : x->done != x->count || x->failed != x->count)
		mismatch("%s: done %u, failed %u of %u; want %u", what, x->done, x->failed,
			 x->count, at);
}

/* Where a wait may have run out of time. */
static bool timed_out(long result, const struct ioport_op *ops, const struct ioport_xfer *x)
{
	return result < 0 && errno == ETIMEDOUT && x->failed < x->count && x->failed == x->done &&
	       ops[x->failed].code == IOPORT_OP_WAIT;
}

static void op_xfer(struct ctx *c)
{
	uint32_t count = 1 + below(OPS), at = 0, bad = count;
	struct ioport_op ops[OPS];
	struct ioport_xfer x;
	long result;
	int want;

	if (!draw_file(c))
		return;
	for (uint32_t i = 0; i < count; i++)
		draw_op(&ops[i], model_may(c->m, c->f) & ~model_claimed(c->m, c->f));
	x = (struct ioport_xfer){ (uintptr_t)ops, count, one_in(4) ? IOPORT_ATOMIC : 0, 7, 7 };
	if (one_in(10)) {
		bad = below(count);
		spoil_op(&ops[bad]);
	}
	want = mode_error(c, ops, bad, &at);
	if (!want && bad < count) {
		want = EINVAL;
		at = bad;
	}
	if (!want)
		want = ops_error(c, ops, count, &at);
	tell(c->me, "xfer(file %d, %u operations, %#x) = %d at %u", c->file, count, x.flags, want,
	     at);
	tell_ops(c, ops, count);
	result = call(c->fd, IOPORT_IOC_XFER, &x);
	if (!want && timed_out(result, ops, &x)) {
		sh->calls++;
		use(c, ops_set(ops, count));
		return;
	}
	if (expect(result, want, "XFER"))
		use(c, ops_set(ops, count));
	else if (want == EBUSY)
		c->f->ever |= ops_set(ops, count);
	check_xfer(&x, want, at, "XFER");
}

/* What is refused before any operation is looked at. */
static void op_xfer_bad(struct ctx *c)
{
	struct ioport_op op = { .code = IOPORT_OP_DELAY };
	struct ioport_xfer x = { (uintptr_t)&op, 1, 0, 0, 0 };
	int want = EINVAL;

	if (!draw_file(c))
		return;
	switch (below(4)) {
	case 0:
		x.count = 0;
		break;
	case 1:
		x.flags = 1U << below(5);
		break;
	case 2:
		x.count = 4097 + below(2) * 0xfffffff;
		want = E2BIG;
		break;
	default:
		x.ops = (uintptr_t)BAD_POINTER;
		want = EFAULT;
	}
	tell(c->me, "xfer(file %d, %u operations, %#x) = %d", c->file, x.count, x.flags, want);
	expect(call(c->fd, IOPORT_IOC_XFER, &x), want, "XFER");
	expect(call(c->fd, IOPORT_IOC_XFER, BAD_POINTER), EFAULT, "XFER");
}

static void op_on_close(struct ctx *c)
{
	uint32_t count = below(OPS + 1), at = 0;
	struct ioport_op ops[OPS];
	struct ioport_xfer x;
	int want;

	if (!draw_file(c))
		return;
	for (uint32_t i = 0; i < count; i++) {
		draw_op(&ops[i], model_may(c->m, c->f) & ~model_claimed(c->m, c->f));
		if (ops[i].code != IOPORT_OP_OUT && !one_in(30))
			ops[i] = (struct ioport_op){ .code = IOPORT_OP_OUT,
						     .width = 1,
						     .port = (uint16_t)draw_range().first };
	}
	x = (struct ioport_xfer){ (uintptr_t)ops, count, 0, 0, 0 };
	while (at < count && ops[at].code == IOPORT_OP_OUT)
		at++;
	want = at < count ? EINVAL : ops_error(c, ops, count, &at);
	if (!c->writes)
		want = EBADF;
	tell(c->me, "on_close(file %d, %u operations) = %d at %u", c->file, count, want, at);
	tell_ops(c, ops, count);
	if (expect(call(c->fd, IOPORT_IOC_ON_CLOSE, &x), want, "ON_CLOSE"))
		use(c, ops_set(ops, count));
	else if (want == EBUSY)
		c->f->ever |= ops_set(ops, count);
	if (want && want != EBADF && x.failed != at)
		mismatch("ON_CLOSE: failed %u, want %u", x.failed, at);
}

#endif
