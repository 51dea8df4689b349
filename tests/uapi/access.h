/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the raw interface share: calls without the library, port
 * instructions that may fault, and threads that do as they are told.
 */
#ifndef IOPORT_TESTS_ACCESS_H
#define IOPORT_TESTS_ACCESS_H

/* Comes first in every test. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ioport_dev.h"
#include "tap.h"

#define UNUSED __attribute__((unused))

/* Nothing is ever mapped there; volatile, so that the compiler does not know. */
static volatile uintptr_t bad_address = 8;
#define BAD_POINTER ((void *)bad_address)

#define DEVICE "/dev/ioport"

/* The parallel port of the test machine, and a window with no device. */
#define LPT 0x378
#define LPT_COUNT 8
#define VOID 0x278
#define VOID_COUNT 8

/* ---- calls ---- */

UNUSED static int dev_open(int flags)
{
	int fd = open(DEVICE, flags | O_CLOEXEC);

	if (fd < 0)
		bail("open %s: %s", DEVICE, strerror(errno));
	return fd;
}

static int range_call(int fd, unsigned long call, uint32_t first, uint32_t count, uint32_t flags)
{
	struct ioport_range range = { .first = first, .count = count, .flags = flags };

	return ioctl(fd, call, &range);
}

UNUSED static int dev_grant(int fd, uint32_t first, uint32_t count, uint32_t flags)
{
	return range_call(fd, IOPORT_IOC_GRANT, first, count, flags);
}

UNUSED static int dev_revoke(int fd, uint32_t first, uint32_t count, uint32_t flags)
{
	return range_call(fd, IOPORT_IOC_REVOKE, first, count, flags);
}

UNUSED static int dev_claim(int fd, uint32_t first, uint32_t count)
{
	return range_call(fd, IOPORT_IOC_CLAIM, first, count, 0);
}

UNUSED static int dev_release(int fd, uint32_t first, uint32_t count)
{
	return range_call(fd, IOPORT_IOC_RELEASE, first, count, 0);
}

static int dev_map_call(int fd, unsigned long call, const void *bits, uint32_t which,
			uint32_t flags)
{
	struct ioport_map map = { .map = (uintptr_t)bits, .which = which, .flags = flags };

	return ioctl(fd, call, &map);
}

UNUSED static int dev_set_map(int fd, const uint8_t *bits, uint32_t flags)
{
	return dev_map_call(fd, IOPORT_IOC_SET_MAP, bits, 0, flags);
}

UNUSED static int dev_get_map(int fd, uint32_t which, uint8_t *bits)
{
	return dev_map_call(fd, IOPORT_IOC_GET_MAP, bits, which, 0);
}

UNUSED static int dev_limit(int fd, const uint8_t *bits)
{
	return dev_map_call(fd, IOPORT_IOC_LIMIT, bits, 0, 0);
}

UNUSED static int dev_attach(int fd, uint32_t flags)
{
	struct ioport_attach arg = { .flags = flags };

	return ioctl(fd, IOPORT_IOC_ATTACH, &arg);
}

UNUSED static int dev_detach(int fd)
{
	struct ioport_attach arg = { 0 };

	return ioctl(fd, IOPORT_IOC_DETACH, &arg);
}

/* Returns the reason, and the port in *port where that is not NULL; -1 on error. */
UNUSED static int dev_check(int fd, uint32_t first, uint32_t count, uint32_t flags, uint32_t *port)
{
	struct ioport_check arg = { .first = first, .count = count, .flags = flags };

	if (ioctl(fd, IOPORT_IOC_CHECK, &arg))
		return -1;
	if (port)
		*port = arg.port;
	return arg.reason;
}

/* ---- maps ---- */

UNUSED static void bits_fill(uint8_t *bits, bool open)
{
	memset(bits, open ? 0 : 0xff, IOPORT_MAP_BYTES);
}

UNUSED static void bits_open(uint8_t *bits, unsigned int first, unsigned int count)
{
	for (; count--; first++)
		bits[first / 8] &= ~(1 << first % 8);
}

static bool bits_is_open(const uint8_t *bits, unsigned int port)
{
	return !(bits[port / 8] & (1 << port % 8));
}

UNUSED static unsigned int bits_count(const uint8_t *bits)
{
	unsigned int port, n = 0;

	for (port = 0; port < IOPORT_PORTS; port++)
		n += bits_is_open(bits, port);
	return n;
}

/* The map's ports are closed, all at once. */
UNUSED static int dev_set_none(int fd)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	bits_fill(bits, false);
	return dev_set_map(fd, bits, 0);
}

/* ---- instructions that may fault ---- */

static __thread sigjmp_buf fault_jump;
static __thread volatile sig_atomic_t fault_armed;

static void fault_handler(int sig)
{
	if (!fault_armed)
		_exit(128 + sig);
	siglongjmp(fault_jump, 1);
}

