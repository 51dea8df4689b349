// SPDX-License-Identifier: GPL-2.0-only
/*
 * 8, 16 and 32 bits against a latch that keeps all of them: QEMU's pc-testdev at
 * 0xe0. Needs a policy that allows it: allow=0xe0-0xe3 deny=none.
 */
#include "lib.h"

#define TESTDEV 0xe0

static void write_all(struct ioport *io, const char *way)
{
	uint32_t v32 = 0;
	uint16_t v16 = 0;
	uint8_t v8 = 0;

	is(ioport_out32(io, TESTDEV, 0x12345678), 0, "%s: out32", way);
	is(ioport_in32(io, TESTDEV, &v32), 0, "%s: in32", way);
	is(v32, 0x12345678, "%s: in32 reads what out32 wrote", way);
	is(ioport_in16(io, TESTDEV, &v16), 0, "%s: in16", way);
	is(v16, 0x5678, "%s: in16 reads the low half", way);
	is(ioport_in8(io, TESTDEV, &v8), 0, "%s: in8", way);
	is(v8, 0x78, "%s: in8 reads the low byte", way);
	is(ioport_out16(io, TESTDEV, 0xabcd), 0, "%s: out16", way);
	is(ioport_in16(io, TESTDEV, &v16), 0, "%s: in16", way);
	is(v16, 0xabcd, "%s: in16 reads what out16 wrote", way);
	is(ioport_out8(io, TESTDEV, 0xef), 0, "%s: out8", way);
	is(ioport_in8(io, TESTDEV, &v8), 0, "%s: in8", way);
	is(v8, 0xef, "%s: in8 reads what out8 wrote", way);
}

int main(void)
{
	struct ioport *io = must_open(0);
	unsigned int before = mediated;

	write_all(io, "by system call");
	is(mediated, before + 8, "those were system calls");
	is(ioport_grant(io, TESTDEV, 4, 0), 0, "grant");
	before = mediated;
	write_all(io, "directly");
	is(mediated, before, "those were none");
	ioport_close(io);
	return done();
}
