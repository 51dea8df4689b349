// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An IDE (ATA) disk: ask it who it is, and take the 256 words of the answer from
 * the data port. Nothing is written to the disk; but a channel that a kernel
 * driver uses must be left alone, so the default is not a PC's first or second.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libioport.h>

/* The registers, from the channel's first address on. */
enum {
	DATA = 0,
	DRIVE = 6,
	STATUS_COMMAND = 7 /* read, written */
};

#define BUSY 0x80
#define WANTS_DATA 0x08
#define ERROR 0x01
#define SELECT 0xa0	   /* of DRIVE; 0x10 more for the second */
#define NO_INTERRUPTS 0x02 /* of the control register */
#define IDENTIFY 0xec
#define IDENTIFY_PACKET 0xa1 /* the same for CD-ROMs */
#define WORDS 256
#define WAIT_TURNS 1000 /* of a millisecond */

struct channel {
	uint16_t base, control;
	uint8_t drive;
};

/* The status once the drive is not busy; reads as nothing where there is none. */
static int wait_idle(struct ioport *io, const struct channel *c, uint8_t *status)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < WAIT_TURNS; i++) {
		/* It needs 400 ns before the status holds; so much has passed then. */
		nanosleep(&ms, NULL);
		if (ioport_in8(io, c->base + STATUS_COMMAND, status))
			return -1;
		if (*status == 0 || *status == 0xff)
			break;
		if (!(*status & BUSY))
			return 0;
	}
	errno = ENODEV;
	return -1;
}

static int identify(struct ioport *io, const struct channel *c, uint8_t command, uint16_t *words)
{
	uint8_t status;

	if (ioport_out8(io, c->control, NO_INTERRUPTS) ||
	    ioport_out8(io, c->base + DRIVE, SELECT | (uint8_t)(c->drive << 4)) ||
	    wait_idle(io, c, &status) || ioport_out8(io, c->base + STATUS_COMMAND, command) ||
	    wait_idle(io, c, &status))
		return -1;
	if (status & ERROR || !(status & WANTS_DATA)) {
		errno = ENODEV;
		return -1;
	}
	for (int i = 0; i < WORDS; i++)
		if (ioport_in16(io, c->base + DATA, &words[i]))
			return -1;
	return 0;
}

/* Text has its first character in the upper half of a word, and blanks at its end. */
static void print_text(const char *name, const uint16_t *words, int count)
{
	char text[2 * 20 + 1] = "";
	int len = 0;

	for (int i = 0; i < 2 * count; i++)
		text[i] = (char)(i % 2 ? words[i / 2] : words[i / 2] >> 8);
	for (int i = 0; i < 2 * count && text[i]; i++)
		len = text[i] == ' ' ? len : i + 1;
	printf("%s: %.*s\n", name, len, text);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct channel *c = state->input;
	unsigned long value;
	char *end;

	value = arg ? strtoul(arg, &end, 0) : 0;
	if (arg && (*end || end == arg || value > (key == 'd' ? 1 : IOPORT_PORTS - 8)))
		argp_error(state, "'%s' is no %s", arg, key == 'd' ? "drive: 0 or 1" : "port");
	if (key == 'p')
		c->base = (uint16_t)value;
	else if (key == 'c')
		c->control = (uint16_t)value;
	else if (key == 'd')
		c->drive = (uint8_t)value;
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "port", 'p', "PORT", 0, "First address of the channel (0x168)", 0 },
		{ "control", 'c', "PORT", 0, "Its control register (0x36e)", 0 },
		{ "drive", 'd', "N", 0, "0 (the default) or 1", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Print what an IDE disk says of itself.\v"
		       "Exit status: 0 there is one, 1 there is none, 2 no access.",
	};
	struct channel c = { .base = 0x168, .control = 0x36e };
	struct ioport *io;
	uint16_t w[WORDS];
	int status = 0;
	char why[256];

	argp_parse(&argp, argc, argv, 0, NULL, &c);
	io = ioport_open(0);
	/* Only for speed: where it is refused, each access takes a system call. */
	if (io && !ioport_grant(io, c.base, 8, 0))
		ioport_grant(io, c.control, 1, 0);
	if (io && (!identify(io, &c, IDENTIFY, w) ||
		   (errno == ENODEV && !identify(io, &c, IDENTIFY_PACKET, w)))) {
		print_text("model", w + 27, 20);
		print_text("serial", w + 10, 10);
		print_text("firmware", w + 23, 4);
		printf("sectors: %lu\n", w[60] | (unsigned long)w[61] << 16);
	} else if (io && errno == ENODEV) {
		printf("0x%03x, drive %u: none\n", c.base, c.drive);
		status = 1;
	} else {
		ioport_explain(io, errno, IOPORT_READ | IOPORT_WRITE, c.base, 8, why, sizeof(why));
		fprintf(stderr, "ide_identify: %s\n", why);
		status = 2;
	}
	ioport_close(io);
	return status;
}
