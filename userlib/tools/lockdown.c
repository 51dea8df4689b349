// SPDX-License-Identifier: LGPL-2.1-or-later
/* What kernel lockdown leaves: the list that was compiled into the module. */
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "sentence.h"

#define MORE ", ..."

bool lockdown_list(struct ioport *io, char *buf, size_t len)
{
	struct sentence s = { .buf = buf, .len = len };
	uint32_t first, count, at = 0;
	struct ioport_portmap map;

	buf[0] = '\0';
	if (!io || ioport_get_map(io, IOPORT_WHICH_LOCKDOWN, &map))
		return false;
	for (; ioport_portmap_next(&map, at, &first, &count); at = first + count) {
		say(&s, "%s%s", at ? ", " : "", range_text(first, count));
		if (s.used >= len) {
			strcpy(buf + len - sizeof(MORE), MORE);
			break;
		}
	}
	return at;
}
