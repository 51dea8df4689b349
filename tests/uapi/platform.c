// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platform devices that come and go where ports are reserved: the kernel's own driver of
 * IPMI interfaces makes one with the ports that it is told, whether there is such an
 * interface or not. Run as root, with the default policy.
 */
#include "admin.h"

#include <signal.h>
#include <sys/wait.h>

#define BESIDE_ROUNDS 20

static int fd, other;

/*
 * A device with two resources of @size ports each, one after the other, that stays until
 * the module is unloaded. Nothing answers there, so that the driver does not take it.
 */
static void device_command(char *command, size_t room, unsigned int port, unsigned int size)
{
	snprintf(
		command, room,
		"modprobe ipmi_si unload_when_empty=0 type=kcs ports=%#x regsizes=%u regspacings=%u "
		"tryacpi=0 trydmi=0 trypci=0",
		port, size, size);
}

static void device_add(unsigned int port, unsigned int size)
{
	char command[256];

	device_command(command, sizeof(command), port, size);
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

/* Ports that open and close, first @count of them, then @less. */
static pid_t start_grants(unsigned int count, unsigned int less)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		/* While they are closed the driver may try them, and has them reserved then. */
		if (dev_grant(fd, LPT, count, 0)) {
			if (errno == EBUSY)
				continue;
			_exit(1);
		}
		if ((less && dev_revoke(fd, LPT + less, count - less, 0)) ||
		    dev_revoke(fd, LPT, count, 0))
			_exit(1);
	}
}

/*
 * The kernel tells of a device some time after its resource is in the tree. A reservation
 * that is given back in between must not take the resource along, whose parent would have
 * been freed; that the debug kernel would say.
 */
static void test_beside(const char *name, unsigned int count, unsigned int less, unsigned int port,
			unsigned int size)
{
	pid_t pid = start_grants(count, less);
	int i, status, failed = 0;

	for (i = 0; i < BESIDE_ROUNDS; i++) {
		char command[256];

		device_command(command, sizeof(command), port, size);
		failed += system(command) || system("rmmod ipmi_si");
	}
	is(failed, 0, "%s ports that open and close a device comes and goes, %d times", name,
	   BESIDE_ROUNDS);
	is(waitpid(pid, &status, WNOHANG), 0, "and they never fail but while its driver has them");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "they are there for the asking");
	test_free();
}

int main(void)
{
	fd = dev_open(O_RDWR);
	other = dev_open(O_RDWR);
	test_around();
	test_inside();
	test_within();
	test_beside("around", 2, 1, LPT, 4);
	test_beside("inside", LPT_COUNT, 4, LPT + 5, 1);
	return done();
}
