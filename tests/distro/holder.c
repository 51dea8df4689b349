// SPDX-License-Identifier: GPL-2.0-only
/* usage: holder DEVICE: holds ports of a parallel port open, and writes each line's number to it. */
#include <fcntl.h>
#include <ioport_dev.h>
#include <stdio.h>
#include <sys/io.h>
#include <sys/ioctl.h>

int main(int argc, char **argv)
{
	struct ioport_range lpt = { .first = 0x378, .count = 3 };
	const char *device = argc > 1 ? argv[1] : "/dev/ioport";
	int fd = open(device, O_RDWR);
	char line[80];
	int n = 0;

	if (fd < 0 || ioctl(fd, IOPORT_IOC_GRANT, &lpt) < 0)
		return perror(device), 1;
	do {
		outb(++n, 0x378);
		printf("%02x\n", inb(0x378));
		fflush(stdout);
	} while (fgets(line, sizeof(line), stdin));
	return 0;
}
