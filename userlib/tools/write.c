// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl write: one access each, in the order given. */
#include <stdio.h>
#include <stdlib.h>

#include "ctl.h"

struct write_options {
	struct options common;
	const char *mask_text;
	uint32_t mask;
};

struct job {
	uint32_t port;
	uint32_t value;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct write_options *options = state->input;

	if (key == 'm') {
		options->mask_text = arg;
		return 0;
	}
	if (key == ARGP_KEY_ARGS && (state->argc - state->next) % 2)
		argp_error(state, "'%s' has no value: PORT and VALUE come in pairs",
			   state->argv[state->argc - 1]);
	return parse_common(key, arg, state);
}

static struct job *parse_jobs(const struct options *options)
{
	struct job *jobs = calloc((size_t)options->count / 2, sizeof(*jobs));

	if (!jobs) {
		complain("%m");
		exit(STATUS_NO);
	}
	for (int i = 0; i < options->count / 2; i++) {
		if (!parse_port(options->operands[2 * i], options->bits, &jobs[i].port) ||
		    !parse_value(options->operands[2 * i + 1], options->bits, &jobs[i].value)) {
			free(jobs);
			return NULL;
		}
	}
	return jobs;
}

static bool write_job(struct ioport *io, const struct write_options *options, const struct job *job)
{
	unsigned int bits = options->common.bits;
	uint32_t old = 0;

	if (!options->mask_text)
		return write_port(io, job->port, bits, job->value);
	return read_port(io, job->port, bits, &old) &&
	       write_port(io, job->port, bits,
			  (old & ~options->mask) | (job->value & options->mask));
}

/* All are asked for before the first is touched. */
static int write_jobs(struct ioport *io, const struct write_options *options,
		      const struct job *jobs)
{
	unsigned int use = IOPORT_WRITE | (options->mask_text ? IOPORT_READ : 0);
	int count = options->common.count / 2;

	for (int i = 0; i < count; i++)
		if (!may_use(io, use, jobs[i].port, options->common.bits / 8))
			return STATUS_NO;
	for (int i = 0; i < count; i++)
		if (!write_job(io, options, &jobs[i]))
			return STATUS_NO;
	return STATUS_OK;
}

int verb_write(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		OPTION_WIDTH,
		OPTION_WINDOW,
		{ "mask", 'm', "MASK", 0, "Change only these bits: read the port first", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "PORT VALUE [PORT VALUE]...",
		.doc = "Write ports, in this order. Where one is refused, none is touched.\v"
		       "Exit status: 0 written, 1 refused, 2 usage, 3 no device.",
	};
	struct write_options options = { .common.missing = "which port, and what value?" };
	struct job *jobs;
	struct ioport *io;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (options.mask_text &&
	    !parse_value(options.mask_text, options.common.bits, &options.mask))
		return STATUS_USAGE;
	jobs = parse_jobs(&options.common);
	if (!jobs)
		return STATUS_USAGE;
	io = open_device(options.mask_text ? IOPORT_READ | IOPORT_WRITE : IOPORT_WRITE);
	status = io ? write_jobs(io, &options, jobs) : STATUS_DEVICE;
	ioport_close(io);
	free(jobs);
	return status;
}
