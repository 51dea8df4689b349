/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all threads and processes share, the numbers that an input is drawn from, and what
 * becomes of a call whose result the model has foretold.
 */
#ifndef IOPORT_FUZZ_SHARED_H
#define IOPORT_FUZZ_SHARED_H

#include "fuzz/model.h"

#include <stdarg.h>

#define STEPS 2048
#define OUTCOMES 128

/* What calls have come to, so that a run can tell what it has tried. */
struct outcome {
	const char *what;
	int err;
	unsigned long long count;
};

struct shared {
	struct model model;
	/* The input: each step is all that the number says, whatever the others are. */
	uint32_t steps[STEPS];
	unsigned int count, step;
	unsigned int news; /* steps up to the last that reached something new */
	uint32_t turn[WORKERS];
	int last;		 /* who did the step before */
	unsigned int roll;	 /* those that have yet to say what they can reach, a bit each */
	uint64_t found[WORKERS]; /* what each had when it last looked */
	uint64_t doubt[WORKERS]; /* what it has lost since and did not try */
	int gone;		 /* a process that is ending, or 0 */
	uint32_t over;
	bool bad, tell, spread;
	bool reloads;	     /* in this input the module may be loaded anew */
	bool policy_written; /* the policy may be another than preset_policy()'s */
	char why[400];
	unsigned long long calls;
	struct outcome outcomes[OUTCOMES];
};

static struct shared *sh;
static int pair[2]; /* descriptors on their way */

/* ---- numbers ---- */

static uint64_t rng_state;

static void rng_seed(uint64_t seed)
{
	rng_state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

static uint32_t rng(void)
{
	uint64_t z = rng_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (uint32_t)(z >> 32);
}

static uint32_t below(uint32_t n)
{
	return rng() % n;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

/* ---- results ---- */

__attribute__((format(printf, 1, 2))) static void mismatch(const char *fmt, ...)
{
	va_list ap;

	if (sh->bad)
		return;
	va_start(ap, fmt);
	vsnprintf(sh->why, sizeof(sh->why), fmt, ap);
	va_end(ap);
	sh->bad = true;
}

/* A line of the trace, where it was asked for. */
__attribute__((format(printf, 2, 3))) static void tell(int worker, const char *fmt, ...)
{
	char line[200];
	va_list ap;

	if (!sh->tell)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("# %u: worker %d (process %d): %s\n", sh->step, worker,
	       sh->model.workers[worker].proc, line);
	fflush(stdout);
}

static void record(const char *what, int err)
{
	struct outcome *o = sh->outcomes;

	/* By the address: a string that is there twice is counted twice. */
	while (o < sh->outcomes + OUTCOMES - 1 && o->what && (o->err != err || o->what != what))
		o++;
	o->what = what;
	o->err = err;
	o->count++;
}

static unsigned long long recorded(const char *what, int err)
{
	unsigned long long count = 0;

	for (const struct outcome *o = sh->outcomes; o < sh->outcomes + OUTCOMES && o->what; o++)
		if (o->err == err && !strcmp(o->what, what))
			count += o->count;
	return count;
}

/* One call was made: its result, errno intact, must be @want (0 or an errno). */
static bool expect(long result, int want, const char *what)
{
	int got = result < 0 ? errno : 0;

	sh->calls++;
	if (got == want) {
		record(what, got);
		return !want;
	}
	mismatch("%s: got %s, want %s", what, got ? strerror(got) : "success",
		 want ? strerror(want) : "success");
	return false;
}

/* As expect(), where the model does not know which of two. */
static bool expect_either(long result, int want, int other, const char *what)
{
	int got = result < 0 ? errno : 0;

	return expect(result, got == other ? other : want, what);
}

#endif
