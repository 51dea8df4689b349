// SPDX-License-Identifier: GPL-2.0-only
/*
 * Widths, borders, and what a full map does not open. Run as an ordinary user who
 * may use the device, with allow=all, deny=none and busy=allow.
 *
 * QEMU's pc-testdev has a latch of 32 bits at 0xe0: what is written by 8, 16 or
 * 32 bits is read back by any of them.
 */
#include "access.h"

#define LATCH 0xe0

static int fd;

static void write_port(bool direct, unsigned int port, unsigned int width, uint32_t value)
{
	if (!direct) {
		if (pwrite(fd, &value, width, port) != (ssize_t)width)
			bail("pwrite: %s", strerror(errno));
	} else if (width == 1) {
		out8(port, value);
	} else if (width == 2) {
		out16(port, value);
	} else {
		out32(port, value);
	}
}

static uint32_t read_port(bool direct, unsigned int port, unsigned int width)
{
	uint32_t value = 0;

	if (!direct) {
		if (pread(fd, &value, width, port) != (ssize_t)width)
			bail("pread: %s", strerror(errno));
		return value;
	}
	return width == 1 ? in8(port) : width == 2 ? in16(port) : in32(port);
}

static void test_widths(void)
{
	static const char *const how[] = { "mediated", "direct" };
	unsigned int by, width, offset;
	uint32_t latch, value, mask;
	int w, r;

	is(dev_grant(fd, LATCH, 4, 0), 0, "grant the latch");
	for (w = 0; w < 2; w++) {
		for (r = 0; r < 2; r++) {
			write_port(w, LATCH, 4, 0x89abcdef);
			is(read_port(r, LATCH, 4), 0x89abcdef, "%s 32-bit write, %s read", how[w],
			   how[r]);
			latch = 0x89abcdef;
			value = 0x12345678;
			for (width = 1; width <= 2; width *= 2) {
				for (offset = 0; offset < 4; offset += width) {
					value = value * 1103515245 + 12345;
					mask = (1ULL << 8 * width) - 1;
					write_port(w, LATCH + offset, width, value & mask);
					latch &= ~(mask << 8 * offset);
					latch |= (value & mask) << 8 * offset;
					is(read_port(r, LATCH, 4), latch,
					   "%s %u-bit write at %u, %s read", how[w], 8 * width,
					   offset, how[r]);
				}
			}
			for (by = 1; by <= 4; by *= 2)
				for (offset = 0; offset < 4; offset += by)
					is(read_port(r, LATCH + offset, by),
					   latch >> 8 * offset & ((1ULL << 8 * by) - 1),
					   "%s %u-bit read at %u", how[r], 8 * by, offset);
		}
	}
	is(dev_revoke(fd, LATCH, 4, 0), 0, "revoke");
}

/* Reads every port around a window; number of those that did not do as they should. */
static int wrong_around(unsigned int first, unsigned int count)
{
	const struct window windows[] = { { first, count }, { 0, 0 } };
	unsigned int port = first > 9 ? first - 9 : 0, end = first + count + 9, width;
	int wrong = 0;

	for (; port < end && port < IOPORT_PORTS; port++)
		for (width = 1; width <= 4 && port + width <= IOPORT_PORTS; width *= 2)
			wrong += can_in(port, width) != in_windows(windows, port, width);
	return wrong;
}

static void test_borders(void)
{
	/* Ports of the test machine at which there is nothing. */
	static const struct window windows[] = {
		{ 0x447, 2 },	/* over the border of a byte of the map */
		{ 0x43f, 2 },	/* of a long */
		{ 0x43f, 66 },	/* a whole long and a bit on each side */
		{ 0x440, 64 },	/* just a long */
		{ 0x441, 62 },	/* all of a long but its ends */
		{ 0x448, 8 },	/* just a byte */
		{ 0xfff0, 16 }, /* up to the last port */
		{ 0xffff, 1 },	/* the last port */
		{ 0xffbf, 2 },	/* into the last long */
		{ 0x47f, 1 },	/* the last of a long */
		{ 0x480, 1 },	/* the first of one */
	};
	const struct window *w;
	unsigned int i;

	for (i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		w = &windows[i];
		is(dev_grant(fd, w->first, w->count, 0), 0, "grant 0x%x, %u ports", w->first,
		   w->count);
		is(wrong_around(w->first, w->count), 0, "just these, by all widths");
		is(dev_revoke(fd, w->first, w->count, 0), 0, "revoke");
		is(wrong_around(w->first, 0), 0, "none");
		is(dev_grant(fd, w->first, w->count, IOPORT_THREAD), 0, "grant privately");
		is(wrong_around(w->first, w->count), 0, "just these, by all widths");
		is(dev_revoke(fd, w->first, w->count, IOPORT_THREAD), 0, "revoke");
		is(wrong_around(w->first, 0), 0, "none");
	}
	is(dev_grant(fd, 0, 1, 0), 0, "grant port 0");
	is(mismatches(WINDOWS({ 0, 1 })), 0, "just that");
	is(dev_grant(fd, 0xffff, 1, 0), 0, "and port 0xffff");
	is(mismatches(WINDOWS({ 0, 1 }, { 0xffff, 1 })), 0, "just these two");
	is(dev_revoke(fd, 0, 0x8000, 0), 0, "revoke the lower half");
	is(mismatches(WINDOWS({ 0xffff, 1 })), 0, "the last is left");
	is(dev_revoke(fd, 0x8000, 0x8000, 0), 0, "revoke the upper half");
	is(mismatches(NONE), 0, "none is left");
}

