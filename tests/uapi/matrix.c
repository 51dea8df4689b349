// SPDX-License-Identifier: GPL-2.0-only
/*
 * The permission matrix: who can reach which ports by an instruction, after each
 * thing that can happen to a window. Run as an ordinary user who may use the
 * device, with the default policy.
 */
#include "access.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static struct worker older; /* a thread from before the first grant */
static int fd;

static long do_attach(void *arg)
{
	return dev_attach(*(int *)arg, 0);
}

static long do_detach(void *arg)
{
	return dev_detach(*(int *)arg);
}

/* Every way for somebody else to be in this process's state. */
static void everywhere(const char *when, const struct window *self, const struct window *other)
{
	struct worker later;

	is(mismatches(self), 0, "%s: the thread itself", when);
	is(worker_do(&older, worker_mismatches, (void *)other), 0, "%s: an older thread", when);
	worker_start(&later);
	is(worker_do(&later, worker_mismatches, (void *)self), 0, "%s: a later thread", when);
	worker_stop(&later);
	is(child_do(worker_mismatches, (void *)self), 0, "%s: a child", when);
}

/* The second life of this program, after exec. */
static int probe_main(char **argv)
{
	const struct window windows[] = { { strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0) },
					  { 0, 0 } };

	return mismatches(windows);
}

static long exec_probe(void *arg)
{
	const struct window *window = arg;
	char first[16], count[16];

	snprintf(first, sizeof(first), "%u", window->first);
	snprintf(count, sizeof(count), "%u", window->count);
	execl("/proc/self/exe", "matrix", "--probe", first, count, NULL);
	return 99;
}

static void test_grant(void)
{
	everywhere("before", NONE, NONE);
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "grant");
	everywhere("granted", WINDOWS(LPT_WINDOW), NONE);
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "grant again");
	everywhere("granted again", WINDOWS(LPT_WINDOW), NONE);
	is(worker_do(&older, do_attach, &fd), 0, "the older thread attaches");
	everywhere("both attached", WINDOWS(LPT_WINDOW), WINDOWS(LPT_WINDOW));
	is(dev_grant(fd, VOID, VOID_COUNT, 0), 0, "grant more, below");
	everywhere("two windows", WINDOWS(LPT_WINDOW, VOID_WINDOW),
		   WINDOWS(LPT_WINDOW, VOID_WINDOW));
	is(dev_grant(fd, 0x3bc, 4, 0), 0, "grant more, above");
	everywhere("three windows", WINDOWS(LPT_WINDOW, VOID_WINDOW, { 0x3bc, 4 }),
		   WINDOWS(LPT_WINDOW, VOID_WINDOW, { 0x3bc, 4 }));
}

static void test_revoke(void)
{
	is(dev_revoke(fd, 0x3bc, 4, 0), 0, "revoke the highest");
	everywhere("highest revoked", WINDOWS(LPT_WINDOW, VOID_WINDOW),
		   WINDOWS(LPT_WINDOW, VOID_WINDOW));
	is(dev_revoke(fd, VOID + 2, 4, 0), 0, "revoke the middle of a window");
	everywhere("middle revoked", WINDOWS(LPT_WINDOW, { VOID, 2 }, { VOID + 6, 2 }),
		   WINDOWS(LPT_WINDOW, { VOID, 2 }, { VOID + 6, 2 }));
	is(dev_revoke(fd, 0, IOPORT_PORTS, 0), 0, "revoke everything");
	everywhere("all revoked", NONE, NONE);
	is(dev_grant(fd, LPT, 1, 0), 0, "grant one port");
	everywhere("one port", WINDOWS({ LPT, 1 }), WINDOWS({ LPT, 1 }));
}

static void test_detach(void)
{
	is(worker_do(&older, do_detach, &fd), 0, "the older thread detaches");
	everywhere("one detached", WINDOWS({ LPT, 1 }), NONE);
	is(dev_detach(fd), 0, "detach");
	everywhere("both detached", NONE, NONE);
	is(dev_detach(fd), 0, "detach again");
	is(dev_attach(fd, 0), 0, "attach");
	everywhere("attached again", WINDOWS({ LPT, 1 }), NONE);
}

