// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints: what each call is seen to do, with the right ports, widths and values,
 * and the cause of each refusal. Run as root, for whom tracefs is, with
 * allow=0xe0-0xe3,0x278-0x27f,0x378-0x37f,0x510-0x511 deny=none. With an argument the
 * one refusal that such a kernel gives: "lockdown", or "no-direct".
 *
 * QEMU's pc-testdev has a latch of 32 bits at 0xe0; its firmware configuration device
 * reads as a FIFO at 0x511 what was chosen at 0x510: item 0 begins "QEMU".
 */
#include "admin.h"

#include <sys/stat.h>

#define TRACEFS "/sys/kernel/tracing/"
#define INSTANCE TRACEFS "instances/ioport-test/"
#define LATCH 0xe0
#define FW_SELECT 0x510
#define FW_DATA 0x511
/* The console: the kernel's driver has it. */
#define SERIAL 0x3f8
#define FORBIDDEN 0x60

static char seen[65536];

static void put(const char *path, const char *text)
{
	int f = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (f < 0 || write(f, text, strlen(text)) != (ssize_t)strlen(text))
		bail("%s: %s", path, strerror(errno));
	close(f);
}

static size_t get(const char *path, char *text, size_t size)
{
	int f = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, used = 0;

	if (f < 0)
		bail("%s: %s", path, strerror(errno));
	while (used < (ssize_t)size - 1 && (n = read(f, text + used, size - 1 - used)) > 0)
		used += n;
	if (n < 0)
		bail("%s: %s", path, strerror(errno));
	close(f);
	text[used] = '\0';
	return used;
}

/* Events of this process since the last call, one a line, without who, when and file. */
static void collect(void)
{
	static char text[sizeof(seen)];
	char pid[16], *line, *next, *name, *rest;

	snprintf(pid, sizeof(pid), "-%d ", getpid());
	get(INSTANCE "trace", text, sizeof(text));
	put(INSTANCE "trace", "");
	seen[0] = '\0';
	for (line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		name = strstr(line, ": ioport_");
		if (!name || !strstr(line, pid))
			continue;
		rest = strchr(name + 2, ' ');
		rest = strstr(rest, "file=");
		rest = rest ? strchrnul(rest, ' ') : "";
		strncat(seen, name + 9, strcspn(name + 9, ":"));
		strcat(seen, rest);
		strcat(seen, "\n");
	}
}

/* These and no others. */
static void saw(const char *want, const char *what)
{
	collect();
	if (!ok(!strcmp(seen, want), "%s", what))
		printf("# saw:\n%s# want:\n%s", seen, want);
}

static void start(void)
{
	char text[8];

	get(TRACEFS "events/ioport/enable", text, sizeof(text));
	ok(text[0] == '0', "all events are off at first");
	if (mkdir(INSTANCE, 0700))
		bail("%s: %s", INSTANCE, strerror(errno));
	get(INSTANCE "events/ioport/enable", text, sizeof(text));
	ok(text[0] == '0', "in a new instance as well");
}

static void events(bool on)
{
	put(INSTANCE "events/ioport/enable", on ? "1" : "0");
}

/* ---- what is done ---- */

static void touch(int fd)
{
	uint32_t value = 0x89abcdef;

	if (pwrite(fd, &value, 4, LATCH) != 4 || pwrite(fd, "\x12\x34", 2, LATCH + 2) != 2 ||
	    pwrite(fd, "\x56", 1, LATCH) != 1 || pread(fd, &value, 4, LATCH) != 4 ||
	    pread(fd, &value, 2, LATCH + 2) != 2 || pread(fd, &value, 1, LATCH + 3) != 1)
		bail("the latch: %s", strerror(errno));
}

static void test_transfer(int fd)
{
	touch(fd);
	saw("", "off: nothing is seen");
	events(true);
	touch(fd);
	saw("transfer port=0x00e0 width=4 write=1 value=0x89abcdef\n"
	    "transfer port=0x00e2 width=2 write=1 value=0x3412\n"
	    "transfer port=0x00e0 width=1 write=1 value=0x56\n"
	    "transfer port=0x00e0 width=4 write=0 value=0x3412cd56\n"
	    "transfer port=0x00e2 width=2 write=0 value=0x3412\n"
	    "transfer port=0x00e3 width=1 write=0 value=0x34\n",
	    "pwrite and pread");
}

