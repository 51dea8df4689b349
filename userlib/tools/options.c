// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "ctl.h"

static void parse_width(struct options *options, const char *arg, struct argp_state *state)
{
	if (!strcmp(arg, "8"))
		options->bits = 8;
	else if (!strcmp(arg, "16"))
		options->bits = 16;
	else if (!strcmp(arg, "32"))
		options->bits = 32;
	else
		argp_error(state, "--width is 8, 16 or 32, not '%s'", arg);
}

error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->bits = 8;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'w':
		parse_width(options, arg, state);
		return 0;
	case 'W':
		choose_window(arg);
		return 0;
	case ARGP_KEY_ARGS:
		if (options->no_operands)
			argp_error(state, "'%s' is too much", state->argv[state->next]);
		options->operands = state->argv + state->next;
		options->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		if (options->missing)
			argp_error(state, "%s", options->missing);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}
