// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who does not use the device pays nothing: getppid() and a pipe ping-pong take
 * the same number of instructions with the module loaded as without. Run as root
 * on a machine whose clock counts instructions (-icount), the module not loaded.
 */
#include "access.h"

#include <sys/syscall.h>
#include <time.h>

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

#define RUNS 4001

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * The median of many runs: neither what an interrupt adds to a few is in it, nor
 * the short cut that the scheduler of 6.12 and later takes once in thousands.
 */
static uint64_t median(void (*work)(int), int n)
{
	static uint64_t took[RUNS];
	int i;

	for (i = 0; i < RUNS; i++) {
		took[i] = now();
		work(n);
		took[i] = now() - took[i];
	}
	qsort(took, RUNS, sizeof(took[0]), by_size);
	return took[RUNS / 2];
}

static void getppids(int n)
{
	while (n--)
		syscall(SYS_getppid);
}

static int ping[2], pong[2];

static void ping_pong(int n)
{
	char c = 0;

	while (n--)
		if (write(ping[1], &c, 1) != 1 || read(pong[0], &c, 1) != 1)
			bail("ping-pong");
}

static pid_t start_echo(void)
{
	char c;
	pid_t pid;

	if (pipe(ping) || pipe(pong))
		bail("pipe");
	pid = fork();
	if (pid)
		return pid;
	while (read(ping[0], &c, 1) == 1 && write(pong[1], &c, 1) == 1)
		;
	_exit(0);
}

struct cost {
	uint64_t getppid;
	uint64_t ping_pong;
};

#define CALLS 100
#define TURNS 1
#define CYCLES 4

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static struct cost measure(void)
{
	struct cost c;

	c.getppid = median(getppids, CALLS);
	c.ping_pong = median(ping_pong, TURNS);
	return c;
}

static void modprobe(const char *args)
{
	char command[64];

	snprintf(command, sizeof(command), "modprobe %s ioport && udevadm settle", args);
	if (system(command))
		bail("%s", command);
}

/*
 * Equal, to the clock's resolution of 1 ns for the one; to a thousandth for the
 * other, since a turn goes through the scheduler, whose usual way may differ by a
 * few instructions from one moment to another.
 */
static void compare(const char *what, uint64_t without, uint64_t with, int n, uint64_t tolerance)
{
	note("%-10s %9.2f instructions without, %9.2f with the module loaded", what,
	     (double)without / n, (double)with / n);
	ok(with <= without + tolerance && without <= with + tolerance, "%s costs the same", what);
}

/*
 * In turns, and the least median of each: the scheduler of 6.6 and later takes
 * other ways in the first moments than later on.
 */
int main(void)
{
	struct cost without, with, c;
	pid_t echo = start_echo();
	int i;

	measure();
	memset(&without, 0xff, sizeof(without));
	memset(&with, 0xff, sizeof(with));
	for (i = 0; i < CYCLES; i++) {
		c = measure();
		without.getppid = min64(without.getppid, c.getppid);
		without.ping_pong = min64(without.ping_pong, c.ping_pong);
		modprobe("");
		c = measure();
		with.getppid = min64(with.getppid, c.getppid);
		with.ping_pong = min64(with.ping_pong, c.ping_pong);
		modprobe("-r");
	}
	compare("getppid", without.getppid, with.getppid, CALLS, 2);
	compare("ping-pong", without.ping_pong, with.ping_pong, TURNS, without.ping_pong / 1000);
	kill(echo, SIGKILL);
	return done();
}
