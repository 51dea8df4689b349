// SPDX-License-Identifier: GPL-2.0-only
/* The window lasts as long as the open file, and no longer. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ioport_dev.h"

static sigjmp_buf refused;

static void on_fault(int sig)
{
	siglongjmp(refused, sig);
}

static void try_port(const char *when)
{
	if (!sigsetjmp(refused, 1))
		printf("%s: inb(0x378) = 0x%02x\n", when, inb(0x378));
	else
		printf("%s: inb(0x378) faults\n", when);
}

int main(void)
{
	struct ioport_range lpt = { .first = 0x378, .count = 3 };
	int fd = open("/dev/ioport", O_RDWR);

	if (fd < 0 || ioctl(fd, IOPORT_IOC_GRANT, &lpt)) {
		perror("/dev/ioport");
		return 1;
	}
	signal(SIGSEGV, on_fault);
	try_port("open");
	close(fd);
	try_port("closed");
	return 0;
}
