// SPDX-License-Identifier: GPL-2.0-only
/*
 * No reference is lost: each way in which a map comes and goes, done often enough
 * that maps left behind would be missed from the machine's free memory. (One that
 * is given back twice stops the machine: the kernel's refcounts warn.) Run as an
 * ordinary user who may use the device, with the default policy.
 */
#include "access.h"

#include <sys/io.h>

#define ROUNDS 1500
/* A map takes 16 KiB; a way that leaves one in every round loses 24 MB. */
#define TOLERANCE_KB (8 * 1024)

static int fd;

static long free_kb(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[256];
	long kb = -1, value;

	/* Page and slab caches come and go; what counts is what nobody could get back. */
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %ld", &value) == 1)
			kb = value;
	if (!f || kb < 0)
		bail("/proc/meminfo");
	fclose(f);
	return kb;
}

static int open_close(void)
{
	int f = dev_open(O_RDWR), err = dev_grant(f, LPT, 1, 0);

	return close(f) || err;
}

static int attach_detach(void)
{
	return dev_attach(fd, 0) || dev_detach(fd);
}

static int private_copy(void)
{
	return dev_grant(fd, LPT, 1, IOPORT_THREAD) || dev_revoke(fd, LPT, 1, IOPORT_THREAD);
}

static int private_left(void)
{
	return dev_grant(fd, LPT, 1, IOPORT_THREAD) || dev_attach(fd, IOPORT_REPLACE) ||
	       dev_detach(fd);
}

static int replace(void)
{
	int f = dev_open(O_RDWR);
	int err = dev_grant(f, LPT, 1, 0) || dev_attach(fd, IOPORT_REPLACE) || dev_detach(fd);

	return close(f) || err;
}

static int leave_by_ioperm(void)
{
	int f = dev_open(O_RDWR), err = dev_grant(f, LPT, 1, 0) || ioperm(LPT, 1, 0);

	return close(f) || err;
}

/* A second thread keeps the attachment over the last close, then takes another. */
static struct worker other;

static long other_attaches(void *arg)
{
	return dev_attach(*(int *)arg, 0);
}

static int survivor(void)
{
	int f = dev_open(O_RDWR), err = dev_grant(f, LPT, 1, 0);

	err |= worker_do(&other, other_attaches, &f);
	return close(f) || err;
}

static long exits_attached(void *arg)
{
	(void)arg;
	return dev_grant(fd, LPT, 1, IOPORT_THREAD);
}

static int child_exits(void)
{
	return child_do(exits_attached, NULL);
}

static int mediated(void)
{
	uint8_t byte;
	int f = dev_open(O_RDWR);

	return pread(f, &byte, 1, LPT) != 1 || close(f);
}

/* In kB; what RCU and per-CPU lists hold back comes back in time. */
static long lost_by(int (*way)(void), int rounds, long tolerance, int *failures)
{
	long before = free_kb(), lost;
	int i;

	for (i = 0; i < rounds; i++)
		*failures += way() != 0;
	for (i = 0; i < 750; i++) {
		lost = before - free_kb();
		if (lost < tolerance)
			break;
		usleep(20000);
	}
	return lost;
}

/*
 * A leak takes as much each time. KASAN keeps what was freed, up to a part of the machine's
 * memory, and once that is full takes no more.
 */
static void test(const char *name, int (*way)(void), int rounds)
{
	long tolerance = TOLERANCE_KB * rounds / ROUNDS, lost;
	int i, failures = 0;

	for (i = 0; i < 20; i++)
		failures += way() != 0;
	for (i = 0; i < 5; i++) {
		lost = lost_by(way, rounds, tolerance, &failures);
		if (lost < tolerance)
			break;
	}
	is(failures, 0, "%s: %d times", name, rounds);
	if (!ok(lost < tolerance, "%s: the memory is back", name))
		note("%ld kB are missing", lost);
}

int main(void)
{
	fd = dev_open(O_RDWR);
	worker_start(&other);
	test("open, grant, close", open_close, ROUNDS);
	test("attach, detach", attach_detach, ROUNDS);
	test("private copy made and emptied", private_copy, ROUNDS);
	test("private copy left", private_left, ROUNDS);
	test("attachment replaced", replace, ROUNDS);
	test("map left by ioperm()", leave_by_ioperm, ROUNDS);
	test("map outlives its file", survivor, ROUNDS);
	test("exit with a private copy", child_exits, ROUNDS / 3);
	test("read, close", mediated, ROUNDS);
	worker_stop(&other);
	return done();
}
