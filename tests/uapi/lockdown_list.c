// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with a list of windows that stay usable under lockdown (the variant
 * lockdown-list, with tests/uapi/lockdown-allow). Run as root with the default policy,
 * last in its machine: lockdown cannot be lowered again. First without an argument,
 * up to the level "integrity"; then with "confidentiality".
 */
#include "access.h"

/* Of the parallel port the list has the data and the status register. */
#define LISTED LPT
#define LISTED_COUNT 2
#define CONTROL (LPT + 2)
/* Listed, but not allowed by policy. */
#define DENIED 0x80

#define LISTED_WINDOW                \
	{                            \
		LISTED, LISTED_COUNT \
	}

static struct ioport_xfer last;

/* Has windows from before lockdown, and one worker that is attached. */
static int old;
/* Opened under lockdown. */
static int fd;
static struct worker holder, newcomer;

static struct ioport_op in_op(uint16_t port, uint8_t width)
{
	return (struct ioport_op){ .code = IOPORT_OP_IN, .width = width, .port = port };
}

static struct ioport_op out_op(uint16_t port, uint32_t value)
{
	return (struct ioport_op){
		.code = IOPORT_OP_OUT, .width = 1, .port = port, .value = value
	};
}

static int xfer(int f, unsigned long call, struct ioport_op *ops, unsigned int count)
{
	last = (struct ioport_xfer){ .ops = (uintptr_t)ops, .count = count };
	return ioctl(f, call, &last);
}

static uint8_t data(void)
{
	uint8_t byte = 0;

	if (pread(fd, &byte, 1, LISTED) != 1)
		bail("the data register: %s", strerror(errno));
	return byte;
}

static void raise_lockdown(const char *name)
{
	int level = open("/sys/kernel/security/lockdown", O_WRONLY);

	if (level < 0 || write(level, name, strlen(name)) != (ssize_t)strlen(name))
		bail("lockdown cannot be raised: %s", strerror(errno));
	close(level);
}

static struct ioport_info info(void)
{
	struct ioport_info i;

	if (ioctl(fd, IOPORT_IOC_GET_INFO, &i))
		bail("GET_INFO: %s", strerror(errno));
	return i;
}

/* Is this all that the map has open? Windows as for mismatches(). */
static bool map_is(enum ioport_which which, const struct window *windows)
{
	uint8_t want[IOPORT_MAP_BYTES], got[IOPORT_MAP_BYTES];

	bits_fill(want, false);
	for (; windows->count; windows++)
		bits_open(want, windows->first, windows->count);
	return !dev_get_map(fd, which, got) && !memcmp(want, got, sizeof(want));
}

#define LIST WINDOWS(LISTED_WINDOW, { VOID, 2 }, { DENIED, 1 })

static void test_list_is_told(void)
{
	ok(info().features & IOPORT_FEATURE_LOCKDOWN_LIST, "the module says that it has a list");
	ok(map_is(IOPORT_WHICH_LOCKDOWN, LIST), "and which");
}

static long hold(void *arg)
{
	(void)arg;
	return dev_grant(old, LPT, LPT_COUNT, 0) || dev_grant(old, VOID, VOID_COUNT, 0);
}

static void test_before(void)
{
	struct ioport_op ops[] = { in_op(CONTROL, 1), in_op(VOID + 7, 1) };
	uint8_t byte;

	test_list_is_told();
	is(info().direct_blocked, 0, "nothing is blocked before lockdown");
	is(worker_do(&holder, hold, NULL), 0, "windows beyond the list");
	is(pread(old, &byte, 1, CONTROL), 1, "pread beyond the list");
	is(xfer(old, IOPORT_IOC_XFER, ops, 2), 0, "a batch beyond the list");
	is(dev_check(fd, LPT, LPT_COUNT, IOPORT_DIRECT, NULL), IOPORT_REASON_NONE, "CHECK");
}

/* ---- a batch and an on-close list that lockdown overtakes ---- */

#define WAITING 0x11
#define GO 0x22