static void test_open_close(void)
{
	close(dev_open(O_RDWR));
	close(dev_open(O_RDONLY));
	close(dev_open(O_WRONLY));
	saw("open read=1 write=1\nclose\nopen read=1 write=0\nclose\nopen read=0 write=1\nclose\n",
	    "open and close");
}

static void test_map(int fd)
{
	uint8_t bits[IOPORT_MAP_BYTES];
	int f = dev_open(O_RDWR);

	dev_grant(fd, LATCH, 4, 0);
	dev_revoke(fd, LATCH + 1, 2, 0);
	dev_detach(fd);
	dev_attach(fd, 0);
	dev_detach(fd);
	dev_grant(fd, VOID, 1, IOPORT_THREAD);
	dev_revoke(fd, VOID, 1, IOPORT_THREAD);
	dev_revoke(fd, 0, IOPORT_PORTS, 0);
	dev_claim(fd, VOID, 2);
	dev_claim(f, VOID + 1, 1);
	dev_release(fd, VOID, 2);
	saw("open read=1 write=1\n"
	    "grant first=0x00e0 count=4 thread=0\n"
	    "revoke first=0x00e1 count=2 thread=0\n"
	    "detach\nattach\ndetach\n"
	    "grant first=0x0278 count=1 thread=1\n"
	    "revoke first=0x0278 count=1 thread=1\n"
	    "revoke first=0x0000 count=65536 thread=0\n"
	    "claim first=0x0278 count=2 thread=0\n"
	    "denied call=claim first=0x0279 count=1 port=0x0279 error=16 reason=busy\n"
	    "release first=0x0278 count=2 thread=0\n",
	    "grant, revoke, attach, detach, claim, release");
	bits_fill(bits, false);
	dev_set_map(f, bits, 0);
	bits_open(bits, VOID, 2);
	bits_open(bits, LPT, 3);
	dev_set_map(f, bits, 0);
	dev_set_map(f, bits, IOPORT_THREAD);
	dev_limit(f, bits);
	dev_detach(f);
	close(f);
	saw("set_map first=0x10000 last=0x10000 open=0 thread=0\n"
	    "set_map first=0x0278 last=0x037a open=5 thread=0\n"
	    "set_map first=0x0278 last=0x037a open=5 thread=1\n"
	    "limit first=0x0278 last=0x037a open=5 thread=0\n"
	    "detach\nclose\n",
	    "whole maps");
}

static int xfer(int fd, unsigned long call, struct ioport_op *ops, uint32_t count, uint32_t flags)
{
	struct ioport_xfer x = { .ops = (uintptr_t)ops, .count = count, .flags = flags };

	return ioctl(fd, call, &x);
}

