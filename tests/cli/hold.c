// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold ioport|ioperm FIRST COUNT: opens the ports for direct access, through
 * /dev/ioport or by ioperm(), and waits to be killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

#include <libioport.h>

int main(int argc, char **argv)
{
	unsigned long first, count;
	struct ioport *io;

	if (argc != 4)
		return 2;
	first = strtoul(argv[2], NULL, 0);
	count = strtoul(argv[3], NULL, 0);
	if (!strcmp(argv[1], "ioperm")) {
		if (ioperm(first, count, 1))
			return perror("ioperm"), 1;
	} else {
		io = ioport_open(0);
		if (!io || ioport_grant(io, first, count, 0))
			return perror("ioport"), 1;
	}
	pause();
	return 0;
}
