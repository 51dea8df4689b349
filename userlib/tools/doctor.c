// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl doctor: each thing that can be wrong, a line each, and what to type. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ctl.h"
#include "kernel_module.h"
#include "system.h"
#include "windows.h"

#define SENTENCE_BYTES 512
#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

enum level {
	OK,
	NOTE, /* worth knowing; nothing need be done */
	BAD,
};

struct doctor {
	struct kernel_module module;
	struct ioport *io; /* NULL where it cannot be opened */
	int open_errno;
	json_object *list; /* NULL for text */
	bool bad;
	bool colour;
	bool locked_down;
};

static void print_line(const struct doctor *d, enum level level, const char *what, const char *text)
{
	static const char *const words[] = { "ok", "note", "BAD" };
	static const char *const colours[] = { "\033[32m", "\033[33m", "\033[1;31m" };

	printf("%s%-5s%s%-12s%s\n", d->colour ? colours[level] : "", words[level],
	       d->colour ? "\033[0m" : "", what, text);
}

static void report(struct doctor *d, enum level level, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void report(struct doctor *d, enum level level, const char *what, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "note", "bad" };
	char text[2 * SENTENCE_BYTES];
	json_object *object;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->bad |= level == BAD;
	if (!d->list) {
		print_line(d, level, what, text);
		return;
	}
	object = json_object_new_object();
	json_add(object, "check", json_object_new_string(what));
	json_add(object, "result", json_object_new_string(words[level]));
	json_add(object, "text", json_object_new_string(text));
	json_object_array_add(d->list, object);
}

/* Turning a port off needs no right, and fails only where the call is missing. */
static void check_kernel(struct doctor *d)
{
	struct utsname u;

	uname(&u);
	if (!ioperm(0, 1, 0))
		report(d, OK, "kernel", "Linux %s", u.release);
	else
		report(d, NOTE, "kernel",
		       "Linux %s was built without CONFIG_X86_IOPL_IOPERM: no in and out "
		       "instructions for programs; read, write and dump work all the same",
		       u.release);
}

static void check_installed(struct doctor *d)
{
	char text[SENTENCE_BYTES];

	if (d->module.module) {
		report(d, OK, "installed", "%s",
		       kmod_module_get_path(d->module.module) ?: "built in");
	} else {
		module_explain_missing(text, sizeof(text));
		report(d, module_is_loaded() ? NOTE : BAD, "installed", "%s", text);
	}
}

static void check_loaded(struct doctor *d)
{
	if (module_is_loaded())
		report(d, OK, "loaded", "yes");
	else if (!d->module.module)
		report(d, BAD, "loaded", "no, see above");
	else
		report(d, BAD, "loaded", "the module is not loaded; type: sudo ioportctl load");
}

static void check_version(struct doctor *d)
{
	char loaded[64], source[64], file[64];

	if (!system_line(MODULE_SYSFS "/version", loaded, sizeof(loaded)))
		return;
	if (strcmp(loaded, ioport_version())) {
		report(d, BAD, "version",
		       "the module is %s, ioportctl is %s; install the same of both (make "
		       "install), then: sudo ioportctl unload && sudo ioportctl load",
		       loaded, ioport_version());
	} else if (system_line(MODULE_SYSFS "/srcversion", source, sizeof(source)) &&
		   module_info(&d->module, "srcversion", file, sizeof(file)) &&
		   strcmp(source, file)) {
		report(d, NOTE, "version",
		       "the module on disk is not the one that is loaded; type: sudo ioportctl "
		       "unload && sudo ioportctl load");
	} else {
		report(d, OK, "version", "%s", loaded);
	}
}

static void check_node(struct doctor *d)
{
	char group[64];
	struct stat st;

	if (stat(IOPORT_DEVICE, &st)) {
		if (module_is_loaded())
			report(d, BAD, "device",
			       IOPORT_DEVICE " is missing; type: sudo ioportctl unload && sudo "
					     "ioportctl load");
		return;
	}
	system_group_name(st.st_gid, group, sizeof(group));
	if (!S_ISCHR(st.st_mode))
		report(d, BAD, "device",
		       IOPORT_DEVICE " is not a device; type: sudo rm " IOPORT_DEVICE
				     " && sudo ioportctl unload && sudo ioportctl load");
	else if (st.st_mode & S_IRWXO)
		report(d, BAD, "device",
		       IOPORT_DEVICE
		       " is open to everybody (mode %04o); type: sudo chmod o= " IOPORT_DEVICE,
		       st.st_mode & 07777U);
	else if (!st.st_gid || (st.st_mode & 0060) != 0060)
		report(d, BAD, "device",
		       IOPORT_DEVICE
		       " is group %s's, mode %04o: the udev rule is not in place; "
		       "install it, then: sudo udevadm trigger --subsystem-match=ioport",
		       group, st.st_mode & 07777U);
	else
		report(d, OK, "device", IOPORT_DEVICE ", group %s, mode %04o", group,
		       st.st_mode & 07777U);
}

