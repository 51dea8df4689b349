/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Named windows: as they are configured, and as the kernel has them. */
#ifndef IOPORT_CTL_WINDOWS_H
#define IOPORT_CTL_WINDOWS_H

#include <sys/types.h>

#include "ctl.h"

/* The kernel's bounds, with the zero. */
#define WINDOW_NAME_BYTES 33
#define WINDOW_PORTS_BYTES 256

#define WINDOWS_CONFIG "/etc/ioport/windows.d"

struct window {
	char name[WINDOW_NAME_BYTES];
	char ports[WINDOW_PORTS_BYTES]; /* as the kernel writes them */
	bool busy;			/* busy=allow */
	gid_t group;
	mode_t mode;
	bool configured; /* by a file, not by "add" or by hand */
	bool live;	 /* of those in the kernel: it has a node */
};

struct windows {
	struct window *list;
	size_t count;
};

/* NULL where there is none of that name. */
struct window *windows_find(const struct windows *windows, const char *name);
/* NULL, after complaining, for want of memory. */
struct window *windows_append(struct windows *windows);
void windows_free(struct windows *windows);

/* --- window-config.c ----------------------------------------------------------- */

/* These complain, naming the text, where they give false. */
bool window_parse_name(const char *text, struct window *window);
bool window_parse_ports(const char *text, struct window *window);
bool window_parse_group(const char *text, struct window *window);
bool window_parse_mode(const char *text, struct window *window);
bool window_parse_options(char *text, struct window *window);

/* All files of a directory; complains of the first thing that is wrong. */
bool windows_read_config(const char *dir, bool must_exist, struct windows *windows);

/* --- window-kernel.c ------------------------------------------------------------ */

/* Is there a module that has windows? Mounts configfs where need be and may be. */
bool windows_supported(void);
/* All there are; none where windows cannot be seen. */
bool windows_read_kernel(struct windows *windows);
/* Complain where they fail. */
bool window_add(const struct window *window);
bool window_change(const struct window *have, const struct window *want);
bool window_remove(const char *name);

#endif
