/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations that take a range: grant, revoke, claim, release and check.
 */
#ifndef IOPORT_FUZZ_OPS_RANGE_H
#define IOPORT_FUZZ_OPS_RANGE_H

#include "fuzz/arguments.h"
#include "fuzz/entry.h"

/* One field off; returns the errno, or 0 where the range was left as it is. */
static int spoil_range(struct ioport_range *range, bool flags)
{
	switch (below(40)) {
	case 0:
		range->count = 0;
		return EINVAL;
	case 1:
		range->first = IOPORT_PORTS + below(3);
		return EINVAL;
	case 2:
		range->count = IOPORT_PORTS - range->first + 1 + below(2) * 0x7fffffffU;
		return EINVAL;
	case 3:
		range->flags |= flags ? 2U << below(30) : 1U << below(31);
		return EINVAL;
	case 4:
		range->pad = 1U << below(32);
		return EINVAL;
	default:
		return 0;
	}
}

static int grant_error(const struct ctx *c, const struct range_arg *r, bool thread)
{
	if (r->outside || (r->set & ~model_may(c->m, c->f)))
		return EACCES;
	if (standing_busy(c->w, c->file) ||
	    (!thread && standing_this(c->w, c->file) && c->w->standing == ST_COPY))
		return EBUSY;
	return r->set & model_claimed(c->m, c->f) ? EBUSY : 0;
}

static uint64_t own_set(const struct ctx *c)
{
	return c->w->standing == ST_OWN ? c->f->map : c->m->copies[c->w->copy];
}

static void do_grant(struct ctx *c, const struct range_arg *r, bool thread)
{
	uint64_t has = standing_this(c->w, c->file) ? own_set(c) : 0;

	c->f->ever |= r->set;
	if (thread) {
		model_copy(c->m, c->w, c->file, has | r->set);
		return;
	}
	c->f->map |= r->set;
	c->w->standing = ST_OWN;
	c->w->file = c->file;
}

static void op_grant(struct ctx *c)
{
	bool thread = one_in(3);
	struct ioport_range range;
	struct range_arg r;
	void *arg = &range;
	int want;

	if (!draw_file(c))
		return;
	r = draw_allowed(model_may(c->m, c->f) & ~model_claimed(c->m, c->f));
	range = (struct ioport_range){ r.first, r.count, thread ? IOPORT_THREAD : 0, 0 };
	want = spoil_range(&range, true);
	if (one_in(60)) {
		arg = BAD_POINTER;
		want = EFAULT;
	}
	if (!c->reads || !c->writes)
		want = EBADF;
	if (!want)
		want = grant_error(c, &r, thread);
	tell(c->me, "grant(file %d, %#x+%u, %#x, %u)%s = %d", c->file, range.first, range.count,
	     range.flags, range.pad, arg == &range ? "" : " at a bad address", want);
	if (expect(call(c->fd, IOPORT_IOC_GRANT, arg), want, "GRANT"))
		do_grant(c, &r, thread);
}

static void op_revoke(struct ctx *c)
{
	bool thread = one_in(3);
	struct ioport_range range;
	struct range_arg r;
	int want;

	if (!draw_file(c))
		return;
	r = draw_range();
	range = (struct ioport_range){ r.first, r.count, thread ? IOPORT_THREAD : 0, 0 };
	want = spoil_range(&range, true);
	tell(c->me, "revoke(file %d, %#x+%u, %#x, %u) = %d", c->file, range.first, range.count,
	     range.flags, range.pad, want);
	if (!expect(call(c->fd, IOPORT_IOC_REVOKE, &range), want, "REVOKE"))
		return;
	if (!thread)
		model_confine(c->m, c->file, ~r.set);
	else if (standing_this(c->w, c->file) && (own_set(c) & r.set))
		model_copy(c->m, c->w, c->file, own_set(c) & ~r.set);
}

