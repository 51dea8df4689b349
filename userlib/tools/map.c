// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl map: all ports, what policy says of them, and who has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define CELL_PORTS 4
#define ROW_PORTS 256

/* From the least to the most telling: a cell of the picture shows the highest of its ports. */
enum state {
	NOTHING,
	OWNED, /* not allowed, and somebody's */
	ALLOWED,
	SHARED, /* allowed, and in use through ioport */
	BUSY,	/* allowed, but a driver holds it */
	STATES
};

static const struct {
	char character;
	const char *colour;
	const char *text;
} states[STATES] = {
	[NOTHING] = { '.', "", "not allowed" },
	[OWNED] = { '=', "\033[2m", "not allowed; has an owner" },
	[ALLOWED] = { '+', "\033[32m", "allowed" },
	[SHARED] = { 'o', "\033[1;32m", "allowed, granted or used through ioport now" },
	[BUSY] = { '!', "\033[1;31m", "allowed, but held by a driver" },
};

struct port {
	uint8_t state;
	const char *owner; /* NULL for none, or not known */
};

struct map {
	struct owners owners;
	struct port port[IOPORT_PORTS];
};

/* Windows of bridges cover everything, and hold nothing. */
static bool is_window(const struct owner *owner)
{
	return !strncmp(owner->name, "PCI Bus ", 8);
}

static void mark_owners(struct map *map)
{
	for (size_t i = 0; i < map->owners.count; i++) {
		const struct owner *owner = &map->owners.list[i];

		for (uint32_t p = owner->first; p <= owner->last && !is_window(owner); p++) {
			map->port[p].state = OWNED;
			map->port[p].owner = owner->name;
		}
	}
}

static void mark_allowed(struct map *map, uint32_t first, uint32_t count)
{
	for (uint32_t p = first; p < first + count; p++) {
		const char *owner = map->port[p].owner;

		map->port[p].state = owner && !strcmp(owner, "ioport") ? SHARED : ALLOWED;
	}
}

static void mark_busy(struct map *map, struct ioport *io, uint32_t first, uint32_t count)
{
	uint32_t end = first + count, port;
	enum ioport_reason reason;

	for (uint32_t at = first; at < end; at = port + 1) {
		if (!find_refused(io, IOPORT_READ, at, end - at, &port, &reason))
			break;
		if (reason == IOPORT_REASON_BUSY)
			map->port[port].state = BUSY;
	}
}

/* The owners come first, as asking for ports reserves them for us. */
static bool map_load(struct map *map, struct ioport *io)
{
	struct ioport_portmap policy;
	uint32_t first, count;

	if (!owners_load(&map->owners))
		return false;
	mark_owners(map);
	if (ioport_get_map(io, IOPORT_WHICH_POLICY, &policy)) {
		complain("the policy: %m");
		return false;
	}
	for (uint32_t at = 0; ioport_portmap_next(&policy, at, &first, &count);
	     at = first + count) {
		mark_allowed(map, first, count);
		mark_busy(map, io, first, count);
	}
	return true;
}

/* The number of ports from @first on that are alike. */
static uint32_t run_at(const struct map *map, uint32_t first)
{
	uint32_t p = first;

	while (p < IOPORT_PORTS && map->port[p].state == map->port[first].state &&
	       map->port[p].owner == map->port[first].owner)
		p++;
	return p - first;
}

/* --- The picture --------------------------------------------------------------- */

static enum state cell_at(const struct map *map, uint32_t first)
{
	uint8_t state = NOTHING;

	for (uint32_t p = first; p < first + CELL_PORTS; p++)
		if (map->port[p].state > state)
			state = map->port[p].state;
	return state;
}

static bool row_is_empty(const struct map *map, uint32_t first)
{
	return run_at(map, first) >= ROW_PORTS && map->port[first].state == NOTHING;
}

static void print_row(const struct map *map, uint32_t first, bool colour)
{
	enum state state, last = NOTHING;

	printf("0x%04x ", first);
	for (uint32_t p = first; p < first + ROW_PORTS; p += CELL_PORTS) {
		state = cell_at(map, p);
		if (colour && state != last)
			printf("\033[0m%s", states[state].colour);
		putchar(states[state].character);
		last = state;
	}
	puts(colour ? "\033[0m" : "");
}

static void print_picture(const struct map *map)
{
	bool colour = use_colour(), folded = false;

	printf("%u ports a character, %u a line; * stands for lines of nothing\n", CELL_PORTS,
	       ROW_PORTS);
	for (uint32_t row = 0; row < IOPORT_PORTS; row += ROW_PORTS) {
		if (!row_is_empty(map, row))
			print_row(map, row, colour);
		else if (!folded)
			puts("*");
		folded = row_is_empty(map, row);
	}
	for (size_t i = 0; i < STATES; i++)
		printf("  %c  %s\n", states[i].character, states[i].text);
}

static void print_list(const struct map *map)
{
	uint32_t count;

	for (uint32_t p = 0; p < IOPORT_PORTS; p += count) {
		count = run_at(map, p);
		if (map->port[p].state == NOTHING)
			continue;
		printf("%-14s %c  %s\n", range_text(p, count), states[map->port[p].state].character,
		       map->port[p].owner ? map->port[p].owner : "");
	}
}

static json_object *to_json(const struct map *map)
{
	json_object *list = json_object_new_array(), *object;
	uint32_t count;

	for (uint32_t p = 0; p < IOPORT_PORTS; p += count) {
		const struct port *port = &map->port[p];

		count = run_at(map, p);
		if (port->state == NOTHING)
			continue;
		object = json_object_new_object();
		json_add(object, "first", json_object_new_int((int)p));
		json_add(object, "count", json_object_new_int((int)count));
		json_add(object, "allowed", json_object_new_boolean(port->state >= ALLOWED));
		json_add(object, "busy", json_object_new_boolean(port->state == BUSY));
		json_add(object, "owner", port->owner ? json_object_new_string(port->owner) : NULL);
		json_object_array_add(list, object);
	}
	return list;
}

static void print(const struct map *map, bool json)
{
	if (json) {
		print_json(to_json(map));
	} else {
		print_picture(map);
		print_list(map);
	}
	fflush(stdout);
	if (map->owners.hidden)
		complain(
			"owners are not shown: /proc/ioports hides its addresses from all but root");
}

int verb_map(int argc, char **argv)
{
	static const struct argp_option argp_options[] = { OPTION_WINDOW, OPTION_JSON, { 0 } };
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_common,
		.doc = "Show all 65,536 ports as a picture and as a list: what policy allows, what "
		       "is in use, and by whom. Owners are from /proc/ioports, which shows its "
		       "addresses to root only. Touches no port.\v"
		       "Exit status: 0 shown, 1 failed, 2 usage, 3 no device.",
	};
	struct options options = { .no_operands = true };
	struct ioport *io;
	struct map *map;
	int status = STATUS_NO;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	io = open_device(0);
	if (!io)
		return STATUS_DEVICE;
	map = calloc(1, sizeof(*map));
	if (!map) {
		complain("%m");
	} else if (map_load(map, io)) {
		print(map, options.json);
		status = STATUS_OK;
	}
	if (map)
		owners_free(&map->owners);
	free(map);
	ioport_close(io);
	return status;
}
