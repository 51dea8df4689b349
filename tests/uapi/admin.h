/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that are the administrator as well: parameters, commands, /proc/ioports. */
#ifndef ADMIN_H
#define ADMIN_H

#include "access.h"

#define PARAMETERS "/sys/module/ioport/parameters/"

UNUSED static int set_param(const char *name, const char *value)
{
	char path[128];
	int f, err = 0;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	f = open(path, O_WRONLY);
	if (f < 0 || write(f, value, strlen(value)) < 0)
		err = -1;
	if (f >= 0) {
		int error = errno;

		close(f);
		errno = error;
	}
	return err;
}

/* The first line of a file, until the next call. */
UNUSED static const char *first_line(const char *path)
{
	static char value[4096];
	int f = open(path, O_RDONLY);
	ssize_t n = f >= 0 ? read(f, value, sizeof(value) - 1) : -1;

	if (n < 0)
		bail("%s: %s", path, strerror(errno));
	close(f);
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return value;
}

UNUSED static const char *get_param(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	return first_line(path);
}

UNUSED static void run(const char *command)
{
	if (system(command) == -1)
		bail("%s", command);
}

UNUSED static bool ioports_has(const char *line_end)
{
	FILE *f = fopen("/proc/ioports", "r");
	char line[256];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		found |= strstr(line, line_end) != NULL;
	if (f)
		fclose(f);
	return found;
}

/* What an edit leaves reserved without use is given back a tenth of a second later. */
UNUSED static bool ioports_get(const char *line_end, bool there)
{
	double end = deadline(5);

	while (ioports_has(line_end) != there && seconds() < end)
		usleep(20000);
	return ioports_has(line_end) == there;
}

UNUSED static void ioports_settle(void)
{
	usleep(400000 * slow());
}

#endif
