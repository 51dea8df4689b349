// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl fill: one value to all ports of a range, from the first to the last. */
#include "ctl.h"

static int fill(struct ioport *io, const struct range *range, unsigned int bits, uint32_t value)
{
	if (!may_use(io, IOPORT_WRITE, range->first, range->count))
		return STATUS_NO;
	for (uint32_t at = 0; at < range->count; at += bits / 8)
		if (!write_port(io, range->first + at, bits, value))
			return STATUS_NO;
	return STATUS_OK;
}

static bool parse_operands(const struct options *options, struct range *range, uint32_t *value)
{
	if (options->count != 2) {
		complain("a range and a value are wanted, not %d words", options->count);
		return false;
	}
	return parse_range(options->operands[0], range) &&
	       range_fits(options->operands[0], range, options->bits) &&
	       parse_value(options->operands[1], options->bits, value);
}

int verb_fill(int argc, char **argv)
{
	static const struct argp_option argp_options[] = { OPTION_WIDTH, OPTION_WINDOW, { 0 } };
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_common,
		.args_doc = "RANGE VALUE",
		.doc = "Write VALUE to all ports of RANGE, from the first to the last. Where one "
		       "is refused, none is touched.\v"
		       "Exit status: 0 written, 1 refused, 2 usage, 3 no device.",
	};
	struct options options = { .missing = "which range, and what value?" };
	struct range range;
	struct ioport *io;
	uint32_t value;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (!parse_operands(&options, &range, &value))
		return STATUS_USAGE;
	io = open_device(IOPORT_WRITE);
	status = io ? fill(io, &range, options.bits, value) : STATUS_DEVICE;
	ioport_close(io);
	return status;
}
