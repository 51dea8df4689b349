// SPDX-License-Identifier: GPL-2.0-only
/*
 * One test for each way to be wrong: a call that is valid but for one thing, its
 * exact errno, and proof that nothing has changed. Run as an ordinary user who may
 * use the device, with the default policy.
 */
#include "access.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

struct state {
	uint8_t file[IOPORT_MAP_BYTES];
	uint8_t thread[IOPORT_MAP_BYTES];
	uint8_t limit[IOPORT_MAP_BYTES];
	uint8_t claimed[IOPORT_MAP_BYTES];
	uint8_t latch;
};

static int fd, fd_read, fd_write, fd_no_port, fd_one_port;

static void state_get(struct state *s)
{
	memset(s, 0, sizeof(*s));
	if (dev_get_map(fd, IOPORT_WHICH_FILE, s->file) ||
	    dev_get_map(fd, IOPORT_WHICH_THREAD, s->thread) ||
	    dev_get_map(fd, IOPORT_WHICH_LIMIT, s->limit) ||
	    dev_get_map(fd, IOPORT_WHICH_CLAIMED, s->claimed) || pread(fd, &s->latch, 1, LPT) != 1)
		bail("the state cannot be read: %s", strerror(errno));
}

/* A call that must fail with an errno and leave everything as it is. */
#define refused(call, error, ...)                                                                \
	do {                                                                                     \
		struct state before, after;                                                      \
		state_get(&before);                                                              \
		fails(call, error, __VA_ARGS__);                                                 \
		state_get(&after);                                                               \
		ok(!memcmp(&before, &after, sizeof(before)) && !mismatches(WINDOWS({ LPT, 2 })), \
		   "nothing has changed");                                                       \
	} while (0)

