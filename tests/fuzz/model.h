/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzzer of the raw interface expects: who has which ports, told from the
 * uAPI header alone. Ports are those of four windows, one bit each; no other port is
 * ever allowed, so a request that names one is refused.
 */
#ifndef IOPORT_FUZZ_MODEL_H
#define IOPORT_FUZZ_MODEL_H

#include "uapi/access.h"

#define WORKERS 6
#define PROCS 4
#define FILES 8
#define SLOTS 6
#define QUEUE 3

/* pc-testdev, nothing, the parallel port, nothing; each lies across something. */
static const uint32_t window_base[] = { 0xe0, 0x278, 0x378, 0xfff0 };
#define WINDOW_COUNT 4
#define WINDOW_PORTS 16

/* What gives a thread its ports. */
enum standing {
	ST_NONE,
	ST_OWN,
	ST_COPY,
	ST_IOPERM,
};

/* An open file description; sets have a 1 bit for each member. */
struct model_file {
	bool used;
	int mode;
	uint64_t map, limit, alone, ready;
	/* Ports it has used in any way: a copy of which no thread is left may still have them. */
	uint64_t ever;
};

struct model_worker {
	bool live;
	int proc;
	enum standing standing;
	int file;
	int copy; /* an index of model.copies */
	uint64_t ioperm;
	bool iopl;
};

struct model_proc {
	bool live;
	int file[SLOTS]; /* -1: closed */
	int fd[SLOTS];
};

struct model {
	uint64_t allow, deny;
	struct model_file files[FILES];
	struct model_worker workers[WORKERS];
	struct model_proc procs[PROCS];
	uint64_t copies[WORKERS];
	int queue[QUEUE]; /* files in the socket */
	int queued;
};

static int port_index(uint32_t port)
{
	for (int w = 0; w < WINDOW_COUNT; w++)
		if (port - window_base[w] < WINDOW_PORTS)
			return w * WINDOW_PORTS + (int)(port - window_base[w]);
	return -1;
}

static uint32_t index_port(int i)
{
	return window_base[i / WINDOW_PORTS] + (uint32_t)i % WINDOW_PORTS;
}

/* The ports of a range; @outside: it has others too. */
static uint64_t range_set(uint64_t first, uint64_t count, bool *outside)
{
	uint64_t set = 0, inside = 0;

	for (int w = 0; w < WINDOW_COUNT; w++) {
		uint64_t base = window_base[w], from = first > base ? first : base;
		uint64_t end = base + WINDOW_PORTS, to = first + count < end ? first + count : end;

		if (from >= to)
			continue;
		inside += to - from;
		set |= ((1ULL << (to - from)) - 1) << (w * WINDOW_PORTS + (int)(from - base));
	}
	*outside = inside != count;
	return set;
}

static uint64_t model_policy(const struct model *m)
{
	return m->allow & ~m->deny;
}

static uint64_t model_may(const struct model *m, const struct model_file *f)
{
	return model_policy(m) & f->limit;
}

/* What other files have claimed. */
static uint64_t model_claimed(const struct model *m, const struct model_file *f)
{
	uint64_t set = 0;

	for (int i = 0; i < FILES; i++)
		if (m->files[i].used && &m->files[i] != f)
			set |= m->files[i].alone;
	return set;
}

static uint64_t model_reach(const struct model *m, const struct model_worker *w)
{
	if (w->iopl)
		return ~0ULL;
	switch (w->standing) {
	case ST_OWN:
		return m->files[w->file].map;
	case ST_COPY:
		return m->copies[w->copy];
	case ST_IOPERM:
		return w->ioperm;
	default:
		return 0;
	}
}

/* Everything that the file uses at this moment, for certain. */
static uint64_t model_uses(const struct model *m, int file)
{
	const struct model_file *f = &m->files[file];
	uint64_t set = f->map | f->alone | f->ready;

	for (int i = 0; i < WORKERS; i++)
		if (m->workers[i].live && m->workers[i].standing == ST_COPY &&
		    m->workers[i].file == file)
			set |= m->copies[m->workers[i].copy];
	return set;
}

/* Attached to a map of a file that is open. */
static bool attached(const struct model_worker *w)
{
	return w->standing == ST_OWN || w->standing == ST_COPY;
}

static bool standing_this(const struct model_worker *w, int file)
{
	return attached(w) && w->file == file;
}

/* ioperm() or iopl(), or another file's map. */
static bool standing_busy(const struct model_worker *w, int file)
{
	if (attached(w))
		return w->file != file;
	return w->standing == ST_IOPERM || w->iopl;
}

/* Closes for everybody what is not in @keep. */
static void model_confine(struct model *m, int file, uint64_t keep)
{
	m->files[file].map &= keep;
	for (int i = 0; i < WORKERS; i++)
		if (m->workers[i].live && m->workers[i].standing == ST_COPY &&
		    m->workers[i].file == file)
			m->copies[m->workers[i].copy] &= keep;
}

/* The same in every way of access: policy or the limit has changed. */
static void model_take(struct model *m, int file)
{
	uint64_t keep = model_may(m, &m->files[file]);

	model_confine(m, file, keep);
	m->files[file].alone &= keep;
	m->files[file].ready &= keep;
}

static void model_take_all(struct model *m)
{
	for (int i = 0; i < FILES; i++)
		if (m->files[i].used)
			model_take(m, i);
}

/* The thread gets a copy of its own, or none where that would be empty. */
static void model_copy(struct model *m, struct model_worker *w, int file, uint64_t set)
{
	int free_copy;
	bool taken;

	w->standing = ST_NONE;
	if (!set)
		return;
	for (free_copy = 0;; free_copy++) {
		taken = false;
		for (int i = 0; i < WORKERS; i++)
			taken |= m->workers[i].live && m->workers[i].standing == ST_COPY &&
				 m->workers[i].copy == free_copy;
		if (!taken)
			break;
	}
	w->standing = ST_COPY;
	w->file = file;
	w->copy = free_copy;
	m->copies[free_copy] = set;
}

/* Lets go of the files that nobody refers to any more. */
static void model_collect(struct model *m)
{
	bool used[FILES] = { false };

	for (int p = 0; p < PROCS; p++)
		for (int s = 0; m->procs[p].live && s < SLOTS; s++)
			if (m->procs[p].file[s] >= 0)
				used[m->procs[p].file[s]] = true;
	for (int i = 0; i < m->queued; i++)
		used[m->queue[i]] = true;
	for (int i = 0; i < FILES; i++) {
		if (!m->files[i].used || used[i])
			continue;
		m->files[i].used = false;
		for (int w = 0; w < WORKERS; w++)
			if (standing_this(&m->workers[w], i))
				m->workers[w].standing = ST_NONE;
	}
}

#endif
