// SPDX-License-Identifier: GPL-2.0-only
/* Instruction or system call: the right one, in one thread. */
#include <sys/ioctl.h>

#include "lib.h"

static void test_life(void)
{
	struct ioport *io = must_open(0);

	ok(!ioport_is_direct(io, LATCH, 1), "before grant: not direct");
	ok(latch_works(io, BY_SYSTEM_CALL), "before grant: the latch works by system call");
	is(ioport_grant(io, LATCH, 3, 0), 0, "grant");
	ok(ioport_is_direct(io, LATCH, 3), "after grant: direct");
	ok(!ioport_is_direct(io, LATCH, 4), "after grant: not one more port");
	ok(!ioport_is_direct(io, LATCH - 1, 1), "after grant: not the port before");
	ok(latch_works(io, DIRECTLY), "after grant: the latch works directly");
	ok(!inb_faults(LATCH), "after grant: plain inb works");
	is(ioport_revoke(io, LATCH, 1, 0), 0, "revoke");
	ok(!ioport_is_direct(io, LATCH, 1), "after revoke: not direct");
	ok(ioport_is_direct(io, LATCH + 1, 2), "after revoke: the other ports are");
	ok(inb_faults(LATCH), "after revoke: plain inb faults");
	ok(latch_works(io, BY_SYSTEM_CALL), "after revoke: the latch works by system call");
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant again");
	ok(latch_works(io, DIRECTLY), "after grant again: directly");
	is(ioport_detach(io), 0, "detach");
	ok(inb_faults(LATCH), "after detach: plain inb faults");
	ok(latch_works(io, BY_SYSTEM_CALL), "after detach: by system call");
	is(ioport_attach(io, 0), 0, "attach");
	ok(latch_works(io, DIRECTLY), "after attach: directly");
	ioport_close(io);
	ok(inb_faults(LATCH), "after close: plain inb faults");
}

static void test_reopen(void)
{
	struct ioport *io;

	for (int i = 0; i < 3; i++) {
		io = must_open(0);
		is(ioport_grant(io, LATCH, 1, 0), 0, "open and grant, time %d", i);
		ok(latch_works(io, DIRECTLY), "... the latch works directly");
		ioport_close(io);
	}
}

static void test_widths(void)
{
	struct ioport *io = must_open(0);
	uint8_t v8 = 0x5a;
	uint16_t v16;
	uint32_t v32;
	unsigned int before;

	is(ioport_grant(io, LATCH, 8, 0), 0, "grant 0x378-0x37f");
	before = mediated;
	is(ioport_out8(io, LATCH, 0x5a), 0, "out8");
	is(ioport_in16(io, LATCH, &v16), 0, "in16");
	is(v16 & 0xff, 0x5a, "in16: low byte");
	is(ioport_in32(io, LATCH, &v32), 0, "in32");
	is(ioport_out16(io, LATCH + 4, 0xffff), 0, "out16");
	is(ioport_out32(io, LATCH + 4, 0xffffffff), 0, "out32");
	is(mediated, before, "all of them directly");
	fails(ioport_in16(io, LATCH + 7, &v16), EACCES, "in16 across the end of what is allowed");
	fails(ioport_in32(io, LATCH + 5, &v32), EACCES, "in32 across the end of what is allowed");
	fails(ioport_out16(io, LATCH + 7, 0), EACCES, "out16 across it");
	fails(ioport_out32(io, LATCH + 5, 0), EACCES, "out32 across it");
	is(mediated, before + 4, "those by system call");
	before = mediated;
	is(ioport_revoke(io, LATCH + 3, 1, 0), 0, "revoke the fourth port");
	is(ioport_in32(io, LATCH, &v32), 0, "in32 over an open and a closed port");
	is(mediated, before + 1, "... by system call");
	is(ioport_in16(io, LATCH, &v16), 0, "in16 over the open ones");
	is(mediated, before + 1, "... directly");
	is(ioport_in8(io, LATCH, &v8), 0, "in8");
	is(v8, 0x5a, "in8: the latch");
	ioport_close(io);
}

