// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An NE2000 network card: read the PROM that holds its hardware address, as a
 * driver reads packets: tell the chip where and how much ("remote DMA"), then take
 * it word by word from the one data port. Resets the card, and leaves it stopped.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libioport.h>

/* The registers of page 0, from the card's first address on. */
enum {
	COMMAND = 0x00,
	INTERRUPTS = 0x07,
	ADDRESS_LOW = 0x08,
	ADDRESS_HIGH = 0x09,
	COUNT_LOW = 0x0a,
	COUNT_HIGH = 0x0b,
	RECEIVE = 0x0c,
	TRANSMIT = 0x0d,
	DATA_MODE = 0x0e,
	INTERRUPT_MASK = 0x0f,
	DATA = 0x10,
	RESET = 0x1f,
	PORTS = 0x20
};

#define STOP 0x21      /* of COMMAND: page 0, no DMA */
#define READ_DMA 0x0a  /* of COMMAND: page 0, start */
#define WAS_RESET 0x80 /* of INTERRUPTS */
#define DMA_DONE 0x40  /* of INTERRUPTS */
#define WORDS 0x49     /* of DATA_MODE: 16 bits at a time */
#define MONITOR 0x20   /* of RECEIVE: keep nothing */
#define LOOPBACK 0x02  /* of TRANSMIT: send nothing */

#define PROM_WORDS 16 /* each PROM byte stands in a word of its own */
#define ADDRESS_BYTES 6
#define SIGNATURE 0x57 /* the last two bytes, in a card with 16 bits */
#define WAIT_TURNS 100

static int wait_for(struct ioport *io, uint16_t base, uint8_t bit)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	uint8_t value;

	for (int i = 0; i < WAIT_TURNS; i++, nanosleep(&ms, NULL)) {
		if (ioport_in8(io, base + INTERRUPTS, &value))
			return -1;
		if (value != 0xff && value & bit)
			return 0;
	}
	errno = ENODEV;
	return -1;
}

/* Reading the reset port resets the card; clones want it written as well. */
static int card_reset(struct ioport *io, uint16_t base)
{
	uint8_t value;

	if (ioport_in8(io, base + RESET, &value) || ioport_out8(io, base + RESET, value))
		return -1;
	return wait_for(io, base, WAS_RESET);
}

static int prom_read(struct ioport *io, uint16_t base, uint8_t *prom)
{
	const struct {
		uint8_t port, value;
	} set_up[] = {
		{ COMMAND, STOP },	{ DATA_MODE, WORDS },  { RECEIVE, MONITOR },
		{ TRANSMIT, LOOPBACK }, { INTERRUPT_MASK, 0 }, { INTERRUPTS, 0xff },
		{ ADDRESS_LOW, 0 },	{ ADDRESS_HIGH, 0 },   { COUNT_LOW, 2 * PROM_WORDS },
		{ COUNT_HIGH, 0 },	{ COMMAND, READ_DMA },
	};
	uint16_t word;

	for (size_t i = 0; i < sizeof(set_up) / sizeof(set_up[0]); i++)
		if (ioport_out8(io, base + set_up[i].port, set_up[i].value))
			return -1;
	for (int i = 0; i < PROM_WORDS; i++) {
		if (ioport_in16(io, base + DATA, &word))
			return -1;
		prom[i] = (uint8_t)word;
	}
	if (wait_for(io, base, DMA_DONE))
		return -1;
	return ioport_out8(io, base + COMMAND, STOP);
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
		argp_error(state, "--port is a number such as 0x300, not '%s'", arg);
	*base = (uint16_t)port;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "port", 'p', "PORT", 0, "First address of the card (0x300)", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Print the hardware address of an NE2000 network card, which is reset.\v"
		       "Exit status: 0 there is one, 1 there is none, 2 no access.",
	};
	uint8_t prom[PROM_WORDS];
	uint16_t base = 0x300;
	struct ioport *io;
	int status = 0;
	char why[256];

	argp_parse(&argp, argc, argv, 0, NULL, &base);
	io = ioport_open(0);
	/* Only for speed: where it is refused, each access takes a system call. */
	if (io)
		ioport_grant(io, base, PORTS, 0);
	if (io && !card_reset(io, base) && !prom_read(io, base, prom)) {
		printf("0x%03x: NE2000 (%d bits)", base, prom[14] == SIGNATURE ? 16 : 8);
		for (int i = 0; i < ADDRESS_BYTES; i++)
			printf("%c%02x%s", i ? ':' : ' ', prom[i],
			       i < ADDRESS_BYTES - 1 ? "" : "\n");
	} else if (io && errno == ENODEV) {
		printf("0x%03x: no NE2000\n", base);
		status = 1;
	} else {
		ioport_explain(io, errno, IOPORT_READ | IOPORT_WRITE, base, PORTS, why,
			       sizeof(why));
		fprintf(stderr, "ne2000_prom: %s\n", why);
		status = 2;
	}
	ioport_close(io);
	return status;
}
