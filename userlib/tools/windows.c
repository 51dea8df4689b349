// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl windows: list, apply, add and remove named windows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system.h"
#include "windows.h"

struct windows_options {
	struct options common;
	struct window window; /* what "add" is given */
	bool has_window_options;
	bool all;
};

/* --- list -------------------------------------------------------------------------- */

static void print_window(const struct window *w)
{
	char group[64];

	printf("%-15s %s%s", w->name, *w->ports ? w->ports : "no ports",
	       w->busy ? " busy=allow" : "");
	if (w->live) {
		system_group_name(w->group, group, sizeof(group));
		printf("  group %s, mode %04o", group, w->mode);
	} else {
		printf("  not live");
	}
	printf("%s\n", w->configured ? "" : "  (in no file)");
}

static json_object *to_json(const struct window *w)
{
	json_object *object = json_object_new_object();
	char text[64];

	json_add(object, "name", json_object_new_string(w->name));
	json_add(object, "ports", json_object_new_string(w->ports));
	json_add(object, "busy", json_object_new_string(w->busy ? "allow" : "deny"));
	json_add(object, "live", json_object_new_boolean(w->live));
	json_add(object, "configured", json_object_new_boolean(w->configured));
	if (!w->live)
		return object;
	snprintf(text, sizeof(text), IOPORT_WINDOW_PREFIX "%s", w->name);
	json_add(object, "device", json_object_new_string(text));
	system_group_name(w->group, text, sizeof(text));
	json_add(object, "group", json_object_new_string(text));
	snprintf(text, sizeof(text), "%04o", w->mode);
	json_add(object, "mode", json_object_new_string(text));
	return object;
}

static int list(const struct windows_options *o)
{
	struct windows windows = { 0 };
	json_object *array = o->common.json ? json_object_new_array() : NULL;
	bool good = windows_read_kernel(&windows);

	for (size_t i = 0; good && i < windows.count; i++) {
		if (array)
			json_object_array_add(array, to_json(&windows.list[i]));
		else
			print_window(&windows.list[i]);
	}
	if (array)
		print_json(array);
	windows_free(&windows);
	return good ? STATUS_OK : STATUS_NO;
}

/* --- apply ------------------------------------------------------------------------- */

static bool same(const struct window *a, const struct window *b)
{
	return !strcmp(a->ports, b->ports) && a->busy == b->busy && a->live && b->live &&
	       a->group == b->group && a->mode == b->mode && a->configured == b->configured;
}

/* What is in no file any more goes first, so that its ports are nobody's. */
static bool remove_others(const struct windows *have, const struct windows *want)
{
	bool good = true;

	for (size_t i = 0; i < have->count; i++) {
		const struct window *w = &have->list[i];

		if (!w->configured || windows_find(want, w->name))
			continue;
		if (window_remove(w->name))
			printf("removed %s\n", w->name);
		else
			good = false;
	}
	return good;
}

static bool apply_one(const struct windows *have, struct window *want)
{
	const struct window *old = windows_find(have, want->name);

	want->live = true;
	if (old && same(old, want))
		return true;
	if (!(old ? window_change(old, want) : window_add(want)))
		return false;
	printf("%s %s\n", old ? "changed" : "added", want->name);
	return true;
}

static int apply(const struct windows_options *o)
{
	const char *dir = o->common.count > 1 ? o->common.operands[1] : WINDOWS_CONFIG;
	struct windows have = { 0 }, want = { 0 };
	int status = STATUS_NO;
	bool good;

	if (!windows_read_config(dir, o->common.count > 1, &want))
		goto out;
	status = STATUS_DEVICE;
	if (!windows_supported())
		goto out;
	status = STATUS_NO;
	if (!windows_read_kernel(&have))
		goto out;
	good = remove_others(&have, &want);
	for (size_t i = 0; i < want.count; i++)
		good = apply_one(&have, &want.list[i]) && good;
	status = good ? STATUS_OK : STATUS_NO;
out:
	windows_free(&have);
	windows_free(&want);
	return status;
}

/* --- add, remove ------------------------------------------------------------------- */

