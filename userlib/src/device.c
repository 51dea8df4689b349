// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>
#include <sys/ioctl.h>

#include "handle.h"

/*
 * The kernel writes the map by a pointer in the argument, of which valgrind knows nothing:
 * to it, a map that had not been set before would stay undefined.
 */
int device_get_map(const struct ioport *io, enum ioport_which which, struct ioport_portmap *map)
{
	struct ioport_map arg = { .map = (uintptr_t)map->bytes, .which = which };

	memset(map->bytes, 0xff, sizeof(map->bytes));
	return ioctl(io->fd, IOPORT_IOC_GET_MAP, &arg);
}

int device_range(const struct ioport *io, unsigned long request, uint32_t first, uint32_t count,
		 unsigned int flags)
{
	struct ioport_range arg = { .first = first, .count = count, .flags = flags };

	return ioctl(io->fd, request, &arg);
}

int device_map(const struct ioport *io, unsigned long request, const struct ioport_portmap *map,
	       unsigned int flags)
{
	struct ioport_map arg = { .map = (uintptr_t)map->bytes, .flags = flags };

	return ioctl(io->fd, request, &arg);
}

int device_attach(const struct ioport *io, unsigned long request, unsigned int flags)
{
	struct ioport_attach arg = { .flags = flags };

	return ioctl(io->fd, request, &arg);
}
