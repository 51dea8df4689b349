// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system.h"

/* Longer lines of /etc/group, say, are looked at piece by piece; that will do. */
#define LINE_BYTES 1024

bool system_line(const char *path, char *buf, size_t len)
{
	FILE *file = fopen(path, "re");
	bool got;

	if (!file)
		return false;
	got = fgets(buf, (int)len, file);
	fclose(file);
	if (got)
		buf[strcspn(buf, "\n")] = '\0';
	return got;
}

void system_program(pid_t id, char *buf, size_t len)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", id);
	if (!system_line(path, buf, len) || !*buf)
		snprintf(buf, len, "?");
	for (char *c = buf; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
}

bool system_property(const char *path, const char *key, char *buf, size_t len)
{
	FILE *file = fopen(path, "re");
	size_t key_len = strlen(key);
	char line[LINE_BYTES];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, key, key_len) && line[key_len] == '=';
	fclose(file);
	if (found)
		snprintf(buf, len, "%.*s", (int)strcspn(line + key_len + 1, "\n"),
			 line + key_len + 1);
	return found;
}

/* name:password:number:... */
static bool name_of(const char *path, unsigned long number, char *buf, size_t len)
{
	FILE *file = fopen(path, "re");
	char line[LINE_BYTES], name[64];
	unsigned long this;
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%63[^:]:%*[^:]:%lu", name, &this) == 2 && this == number;
	fclose(file);
	if (found)
		snprintf(buf, len, "%s", name);
	return found;
}

void system_user_name(uid_t uid, char *buf, size_t len)
{
	if (!name_of("/etc/passwd", uid, buf, len))
		snprintf(buf, len, "%u", uid);
}

void system_group_name(gid_t gid, char *buf, size_t len)
{
	if (!name_of("/etc/group", gid, buf, len))
		snprintf(buf, len, "%u", gid);
}

static bool is_member(char *members, const char *user)
{
	char *save = NULL;

	for (char *m = strtok_r(members, ",\n", &save); m; m = strtok_r(NULL, ",\n", &save))
		if (!strcmp(m, user))
			return true;
	return false;
}

bool system_is_listed(const char *user, const char *group)
{
	FILE *file = fopen("/etc/group", "re");
	size_t len = strlen(group);
	char line[LINE_BYTES];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		if (!strncmp(line, group, len) && line[len] == ':')
			found = is_member(strrchr(line, ':') + 1, user);
	fclose(file);
	return found;
}

bool system_in_group(gid_t gid)
{
	int n = getgroups(0, NULL);
	gid_t *groups;
	bool found = getegid() == gid;

	groups = n > 0 ? calloc((size_t)n, sizeof(*groups)) : NULL;
	if (!groups)
		return found;
	n = getgroups(n, groups);
	for (int i = 0; i < n; i++)
		found |= groups[i] == gid;
	free(groups);
	return found;
}

/*
 * The innermost entry is the last one that has the port. Who may not know sees
 * zeroes for addresses.
 */
bool system_port_owner(uint32_t port, char *buf, size_t len)
{
	FILE *file = fopen("/proc/ioports", "re");
	uint32_t first, last;
	char line[LINE_BYTES], name[64];
	bool found = false;

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %" SCNx32 "-%" SCNx32 " : %63[^\n]", &first, &last, name) != 3)
			continue;
		if (!last || port < first || port > last)
			continue;
		snprintf(buf, len, "%s", name);
		found = true;
	}
	fclose(file);
	return found;
}
