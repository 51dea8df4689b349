// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a pulse of 5 ms is that is made by one batch, OUT, DELAY, OUT, while
 * other tasks want the same CPU. The ruler is a clock that the kernel's timers do not
 * use: the ACPI timer (3.58 MHz), read by the same batch before and after. Run as root
 * on one CPU, the module not loaded.
 */
#include "bench.h"

#define PULSES 100
#define PULSE_NS 5000000
#define PM_TIMER_HZ 3579545
#define PM_TIMER_MASK 0xffffff

static int file;

static unsigned int pm_timer_port(void)
{
	FILE *f = fopen("/proc/ioports", "r");
	unsigned int port = 0;
	char line[128];

	while (f && !port && fgets(line, sizeof(line), f))
		if (strstr(line, "ACPI PM_TMR"))
			sscanf(line, " %x", &port);
	if (!port)
		bail("no ACPI timer in /proc/ioports");
	fclose(f);
	return port;
}

/* In us. */
static double pulse(unsigned int timer)
{
	struct ioport_op ops[] = {
		{ .code = IOPORT_OP_IN, .width = 4, .port = timer },
		{ .code = IOPORT_OP_OUT, .width = 1, .port = PORT, .value = 1 },
		{ .code = IOPORT_OP_DELAY, .time = PULSE_NS },
		{ .code = IOPORT_OP_OUT, .width = 1, .port = PORT },
		{ .code = IOPORT_OP_IN, .width = 4, .port = timer },
	};
	struct ioport_xfer xfer = { .ops = (uintptr_t)ops, .count = 5 };

	must(!ioctl(file, IOPORT_IOC_XFER, &xfer));
	return ((ops[4].result - ops[0].result) & PM_TIMER_MASK) * 1e6 / PM_TIMER_HZ;
}

static void hog(void)
{
	for (;;)
		nothing();
}

static void be_real_time(void)
{
	struct sched_param param = { .sched_priority = 1 };

	must(!sched_setscheduler(0, SCHED_FIFO, &param));
}

static void work(unsigned int ms)
{
	uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ms * 1000000ULL;

	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void measure_pulses(double *over, unsigned int timer, unsigned int work_ms)
{
	unsigned int i;

	for (i = 0; i < PULSES; i++) {
		over[i] = pulse(timer) - PULSE_NS / 1000.0;
		work(work_ms);
	}
	sort_values(over, PULSES);
}

/* Who has slept for most of the time is let in before others; who works is not. */
static const struct {
	const char *name;
	unsigned int hogs;
	unsigned int work_ms; /* what the caller does between two pulses */
	bool real_time;
} cases[] = {
	{ "nobody else", 0, 1, false },
	{ "1 other task, same priority", 1, 1, false },
	{ "4 other tasks, same priority", 4, 1, false },
	{ "1 other task, the caller works 10 ms in between", 1, 10, false },
	{ "4 other tasks, the caller works 10 ms in between", 4, 10, false },
	{ "the same, the caller SCHED_FIFO", 4, 10, true },
};

static void run_case(unsigned int c, unsigned int timer)
{
	double *over = shared_memory(PULSES * sizeof(*over));
	unsigned int i;
	pid_t hogs[8], caller;

	for (i = 0; i < cases[c].hogs; i++) {
		hogs[i] = companion();
		if (!hogs[i])
			hog();
	}
	caller = companion();
	if (!caller) {
		if (cases[c].real_time)
			be_real_time();
		measure_pulses(over, timer, cases[c].work_ms);
		_exit(0);
	}
	if (waitpid(caller, NULL, 0) != caller)
		bail("waitpid");
	for (i = 0; i < cases[c].hogs; i++)
		stop(hogs[i]);
	result("pulse", "%s\t%.1f\t%.1f\t%.1f\t%.1f", cases[c].name, over[0], over[PULSES / 2],
	       over[PULSES * 99 / 100], over[PULSES - 1]);
	/* One tick of the ruler either way. */
	ok(over[0] > -1e6 / PM_TIMER_HZ, "%s: no pulse is too short", cases[c].name);
}

int main(void)
{
	unsigned int c, timer = pm_timer_port();

	pin_to_cpu(0);
	shell(LOAD);
	set_param("busy", "allow");
	file = dev_open(O_RDWR);
	for (c = 0; c < sizeof(cases) / sizeof(*cases); c++)
		run_case(c, timer);
	close(file);
	shell(UNLOAD);
	return done();
}
