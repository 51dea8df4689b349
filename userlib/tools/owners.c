// SPDX-License-Identifier: LGPL-2.1-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define LINE_BYTES 256

static bool add(struct owners *owners, const struct owner *owner)
{
	struct owner *list = reallocarray(owners->list, owners->count + 1, sizeof(*list));

	if (!list) {
		complain("%m");
		return false;
	}
	list[owners->count++] = *owner;
	owners->list = list;
	return true;
}

/* Who may not see the addresses sees zeroes. Inner ranges come after outer ones. */
bool owners_load(struct owners *owners)
{
	FILE *file = fopen("/proc/ioports", "re");
	struct owner owner;
	char line[LINE_BYTES];
	bool good = true;

	memset(owners, 0, sizeof(*owners));
	if (!file) {
		complain("/proc/ioports: %m");
		return false;
	}
	while (good && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %" SCNx32 "-%" SCNx32 " : %63[^\n]", &owner.first, &owner.last,
			   owner.name) != 3)
			continue;
		owners->hidden |= !owner.last;
		if (owner.last && owner.last < IOPORT_PORTS && owner.first <= owner.last)
			good = add(owners, &owner);
	}
	fclose(file);
	if (!good)
		owners_free(owners);
	return good;
}

void owners_free(struct owners *owners)
{
	free(owners->list);
	owners->list = NULL;
}
