// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platform devices that come and go where ports are reserved: the kernel's own driver of
 * IPMI interfaces makes one with the ports that it is told, whether there is such an
 * interface or not. Run as root, with the default policy.
 */
#include "admin.h"

static int fd, other;

/*
 * A device with two resources of @size ports each, one after the other, that stays until
 * the module is unloaded. Nothing answers there, so that the driver does not take it.
 */
static void device_add(unsigned int port, unsigned int size)
{
	char command[256];

	snprintf(
		command, sizeof(command),
		"modprobe ipmi_si unload_when_empty=0 type=kcs ports=%#x regsizes=%u regspacings=%u "
		"tryacpi=0 trydmi=0 trypci=0",
		port, size, size);
	is(system(command), 0, "a device with the ports from %#x, %u and %u", port, size, size);
	ok(!access("/sys/bus/platform/devices/hardcode-ipmi-si.0", F_OK), "is there");
}

static void device_remove(void)
{
	is(system("rmmod ipmi_si"), 0, "the device goes");
	ok(access("/sys/bus/platform/devices/hardcode-ipmi-si.0", F_OK), "has gone");
}

/* Ports in use, and reserved: nobody else gets them. */
static void test_reserved(const char *line)
{
	uint8_t byte;

	ok(ioports_has(line), "'%s' is reserved", line);
	ok(can_in(LPT, 1), "and open");
	is(pread(other, &byte, 1, LPT), 1, "by another file as well");
	run("modprobe parport_pc 2>/dev/null");
	ok(!ioports_has("parport"), "a driver does not get it");
	run("rmmod parport_pc 2>/dev/null");
}

/* Everything is given back, and nothing of it is left in the way. */
static void test_free(void)
{
	is(dev_revoke(fd, 0, IOPORT_PORTS, 0), 0, "revoke");
	close(other);
	other = dev_open(O_RDWR);
	ok(ioports_get(": ioport", false), "given back");
	run("modprobe parport_pc 2>/dev/null");
	ok(ioports_has("parport"), "a driver gets it");
	run("rmmod parport_pc 2>/dev/null");
	ok(!ioports_has("parport"), "and leaves it");
}

/* The resource would become the parent of the reservation. */
static void test_around(void)
{
	is(dev_grant(fd, LPT, 2, 0), 0, "two ports");
	device_add(LPT, 4);
	test_reserved("0378-0379 : ioport");
	is(dev_revoke(fd, LPT + 1, 1, 0), 0, "one less");
	ok(ioports_get("0378-0378 : ioport", true), "is given back");
	device_remove();
	test_reserved("0378-0378 : ioport");
	test_free();
}

/* It would become its child. */
static void test_inside(void)
{
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "eight ports");
	device_add(LPT + 2, 1);
	test_reserved("0378-037f : ioport");
	device_remove();
	test_reserved("0378-037f : ioport");
	device_add(LPT + 2, 1);
	is(dev_revoke(fd, LPT + 1, LPT_COUNT - 1, 0), 0, "all but one are closed");
	ok(ioports_get("0378-0378 : ioport", true), "and given back");
	device_remove();
	test_reserved("0378-0378 : ioport");
	test_free();
}

/* It is there before. */
static void test_within(void)
{
	device_add(LPT, 4);
	is(dev_grant(fd, LPT, 2, 0), 0, "two ports of a device without a driver");
	test_reserved("0378-0379 : ioport");
	device_remove();
	test_reserved("0378-0379 : ioport");
	test_free();
}

int main(void)
{
	fd = dev_open(O_RDWR);
	other = dev_open(O_RDWR);
	test_around();
	test_inside();
	test_within();
	return done();
}
