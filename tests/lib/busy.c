// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports that a kernel driver holds: the second serial port's; and one that ACPI does: the
 * debug port of QEMU's firmware. Needs a policy that allows them:
 * allow=0x2f8-0x2ff,0x402. As root, /proc/ioports tells the driver's name.
 */
#include "lib.h"

#define SERIAL 0x2f8
#define ACPI 0x402

static void test_explain(struct ioport *io)
{
	char why[512];

	ioport_explain(io, EBUSY, IOPORT_READ, SERIAL, 2, why, sizeof(why));
	note("%s", why);
	ok(strstr(why, "0x02f8 (of 0x02f8-0x02f9): held by "), "the sentence names the port");
	ok(strstr(why, geteuid() ? "/proc/ioports" : "kernel driver serial"), "and the driver");
	ok(strstr(why, "busy=allow"), "and what to do");
}

static void test_acpi(struct ioport *io)
{
	char why[512];
	uint8_t value;

	fails(ioport_in8(io, ACPI, &value), EBUSY, "in8 of a port that ACPI uses");
	ioport_explain(io, EBUSY, IOPORT_READ, ACPI, 1, why, sizeof(why));
	note("%s", why);
	ok(strstr(why, geteuid() ? "kernel driver or ACPI" : "held by ACPI"), "says so");
}

int main(void)
{
	struct ioport *io = must_open(0);
	enum ioport_reason reason;
	uint32_t port;
	uint8_t value = 3;

	is(ioport_check(io, SERIAL, 8, IOPORT_READ, &port, &reason), 0, "check");
	is(reason, IOPORT_REASON_BUSY, "check: busy");
	is(port, SERIAL, "check: from the first port on");
	fails(ioport_in8(io, SERIAL + 7, &value), EBUSY, "in8");
	fails(ioport_out8(io, SERIAL + 7, 0), EBUSY, "out8");
	fails(ioport_grant(io, SERIAL, 8, 0), EBUSY, "grant");
	ok(!ioport_is_direct(io, SERIAL, 1), "nothing was granted");
	is(value, 3, "the value is left alone");
	test_explain(io);
	test_acpi(io);
	ioport_close(io);
	return done();
}
