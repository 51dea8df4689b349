// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients with different windows never see each other's ports, on one CPU, on
 * two, and while the map of one of them grows. Run as an ordinary user who may use
 * the device, on two CPUs.
 *
 * The argument is how many seconds each part may take.
 */
#include "access.h"

#include <stdatomic.h>
#include <sys/mman.h>

static struct shared {
	atomic_bool stop;
	atomic_uint looks[4];
	atomic_uint wrong[4];
	atomic_uint errors;
} * shared;

static double part_seconds = 2;

static pid_t client(void (*run)(int), int number, int cpu)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail("fork");
	if (pid)
		return pid;
	pin_to_cpu(cpu);
	run(number);
	_exit(0);
}

static void fail_client(void)
{
	atomic_fetch_add(&shared->errors, 1);
	_exit(1);
}

static void look(int number, const struct window *windows)
{
	atomic_fetch_add(&shared->looks[number], 1);
	atomic_fetch_add(&shared->wrong[number], mismatches(windows));
}

/* Even clients use the one window, odd ones the other. */
static void fixed_client(int number)
{
	int fd = dev_open(O_RDWR);

	if (dev_grant(fd, number % 2 ? LPT : VOID, 8, 0))
		fail_client();
	while (!atomic_load(&shared->stop)) {
		look(number, number % 2 ? WINDOWS(LPT_WINDOW) : WINDOWS(VOID_WINDOW));
		sched_yield();
	}
}

/* Opens and closes, so that what the TSS holds changes all the time. */
static void changing_client(int number)
{
	while (!atomic_load(&shared->stop)) {
		int fd = dev_open(O_RDWR);

		look(number, NONE);
		if (dev_grant(fd, VOID, 8, 0) || dev_grant(fd, 0x3bc, 4, 0))
			fail_client();
		look(number, WINDOWS(VOID_WINDOW, { 0x3bc, 4 }));
		sched_yield();
		if (dev_revoke(fd, 0x3bc, 4, 0))
			fail_client();
		look(number, WINDOWS(VOID_WINDOW));
		sched_yield();
		close(fd);
		look(number, NONE);
	}
}

/* Never had a window. */
static void idle_client(int number)
{
	while (!atomic_load(&shared->stop)) {
		look(number, NONE);
		sched_yield();
	}
}

/* And until each client has looked more often than that, on a machine that is busy too. */
static void let_run(double least, const unsigned int looks[4])
{
	double end = deadline(60);
	unsigned int i;

	usleep(least * 1e6);
	for (i = 0; i < 4; i++)
		while (looks[i] && shared->looks[i] <= looks[i] && seconds() < end)
			usleep(10000);
	atomic_store(&shared->stop, true);
}

static void run_part(const char *name, void (*const run[4])(int), const int cpu[4])
{
	unsigned int i, wrong = 0;
	pid_t pids[4];

	memset(shared, 0, sizeof(*shared));
	for (i = 0; i < 4; i++)
		pids[i] = client(run[i], i, cpu[i]);
	let_run(part_seconds, (const unsigned int[]){ 10, 10, 10, 10 });
	for (i = 0; i < 4; i++) {
		waitpid(pids[i], NULL, 0);
		wrong += shared->wrong[i];
		ok(shared->looks[i] > 10, "%s: client %u looked", name, i);
	}
	is(wrong, 0, "%s: everybody saw just what was theirs", name);
	is(shared->errors, 0, "%s: no call failed", name);
}

/*
 * Growth. On CPU 1 three take turns, so that the TSS is loaded with each of
 * them again and again: a thread of the client whose map grows, one with a high
 * window all the time, and the victim, whose own window is low and who must never
 * see the high ports. The map grows by a call on CPU 0.
 */
#define HIGH 0x3bc
#define LOW 0x278

static atomic_int grow_fd = -1;

