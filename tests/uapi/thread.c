// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private copies (IOPORT_THREAD) are to a thread what ioperm() would be: its own
 * changes reach itself and who it creates later, nobody else. What closes ports
 * without that flag reaches them all. Run as an ordinary user who may use the
 * device, with the default policy.
 */
#include "access.h"

static int fd;

static long revoke_lpt(void *arg)
{
	(void)arg;
	return dev_revoke(fd, LPT, LPT_COUNT, IOPORT_THREAD);
}

static long grant_void(void *arg)
{
	(void)arg;
	return dev_grant(fd, VOID, VOID_COUNT, IOPORT_THREAD);
}

static long set_two(void *arg)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	(void)arg;
	bits_fill(bits, false);
	bits_open(bits, LPT, 2);
	return dev_set_map(fd, bits, IOPORT_THREAD);
}

/* What a program finds that is started with exec() by a thread with a copy. */
static long exec_probe(void *arg)
{
	(void)arg;
	execl("/proc/self/exe", "thread", "--probe", NULL);
	return 99;
}

/* A child changes its copy and looks at it; an error counts as a mismatch. */
static long child_changes(void *arg)
{
	if (revoke_lpt(NULL) || grant_void(NULL))
		return 90;
	return mismatches(arg);
}

static unsigned int thread_ports(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	if (dev_get_map(fd, IOPORT_WHICH_THREAD, bits))
		bail("GET_MAP");
	return bits_count(bits);
}

static unsigned int file_ports(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	if (dev_get_map(fd, IOPORT_WHICH_FILE, bits))
		bail("GET_MAP");
	return bits_count(bits);
}

static void test_inherit(void)
{
	struct worker older, later;

	worker_start(&older);
	is(dev_grant(fd, LPT, LPT_COUNT, IOPORT_THREAD), 0, "a private window");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "the thread has it");
	is(worker_do(&older, worker_mismatches, (void *)NONE), 0, "an older thread has not");
	is(file_ports(), 0, "the file's own map has not");
	is(thread_ports(), LPT_COUNT, "GET_MAP tells what the thread has");

	worker_start(&later);
	is(worker_do(&later, worker_mismatches, (void *)WINDOWS(LPT_WINDOW)), 0,
	   "a later thread has it");
	is(worker_do(&later, grant_void, NULL), 0, "the later thread opens more for itself");
	is(worker_do(&later, worker_mismatches, (void *)WINDOWS(LPT_WINDOW, VOID_WINDOW)), 0,
	   "it has both");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "the first one has not");
	is(worker_do(&later, revoke_lpt, NULL), 0, "it closes what it inherited");
	is(worker_do(&later, worker_mismatches, (void *)WINDOWS(VOID_WINDOW)), 0, "for itself");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "not for the first");

	is(child_do(child_changes, (void *)WINDOWS(VOID_WINDOW)), 0, "a child changes its own");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "its parent sees nothing of that");

	is(child_do(exec_probe, NULL), 0, "exec keeps the private window");

	is(dev_grant(fd, VOID, 1, IOPORT_THREAD), 0, "the first opens more while others share");
	is(mismatches(WINDOWS(LPT_WINDOW, { VOID, 1 })), 0, "it has that");
	is(worker_do(&older, worker_mismatches, (void *)NONE), 0, "the older thread still nothing");
	is(worker_do(&older, set_two, NULL), 0, "the older thread sets a map of its own");
	is(worker_do(&older, worker_mismatches, (void *)WINDOWS({ LPT, 2 })), 0, "it has that");

	is(dev_revoke(fd, LPT + 1, 1, 0), 0, "revoke a port for all");
	is(mismatches(WINDOWS({ LPT, 1 }, { LPT + 2, 6 }, { VOID, 1 })), 0, "the first lost it");
	is(worker_do(&older, worker_mismatches, (void *)WINDOWS({ LPT, 1 })), 0,
	   "the older lost it");
	is(worker_do(&later, worker_mismatches, (void *)WINDOWS(VOID_WINDOW)), 0,
	   "the later never had it");
	is(dev_revoke(fd, 0, IOPORT_PORTS, 0), 0, "revoke all");
	is(mismatches(NONE), 0, "nothing left: the first");
	is(worker_do(&older, worker_mismatches, (void *)NONE), 0, "the older");
	is(worker_do(&later, worker_mismatches, (void *)NONE), 0, "the later");
	worker_stop(&older);
	worker_stop(&later);
}

