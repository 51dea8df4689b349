// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sets of ports, in memory only. A 0 bit is open. */
#include <errno.h>
#include <string.h>

#include "handle.h"

static bool is_open(const struct ioport_portmap *map, uint32_t port)
{
	return !(map->bytes[port / 8] >> port % 8 & 1);
}

static int check_range(uint32_t first, uint32_t count)
{
	if (count && first < IOPORT_PORTS && count <= IOPORT_PORTS - first)
		return 0;
	errno = EINVAL;
	return -1;
}

void ioport_portmap_close_all(struct ioport_portmap *map)
{
	memset(map->bytes, 0xff, sizeof(map->bytes));
}

void ioport_portmap_open_all(struct ioport_portmap *map)
{
	memset(map->bytes, 0, sizeof(map->bytes));
}

int ioport_portmap_open(struct ioport_portmap *map, uint32_t first, uint32_t count)
{
	if (check_range(first, count))
		return -1;
	for (uint32_t port = first; port < first + count; port++)
		map->bytes[port / 8] &= (uint8_t) ~(1U << port % 8);
	return 0;
}

int ioport_portmap_close(struct ioport_portmap *map, uint32_t first, uint32_t count)
{
	if (check_range(first, count))
		return -1;
	for (uint32_t port = first; port < first + count; port++)
		map->bytes[port / 8] |= (uint8_t)(1U << port % 8);
	return 0;
}

bool ioport_portmap_is_open(const struct ioport_portmap *map, uint32_t first, uint32_t count)
{
	if (!count || first >= IOPORT_PORTS || count > IOPORT_PORTS - first)
		return false;
	for (uint32_t port = first; port < first + count; port++)
		if (!is_open(map, port))
			return false;
	return true;
}

bool ioport_portmap_next(const struct ioport_portmap *map, uint32_t from, uint32_t *first,
			 uint32_t *count)
{
	uint32_t port = from, end;

	while (port < IOPORT_PORTS && !is_open(map, port))
		port += port % 8 == 0 && map->bytes[port / 8] == 0xff ? 8 : 1;
	if (port >= IOPORT_PORTS)
		return false;
	end = port;
	while (end < IOPORT_PORTS && is_open(map, end))
		end += end % 8 == 0 && map->bytes[end / 8] == 0 ? 8 : 1;
	*first = port;
	*count = end - port;
	return true;
}
