// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl load: the kernel module, with parameters. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "kernel_module.h"

#define PARAMETERS_BYTES 8192
#define SENTENCE_BYTES 512

/* udev sets the node's group soon after the kernel has made it. */
#define UDEV_TRIES 50

/* --- The kernel's own words, which name what is wrong with a parameter -------- */

static int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* The first line of ours since log_open(): "PRIORITY,NUMBER,TIME,FLAGS;ioport: TEXT\n...". */
static bool log_first(int fd, char *buf, size_t len)
{
	static const char prefix[] = ";" MODULE_NAME ": ";
	char record[1024];
	ssize_t n;
	char *text;

	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		record[n > 0 ? n : 0] = '\0';
		text = strstr(record, prefix);
		if (!text)
			continue;
		text += strlen(prefix);
		text[strcspn(text, "\n")] = '\0';
		snprintf(buf, len, "%s", text);
		return true;
	}
	return false;
}

/* --- Parameters -------------------------------------------------------------- */

static bool parameter_is_good(struct kernel_module *m, const char *text)
{
	size_t len = strcspn(text, "=");

	if (!text[len] || !len) {
		complain("'%s' is not of the form NAME=VALUE, such as allow=0x378-0x37f", text);
		return false;
	}
	if (strpbrk(text, " \t\n\"")) {
		complain("'%s': no blanks or quotes; a list has commas between", text);
		return false;
	}
	if (m->module && !module_has_parameter(m, text, len)) {
		complain("'%s': the module has no parameter %.*s", text, (int)len, text);
		return false;
	}
	return true;
}

static bool join_parameters(struct kernel_module *m, const struct options *options, char *buf)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; i < options->count; i++) {
		if (!parameter_is_good(m, options->operands[i]))
			return false;
		used += (size_t)snprintf(buf + used, PARAMETERS_BYTES - used, "%s%s", i ? " " : "",
					 options->operands[i]);
		if (used >= PARAMETERS_BYTES) {
			complain("the parameters are too long");
			return false;
		}
	}
	return true;
}

/* --- Loading ------------------------------------------------------------------ */

static void wait_for_udev(void)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	struct stat st;

	for (int i = 0; i < UDEV_TRIES; i++) {
		if (!stat(IOPORT_DEVICE, &st) && st.st_gid)
			return;
		nanosleep(&pause, NULL);
	}
	complain("loaded, but udev has not given " IOPORT_DEVICE " to its group; see 'ioportctl "
		 "doctor'");
}

static int insert(struct kernel_module *m, const char *parameters)
{
	char why[SENTENCE_BYTES], said[SENTENCE_BYTES];
	int log = log_open();
	int err = kmod_module_probe_insert_module(m->module, KMOD_PROBE_FAIL_ON_LOADED, parameters,
						  NULL, NULL, NULL);
	bool explained = err == -EINVAL && log >= 0 && log_first(log, said, sizeof(said));

	if (log >= 0)
		close(log);
	if (!err) {
		wait_for_udev();
		return STATUS_OK;
	}
	module_explain_insert(-err, why, sizeof(why));
	complain("%s", explained ? said : why);
	return STATUS_NO;
}

static int load(struct kernel_module *m, const char *parameters)
{
	char why[SENTENCE_BYTES];

	if (module_is_loaded() && *parameters) {
		complain("the module is loaded already, with other parameters perhaps; change them "
			 "in " MODULE_SYSFS "/parameters, or unload it first");
		return STATUS_NO;
	}
	if (module_is_loaded()) {
		puts("the module is loaded already");
		return STATUS_OK;
	}
	if (m->module)
		return insert(m, parameters);
	module_explain_missing(why, sizeof(why));
	complain("%s", why);
	return STATUS_NO;
}

int verb_load(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_common,
		.args_doc = "[NAME=VALUE]...",
		.doc = "Load the kernel module, as modprobe does: with the options of "
		       "/etc/modprobe.d, then those given here, such as allow=0x378-0x37f, "
		       "deny=none, busy=allow, force_direct=1. Takes root.\v"
		       "Exit status: 0 loaded, 1 failed, 2 usage.",
	};
	struct options options = { 0 };
	char parameters[PARAMETERS_BYTES];
	struct kernel_module m;
	int status = STATUS_USAGE;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (!module_find(&m))
		return STATUS_NO;
	if (join_parameters(&m, &options, parameters))
		status = load(&m, parameters);
	module_put(&m);
	return status;
}