static void test_ends(struct ioport *io)
{
	uint8_t v8 = 1;
	uint16_t v16 = 1;
	uint32_t v32 = 1;

	fails(ioport_in16(io, 0xffff, &v16), EINVAL, "in16 past the last port");
	fails(ioport_in32(io, 0xfffd, &v32), EINVAL, "in32 past the last port");
	fails(ioport_out16(io, 0xffff, 0), EINVAL, "out16 past the last port");
	fails(ioport_out32(io, 0xfffd, 0), EINVAL, "out32 past the last port");
	fails(ioport_in8(io, 0xffff, &v8), EACCES, "in8 at the last port");
	fails(ioport_in8(io, 0, &v8), EACCES, "in8 at the first port");
	fails(ioport_in8(io, REFUSED, &v8), EACCES, "in8 where policy refuses");
	fails(ioport_out8(io, REFUSED, 0), EACCES, "out8 where policy refuses");
	fails(ioport_in32(io, 0xfffc, &v32), EACCES, "in32 at the last four ports");
	is(v8 + v16 + v32, 3, "what is refused leaves the values alone");
}

static void test_refused_grant(void)
{
	struct ioport *io = must_open(0);

	fails(ioport_grant(io, LATCH, 16, 0), EACCES, "grant more than policy allows");
	ok(!ioport_is_direct(io, LATCH, 1), "... grants nothing");
	ok(latch_works(io, BY_SYSTEM_CALL), "... and the latch works by system call");
	fails(ioport_grant(io, LATCH, 0, 0), EINVAL, "grant no ports");
	fails(ioport_grant(io, 0xffff, 2, 0), EINVAL, "grant past the last port");
	fails(ioport_grant(io, LATCH, 1, 1U << 31), EINVAL, "grant with an unknown flag");
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	fails(ioport_revoke(io, LATCH, 0, 0), EINVAL, "revoke no ports");
	fails(ioport_revoke(io, LATCH, IOPORT_PORTS, 0), EINVAL, "revoke past the last port");
	fails(ioport_revoke(io, LATCH, 1, 1U << 31), EINVAL, "revoke with an unknown flag");
	ok(latch_works(io, DIRECTLY), "a refused revoke takes nothing");
	test_ends(io);
	ioport_close(io);
}

static void test_not_direct_handle(void)
{
	struct ioport *io = must_open(IOPORT_READ | IOPORT_WRITE);

	is(ioport_grant(io, LATCH, 1, 0), 0, "a handle not for direct access: grant");
	ok(!inb_faults(LATCH), "... gives the ports to plain inb");
	ok(!ioport_is_direct(io, LATCH, 1), "... but the library");
	ok(latch_works(io, BY_SYSTEM_CALL), "... takes the system call");
	ioport_close(io);
}

static void test_two_handles(void)
{
	struct ioport *a = must_open(0), *b = must_open(0);

	is(ioport_grant(a, LATCH, 1, 0), 0, "two handles: grant through one");
	fails(ioport_grant(b, LATCH, 1, 0), EBUSY, "two handles: grant through the other");
	ok(latch_works(b, BY_SYSTEM_CALL), "two handles: the other takes the system call");
	ok(latch_works(a, DIRECTLY), "two handles: the one is direct");
	fails(ioport_attach(b, 0), EBUSY, "two handles: attach to the other");
	is(ioport_attach(b, IOPORT_REPLACE), 0, "two handles: replace");
	ok(latch_works(a, BY_SYSTEM_CALL), "two handles: now the one takes the system call");
	is(ioport_grant(b, LATCH, 1, 0), 0, "two handles: grant through the other");
	ok(latch_works(b, DIRECTLY), "two handles: which is direct");
	is(ioport_detach(a), 0, "two handles: detach from the one changes nothing");
	ok(latch_works(b, DIRECTLY), "two handles: the other is still direct");
	ioport_close(a);
	ok(latch_works(b, DIRECTLY), "two handles: also when the one is closed");
	ioport_close(b);
}

static void test_copy(void)
{
	struct ioport *io = must_open(0);

	is(ioport_grant(io, LATCH, 1, IOPORT_THREAD), 0, "grant for this thread");
	ok(latch_works(io, DIRECTLY), "... direct");
	ok(!ioport_is_direct(io, LATCH + 1, 1), "... not its neighbour");
	is(ioport_grant(io, LATCH + 1, 1, IOPORT_THREAD), 0, "the neighbour as well");
	ok(ioport_is_direct(io, LATCH, 2), "... both are direct");
	fails(ioport_grant(io, EMPTY, 1, 0), EBUSY, "grant for all, in a thread with a copy");
	ok(latch_works(io, DIRECTLY), "... changes nothing");
	is(ioport_revoke(io, LATCH + 1, 1, IOPORT_THREAD), 0, "revoke for this thread");
	ok(latch_works(io, DIRECTLY), "... leaves the other port");
	is(ioport_revoke(io, LATCH, 1, 0), 0, "revoke for all reaches the copy");
	ok(inb_faults(LATCH), "... plain inb faults");
	ok(latch_works(io, BY_SYSTEM_CALL), "... by system call");
	ioport_close(io);
}