static void test_exec(void)
{
	struct window port = { LPT, 1 };

	is(child_do(exec_probe, &port), 0, "exec keeps the window while a descriptor is open");
}

static long drop_and_probe(void *arg)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 98;
	return mismatches(arg);
}

static void test_set_map(void)
{
	uint8_t bits[IOPORT_MAP_BYTES], got[IOPORT_MAP_BYTES];

	bits_fill(bits, false);
	bits_open(bits, VOID, VOID_COUNT);
	bits_open(bits, 0x3bd, 2);
	is(dev_set_map(fd, bits, 0), 0, "set the whole map");
	everywhere("map set", WINDOWS(VOID_WINDOW, { 0x3bd, 2 }), NONE);
	is(dev_get_map(fd, IOPORT_WHICH_FILE, got), 0, "get the map");
	ok(!memcmp(bits, got, sizeof(bits)), "it reads back as it was set");
	is(child_do(drop_and_probe, (void *)WINDOWS(VOID_WINDOW, { 0x3bd, 2 })), 0,
	   "a child with no_new_privs keeps it");
	bits_fill(bits, false);
	is(dev_set_map(fd, bits, 0), 0, "set an empty map");
	everywhere("empty map", NONE, NONE);
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "grant");
}

static void test_limit(void)
{
	uint8_t bits[IOPORT_MAP_BYTES], got[IOPORT_MAP_BYTES];

	bits_fill(bits, false);
	bits_open(bits, LPT, 3);
	is(dev_limit(fd, bits), 0, "limit to three ports");
	everywhere("limited", WINDOWS({ LPT, 3 }), NONE);
	fails(dev_grant(fd, LPT, LPT_COUNT, 0), EACCES, "grant beyond the limit");
	fails(pread(fd, got, 1, LPT + 3), EACCES, "pread beyond the limit");
	is(pread(fd, got, 1, LPT), 1, "pread within the limit");
	bits_open(bits, LPT, 6);
	is(dev_limit(fd, bits), 0, "limit to six");
	is(dev_get_map(fd, IOPORT_WHICH_LIMIT, got), 0, "get the limit");
	is(bits_count(got), 3, "it has not grown");
	everywhere("limited again", WINDOWS({ LPT, 3 }), NONE);
}

/* A descriptor in a socket's queue is a reference like any other. */
static void test_close(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec byte = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int pair[2], copy = dup(fd);

	close(fd);
	everywhere("closed, a duplicate left", WINDOWS({ LPT, 3 }), NONE);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &copy, sizeof(int));
	is(sendmsg(pair[0], &message, 0), 1, "send the duplicate through a socket");
	close(copy);
	everywhere("closed, one queued in a socket", WINDOWS({ LPT, 3 }), NONE);
	close(pair[0]);
	close(pair[1]);
	everywhere("last reference gone", NONE, NONE);
	fd = dev_open(O_RDWR);
	is(dev_grant(fd, VOID, 1, 0), 0, "a thread on a dead map can be granted anew");
	everywhere("anew", WINDOWS({ VOID, 1 }), NONE);
}

static long close_it(void *arg)
{
	return close(*(int *)arg);
}

static long kill_self(void *arg)
{
	(void)arg;
	fd = dev_open(O_RDWR);
	if (dev_grant(fd, LPT, LPT_COUNT, 0))
		return 1;
	raise(SIGKILL);
	return 2;
}

/* The last close comes from a thread that is not attached, or from nobody's call. */
static void test_close_elsewhere(void)
{
	is(worker_do(&older, close_it, &fd), 0, "the older thread closes");
	everywhere("closed by another thread", NONE, NONE);
	is(child_do(kill_self, NULL), -1, "a child with a window is killed");
	fd = dev_open(O_RDWR);
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "the window can be had again");
	close(fd);
	everywhere("closed by exit", NONE, NONE);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--probe"))
		return probe_main(argv);
	worker_start(&older);
	fd = dev_open(O_RDWR);
	test_grant();
	test_revoke();
	test_detach();
	test_exec();
	test_set_map();
	test_limit();
	test_close();
	test_close_elsewhere();
	worker_stop(&older);
	return done();
}