static void check_access(struct doctor *d)
{
	char why[SENTENCE_BYTES], user[64];

	if (!module_is_loaded() || (!d->io && d->open_errno == ENOENT))
		return;
	system_user_name(geteuid(), user, sizeof(user));
	if (d->io) {
		report(d, OK, "access", "%s may use it", user);
		return;
	}
	ioport_explain_open(IOPORT_DEVICE, d->open_errno, why, sizeof(why));
	report(d, BAD, "access", "%s", why);
}

/* The windows that were compiled in: into the module that is loaded, or would be. */
static bool lockdown_leaves(struct doctor *d, char *buf, size_t len)
{
	if (module_is_loaded())
		return lockdown_list(d->io, buf, len);
	return module_info(&d->module, "lockdown_allow", buf, len) && *buf && strcmp(buf, "none");
}

/* "none [integrity] confidentiality": the one in brackets is in force. */
static void check_lockdown(struct doctor *d)
{
	char state[64] = "", list[SENTENCE_BYTES];

	d->locked_down = system_line("/sys/kernel/security/lockdown", state, sizeof(state)) &&
			 !strstr(state, "[none]");
	if (!*state)
		report(d, OK, "lockdown", "this kernel has none, or does not show it");
	else if (!d->locked_down)
		report(d, OK, "lockdown", "off");
	else if (strstr(state, "[integrity]") && lockdown_leaves(d, list, sizeof(list)))
		report(d, NOTE, "lockdown",
		       "kernel lockdown (%s) leaves only the ports that this module was built "
		       "for: %s",
		       state, list);
	else
		report(d, BAD, "lockdown",
		       "kernel lockdown forbids port access (%s); turn off Secure Boot, or boot "
		       "without lockdown=%s",
		       state,
		       strstr(state, "[integrity]") ? ", or build the module with the ports in "
						      "/etc/ioport/lockdown-allow"
						    : "");
}

/* The variable's value comes after four bytes of attributes. */
static bool secure_boot_is_on(void)
{
	FILE *file = fopen(SECURE_BOOT, "re");
	unsigned char variable[5] = { 0 };
	size_t n = 0;

	if (file) {
		n = fread(variable, 1, sizeof(variable), file);
		fclose(file);
	}
	return n == sizeof(variable) && variable[4];
}

static void check_secure_boot(struct doctor *d)
{
	char signer[128], version[64];

	if (!secure_boot_is_on())
		report(d, OK, "secure boot", "off");
	else if (module_is_loaded())
		report(d, OK, "secure boot", "on, and the module is signed with a key it knows");
	else if (module_info(&d->module, "signer", signer, sizeof(signer)) && *signer)
		report(d, NOTE, "secure boot",
		       "on: the module is signed by \"%s\", whose key must be enrolled; for that of "
		       "DKMS type: sudo mokutil --import /var/lib/dkms/mok.pub, and restart",
		       signer);
	else if (module_info(&d->module, "version", version, sizeof(version)))
		report(d, BAD, "secure boot",
		       "on, and the module has no signature; DKMS signs where openssl is "
		       "installed; type: sudo apt install openssl mokutil && sudo dkms build "
		       "--force ioport/%s && sudo dkms install --force ioport/%s",
		       version, version);
	else
		report(d, NOTE, "secure boot", "on: the module must be signed");
}

static void check_policy(struct doctor *d)
{
	struct ioport_portmap map;
	uint32_t first, count, total = 0, runs = 0;

	if (!d->io || ioport_get_map(d->io, IOPORT_WHICH_POLICY, &map))
		return;
	for (uint32_t at = 0; ioport_portmap_next(&map, at, &first, &count); at = first + count) {
		total += count;
		runs++;
	}
	if (total)
		report(d, OK, "policy", "%u ports in %u ranges may be used", total, runs);
	else if (d->locked_down)
		report(d, NOTE, "policy", "no port may be used under lockdown, see above");
	else
		report(d, BAD, "policy",
		       "no port may be used; type: echo 0x378-0x37f | sudo tee " MODULE_SYSFS
		       "/parameters/allow (or what you need)");
}