static void *grow_helper(void *arg)
{
	int fd = -1;

	(void)arg;
	pin_to_cpu(1);
	while (!atomic_load(&shared->stop)) {
		int now = atomic_load(&grow_fd);

		if (now >= 0 && now != fd && dev_attach(now, IOPORT_REPLACE))
			fail_client();
		if (now != fd)
			atomic_fetch_add(&shared->looks[1], 1);
		fd = now;
		sched_yield();
	}
	return NULL;
}

static void growing_client(int number)
{
	unsigned int helped;
	pthread_t helper;

	if (pthread_create(&helper, NULL, grow_helper, NULL))
		fail_client();
	while (!atomic_load(&shared->stop)) {
		int fd = dev_open(O_RDWR);

		if (dev_grant(fd, LOW, 1, 0))
			fail_client();
		helped = atomic_load(&shared->looks[1]);
		atomic_store(&grow_fd, fd);
		while (atomic_load(&shared->looks[1]) == helped && !atomic_load(&shared->stop))
			sched_yield();
		if (dev_grant(fd, HIGH, 4, 0))
			fail_client();
		atomic_fetch_add(&shared->looks[number], 1);
		helped = atomic_load(&shared->looks[1]);
		atomic_store(&grow_fd, -1);
		while (atomic_load(&shared->looks[1]) == helped && !atomic_load(&shared->stop))
			sched_yield();
		close(fd);
	}
	pthread_join(helper, NULL);
}

static void high_client(int number)
{
	int fd = dev_open(O_RDWR);

	if (dev_grant(fd, HIGH + 3, 1, 0))
		fail_client();
	while (!atomic_load(&shared->stop)) {
		if (!can_in(HIGH + 3, 1))
			atomic_fetch_add(&shared->wrong[number], 1);
		atomic_fetch_add(&shared->looks[number], 1);
		sched_yield();
	}
}

static void victim_client(int number)
{
	int fd = dev_open(O_RDWR);

	if (dev_grant(fd, LOW, 1, 0))
		fail_client();
	while (!atomic_load(&shared->stop)) {
		if (can_in(HIGH + 1, 1) || !can_in(LOW, 1))
			atomic_fetch_add(&shared->wrong[number], 1);
		atomic_fetch_add(&shared->looks[number], 1);
		sched_yield();
	}
}

static void test_growth(void)
{
	pid_t pids[3];
	int i;

	memset(shared, 0, sizeof(*shared));
	pids[0] = client(growing_client, 0, 0);
	pids[1] = client(high_client, 2, 1);
	pids[2] = client(victim_client, 3, 1);
	let_run(2 * part_seconds, (const unsigned int[]){ 20, 0, 0, 100 });
	for (i = 0; i < 3; i++)
		waitpid(pids[i], NULL, 0);
	ok(shared->looks[0] > 20, "growth: the map grew often");
	ok(shared->looks[3] > 100, "growth: the victim looked often");
	is(shared->wrong[3], 0, "growth: the victim never saw a port above its own");
	is(shared->wrong[2], 0, "growth: the client with the high window always had it");
	is(shared->errors, 0, "growth: no call failed");
	note("%u growths, %u looks", shared->looks[0], shared->looks[3]);
}

int main(int argc, char **argv)
{
	void (*const fixed[4])(int) = { fixed_client, fixed_client, fixed_client, idle_client };
	void (*const mixed[4])(int) = { fixed_client, fixed_client, changing_client, idle_client };

	need_cpus(2);
	if (argc > 1)
		part_seconds = atof(argv[1]);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	run_part("fixed windows, one CPU", fixed, (const int[]){ 0, 0, 0, 0 });
	run_part("fixed windows, two CPUs", fixed, (const int[]){ 0, 1, 1, 0 });
	run_part("changing windows, one CPU", mixed, (const int[]){ 1, 1, 1, 1 });
	run_part("changing windows, two CPUs", mixed, (const int[]){ 0, 0, 1, 1 });
	test_growth();
	return done();
}