static void test_ranges(unsigned long call, const char *name)
{
	const struct {
		struct ioport_range range;
		const char *what;
	} bad[] = {
		{ { .first = LPT, .count = 0 }, "an empty range" },
		{ { .first = 0xffff, .count = 2 }, "a range past the last port" },
		{ { .first = 0x10000, .count = 1 }, "a first port past the last" },
		{ { .first = 0, .count = 0x10001 }, "one port too many" },
		{ { .first = 0xffffffff, .count = 1 }, "the largest first port" },
		{ { .first = 2, .count = 0xffffffff }, "a count that wraps around" },
		{ { .first = LPT, .count = 8, .flags = IOPORT_REPLACE }, "a flag of another call" },
		{ { .first = LPT, .count = 8, .flags = 1U << 31 }, "an unknown flag" },
		{ { .first = LPT, .count = 8, .pad = 1 }, "padding that is not zero" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused(ioctl(fd, call, &bad[i].range), EINVAL, "%s: %s", name, bad[i].what);
	refused(ioctl(fd, call, BAD_POINTER), EFAULT, "%s: a bad pointer", name);
	refused(ioctl(fd, call, NULL), EFAULT, "%s: a null pointer", name);
}

static void test_grant(void)
{
	test_ranges(IOPORT_IOC_GRANT, "GRANT");
	refused(dev_grant(fd_read, LPT, 8, 0), EBADF, "GRANT: a file for reading");
	refused(dev_grant(fd_write, LPT, 8, 0), EBADF, "GRANT: a file for writing");
	refused(dev_grant(fd, LPT - 1, 2, 0), EACCES, "GRANT: a port below the allowed");
	refused(dev_grant(fd, LPT + 7, 2, 0), EACCES, "GRANT: a port above the allowed");
	refused(dev_grant(fd, LPT + 7, 2, IOPORT_THREAD), EACCES, "GRANT THREAD: likewise");
	refused(dev_grant(fd, 0x80, 1, 0), EACCES, "GRANT: a denied port");
	refused(dev_grant(fd, 0, IOPORT_PORTS, 0), EACCES, "GRANT: everything");
}

static void test_revoke(void)
{
	test_ranges(IOPORT_IOC_REVOKE, "REVOKE");
}

static void test_maps(unsigned long call, const char *name)
{
	uint8_t bits[IOPORT_MAP_BYTES];
	struct ioport_map map = { .map = (uintptr_t)bits };
	uint8_t *pages =
		mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	bits_fill(bits, true);
	map.which = 99;
	refused(ioctl(fd, call, &map), EINVAL, "%s: an unknown selector", name);
	map.which = 0;
	map.flags = 1U << 31;
	refused(ioctl(fd, call, &map), EINVAL, "%s: an unknown flag", name);
	map.flags = IOPORT_REPLACE;
	refused(ioctl(fd, call, &map), EINVAL, "%s: a flag of another call", name);
	refused(ioctl(fd, call, BAD_POINTER), EFAULT, "%s: a bad pointer", name);
	refused(dev_map_call(fd, call, BAD_POINTER, 0, 0), EFAULT, "%s: a bad map", name);
	munmap(pages + 2 * 4096, 4096);
	memset(pages, 0, 2 * 4096);
	refused(dev_map_call(fd, call, pages + 1, 0, 0), EFAULT, "%s: a map whose last byte is bad",
		name);
	munmap(pages, 2 * 4096);
}

static void test_claim(void)
{
	struct ioport_range range = { .first = LPT, .count = 8, .flags = IOPORT_THREAD };

	test_ranges(IOPORT_IOC_CLAIM, "CLAIM");
	test_ranges(IOPORT_IOC_RELEASE, "RELEASE");
	refused(ioctl(fd, IOPORT_IOC_CLAIM, &range), EINVAL, "CLAIM: a flag of GRANT");
	refused(ioctl(fd, IOPORT_IOC_RELEASE, &range), EINVAL, "RELEASE: a flag of GRANT");
	range = (struct ioport_range){ .first = LPT + 7, .count = 2 };
	refused(ioctl(fd, IOPORT_IOC_CLAIM, &range), EACCES, "CLAIM: a port above the allowed");
}

static void test_set_map(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	test_maps(IOPORT_IOC_SET_MAP, "SET_MAP");
	bits_fill(bits, false);
	bits_open(bits, LPT, 8);
	refused(dev_map_call(fd, IOPORT_IOC_SET_MAP, bits, 1, 0), EINVAL, "SET_MAP: a selector");
	refused(dev_set_map(fd_read, bits, 0), EBADF, "SET_MAP: a file for reading");
	refused(dev_set_map(fd_write, bits, 0), EBADF, "SET_MAP: a file for writing");
	bits_open(bits, 0xffff, 1);
	refused(dev_set_map(fd, bits, 0), EACCES, "SET_MAP: a port that policy forbids");
	refused(dev_set_map(fd, bits, IOPORT_THREAD), EACCES, "SET_MAP THREAD: likewise");
}

static void test_get_map(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	test_maps(IOPORT_IOC_GET_MAP, "GET_MAP");
	refused(dev_map_call(fd, IOPORT_IOC_GET_MAP, bits, 0, IOPORT_THREAD), EINVAL,
		"GET_MAP: a flag of SET_MAP");
}

static void test_limit(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	test_maps(IOPORT_IOC_LIMIT, "LIMIT");
	bits_fill(bits, false);
	refused(dev_map_call(fd, IOPORT_IOC_LIMIT, bits, 1, 0), EINVAL, "LIMIT: a selector");
	refused(dev_map_call(fd, IOPORT_IOC_LIMIT, bits, 0, IOPORT_THREAD), EINVAL,
		"LIMIT: a flag of SET_MAP");
}

static void test_attach_args(unsigned long call, uint32_t bad_flag, const char *name)
{
	struct ioport_attach arg = { .flags = bad_flag };

	refused(ioctl(fd, call, &arg), EINVAL, "%s: a flag of another call", name);
	arg.flags = 1U << 31;
	refused(ioctl(fd, call, &arg), EINVAL, "%s: an unknown flag", name);
	arg.flags = 0;
	arg.pad = 1;
	refused(ioctl(fd, call, &arg), EINVAL, "%s: padding that is not zero", name);
	refused(ioctl(fd, call, BAD_POINTER), EFAULT, "%s: a bad pointer", name);
}

static void test_attach(void)
{
	int other = dev_open(O_RDWR);

	test_attach_args(IOPORT_IOC_ATTACH, IOPORT_THREAD, "ATTACH");
	test_attach_args(IOPORT_IOC_DETACH, IOPORT_REPLACE, "DETACH");
	refused(dev_attach(fd_read, 0), EBADF, "ATTACH: a file for reading");
	refused(dev_attach(fd_write, 0), EBADF, "ATTACH: a file for writing");
	refused(dev_attach(other, 0), EBUSY, "ATTACH: on another file's map");
	refused(dev_grant(other, LPT, 1, 0), EBUSY, "GRANT: on another file's map");
	refused(dev_grant(other, LPT, 1, IOPORT_THREAD), EBUSY, "GRANT THREAD: likewise");
	is(dev_detach(other), 0, "DETACH from a file that the thread is not attached to");
	is(mismatches(WINDOWS({ LPT, 2 })), 0, "has no effect");
	is(dev_revoke(other, LPT, 1, IOPORT_THREAD), 0, "nor has REVOKE THREAD there");
	is(mismatches(WINDOWS({ LPT, 2 })), 0, "the window is still there");
	is(dev_attach(other, IOPORT_REPLACE), 0, "ATTACH REPLACE takes over");
	is(mismatches(NONE), 0, "the other map is empty");
	is(dev_attach(fd, IOPORT_REPLACE), 0, "and back");
	is(mismatches(WINDOWS({ LPT, 2 })), 0, "the first one is as it was");
	close(other);
}

/* A private copy in the way of what names the file's own map. */
static void test_private(void)
{
	is(dev_grant(fd, VOID, 1, IOPORT_THREAD), 0, "a private copy");
	fails(dev_grant(fd, VOID, 1, 0), EBUSY, "GRANT: on a private copy");
	fails(dev_attach(fd, 0), EBUSY, "ATTACH: on a private copy");
	is(mismatches(WINDOWS({ LPT, 2 }, { VOID, 1 })), 0, "nothing has changed");
	is(dev_attach(fd, IOPORT_REPLACE), 0, "ATTACH REPLACE");
	is(mismatches(WINDOWS({ LPT, 2 })), 0, "back on the file's own map");
}

static void test_check(void)
{
	const struct {
		struct ioport_check check;
		const char *what;
	} bad[] = {
		{ { .first = LPT, .count = 0, .flags = IOPORT_READ }, "an empty range" },
		{ { .first = 0xffff, .count = 2, .flags = IOPORT_READ }, "past the last port" },
		{ { .first = LPT, .count = 8 }, "no use named" },
		{ { .first = LPT, .count = 8, .flags = IOPORT_THREAD }, "a flag of another call" },
		{ { .first = LPT, .count = 8, .flags = IOPORT_READ, .pad = 1 }, "padding" },
	};
	struct ioport_check check = { .first = LPT, .count = 1, .flags = IOPORT_READ };
	struct ioport_check *page;
	unsigned int i;
	uint32_t port;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		check = bad[i].check;
		refused(ioctl(fd, IOPORT_IOC_CHECK, &check), EINVAL, "CHECK: %s", bad[i].what);
		ok(!memcmp(&check, &bad[i].check, sizeof(check)), "the argument is as it was");
	}
	refused(ioctl(fd, IOPORT_IOC_CHECK, BAD_POINTER), EFAULT, "CHECK: a bad pointer");
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page->first = LPT;
	page->count = 1;
	page->flags = IOPORT_READ;
	mprotect(page, 4096, PROT_READ);
	refused(ioctl(fd, IOPORT_IOC_CHECK, page), EFAULT, "CHECK: an answer with no room");

	is(dev_check(fd, LPT, 8, IOPORT_READ | IOPORT_WRITE | IOPORT_DIRECT, &port),
	   IOPORT_REASON_NONE, "CHECK: the window");
	is(port, LPT + 8, "the end is reported");
	is(dev_check(fd, LPT, 9, IOPORT_READ, &port), IOPORT_REASON_POLICY, "CHECK: one more");
	is(port, LPT + 8, "the first port that is not allowed");
	is(dev_check(fd_read, LPT, 1, IOPORT_READ, NULL), IOPORT_REASON_NONE,
	   "CHECK: reading by a file for reading");
	is(dev_check(fd_read, LPT, 1, IOPORT_WRITE, &port), IOPORT_REASON_MODE,
	   "CHECK: writing by a file for reading");
	is(port, LPT, "the first port");
	is(dev_check(fd_read, LPT, 1, IOPORT_DIRECT, NULL), IOPORT_REASON_MODE,
	   "CHECK: direct access by a file for reading");
	is(dev_check(fd_write, LPT, 1, IOPORT_READ, NULL), IOPORT_REASON_MODE,
	   "CHECK: reading by a file for writing");
	is(dev_check(fd_write, LPT, 1, IOPORT_WRITE, NULL), IOPORT_REASON_NONE,
	   "CHECK: writing by a file for writing");
}

static void test_info(void)
{
	struct ioport_info info;

	refused(ioctl(fd, IOPORT_IOC_GET_INFO, BAD_POINTER), EFAULT, "GET_INFO: a bad pointer");
	memset(&info, 0x55, sizeof(info));
	is(ioctl(fd, IOPORT_IOC_GET_INFO, &info), 0, "GET_INFO");
	is(info.features,
	   IOPORT_FEATURE_DIRECT | IOPORT_FEATURE_MEDIATED | IOPORT_FEATURE_XFER |
		   IOPORT_FEATURE_ON_CLOSE | IOPORT_FEATURE_CLAIM | IOPORT_FEATURE_WINDOWS,
	   "features");
	is(info.direct_blocked, 0, "direct access is there for everybody");
	is(info.ports, IOPORT_PORTS, "ports");
	is(info.map_bytes, IOPORT_MAP_BYTES, "size of a map");
	is(info.reserved[0] | info.reserved[7], 0, "the rest is zero");
}

static void test_transfer(void)
{
	uint8_t buf[4096] = { 0 };
	struct iovec two[2] = { { buf, 1 }, { buf, 1 } };

	refused(pread(fd, buf, 0, LPT), EINVAL, "pread: no byte");
	refused(pread(fd, buf, 3, LPT), EINVAL, "pread: three bytes");
	refused(pread(fd, buf, 5, LPT), EINVAL, "pread: five bytes");
	refused(pread(fd, buf, 4096, LPT), EINVAL, "pread: a page");
	refused(pread(fd, buf, 2, 0xffff), EINVAL, "pread: a word at the last port");
	refused(pread(fd, buf, 4, 0xfffd), EINVAL, "pread: a long over the last port");
	refused(pread(fd, buf, 1, -1), EINVAL, "pread: a negative port");
	is(pread(fd, buf, 1, IOPORT_PORTS), 0, "pread past the last port reads nothing");
	is(pread(fd, buf, 4096, 1LL << 40), 0, "however far");
	refused(pread(fd, buf, 1, 0x80), EACCES, "pread: a denied port");
	refused(pread(fd, buf, 2, LPT + 7), EACCES, "pread: a word over the window's end");
	refused(pread(fd, buf, 4, LPT - 1), EACCES, "pread: a long over the window's start");
	refused(pread(fd, BAD_POINTER, 1, LPT + 1), EFAULT, "pread: a bad pointer");
	refused(pread(fd_write, buf, 1, LPT), EBADF, "pread: a file for writing");

	refused(pwrite(fd, buf, 0, LPT), EINVAL, "pwrite: no byte");
	refused(pwrite(fd, buf, 3, LPT), EINVAL, "pwrite: three bytes");
	refused(pwrite(fd, buf, 8, LPT), EINVAL, "pwrite: eight bytes");
	refused(pwrite(fd, buf, 2, 0xffff), EINVAL, "pwrite: a word at the last port");
	refused(pwrite(fd, buf, 1, IOPORT_PORTS), ENXIO, "pwrite: past the last port");
	refused(pwrite(fd, buf, 1, 0x80), EACCES, "pwrite: a denied port");
	refused(pwrite(fd, buf, 2, LPT + 7), EACCES, "pwrite: a word over the window's end");
	refused(pwrite(fd, BAD_POINTER, 1, LPT), EFAULT, "pwrite: a bad pointer");
	refused(pwrite(fd_read, buf, 1, LPT), EBADF, "pwrite: a file for reading");

	/* Here a write that was made all the same would show. */
	refused(pwrite(fd_no_port, buf, 1, LPT), EACCES, "pwrite: a port that LIMIT has closed");
	refused(pwrite(fd_one_port, buf, 2, LPT), EACCES, "pwrite: a word of which it left a half");

	is(lseek(fd, LPT, SEEK_SET), LPT, "lseek");
	is(read(fd, buf, 1), 1, "read one byte");
	is(lseek(fd, 0, SEEK_CUR), LPT + 1, "the position moves by the width");
	fails(read(fd, buf, 3), EINVAL, "read: three bytes");
	is(lseek(fd, 0, SEEK_CUR), LPT + 1, "an error does not move it");
	is(lseek(fd, 0, SEEK_END), IOPORT_PORTS, "the end");
	is(read(fd, buf, 1), 0, "read there");
	fails(lseek(fd, IOPORT_PORTS + 1, SEEK_SET), EINVAL, "lseek: past the end");
	fails(lseek(fd, -1, SEEK_SET), EINVAL, "lseek: before the start");
	is(preadv(fd, two, 2, LPT), 2, "preadv: an access for each part");
}

/* A file that has so many ports from LPT on. */
static int limited(unsigned int count)
{
	uint8_t bits[IOPORT_MAP_BYTES];
	int file = dev_open(O_RDWR);

	bits_fill(bits, false);
	bits_open(bits, LPT, count);
	is(dev_limit(file, bits), 0, "a file limited to %u ports", count);
	return file;
}

int main(void)
{
	if (sizeof(struct ioport_info) != 64 || sizeof(struct ioport_range) != 16 ||
	    sizeof(struct ioport_map) != 16 || sizeof(struct ioport_attach) != 8 ||
	    sizeof(struct ioport_check) != 24 || sizeof(struct ioport_op) != 32 ||
	    sizeof(struct ioport_xfer) != 24)
		bail("a struct has another size here than in the module");
	fd = dev_open(O_RDWR);
	fd_read = dev_open(O_RDONLY);
	fd_write = dev_open(O_WRONLY);
	fd_no_port = limited(0);
	fd_one_port = limited(1);
	is(dev_grant(fd, LPT, 2, 0), 0, "a small window, to see whether it stays");
	out8(LPT, 0x5a);

	refused(ioctl(fd, _IO(IOPORT_IOC_TYPE, 0xff)), ENOTTY, "an unknown ioctl");
	refused(ioctl(fd, IOPORT_IOC_GRANT + (1 << 16), BAD_POINTER), ENOTTY,
		"an ioctl of another size");
	refused(ioctl(fd, 0x5401, BAD_POINTER), ENOTTY, "an ioctl of another device");
	test_info();
	test_grant();
	test_revoke();
	test_claim();
	test_set_map();
	test_get_map();
	test_limit();
	test_attach();
	test_private();
	test_check();
	test_transfer();
	out8(LPT, 0);
	return done();
}
