/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel module, through libkmod, for load, unload and doctor. */
#ifndef IOPORT_CTL_KERNEL_MODULE_H
#define IOPORT_CTL_KERNEL_MODULE_H

#include <libkmod.h>
#include <stdbool.h>
#include <stddef.h>

#define MODULE_NAME "ioport"
#define MODULE_SYSFS "/sys/module/" MODULE_NAME

struct kernel_module {
	struct kmod_ctx *ctx;
	struct kmod_module *module; /* NULL where there is no such module for this kernel */
};

/* False, after complaining, where libkmod does not work at all. */
bool module_find(struct kernel_module *m);
void module_put(struct kernel_module *m);

bool module_is_loaded(void);

/* What modinfo(8) shows as @key; false where there is none. */
bool module_info(struct kernel_module *m, const char *key, char *buf, size_t len);
/* Has it such a parameter? */
bool module_has_parameter(struct kernel_module *m, const char *name, size_t len);

/* Why it is not there, and why the kernel refused it: sentences. */
void module_explain_missing(char *buf, size_t len);
void module_explain_insert(int err, char *buf, size_t len);

#endif
