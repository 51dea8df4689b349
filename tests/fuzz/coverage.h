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
#define KCOV_PLACES 4096
#define COVERED (1 << 18)
#define WAYS (1 << 16)

/*
 * In shared memory: one byte for each place, and one for each way from a place to the
 * next, by a hash; how many there are.
 */
struct coverage {
	unsigned long base, size;
	unsigned int places, ways;
	unsigned char place[COVERED], way[WAYS];
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

/* Is there a way that no call went before? */
static bool coverage_stop(void)
{
	unsigned long n = coverage_area ? __atomic_load_n(&coverage_area[0], __ATOMIC_RELAXED) : 0;
	unsigned long before = 0, place, way;
	bool new = false;

	for (unsigned long i = 1; i <= n; i++, before = place) {
		place = coverage_area[i] - coverage->base;
		way = (place ^ before * 0x9e5) % WAYS;
		if (coverage->way[way])
			continue;
		/* Another module's place, or the kernel's. */
		if (place >= coverage->size || place >= COVERED)
			continue;
		coverage->way[way] = 1;
		coverage->ways++;
		coverage->places += !coverage->place[place];
		coverage->place[place] = 1;
		new = true;
	}
	return new;
}

static unsigned int coverage_places(void)
{
	return coverage ? coverage->places : 0;
}

static unsigned int coverage_ways(void)
{
	return coverage ? coverage->ways : 0;
}

#endif