static void *batch_main(void *arg)
{
	static struct ioport_op ops[4];
	static struct ioport_xfer run = { .count = 4 };

	(void)arg;
	run.ops = (uintptr_t)ops;
	ops[0] = out_op(LISTED, WAITING);
	ops[1] = (struct ioport_op){ .code = IOPORT_OP_WAIT,
				     .width = 1,
				     .port = LISTED,
				     .value = GO,
				     .mask = 0xff,
				     .time = 50000000000,
				     .data = 1000000 };
	ops[2] = in_op(LISTED, 1);
	ops[3] = out_op(CONTROL, 0x0e);
	return ioctl(old, IOPORT_IOC_XFER, &run) && errno == EPERM ? &run : NULL;
}

/* By the instruction: that window is open from before. */
static long read_control(void *arg)
{
	(void)arg;
	return in8(CONTROL);
}

static void overtake(void)
{
	struct ioport_op ops[] = { out_op(LISTED, 0x5a), out_op(CONTROL, 0x0e) };
	int closing = dev_open(O_RDWR);
	uint8_t go = GO, control;
	struct ioport_xfer *run;
	pthread_t thread;

	if (pread(fd, &control, 1, CONTROL) != 1 || xfer(closing, IOPORT_IOC_ON_CLOSE, ops, 2))
		bail("%s", strerror(errno));
	pthread_create(&thread, NULL, batch_main, NULL);
	while (data() != WAITING)
		usleep(10000);
	raise_lockdown("integrity");
	is(pwrite(fd, &go, 1, LISTED), 1, "pwrite of a listed port");
	pthread_join(thread, (void **)&run);
	ok(run, "a batch that lockdown overtakes is refused");
	is(run ? run->done : 0, 2, "... between two operations");
	is(run ? run->failed : 0, 3, "... for what is not listed");
	close(closing);
	is(data(), 0x5a, "at the last close a listed port is written");
	is(worker_do(&holder, read_control, NULL), control, "no other is");
}

/* ---- under lockdown ---- */

static void test_told(void)
{
	test_list_is_told();
	is(info().direct_blocked, 0, "direct access is not blocked for all ports");
	ok(map_is(IOPORT_WHICH_POLICY, WINDOWS(LISTED_WINDOW, { VOID, 2 })),
	   "policy allows what is on both lists");
}

static void test_grant(void)
{
	fails(dev_grant(fd, CONTROL, 1, 0), EPERM, "GRANT of a port that is not listed");
	fails(dev_grant(fd, LISTED, LISTED_COUNT + 1, 0), EPERM, "... of one more than are");
	fails(dev_grant(fd, LISTED - 1, 2, 0), EPERM, "... of one before");
	fails(dev_grant(fd, LISTED, LISTED_COUNT + 1, IOPORT_THREAD), EPERM, "... THREAD");
	fails(dev_grant(fd, 0, IOPORT_PORTS, 0), EPERM, "... of all");
	fails(dev_grant(fd, DENIED, 1, 0), EACCES, "... of a listed one that policy denies");
	is(mismatches(NONE), 0, "nothing is open");
	is(dev_grant(fd, LISTED, LISTED_COUNT, 0), 0, "GRANT of the listed ones");
	is(mismatches(WINDOWS(LISTED_WINDOW)), 0, "they are open, no others");
	is(dev_grant(fd, VOID, 1, IOPORT_THREAD), 0, "GRANT THREAD of a listed one");
	is(mismatches(WINDOWS(LISTED_WINDOW, { VOID, 1 })), 0, "it is open too");
	is(dev_attach(fd, IOPORT_REPLACE), 0, "ATTACH to a map with listed ports");
	is(mismatches(WINDOWS(LISTED_WINDOW)), 0, "they are open");
}

static void test_set_map(uint32_t flags, const char *name)
{
	uint8_t good[IOPORT_MAP_BYTES], bad[IOPORT_MAP_BYTES];

	bits_fill(good, false);
	bits_open(good, LISTED, LISTED_COUNT);
	bits_open(good, VOID, 2);
	memcpy(bad, good, sizeof(bad));
	bits_open(bad, VOID + 2, 1);
	is(dev_set_map(fd, good, flags), 0, "SET_MAP%s of the listed ports", name);
	is(mismatches(WINDOWS(LISTED_WINDOW, { VOID, 2 })), 0, "they are open");
	fails(dev_set_map(fd, bad, flags), EPERM, "SET_MAP%s with one more", name);
	is(mismatches(WINDOWS(LISTED_WINDOW, { VOID, 2 })), 0, "changes nothing");
}

