// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl watch: registers bit by bit, again and again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

/* Lines of the screen besides those of registers. */
#define FRAME_LINES 3

struct watch_options {
	struct options common;
	unsigned long rounds; /* 0: for ever */
	double interval;
};

struct reg {
	uint32_t port;
	uint32_t value;
	uint32_t before;
};

struct watch {
	const struct watch_options *options;
	struct ioport *io;
	struct reg *regs;
	size_t count;
	bool refused; /* some were left out */
	bool screen;
	bool colour;
	bool clear; /* the screen, before the next picture */
	unsigned short rows;
	struct timespec start;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch_options *options = state->input;
	char *end;

	switch (key) {
	case 'c':
		errno = 0;
		options->rounds = strtoul(arg, &end, 10);
		if (*arg < '0' || *arg > '9' || *end || !options->rounds || errno)
			argp_error(state, "--count is a number from 1, not '%s'", arg);
		return 0;
	case 'n':
		options->interval = strtod(arg, &end);
		if (*arg < '0' || *arg > '9' || *end || options->interval > 86400)
			argp_error(state, "--interval is seconds, such as 0.5, not '%s'", arg);
		return 0;
	}
	return parse_common(key, arg, state);
}

/* --- What to watch -------------------------------------------------------------- */

static bool add(struct watch *w, uint32_t port)
{
	struct reg *regs;

	if (!may_use(w->io, IOPORT_READ, port, w->options->common.bits / 8)) {
		w->refused = true;
		return true;
	}
	regs = reallocarray(w->regs, w->count + 1, sizeof(*regs));
	if (!regs) {
		complain("%m");
		return false;
	}
	w->regs = regs;
	w->regs[w->count++] = (struct reg){ .port = port };
	return true;
}

static bool add_all(struct watch *w, const struct range *ranges)
{
	uint32_t step = w->options->common.bits / 8;

	for (int i = 0; i < w->options->common.count; i++)
		for (uint32_t at = 0; at < ranges[i].count; at += step)
			if (!add(w, ranges[i].first + at))
				return false;
	return w->count > 0;
}

/* --- Showing it ------------------------------------------------------------------ */

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* From the highest; those that changed are in reverse. */
static void print_bits(const struct watch *w, const struct reg *reg)
{
	unsigned int bits = w->options->common.bits;
	uint32_t changed = reg->value ^ reg->before;

	for (unsigned int i = bits; i-- > 0;) {
		bool mark = w->colour && changed >> i & 1;

		printf("%s%c%s%s", mark ? "\033[7m" : "", reg->value >> i & 1 ? '1' : '0',
		       mark ? "\033[0m" : "", i && i % 4 == 0 ? " " : "");
	}
}

static void print_reg(const struct watch *w, const struct reg *reg)
{
	int digits = (int)w->options->common.bits / 4;

	printf("0x%04x  0x%0*x  ", reg->port, digits, reg->value);
	print_bits(w, reg);
	if (reg->value != reg->before)
		printf("  was 0x%0*x", digits, reg->before);
	puts(w->screen ? "\033[K" : "");
}

static void print_json_line(const struct watch *w, const struct reg *reg)
{
	json_object *object = json_object_new_object();

	json_add(object, "time", json_object_new_double(seconds_since(&w->start)));
	json_add(object, "port", json_object_new_int((int)reg->port));
	json_add(object, "width", json_object_new_int((int)w->options->common.bits));
	json_add(object, "value", json_object_new_int64(reg->value));
	if (reg->value != reg->before)
		json_add(object, "was", json_object_new_int64(reg->before));
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}

/* On a screen the same lines again; elsewhere all of them once, then what changes. */
static void show(const struct watch *w, bool first)
{
	if (w->screen)
		printf("%sReading again every %g s, which can change the device. Ctrl-C ends.\n\n",
		       w->clear ? "\033[H\033[2J" : "\033[H", w->options->interval);
	for (size_t i = 0; i < w->count; i++) {
		const struct reg *reg = &w->regs[i];

		if (!first && !w->screen && reg->value == reg->before)
			continue;
		if (w->options->common.json) {
			print_json_line(w, reg);
			continue;
		}
		if (!w->screen)
			printf("%9.3f  ", seconds_since(&w->start));
		print_reg(w, reg);
	}
	fflush(stdout);
}

static bool read_all(struct watch *w, bool first)
{
	for (size_t i = 0; i < w->count; i++) {
		struct reg *reg = &w->regs[i];

		reg->before = reg->value;
		if (!read_port(w->io, reg->port, w->options->common.bits, &reg->value))
			return false;
		if (first)
			reg->before = reg->value;
	}
	return true;
}

static void pause_for(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/*
 * Asked each time, as a terminal may be resized. One that is too small gets the lines
 * of what changes; when it is large enough again, the picture is drawn anew.
 */
static void look_at_screen(struct watch *w)
{
	struct winsize size = { 0 };
	bool before = w->screen;

	if (!w->colour || w->options->common.json)
		return;
	w->screen =
		!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row >= w->count + FRAME_LINES;
	w->clear = w->screen && (!before || size.ws_row != w->rows);
	w->rows = size.ws_row;
}

static int watch(struct watch *w, const struct range *ranges)
{
	unsigned long rounds = w->options->rounds;

	if (!add_all(w, ranges))
		return STATUS_NO;
	w->colour = use_colour();
	clock_gettime(CLOCK_MONOTONIC, &w->start);
	for (unsigned long i = 0; !rounds || i < rounds; i++) {
		if (i)
			pause_for(w->options->interval);
		if (!read_all(w, !i))
			return STATUS_NO;
		look_at_screen(w);
		show(w, !i);
		/* Nobody reads it any more. */
		if (ferror(stdout))
			break;
	}
	return w->refused ? STATUS_NO : STATUS_OK;
}

int verb_watch(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		OPTION_WIDTH,
		{ "interval", 'n', "SECONDS", 0, "Time between two looks; 0.5 by default", 0 },
		{ "count", 'c', "N", 0, "End after N looks", 0 },
		OPTION_JSON,
		{ 0 },
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "RANGE...",
		.doc = "Read ports again and again and show them bit by bit, with what changed. "
		       "READING CAN CHANGE THE STATE OF A DEVICE: take data from its queue, clear "
		       "an interrupt. Ports that may not be used are left out. When the output is "
		       "not a terminal, all are written once, then those that change.\v"
		       "Exit status: 0 watched, 1 some refused, 2 usage, 3 no device.",
	};
	struct watch_options options = { .common.missing = "which ports? Name a range",
					 .interval = 0.5 };
	struct watch w = { .options = &options };
	struct range *ranges;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	ranges = parse_ranges(&options.common);
	if (!ranges)
		return STATUS_USAGE;
	w.io = open_device(IOPORT_READ);
	status = w.io ? watch(&w, ranges) : STATUS_DEVICE;
	ioport_close(w.io);
	free(w.regs);
	free(ranges);
	return status;
}
