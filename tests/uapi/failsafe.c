// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fail-safe, as the device sees it: programs that set it and then die with the port
 * running. What reached the parallel port is compared on the host, see failsafe.host.
 * Run as root, for the memory cgroup, in a machine where nothing else uses the port.
 */
#include "access.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define CONTROL (LPT + 2)
/* Reset off, selected; the strobe is bit 0. */
#define IDLE 0x0c
#define PULL 0x0d

/* The OOM killer looks only among those in this group: that is, at one. */
#define GROUP "/sys/fs/cgroup/failsafe"
#define GROUP_MAX (32 << 20)

static int ready[2]; /* a pipe: the child's port is running */

#define OUT(p, v)                                                        \
	{                                                                \
		.code = IOPORT_OP_OUT, .width = 1, .port = p, .value = v \
	}
/* The device takes the byte when the strobe is pulled. */
#define SEND(v)                                                                         \
	{                                                                               \
		OUT(LPT, v), OUT(CONTROL, IDLE), OUT(CONTROL, PULL), OUT(CONTROL, IDLE) \
	}

/* A child: runs with one byte, and leaves another to be sent at its end. */
static void start(uint8_t runs, uint8_t safe)
{
	const struct ioport_op run[] = SEND(runs), stop[] = SEND(safe);
	struct ioport_xfer xfer = { .ops = (uintptr_t)stop, .count = 4 };
	int fd = dev_open(O_RDWR);

	/* Whoever can claim the ports afterwards knows that this file is gone. */
	if (dev_claim(fd, LPT, LPT_COUNT) || ioctl(fd, IOPORT_IOC_ON_CLOSE, &xfer))
		_exit(1);
	xfer.ops = (uintptr_t)run;
	if (ioctl(fd, IOPORT_IOC_XFER, &xfer) || write(ready[1], "", 1) != 1)
		_exit(2);
}

static void waits(void)
{
	start('K', 'k');
	/* Its end comes from the parent; this is for when that is gone. */
	sleep(600);
}

static void writes_to_null(void)
{
	static volatile uintptr_t null;

	signal(SIGSEGV, SIG_DFL);
	start('S', 's');
	*(volatile char *)null = 0;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		bail("%s: %s", path, strerror(errno));
	close(fd);
}

/* By this name the kernel's report of it is known to be meant; see expected.sed. */
static void eats(void)
{
	size_t size = 2 * GROUP_MAX, at;
	char *food = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (food == MAP_FAILED)
		_exit(3);
	prctl(PR_SET_NAME, "failsafe-eats");
	put(GROUP "/cgroup.procs", "0");
	start('O', 'o');
	for (at = 0; at < size; at += 4096)
		food[at] = 1;
}

/* The child has been seen to end, so it cannot take long; but how long is not promised. */
static bool released(void)
{
	double end = deadline(60);
	int fd = dev_open(O_RDWR), err;

	do
		err = dev_claim(fd, LPT, LPT_COUNT);
	while (err && seconds() < end && !usleep(1000));
	close(fd);
	return !err;
}

static void test_death(void (*how)(void), int want, const char *what)
{
	int status;
	pid_t pid;
	char c;

	if (pipe(ready))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		how();
		_exit(0);
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &c, 1) != 1)
		bail("the child did not come to run");
	if (how == waits)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		bail("waitpid: %s", strerror(errno));
	close(ready[0]);
	if (!is(WIFSIGNALED(status) ? WTERMSIG(status) : 0, want, "%s", what))
		note("wait status 0x%x", status);
	ok(released(), "its ports are free again");
}

static int oom_kills(void)
{
	FILE *f = fopen(GROUP "/memory.events", "r");
	char name[64];
	int n, kills = -1;

	while (f && fscanf(f, "%63s %d", name, &n) == 2)
		if (!strcmp(name, "oom_kill"))
			kills = n;
	if (f)
		fclose(f);
	return kills;
}

static void make_group(void)
{
	char max[16];

	put("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755))
		bail(GROUP ": %s", strerror(errno));
	snprintf(max, sizeof(max), "%d", GROUP_MAX);
	put(GROUP "/memory.max", max);
}

int main(void)
{
	test_death(waits, SIGKILL, "killed by SIGKILL");
	test_death(writes_to_null, SIGSEGV, "killed by a write through NULL");
	make_group();
	is(oom_kills(), 0, "the OOM killer has not been here");
	test_death(eats, SIGKILL, "killed for eating memory");
	is(oom_kills(), 1, "by the OOM killer");
	rmdir(GROUP);
	return done();
}
