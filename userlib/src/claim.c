// SPDX-License-Identifier: LGPL-2.1-or-later
#include "handle.h"

int ioport_claim(struct ioport *io, uint32_t first, uint32_t count)
{
	return device_range(io, IOPORT_IOC_CLAIM, first, count, 0);
}

int ioport_release(struct ioport *io, uint32_t first, uint32_t count)
{
	return device_range(io, IOPORT_IOC_RELEASE, first, count, 0);
}
