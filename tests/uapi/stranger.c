// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is not in the group gets nowhere. Run as such a user.
 */
#include "access.h"

int main(void)
{
	fails(open(DEVICE, O_RDWR), EACCES, "open for both");
	fails(open(DEVICE, O_RDONLY), EACCES, "open for reading");
	fails(open(DEVICE, O_WRONLY), EACCES, "open for writing");
	is(mismatches(NONE), 0, "no port");
	return done();
}
