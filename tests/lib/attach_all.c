// SPDX-License-Identifier: GPL-2.0-only
/* ioport_attach_all_threads(): threads that are older than the grant, of all kinds. */
#include "lib.h"

#include <pthread.h>
#include <time.h>

#define RESERVED 33 /* the C library's own signal, which the library borrows */
#define WORKERS 8
#define SPAWNED 60

/* A signal's action as the kernel has it: handler, flags, restorer, mask. */
struct action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

struct worker {
	pthread_t thread;
	struct ioport *io;
	int (*prepare)(struct worker *w);
	atomic_int stage; /* 1: has prepared; 2: go on; 3: has looked */
	bool attached;
	bool direct; /* by what the library knows */
	int pipe[2];
	char got;
	int err; /* of what it was waiting in */
};

/* In any thread, at the same time as in others. */
static bool has_latch(struct ioport *io)
{
	struct ioport_portmap map;

	return !ioport_get_map(io, IOPORT_WHICH_THREAD, &map) &&
	       ioport_portmap_is_open(&map, LATCH, 1);
}

static void await(atomic_int *stage, int value)
{
	while (*stage < value)
		usleep(1000);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	if (w->prepare && w->prepare(w))
		w->err = errno;
	w->stage = w->stage < 1 ? 1 : w->stage;
	await(&w->stage, 2);
	w->attached = has_latch(w->io);
	if (w->attached)
		inb(LATCH);
	w->direct = ioport_is_direct(w->io, LATCH, 1);
	w->stage = 3;
	return NULL;
}

static void start(struct worker *w, struct ioport *io, int (*prepare)(struct worker *w))
{
	memset(w, 0, sizeof(*w));
	w->io = io;
	w->prepare = prepare;
	if (pipe(w->pipe) || pthread_create(&w->thread, NULL, work, w))
		bail("no thread");
}

static bool finish(struct worker *w)
{
	w->stage = 2;
	pthread_join(w->thread, NULL);
	close(w->pipe[0]);
	close(w->pipe[1]);
	return w->attached;
}

static int block_all(struct worker *w)
{
	sigset_t all;

	(void)w;
	sigfillset(&all);
	return pthread_sigmask(SIG_SETMASK, &all, NULL);
}

/* The library finds, and remembers, that the thread has no port. */
static int read_first(struct worker *w)
{
	uint8_t value;

	return ioport_in8(w->io, LATCH, &value);
}

/* What no program does that minds its C library. */
static int block_really_all(struct worker *w)
{
	uint64_t all = ~0ULL;

	(void)w;
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
}

