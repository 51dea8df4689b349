// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port that was revoked faults from then on, also in a thread that is spinning
 * on it on another CPU. Each spinner notes, with every access that went through,
 * the number of the round it was made in, read before the access; an access in a
 * round whose revocation had returned before is counted as stale.
 *
 * Two ways: the spinner catches the fault, and every round proves that it came;
 * and the window moves between two places, so that the spinner always has one.
 * Run as an ordinary user who may use the device; with the argument "switching",
 * by allow=all and busy=allow.
 */
#include "access.h"

#include <stdatomic.h>
#include <sys/mman.h>

static int fd;

/* Even: the window is open. Odd: its revocation has returned. */
static atomic_uint phase;
static atomic_bool stop;

struct spinner {
	pthread_t thread;
	atomic_uint accesses; /* that went through */
	atomic_uint faults;
	atomic_uint stale;	   /* began when the port was closed already, and went through */
	atomic_uint seen_fault_in; /* last odd phase in which it faulted */
};

/*
 * Time in user mode without touching a port. Under emulation every access to a
 * device takes a lock that an interrupt needs too.
 */
static void pause_for(unsigned int loops)
{
	while (loops--)
		asm volatile("pause");
}

static void *spin(void *arg)
{
	struct spinner *s = arg;

	pin_to_cpu(1);
	if (dev_attach(fd, 0))
		return (void *)1;
	while (!atomic_load(&stop)) {
		unsigned int before = atomic_load(&phase);

		pause_for(20);
		if (can_in(LPT, 1)) {
			atomic_fetch_add(&s->accesses, 1);
			/* Closed before the access, and no new grant since. */
			if (before % 2 && atomic_load(&phase) == before)
				atomic_fetch_add(&s->stale, 1);
		} else {
			atomic_fetch_add(&s->faults, 1);
			if (before % 2)
				atomic_store(&s->seen_fault_in, before);
		}
	}
	return NULL;
}

static bool wait_for(atomic_uint *what, unsigned int value)
{
	double end = deadline(20);

	while (atomic_load(what) < value) {
		if (seconds() > end)
			return false;
		sched_yield();
	}
	return true;
}

/*
 * The spinner holds the port for as long as it can without a call: it stays in
 * user mode, the revocation has to come to it.
 */
static void test_spinning(int rounds, int how)
{
	static const char *const names[] = { "REVOKE", "SET_MAP" };
	uint8_t empty[IOPORT_MAP_BYTES];
	struct spinner s = { 0 };
	unsigned int used, closed;
	int n, errors = 0, missed = 0;

	bits_fill(empty, false);
	atomic_store(&stop, false);
	if (pthread_create(&s.thread, NULL, spin, &s))
		bail("pthread_create");
	for (n = 0; n < rounds; n++) {
		used = atomic_load(&s.accesses);
		errors += dev_grant(fd, LPT, LPT_COUNT, 0) != 0;
		missed += !wait_for(&s.accesses, used + 1);
		errors += (how ? dev_set_map(fd, empty, 0) : dev_revoke(fd, LPT, 1, 0)) != 0;
		closed = atomic_load(&phase) + 1;
		atomic_store(&phase, closed);
		missed += !wait_for(&s.seen_fault_in, closed);
		atomic_store(&phase, closed + 1);
	}
	atomic_store(&stop, true);
	pthread_join(s.thread, NULL);
	is(errors, 0, "%s: %d rounds against a spinning thread", names[how], rounds);
	is(missed, 0, "it used the port in each, and lost it in each");
	is(atomic_load(&s.stale), 0, "no access after the return");
	note("%u accesses, %u faults", atomic_load(&s.accesses), atomic_load(&s.faults));
}

/*
 * Many revocations while a spinner never loses its other port: it stays in user
 * mode between interrupts, which is when an old copy in the TSS would live on.
 */
static void *spin_two(void *arg)
{
	struct spinner *s = arg;

	pin_to_cpu(1);
	if (dev_attach(fd, 0))
		return (void *)1;
	while (!atomic_load(&stop)) {
		unsigned int before;

		in8(VOID);
		pause_for(200);
		before = atomic_load(&phase);
		if (!(before % 2))
			continue;
		if (can_in(LPT + 2, 1) && atomic_load(&phase) == before)
			atomic_fetch_add(&s->stale, 1);
		else
			atomic_fetch_add(&s->faults, 1);
	}
	return NULL;
}

static void test_many(int rounds)
{
	struct spinner s = { 0 };
	unsigned int faults;
	int n, errors = 0;

	if (dev_grant(fd, VOID, 1, 0))
		bail("grant");
	atomic_store(&stop, false);
	if (pthread_create(&s.thread, NULL, spin_two, &s))
		bail("pthread_create");
	for (n = 0; n < rounds; n++) {
		errors += dev_grant(fd, LPT, LPT_COUNT, 0) != 0;
		errors += dev_revoke(fd, LPT, LPT_COUNT, 0) != 0;
		atomic_fetch_add(&phase, 1);
		if (n % 8 == 0) {
			faults = atomic_load(&s.faults);
			wait_for(&s.faults, faults + 1);
		}
		atomic_fetch_add(&phase, 1);
	}
	atomic_store(&stop, true);
	pthread_join(s.thread, NULL);
	is(errors, 0, "%d grants and revocations under a thread in user mode", rounds);
	ok(atomic_load(&s.faults) > (unsigned int)rounds / 16, "it looked often enough");
	is(atomic_load(&s.stale), 0, "no access after the return");
	note("%u looks", atomic_load(&s.faults));
}

