/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What operations draw: ranges, sets of ports, and the file that they work on.
 */
#ifndef IOPORT_FUZZ_ARGUMENTS_H
#define IOPORT_FUZZ_ARGUMENTS_H

#include "fuzz/shared.h"

struct range_arg {
	uint32_t first, count;
	uint64_t set;
	bool outside;
};

static struct range_arg last_range;

static struct range_arg draw_range(void)
{
	struct range_arg r;
	uint32_t kind = below(20), off = below(WINDOW_PORTS);

	r.first = window_base[below(WINDOW_COUNT)] + off;
	r.count = 1 + below(WINDOW_PORTS - off);
	if (kind < 5)
		r.count = 1 + below(2);
	else if (kind == 5)
		r.count = 1 + below(0x400);
	else if (kind == 6)
		r.first = below(IOPORT_PORTS);
	else if (kind == 7)
		r = (struct range_arg){ .first = 0, .count = IOPORT_PORTS };
	if (r.count > IOPORT_PORTS - r.first)
		r.count = IOPORT_PORTS - r.first;
	r.set = range_set(r.first, r.count, &r.outside);
	last_range = r;
	return r;
}

/* Half of the time something that is likely to be allowed. */
static struct range_arg draw_allowed(uint64_t may)
{
	struct range_arg r = draw_range();

	if (!may || one_in(4))
		return r;
	for (int tries = 0; tries < 8 && (r.outside || (r.set & ~may)); tries++)
		r = draw_range();
	return r;
}

static uint64_t draw_set(uint64_t may)
{
	bool outside;
	uint64_t set = 0;

	for (uint32_t n = below(4); n; n--) {
		uint32_t off = below(WINDOW_PORTS);

		set |= range_set(window_base[below(WINDOW_COUNT)] + off,
				 1 + below(WINDOW_PORTS - off), &outside);
	}
	return one_in(4) ? set : set & may;
}

static void set_to_bits(uint64_t set, uint8_t *bits, bool fill_open)
{
	bits_fill(bits, fill_open);
	for (int i = 0; i < WINDOW_COUNT * WINDOW_PORTS; i++) {
		uint32_t port = index_port(i);

		if (set >> i & 1)
			bits[port / 8] &= (uint8_t) ~(1 << port % 8);
		else
			bits[port / 8] |= (uint8_t)(1 << port % 8);
	}
}

/* What a call works on. */
struct ctx {
	struct model *m;
	int me;
	struct model_worker *w;
	struct model_proc *p;
	int slot, fd, file;
	struct model_file *f;
	bool reads, writes;
};

/* A slot of the process with an open file; false where it has none. */
static bool draw_file(struct ctx *c)
{
	uint32_t first = below(SLOTS);

	for (uint32_t i = 0; i < SLOTS; i++) {
		c->slot = (int)((first + i) % SLOTS);
		c->file = c->p->file[c->slot];
		if (c->file < 0)
			continue;
		c->fd = c->p->fd[c->slot];
		c->f = &c->m->files[c->file];
		c->reads = c->f->mode != O_WRONLY;
		c->writes = c->f->mode != O_RDONLY;
		return true;
	}
	return false;
}

#endif
