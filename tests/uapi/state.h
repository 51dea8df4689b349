/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that see that a call which failed has changed nothing. */
#ifndef STATE_H
#define STATE_H

#include "admin.h"

struct state {
	uint8_t maps[IOPORT_WHICH_CLAIMED + 1][IOPORT_MAP_BYTES];
	char params[3][4096];
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
	return ioports && !ioports_same(before) ? "/proc/ioports" : NULL;
}

#endif
