/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that see that a call which failed has changed nothing. */
#ifndef STATE_H
#define STATE_H

#include "windows.h"

#include <glob.h>

struct state {
	uint8_t maps[IOPORT_WHICH_CLAIMED + 1][IOPORT_MAP_BYTES];
	char params[3][4096];
	char windows[8192];
	char ioports[16384];
};

static void read_ioports(struct state *s)
{
	int f = open("/proc/ioports", O_RDONLY);
	ssize_t n, all = 0;

	while (f >= 0 && (n = read(f, s->ioports + all, sizeof(s->ioports) - 1 - all)) > 0)
		all += n;
	s->ioports[all] = '\0';
	close(f);
}

/* Named windows with all that is set, and the devices. */
static void read_windows(struct state *s)
{
	static const char *const paths[] = {
		CONFIG "*",	 CONFIG "*/ports",	CONFIG "*/busy",
		CONFIG "*/live", "/sys/class/ioport/*",
	};
	size_t i, len = 0, room = sizeof(s->windows);
	struct stat st;
	glob_t found;

	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		glob(paths[i], i ? GLOB_APPEND : 0, NULL, &found);
	for (i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		bool is_file = !stat(path, &st) && S_ISREG(st.st_mode);

		len += snprintf(s->windows + len, room - len, "%s %s\n", path,
				is_file ? first_line(path) : "");
		if (len >= room)
			bail("too many windows");
	}
	globfree(&found);
}

/* @fd: an open file, or -1 where there is none. */
static void look(int fd, struct state *s)
{
	static const char *const names[] = { "allow", "deny", "busy" };
	unsigned int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; fd >= 0 && i <= IOPORT_WHICH_CLAIMED; i++)
		if (dev_get_map(fd, i, s->maps[i]))
			bail("GET_MAP: %s", strerror(errno));
	for (i = 0; i < 3; i++)
		snprintf(s->params[i], sizeof(s->params[i]), "%s", get_param(names[i]));
	read_windows(s);
	read_ioports(s);
}

/* What a refused call had reserved is given back a moment later. */
static bool ioports_same(const struct state *before)
{
	static struct state now;
	double end = deadline(10);

	do {
		read_ioports(&now);
		if (!strcmp(now.ioports, before->ioports))
			return true;
		usleep(20000);
	} while (seconds() < end);
	return false;
}

/* NULL, or what has. */
static const char *changed(int fd, const struct state *before, bool ioports)
{
	static struct state now;

	look(fd, &now);
	if (memcmp(now.maps, before->maps, sizeof(now.maps)))
		return "a map";
	if (memcmp(now.params, before->params, sizeof(now.params)))
		return "the policy";
	if (strcmp(now.windows, before->windows))
		return "a window";
	return ioports && !ioports_same(before) ? "/proc/ioports" : NULL;
}

#endif