static void test_copy_of_shared(void)
{
	struct ioport *io = must_open(0);

	is(ioport_grant(io, LATCH, 2, 0), 0, "grant for all");
	is(ioport_revoke(io, LATCH, 1, IOPORT_THREAD), 0, "revoke for this thread");
	ok(inb_faults(LATCH), "... plain inb faults");
	ok(latch_works(io, BY_SYSTEM_CALL), "... by system call");
	ok(ioport_is_direct(io, LATCH + 1, 1), "... the other port is direct");
	is(ioport_attach(io, IOPORT_REPLACE), 0, "back to the map of all");
	ok(latch_works(io, DIRECTLY), "... direct");
	ioport_close(io);
}

/* More runs of ports than the library remembers of a copy: slower, not wrong. */
static void test_copy_of_many_runs(void)
{
	static const uint16_t bases[] = { 0x278, 0x27c, 0x378, 0x37c, 0x3bc };
	struct ioport *io = must_open(0);
	int bad = 0;
	uint8_t value;

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		bad += ioport_grant(io, bases[i], 1, IOPORT_THREAD) != 0;
		bad += ioport_grant(io, bases[i] + 2, 1, IOPORT_THREAD) != 0;
	}
	is(bad, 0, "grant ten separate ports for this thread");
	ok(latch_works(io, DIRECTLY), "... the latch works directly");
	ok(!inb_faults(0x3be), "... the last of them is granted");
	is(ioport_in8(io, 0x3be, &value), 0, "... and in8 works there");
	ioport_close(io);
}

static void test_set_map(void)
{
	struct ioport *io = must_open(0);
	struct ioport_portmap map;

	ioport_portmap_close_all(&map);
	ioport_portmap_open(&map, LATCH, 1);
	is(ioport_set_map(io, &map, 0), 0, "set_map");
	ok(latch_works(io, BY_SYSTEM_CALL), "... attaches nobody");
	is(ioport_attach(io, 0), 0, "attach");
	ok(latch_works(io, DIRECTLY), "... direct");
	ioport_portmap_open(&map, REFUSED, 1);
	fails(ioport_set_map(io, &map, 0), EACCES, "set_map with a port that policy refuses");
	ok(latch_works(io, DIRECTLY), "... changes nothing");
	ioport_portmap_close_all(&map);
	is(ioport_set_map(io, &map, 0), 0, "set_map: close all");
	ok(inb_faults(LATCH), "... plain inb faults");
	ok(latch_works(io, BY_SYSTEM_CALL), "... by system call");
	ioport_portmap_open(&map, LATCH, 1);
	is(ioport_set_map(io, &map, 0), 0, "set_map: open again");
	ok(latch_works(io, DIRECTLY), "... direct, as this thread is still attached");
	is(ioport_detach(io), 0, "detach");
	is(ioport_set_map(io, &map, IOPORT_THREAD), 0, "set_map for this thread");
	ok(latch_works(io, DIRECTLY), "... attaches it");
	ioport_close(io);
}

static void test_behind_the_back(void)
{
	struct ioport *io = must_open(0);
	struct ioport_range range = { .first = LATCH, .count = 1 };

	is(ioctl(ioport_fd(io), IOPORT_IOC_GRANT, &range), 0, "grant by ioctl");
	is(ioport_refresh(io), 0, "refresh");
	ok(latch_works(io, DIRECTLY), "... the library knows");
	is(ioctl(ioport_fd(io), IOPORT_IOC_REVOKE, &range), 0, "revoke by ioctl");
	is(ioport_refresh(io), 0, "refresh");
	ok(latch_works(io, BY_SYSTEM_CALL), "... the library knows");
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	is(ioperm(EMPTY, 1, 0), 0, "ioperm() leaves the map");
	is(ioport_refresh(io), 0, "refresh");
	ok(latch_works(io, BY_SYSTEM_CALL), "... the library knows");
	ioport_close(io);
}

int main(void)
{
	test_life();
	test_reopen();
	test_widths();
	test_refused_grant();
	test_not_direct_handle();
	test_two_handles();
	test_copy();
	test_copy_of_shared();
	test_copy_of_many_runs();
	test_set_map();
	test_behind_the_back();
	return done();
}