/* The ioctls agree with the hardware about every single port. */
static void test_scatter(void)
{
	uint8_t bits[IOPORT_MAP_BYTES], got[IOPORT_MAP_BYTES];
	unsigned int i, port, wrong = 0;

	srandom(1);
	bits_fill(bits, false);
	for (i = 0; i < 100; i++)
		bits_open(bits, 0x400 + random() % 0x100, 1);
	is(dev_set_map(fd, bits, 0), 0, "a scattered map");
	for (port = 0x400; port < 0x500; port++)
		wrong += can_in(port, 1) != bits_is_open(bits, port);
	is(wrong, 0, "open where it says so, closed where not");
	for (i = 0; i < 50; i++) {
		unsigned int first = 0x400 + random() % 0xf0, count = 1 + random() % 16;

		if (random() % 2) {
			wrong += dev_grant(fd, first, count, 0) != 0;
			bits_open(bits, first, count);
		} else {
			wrong += dev_revoke(fd, first, count, 0) != 0;
			while (count--)
				bits[(first + count) / 8] |= 1 << (first + count) % 8;
		}
	}
	is(wrong, 0, "50 random edits");
	is(dev_get_map(fd, IOPORT_WHICH_FILE, got), 0, "get the map");
	ok(!memcmp(bits, got, sizeof(bits)), "as computed here");
	for (port = 0x400; port < 0x500; port++)
		wrong += can_in(port, 1) != bits_is_open(bits, port);
	is(wrong, 0, "and by the hardware");
	is(dev_revoke(fd, 0, IOPORT_PORTS, 0), 0, "revoke");
}

static unsigned long flags_after_popf(unsigned long clear)
{
	unsigned long flags;

	asm volatile("pushf\n\t"
		     "pop %0\n\t"
		     "and %1, %0\n\t"
		     "push %0\n\t"
		     "popf\n\t"
		     "pushf\n\t"
		     "pop %0"
		     : "=&r"(flags)
		     : "r"(~clear)
		     : "cc", "memory");
	return flags;
}

#define FLAG_IF 0x200UL
#define FLAG_IOPL 0x3000UL

static void test_full_map(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	is(dev_grant(fd, 0, IOPORT_PORTS, 0), 0, "grant everything");
	is(mismatches(WINDOWS({ 0, IOPORT_PORTS })), 0, "everything is open");
	ok(!survives(asm volatile("cli")), "cli faults");
	ok(!survives(asm volatile("sti")), "sti faults");
	ok(!survives(asm volatile("hlt")), "hlt faults");
	ok(flags_after_popf(FLAG_IF) & FLAG_IF, "popf cannot clear IF");
	is(flags_after_popf(0) & FLAG_IOPL, 0, "IOPL is 0");
	is(dev_get_map(fd, IOPORT_WHICH_FILE, bits), 0, "get the map");
	is(bits_count(bits), IOPORT_PORTS, "it is full");
	is(dev_revoke(fd, 0xffff, 1, 0), 0, "revoke the last port");
	is(can_in(0xffff, 1), 0, "it faults");
	is(can_in(0xfffe, 2), 0, "so does a word that ends there");
	is(can_in(0xfffe, 1), 1, "the one before does not");
	close(fd);
	is(mismatches(NONE), 0, "closed");
}

int main(void)
{
	fd = dev_open(O_RDWR);
	test_widths();
	test_borders();
	test_scatter();
	test_full_map();
	return done();
}
