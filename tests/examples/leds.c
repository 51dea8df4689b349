// SPDX-License-Identifier: GPL-2.0-only
/*
 * parport_leds at the parallel port of the test machine: the data latch is read
 * through the device while it runs, so what is seen is what the lines did.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define LATCH 0x378
#define BEFORE 0x5a /* what the lines are before, and so must be after */
#define WAIT_MS 10000

static int fd;

static int latch(void)
{
	unsigned char value;

	return pread(fd, &value, 1, LATCH) == 1 ? value : -1;
}

static void set_latch(unsigned char value)
{
	if (pwrite(fd, &value, 1, LATCH) != 1)
		bail("pwrite: %s", strerror(errno));
}

static pid_t start(char *const argv[])
{
	pid_t pid = fork();

	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static int exit_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Waits for the latch to be something else; what it is then, or -1. */
static int next(int old)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	int value;

	for (int i = 0; i < WAIT_MS; i++) {
		value = latch();
		if (value != old)
			return value;
		nanosleep(&ms, NULL);
	}
	return -1;
}

static void test_light(void)
{
	static const int want[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40,
				    0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02 };
	char *argv[] = { "parport_leds", "--rounds", "2", "--interval", "60", NULL };
	int value = BEFORE;
	pid_t pid;

	set_latch(BEFORE);
	pid = start(argv);
	for (int i = 0; i < 28; i++) {
		value = next(value);
		is(value, want[i % 14], "step %d of the light", i);
	}
	is(next(value), BEFORE, "then the lines are as before");
	is(exit_of(pid), 0, "and it ends well");
}

static void test_stopped(int sig, char *const argv[], int line)
{
	pid_t pid;

	set_latch(BEFORE);
	pid = start(argv);
	is(next(BEFORE), line, "%s: the lines are set", argv[1]);
	kill(pid, sig);
	is(exit_of(pid), 0, "signal %d ends it well", sig);
	is(latch(), BEFORE, "and the lines are as before");
}

static void test_refused(void)
{
	char *argv[] = { "parport_leds", "--port", "0x600", "--rounds", "1", NULL };
	char *bad[] = { "parport_leds", "--hold", "256", NULL };
	char *negative[] = { "parport_leds", "--hold", "-1", NULL };

	set_latch(BEFORE);
	is(exit_of(start(argv)), 2, "a port that policy does not allow");
	is(exit_of(start(bad)), 64, "a mask of nine lines");
	is(exit_of(start(negative)), 64, "a negative mask");
	is(latch(), BEFORE, "the lines are as before");
}

int main(void)
{
	char *hold[] = { "parport_leds", "--hold", "0xa5", NULL };
	char *chase[] = { "parport_leds", "--interval", "60000", NULL };
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	fd = open("/dev/ioport", O_RDWR);
	if (fd < 0)
		bail("/dev/ioport: %s", strerror(errno));
	test_light();
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		test_stopped(signals[i], hold, 0xa5);
		test_stopped(signals[i], chase, 0x01);
	}
	test_refused();
	return done();
}