static void check_drivers(struct doctor *d)
{
	uint32_t first, count, port, busy = 0, example = 0;
	enum ioport_reason reason;
	struct ioport_portmap map;

	if (!d->io || ioport_get_map(d->io, IOPORT_WHICH_POLICY, &map))
		return;
	for (uint32_t at = 0; ioport_portmap_next(&map, at, &first, &count); at = port + 1) {
		port = first + count;
		if (!find_refused(d->io, IOPORT_READ, first, count, &port, &reason) ||
		    reason != IOPORT_REASON_BUSY)
			continue;
		if (!busy++)
			example = port;
	}
	if (busy)
		report(d, NOTE, "drivers", "%u allowed ports are held; the first, %s", busy,
		       reason_text(d->io, IOPORT_REASON_BUSY, IOPORT_READ, example, 1));
	else
		report(d, OK, "drivers", "no driver holds an allowed port");
}

static void report_direct(struct doctor *d, uint64_t blocked)
{
	if (!blocked)
		report(d, OK, "direct", "in and out instructions can be had");
	else if (blocked & IOPORT_BLOCKED_NO_BITMAP)
		report(d, NOTE, "direct", "not on this kernel, see above");
	else if (blocked & IOPORT_BLOCKED_GUEST)
		report(d, NOTE, "direct", "not in a confidential virtual machine");
	else if (blocked & IOPORT_BLOCKED_LOCKDOWN)
		report(d, NOTE, "direct", "not under lockdown, see above");
	else if (blocked & IOPORT_BLOCKED_NO_HOOK)
		report(d, BAD, "direct",
		       "for root only, as ioperm() cannot be watched: the kernel needs "
		       "CONFIG_DYNAMIC_FTRACE, and kernel.ftrace_enabled=1 when the module is "
		       "loaded");
	else
		report(d, BAD, "direct",
		       "for root only, as this kernel lacks a fix of June 2025; update it (sudo "
		       "apt full-upgrade), or, at a risk, type: echo 1 | sudo tee " MODULE_SYSFS
		       "/parameters/force_direct");
}

static void check_direct(struct doctor *d)
{
	struct ioport_info info;

	if (d->io && !ioport_get_info(d->io, &info))
		report_direct(d, info.direct_blocked);
}

static void check_window(struct doctor *d, const struct window *w)
{
	char group[64];

	system_group_name(w->group, group, sizeof(group));
	if (!w->live)
		report(d, NOTE, "windows",
		       "%s is not live; type: echo 1 | sudo tee "
		       "/sys/kernel/config/ioport/%s/live",
		       w->name, w->name);
	else if (w->mode & S_IRWXO)
		report(d, BAD, "windows",
		       IOPORT_WINDOW_PREFIX
		       "%s is open to everybody (mode %04o); set its mode in " WINDOWS_CONFIG
		       ", then type: sudo ioportctl windows apply",
		       w->name, w->mode);
	else
		report(d, OK, "windows", "%s: %s, group %s, mode %04o", w->name, w->ports, group,
		       w->mode);
}

/* What stands in the files and is not there. Files that are bad complain themselves. */
static void check_configured(struct doctor *d, const struct windows *have)
{
	struct windows want = { 0 };

	if (!windows_read_config(WINDOWS_CONFIG, false, &want))
		report(d, BAD, "windows", "a file in " WINDOWS_CONFIG " is bad, see above");
	for (size_t i = 0; i < want.count; i++)
		if (!windows_find(have, want.list[i].name))
			report(d, BAD, "windows",
			       "%s is configured and not there; type: sudo ioportctl windows apply",
			       want.list[i].name);
	windows_free(&want);
}

static void check_windows(struct doctor *d)
{
	struct windows have = { 0 };

	if (!module_is_loaded() || !windows_read_kernel(&have))
		return;
	for (size_t i = 0; i < have.count; i++)
		check_window(d, &have.list[i]);
	check_configured(d, &have);
	windows_free(&have);
}

static int examine(bool json)
{
	static void (*const checks[])(struct doctor *) = {
		check_kernel, check_installed, check_loaded,   check_version,
		check_node,   check_access,    check_lockdown, check_secure_boot,
		check_policy, check_drivers,   check_direct,   check_windows,
	};
	struct doctor d = { .colour = use_colour() };

	if (!module_find(&d.module))
		return STATUS_NO;
	d.io = ioport_open(0);
	d.open_errno = errno;
	d.list = json ? json_object_new_array() : NULL;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&d);
	if (d.list)
		print_json(d.list);
	ioport_close(d.io);
	module_put(&d.module);
	return d.bad ? STATUS_NO : STATUS_OK;
}

int verb_doctor(int argc, char **argv)
{
	static const struct argp_option argp_options[] = { OPTION_JSON, { 0 } };
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_common,
		.doc = "Look at all that can keep you from using ports: the kernel, the module, the "
		       "device, the group, lockdown, the policy. A line each: ok, a note, or what "
		       "is BAD and what to type. Changes nothing.\v"
		       "Exit status: 0 nothing is bad, 1 something is, 2 usage.",
	};
	struct options options = { .no_operands = true };

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	return examine(options.json);
}
