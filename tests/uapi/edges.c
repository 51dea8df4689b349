// SPDX-License-Identifier: GPL-2.0-only
/*
 * Structs, lists of operations and data that end where memory does, and such as cannot be
 * written to: EFAULT, and nothing has changed, but for a batch or a read that could not
 * deliver what it had done. Run as root.
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

/* ---- what the structs point to ---- */

/* More than the kernel copies at a time; of the last one bytes are missing. */
#define OPS 70

static struct ioport_op out_op(unsigned int port, uint32_t value)
{
	return (struct ioport_op){
		.code = IOPORT_OP_OUT, .width = 1, .port = port, .value = value
	};
}

static int xfer(const void *ops, unsigned int count, struct ioport_xfer *x)
{
	*x = (struct ioport_xfer){ .ops = (uintptr_t)ops, .count = count };
	errno = 0;
	return ioctl(fd, IOPORT_IOC_XFER, x) < 0 ? errno : 0;
}

static void set_latch(uint8_t value)
{
	if (pwrite(fd, &value, 1, LPT) != 1)
		bail("write: %s", strerror(errno));
}

static uint8_t latch(void)
{
	uint8_t value;

	if (pread(fd, &value, 1, LPT) != 1)
		bail("read: %s", strerror(errno));
	return value;
}

static void test_short_ops(void)
{
	struct ioport_op ops[OPS];
	unsigned int count, missing;
	struct ioport_xfer x;
	int errors = 0;

	set_latch(0x11);
	for (count = 1; count <= OPS; count++) {
		ops[count - 1] = out_op(LPT, 0x22);
		for (missing = 1; missing <= sizeof(*ops); missing++) {
			size_t there = count * sizeof(*ops) - missing;

			memcpy(last_page + 4096 - there, ops, there);
			errors += xfer(last_page + 4096 - there, count, &x) != EFAULT || x.done;
		}
	}
	is(errors, 0, "operations that are cut off anywhere: EFAULT, none done");
	is(latch(), 0x11, "and nothing was written");
}

static void test_short_data(void)
{
	struct ioport_op ops[2] = {
		out_op(LPT, 0x33), { .code = IOPORT_OP_OUTS, .width = 2, .port = LPT, .value = 4 }
	};
	struct ioport_xfer x;
	unsigned int there;
	int errors = 0;

	set_latch(0x11);
	memset(last_page, 0x44, 4096);
	for (there = 0; there < 8; there++) {
		ops[1].data = (uintptr_t)last_page + 4096 - there;
		errors += xfer(ops, 2, &x) != EFAULT || x.done || x.failed != 1;
	}
	is(errors, 0, "OUTS of data that is cut off anywhere: EFAULT, none done");
	is(latch(), 0x11, "and nothing was written, also by what comes before it");
	ops[1].data = (uintptr_t)last_page + 4096 - 8;
	is(xfer(ops, 2, &x), 0, "all of the data");
}

/* It has run by then: the results are what cannot be delivered. */
static void test_results(void)
{
	struct ioport_op *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ioport_op ins = { .code = IOPORT_OP_INS, .width = 1, .port = LPT, .value = 4 };
	struct ioport_xfer x;

	set_latch(0x11);
	page[0] = out_op(LPT, 0x55);
	page[1] = out_op(LPT, 0x66);
	mprotect(page, 4096, PROT_READ);
	is(xfer(page, 2, &x), EFAULT, "operations that cannot be written to");
	is(x.done, 2, "were done");
	is(latch(), 0x66, "as the port shows");
	ins.data = (uintptr_t)page;
	is(xfer(&ins, 1, &x), EFAULT, "INS to where nothing can be written");
	is(x.done, 1, "was done");
	munmap(page, 4096);
}

/* One byte is missing, and all but one are. */
static void test_values(void)
{
	int errors = 0, width;
	char *at;

	set_latch(0x11);
	memset(last_page, 0x77, 4096);
	for (width = 2; width <= 4; width += 2)
		for (at = last_page + 4096 - width + 1; at < last_page + 4096; at++) {
			errors += pwrite(fd, at, width, LPT) != -1 || errno != EFAULT;
			errors += pread(fd, at, width, LPT) != -1 || errno != EFAULT;
		}
	is(errors, 0, "read and write of a value that is cut off anywhere: EFAULT");
	is(latch(), 0x11, "and nothing was written");
}

static void test_pointers(void)
{
	static struct state before;
	const char *what;
	uint32_t value;

	fd = dev_open(O_RDWR);
	/* All ports that it uses are reserved by this. */
	is(pread(fd, &value, sizeof(value), LPT), sizeof(value), "read");
	look(fd, &before);
	test_short_ops();
	test_short_data();
	test_results();
	test_values();
	what = changed(fd, &before, true);
	ok(!what, "nothing else has changed%s%s", what ? ", but " : "", what ?: "");
	close(fd);
}

int main(void)
{
	test_edges();
	test_pointers();
	return done();
}
