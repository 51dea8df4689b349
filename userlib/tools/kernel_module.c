// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <unistd.h>

#include "ctl.h"
#include "kernel_module.h"
#include "system.h"

bool module_find(struct kernel_module *m)
{
	struct kmod_list *list = NULL;

	m->module = NULL;
	m->ctx = kmod_new(NULL, NULL);
	if (!m->ctx) {
		complain("libkmod: %m");
		return false;
	}
	/* What it has to say is said by us. */
	kmod_set_log_priority(m->ctx, LOG_EMERG);
	if (!kmod_module_new_from_lookup(m->ctx, MODULE_NAME, &list) && list)
		m->module = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	return true;
}

void module_put(struct kernel_module *m)
{
	kmod_module_unref(m->module);
	kmod_unref(m->ctx);
}

bool module_is_loaded(void)
{
	return !access(MODULE_SYSFS "/initstate", F_OK);
}

/* Calls @match on each line of that key, until it is true. */
static bool find_info(struct kernel_module *m, const char *key,
		      bool (*match)(const char *value, void *arg), void *arg)
{
	struct kmod_list *list = NULL, *entry;
	bool found = false;

	if (!m->module || kmod_module_get_info(m->module, &list) < 0)
		return false;
	kmod_list_foreach(entry, list)
	{
		found = !strcmp(kmod_module_info_get_key(entry), key) &&
			match(kmod_module_info_get_value(entry), arg);
		if (found)
			break;
	}
	kmod_module_info_free_list(list);
	return found;
}

struct text {
	char *buf;
	size_t len;
};

static bool copy(const char *value, void *arg)
{
	struct text *text = arg;

	snprintf(text->buf, text->len, "%s", value);
	return true;
}

bool module_info(struct kernel_module *m, const char *key, char *buf, size_t len)
{
	return find_info(m, key, copy, &(struct text){ buf, len });
}

struct name {
	const char *name;
	size_t len;
};

/* NAME:description */
static bool is_parameter(const char *value, void *arg)
{
	const struct name *name = arg;

	return !strncmp(value, name->name, name->len) && value[name->len] == ':';
}

bool module_has_parameter(struct kernel_module *m, const char *name, size_t len)
{
	return find_info(m, "parm", is_parameter, &(struct name){ name, len });
}

void module_explain_missing(char *buf, size_t len)
{
	struct utsname u;

	uname(&u);
	if (access("/proc/modules", F_OK))
		snprintf(buf, len,
			 "this kernel takes no modules (CONFIG_MODULES); use one that does");
	else
		snprintf(buf, len,
			 "there is no module " MODULE_NAME " for the running kernel %s; "
			 "in the sources of ioport run: sudo make install",
			 u.release);
}

static void explain_forbidden(char *buf, size_t len)
{
	char line[64];

	if (geteuid())
		snprintf(buf, len, "that takes root; run it again with sudo");
	else if (system_line("/proc/sys/kernel/modules_disabled", line, sizeof(line)) &&
		 !strcmp(line, "1"))
		snprintf(buf, len,
			 "kernel.modules_disabled is set, until the next boot; set it later");
	else if (system_line("/sys/kernel/security/lockdown", line, sizeof(line)) &&
		 !strstr(line, "[none]"))
		snprintf(buf, len,
			 "the kernel is locked down (%s) and takes only modules signed with a key "
			 "it knows; enrol DKMS's: sudo mokutil --import /var/lib/dkms/mok.pub, and "
			 "restart",
			 line);
	else
		snprintf(buf, len,
			 "the kernel does not let root do that: a security module, or a container "
			 "without CAP_SYS_MODULE");
}

void module_explain_insert(int err, char *buf, size_t len)
{
	switch (err) {
	case EPERM:
		explain_forbidden(buf, len);
		break;
	case EKEYREJECTED:
	case ENOKEY:
		snprintf(buf, len,
			 "the kernel loads only modules signed with a key it knows (Secure Boot); "
			 "enrol DKMS's: sudo mokutil --import /var/lib/dkms/mok.pub, and restart");
		break;
	case ENOEXEC:
	case ENOENT:
		snprintf(buf, len,
			 "the module was built for another kernel; in the sources of ioport run: "
			 "sudo make install");
		break;
	case EINVAL:
		snprintf(buf, len, "the kernel refused a parameter; see dmesg");
		break;
	default:
		errno = err;
		snprintf(buf, len, "%m");
	}
}
