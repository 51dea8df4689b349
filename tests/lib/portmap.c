// SPDX-License-Identifier: GPL-2.0-only
/* Maps in memory. Needs no device. */
#include "lib.h"

static struct ioport_portmap map;

static unsigned int count_open(void)
{
	uint32_t first, count, at;
	unsigned int total = 0;

	for (at = 0; ioport_portmap_next(&map, at, &first, &count); at = first + count)
		total += count;
	return total;
}

static void test_all(void)
{
	ioport_portmap_close_all(&map);
	is(count_open(), 0, "close_all: no port is open");
	is(map.bytes[0] & map.bytes[IOPORT_MAP_BYTES - 1], 0xff, "closed is a 1 bit");
	ioport_portmap_open_all(&map);
	is(count_open(), IOPORT_PORTS, "open_all: every port is open");
	is(map.bytes[0] | map.bytes[IOPORT_MAP_BYTES - 1], 0, "open is a 0 bit");
}

static void test_range(uint32_t first, uint32_t count)
{
	ioport_portmap_close_all(&map);
	is(ioport_portmap_open(&map, first, count), 0, "open 0x%x+%u", first, count);
	is(count_open(), count, "0x%x+%u: so many ports are open", first, count);
	ok(ioport_portmap_is_open(&map, first, count), "0x%x+%u: those", first, count);
	if (first)
		ok(!ioport_portmap_is_open(&map, first - 1, count), "0x%x+%u: not the one before",
		   first, count);
	if (first + count < IOPORT_PORTS)
		ok(!ioport_portmap_is_open(&map, first, count + 1), "0x%x+%u: not the one after",
		   first, count);
	ioport_portmap_open_all(&map);
	is(ioport_portmap_close(&map, first, count), 0, "close 0x%x+%u", first, count);
	is(count_open(), IOPORT_PORTS - count, "0x%x+%u: so many ports are closed", first, count);
	ok(!ioport_portmap_is_open(&map, first, 1), "0x%x+%u: the first is", first, count);
	ok(!ioport_portmap_is_open(&map, first + count - 1, 1), "0x%x+%u: the last is", first,
	   count);
}

static void test_bits(void)
{
	ioport_portmap_close_all(&map);
	ioport_portmap_open(&map, 0x37a, 1);
	is(map.bytes[0x37a / 8], 0xff & ~(1 << 2), "port 0x37a is bit 2 of byte 0x6f");
}

static void test_bad(uint32_t first, uint32_t count)
{
	ioport_portmap_close_all(&map);
	fails(ioport_portmap_open(&map, first, count), EINVAL, "open 0x%x+0x%x", first, count);
	is(count_open(), 0, "0x%x+0x%x: nothing was opened", first, count);
	ioport_portmap_open_all(&map);
	fails(ioport_portmap_close(&map, first, count), EINVAL, "close 0x%x+0x%x", first, count);
	is(count_open(), IOPORT_PORTS, "0x%x+0x%x: nothing was closed", first, count);
	ok(!ioport_portmap_is_open(&map, first, count), "0x%x+0x%x is not open", first, count);
}

static void test_next(void)
{
	uint32_t first = 1, count = 1;

	ioport_portmap_close_all(&map);
	ok(!ioport_portmap_next(&map, 0, &first, &count), "next: none in a closed map");
	ioport_portmap_open(&map, 5, 30);
	ioport_portmap_open(&map, 0xfff9, 7);
	ok(ioport_portmap_next(&map, 0, &first, &count), "next: one");
	is(first, 5, "next: its first port");
	is(count, 30, "next: its length");
	ok(ioport_portmap_next(&map, 10, &first, &count) && first == 10 && count == 25,
	   "next: from the middle of a run, the rest of it");
	ok(ioport_portmap_next(&map, first + count, &first, &count), "next: another");
	is(first, 0xfff9, "next: the other's first port");
	is(count, 7, "next: the other's length");
	ok(!ioport_portmap_next(&map, first + count, &first, &count), "next: no more");
	ok(!ioport_portmap_next(&map, UINT32_MAX, &first, &count), "next: nothing far beyond");
}

int main(void)
{
	test_all();
	test_bits();
	test_range(0, 1);
	test_range(0x378, 3);
	test_range(0x377, 10);
	test_range(0x3f, 0x82);
	test_range(0xffff, 1);
	test_range(0, IOPORT_PORTS);
	test_bad(0, 0);
	test_bad(0xffff, 2);
	test_bad(IOPORT_PORTS, 1);
	test_bad(1, IOPORT_PORTS);
	test_bad(1, UINT32_MAX);
	test_bad(UINT32_MAX, 1);
	test_next();
	return done();
}
