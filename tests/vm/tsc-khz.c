// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints how many thousand ticks the processor's time-stamp counter makes in a second, by
 * the clock that QEMU has the guest's time from. Run on the host.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define TRIES 20
#define APART_NS 50000000L

struct moment {
	int64_t ns, ticks;
};

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Of several the one that took least: nobody else ran meanwhile. */
static struct moment now(void)
{
	int64_t least = INT64_MAX;
	struct moment best = { 0 };
	int i;

	for (i = 0; i < TRIES; i++) {
		int64_t before = (int64_t)__rdtsc(), ns = clock_ns(),
			took = (int64_t)__rdtsc() - before;

		if (took < least) {
			least = took;
			best = (struct moment){ .ns = ns, .ticks = before + took / 2 };
		}
	}
	return best;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = APART_NS };
	struct moment from = now(), to;

	nanosleep(&pause, NULL);
	to = now();
	printf("%lld\n", (long long)((to.ticks - from.ticks) * 1000000 / (to.ns - from.ns)));
	return 0;
}
