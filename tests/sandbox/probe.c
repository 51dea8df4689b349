// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program can do in a sandbox, tried. Run by the scripts here:
 *
 *	probe borrow	with ports lent on descriptor 3, in bwrap.sh's sandbox
 *	probe wait	the same, until they are taken back
 *	probe device	with the device itself, but no privilege
 */
#include "uapi/access.h"

#include <sys/io.h>
#include <sys/socket.h>
#include <termios.h>

/* What is lent. */
#define LENT_COUNT 3
#define LENT_WINDOW             \
	{                       \
		LPT, LENT_COUNT \
	}
#define BEYOND (LPT + LENT_COUNT)

static int fd;

static void receive(void)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };

	if (recvmsg(3, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		bail("no descriptor: %s", strerror(errno));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
}

/* Is there a line NAME: VALUE in /proc/self/status? */
static bool status_has(const char *name, unsigned long long value)
{
	FILE *f = fopen("/proc/self/status", "r");
	size_t len = strlen(name);
	char line[256];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			found = strtoull(line + len + 1, NULL, 16) == value;
	if (f)
		fclose(f);
	return found;
}

static void test_no_privilege(void)
{
	ok(status_has("CapEff", 0) && status_has("CapPrm", 0) && status_has("CapBnd", 0),
	   "no capability, and none to be had");
	ok(status_has("NoNewPrivs", 1), "no new privileges");
}

/* It would leave the map, were it let through to the kernel. */
static void test_no_ioperm(void)
{
	fails(ioperm(LPT, 1, 1), EPERM, "ioperm()");
	fails(iopl(3), EPERM, "iopl()");
}

static void test_limit(void)
{
	uint8_t limit[IOPORT_MAP_BYTES], all[IOPORT_MAP_BYTES];

	is(dev_get_map(fd, IOPORT_WHICH_LIMIT, limit), 0, "GET_MAP");
	ok(bits_count(limit) == LENT_COUNT && bits_is_open(limit, LPT),
	   "the limit is what was lent");
	bits_fill(all, true);
	is(dev_limit(fd, all), 0, "LIMIT to everything");
	is(dev_get_map(fd, IOPORT_WHICH_LIMIT, limit), 0, "GET_MAP");
	is(bits_count(limit), LENT_COUNT, "opens nothing");
}

static void test_ports(void)
{
	struct ioport_op op = { .code = IOPORT_OP_IN, .width = 1, .port = BEYOND };
	struct ioport_xfer xfer = { .ops = (uintptr_t)&op, .count = 1 };
	uint8_t byte = 0x5a;

	is(pwrite(fd, &byte, 1, LPT), 1, "pwrite of a lent port");
	is(dev_grant(fd, LPT, LENT_COUNT, 0), 0, "GRANT of the lent ports");
	is(mismatches(WINDOWS(LENT_WINDOW)), 0, "they are open, no others");
	is(in8(LPT), 0x5a, "an instruction reads what was written");
	fails(dev_grant(fd, BEYOND, 1, 0), EACCES, "GRANT of one more");
	fails(dev_grant(fd, VOID, 1, IOPORT_THREAD), EACCES, "GRANT THREAD of another");
	fails(pread(fd, &byte, 1, BEYOND), EACCES, "pread of one more");
	fails(ioctl(fd, IOPORT_IOC_XFER, &xfer), EACCES, "a batch with it");
	fails(dev_claim(fd, BEYOND, 1), EACCES, "CLAIM of it");
}

static void test_sandbox(void)
{
	struct termios termios;

	fails(open(DEVICE, O_RDWR), ENOENT, "the device");
	fails(open("/dev", O_RDONLY), ENOENT, "/dev");
	ok(status_has("Seccomp", 2), "a system call filter");
	fails(fork(), EPERM, "fork()");
	fails(socket(AF_UNIX, SOCK_STREAM, 0), EPERM, "socket()");
	fails(ioctl(1, TCGETS, &termios), EPERM, "another device's ioctl");
	fails(kill(1, 0), EPERM, "kill()");
	fails(openat(AT_FDCWD, "/usr/bin/written", O_WRONLY | O_CREAT, 0600), EROFS, "writing");
}

static void borrow(void)
{
	receive();
	test_sandbox();
	test_no_privilege();
	test_limit();
	test_ports();
	test_no_ioperm();
	is(mismatches(WINDOWS(LENT_WINDOW)), 0, "the lent ports are still there, no others");
}

/* Reads until it faults, for a minute at most. */
static void wait_for_loss(void)
{
	double end;
	uint8_t byte;

	receive();
	if (dev_grant(fd, LPT, LENT_COUNT, 0))
		bail("GRANT: %s", strerror(errno));
	end = deadline(60);
	ok(can_in(LPT, 1), "ready");
	while (can_in(LPT, 1) && seconds() < end)
		;
	is(mismatches(NONE), 0, "no port is left");
	fails(pread(fd, &byte, 1, LPT), EACCES, "pread");
	fails(dev_grant(fd, LPT, 1, 0), EACCES, "GRANT");
}

static void device(void)
{
	test_no_privilege();
	fd = dev_open(O_RDWR);
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "GRANT");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "the window is open, no other port");
	fails(dev_grant(fd, 0x80, 1, 0), EACCES, "policy holds");
	test_no_ioperm();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "borrow"))
		borrow();
	else if (!strcmp(what, "wait"))
		wait_for_loss();
	else
		device();
	return done();
}