static void test_batch(int fd)
{
	uint8_t name[2], letters[2] = { 'a', 'b' };
	struct ioport_op ops[] = {
		{ .code = IOPORT_OP_OUT, .width = 4, .port = LATCH, .value = 0x89abcdef },
		{ .code = IOPORT_OP_IN, .width = 2, .port = LATCH + 2 },
		{ .code = IOPORT_OP_MODIFY,
		  .width = 1,
		  .port = LATCH,
		  .mask = 0x0f,
		  .value = 0x05 },
		{ .code = IOPORT_OP_DELAY, .time = 1000 },
		{ .code = IOPORT_OP_WAIT, .width = 1, .port = LATCH, .mask = 0xf0, .value = 0xe0 },
		{ .code = IOPORT_OP_OUT, .width = 2, .port = FW_SELECT, .value = 0 },
		{ .code = IOPORT_OP_INS,
		  .width = 1,
		  .port = FW_DATA,
		  .value = 1,
		  .data = (uintptr_t)name },
		/* If it were done twice, the next would miss a letter. */
		{ .code = IOPORT_OP_IN, .width = 1, .port = FW_DATA },
		{ .code = IOPORT_OP_INS,
		  .width = 1,
		  .port = FW_DATA,
		  .value = 2,
		  .data = (uintptr_t)name },
		{ .code = IOPORT_OP_OUTS,
		  .width = 1,
		  .port = LATCH,
		  .value = 2,
		  .data = (uintptr_t)letters },
	};
	struct ioport_op wait[] = {
		{ .code = IOPORT_OP_IN, .width = 1, .port = LATCH },
		{ .code = IOPORT_OP_WAIT,
		  .width = 1,
		  .port = LATCH,
		  .mask = 1,
		  .value = 1,
		  .time = 1000000 },
		{ .code = IOPORT_OP_IN, .width = 1, .port = LATCH },
	};

	xfer(fd, IOPORT_IOC_XFER, ops, sizeof(ops) / sizeof(*ops), IOPORT_ATOMIC);
	saw("batch_access port=0x00e0 width=4 write=1 value=0x89abcdef\n"
	    "batch_access port=0x00e2 width=2 write=0 value=0x89ab\n"
	    "batch_access port=0x00e0 width=1 write=0 value=0xef\n"
	    "batch_access port=0x00e0 width=1 write=1 value=0xe5\n"
	    "batch_access port=0x00e0 width=1 write=0 value=0xe5\n"
	    "batch_access port=0x0510 width=2 write=1 value=0x0\n"
	    "batch_access port=0x0511 width=1 write=0 value=0x51\n"
	    "batch_access port=0x0511 width=1 write=0 value=0x45\n"
	    "batch_access port=0x0511 width=1 write=0 value=0x4d\n"
	    "batch_access port=0x0511 width=1 write=0 value=0x55\n"
	    "batch_access port=0x00e0 width=1 write=1 value=0x61\n"
	    "batch_access port=0x00e0 width=1 write=1 value=0x62\n"
	    "batch ops=10 done=10 atomic=1 error=0\n",
	    "a batch of all operations");
	fails(xfer(fd, IOPORT_IOC_XFER, wait, 3, 0), ETIMEDOUT, "a wait");
	saw("batch_access port=0x00e0 width=1 write=0 value=0x62\n"
	    "batch_access port=0x00e0 width=1 write=0 value=0x62\n"
	    "batch ops=3 done=1 atomic=0 error=110\n",
	    "one that ends half-way: the last look");
	put(INSTANCE "events/ioport/ioport_batch_access/enable", "0");
	xfer(fd, IOPORT_IOC_XFER, wait, 1, 0);
	saw("batch ops=1 done=1 atomic=0 error=0\n", "a batch without its accesses");
	put(INSTANCE "events/ioport/ioport_batch_access/enable", "1");
}

/* More than one slice, so that none is lost or seen twice at its border. */
static void test_long_batch(int fd)
{
	static struct ioport_op ops[100];
	char line[128], want[sizeof(seen)] = "";
	unsigned int i;

	for (i = 0; i < 100; i++) {
		ops[i] = (struct ioport_op){
			.code = IOPORT_OP_OUT, .width = 1, .port = LATCH + i % 4, .value = i
		};
		snprintf(line, sizeof(line),
			 "batch_access port=0x%04x width=1 write=1 value=0x%x\n", LATCH + i % 4, i);
		strcat(want, line);
	}
	strcat(want, "batch ops=100 done=100 atomic=0 error=0\n");
	xfer(fd, IOPORT_IOC_XFER, ops, 100, 0);
	saw(want, "a hundred operations, each once and in order");
}

static void test_on_close(void)
{
	struct ioport_op ops[] = {
		{ .code = IOPORT_OP_OUT, .width = 4, .port = LATCH, .value = 0x11223344 },
		{ .code = IOPORT_OP_OUT, .width = 1, .port = LATCH, .value = 0x55 },
	};
	int f = dev_open(O_WRONLY);

	xfer(f, IOPORT_IOC_ON_CLOSE, ops, 2, 0);
	close(f);
	saw("open read=0 write=1\n"
	    "on_close ops=2 done=0 atomic=0 error=0\n"
	    "close\n"
	    "close_access port=0x00e0 width=4 write=1 value=0x11223344\n"
	    "close_access port=0x00e0 width=1 write=1 value=0x55\n",
	    "what is written at the last close");
}

/* Nothing in it but a number, the same for one open file, another for another. */
static void test_file(void)
{
	static char text[4096];
	unsigned long long first = 0, second = 0, third = 0;
	int a = dev_open(O_RDWR), b = dev_open(O_RDWR);
	char *at = text;

	close(a);
	get(INSTANCE "trace", text, sizeof(text));
	collect();
	at = strstr(at, "ioport_open: file=");
	if (at)
		first = strtoull(at + 18, &at, 16);
	at = at ? strstr(at, "ioport_open: file=") : NULL;
	if (at)
		second = strtoull(at + 18, &at, 16);
	at = at ? strstr(at, "ioport_close: file=") : NULL;
	if (at)
		third = strtoull(at + 19, &at, 16);
	ok(first && first == third && first != second, "files are told from each other");
	close(b);
	collect();
}

