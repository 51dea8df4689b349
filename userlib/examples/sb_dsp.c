// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A Sound Blaster: reset the signal processor (DSP) on the card, see that it
 * answers, and ask for its version. 1.x is the first card, 2.x the 2.0, 3.x the
 * Pro, 4.x the 16.
 *
 *	cc sb_dsp.c $(pkg-config --cflags --libs libioport)
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libioport.h>

/* The registers, from the card's first address on. */
#define RESET 0x6
#define READ_DATA 0xa
#define WRITE 0xc /* command or data; reading it tells when */
#define READ_STATUS 0xe
#define PORTS 0x10

#define WRITE_BUSY 0x80 /* of WRITE: not yet */
#define READ_READY 0x80 /* of READ_STATUS: a byte is there */
#define ANSWER 0xaa	/* of a DSP that has been reset */
#define GET_VERSION 0xe1

#define RESET_NS 3000
#define WAIT_TURNS 1000 /* a DSP takes 100 us to reset, and less for all else */

static void pause_ns(long ns)
{
	struct timespec time = { .tv_nsec = ns };

	nanosleep(&time, NULL);
}

/* Waits until (register & mask) == want. */
static int wait_for(struct ioport *io, uint16_t port, uint8_t mask, uint8_t want)
{
	uint8_t value;

	for (int i = 0; i < WAIT_TURNS; i++) {
		if (ioport_in8(io, port, &value))
			return -1;
		if ((value & mask) == want)
			return 0;
		pause_ns(1000);
	}
	errno = ETIMEDOUT;
	return -1;
}

static int dsp_read(struct ioport *io, uint16_t base, uint8_t *value)
{
	if (wait_for(io, base + READ_STATUS, READ_READY, READ_READY))
		return -1;
	return ioport_in8(io, base + READ_DATA, value);
}

static int dsp_write(struct ioport *io, uint16_t base, uint8_t value)
{
	if (wait_for(io, base + WRITE, WRITE_BUSY, 0))
		return -1;
	return ioport_out8(io, base + WRITE, value);
}

static int dsp_reset(struct ioport *io, uint16_t base)
{
	uint8_t answer;

	if (ioport_out8(io, base + RESET, 1))
		return -1;
	pause_ns(RESET_NS);
	if (ioport_out8(io, base + RESET, 0) || dsp_read(io, base, &answer))
		return -1;
	if (answer == ANSWER)
		return 0;
	errno = ENODEV;
	return -1;
}

static int dsp_version(struct ioport *io, uint16_t base, uint8_t *major, uint8_t *minor)
{
	if (dsp_write(io, base, GET_VERSION) || dsp_read(io, base, major))
		return -1;
	return dsp_read(io, base, minor);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	uint16_t *base = state->input;
	unsigned long port;
	char *end;

	if (key != 'p')
		return ARGP_ERR_UNKNOWN;
	port = strtoul(arg, &end, 0);
	if (*end || end == arg || port > IOPORT_PORTS - PORTS)
		argp_error(state, "--port is a number such as 0x220, not '%s'", arg);
	*base = (uint16_t)port;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "port", 'p', "PORT", 0, "First address of the card (0x220)", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Reset the DSP of a Sound Blaster and print its version.\v"
		       "Exit status: 0 there is one, 1 there is none, 2 no access.",
	};
	uint16_t base = 0x220;
	uint8_t major, minor;
	struct ioport *io;
	char why[256];

	argp_parse(&argp, argc, argv, 0, NULL, &base);
	io = ioport_open(0);
	/* Only for speed: where it is refused, each access takes a system call. */
	if (io)
		ioport_grant(io, base, PORTS, 0);
	if (!io || dsp_reset(io, base) || dsp_version(io, base, &major, &minor)) {
		if (io && (errno == ETIMEDOUT || errno == ENODEV)) {
			printf("0x%03x: no Sound Blaster\n", base);
			ioport_close(io);
			return 1;
		}
		ioport_explain(io, errno, IOPORT_READ | IOPORT_WRITE, base, PORTS, why,
			       sizeof(why));
		fprintf(stderr, "sb_dsp: %s\n", why);
		ioport_close(io);
		return 2;
	}
	printf("0x%03x: Sound Blaster, DSP %u.%u\n", base, major, minor);
	ioport_close(io);
	return 0;
}
