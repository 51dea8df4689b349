/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs of the benchmark share: the clock, how an operation is
 * measured, and lines of results.
 *
 * In the test machine with -icount the time stamp counter counts instructions;
 * elsewhere times are in ns. Each operation is measured in a child of its own, so
 * that no permission of one is left for the next.
 *
 * A result is a comment of TAP with fields between tabs, the first of which names
 * the table; tests/bench/run makes the tables of them.
 */
#ifndef IOPORT_BENCH_H
#define IOPORT_BENCH_H

#include "uapi/access.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

/* Without a device in the test machine: reads as 0xff, and writes go nowhere. */
#define PORT 0x278

static bool counting; /* the clock counts instructions */

UNUSED static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static inline uint64_t now(void)
{
	uint32_t low, high;

	if (!counting)
		return clock_ns(CLOCK_MONOTONIC_RAW);
	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static void nothing(void)
{
	asm volatile("");
}

/* A real port is slow: then it is fewer runs. */
#define PATIENCE_NS 500000000

/* The least time of many runs of n operations: what an interrupt adds is left out. */
static uint64_t least_raw(void (*op)(void), int n, int runs)
{
	uint64_t best = UINT64_MAX, first = now(), t;
	int i;

	while (runs--) {
		t = now();
		if (!counting && t - first > PATIENCE_NS && best != UINT64_MAX)
			break;
		for (i = 0; i < n; i++)
			op();
		t = now() - t;
		if (t < best)
			best = t;
	}
	return best;
}

/* Of one operation, less the loop, the call and the two looks at the clock. */
static double least(void (*op)(void), int n, int runs)
{
	int64_t loop;

	least_raw(op, 1, 2);
	loop = least_raw(nothing, n, runs);
	return (double)((int64_t)least_raw(op, n, runs) - loop) / n;
}

/**
 * struct side - one way to do something
 * @prepare: What is done before, once, in the child that measures; or NULL.
 * @op: The operation.
 * @units: What one operation's cost is divided by; 0 is 1.
 */
struct side {
	void (*prepare)(void);
	void (*op)(void);
	unsigned int units;
};

/* Memory that a child fills for its parent. */
UNUSED static void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	return p;
}

/* Where a child leaves what it measured. */
static double *shared_result(void)
{
	static double *result;

	if (!result)
		result = shared_memory(sizeof(*result));
	return result;
}

/* Runs @work in a child. Returns what it stored; bails out where it failed. */
UNUSED static double in_child(double (*work)(const void *arg), const void *arg)
{
	double *result = shared_result();
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		*result = work(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		bail("a measurement failed (status 0x%x)", status);
	return *result;
}

static double side_work(const void *arg)
{
	const struct side *side = arg;

	if (side->prepare)
		side->prepare();
	/* A clock that counts instructions is exact for one. */
	return least(side->op, counting ? 1 : 20, counting ? 300 : 5000) /
	       (side->units ? side->units : 1);
}

UNUSED static double measure(const struct side *side)
{
	return in_child(side_work, side);
}

/* A child that goes with its parent, for the other end of something. */
UNUSED static pid_t companion(void)
{
	pid_t pid = fork();

	if (pid < 0)
		bail("fork: %s", strerror(errno));
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* What must not fail while it is measured. */
static inline void must(bool good)
{
	if (__builtin_expect(!good, 0))
		_exit(97);
}

__attribute__((format(printf, 2, 3), unused)) static void result(const char *table, const char *fmt,
								 ...)
{
	va_list ap;

	printf("# result\t%s\t", table);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

UNUSED static void sort_values(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
}

UNUSED static void nap(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

UNUSED static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* An ordinary user, who has what was opened before. */
UNUSED static void drop_privileges(void)
{
	must(!setresgid(65534, 65534, 65534) && !setresuid(65534, 65534, 65534));
}

UNUSED static void shell(const char *command)
{
	if (system(command))
		bail("%s", command);
}

#define LOAD "modprobe ioport allow=all deny=none && udevadm settle"
#define UNLOAD "modprobe -r ioport && udevadm settle"

UNUSED static void set_param(const char *name, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/module/ioport/parameters/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		bail("%s: %s", path, strerror(errno));
	close(fd);
}

#endif
