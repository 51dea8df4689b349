// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl status: what is there, for this user, in a few lines. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl.h"
#include "system.h"

#define MODULE "/sys/module/ioport"
#define LINE_BYTES 4096

static void add_text(json_object *object, const char *key, const char *text)
{
	json_add(object, key, text ? json_object_new_string(text) : NULL);
}

static void add_file(json_object *object, const char *key, const char *path)
{
	char line[LINE_BYTES];

	add_text(object, key, system_line(path, line, sizeof(line)) ? line : NULL);
}

static void add_node(json_object *object)
{
	char group[64], mode[8];
	struct stat st;

	if (stat(IOPORT_DEVICE, &st))
		return;
	system_group_name(st.st_gid, group, sizeof(group));
	snprintf(mode, sizeof(mode), "%04o", st.st_mode & 07777U);
	add_text(object, "device", IOPORT_DEVICE);
	add_text(object, "group", group);
	add_text(object, "mode", mode);
}

/* What keeps direct access from this machine, in words; NULL where nothing does. */
static const char *blocked_text(uint64_t blocked)
{
	if (blocked & IOPORT_BLOCKED_LOCKDOWN)
		return "no: kernel lockdown forbids port access";
	if (blocked & IOPORT_BLOCKED_NO_BITMAP)
		return "no: this kernel has no I/O bitmap (CONFIG_X86_IOPL_IOPERM)";
	if (blocked & IOPORT_BLOCKED_GUEST)
		return "no: not in a confidential virtual machine";
	if (blocked & IOPORT_BLOCKED_UNFIXED)
		return "with CAP_SYS_RAWIO only: this kernel lacks a fix of June 2025";
	if (blocked & IOPORT_BLOCKED_NO_HOOK)
		return "with CAP_SYS_RAWIO only: ioperm() cannot be watched here";
	return NULL;
}

static void add_access(json_object *object)
{
	struct ioport *io = ioport_open(0);
	struct ioport_info info = { 0 };
	char why[512], list[LINE_BYTES];

	json_add(object, "usable", json_object_new_boolean(io != NULL));
	if (!io) {
		ioport_explain_open(IOPORT_DEVICE, errno, why, sizeof(why));
		add_text(object, "problem", why);
		return;
	}
	if (!ioport_get_info(io, &info))
		add_text(object, "direct", blocked_text(info.direct_blocked) ?: "yes");
	if (lockdown_list(io, list, sizeof(list)))
		add_text(object, "lockdown", list);
	ioport_close(io);
}

static json_object *gather(void)
{
	json_object *object = json_object_new_object();
	bool loaded = system_line(MODULE "/initstate", (char[16]){ 0 }, 16);

	add_text(object, "version", ioport_version());
	json_add(object, "loaded", json_object_new_boolean(loaded));
	if (loaded) {
		add_file(object, "module", MODULE "/version");
		add_file(object, "references", MODULE "/refcnt");
		add_file(object, "allow", MODULE "/parameters/allow");
		add_file(object, "deny", MODULE "/parameters/deny");
		add_file(object, "busy", MODULE "/parameters/busy");
	}
	add_node(object);
	add_access(object);
	return object;
}

/* An empty list is "none", as in the module's own lists. */
static const char *text_of(json_object *object, const char *key)
{
	json_object *value = NULL;
	const char *text;

	if (!json_object_object_get_ex(object, key, &value) || !value)
		return NULL;
	text = json_object_get_string(value);
	return *text ? text : "none";
}

static void print(json_object *object)
{
	static const char *const keys[] = { "allow", "deny", "busy", "direct" };

	printf("%-11s%s\n", "ioportctl:", text_of(object, "version"));
	if (text_of(object, "module"))
		printf("%-11s%s, %s references\n", "module:", text_of(object, "module"),
		       text_of(object, "references"));
	else
		printf("%-11snot loaded\n", "module:");
	if (text_of(object, "device"))
		printf("%-11s%s, group %s, mode %s\n", "device:", text_of(object, "device"),
		       text_of(object, "group"), text_of(object, "mode"));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (text_of(object, keys[i]))
			printf("%s:%*s%s\n", keys[i], 10 - (int)strlen(keys[i]), "",
			       text_of(object, keys[i]));
	if (text_of(object, "lockdown"))
		printf("%-11sleaves %s\n", "lockdown:", text_of(object, "lockdown"));
	if (text_of(object, "problem"))
		printf("%-11s%s\n", "access:", text_of(object, "problem"));
	else
		printf("%-11syes\n", "access:");
}

int verb_status(int argc, char **argv)
{
	static const struct argp_option argp_options[] = { OPTION_JSON, { 0 } };
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_common,
		.doc = "Show the module, the device, the policy, and whether you may use it.\v"
		       "Exit status: 0 the device can be opened, 2 usage, 3 it cannot.",
	};
	struct options options = { .no_operands = true };
	json_object *object;
	bool usable;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	object = gather();
	usable = !json_object_object_get_ex(object, "problem", NULL);
	if (options.json) {
		print_json(object);
	} else {
		print(object);
		json_object_put(object);
	}
	return usable ? STATUS_OK : STATUS_DEVICE;
}