static int add(struct windows_options *o)
{
	if (!window_parse_name(o->common.operands[1], &o->window) ||
	    !window_parse_ports(o->common.operands[2], &o->window))
		return STATUS_USAGE;
	if (!windows_supported())
		return STATUS_DEVICE;
	return window_add(&o->window) ? STATUS_OK : STATUS_NO;
}

static bool remove_all(void)
{
	struct windows windows = { 0 };
	bool good = windows_read_kernel(&windows);

	for (size_t i = 0; i < windows.count; i++)
		good = window_remove(windows.list[i].name) && good;
	windows_free(&windows);
	return good;
}

static int remove_some(const struct windows_options *o)
{
	struct window name;
	bool good = true;

	for (int i = 1; i < o->common.count; i++)
		if (!window_parse_name(o->common.operands[i], &name))
			return STATUS_USAGE;
	if (o->all)
		return remove_all() ? STATUS_OK : STATUS_NO;
	if (!windows_supported())
		return STATUS_DEVICE;
	for (int i = 1; i < o->common.count; i++)
		good = window_remove(o->common.operands[i]) && good;
	return good ? STATUS_OK : STATUS_NO;
}

/* --- The command line -------------------------------------------------------------- */

enum {
	KEY_BUSY = 256
};

/* The parsers of values complain themselves. */
static void need(bool good)
{
	if (!good)
		exit(STATUS_USAGE);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct windows_options *o = state->input;
	char busy[32];

	switch (key) {
	case 'g':
		need(window_parse_group(arg, &o->window));
		o->has_window_options = true;
		return 0;
	case 'm':
		need(window_parse_mode(arg, &o->window));
		o->has_window_options = true;
		return 0;
	case KEY_BUSY:
		snprintf(busy, sizeof(busy), "busy=%s", arg);
		need(window_parse_options(busy, &o->window));
		o->has_window_options = true;
		return 0;
	case 'a':
		o->all = true;
		return 0;
	case ARGP_KEY_NO_ARGS:
		return 0;
	}
	return parse_common(key, arg, state);
}

static int usage(const char *text)
{
	complain("%s", text);
	return STATUS_USAGE;
}

static int run(struct windows_options *o)
{
	const char *action = o->common.count ? o->common.operands[0] : "list";

	if (o->has_window_options && strcmp(action, "add"))
		return usage("--group, --mode and --busy are for add");
	if (o->all && strcmp(action, "remove"))
		return usage("--all is for remove");
	if (o->common.json && strcmp(action, "list"))
		return usage("--json is for list");
	if (!strcmp(action, "list"))
		return o->common.count > 1 ? usage("list takes no argument") : list(o);
	if (!strcmp(action, "apply"))
		return o->common.count > 2 ? usage("apply takes one directory") : apply(o);
	if (!strcmp(action, "add"))
		return o->common.count == 3 ? add(o) : usage("add takes NAME and RANGE[,RANGE]...");
	if (!strcmp(action, "remove"))
		return (o->common.count > 1) != o->all ? remove_some(o)
						       : usage("remove takes NAME... or --all");
	complain("'%s' is none of list, apply, add and remove", action);
	return STATUS_USAGE;
}

int verb_windows(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{ "group", 'g', "GROUP", 0, "add: who may open it (default: root only)", 0 },
		{ "mode", 'm', "MODE", 0, "add: the node's mode (default 0660)", 0 },
		{ "busy", KEY_BUSY, "deny|allow", 0,
		  "add: ports that a kernel driver holds (default deny)", 0 },
		{ "all", 'a', NULL, 0, "remove: every window", 0 },
		OPTION_JSON,
		{ 0 },
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "[list]\napply [DIRECTORY]\nadd NAME RANGE[,RANGE]...\n"
			    "remove NAME...",
		.doc = "Named windows: devices " IOPORT_WINDOW_PREFIX
		       "NAME that offer some ports to "
		       "some group. apply makes those of the files in " WINDOWS_CONFIG ", changes "
		       "and removes others of theirs; add makes one until the next start of the "
		       "machine. All but list takes root.\v"
		       "Exit status: 0 done, 1 failed, 2 usage, 3 there are no windows here.",
	};
	struct windows_options options = { .window.mode = 0660 };

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	return run(&options);
}
