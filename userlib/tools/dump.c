// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl dump: read ranges, as hexdump shows them. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define ROW_PORTS 16

struct dump {
	struct ioport *io;
	unsigned int bits;
	struct range range;
	/* One each for @range.count / width accesses; read[] where it was done. */
	uint32_t *value;
	bool *read;
	/* What the first refusal was. */
	bool refused;
	uint32_t refused_port;
	enum ioport_reason reason;
};

static uint32_t step(const struct dump *d)
{
	return d->bits / 8;
}

/* Refused ports are not touched, and the others are. False if a read failed. */
static bool read_all(struct dump *d)
{
	enum ioport_reason reason;
	uint32_t at, port, bad;

	for (at = 0; at < d->range.count / step(d); at++) {
		port = d->range.first + at * step(d);
		if (find_refused(d->io, IOPORT_READ, port, step(d), &bad, &reason)) {
			if (!d->refused) {
				d->refused_port = bad;
				d->reason = reason;
			}
			d->refused = true;
		} else if (read_port(d->io, port, d->bits, &d->value[at])) {
			d->read[at] = true;
		} else {
			return false;
		}
	}
	return true;
}

static void print_heading(const struct dump *d)
{
	printf("%6s", "");
	for (uint32_t column = 0; column < ROW_PORTS; column += step(d))
		printf(" %*x", (int)d->bits / 4, column);
	putchar('\n');
}

/* The value's bytes as characters, the lowest first. */
static void print_characters(const struct dump *d, int64_t at)
{
	uint32_t count = d->range.count / step(d);
	bool known = at >= 0 && at < count && d->read[at];

	for (uint32_t i = 0; i < step(d); i++) {
		int c = known ? d->value[at] >> 8 * i & 0xff : ' ';

		putchar(c < 0x80 && isprint(c) ? c : '.');
	}
}

static void print_cell(const struct dump *d, int64_t at)
{
	int digits = (int)d->bits / 4;

	if (at < 0 || at >= d->range.count / step(d))
		printf(" %*s", digits, "");
	else if (d->read[at])
		printf(" %0*x", digits, d->value[at]);
	else
		printf(" %.*s", digits, "--------");
}

/* Columns stand for the low digit of the port, unless accesses are not aligned to them. */
static void print_rows(const struct dump *d)
{
	uint32_t origin = d->range.first % step(d), start, end = d->range.first + d->range.count;
	uint32_t row_first = (d->range.first - origin) / ROW_PORTS * ROW_PORTS + origin;

	print_heading(d);
	for (uint32_t row = row_first; row < end; row += ROW_PORTS) {
		start = d->range.first;
		printf("0x%04x", row);
		for (uint32_t i = 0; i < ROW_PORTS; i += step(d))
			print_cell(d, ((int64_t)row + i - start) / step(d) -
					      ((int64_t)row + i < start));
		printf("  |");
		for (uint32_t i = 0; i < ROW_PORTS; i += step(d))
			print_characters(d, ((int64_t)row + i - start) / step(d) -
						    ((int64_t)row + i < start));
		puts("|");
	}
}

static json_object *to_json(const struct dump *d)
{
	json_object *object = json_object_new_object(), *values = json_object_new_array();

	json_add(object, "first", json_object_new_int((int)d->range.first));
	json_add(object, "width", json_object_new_int((int)d->bits));
	for (uint32_t at = 0; at < d->range.count / step(d); at++)
		json_object_array_add(values,
				      d->read[at] ? json_object_new_int64(d->value[at]) : NULL);
	json_add(object, "values", values);
	return object;
}

/* The first refusal is told; the others are seen. */
static void tell_refused(const struct dump *d)
{
	complain("not read, -- here: %s",
		 reason_text(d->io, d->reason, IOPORT_READ, d->refused_port, 1));
}

static int dump_range(struct ioport *io, const struct range *range, unsigned int bits,
		      json_object *list)
{
	struct dump d = { .io = io, .bits = bits, .range = *range };
	bool done;

	d.value = calloc(range->count, sizeof(*d.value));
	d.read = calloc(range->count, sizeof(*d.read));
	if (!d.value || !d.read)
		complain("%m");
	done = d.value && d.read && read_all(&d);
	if (done && list)
		json_object_array_add(list, to_json(&d));
	else if (done)
		print_rows(&d);
	if (done && d.refused) {
		fflush(stdout);
		tell_refused(&d);
	}
	free(d.value);
	free(d.read);
	return done && !d.refused ? STATUS_OK : STATUS_NO;
}

static int dump(struct ioport *io, const struct options *options, const struct range *ranges)
{
	json_object *list = options->json ? json_object_new_array() : NULL;
	int status = STATUS_OK;

	for (int i = 0; i < options->count; i++)
		status |= dump_range(io, &ranges[i], options->bits, list);
	if (list)
		print_json(list);
	return status;
}

int verb_dump(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		OPTION_WIDTH, OPTION_WINDOW, OPTION_JSON, { 0 }
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_common,
		.args_doc = "RANGE...",
		.doc = "Read all ports of each RANGE once and show them in rows of 16. READING CAN "
		       "CHANGE THE STATE OF A DEVICE: take data from its queue, clear an "
		       "interrupt. Ports that policy does not allow, or that a driver holds, are "
		       "not touched; they are shown as --.\v"
		       "Exit status: 0 all read, 1 some refused, 2 usage, 3 no device.",
	};
	struct options options = { .missing = "which ports? Name a range" };
	struct range *ranges;
	struct ioport *io;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	ranges = parse_ranges(&options);
	if (!ranges)
		return STATUS_USAGE;
	io = open_device(IOPORT_READ);
	status = io ? dump(io, &options, ranges) : STATUS_DEVICE;
	ioport_close(io);
	free(ranges);
	return status;
}
