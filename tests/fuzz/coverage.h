/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which code of the module was reached, by KCOV; nothing where the kernel has none.
 */
#ifndef IOPORT_FUZZ_COVERAGE_H
#define IOPORT_FUZZ_COVERAGE_H

#include <sys/ioctl.h>
#include <sys/mman.h>

#define KCOV_INIT _IOR('c', 1, unsigned long)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_PLACES 16384
#define COVERED (1 << 18)

/* In shared memory: one byte for each place, and how many there are. */
struct coverage {
	unsigned long base, size;
	unsigned int count, seen;
	unsigned char covered[COVERED];
};

static struct coverage *coverage;
static __thread unsigned long *coverage_area;

/* Where the module is. */
static void coverage_module(void)
{
	FILE *file = fopen("/proc/modules", "r");
	char line[300];

	while (file && coverage && fgets(line, sizeof(line), file))
		sscanf(line, "ioport %lu %*s %*s %*s %lx", &coverage->size, &coverage->base);
	if (file)
		fclose(file);
}

/* A 32-bit program cannot name the kernel's places. */
static void coverage_init(void)
{
	if (sizeof(long) < 8 || access("/sys/kernel/debug/kcov", R_OK))
		return;
	coverage = mmap(NULL, sizeof(*coverage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (coverage == MAP_FAILED)
		coverage = NULL;
	coverage_module();
}

/* For the calling thread. A child's begins anew. */
static void coverage_open(void)
{
	int fd;

	coverage_area = NULL;
	if (!coverage)
		return;
	fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, KCOV_INIT, KCOV_PLACES))
		return;
	coverage_area =
		mmap(NULL, KCOV_PLACES * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (coverage_area == MAP_FAILED || ioctl(fd, KCOV_ENABLE, 0))
		coverage_area = NULL;
	close(fd);
}

static void coverage_start(void)
{
	if (coverage_area)
		__atomic_store_n(&coverage_area[0], 0, __ATOMIC_RELAXED);
}

static void coverage_stop(void)
{
	unsigned long n = coverage_area ? __atomic_load_n(&coverage_area[0], __ATOMIC_RELAXED) : 0;

	for (unsigned long i = 1; i <= n; i++) {
		unsigned long place = coverage_area[i] - coverage->base;

		if (place >= coverage->size || place >= COVERED || coverage->covered[place])
			continue;
		coverage->covered[place] = 1;
		coverage->count++;
	}
}

/* Was there anything new since the last time? */
static bool coverage_grew(void)
{
	bool grew = coverage && coverage->count != coverage->seen;

	if (coverage)
		coverage->seen = coverage->count;
	return grew;
}

static unsigned int coverage_count(void)
{
	return coverage ? coverage->count : 0;
}

#endif
