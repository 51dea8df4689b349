// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl read: one access each, in the order given. */
#include <stdio.h>
#include <stdlib.h>

#include "ctl.h"

static uint32_t *parse_ports(const struct options *options)
{
	uint32_t *ports = calloc((size_t)options->count, sizeof(*ports));

	if (!ports) {
		complain("%m");
		exit(STATUS_NO);
	}
	for (int i = 0; i < options->count; i++) {
		if (!parse_port(options->operands[i], options->bits, &ports[i])) {
			free(ports);
			return NULL;
		}
	}
	return ports;
}

static void print(const struct options *options, json_object *list, uint32_t port, uint32_t value)
{
	json_object *object;

	if (!list) {
		printf("0x%0*x\n", (int)options->bits / 4, value);
		return;
	}
	object = json_object_new_object();
	json_add(object, "port", json_object_new_int((int)port));
	json_add(object, "width", json_object_new_int((int)options->bits));
	json_add(object, "value", json_object_new_int64(value));
	json_object_array_add(list, object);
}

/* All are asked for before the first is touched. */
static int read_ports(struct ioport *io, const struct options *options, const uint32_t *ports)
{
	json_object *list = options->json ? json_object_new_array() : NULL;
	uint32_t value;
	int i;

	for (i = 0; i < options->count; i++)
		if (!may_use(io, IOPORT_READ, ports[i], options->bits / 8))
			break;
	if (i == options->count) {
		for (i = 0; i < options->count; i++) {
			if (!read_port(io, ports[i], options->bits, &value))
				break;
			print(options, list, ports[i], value);
		}
	}
	if (list && i == options->count)
		print_json(list);
	else
		json_object_put(list);
	return i == options->count ? STATUS_OK : STATUS_NO;
}

int verb_read(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		OPTION_WIDTH, OPTION_WINDOW, OPTION_JSON, { 0 }
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_common,
		.args_doc = "PORT...",
		.doc = "Read ports, in this order, and print a value a line. Where one is refused, "
		       "none is touched. Reading can change the state of a device.\v"
		       "Exit status: 0 read, 1 refused, 2 usage, 3 no device.",
	};
	struct options options = { .missing = "which port?" };
	struct ioport *io;
	uint32_t *ports;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	ports = parse_ports(&options);
	if (!ports)
		return STATUS_USAGE;
	io = open_device(IOPORT_READ);
	status = io ? read_ports(io, &options, ports) : STATUS_DEVICE;
	ioport_close(io);
	free(ports);
	return status;
}