/* The last close is a revocation too. */
static void *spin_until_fault(void *arg)
{
	(void)arg;
	pin_to_cpu(1);
	if (dev_attach(fd, 0))
		return (void *)1;
	atomic_fetch_add(&phase, 1);
	while (can_in(LPT, 1))
		pause_for(20);
	return NULL;
}

static void test_close(int rounds)
{
	pthread_t thread;
	void *result;
	int n, errors = 0;

	for (n = 0; n < rounds; n++) {
		int copy = fd;

		errors += dev_grant(fd, LPT, LPT_COUNT, 0) != 0;
		atomic_store(&phase, 0);
		pthread_create(&thread, NULL, spin_until_fault, NULL);
		wait_for(&phase, 1);
		close(copy);
		errors += can_in(LPT, 1);
		pthread_join(thread, &result);
		errors += result != NULL;
		fd = dev_open(O_RDWR);
	}
	is(errors, 0, "%d closes under a spinning thread", rounds);
}

/*
 * The TSS of CPU 1 is loaded again and again, because an attached thread and a
 * rival, another process with a map of its own, take turns there. Revocations
 * from CPU 0 thus often find it in the middle of a copy, which is 8 KiB long as
 * long as a map has a port at the very end.
 */
#define TOP_PORT 0xffff

static struct rival {
	atomic_bool stop;
	atomic_uint turns;
	atomic_uint wrong;
} * rival;

static unsigned int target;

static void rival_main(unsigned int own)
{
	int f = dev_open(O_RDWR);

	pin_to_cpu(1);
	if (dev_grant(f, own, 1, 0))
		_exit(1);
	while (!atomic_load(&rival->stop)) {
		if (!can_in(own, 1) || can_in(target, 1))
			atomic_fetch_add(&rival->wrong, 1);
		atomic_fetch_add(&rival->turns, 1);
		sched_yield();
	}
	_exit(0);
}

static void *spin_and_yield(void *arg)
{
	struct spinner *s = arg;
	unsigned int before;
	int i;

	pin_to_cpu(1);
	if (dev_attach(fd, 0))
		return (void *)1;
	while (!atomic_load(&stop)) {
		for (i = 0; i < 8; i++) {
			before = atomic_load(&phase);
			if (!(before % 2))
				continue;
			if (can_in(target, 1) && atomic_load(&phase) == before)
				atomic_fetch_add(&s->stale, 1);
			atomic_fetch_add(&s->faults, 1);
		}
		sched_yield();
	}
	return NULL;
}

/* The spinner keeps a port, and has others taken away of which it tries the first. */
static void test_switching(const char *name, unsigned int kept, struct window closed,
			   unsigned int rivals, int rounds)
{
	struct spinner s = { 0 };
	unsigned int faults;
	pid_t pid;
	int n, errors = 0;

	fd = dev_open(O_RDWR);
	target = closed.first;
	atomic_store(&stop, false);
	atomic_store(&phase, 0);
	memset(rival, 0, sizeof(*rival));
	fflush(stdout);
	pid = fork();
	if (!pid)
		rival_main(rivals);
	errors += dev_grant(fd, kept, 1, 0) != 0;
	if (pthread_create(&s.thread, NULL, spin_and_yield, &s))
		bail("pthread_create");
	for (n = 0; n < rounds; n++) {
		errors += dev_grant(fd, closed.first, closed.count, 0) != 0;
		pause_for(random() % 256);
		errors += dev_revoke(fd, closed.first, closed.count, 0) != 0;
		faults = atomic_load(&s.faults);
		atomic_fetch_add(&phase, 1);
		wait_for(&s.faults, faults + 1);
		atomic_fetch_add(&phase, 1);
	}
	atomic_store(&stop, true);
	pthread_join(s.thread, NULL);
	atomic_store(&rival->stop, true);
	waitpid(pid, NULL, 0);
	is(errors, 0, "%s: %d revocations while the CPU loads its TSS", name, rounds);
	is(atomic_load(&s.stale), 0, "%s: no access after the return", name);
	is(atomic_load(&rival->wrong), 0, "%s: the rival had its own port, only", name);
	ok(atomic_load(&rival->turns) > (unsigned int)rounds / 4, "%s: it took its turns", name);
	close(fd);
}

static int switching_main(void)
{
	rival = mmap(NULL, sizeof(*rival), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	pin_to_cpu(0);
	test_switching("a low port, long copies", TOP_PORT, (struct window){ LPT, 1 }, TOP_PORT - 1,
		       2000);
	test_switching("all high ports, long and short copies", LPT,
		       (struct window){ 0x4000, 0xc000 }, VOID, 2000);
	return done();
}

int main(int argc, char **argv)
{
	need_cpus(2);
	if (argc == 2 && !strcmp(argv[1], "switching"))
		return switching_main();
	pin_to_cpu(0);
	fd = dev_open(O_RDWR);
	test_spinning(2000, 0);
	test_spinning(500, 1);
	test_many(5000);
	test_close(100);
	return done();
}
