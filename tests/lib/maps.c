// SPDX-License-Identifier: GPL-2.0-only
/* Whole maps, the limit, the policy, and check. */
#include "lib.h"

static bool map_is(struct ioport *io, enum ioport_which which, const struct ioport_portmap *want)
{
	struct ioport_portmap got;

	return !ioport_get_map(io, which, &got) && !memcmp(&got, want, sizeof(got));
}

static void make_map(struct ioport_portmap *map, uint32_t first, uint32_t count)
{
	ioport_portmap_close_all(map);
	if (count)
		ioport_portmap_open(map, first, count);
}

static void test_policy(void)
{
	struct ioport *io = must_open(0);
	struct ioport_portmap map;
	uint32_t first, count;

	make_map(&map, 0x278, 8);
	ioport_portmap_open(&map, 0x378, 8);
	ioport_portmap_open(&map, 0x3bc, 4);
	ok(map_is(io, IOPORT_WHICH_POLICY, &map), "the policy is the default one");
	ioport_portmap_open_all(&map);
	ok(map_is(io, IOPORT_WHICH_LIMIT, &map), "the limit is everything");
	make_map(&map, 0, 0);
	ok(map_is(io, IOPORT_WHICH_FILE, &map), "the map is empty");
	ok(map_is(io, IOPORT_WHICH_THREAD, &map), "this thread has nothing");
	ioport_portmap_open_all(&map);
	fails(ioport_get_map(io, (enum ioport_which)99, &map), EINVAL, "an unknown map");
	ok(!ioport_portmap_next(&map, 0, &first, &count), "and nothing is open in the answer");
	ioport_close(io);
}

static void test_set(void)
{
	struct ioport *io = must_open(0);
	struct ioport_portmap map, none, refused;

	make_map(&none, 0, 0);
	make_map(&map, LATCH, 3);
	make_map(&refused, LATCH, 3);
	ioport_portmap_open(&refused, REFUSED, 1);
	is(ioport_set_map(io, &map, 0), 0, "set a map");
	ok(map_is(io, IOPORT_WHICH_FILE, &map), "it is the file's map");
	ok(map_is(io, IOPORT_WHICH_THREAD, &none), "but not this thread's");
	fails(ioport_set_map(io, &refused, 0), EACCES, "set a map that policy refuses");
	ok(map_is(io, IOPORT_WHICH_FILE, &map), "the map is as it was");
	fails(ioport_set_map(io, &map, 1U << 31), EINVAL, "set a map with an unknown flag");
	is(ioport_attach(io, 0), 0, "attach");
	ok(map_is(io, IOPORT_WHICH_THREAD, &map), "now it is this thread's");
	fails(ioport_attach(io, 1U << 31), EINVAL, "attach with an unknown flag");
	is(ioport_detach(io), 0, "detach");
	ok(map_is(io, IOPORT_WHICH_THREAD, &none), "this thread has nothing");
	ok(map_is(io, IOPORT_WHICH_FILE, &map), "the map is kept");
	is(ioport_detach(io), 0, "detach when not attached is nothing");
	ioport_close(io);
}

