/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that make named windows: configfs, and the nodes that come of it. */
#ifndef WINDOWS_H
#define WINDOWS_H

#include "admin.h"

#include <sys/stat.h>

#define CONFIG "/sys/kernel/config/ioport/"

/* 0, or -1 with errno, of writing @value to the attribute of a window. */
UNUSED static int window_set(const char *name, const char *attribute, const char *value)
{
	char path[256];
	int f, err = 0, error;

	snprintf(path, sizeof(path), CONFIG "%s/%s", name, attribute);
	f = open(path, O_WRONLY | O_CLOEXEC);
	if (f < 0)
		return -1;
	if (write(f, value, strlen(value)) < 0)
		err = -1;
	error = errno;
	/* What could not be handed over by write() would come to light here. */
	close(f);
	errno = error;
	return err;
}

UNUSED static bool window_is(const char *name, const char *attribute, const char *want)
{
	const char *value;
	char path[256];

	snprintf(path, sizeof(path), CONFIG "%s/%s", name, attribute);
	value = first_line(path);
	if (strcmp(value, want))
		note("%s: '%s', not '%s'", path, value, want);
	return !strcmp(value, want);
}

UNUSED static int window_make(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), CONFIG "%s", name);
	return mkdir(path, 0755);
}

UNUSED static int window_remove(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), CONFIG "%s", name);
	return rmdir(path);
}

UNUSED static const char *window_node(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), DEVICE "-%s", name);
	return path;
}

/* A descriptor, or -1 with errno; the node is there as soon as the window is live. */
UNUSED static int window_open(const char *name, int flags)
{
	return open(window_node(name), flags | O_CLOEXEC);
}

/* A live window, or the end of the test. */
UNUSED static void window_new(const char *name, const char *ports)
{
	if (window_make(name) || window_set(name, "ports", ports) || window_set(name, "live", "1"))
		bail("window %s: %s", name, strerror(errno));
}

UNUSED static bool exists(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

/* Number of references to the module; each window and each open file is one. */
UNUSED static int module_references(void)
{
	FILE *f = fopen("/sys/module/ioport/refcnt", "r");
	int n = -1;

	if (!f || fscanf(f, "%d", &n) != 1)
		bail("no refcnt");
	fclose(f);
	return n;
}

#endif
