// SPDX-License-Identifier: GPL-2.0-only
/*
 * Structs that end where memory does, in every call, and such as cannot be written to, in
 * those that answer: EFAULT, and nothing has changed. Run as root.
 */
#include "state.h"

#include <sys/mman.h>

static int fd;
static uint8_t bits[IOPORT_MAP_BYTES], bits_out[IOPORT_MAP_BYTES];
static char *last_page;

static void make_edge(void)
{
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (two == MAP_FAILED || munmap(two + 4096, 4096))
		bail("mmap: %s", strerror(errno));
	last_page = two;
}

/* A valid argument of which the last bytes are missing, for each number of them. */
static void edge(const char *name, unsigned long call, const void *arg, size_t size)
{
	static struct state before;
	unsigned int there;
	int errors = 0;
	const char *what;

	look(fd, &before);
	for (there = 0; there < size; there++) {
		memcpy(last_page + 4096 - there, arg, there);
		errno = 0;
		errors += ioctl(fd, call, last_page + 4096 - there) != -1 || errno != EFAULT;
	}
	what = changed(fd, &before, call != IOPORT_IOC_CHECK && call != IOPORT_IOC_XFER);
	is(errors, 0, "%s: a struct that is cut off anywhere: EFAULT", name);
	ok(!what, "%s: nothing has changed%s%s", name, what ? ", but " : "", what ?: "");
}

/* For calls that only write, as well. */
static void read_only(const char *name, unsigned long call, const void *arg, size_t size)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(page, arg, size);
	mprotect(page, 4096, PROT_READ);
	fails(ioctl(fd, call, page), EFAULT, "%s: a struct that cannot be written to", name);
	munmap(page, 4096);
}

#define EDGE(call, ...)                                            \
	do {                                                       \
		__VA_ARGS__;                                       \
		edge(#call, IOPORT_IOC_##call, &arg, sizeof(arg)); \
	} while (0)

/* What had been set before is what is written in the end. */
static void test_last_batch(void)
{
	struct ioport_op op = { .code = IOPORT_OP_OUT, .width = 1, .port = LPT, .value = 0x5a };
	struct ioport_xfer xfer = { .ops = (uintptr_t)&op, .count = 1 };
	int mine = fd;

	fd = dev_open(O_RDWR);
	is(ioctl(fd, IOPORT_IOC_ON_CLOSE, &xfer), 0, "ON_CLOSE");
	op.value = 0xa5;
	read_only("ON_CLOSE of something else", IOPORT_IOC_ON_CLOSE, &xfer, sizeof(xfer));
	close(fd);
	fd = mine;
	is(in8(LPT), 0x5a, "the first is written when the file is closed");
}

static void test_edges(void)
{
	struct ioport_op op = { .code = IOPORT_OP_OUT, .width = 1, .port = LPT };

	bits_fill(bits, false);
	bits_open(bits, LPT, 8);
	make_edge();
	fd = dev_open(O_RDWR);
	if (dev_grant(fd, LPT, 2, 0))
		bail("GRANT: %s", strerror(errno));
	EDGE(GET_INFO, struct ioport_info arg = { 0 });
	EDGE(GRANT, struct ioport_range arg = { .first = LPT, .count = 8 });
	EDGE(REVOKE, struct ioport_range arg = { .first = LPT, .count = 8 });
	EDGE(CLAIM, struct ioport_range arg = { .first = LPT, .count = 8 });
	EDGE(RELEASE, struct ioport_range arg = { .first = LPT, .count = 8 });
	EDGE(SET_MAP, struct ioport_map arg = { .map = (uintptr_t)bits });
	EDGE(GET_MAP, struct ioport_map arg = { .map = (uintptr_t)bits_out });
	EDGE(LIMIT, struct ioport_map arg = { .map = (uintptr_t)bits });
	EDGE(ATTACH, struct ioport_attach arg = { 0 });
	EDGE(DETACH, struct ioport_attach arg = { 0 });
	EDGE(CHECK, struct ioport_check arg = { .first = LPT, .count = 1, .flags = IOPORT_READ });
	EDGE(XFER, struct ioport_xfer arg = { .ops = (uintptr_t)&op, .count = 1 });
	EDGE(ON_CLOSE, struct ioport_xfer arg = { .ops = (uintptr_t)&op, .count = 1 });
	{
		struct ioport_check check = { .first = LPT, .count = 1, .flags = IOPORT_READ };
		struct ioport_xfer xfer = { .ops = (uintptr_t)&op, .count = 1 };

		read_only("CHECK", IOPORT_IOC_CHECK, &check, sizeof(check));
		read_only("XFER", IOPORT_IOC_XFER, &xfer, sizeof(xfer));
		read_only("ON_CLOSE", IOPORT_IOC_ON_CLOSE, &xfer, sizeof(xfer));
	}
	test_last_batch();
	close(fd);
}

int main(void)
{
	test_edges();
	return done();
}
