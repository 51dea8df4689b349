/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations that take a whole map, or say who uses it.
 */
#ifndef IOPORT_FUZZ_OPS_MAP_H
#define IOPORT_FUZZ_OPS_MAP_H

#include "fuzz/ops_range.h"

static int set_map_error(const struct ctx *c, uint64_t set, bool outside, bool thread)
{
	uint64_t has = 0;

	if (outside || (set & ~model_may(c->m, c->f)))
		return EACCES;
	if (thread && standing_busy(c->w, c->file))
		return EBUSY;
	if (!thread)
		has = c->f->map;
	return set & ~has & model_claimed(c->m, c->f) ? EBUSY : 0;
}

static void op_set_map(struct ctx *c)
{
	static uint8_t bits[IOPORT_MAP_BYTES];
	bool thread = one_in(3), outside = one_in(20);
	struct ioport_map arg;
	uint64_t set;
	int want = 0;

	if (!draw_file(c))
		return;
	set = draw_set(model_may(c->m, c->f) & ~model_claimed(c->m, c->f));
	set_to_bits(set, bits, false);
	if (outside)
		bits[rng() % 20 + 0x100] = 0;
	arg = (struct ioport_map){ (uintptr_t)bits, 0, thread ? IOPORT_THREAD : 0 };
	switch (below(40)) {
	case 0:
		arg.which = 1 + below(5);
		want = EINVAL;
		break;
	case 1:
		arg.flags |= 2U << below(30);
		want = EINVAL;
		break;
	case 2:
		arg.map = (uintptr_t)BAD_POINTER;
		want = EFAULT;
		break;
	}
	if (!c->reads || !c->writes)
		want = EBADF;
	if (!want)
		want = set_map_error(c, set, outside, thread);
	tell(c->me, "set_map(file %d, %016llx%s, which %u, flags %#x) = %d", c->file,
	     (unsigned long long)set, outside ? " and more" : "", arg.which, arg.flags, want);
	if (!expect(call(c->fd, IOPORT_IOC_SET_MAP, &arg), want, "SET_MAP"))
		return;
	c->f->ever |= set;
	if (thread)
		model_copy(c->m, c->w, c->file, set);
	else
		c->f->map = set;
}

#define WHICH_COUNT (IOPORT_WHICH_LOCKDOWN + 1)

static void op_get_map(struct ctx *c)
{
	static uint8_t bits[IOPORT_MAP_BYTES], wanted[IOPORT_MAP_BYTES];
	uint32_t which = below(WHICH_COUNT);
	struct ioport_map arg = { (uintptr_t)bits, which, 0 };
	uint64_t set[WHICH_COUNT];
	int want = 0;

	if (!draw_file(c))
		return;
	if (one_in(20)) {
		arg.which = WHICH_COUNT + below(3) * below(1000);
		want = EINVAL;
	} else if (one_in(20)) {
		arg.flags = 1U << below(32);
		want = EINVAL;
	} else if (one_in(20)) {
		arg.map = (uintptr_t)BAD_POINTER;
		want = EFAULT;
	}
	set[IOPORT_WHICH_FILE] = c->f->map;
	set[IOPORT_WHICH_THREAD] = standing_this(c->w, c->file) ? own_set(c) : 0;
	set[IOPORT_WHICH_LIMIT] = c->f->limit;
	set[IOPORT_WHICH_POLICY] = model_policy(c->m);
	set[IOPORT_WHICH_CLAIMED] = c->f->alone;
	set[IOPORT_WHICH_LOCKDOWN] = 0; /* no list was compiled in */
	tell(c->me, "get_map(file %d, %u) = %d", c->file, arg.which, want);
	if (!expect(call(c->fd, IOPORT_IOC_GET_MAP, &arg), want, "GET_MAP"))
		return;
	set_to_bits(set[which], wanted, which == IOPORT_WHICH_LIMIT);
	if (memcmp(bits, wanted, sizeof(bits)))
		mismatch("GET_MAP %u: not what it should be, which is %016llx", which,
			 (unsigned long long)set[which]);
}