/* ---- what is refused ---- */

static void test_policy(int fd)
{
	struct ioport_op ops[] = {
		{ .code = IOPORT_OP_OUT, .width = 1, .port = LATCH, .value = 1 },
		{ .code = IOPORT_OP_IN, .width = 2, .port = FORBIDDEN },
	};
	struct ioport_op out = { .code = IOPORT_OP_OUT, .width = 1, .port = FORBIDDEN };
	uint8_t bits[IOPORT_MAP_BYTES], byte = 0;

	fails(pread(fd, &byte, 1, FORBIDDEN), EACCES, "read");
	fails(pwrite(fd, "abcd", 4, LATCH + 1), EACCES, "write over the border");
	fails(dev_grant(fd, LATCH, 8, 0), EACCES, "grant");
	bits_fill(bits, false);
	bits_open(bits, LATCH, 1);
	bits_open(bits, FORBIDDEN + 2, 2);
	fails(dev_set_map(fd, bits, 0), EACCES, "set a map");
	fails(xfer(fd, IOPORT_IOC_XFER, ops, 2, 0), EACCES, "a batch");
	fails(xfer(fd, IOPORT_IOC_ON_CLOSE, &out, 1, 0), EACCES, "on close");
	saw("denied call=read first=0x0060 count=1 port=0x0060 error=13 reason=policy\n"
	    "denied call=write first=0x00e1 count=4 port=0x00e4 error=13 reason=policy\n"
	    "denied call=grant first=0x00e0 count=8 port=0x00e4 error=13 reason=policy\n"
	    "denied call=set_map first=0x0000 count=65536 port=0x0062 error=13 reason=policy\n"
	    "denied call=batch first=0x0060 count=2 port=0x0060 error=13 reason=policy\n"
	    "batch ops=2 done=0 atomic=0 error=13\n"
	    "denied call=on_close first=0x0060 count=1 port=0x0060 error=13 reason=policy\n",
	    "policy");
}

static void test_limit(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];
	int f = dev_open(O_RDWR);

	bits_fill(bits, false);
	bits_open(bits, LATCH, 2);
	dev_limit(f, bits);
	collect();
	fails(dev_grant(f, LATCH, 4, IOPORT_THREAD), EACCES, "outside the limit");
	saw("denied call=grant first=0x00e0 count=4 port=0x00e2 error=13 reason=limit\n", "limit");
	close(f);
	collect();
}

static void test_busy(int fd)
{
	struct ioport_op in = { .code = IOPORT_OP_IN, .width = 1, .port = SERIAL };
	char allow[4096];
	uint8_t byte;

	snprintf(allow, sizeof(allow), "%s", get_param("allow"));
	is(set_param("allow", "0x3f8-0x3ff"), 0, "allow the first serial port");
	fails(pread(fd, &byte, 1, SERIAL), EBUSY, "read what a driver has");
	fails(dev_grant(fd, SERIAL, 8, IOPORT_THREAD), EBUSY, "grant it");
	fails(xfer(fd, IOPORT_IOC_XFER, &in, 1, 0), EBUSY, "a batch with it");
	saw("denied call=read first=0x03f8 count=1 port=0x03f8 error=16 reason=busy\n"
	    "denied call=grant first=0x03f8 count=8 port=0x03f8 error=16 reason=busy\n"
	    "denied call=batch first=0x03f8 count=1 port=0x03f8 error=16 reason=busy\n"
	    "batch ops=1 done=0 atomic=0 error=16\n",
	    "busy");
	is(set_param("allow", allow), 0, "and what was allowed before");
}

/* Neither a port nor policy: the thread is attached elsewhere. */
static void test_attached(int fd)
{
	uint8_t bits[IOPORT_MAP_BYTES];
	int f = dev_open(O_RDWR);

	dev_grant(f, LATCH, 1, 0);
	collect();
	bits_fill(bits, false);
	fails(dev_grant(fd, LATCH, 1, 0), EBUSY, "attached to another file's map");
	fails(dev_attach(fd, 0), EBUSY, "the same");
	fails(dev_set_map(fd, bits, IOPORT_THREAD), EBUSY, "the same");
	saw("denied call=grant first=0x00e0 count=1 port=0x00e0 error=16 reason=attached\n"
	    "denied call=attach first=0x0000 count=0 port=0x0000 error=16 reason=attached\n"
	    "denied call=set_map first=0x0000 count=65536 port=0x0000 error=16 reason=attached\n",
	    "attached");
	close(f);
	collect();
}

