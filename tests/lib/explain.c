// SPDX-License-Identifier: GPL-2.0-only
/* Errors in words: the sentence names the port, the cause and the remedy. */
#include "lib.h"

#define READ_WRITE (IOPORT_READ | IOPORT_WRITE)

/* @wants: what the sentence must have in it, with bars between. */
static void explains(struct ioport *io, int err, unsigned int use, uint32_t first, uint32_t count,
		     const char *wants)
{
	char why[512], list[256], *save = NULL;
	bool good = true;

	errno = ERANGE;
	ioport_explain(io, err, use, first, count, why, sizeof(why));
	is(errno, ERANGE, "explaining %s keeps errno", strerror(err));
	snprintf(list, sizeof(list), "%s", wants);
	for (char *want = strtok_r(list, "|", &save); want; want = strtok_r(NULL, "|", &save))
		good &= strstr(why, want) != NULL;
	good &= !strchr(why, '\n') && strlen(why) && why[strlen(why) - 1] != '.';
	ok(good, "%s for 0x%x+%u says: %s", strerror(err), first, count, wants);
	note("%s", why);
}

static void test_policy(struct ioport *io)
{
	uint8_t value;

	fails(ioport_in8(io, REFUSED, &value), EACCES, "in8");
	explains(io, EACCES, IOPORT_READ, REFUSED, 1, "0x0060: |policy|allow=0x278|deny=|root");
	explains(io, EACCES, 0, REFUSED, 1, "0x0060: |policy|allow=0x278");
	fails(ioport_grant(io, LATCH, 16, 0), EACCES, "grant");
	explains(io, EACCES, IOPORT_DIRECT, LATCH, 16, "0x0380 (of 0x0378-0x0387): |policy");
}

static void test_limit(struct ioport *io)
{
	struct ioport_portmap map;

	ioport_portmap_close_all(&map);
	ioport_portmap_open(&map, LATCH, 2);
	is(ioport_limit(io, &map), 0, "limit");
	explains(io, EACCES, READ_WRITE, LATCH, 3, "0x037a |limit|open /dev/ioport again");
}

static void test_invalid(struct ioport *io)
{
	explains(io, EINVAL, IOPORT_READ, 0xffff, 2, "0xffff+2|past 0xffff");
	explains(io, EINVAL, IOPORT_DIRECT, LATCH, 1, "flag|" /* the range is good */);
}

static void test_busy(void)
{
	struct ioport *a = must_open(0), *b = must_open(0);

	is(ioport_grant(a, LATCH, 1, 0), 0, "grant");
	fails(ioport_grant(b, LATCH, 1, 0), EBUSY, "grant through another handle");
	explains(b, EBUSY, IOPORT_DIRECT, LATCH, 1, "0x0378: |another open file|IOPORT_REPLACE");
	ioport_close(a);
	ioport_close(b);
}

static void test_claim(void)
{
	struct ioport *a = must_open(0), *b = must_open(0);
	struct ioport_portmap map;
	uint8_t value;

	is(ioport_claim(a, LATCH, 2), 0, "claim");
	is(ioport_get_map(a, IOPORT_WHICH_CLAIMED, &map), 0, "get_map");
	ok(ioport_portmap_is_open(&map, LATCH, 2) && !ioport_portmap_is_open(&map, LATCH + 1, 2),
	   "what was claimed");
	fails(ioport_in8(b, LATCH, &value), EBUSY, "in8 through another handle");
	fails(ioport_claim(b, LATCH + 1, 2), EBUSY, "claim through another handle");
	explains(b, EBUSY, IOPORT_READ, LATCH, 1, "0x0378: |claimed by another program");
	is(ioport_in8(a, LATCH, &value), 0, "in8 through its own");
	is(ioport_release(a, LATCH, 2), 0, "release");
	is(ioport_in8(b, LATCH, &value), 0, "in8 through another handle");
	fails(ioport_release(a, 0xffff, 2), EINVAL, "release past the last port");
	ioport_close(a);
	ioport_close(b);
}

static void test_mode(void)
{
	struct ioport *io = must_open(IOPORT_READ);

	fails(ioport_out8(io, LATCH, 0), EBADF, "out8");
	explains(io, EBADF, IOPORT_WRITE, LATCH, 1, "0x0378: |not open for writing|IOPORT_WRITE");
	explains(io, EBADF, IOPORT_DIRECT, LATCH, 1, "ioport_open(0)");
	ioport_close(io);
	io = must_open(IOPORT_WRITE);
	explains(io, EBADF, IOPORT_READ, LATCH, 1, "not open for reading|IOPORT_READ");
	ioport_close(io);
}

/* What this machine does not bring about: by errno alone. */
static void test_by_errno(struct ioport *io)
{
	explains(io, EPERM, IOPORT_READ, LATCH, 1, "lockdown");
	explains(io, EOPNOTSUPP, IOPORT_DIRECT, LATCH, 1, "CONFIG_X86_IOPL_IOPERM|leave out");
	explains(io, ENOTTY, 0, 0, 0, "older than this library");
	explains(io, ENOMEM, IOPORT_DIRECT, LATCH, 1, "memory");
	explains(io, EINTR, IOPORT_DIRECT, LATCH, 1, "try again");
	explains(io, ETIMEDOUT, 0, 0, 0, "WAIT|thread|try again");
	explains(io, EAGAIN, 0, 0, 0, "another thread|try again");
	explains(io, E2BIG, 0, 0, 0, "max_ops|ioport_on_close|split");
	explains(io, ENXIO, 0, 0, 0, "0xffff");
	explains(io, EFAULT, 0, 0, 0, "address|correct");
	explains(io, EXDEV, 0, 0, 0, "cross-device");
}

int main(void)
{
	struct ioport *io = must_open(0);

	test_policy(io);
	test_invalid(io);
	test_by_errno(io);
	test_limit(io);
	ioport_close(io);
	test_busy();
	test_claim();
	test_mode();
	return done();
}
