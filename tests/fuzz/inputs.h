/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inputs: random ones, and those that are kept because they went a new way, changed.
 */
#ifndef IOPORT_FUZZ_INPUTS_H
#define IOPORT_FUZZ_INPUTS_H

#include "fuzz/shared.h"

#define POOL 512

struct input {
	unsigned int count;
	uint32_t steps[STEPS];
};

static struct input pool[POOL];
static unsigned int pooled;

/* Leaves out @n steps from @at on. */
static struct input without(const struct input *input, unsigned int at, unsigned int n)
{
	struct input less = *input;

	memmove(less.steps + at, less.steps + at + n,
		(input->count - at - n) * sizeof(less.steps[0]));
	less.count -= n;
	return less;
}

static uint64_t main_rng;

static void random_steps(struct input *input, unsigned int from)
{
	for (unsigned int i = from; i < input->count; i++)
		input->steps[i] = rng();
}

static void mutate(struct input *input)
{
	const struct input *other = &pool[below(pooled)];
	unsigned int at;

	*input = pool[below(pooled)];
	for (unsigned int n = 1 + below(4); n && input->count; n--) {
		at = below(input->count);
		switch (below(4)) {
		case 0:
			input->steps[at] = rng();
			break;
		case 1:
			*input = without(input, at, 1);
			break;
		case 2:
			memcpy(input->steps + at, other->steps + at,
			       (STEPS - at) * sizeof(input->steps[0]));
			input->count = other->count > at ? other->count : at;
			break;
		default:
			at = input->count;
			input->count += below(STEPS - at + 1);
			random_steps(input, at);
		}
	}
}

static void next_input(struct input *input)
{
	unsigned int from = 0;

	rng_state = main_rng;
	input->count = 0;
	if (pooled && !one_in(4)) {
		mutate(input);
		from = input->count;
	}
	/* Long, since it costs as much as a hundred calls to begin one. */
	if (input->count < STEPS / 4)
		input->count = STEPS / 4 + below(STEPS * 3 / 4 + 1);
	random_steps(input, from);
	main_rng = rng_state;
}

static void keep(const struct input *input)
{
	if (pooled < POOL)
		pool[pooled++] = *input;
	else
		pool[main_rng % POOL] = *input;
}

static void load_corpus(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[STEPS * 9 + 100], *at, *end;
	struct input input;

	if (!file)
		bail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		input.count = 0;
		for (at = line; input.count < STEPS; at = end) {
			uint32_t step = (uint32_t)strtoul(at, &end, 16);

			if (end == at)
				break;
			input.steps[input.count++] = step;
		}
		if (input.count)
			keep(&input);
	}
	fclose(file);
}

#endif