static void op_limit(struct ctx *c)
{
	static uint8_t bits[IOPORT_MAP_BYTES];
	struct ioport_map arg = { (uintptr_t)bits, 0, 0 };
	uint64_t set = ~draw_set(~0ULL);
	int want = 0;

	if (!one_in(3) || !draw_file(c))
		return;
	/* The rest stays open, so that GET_MAP can tell what is there. */
	set_to_bits(set, bits, true);
	switch (below(20)) {
	case 0:
		arg.which = 1;
		want = EINVAL;
		break;
	case 1:
		arg.flags = 1;
		want = EINVAL;
		break;
	case 2:
		arg.map = (uintptr_t)BAD_POINTER;
		want = EFAULT;
		break;
	}
	tell(c->me, "limit(file %d, %016llx) = %d", c->file, (unsigned long long)set, want);
	if (!expect(call(c->fd, IOPORT_IOC_LIMIT, &arg), want, "LIMIT"))
		return;
	c->f->limit &= set;
	model_take(c->m, c->file);
}

static void op_attach(struct ctx *c)
{
	struct ioport_attach arg = { one_in(2) ? IOPORT_REPLACE : 0, 0 };
	bool replace = arg.flags, this;
	int want = 0;

	if (!draw_file(c))
		return;
	if (one_in(20)) {
		arg.flags ^= 1U << below(32);
		replace = arg.flags & IOPORT_REPLACE;
		want = arg.flags & ~IOPORT_REPLACE ? EINVAL : 0;
	} else if (one_in(20)) {
		arg.pad = 1;
		want = EINVAL;
	}
	this = standing_this(c->w, c->file);
	if (!c->reads || !c->writes)
		want = EBADF;
	if (!want && !(this && c->w->standing == ST_OWN)) {
		if (attached(c->w))
			want = replace ? 0 : EBUSY;
		else if (standing_busy(c->w, c->file))
			want = EBUSY;
	}
	tell(c->me, "attach(file %d, %#x, %u) = %d", c->file, arg.flags, arg.pad, want);
	if (!expect(call(c->fd, IOPORT_IOC_ATTACH, &arg), want, "ATTACH"))
		return;
	c->w->standing = ST_OWN;
	c->w->file = c->file;
}

static void op_detach(struct ctx *c)
{
	struct ioport_attach arg = { 0, 0 };
	int want = 0;

	if (!draw_file(c))
		return;
	if (one_in(20)) {
		arg.flags = 1U << below(32);
		want = EINVAL;
	}
	tell(c->me, "detach(file %d) = %d", c->file, want);
	if (expect(call(c->fd, IOPORT_IOC_DETACH, &arg), want, "DETACH") &&
	    standing_this(c->w, c->file))
		c->w->standing = ST_NONE;
}

static void op_info(struct ctx *c)
{
	struct ioport_info info;

	if (!draw_file(c))
		return;
	tell(c->me, "get_info, and a call that is not there");
	if (expect(call(c->fd, IOPORT_IOC_GET_INFO, &info), 0, "GET_INFO") &&
	    (info.ports != IOPORT_PORTS || info.map_bytes != IOPORT_MAP_BYTES ||
	     info.direct_blocked))
		mismatch("GET_INFO: ports %u, map_bytes %u, direct_blocked %llx", info.ports,
			 info.map_bytes, (unsigned long long)info.direct_blocked);
	expect(call(c->fd, IOPORT_IOC_GET_INFO, BAD_POINTER), EFAULT, "GET_INFO");
	expect(call(c->fd, _IOW(IOPORT_IOC_TYPE, 0x7f, struct ioport_range), &info), ENOTTY,
	       "an unknown call");
	expect(call(c->fd, _IOW(IOPORT_IOC_TYPE, 0x01, uint32_t), &info), ENOTTY,
	       "a call of another size");
}

#endif