static void test_limit(void)
{
	struct ioport *io = must_open(0);
	struct ioport_portmap narrow, narrower, all;
	uint8_t value = 9;

	make_map(&narrow, LATCH, 4);
	make_map(&narrower, LATCH, 1);
	ioport_portmap_open_all(&all);
	is(ioport_grant(io, LATCH, 8, 0), 0, "grant");
	is(ioport_limit(io, &narrow), 0, "limit");
	ok(map_is(io, IOPORT_WHICH_LIMIT, &narrow), "the limit is read back");
	ok(map_is(io, IOPORT_WHICH_FILE, &narrow), "ports outside are closed");
	ok(ioport_is_direct(io, LATCH, 4), "the library knows what is left");
	ok(!ioport_is_direct(io, LATCH + 4, 1), "and what is not");
	ok(latch_works(io, DIRECTLY), "the latch works directly");
	ok(inb_faults(LATCH + 4), "plain inb faults outside");
	fails(ioport_in8(io, LATCH + 4, &value), EACCES, "in8 outside");
	fails(ioport_out8(io, LATCH + 4, 0), EACCES, "out8 outside");
	is(value, 9, "the value is left alone");
	fails(ioport_grant(io, LATCH, 5, 0), EACCES, "grant across it");
	is(ioport_limit(io, &all), 0, "a wider limit");
	ok(map_is(io, IOPORT_WHICH_LIMIT, &narrow), "changes nothing");
	ok(latch_works(io, DIRECTLY), "the latch works directly");
	is(ioport_limit(io, &narrower), 0, "a narrower one");
	ok(map_is(io, IOPORT_WHICH_LIMIT, &narrower), "does");
	ioport_portmap_close_all(&narrow);
	is(ioport_limit(io, &narrow), 0, "nothing at all");
	fails(ioport_in8(io, LATCH, &value), EACCES, "then in8");
	ioport_close(io);
}

struct answer {
	const char *name;
	uint32_t first, count;
	unsigned int use;
	uint32_t port;
	enum ioport_reason reason;
};

static void test_answer(struct ioport *io, const struct answer *a)
{
	enum ioport_reason reason = (enum ioport_reason)99;
	uint32_t port = 0xdead;

	is(ioport_check(io, a->first, a->count, a->use, &port, &reason), 0, "check %s", a->name);
	is(port, a->port, "check %s: the port", a->name);
	is(reason, a->reason, "check %s: the reason", a->name);
}

static void test_check(void)
{
	static const unsigned int all = IOPORT_READ | IOPORT_WRITE | IOPORT_DIRECT;
	static const struct answer answers[] = {
		{ "allowed", 0x378, 8, all, 0x380, IOPORT_REASON_NONE },
		{ "past it", 0x378, 9, all, 0x380, IOPORT_REASON_POLICY },
		{ "before it", 0x377, 9, all, 0x377, IOPORT_REASON_POLICY },
		{ "denied", REFUSED, 1, IOPORT_READ, REFUSED, IOPORT_REASON_POLICY },
		{ "the last port", 0xffff, 1, IOPORT_READ, 0xffff, IOPORT_REASON_POLICY },
		{ "all ports", 0, IOPORT_PORTS, IOPORT_READ, 0, IOPORT_REASON_POLICY },
	};
	static const struct answer limited = { "limited",   0x378, 8,
					       IOPORT_READ, 0x37a, IOPORT_REASON_LIMIT };
	static const struct answer mode = { "the mode",	  0x378, 8,
					    IOPORT_WRITE, 0x378, IOPORT_REASON_MODE };
	struct ioport *io = must_open(0);
	struct ioport_portmap map;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		test_answer(io, &answers[i]);
	is(ioport_check(io, LATCH, 1, IOPORT_READ, NULL, NULL), 0, "check: no answer wanted");
	fails(ioport_check(io, LATCH, 1, 0, NULL, NULL), EINVAL, "check: for no use");
	fails(ioport_check(io, LATCH, 1, 1U << 31, NULL, NULL), EINVAL, "check: unknown use");
	fails(ioport_check(io, LATCH, 0, IOPORT_READ, NULL, NULL), EINVAL, "check: no ports");
	fails(ioport_check(io, 0xffff, 2, IOPORT_READ, NULL, NULL), EINVAL, "check: past the end");
	make_map(&map, LATCH, 2);
	is(ioport_limit(io, &map), 0, "limit");
	test_answer(io, &limited);
	ioport_close(io);
	io = must_open(IOPORT_READ);
	test_answer(io, &mode);
	ioport_close(io);
}

int main(void)
{
	test_policy();
	test_set();
	test_limit();
	test_check();
	return done();
}