static void test_transfer(void)
{
	uint8_t bytes[4] = { 0x33 };

	is(pread(fd, bytes, 2, LISTED), 2, "pread of two listed ports at once");
	fails(pread(fd, bytes, 4, LISTED), EPERM, "... of four");
	fails(pread(fd, bytes, 2, LISTED + 1), EPERM, "... of a listed one and the next");
	fails(pread(fd, bytes, 2, LISTED - 1), EPERM, "... and the one before");
	fails(pread(fd, bytes, 1, CONTROL), EPERM, "pread of another");
	fails(pwrite(fd, bytes, 1, CONTROL), EPERM, "pwrite");
	fails(pread(old, bytes, 1, CONTROL), EPERM, "pread of one that was used before");
	fails(pread(fd, bytes, 1, DENIED), EACCES, "pread of a listed one that policy denies");
}

static void test_batch(void)
{
	struct ioport_op good[] = { out_op(LISTED, 0x42),
				    in_op(LISTED, 2),
				    { .code = IOPORT_OP_DELAY, .time = 1000 },
				    in_op(VOID + 1, 1) };
	struct ioport_op bad[] = { out_op(LISTED, 0x24), in_op(LISTED + 1, 1), in_op(CONTROL, 1) };
	struct ioport_op wide[] = { in_op(LISTED + 1, 2) };
	struct ioport_op used[] = { in_op(LISTED, 1), in_op(VOID + 7, 1) };

	is(xfer(fd, IOPORT_IOC_XFER, good, 4), 0, "a batch on listed ports");
	is(last.done, 4, "is done");
	is(data(), 0x42, "did it");
	fails(xfer(fd, IOPORT_IOC_XFER, bad, 3), EPERM, "a batch with another at the end");
	is(last.failed, 2, "says which");
	is(last.done, 0, "does nothing");
	is(data(), 0x42, "wrote nothing");
	fails(xfer(fd, IOPORT_IOC_XFER, wide, 1), EPERM, "an operation that goes on to the next");
	fails(xfer(old, IOPORT_IOC_XFER, used, 2), EPERM, "ports that were used before");
	is(last.failed, 1, "says which");
}

static void test_on_close(void)
{
	struct ioport_op good[] = { out_op(LISTED, 0x42) };
	struct ioport_op bad[] = { out_op(LISTED, 0x24), out_op(CONTROL, 0x0c) };
	int f = dev_open(O_RDWR);

	is(xfer(f, IOPORT_IOC_ON_CLOSE, good, 1), 0, "ON_CLOSE of a listed port");
	fails(xfer(f, IOPORT_IOC_ON_CLOSE, bad, 2), EPERM, "ON_CLOSE with another");
	is(last.failed, 1, "says which");
	close(f);
}

static void test_claim(void)
{
	int f = dev_open(O_RDWR);

	fails(dev_claim(f, CONTROL, 1), EPERM, "CLAIM of another port");
	fails(dev_claim(f, VOID, 3), EPERM, "CLAIM of one more than are listed");
	fails(dev_claim(f, LISTED, 1), EBUSY, "CLAIM of a listed port that is in use");
	close(f);
}

static void check_is(uint32_t first, uint32_t count, int reason, uint32_t port)
{
	uint32_t got = 0;

	is(dev_check(fd, first, count, IOPORT_READ | IOPORT_DIRECT, &got), reason,
	   "CHECK of 0x%x+%u: reason", first, count);
	is(got, port, "and port");
}

static void test_check(void)
{
	check_is(LISTED, LISTED_COUNT, IOPORT_REASON_NONE, LISTED + LISTED_COUNT);
	check_is(LISTED, LPT_COUNT, IOPORT_REASON_LOCKDOWN, CONTROL);
	check_is(LISTED - 1, 2, IOPORT_REASON_LOCKDOWN, LISTED - 1);
	check_is(DENIED, 2, IOPORT_REASON_POLICY, DENIED);
	check_is(0, IOPORT_PORTS, IOPORT_REASON_LOCKDOWN, 0);
}

/* ---- windows from before ---- */

static long come(void *arg)
{
	(void)arg;
	if (!dev_attach(old, 0) || errno != EPERM)
		return 1;
	if (!dev_grant(old, LISTED, 1, 0) || errno != EPERM)
		return 2;
	if (!dev_grant(old, DENIED, 1, 0) || errno != EACCES)
		return 3;
	return mismatches(NONE);
}

