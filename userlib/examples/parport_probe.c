// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Is there a parallel port at 0x278, 0x378 or 0x3bc? Without root, in the three
 * ways in which /dev/ioport can be used.
 *
 *	cc parport_probe.c $(pkg-config --cflags --libs libioport)
 *
 * A parallel port has a data latch at its first address that reads back what was
 * written. Where there is nothing, the bus reads as 0xff.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libioport.h>

/* One way to use a port: each function gives 0, or -1 with errno set. */
struct access {
	const char *name;
	int (*open)(void);
	int (*claim)(uint16_t port);
	int (*in)(uint16_t port, uint8_t *value);
	int (*out)(uint16_t port, uint8_t value);
};

static int fd = -1;
static struct ioport *io;

static int device_open(void)
{
	fd = open(IOPORT_DEVICE, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -1 : 0;
}

/* --- raw: one ioctl, then the processor's own instructions --- */

static int raw_claim(uint16_t port)
{
	struct ioport_range range = { .first = port, .count = 1 };

	return ioctl(fd, IOPORT_IOC_GRANT, &range);
}

static int raw_in(uint16_t port, uint8_t *value)
{
	*value = inb(port);
	return 0;
}

static int raw_out(uint16_t port, uint8_t value)
{
	outb(value, port);
	return 0;
}

/* --- file: the offset is the port, the size is the width --- */

static int file_claim(uint16_t port)
{
	(void)port; /* nothing to ask for: each transfer is allowed or refused */
	return 0;
}

static int file_in(uint16_t port, uint8_t *value)
{
	return pread(fd, value, 1, port) == 1 ? 0 : -1;
}

static int file_out(uint16_t port, uint8_t value)
{
	return pwrite(fd, &value, 1, port) == 1 ? 0 : -1;
}

/* --- library: picks the faster of the two --- */

static int library_open(void)
{
	io = ioport_open(0);
	return io ? 0 : -1;
}

static int library_claim(uint16_t port)
{
	ioport_grant(io, port, 1, 0); /* where it fails, the system call is left */
	return 0;
}

static int library_in(uint16_t port, uint8_t *value)
{
	return ioport_in8(io, port, value);
}

static int library_out(uint16_t port, uint8_t value)
{
	return ioport_out8(io, port, value);
}

static const struct access accesses[] = {
	{ "raw", device_open, raw_claim, raw_in, raw_out },
	{ "file", device_open, file_claim, file_in, file_out },
	{ "library", library_open, library_claim, library_in, library_out },
};

/* Neither 0 nor 0xff, which an empty bus or a stuck line would give as well. */
static const uint8_t patterns[] = { 0x55, 0xaa, 0x3c };

/* 1: the latch reads back what is written; 0: it does not; -1: refused. */
static int probe(const struct access *a, uint16_t port)
{
	uint8_t old, got;
	int found = 1;

	if (a->claim(port) || a->in(port, &old))
		return -1;
	for (size_t i = 0; found == 1 && i < sizeof(patterns); i++) {
		if (a->out(port, patterns[i]) || a->in(port, &got))
			return -1;
		found = got == patterns[i];
	}
	return a->out(port, old) ? -1 : found;
}

static void explain(int err, uint16_t port)
{
	char why[256];

	if (io)
		ioport_explain(io, err, IOPORT_READ | IOPORT_WRITE, port, 1, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "%s", strerror(err));
	printf("0x%03x: refused: %s\n", port, why);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const struct access **chosen = state->input;

	if (key != 'a')
		return ARGP_ERR_UNKNOWN;
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		if (!strcmp(arg, accesses[i].name)) {
			*chosen = &accesses[i];
			return 0;
		}
	}
	argp_error(state, "--access is raw, file or library, not '%s'", arg);
	return EINVAL;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "access", 'a', "WAY", 0,
		  "raw (ioctl, inb, outb), file (pread, pwrite) or library "
		  "(the default)",
		  0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Look for parallel ports at 0x278, 0x378 and 0x3bc.\v"
		       "Exit status: 0 at least one found, 1 none, 2 no access to " IOPORT_DEVICE
		       ".",
	};
	static const uint16_t ports[] = { 0x278, 0x378, 0x3bc };
	const struct access *a = &accesses[2];
	int found, total = 0;
	char why[256];

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a->open()) {
		ioport_explain_open(IOPORT_DEVICE, errno, why, sizeof(why));
		fprintf(stderr, "parport_probe: %s\n", why);
		return 2;
	}
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		found = probe(a, ports[i]);
		if (found < 0)
			explain(errno, ports[i]);
		else
			printf("0x%03x: %s\n", ports[i], found ? "parallel port" : "no port");
		total += found > 0;
	}
	ioport_close(io);
	return total ? 0 : 1;
}
