// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl unload: removes the kernel module, or says who is using it. */
#include <errno.h>
#include <stdio.h>

#include "ctl.h"
#include "kernel_module.h"
#include "windows.h"

/* Each pins the module, whether anybody has it open or not. */
static bool complain_windows(void)
{
	struct windows windows = { 0 };
	bool any;

	if (!windows_read_kernel(&windows))
		return false;
	any = windows.count;
	if (any)
		complain("there are named windows (%zu, such as %s); type: sudo ioportctl windows "
			 "remove --all",
			 windows.count, windows.list[0].name);
	windows_free(&windows);
	return any;
}

static void complain_busy(void)
{
	char list[256] = "";
	struct users users;
	size_t used = 0;

	if (complain_windows() || !users_load(&users))
		return;
	for (size_t i = 0; i < users.count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s (process %d)",
					 i ? ", " : "", users.list[i].name, users.list[i].pid);
	if (users.count)
		complain(IOPORT_DEVICE " is open in %s; end it first", list);
	else
		complain("the module is in use: " IOPORT_DEVICE " is open in a process that cannot "
			 "be seen from here, or in transit over a socket");
	users_free(&users);
}

static int complain_remove(int err)
{
	char why[512];

	if (err == EAGAIN || err == EBUSY) {
		complain_busy();
	} else {
		module_explain_insert(err, why, sizeof(why));
		complain("%s", why);
	}
	return STATUS_NO;
}

int verb_unload(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_common,
		.doc = "Remove the kernel module. Fails while a process has the device open, or there are named windows. Takes "
		       "root.\v"
		       "Exit status: 0 removed, or not there; 1 failed, 2 usage.",
	};
	struct options options = { .no_operands = true };
	struct kmod_module *module = NULL;
	struct kernel_module m;
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (!module_is_loaded()) {
		puts("the module is not loaded");
		return STATUS_OK;
	}
	if (!module_find(&m))
		return STATUS_NO;
	/* By name: its file may be gone. */
	err = kmod_module_new_from_name(m.ctx, MODULE_NAME, &module);
	if (!err)
		err = kmod_module_remove_module(module, 0);
	kmod_module_unref(module);
	module_put(&m);
	return err ? complain_remove(-err) : STATUS_OK;
}
