// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written when an open file goes, however its users end. Run as root,
 * since policy is changed, with the default policy.
 */
#include "access.h"

static int watch; /* another file, to look at the port */

static uint8_t latch(void)
{
	uint8_t value;

	if (pread(watch, &value, 1, LPT) != 1)
		bail("pread: %s", strerror(errno));
	return value;
}

static void set_latch(uint8_t value)
{
	if (pwrite(watch, &value, 1, LPT) != 1)
		bail("pwrite: %s", strerror(errno));
}

static struct ioport_xfer last;

static int on_close(int fd, const struct ioport_op *ops, uint32_t count)
{
	last = (struct ioport_xfer){ .ops = (uintptr_t)ops, .count = count };
	return ioctl(fd, IOPORT_IOC_ON_CLOSE, &last);
}

#define OUT(p, v)                                                        \
	{                                                                \
		.code = IOPORT_OP_OUT, .width = 1, .port = p, .value = v \
	}

static void set(int fd, uint8_t value)
{
	/* Two on one port: the last one stays, the order is kept. */
	const struct ioport_op ops[] = { OUT(LPT, (uint8_t)~value), OUT(LPT, value) };

	if (on_close(fd, ops, 2))
		bail("ON_CLOSE: %s", strerror(errno));
}

static long opens_and(void *arg)
{
	int fd = dev_open(O_RDWR);

	set(fd, 0x5a);
	if (dev_grant(fd, LPT, 1, 0))
		return 1;
	out8(LPT, 0xff);
	if (arg == (void *)1)
		raise(SIGKILL);
	if (arg == (void *)2) {
		signal(SIGSEGV, SIG_DFL);
		out8(0x80, 0); /* not granted */
	}
	return 0;
}

static void test_ways(void)
{
	int fd = dev_open(O_RDWR), copy;

	set_latch(0);
	set(fd, 0x11);
	is(latch(), 0, "nothing is written yet");
	copy = dup(fd);
	close(fd);
	is(latch(), 0, "nor while a duplicate is open");
	close(copy);
	is(latch(), 0x11, "written at the last close");

	child_do(opens_and, (void *)0);
	is(latch(), 0x5a, "at exit");
	set_latch(0);
	is(child_do(opens_and, (void *)1), -1, "a child is killed");
	is(latch(), 0x5a, "after SIGKILL");
	set_latch(0);
	is(child_do(opens_and, (void *)2), -1, "a child uses a port that is not its own");
	is(latch(), 0x5a, "after SIGSEGV");
}

static void test_replace(void)
{
	int fd = dev_open(O_RDWR);

	set_latch(0);
	set(fd, 0x22);
	set(fd, 0x33);
	close(fd);
	is(latch(), 0x33, "the latest counts");
	fd = dev_open(O_RDWR);
	set(fd, 0x44);
	is(on_close(fd, NULL, 0), 0, "removed");
	close(fd);
	is(latch(), 0x33, "nothing is written");
}

static int param(const char *name, const char *value)
{
	char path[128];
	int f, err;

	snprintf(path, sizeof(path), "/sys/module/ioport/parameters/%s", name);
	f = open(path, O_WRONLY);
	err = f < 0 || write(f, value, strlen(value)) < 0;
	close(f);
	return err;
}

static void test_policy(void)
{
	const struct ioport_op ops[] = { OUT(LPT, 0x77), OUT(VOID, 0) };
	int fd = dev_open(O_RDWR);

	set_latch(0);
	set(fd, 0x55);
	is(param("deny", "0x378"), 0, "deny the port");
	close(fd);
	is(param("deny", "0x0000-0x00ff,0x04d0-0x04d1,0x0cf8-0x0cff"), 0, "allow it again");
	is(latch(), 0, "policy is asked when it is done");
	fd = dev_open(O_RDWR);
	is(on_close(fd, ops, 2), 0, "two ports");
	is(param("deny", "0x278"), 0, "deny the other one");
	close(fd);
	is(param("deny", "0x0000-0x00ff,0x04d0-0x04d1,0x0cf8-0x0cff"), 0, "allow it again");
	is(latch(), 0x77, "only that is left out");
}

static void test_refusals(void)
{
	static const struct {
		struct ioport_op op;
		int error;
		const char *what;
	} bad[] = {
		{ { .code = IOPORT_OP_IN, .width = 1, .port = LPT }, EINVAL, "IN" },
		{ { .code = IOPORT_OP_DELAY, .time = 1 }, EINVAL, "DELAY" },
		{ { .code = IOPORT_OP_OUT, .width = 3, .port = LPT }, EINVAL, "width 3" },
		{ { .code = IOPORT_OP_OUT, .width = 1, .port = LPT, .mask = 1 }, EINVAL, "a mask" },
		{ OUT(0x80, 1), EACCES, "a port that policy forbids" },
	};
	static struct ioport_op many[257];
	int fd = dev_open(O_RDWR), reader = dev_open(O_RDONLY);
	unsigned int i;

	set(fd, 0x66);
	set_latch(0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const struct ioport_op ops[] = { OUT(LPT, 0), bad[i].op };

		fails(on_close(fd, ops, 2), bad[i].error, "%s", bad[i].what);
		is(last.failed, 1, "is named");
	}
	for (i = 0; i < 257; i++)
		many[i] = (struct ioport_op)OUT(LPT, 0);
	fails(on_close(fd, many, 257), E2BIG, "too many");
	fails(on_close(fd, BAD_POINTER, 2), EFAULT, "a bad pointer");
	fails(on_close(reader, many, 1), EBADF, "a file for reading");
	last = (struct ioport_xfer){ .flags = IOPORT_ATOMIC };
	fails(ioctl(fd, IOPORT_IOC_ON_CLOSE, &last), EINVAL, "a flag");
	is(latch(), 0, "nothing was written");
	close(fd);
	is(latch(), 0x66, "what was set before is still in force");
	close(reader);
}

int main(void)
{
	watch = dev_open(O_RDWR);
	test_ways();
	test_replace();
	test_policy();
	test_refusals();
	set_latch(0);
	return done();
}
