// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold ioport|ioperm FIRST COUNT: opens the ports for direct access, through
 * /dev/ioport or by ioperm(), and waits to be killed.
 * hold path: has no more than the device's name open (O_PATH), which anybody may.
 * hold thread: has it open in a second thread, while the first has ended, and is called
 * by what would clear a terminal.
 * hold named NAME: opens the device, called so.
 * hold unwaited COMMAND...: holds nothing; starts it with SIGCHLD ignored.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <libioport.h>

static void *hold_on(void *unused)
{
	pause();
	return unused;
}

static int hold_by_thread(void)
{
	pthread_t thread;

	if (!ioport_open(0) || pthread_create(&thread, NULL, hold_on, NULL))
		return 1;
	prctl(PR_SET_NAME, "a\033[2Jb");
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	unsigned long first, count;
	struct ioport *io;

	if (argc == 2 && !strcmp(argv[1], "thread"))
		return hold_by_thread();
	if (argc == 3 && !strcmp(argv[1], "named")) {
		prctl(PR_SET_NAME, argv[2]);
		return open(IOPORT_DEVICE, O_RDONLY) < 0;
	}
	if (argc > 2 && !strcmp(argv[1], "unwaited")) {
		signal(SIGCHLD, SIG_IGN);
		return execvp(argv[2], argv + 2);
	}
	if (argc == 2 && !strcmp(argv[1], "path")) {
		if (open(IOPORT_DEVICE, O_PATH | O_CLOEXEC) < 0)
			return 1;
		pause();
	}
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