static void test_shared_and_private(void)
{
	struct worker later;

	is(dev_attach(fd, IOPORT_REPLACE), 0, "on the file's own map");
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "a shared window");
	is(dev_grant(fd, VOID, VOID_COUNT, IOPORT_THREAD), 0, "and a private one");
	is(mismatches(WINDOWS(LPT_WINDOW, VOID_WINDOW)), 0, "the thread has both");
	is(file_ports(), LPT_COUNT, "the file's own map has the shared one");
	is(dev_revoke(fd, LPT, LPT_COUNT, IOPORT_THREAD), 0, "revoke the shared one privately");
	is(file_ports(), LPT_COUNT, "the file's own map keeps it");
	is(mismatches(WINDOWS(VOID_WINDOW)), 0, "the thread does not");
	is(dev_revoke(fd, VOID, VOID_COUNT, IOPORT_THREAD), 0, "revoke the private one");
	is(mismatches(NONE), 0, "nothing left");
	is(dev_attach(fd, 0), 0, "an empty copy is no attachment");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "the shared window is there");

	is(dev_grant(fd, VOID, 2, IOPORT_THREAD), 0, "private again");
	worker_start(&later);
	is(dev_detach(fd), 0, "detach from a copy that a thread shares");
	is(mismatches(NONE), 0, "gone for this one");
	is(worker_do(&later, worker_mismatches, (void *)WINDOWS(LPT_WINDOW, { VOID, 2 })), 0,
	   "not for the other");
	worker_stop(&later);
	close(fd);
	is(mismatches(NONE), 0, "closed");
}

static long many_threads(void *arg)
{
	(void)arg;
	return dev_grant(fd, VOID, 1 + (random() & 7), IOPORT_THREAD);
}

/* Copies of threads that are gone do not add up. */
static void test_many(void)
{
	struct worker w;
	int i, failures = 0;

	fd = dev_open(O_RDWR);
	for (i = 0; i < 500; i++) {
		worker_start(&w);
		failures += worker_do(&w, many_threads, NULL) != 0;
		worker_stop(&w);
	}
	is(failures, 0, "500 threads with a copy each, one after the other");
	is(mismatches(NONE), 0, "none of that here");
	close(fd);
}

/*
 * More copies at once than one round over the CPUs takes (IOPORT_ROUND_MAPS in
 * module/ioport.h is 64), twice over, each in use by a thread that is alive.
 */
#define CROWD 150

static long grant_lpt(void *arg)
{
	(void)arg;
	return dev_grant(fd, LPT, LPT_COUNT, IOPORT_THREAD);
}

static long limit_to_none(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	bits_fill(bits, false);
	return dev_limit(fd, bits);
}

static long end_revoke(void)
{
	return dev_revoke(fd, LPT, LPT_COUNT, 0);
}

static long end_close(void)
{
	return close(fd);
}

static void test_crowd(void)
{
	static const struct {
		const char *name;
		long (*end)(void);
	} endings[] = {
		{ "REVOKE", end_revoke },
		{ "LIMIT", limit_to_none },
		{ "the last close", end_close },
	};
	static struct worker crowd[CROWD];
	unsigned int e, i, granted, kept;

	for (i = 0; i < CROWD; i++)
		worker_start(&crowd[i]);
	for (e = 0; e < sizeof(endings) / sizeof(*endings); e++) {
		fd = dev_open(O_RDWR);
		for (i = granted = kept = 0; i < CROWD; i++)
			granted += !worker_do(&crowd[i], grant_lpt, NULL) &&
				   !worker_do(&crowd[i], worker_mismatches,
					      (void *)WINDOWS(LPT_WINDOW));
		is(granted, CROWD, "%d threads at once with a copy each", CROWD);
		is(endings[e].end(), 0, "%s", endings[e].name);
		/* Who ran last comes first: its CPU's TSS still has what it loaded. */
		for (i = CROWD; i--;)
			kept += worker_do(&crowd[i], worker_mismatches, (void *)NONE) != 0;
		is(kept, 0, "none of them has a port left");
		if (endings[e].end != end_close)
			close(fd);
	}
	for (i = 0; i < CROWD; i++)
		worker_stop(&crowd[i]);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--probe"))
		return mismatches(WINDOWS(LPT_WINDOW));
	fd = dev_open(O_RDWR);
	test_inherit();
	test_shared_and_private();
	test_many();
	test_crowd();
	return done();
}
