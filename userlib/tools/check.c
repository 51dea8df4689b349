// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl check: may these ports be used, and if not, why? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define USES 3

static const struct {
	const char *name;
	unsigned int use;
} uses[USES] = {
	{ "read", IOPORT_READ },
	{ "write", IOPORT_WRITE },
	{ "direct", IOPORT_DIRECT },
};

struct check_options {
	struct options common;
	unsigned int use;
	bool quiet;
};

/* The answer for one range and one use. */
struct answer {
	bool wanted;
	uint32_t port;
	enum ioport_reason reason;
};

static void parse_use(struct check_options *options, char *arg, struct argp_state *state)
{
	char *save = NULL;
	size_t i;

	options->use = 0;
	for (char *word = strtok_r(arg, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		for (i = 0; i < USES && strcmp(word, uses[i].name); i++)
			;
		if (i == USES)
			argp_error(state, "--use is of read, write and direct, not '%s'", word);
		options->use |= uses[i].use;
	}
	if (!options->use)
		argp_error(state, "--use is empty");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct check_options *options = state->input;

	switch (key) {
	case 'u':
		parse_use(options, arg, state);
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	}
	return parse_common(key, arg, state);
}

/* True where all that is wanted is allowed. */
static bool ask(struct ioport *io, const struct range *range, unsigned int wanted,
		struct answer answers[USES])
{
	bool good = true;

	for (size_t i = 0; i < USES; i++) {
		answers[i].wanted = wanted & uses[i].use;
		if (answers[i].wanted && find_refused(io, uses[i].use, range->first, range->count,
						      &answers[i].port, &answers[i].reason))
			good = false;
	}
	return good;
}

static bool is_same(const struct answer *a, const struct answer *b)
{
	return b->wanted && a->reason == b->reason && a->port == b->port;
}

/* Uses with the same answer share a line. */
static void print(struct ioport *io, const struct range *range, const struct answer answers[USES])
{
	bool done[USES] = { false };

	for (size_t i = 0; i < USES; i++) {
		const char *comma = "";

		if (done[i] || !answers[i].wanted)
			continue;
		printf("%s: ", range_text(range->first, range->count));
		for (size_t j = i; j < USES; j++) {
			if (!is_same(&answers[i], &answers[j]))
				continue;
			printf("%s%s", comma, uses[j].name);
			comma = ", ";
			done[j] = true;
		}
		if (answers[i].reason == IOPORT_REASON_NONE)
			puts(": ok");
		else
			printf(": refused: %s\n", reason_text(io, answers[i].reason, uses[i].use,
							      range->first, range->count));
	}
}

static json_object *to_json(struct ioport *io, const struct range *range,
			    const struct answer answers[USES])
{
	json_object *object = json_object_new_object(), *use;

	json_add(object, "first", json_object_new_int((int)range->first));
	json_add(object, "count", json_object_new_int((int)range->count));
	for (size_t i = 0; i < USES; i++) {
		if (!answers[i].wanted)
			continue;
		use = json_object_new_object();
		json_add(use, "ok", json_object_new_boolean(!answers[i].reason));
		json_add(object, uses[i].name, use);
		if (!answers[i].reason)
			continue;
		json_add(use, "port", json_object_new_int((int)answers[i].port));
		json_add(use, "reason", json_object_new_string(reason_name(answers[i].reason)));
		json_add(use, "text",
			 json_object_new_string(reason_text(io, answers[i].reason, uses[i].use,
							    range->first, range->count)));
	}
	return object;
}

static int check(struct ioport *io, const struct check_options *options, const struct range *ranges)
{
	json_object *list = options->common.json ? json_object_new_array() : NULL;
	struct answer answers[USES] = { 0 };
	int status = STATUS_OK;

	for (int i = 0; i < options->common.count; i++) {
		if (!ask(io, &ranges[i], options->use, answers))
			status = STATUS_NO;
		if (list)
			json_object_array_add(list, to_json(io, &ranges[i], answers));
		else if (!options->quiet)
			print(io, &ranges[i], answers);
	}
	if (list)
		print_json(list);
	return status;
}

/* As much as the node's mode allows, so that the rest is answered, not failed. */
static struct ioport *open_for_check(void)
{
	static const unsigned int fallbacks[] = { 0, IOPORT_READ, IOPORT_WRITE };
	struct ioport *io;

	for (size_t i = 0; i < 3; i++) {
		io = open_quietly(fallbacks[i]);
		if (io || errno != EACCES)
			break;
	}
	return io ? io : open_device(0);
}

int verb_check(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{ "use", 'u', "USES", 0,
		  "What for: read, write, direct (plain in and out instructions), with commas "
		  "between; all three by default",
		  0 },
		{ "quiet", 'q', NULL, 0, "Answer by the exit status alone", 0 },
		OPTION_WINDOW,
		OPTION_JSON,
		{ 0 },
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "RANGE...",
		.doc = "May these ports be used, and if not, why? Touches no port.\v"
		       "Exit status: 0 all may be used, 1 some may not, 2 usage, 3 no device.",
	};
	struct check_options options = { .common.missing = "which ports? Name a range",
					 .use = IOPORT_READ | IOPORT_WRITE | IOPORT_DIRECT };
	struct range *ranges;
	struct ioport *io;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	ranges = parse_ranges(&options.common);
	if (!ranges)
		return STATUS_USAGE;
	io = open_for_check();
	status = io ? check(io, &options, ranges) : STATUS_DEVICE;
	ioport_close(io);
	free(ranges);
	return status;
}