static void test_mode(void)
{
	struct ioport_op out = { .code = IOPORT_OP_OUT, .width = 1, .port = LATCH };
	uint8_t bits[IOPORT_MAP_BYTES];
	int f = dev_open(O_RDONLY);

	collect();
	fails(dev_grant(f, LATCH, 1, 0), EBADF, "grant");
	fails(dev_set_map(f, bits, 0), EBADF, "set a map");
	fails(dev_attach(f, 0), EBADF, "attach");
	fails(xfer(f, IOPORT_IOC_XFER, &out, 1, 0), EBADF, "a batch that writes");
	fails(xfer(f, IOPORT_IOC_ON_CLOSE, &out, 1, 0), EBADF, "on close");
	saw("denied call=grant first=0x0000 count=0 port=0x0000 error=9 reason=mode\n"
	    "denied call=set_map first=0x0000 count=0 port=0x0000 error=9 reason=mode\n"
	    "denied call=attach first=0x0000 count=0 port=0x0000 error=9 reason=mode\n"
	    "denied call=batch first=0x00e0 count=1 port=0x00e0 error=9 reason=mode\n"
	    "batch ops=1 done=0 atomic=0 error=9\n"
	    "denied call=on_close first=0x0000 count=0 port=0x0000 error=9 reason=mode\n",
	    "open mode");
	close(f);
	collect();
}

/* Mistakes are no refusals. */
static void test_mistakes(int fd)
{
	struct ioport_op bad = { .code = 99 };
	uint8_t bytes[3];

	fails(dev_grant(fd, 0, 0, 0), EINVAL, "no ports");
	fails(pread(fd, bytes, 3, LATCH), EINVAL, "three bytes");
	fails(xfer(fd, IOPORT_IOC_XFER, &bad, 1, 0), EINVAL, "no such operation");
	saw("batch ops=1 done=0 atomic=0 error=22\n", "mistakes are not denied");
}

static void test_kernel(int fd, const char *reason)
{
	char want[256];
	bool lockdown = !strcmp(reason, "lockdown");
	struct ioport_op out = { .code = IOPORT_OP_OUT, .width = 1, .port = LPT };
	uint8_t byte;

	events(true);
	fails(dev_grant(fd, LPT, 2, 0), lockdown ? EPERM : EOPNOTSUPP, "grant");
	snprintf(want, sizeof(want),
		 "denied call=grant first=0x0378 count=2 port=0x0378 error=%d reason=%s\n",
		 lockdown ? EPERM : EOPNOTSUPP, reason);
	saw(want, reason);
	if (!lockdown)
		return;
	fails(pread(fd, &byte, 1, LPT), EPERM, "read");
	fails(xfer(fd, IOPORT_IOC_XFER, &out, 1, 0), EPERM, "a batch");
	fails(xfer(fd, IOPORT_IOC_ON_CLOSE, &out, 1, 0), EPERM, "on close");
	saw("denied call=read first=0x0378 count=1 port=0x0378 error=1 reason=lockdown\n"
	    "denied call=batch first=0x0378 count=1 port=0x0378 error=1 reason=lockdown\n"
	    "batch ops=1 done=0 atomic=0 error=1\n"
	    "denied call=on_close first=0x0378 count=1 port=0x0378 error=1 reason=lockdown\n",
	    "of others too");
}

int main(int argc, char **argv)
{
	int fd;

	start();
	fd = dev_open(O_RDWR);
	if (argc > 1) {
		test_kernel(fd, argv[1]);
	} else {
		test_transfer(fd);
		test_open_close();
		test_map(fd);
		test_batch(fd);
		test_long_batch(fd);
		test_on_close();
		test_file();
		test_policy(fd);
		test_limit();
		test_busy(fd);
		test_attached(fd);
		test_mode();
		test_mistakes(fd);
	}
	events(false);
	collect();
	close(fd);
	saw("", "off again: nothing is seen");
	ok(!rmdir(INSTANCE), "the instance goes");
	return done();
}
