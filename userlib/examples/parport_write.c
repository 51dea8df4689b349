// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Send bytes to the printer at a parallel port, as a printer driver does it, but
 * without root: put the byte in the data latch, wait until the printer is not
 * busy, pulse the strobe line.
 *
 *	parport_write 'Hello'        or        parport_write <file
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libioport.h>

/* The registers, from the port's first address on. */
enum {
	DATA,
	STATUS,
	CONTROL
};

#define STATUS_READY 0x80 /* 0: the printer is busy */
#define CONTROL_STROBE 0x01
#define CONTROL_INIT 0x04 /* 0: reset the printer */
#define CONTROL_SELECT 0x08
#define BUSY_SECONDS 2

struct arguments {
	uint16_t port;
	const char *text;
};

static int wait_ready(struct ioport *io, uint16_t port)
{
	time_t end = time(NULL) + BUSY_SECONDS;
	uint8_t status;

	do {
		if (ioport_in8(io, port + STATUS, &status))
			return -1;
		if (status & STATUS_READY)
			return 0;
	} while (time(NULL) <= end);
	errno = ETIMEDOUT;
	return -1;
}

static int send_byte(struct ioport *io, uint16_t port, uint8_t byte)
{
	const uint8_t idle = CONTROL_INIT | CONTROL_SELECT;

	if (wait_ready(io, port) || ioport_out8(io, port + DATA, byte) ||
	    ioport_out8(io, port + CONTROL, idle | CONTROL_STROBE))
		return -1;
	return ioport_out8(io, port + CONTROL, idle);
}

static int send_text(struct ioport *io, uint16_t port, const char *text)
{
	for (; *text; text++)
		if (send_byte(io, port, (uint8_t)*text))
			return -1;
	return 0;
}

static int send_stdin(struct ioport *io, uint16_t port)
{
	int c;

	while ((c = getchar()) != EOF)
		if (send_byte(io, port, (uint8_t)c))
			return -1;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	unsigned long port;
	char *end;

	switch (key) {
	case 'p':
		port = strtoul(arg, &end, 0);
		if (*end || end == arg || port > IOPORT_PORTS - 3)
			argp_error(state, "--port is a number such as 0x378, not '%s'", arg);
		arguments->port = (uint16_t)port;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->text)
			argp_error(state, "one TEXT only; put quotes around it");
		arguments->text = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "port", 'p', "PORT", 0, "First address of the parallel port (0x378)", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[TEXT]",
		.doc = "Send TEXT, or standard input, to the printer at a parallel port.\v"
		       "Exit status: 0 all of it was sent, 1 it was not.",
	};
	struct arguments arguments = { .port = 0x378 };
	struct ioport *io;
	char why[256];
	int ret;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	io = ioport_open(0);
	if (!io) {
		ioport_explain(NULL, errno, 0, 0, 0, why, sizeof(why));
		fprintf(stderr, "parport_write: %s\n", why);
		return 1;
	}
	/* Only for speed: where it is refused, each byte takes system calls. */
	ioport_grant(io, arguments.port, 3, 0);
	if (arguments.text)
		ret = send_text(io, arguments.port, arguments.text);
	else
		ret = send_stdin(io, arguments.port);
	if (ret) {
		ioport_explain(io, errno, IOPORT_READ | IOPORT_WRITE, arguments.port, 3, why,
			       sizeof(why));
		fprintf(stderr, "parport_write: %s\n", why);
	}
	ioport_close(io);
	return ret ? 1 : 0;
}