static long come_later(void *arg)
{
	(void)arg;
	return dev_attach(old, 0) || mismatches(WINDOWS(LISTED_WINDOW, { VOID, 2 }));
}

static long hold_on(void *arg)
{
	(void)arg;
	return dev_grant(old, LISTED, 1, 0);
}

static const struct window both[] = { LPT_WINDOW, VOID_WINDOW, { 0, 0 } };

static void test_from_before(void)
{
	is(worker_do(&holder, worker_mismatches, (void *)both), 0, "windows from before stay");
	is(worker_do(&newcomer, come, NULL), 0, "no other thread gets them, by ATTACH or GRANT");
	is(worker_do(&holder, hold_on, NULL), 0, "who has them gets listed ports");
	is(worker_do(&holder, worker_mismatches, (void *)both), 0, "and keeps them");
	is(dev_revoke(old, CONTROL, LPT_COUNT - 2, 0) ||
		   dev_revoke(old, VOID + 2, VOID_COUNT - 2, 0),
	   0, "REVOKE of what is not listed");
	is(worker_do(&newcomer, come_later, NULL), 0, "now another thread can attach");
}

static long as_user(void *arg)
{
	uint8_t byte;

	(void)arg;
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 1;
	if (pread(fd, &byte, 1, LISTED) != 1)
		return 2;
	if (pread(fd, &byte, 1, CONTROL) != -1 || errno != EPERM)
		return 3;
	if (dev_attach(fd, IOPORT_REPLACE))
		return 4;
	return mismatches(WINDOWS(LISTED_WINDOW));
}

static void integrity(void)
{
	test_before();
	overtake();
	close(fd);
	fd = dev_open(O_RDWR);
	test_told();
	test_grant();
	is(child_do(as_user, NULL), 0, "an ordinary user gets the same");
	test_set_map(0, "");
	test_set_map(IOPORT_THREAD, " THREAD");
	is(dev_attach(fd, IOPORT_REPLACE), 0, "back to the file's map");
	test_transfer();
	test_batch();
	test_on_close();
	test_claim();
	test_check();
	test_from_before();
}

static void confidentiality(void)
{
	struct ioport_op op = in_op(LISTED, 1);
	uint8_t bits[IOPORT_MAP_BYTES], byte;

	is(dev_grant(fd, LISTED, LISTED_COUNT, 0), 0, "a listed window under integrity");
	is(xfer(fd, IOPORT_IOC_XFER, &op, 1), 0, "a batch");
	raise_lockdown("confidentiality");
	test_list_is_told();
	is(info().direct_blocked, IOPORT_BLOCKED_LOCKDOWN,
	   "direct access is blocked for all ports");
	ok(map_is(IOPORT_WHICH_POLICY, NONE), "policy allows nothing");
	fails(dev_grant(fd, LISTED, 1, 0), EPERM, "GRANT of a listed port");
	bits_fill(bits, false);
	fails(dev_set_map(fd, bits, 0), EPERM, "SET_MAP, even of nothing");
	fails(dev_attach(fd, 0), EPERM, "ATTACH");
	fails(pread(fd, &byte, 1, LISTED), EPERM, "pread");
	fails(pwrite(fd, &byte, 1, LISTED), EPERM, "pwrite");
	fails(xfer(fd, IOPORT_IOC_XFER, &op, 1), EPERM, "a batch");
	op.code = IOPORT_OP_OUT;
	fails(xfer(fd, IOPORT_IOC_ON_CLOSE, &op, 1), EPERM, "ON_CLOSE");
	fails(dev_claim(fd, LISTED, 1), EPERM, "CLAIM");
	check_is(LISTED, 1, IOPORT_REASON_LOCKDOWN, LISTED);
	is(mismatches(WINDOWS(LISTED_WINDOW)), 0, "the window from before stays");
}

int main(int argc, char **argv)
{
	fd = dev_open(O_RDWR);
	if (argc > 1 && !strcmp(argv[1], "confidentiality")) {
		confidentiality();
		return done();
	}
	old = dev_open(O_RDWR);
	worker_start(&holder);
	worker_start(&newcomer);
	integrity();
	worker_stop(&newcomer);
	worker_stop(&holder);
	return done();
}