static void op_claim(struct ctx *c)
{
	struct ioport_range range;
	uint64_t used = 0, ever = 0;
	struct range_arg r;
	int want, other;

	if (!draw_file(c))
		return;
	r = draw_allowed(model_may(c->m, c->f));
	range = (struct ioport_range){ r.first, r.count, 0, 0 };
	want = other = spoil_range(&range, false);
	for (int i = 0; i < FILES; i++) {
		if (!c->m->files[i].used || i == c->file)
			continue;
		used |= model_uses(c->m, i);
		ever |= c->m->files[i].ever;
	}
	if (!want && (r.outside || (r.set & ~model_may(c->m, c->f))))
		want = other = EACCES;
	if (!want && (r.set & used))
		want = other = EBUSY;
	if (!want && (r.set & ever))
		other = EBUSY;
	tell(c->me, "claim(file %d, %#x+%u, %#x, %u) = %d or %d", c->file, range.first, range.count,
	     range.flags, range.pad, want, other);
	if (expect_either(call(c->fd, IOPORT_IOC_CLAIM, &range), want, other, "CLAIM")) {
		c->f->alone |= r.set;
		c->f->ever |= r.set;
	}
}

static void op_release(struct ctx *c)
{
	struct ioport_range range;
	struct range_arg r;
	int want;

	if (!draw_file(c))
		return;
	r = draw_range();
	range = (struct ioport_range){ r.first, r.count, 0, 0 };
	want = spoil_range(&range, false);
	tell(c->me, "release(file %d, %#x+%u) = %d", c->file, range.first, range.count, want);
	if (expect(call(c->fd, IOPORT_IOC_RELEASE, &range), want, "RELEASE"))
		c->f->alone &= ~r.set;
}

static void op_check(struct ctx *c)
{
	const uint32_t uses = IOPORT_READ | IOPORT_WRITE | IOPORT_DIRECT;
	struct ioport_check arg = { 0 };
	uint32_t reason = IOPORT_REASON_NONE, port;
	uint64_t claimed, ready = 0;
	struct range_arg r;
	int want = 0;

	if (!draw_file(c))
		return;
	r = draw_allowed(model_may(c->m, c->f));
	arg = (struct ioport_check){ .first = r.first, .count = r.count, .flags = uses & rng() };
	if (one_in(30))
		arg.flags |= 1U << below(32);
	arg.pad = one_in(30);
	if (!arg.flags || (arg.flags & ~uses) || arg.pad)
		want = EINVAL;
	tell(c->me, "check(file %d, %#x+%u, %#x) = %d", c->file, r.first, r.count, arg.flags, want);
	if (!expect(call(c->fd, IOPORT_IOC_CHECK, &arg), want, "CHECK"))
		return;
	claimed = model_claimed(c->m, c->f);
	port = r.first;
	if (((arg.flags & (IOPORT_READ | IOPORT_DIRECT)) && !c->reads) ||
	    ((arg.flags & (IOPORT_WRITE | IOPORT_DIRECT)) && !c->writes))
		reason = IOPORT_REASON_MODE;
	for (; !reason && port < r.first + r.count; port++) {
		int i = port_index(port);
		uint64_t bit = i < 0 ? 0 : 1ULL << i;

		if (!(bit & model_policy(c->m)))
			reason = IOPORT_REASON_POLICY;
		else if (!(bit & c->f->limit))
			reason = IOPORT_REASON_LIMIT;
		else if (bit & claimed)
			reason = IOPORT_REASON_BUSY;
		else
			ready |= bit;
		if (reason)
			break;
	}
	/* A limit and policy that both forbid: policy's word; a port that is claimed has both. */
	if (arg.port != port || arg.reason != reason)
		mismatch("CHECK: port %#x, reason %u; want %#x, %u", arg.port, arg.reason, port,
			 reason);
	c->f->ready |= ready;
	c->f->ever |= ready;
}

#endif
