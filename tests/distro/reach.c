// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: reach DEVICE...: which ports of the list below the caller reaches through each
 * device, a line each: those it may read and write by system calls, then those that "in"
 * reads after a GRANT; "closed" where it may not even open it. A port without a GRANT must
 * fault, and one that neither way may use must be refused by both: else the line ends
 * in "BUG".
 */
#include <fcntl.h>
#include <ioport_dev.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const unsigned short ports[] = { 0x278, 0x27f, 0x378, 0x379, 0x3bc, 0x80 };
#define PORTS (sizeof(ports) / sizeof(ports[0]))

/* What was read is written back: nothing on the plug changes. */
static bool mediated(int fd, unsigned short port)
{
	unsigned char value;

	return pread(fd, &value, 1, port) == 1 && pwrite(fd, &value, 1, port) == 1;
}

/* In a child, which has the caller's ports. */
static bool instruction_works(unsigned short port)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	if (!pid) {
		inb(port);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
		return false;
	return true;
}

static void reach(const char *device)
{
	bool by_call[PORTS], granted[PORTS], bug = false;
	int fd = open(device, O_RDWR | O_CLOEXEC);

	printf("%s:", device);
	if (fd < 0) {
		for (size_t i = 0; i < PORTS; i++)
			bug |= instruction_works(ports[i]);
		printf(" closed%s\n", bug ? " BUG" : "");
		return;
	}
	for (size_t i = 0; i < PORTS; i++) {
		struct ioport_range range = { .first = ports[i], .count = 1 };

		by_call[i] = mediated(fd, ports[i]);
		bug |= instruction_works(ports[i]);
		granted[i] = !ioctl(fd, IOPORT_IOC_GRANT, &range);
	}
	for (size_t i = 0; i < PORTS; i++)
		if (by_call[i])
			printf(" %03x", ports[i]);
	printf(" in");
	for (size_t i = 0; i < PORTS; i++) {
		if (granted[i])
			printf(" %03x", ports[i]);
		bug |= instruction_works(ports[i]) != granted[i] || granted[i] != by_call[i];
	}
	/* The next device's ports are not this one's. */
	close(fd);
	for (size_t i = 0; i < PORTS; i++)
		bug |= instruction_works(ports[i]);
	printf("%s\n", bug ? " BUG" : "");
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		reach(argv[i]);
	return 0;
}