__attribute__((constructor)) static void fault_init(void)
{
	struct sigaction action = { .sa_handler = fault_handler, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
}

/* Runs a statement; false where it faulted. */
#define survives(...)                            \
	({                                       \
		volatile bool survived = false;  \
		if (!sigsetjmp(fault_jump, 0)) { \
			fault_armed = 1;         \
			__VA_ARGS__;             \
			survived = true;         \
		}                                \
		fault_armed = 0;                 \
		survived;                        \
	})

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t in16(uint16_t port)
{
	uint16_t value;

	asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out16(uint16_t port, uint16_t value)
{
	asm volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out32(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* May the calling thread read this port by an instruction of this width? */
__attribute__((noinline, unused)) static bool can_in(uint16_t port, unsigned int width)
{
	switch (width) {
	case 1:
		return survives(in8(port));
	case 2:
		return survives(in16(port));
	default:
		return survives(in32(port));
	}
}

/* ---- what a thread may reach ---- */

struct window {
	unsigned int first;
	unsigned int count;
};

/* Inside, at and beyond the borders of all windows that the tests use. */
static const uint16_t samples[] = {
	0x0000, 0x0080, 0x0277, 0x0278, 0x0279, 0x027f, 0x0280, 0x0377, 0x0378, 0x0379, 0x037a,
	0x037f, 0x0380, 0x03bb, 0x03bc, 0x03bd, 0x03bf, 0x03c0, 0x0cf8, 0x8000, 0xfffe, 0xffff,
};

static bool in_windows(const struct window *windows, unsigned int port, unsigned int width)
{
	unsigned int i, w;

	for (w = 0; w < width; w++) {
		for (i = 0; windows[i].count; i++)
			if (port + w >= windows[i].first &&
			    port + w < windows[i].first + windows[i].count)
				break;
		if (!windows[i].count)
			return false;
	}
	return true;
}

/*
 * Number of accesses, over all sample ports and widths, that did not do as the
 * windows say (a list that ends with an empty one).
 */
UNUSED static int mismatches(const struct window *windows)
{
	unsigned int i, width;
	int wrong = 0;

	for (i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		for (width = 1; width <= 4 && samples[i] + width <= IOPORT_PORTS; width *= 2)
			if (can_in(samples[i], width) != in_windows(windows, samples[i], width))
				wrong++;
	return wrong;
}

#define WINDOWS(...) ((const struct window[]){ __VA_ARGS__ __VA_OPT__(, ){ 0, 0 } })
#define NONE WINDOWS()
#define LPT_WINDOW             \
	{                      \
		LPT, LPT_COUNT \
	}
#define VOID_WINDOW              \
	{                        \
		VOID, VOID_COUNT \
	}

/* ---- threads ---- */

struct worker {
	pthread_t thread;
	sem_t start, finished;
	long (*work)(void *arg);
	void *arg;
	long result;
	bool quit;
};

static void *worker_main(void *data)
{
	struct worker *w = data;

	for (;;) {
		while (sem_wait(&w->start))
			;
		if (w->quit)
			return NULL;
		w->result = w->work(w->arg);
		sem_post(&w->finished);
	}
}

UNUSED static void worker_start(struct worker *w)
{
	memset(w, 0, sizeof(*w));
	sem_init(&w->start, 0, 0);
	sem_init(&w->finished, 0, 0);
	if (pthread_create(&w->thread, NULL, worker_main, w))
		bail("pthread_create");
}

/* Has the worker do something. */
static void worker_begin(struct worker *w, long (*work)(void *arg), void *arg)
{
	w->work = work;
	w->arg = arg;
	sem_post(&w->start);
}

/* Waits for the result. */
static long worker_end(struct worker *w)
{
	while (sem_wait(&w->finished))
		;
	return w->result;
}

UNUSED static long worker_do(struct worker *w, long (*work)(void *arg), void *arg)
{
	worker_begin(w, work, arg);
	return worker_end(w);
}

UNUSED static void worker_stop(struct worker *w)
{
	w->quit = true;
	sem_post(&w->start);
	pthread_join(w->thread, NULL);
}

UNUSED static long worker_mismatches(void *arg)
{
	return mismatches(arg);
}

/* The same in a new child. */
UNUSED static long child_do(long (*work)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(work(arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail("fork: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* At once, where a child would only find out later, and its parent wait for it. */
UNUSED static void need_cpus(long n)
{
	long there = sysconf(_SC_NPROCESSORS_ONLN);

	if (there < n)
		bail("%ld CPUs of %ld", there, n);
}

UNUSED static void pin_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bail("CPU %d: %s", cpu, strerror(errno));
}

/* ioperm() by the 32-bit entry, from a program of any kind. */
UNUSED static long ioperm_int80(unsigned long from, unsigned long num, int on)
{
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(101), "b"(from), "c"(num), "d"(on)
		     : "memory");
	return result;
}

UNUSED static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* When to give up what takes no time on a machine that is not busy. */
UNUSED static double deadline(unsigned int bound)
{
	return seconds() + bound * slow();
}

#endif
