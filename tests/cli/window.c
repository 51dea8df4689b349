// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: window NAME
 *
 * Opens a named window and keeps it. Says "open yes", or the error; then, for each port
 * that it is told on standard input, what it can do there: by read() and write(), and by
 * in and out instructions after it has asked for the port.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

#include <libioport.h>

static sigjmp_buf back;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

static const char *yes(long result)
{
	return result < 0 ? strerrorname_np(errno) : "yes";
}

static const char *by_instruction(unsigned short port, int write)
{
	if (sigsetjmp(back, 1))
		return "fault";
	if (write)
		outb(0, port);
	else
		inb(port);
	return "yes";
}

static void tell(struct ioport *io, unsigned short port)
{
	int fd = ioport_fd(io);
	uint8_t byte = 0;

	/* Before it asks: what was granted earlier, and not taken since. */
	printf("had %s", by_instruction(port, 0));
	printf(" read %s", yes(pread(fd, &byte, 1, port)));
	printf(" write %s", yes(pwrite(fd, &byte, 1, port)));
	printf(" grant %s", yes(ioport_grant(io, port, 1, 0)));
	printf(" in %s", by_instruction(port, 0));
	printf(" out %s\n", by_instruction(port, 1));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct ioport *io = ioport_open_window(argc > 1 ? argv[1] : "", 0);
	char line[32];

	signal(SIGSEGV, on_fault);
	printf("open %s\n", yes(io ? 0 : -1));
	fflush(stdout);
	while (io && fgets(line, sizeof(line), stdin))
		tell(io, (unsigned short)strtoul(line, NULL, 0));
	ioport_close(io);
	return 0;
}
