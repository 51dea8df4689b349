// SPDX-License-Identifier: GPL-2.0-only
/* Several threads on one handle: who is direct, and that nothing ever faults. */
#include <pthread.h>
#include <time.h>

#include "lib.h"

#define RACE_SECONDS 1

/* A thread that does what it is told, one thing at a time. */
struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int (*job)(struct ioport *io);
	struct ioport *io;
	int result;
	bool stop;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		if (w->job) {
			w->result = w->job(w->io);
			w->job = NULL;
			pthread_cond_broadcast(&w->changed);
		}
		pthread_cond_wait(&w->changed, &w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void worker_start(struct worker *w)
{
	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	if (pthread_create(&w->thread, NULL, work, w))
		bail("no thread");
}

static int worker_do(struct worker *w, int (*job)(struct ioport *io), struct ioport *io)
{
	int result;

	pthread_mutex_lock(&w->lock);
	w->job = job;
	w->io = io;
	pthread_cond_broadcast(&w->changed);
	while (w->job)
		pthread_cond_wait(&w->changed, &w->lock);
	result = w->result;
	pthread_mutex_unlock(&w->lock);
	return result;
}

static void worker_stop(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
}

static int is_direct(struct ioport *io)
{
	return latch_works(io, way_of_threads()) && !inb_faults(LATCH);
}

static int is_mediated(struct ioport *io)
{
	return latch_works(io, BY_SYSTEM_CALL) && inb_faults(LATCH);
}

static int do_attach(struct ioport *io)
{
	return ioport_attach(io, 0);
}

static int do_grant_thread(struct ioport *io)
{
	return ioport_grant(io, LATCH, 1, IOPORT_THREAD);
}

static int do_revoke_thread(struct ioport *io)
{
	return ioport_revoke(io, LATCH, 1, IOPORT_THREAD);
}

static void test_older_and_younger(void)
{
	struct worker older, younger;
	struct ioport *io = must_open(0);

	worker_start(&older);
	ok(worker_do(&older, is_mediated, io), "older thread, before the grant: by system call");
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	ok(is_direct(io), "this thread: direct");
	is(ioport_is_direct(io, LATCH, 1), way_of_threads() == DIRECTLY, "and says so");
	ok(worker_do(&older, is_mediated, io), "older thread: by system call");
	is(worker_do(&older, do_attach, io), 0, "older thread attaches");
	ok(worker_do(&older, is_direct, io), "older thread: direct");
	worker_start(&younger);
	ok(worker_do(&younger, is_direct, io), "younger thread: direct without doing anything");
	is(ioport_revoke(io, LATCH, 1, 0), 0, "revoke");
	ok(worker_do(&older, is_mediated, io), "older thread after the revoke: by system call");
	ok(worker_do(&younger, is_mediated, io), "younger thread too");
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant again");
	ok(worker_do(&older, is_direct, io), "older thread: direct again");
	ok(worker_do(&younger, is_direct, io), "younger thread too");
	worker_stop(&older);
	worker_stop(&younger);
	ioport_close(io);
}

static void test_inherited_while_empty(void)
{
	struct ioport *io = must_open(0);
	struct worker w;

	is(ioport_attach(io, 0), 0, "attach while the map is empty");
	worker_start(&w);
	ok(worker_do(&w, is_mediated, io), "a thread inherits that: by system call");
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	ok(worker_do(&w, is_direct, io), "the thread is direct");
	worker_stop(&w);
	ioport_close(io);
}

static void test_copies(void)
{
	struct ioport *io = must_open(0);
	struct worker sibling, heir;

	worker_start(&sibling);
	is(do_grant_thread(io), 0, "grant for this thread");
	ok(is_direct(io), "this thread: direct");
	ok(worker_do(&sibling, is_mediated, io), "its sibling: by system call");
	worker_start(&heir);
	ok(worker_do(&heir, is_direct, io), "a thread made later: direct");
	is(do_revoke_thread(io), 0, "revoke for this thread");
	ok(is_mediated(io), "this thread: by system call");
	ok(worker_do(&heir, is_direct, io), "the later thread keeps the port");
	is(worker_do(&sibling, do_grant_thread, io), 0, "the sibling gets a copy of its own");
	ok(worker_do(&sibling, is_direct, io), "the sibling: direct");
	ok(is_mediated(io), "this thread: still by system call");
	is(ioport_revoke(io, LATCH, 1, 0), 0, "revoke for all");
	ok(worker_do(&heir, is_mediated, io), "the later thread: by system call");
	ok(worker_do(&sibling, is_mediated, io), "the sibling: by system call");
	worker_stop(&sibling);
	worker_stop(&heir);
	ioport_close(io);
}

static void test_close_elsewhere(void)
{
	struct ioport *a = must_open(0), *b = must_open(0);
	struct worker w;

	is(ioport_grant(a, LATCH, 1, 0), 0, "grant");
	worker_start(&w);
	ok(worker_do(&w, is_direct, a), "a younger thread: direct");
	ioport_close(a);
	ok(worker_do(&w, is_mediated, b), "closed here: there by system call through another");
	is(worker_do(&w, do_attach, b), 0, "the other thread attaches to the other handle");
	is(ioport_grant(b, LATCH, 1, 0), 0, "grant through it");
	ok(worker_do(&w, is_direct, b), "the other thread: direct");
	worker_stop(&w);
	ioport_close(b);
}

/* --- Edits while others are in the middle of it ---------------------------- */

static atomic_bool race_over;
static atomic_ulong transfers, errors;

/* The latch holds 0x5a throughout. */
static void race_transfer(struct ioport *io, bool out)
{
	uint8_t value = 0x5a;

	if (out ? ioport_out8(io, LATCH, value) : ioport_in8(io, LATCH, &value))
		errors++;
	if (value != 0x5a)
		errors++;
	transfers++;
}

static void *race_shared(void *arg)
{
	if (ioport_attach(arg, 0))
		errors++;
	for (unsigned int i = 0; !race_over; i++)
		race_transfer(arg, i % 8 == 0);
	return NULL;
}

/*
 * System calls for transfers make revokes slow, as the kernel waits for those
 * under way. Leaving them out makes for many more revokes, and so for more that
 * come just between another thread's look and its instruction.
 */
static void *race_direct(void *arg)
{
	if (ioport_attach(arg, 0))
		errors++;
	while (!race_over)
		if (ioport_is_direct(arg, LATCH, 1))
			race_transfer(arg, false);
	return NULL;
}

static void *race_copy(void *arg)
{
	for (unsigned int i = 0; !race_over; i++) {
		if (i % 64 == 0 && ioport_grant(arg, LATCH, 1, IOPORT_THREAD))
			errors++;
		race_transfer(arg, i % 8 == 0);
	}
	return NULL;
}

/* Lets the others do some transfers, never the same number; not for ever. */
static void dwell(void)
{
	static unsigned int turn;
	unsigned long until = transfers + turn++ * 7919 % 199;
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (transfers < until && now.tv_sec - start.tv_sec < 2);
}

static int edit_revoke(struct ioport *io)
{
	if (ioport_grant(io, LATCH, 1, 0))
		return -1;
	dwell();
	return ioport_revoke(io, LATCH, 1, 0);
}

static int edit_revoke_at_once(struct ioport *io)
{
	static unsigned int turn;

	if (ioport_grant(io, LATCH, 1, 0))
		return -1;
	for (unsigned int i = turn++ * 7919 % 499; i; i--)
		atomic_signal_fence(memory_order_seq_cst);
	return ioport_revoke(io, LATCH, 1, 0);
}

static int edit_set_map(struct ioport *io)
{
	struct ioport_portmap map;

	ioport_portmap_close_all(&map);
	ioport_portmap_open(&map, LATCH, 1);
	if (ioport_set_map(io, &map, 0))
		return -1;
	dwell();
	ioport_portmap_close_all(&map);
	return ioport_set_map(io, &map, 0);
}

static int edit_revoke_only(struct ioport *io)
{
	dwell();
	return ioport_revoke(io, LATCH, 1, 0);
}

static int edit_refresh(struct ioport *io)
{
	return edit_revoke(io) || ioport_refresh(io);
}

/* On a slow machine, or under valgrind, it takes longer until there is something to see. */
static bool seen_enough(time_t end)
{
	return time(NULL) > end + 30 || (transfers && mediated > 1);
}

static void race(const char *name, void *(*body)(void *), int (*edit)(struct ioport *))
{
	struct ioport *io = must_open(0);
	unsigned int edits = 0, calls;
	pthread_t threads[2];
	time_t end;

	mediated = 0;
	transfers = errors = 0;
	race_over = false;
	is(ioport_out8(io, LATCH, 0x5a), 0, "%s: the latch", name);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, body, io))
			bail("no thread");
	for (end = time(NULL) + RACE_SECONDS;
	     time(NULL) <= end || (body != race_direct && !seen_enough(end)); edits++)
		if (edit(io))
			errors++;
	race_over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	calls = mediated;
	is(errors, 0, "%s: no fault and no error", name);
	if (way_of_threads() == DIRECTLY && body != race_direct)
		ok(calls < transfers, "%s: some of the transfers were direct", name);
	if (body != race_direct)
		ok(calls > 1, "%s: some were not", name);
	note("%s: %u edits, %lu transfers, %u by system call", name, edits, transfers, calls);
	ioport_close(io);
}

int main(void)
{
	test_older_and_younger();
	test_inherited_while_empty();
	test_copies();
	test_close_elsewhere();
	race("revoke", race_shared, edit_revoke);
	if (way_of_threads() == DIRECTLY)
		race("revoke at once", race_direct, edit_revoke_at_once);
	race("set_map", race_shared, edit_set_map);
	race("refresh", race_shared, edit_refresh);
	race("copies", race_copy, edit_revoke_only);
	return done();
}
