/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test Anything Protocol, as much of it as the tests in the guest need: every
 * check prints one line at once, so that a crash keeps what came before it,
 * and the plan comes last, so that a test which stops early has none.
 */
#ifndef IOPORT_TESTS_TAP_H
#define IOPORT_TESTS_TAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failures;

/* How many times longer than usual all may take here; by tests/vm/run --slow. */
__attribute__((unused)) static unsigned int slow(void)
{
	const char *factor = getenv("TEST_SLOW");
	int n = factor ? atoi(factor) : 1;

	return n > 0 ? n : 1;
}

/* One check: true passes. Returns what it was given. */
__attribute__((format(printf, 2, 3), unused)) static bool ok(bool pass, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", pass ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	tap_failures += !pass;
	return pass;
}

/* A check that two integers are equal; tells both where they are not. */
__attribute__((format(printf, 3, 4), unused)) static bool is(long long got, long long want,
							     const char *fmt, ...)
{
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (!ok(got == want, "%s", name))
		printf("# got %lld (0x%llx), want %lld (0x%llx)\n", got, got, want, want);
	return got == want;
}

/* A check that a call failed with an errno: pass its result, errno intact. */
__attribute__((format(printf, 3, 4), unused)) static bool fails(long long result, int want,
								const char *fmt, ...)
{
	int got = result == -1 ? errno : 0;
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (!ok(got == want, "%s: %s", name, strerror(want)))
		printf("# got %s\n", got ? strerror(got) : "success");
	return got == want;
}

__attribute__((format(printf, 1, 2), unused)) static void note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* A check that cannot be made here, and why. */
__attribute__((format(printf, 1, 2), unused)) static void skip(const char *fmt, ...)
{
	va_list ap;

	printf("ok %d - # SKIP ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* The test cannot go on. */
__attribute__((format(printf, 1, 2), noreturn, unused)) static void bail(const char *fmt, ...)
{
	va_list ap;

	printf("Bail out! ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	exit(99);
}

/* Last in main(): return done(); */
__attribute__((unused)) static int done(void)
{
	printf("1..%d\n", tap_count);
	fflush(stdout);
	return tap_failures ? 1 : 0;
}

#endif
