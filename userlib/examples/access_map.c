// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The test that every article about Ke386SetIoAccessMap has, on Linux and without
 * root: set a map of ports, read it back, switch it on, use a port with a plain
 * instruction, switch it off, and see the instruction fault.
 *
 *	Ke386SetIoAccessMap(1, map)		ioport_set_map(io, &map, 0)
 *	Ke386QueryIoAccessMap(1, map)		ioport_get_map(io, IOPORT_WHICH_FILE, &map)
 *	Ke386IoSetAccessProcess(process, 1)	ioport_attach(io, 0)
 *	Ke386IoSetAccessProcess(process, 0)	ioport_detach(io)
 */
#include <argp.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>

#include <libioport.h>

#define FIRST 0x378
#define COUNT 3

static sigjmp_buf after_fault;
static int failures;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(after_fault, 1);
}

/* Reads the port with the instruction, no system call; false: it faulted. */
static bool try_inb(uint16_t port, uint8_t *value)
{
	if (sigsetjmp(after_fault, 1))
		return false;
	*value = inb(port);
	return true;
}

__attribute__((format(printf, 2, 3))) static void step(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%s ", good ? "  ok  " : "WRONG ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	failures += !good;
}

/* A call of the library that must work. */
static void must(struct ioport *io, int ret, const char *what)
{
	char why[256];

	if (ret) {
		ioport_explain(io, errno, IOPORT_DIRECT, FIRST, COUNT, why, sizeof(why));
		step(false, "%s: %s", what, why);
		exit(1);
	}
	step(true, "%s", what);
}

static void expect_fault(const char *when)
{
	uint8_t value = 0;

	if (try_inb(FIRST, &value))
		step(false, "%s, inb(0x%x) gave 0x%02x instead of a fault", when, FIRST, value);
	else
		step(true, "%s, inb(0x%x) faults (SIGSEGV)", when, FIRST);
}

static void expect_ports(void)
{
	uint8_t old, value = 0;

	if (!try_inb(FIRST, &old)) {
		step(false, "with the map on, inb(0x%x) faults", FIRST);
		return;
	}
	outb(0x5a, FIRST);
	value = inb(FIRST);
	outb(old, FIRST);
	step(value == 0x5a, "with the map on, outb(0x5a, 0x%x) and inb(0x%x) give 0x%02x", FIRST,
	     FIRST, value);
	step(!try_inb(FIRST + COUNT, &value), "inb(0x%x), one past the map, faults", FIRST + COUNT);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "Set, query, switch on and switch off an I/O access map for the parallel port "
		       "at 0x378.\vExit status: 0 when everything was as it should be.",
	};
	struct ioport_portmap map, back;
	struct sigaction action = { .sa_handler = on_fault };
	struct ioport *io;
	char why[256];

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	sigaction(SIGSEGV, &action, NULL);

	io = ioport_open(0);
	if (!io) {
		ioport_explain(NULL, errno, 0, 0, 0, why, sizeof(why));
		fprintf(stderr, "access_map: %s\n", why);
		return 1;
	}
	expect_fault("with no map");

	ioport_portmap_close_all(&map);
	ioport_portmap_open(&map, FIRST, COUNT);
	must(io, ioport_set_map(io, &map, 0), "set a map that opens 0x378-0x37a, closes the rest");
	must(io, ioport_get_map(io, IOPORT_WHICH_FILE, &back), "query the map");
	step(!memcmp(&map, &back, sizeof(map)), "the map read back is the map set");
	expect_fault("with the map set but not on");

	must(io, ioport_attach(io, 0), "switch the map on");
	expect_ports();

	must(io, ioport_detach(io), "switch the map off");
	expect_fault("with the map off");
	must(io, ioport_get_map(io, IOPORT_WHICH_FILE, &back), "query the map");
	step(!memcmp(&map, &back, sizeof(map)), "the map is kept for the next time");

	must(io, ioport_attach(io, 0), "switch the map on again");
	ioport_close(io);
	expect_fault("with the device closed");

	printf("%s\n", failures ? "Something is not as it should be." : "All as it should be.");
	return failures ? 1 : 0;
}
