/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle for direct access: a worker says by trying what it can reach.
 */
#ifndef IOPORT_FUZZ_LOOK_H
#define IOPORT_FUZZ_LOOK_H

#include "fuzz/arguments.h"

static void probe(int me, int i, unsigned int width)
{
	uint64_t set, reach = model_reach(&sh->model, &sh->model.workers[me]);
	bool outside, want, got;

	set = range_set(index_port(i), width, &outside);
	if (outside)
		return;
	want = !(set & ~reach);
	got = can_in((uint16_t)index_port(i), width);
	record("in", got ? 0 : EFAULT);
	if (got != want)
		mismatch("worker %d %s %u bytes at %#x, and should%s; it should have %016llx", me,
			 got ? "can read" : "cannot read", width, index_port(i), want ? "" : " not",
			 (unsigned long long)reach);
}

/* A member of a set that is not empty: the first, the last or any. */
static int draw_member(uint64_t set)
{
	uint32_t n;

	switch (below(3)) {
	case 0:
		return __builtin_ctzll(set);
	case 1:
		return 63 - __builtin_clzll(set);
	default:
		for (n = below((uint32_t)__builtin_popcountll(set)); n; n--)
			set &= set - 1;
		return __builtin_ctzll(set);
	}
}

static void probe_all(int me, uint64_t set)
{
	for (; set; set &= set - 1)
		probe(me, __builtin_ctzll(set), 1);
}

/* Just inside, or just beyond, what the last call was about or what the worker has. */
static int draw_border(uint64_t reach)
{
	int at = port_index(last_range.first + (one_in(2) ? 0 : last_range.count - 1));

	if (at < 0 || one_in(2))
		at = reach ? draw_member(reach) : (int)below(64);
	at += (int)below(3) - 1;
	return at & 63;
}

/*
 * The worker says what it can reach. An access that succeeds costs next to nothing, one
 * that does not costs more than most calls do, since the kernel makes a signal of it: so
 * each port that came is tried, and often one of those that went, with the rest in doubt
 * until another time; now and then a border; and seldom all there are.
 */
static void look(int me)
{
	uint64_t reach = model_reach(&sh->model, &sh->model.workers[me]);
	uint64_t lost = sh->found[me] & ~reach, *doubt = &sh->doubt[me];

	probe_all(me, reach & ~sh->found[me]);
	if (reach)
		probe(me, draw_member(reach), 1U << below(3));
	*doubt = (*doubt | lost) & ~reach;
	if (*doubt && one_in(lost ? 2 : 8)) {
		int i = draw_member(lost ? lost : *doubt);

		probe(me, i, 1);
		*doubt &= ~(1ULL << i);
	}
	if (one_in(10))
		probe(me, draw_border(reach), 1U << below(3));
	if (one_in(1000)) {
		probe_all(me, ~0ULL);
		*doubt = 0;
	}
	sh->found[me] = reach;
}

/* Who is to look at once: some of those that lost a port, or somebody else. */
static unsigned int draw_roll(int me)
{
	unsigned int set = 0;

	for (int i = 0; i < WORKERS; i++)
		if (i != me && sh->model.workers[i].live &&
		    (sh->found[i] & ~model_reach(&sh->model, &sh->model.workers[i]) ? one_in(2)
										    : one_in(60)))
			set |= 1U << i;
	return set;
}

#endif
