// SPDX-License-Identifier: GPL-2.0-only
/*
 * How late a task on the same CPU wakes up, once a millisecond, while an ordinary
 * user runs the longest batches that there are; in us of the machine's clock, which
 * are thousands of instructions. Run as root on one CPU, the module not loaded.
 */
#include "bench.h"

#define WAKEUPS 300
/* Before, until the scheduler knows the two. */
#define SETTLE 100
#define PERIOD_NS 1000000

static struct ioport_op ops[4096];
static uint8_t bytes[262144];
static int file;

/* ---- what disturbs ---- */

static void batches(unsigned int n, struct ioport_op op, unsigned int step)
{
	struct ioport_xfer xfer = { .ops = (uintptr_t)ops, .count = n };
	unsigned int i;

	for (i = 0; i < n; i++) {
		ops[i] = op;
		if (step)
			ops[i].data = (uintptr_t)bytes + step * i;
	}
	drop_privileges();
	for (;;)
		must(!ioctl(file, IOPORT_IOC_XFER, &xfer) || errno == ETIMEDOUT);
}

static void idle(void)
{
	for (;;)
		pause();
}

static void spin(void)
{
	drop_privileges();
	for (;;)
		nothing();
}

static void many_in(void)
{
	batches(4096, (struct ioport_op){ .code = IOPORT_OP_IN, .width = 1, .port = PORT }, 0);
}

static void many_ins(void)
{
	batches(4096,
		(struct ioport_op){ .code = IOPORT_OP_INS, .width = 1, .port = PORT, .value = 64 },
		64);
}

static void long_ins(void)
{
	batches(1,
		(struct ioport_op){ .code = IOPORT_OP_INS,
				    .width = 1,
				    .port = PORT,
				    .value = sizeof(bytes),
				    .data = (uintptr_t)bytes },
		0);
}

static void long_outs(void)
{
	batches(1,
		(struct ioport_op){ .code = IOPORT_OP_OUTS,
				    .width = 1,
				    .port = PORT,
				    .value = sizeof(bytes),
				    .data = (uintptr_t)bytes },
		0);
}

/* What never comes. */
static void long_wait(void)
{
	batches(1,
		(struct ioport_op){ .code = IOPORT_OP_WAIT,
				    .width = 1,
				    .port = PORT,
				    .mask = 1,
				    .time = 10000000000 },
		0);
}

/* The peer, for root: as many bytes as there are ports from here on. */
static void read_dev_port(void)
{
	int fd = open("/dev/port", O_RDONLY);

	for (;;)
		must(pread(fd, bytes, 4096, 0x1000) == 4096);
}

/* ---- the task that wakes up ---- */

static void sleep_until(uint64_t ns)
{
	struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

static void wake_up(double *late)
{
	uint64_t next = clock_ns(CLOCK_MONOTONIC) + 10 * PERIOD_NS;
	int i;

	for (i = -SETTLE; i < WAKEUPS; i++, next += PERIOD_NS) {
		sleep_until(next);
		if (i >= 0)
			late[i] = (clock_ns(CLOCK_MONOTONIC) - next) / 1000.0;
	}
	sort_values(late, WAKEUPS);
}

/* ---- the table ---- */

static const struct {
	const char *name;
	void (*work)(void);
} loads[] = {
	{ "nothing", idle },
	{ "a loop in user mode", spin },
	{ "batches of 4096 IN", many_in },
	{ "batches of 4096 INS of 64 bytes", many_ins },
	{ "INS of 256 KiB", long_ins },
	{ "OUTS of 256 KiB", long_outs },
	{ "WAIT without a pause", long_wait },
	{ "root: preads of 4 KiB of /dev/port", read_dev_port },
};

/*
 * The middle one of three rounds: what the machine does for itself once in some
 * seconds would else be laid at the door of whoever runs at that moment.
 */
#define ROUNDS 3

static void run_load(unsigned int l)
{
	double late[WAKEUPS], p99[ROUNDS], most[ROUNDS];
	unsigned int round;
	pid_t pid = companion();

	if (!pid)
		loads[l].work();
	for (round = 0; round < ROUNDS; round++) {
		wake_up(late);
		p99[round] = late[WAKEUPS * 99 / 100];
		most[round] = late[WAKEUPS - 1];
	}
	if (waitpid(pid, NULL, WNOHANG))
		bail("%s: it ended", loads[l].name);
	stop(pid);
	sort_values(p99, ROUNDS);
	sort_values(most, ROUNDS);
	result("latency", "%s\t%.1f\t%.1f\t%.1f", loads[l].name, late[WAKEUPS / 2], p99[ROUNDS / 2],
	       most[ROUNDS / 2]);
	ok(true, "%s", loads[l].name);
}

int main(void)
{
	unsigned int i;

	pin_to_cpu(0);
	prctl(PR_SET_TIMERSLACK, 1);
	shell(LOAD);
	file = dev_open(O_RDWR);
	for (i = 0; i < sizeof(loads) / sizeof(*loads); i++)
		run_load(i);
	close(file);
	shell(UNLOAD);
	return done();
}
