// SPDX-License-Identifier: GPL-2.0-only
/* To be run by a user who is not in the group ioport. */
#include "lib.h"

int main(void)
{
	struct ioport *io = ioport_open(0);
	char why[512];

	ok(!io && errno == EACCES, "open: EACCES");
	ioport_explain(io, EACCES, 0, 0, 0, why, sizeof(why));
	note("%s", why);
	ok(strstr(why, "/dev/ioport is for group ioport (mode 0660)"),
	   "the sentence names the group");
	ok(strstr(why, "run: sudo usermod -aG ioport "), "and what to do");
	return done();
}
