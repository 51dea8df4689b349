// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded, as a user who may open the device, with the default policy: what the
 * module refuses, in the kernel's words.
 */
#include "uapi/access.h"

#include <sys/io.h>

#define POLICY WINDOWS({ 0x278, 8 }, { 0x378, 8 }, { 0x3bc, 4 })

static void test_ioperm(void)
{
	fails(ioperm(0x80, 1, 1), EPERM, "a port that policy denies");
	fails(ioperm(0x376, 4, 1), EPERM, "a range that policy allows in part");
	is(mismatches(NONE), 0, "neither opened anything");
	is(ioperm(0x376, 4, 0), 0, "turning it off needs no right");
	is(ioperm(LPT, LPT_COUNT, 1), 0, "a port that it allows");
	fails(ioperm(0x376, 4, 1), EPERM, "and again in part");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "that one port is open");
	is(ioperm(0, 65536, 0), 0, "off");
}

static void test_iopl(void)
{
	setenv("IOPORT_COMPAT_STRICT", "1", 1);
	fails(iopl(3), EPERM, "iopl(3), strict");
	is(mismatches(NONE), 0, "opened nothing");
	setenv("IOPORT_COMPAT_STRICT", "0", 1);
	is(ioperm(LPT, 1, 1), 0, "one port by ioperm()");
	is(iopl(3), 0, "iopl(3), not strict");
	is(mismatches(POLICY), 0, "opened what policy allows");
	fails(ioperm(0x80, 1, 1), EPERM, "not what it denies");
	is(iopl(0), 0, "iopl(0)");
	is(mismatches(WINDOWS({ LPT, 1 })), 0, "the port of ioperm() stays");
	is(ioperm(LPT, 1, 0), 0, "off");
	unsetenv("IOPORT_COMPAT_STRICT");
}

/* A program that uses the device by itself is left alone. */
static void test_device(void)
{
	uint32_t word = 0;
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	is(pread(fd, &word, 2, LPT), 2, "the device itself: two bytes are one instruction");
	fails(pread(fd, &word, 3, LPT), EINVAL, "and three are none");
	close(fd);
}

static void test_devport(void)
{
	uint8_t byte[16];
	int fd = open("/dev/port", O_RDWR);

	ok(fd >= 0, "/dev/port opens");
	fails(pread(fd, byte, 1, 0x80), EPERM, "a port that policy denies");
	is(pread(fd, byte, 16, 0x378), 8, "a read ends where policy does");
	is(pread(fd, byte, 2, LPT), 2, "two bytes are two ports");
	close(fd);
	test_device();
	fd = open("/dev/port", O_RDONLY);
	fails(pwrite(fd, byte, 1, LPT), EBADF, "a write where it is open for reading");
	close(fd);
}

int main(void)
{
	test_ioperm();
	test_iopl();
	test_devport();
	return done();
}