static void unblock_really_all(void)
{
	uint64_t none = 0;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

/* Is waiting in the kernel meanwhile. */
static int wait_in_read(struct worker *w)
{
	w->stage = 1;
	return read(w->pipe[0], &w->got, 1) != 1;
}

static int take_copy(struct worker *w)
{
	return ioport_grant(w->io, EMPTY, 1, IOPORT_THREAD);
}

static void get_actions(struct action actions[65])
{
	memset(actions, 0, 65 * sizeof(*actions));
	for (int sig = 1; sig < 65; sig++)
		syscall(SYS_rt_sigaction, sig, NULL, &actions[sig], 8);
}

static void on_other(int sig)
{
	(void)sig;
}

static void test_alone(void)
{
	struct ioport *io = must_open(0);
	unsigned int missing = 7;

	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	is(ioport_attach_all_threads(io, &missing), 0, "in a process with one thread");
	is(missing, 0, "none is missing");
	ok(!inb_faults(LATCH), "this thread has the port");
	is(ioport_attach_all_threads(io, NULL), 0, "once more, not counting");
	ioport_close(io);
}

static void test_older(void)
{
	int (*const kinds[])(struct worker *) = { NULL, block_all, wait_in_read, read_first };
	struct action before[65], after[65];
	struct worker w[WORKERS];
	struct ioport *io = must_open(0);
	unsigned int missing = 7, attached = 0, direct = 0;

	signal(SIGUSR1, on_other);
	signal(SIGRTMIN, on_other);
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	is(ioport_detach(io), 0, "detach, so that threads do not inherit it");
	for (int i = 0; i < WORKERS; i++)
		start(&w[i], io, kinds[i % 4]);
	for (int i = 0; i < WORKERS; i++)
		await(&w[i].stage, 1);
	usleep(20000);
	get_actions(before);
	is(ioport_attach_all_threads(io, &missing), 0, "%d older threads", WORKERS);
	get_actions(after);
	is(missing, 0, "none is missing");
	is(memcmp(before, after, sizeof(before)), 0, "all signals' actions are as before");
	for (int i = 0; i < WORKERS; i++)
		if (write(w[i].pipe[1], "x", 1) != 1)
			bail("pipe");
	for (int i = 0; i < WORKERS; i++) {
		attached += finish(&w[i]);
		direct += w[i].direct;
	}
	is(attached, WORKERS, "all have the port");
	is(direct, way_of_threads() == DIRECTLY ? WORKERS : 0, "and the library knows");
	is(w[2].got == 'x' && !w[2].err, true, "one that waited in read() was not disturbed");
	signal(SIGUSR1, SIG_DFL);
	signal(SIGRTMIN, SIG_DFL);
	ioport_close(io);
}

/* --- Threads that are made meanwhile ------------------------------------------ */

static struct spawn {
	struct ioport *io;
	atomic_uint made, attached, looked;
	atomic_bool look;
} spawn;

/* Makes the next and stays; so whoever is not attached makes more that are not. */
static void *spawn_next(void *arg)
{
	pthread_t next;

	if (spawn.made++ < SPAWNED) {
		if (pthread_create(&next, NULL, spawn_next, arg))
			bail("no thread");
		pthread_detach(next);
	}
	while (!spawn.look)
		usleep(1000);
	spawn.attached += has_latch(spawn.io);
	spawn.looked++;
	return NULL;
}

static void test_spawning(void)
{
	struct ioport *io = must_open(0);
	unsigned int missing;
	pthread_t first;

	memset(&spawn, 0, sizeof(spawn));
	spawn.io = io;
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	is(ioport_detach(io), 0, "detach");
	if (pthread_create(&first, NULL, spawn_next, NULL))
		bail("no thread");
	pthread_detach(first);
	while (spawn.made < 3)
		;
	is(ioport_attach_all_threads(io, &missing), 0, "while threads make threads");
	note("%u of %d when it returned", spawn.made, SPAWNED + 1);
	while (spawn.made <= SPAWNED)
		usleep(1000);
	spawn.look = true;
	while (spawn.looked <= SPAWNED)
		usleep(1000);
	is(spawn.attached, SPAWNED + 1, "all have the port, also those made later");
	ioport_close(io);
}

/* --- The C library's own use of the signal ------------------------------------ */

static atomic_bool over;
static atomic_uint changes;

static void *change_user(void *arg)
{
	(void)arg;
	for (; !over; changes++)
		if (setreuid(getuid(), geteuid()))
			bail("setreuid");
	return NULL;
}

static void test_setuid(void)
{
	struct ioport *io = must_open(0);
	struct worker w[3];
	pthread_t changer;
	int failed = 0;

	over = false;
	for (int i = 0; i < 3; i++)
		start(&w[i], io, i ? block_all : NULL);
	if (pthread_create(&changer, NULL, change_user, NULL))
		bail("no thread");
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	for (int i = 0; i < 100; i++)
		failed += !!ioport_attach_all_threads(io, NULL);
	over = true;
	pthread_join(changer, NULL);
	is(failed, 0, "100 times, while another thread calls setreuid()");
	ok(changes > 1, "which it did");
	note("%u times", changes);
	for (int i = 0; i < 3; i++)
		ok(finish(&w[i]), "thread %d has the port", i);
	ioport_close(io);
}

static void *call_often(void *io)
{
	for (int i = 0; i < 50; i++)
		if (ioport_attach_all_threads(io, NULL))
			return "failed";
	return NULL;
}

static void test_two_callers(void)
{
	struct ioport *io = must_open(0), *other = must_open(0);
	struct worker w;
	pthread_t caller;
	void *said;

	start(&w, io, NULL);
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	if (pthread_create(&caller, NULL, call_often, io))
		bail("no thread");
	ok(!call_often(io), "two callers at a time: one");
	pthread_join(caller, &said);
	ok(!said, "and the other");
	ok(finish(&w), "the thread has the port");
	ioport_close(other);
	ioport_close(io);
}

/* --- Threads that cannot be had ------------------------------------------------ */

static int64_t ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int unblocking(struct worker *w)
{
	block_really_all(w);
	w->stage = 1;
	while (read(w->pipe[0], &w->got, 1) != 1)
		;
	unblock_really_all();
	return 0;
}

static void test_deaf(void)
{
	struct action before, after;
	struct ioport *io = must_open(0);
	struct worker deaf, good;
	unsigned int missing = 0;
	int64_t since;

	start(&deaf, io, unblocking);
	start(&good, io, NULL);
	await(&deaf.stage, 1);
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	syscall(SYS_rt_sigaction, RESERVED, NULL, &before, 8);
	since = ms();
	fails(ioport_attach_all_threads(io, &missing), ETIMEDOUT, "a thread that blocks even that");
	ok(ms() - since < 10000, "it does not wait for ever");
	is(missing, 1, "it alone is missing");
	syscall(SYS_rt_sigaction, RESERVED, NULL, &after, 8);
	is(memcmp(&before, &after, sizeof(before)), 0, "the signal's action is as before");
	ok(finish(&good), "the other has the port");
	if (write(deaf.pipe[1], "x", 1) != 1)
		bail("pipe");
	usleep(50000);
	is(ioport_attach_all_threads(io, &missing), 0, "it listens again, and nothing happened");
	ok(finish(&deaf), "it has the port");
	ioport_close(io);
}

static void test_copy(void)
{
	struct ioport *io = must_open(0);
	struct worker w, good;
	unsigned int missing = 0;

	start(&w, io, take_copy);
	await(&w.stage, 1);
	start(&good, io, NULL);
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	fails(ioport_attach_all_threads(io, &missing), EBUSY,
	      "a thread that has a copy of its own");
	is(missing, 1, "it alone is missing");
	ok(finish(&good), "the other has the port");
	ok(!finish(&w), "it has not");
	ioport_close(io);
}

/* As where the C library has not set a handler: the left-over signal would be deadly. */
static int deaf_without_handler(struct ioport *io)
{
	const struct action none = { 0 };
	unsigned int missing;
	struct worker w;

	start(&w, io, unblocking);
	await(&w.stage, 1);
	syscall(SYS_rt_sigaction, RESERVED, &none, NULL, 8);
	if (!ioport_attach_all_threads(io, &missing) || errno != ETIMEDOUT || missing != 1)
		return 1;
	if (write(w.pipe[1], "x", 1) != 1)
		return 2;
	usleep(50000);
	finish(&w);
	return 0;
}

static struct ioport *leaderless_io;

static void *without_leader(void *arg)
{
	unsigned int missing = 9;

	(void)arg;
	usleep(50000);
	_exit(ioport_attach_all_threads(leaderless_io, &missing) || missing || inb_faults(LATCH));
}

static int leave_leader(struct ioport *io)
{
	pthread_t thread;

	leaderless_io = io;
	if (pthread_create(&thread, NULL, without_leader, NULL))
		return 9;
	pthread_exit(NULL);
}

static void test_children(void)
{
	struct ioport *io = must_open(0);

	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	is(in_child(leave_leader, io), 0, "in a process whose first thread has ended");
	is(in_child(deaf_without_handler, io), 0, "a left-over signal kills nobody");
	ioport_close(io);
}

int main(void)
{
	struct ioport *reader;

	alarm(50 * slow());
	test_alone();
	test_older();
	test_spawning();
	test_setuid();
	test_two_callers();
	test_deaf();
	test_copy();
	test_children();
	reader = must_open(IOPORT_READ);
	fails(ioport_attach_all_threads(reader, NULL), EBADF, "a handle that is for reading only");
	ioport_close(reader);
	return done();
}
