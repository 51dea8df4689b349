// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Eight LEDs, or relays, at the data lines of a parallel port: a light that runs
 * back and forth, or a fixed set of lines switched on. Ends after so many rounds or
 * when told to (Ctrl-C, kill), and leaves the lines as it found them.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libioport.h>

#define STEPS 14 /* eight lines up, and the six between the ends down again */

struct arguments {
	uint16_t port;
	unsigned long interval; /* ms */
	unsigned long rounds;	/* 0: for ever */
	int hold;		/* -1: let the light run */
};

static sigset_t ends; /* the signals that end the program */

/*
 * They are blocked, and taken in here: so none can come between two writes, and
 * there is no handler. True: one came.
 */
static bool told_to_end(unsigned long ms)
{
	const struct timespec time = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	return sigtimedwait(&ends, NULL, &time) > 0;
}

static void block_ends(void)
{
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, NULL);
}

static uint8_t light(unsigned int step)
{
	return (uint8_t)(1U << (step < 8 ? step : STEPS - step));
}

static int run_light(struct ioport *io, const struct arguments *a)
{
	for (unsigned long round = 0; !a->rounds || round < a->rounds; round++) {
		for (unsigned int step = 0; step < STEPS; step++) {
			if (ioport_out8(io, a->port, light(step)))
				return -1;
			if (told_to_end(a->interval))
				return 0;
		}
	}
	return 0;
}

static int hold_lines(struct ioport *io, const struct arguments *a)
{
	if (ioport_out8(io, a->port, (uint8_t)a->hold))
		return -1;
	while (!told_to_end(1000))
		;
	return 0;
}

static int work(struct ioport *io, const struct arguments *a)
{
	uint8_t before;
	int ret, err;

	if (ioport_in8(io, a->port, &before))
		return -1;
	ret = a->hold < 0 ? run_light(io, a) : hold_lines(io, a);
	err = errno;
	if (ioport_out8(io, a->port, before))
		return -1;
	errno = err;
	return ret;
}

static unsigned long number(const char *arg, unsigned long most, struct argp_state *state)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(arg, &end, 0);
	if (*end || end == arg || *arg == '-' || errno || value > most)
		argp_error(state, "'%s' is not a number from 0 to %lu", arg, most);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	if (key == 'p')
		a->port = (uint16_t)number(arg, IOPORT_PORTS - 1, state);
	else if (key == 'i')
		a->interval = number(arg, 60000, state);
	else if (key == 'r')
		a->rounds = number(arg, 1000000, state);
	else if (key == 'h')
		a->hold = (int)number(arg, 255, state);
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "port", 'p', "PORT", 0, "First address of the parallel port (0x378)", 0 },
		{ "interval", 'i', "MS", 0, "From one light to the next (100 ms)", 0 },
		{ "rounds", 'r', "N", 0, "Back and forth N times (0: until stopped)", 0 },
		{ "hold", 'h', "MASK", 0, "No running light: switch these lines on", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Run a light along the data lines of a parallel port, or hold some on.\v"
		       "Exit status: 0, also when stopped by a signal; 2 no access.",
	};
	struct arguments a = { .port = 0x378, .interval = 100, .hold = -1 };
	struct ioport *io;
	char why[256];
	int ret;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	block_ends();
	io = ioport_open(0);
	ret = io ? work(io, &a) : -1;
	if (ret) {
		ioport_explain(io, errno, IOPORT_READ | IOPORT_WRITE, a.port, 1, why, sizeof(why));
		fprintf(stderr, "parport_leds: %s\n", why);
	}
	ioport_close(io);
	return ret ? 2 : 0;
}
