// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an ordinary user costs tasks on other CPUs by editing a shared map in a loop,
 * beside a loop of membarrier(), which is open to everybody and interrupts them too.
 * Counted are the instructions of all CPUs for a call, with a task in user mode on
 * each other CPU, so that what one CPU more costs is the interruption of one.
 *
 * With -icount the CPUs of the test machine take turns, and one that executes PAUSE
 * hands on at once. The caller does so while it waits for the others; the others do
 * nothing else, so that they add next to nothing of their own.
 *
 * Run as root where the clock counts instructions, the module not loaded.
 */
#include "bench.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>

static int membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

/* It asks for global membarriers, as a program with an RCU of its own does. */
static void bystand(int cpu)
{
	pin_to_cpu(cpu);
	must(!membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED));
	for (;;)
		asm volatile("pause");
}

static int file;

static void *second_thread(void *arg)
{
	pause();
	return arg;
}

static void prepare_edits(void)
{
	pthread_t thread;

	file = open(DEVICE, O_RDWR);
	must(file >= 0 && !dev_grant(file, PORT, 1, 0));
	must(!pthread_create(&thread, NULL, second_thread, NULL));
	drop_privileges();
}

static void edit_twice(void)
{
	must(!dev_grant(file, PORT + 1, 1, 0));
	must(!dev_revoke(file, PORT + 1, 1, 0));
}

static void barrier_call(void)
{
	must(!membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED));
}

static const struct {
	const char *name;
	struct side side;
} calls[] = {
	{ "membarrier, global expedited", { drop_privileges, barrier_call, 1 } },
	{ "GRANT or REVOKE, 2 threads attached", { prepare_edits, edit_twice, 2 } },
};

int main(void)
{
	long cpu, cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pid_t bystanders[64];
	unsigned int i;
	double cost;

	counting = true;
	pin_to_cpu(0);
	shell(LOAD);
	for (cpu = 1; cpu < cpus; cpu++) {
		bystanders[cpu] = companion();
		if (!bystanders[cpu])
			bystand(cpu);
	}
	nap(10);
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		cost = measure(&calls[i].side);
		result("calls", "%s\t%ld\t%.0f", calls[i].name, cpus, cost);
		ok(cost > 0, "%s", calls[i].name);
	}
	for (cpu = 1; cpu < cpus; cpu++)
		stop(bystanders[cpu]);
	shell(UNLOAD);
	return done();
}
