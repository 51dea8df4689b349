// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading. Run as root on two CPUs, with the module loaded by the
 * default policy; it is loaded again at the end.
 */
#include "access.h"

#include <sys/stat.h>

static struct worker survivor;
static int fd;

static int run(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static long do_pin(void *arg)
{
	pin_to_cpu(*(int *)arg);
	return 0;
}

static long do_grant(void *arg)
{
	const struct window *w = arg;

	return dev_grant(fd, w->first, w->count, 0);
}

static long do_detach(void *arg)
{
	(void)arg;
	return dev_detach(fd);
}

static bool exists(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

static void unload(void)
{
	is(run("rmmod ioport"), 0, "rmmod");
	run("udevadm settle");
	ok(!exists(DEVICE) && !exists("/sys/class/ioport") && !exists("/sys/module/ioport"),
	   "nothing is left");
	is(run("grep -q ioport /proc/ioports /proc/devices"), 1, "no port, no device number");
}

static void load(const char *args)
{
	char command[256];

	snprintf(command, sizeof(command), "modprobe ioport %s && udevadm settle", args);
	is(run(command), 0, "%s", command);
}

static void test_in_use(void)
{
	fd = dev_open(O_RDONLY);
	ok(run("rmmod ioport 2>/dev/null"), "rmmod fails while a file is open");
	is(mismatches(NONE), 0, "and changes nothing");
	ok(exists(DEVICE), "the node is there");
	close(fd);
	unload();
	load("");
}

/*
 * The CPU's TSS still holds the bits of a map of the first instance when the
 * second makes its first map by the same number of steps. If sequence numbers
 * began anew, the CPU would take the one for the other.
 */
static void test_sequence(int rounds)
{
	const struct window high = { LPT, LPT_COUNT }, low = { VOID, VOID_COUNT };
	int cpu = 1, i, wrong = 0;

	worker_do(&survivor, do_pin, &cpu);
	for (i = 0; i < rounds; i++) {
		fd = dev_open(O_RDWR);
		wrong += worker_do(&survivor, do_grant, (void *)&high) != 0;
		wrong += worker_do(&survivor, worker_mismatches, (void *)WINDOWS(LPT_WINDOW)) != 0;
		if (i % 2)
			wrong += worker_do(&survivor, do_detach, NULL) != 0;
		close(fd);
		wrong += worker_do(&survivor, worker_mismatches, (void *)NONE) != 0;
		wrong += run("rmmod ioport && modprobe ioport && udevadm settle") != 0;
		wrong += worker_do(&survivor, worker_mismatches, (void *)NONE) != 0;
		fd = dev_open(O_RDWR);
		wrong += worker_do(&survivor, do_grant, (void *)&low) != 0;
		wrong += worker_do(&survivor, worker_mismatches, (void *)WINDOWS(VOID_WINDOW)) != 0;
		close(fd);
		wrong += run("rmmod ioport && modprobe ioport && udevadm settle") != 0;
	}
	is(wrong, 0, "%d reloads: every window is what was asked for", 2 * rounds);
}

/* A thread that is on a dead map calls ioperm() when no hook is there any more. */
static long leave_dead_map(void *arg)
{
	(void)arg;
	return syscall(173, 0x80, 1, 0); /* ioperm, 64-bit number */
}

static void test_dead_map(void)
{
	const struct window high = { LPT, LPT_COUNT };

	fd = dev_open(O_RDWR);
	is(worker_do(&survivor, do_grant, (void *)&high), 0, "grant");
	close(fd);
	unload();
	is(worker_do(&survivor, worker_mismatches, (void *)NONE), 0, "closed with the module gone");
	if (sizeof(long) == 8)
		is(worker_do(&survivor, leave_dead_map, NULL), 0, "ioperm() with the module gone");
	is(worker_do(&survivor, worker_mismatches, (void *)NONE), 0, "still closed");
	load("");
}

static void test_parameters(void)
{
	is(run("rmmod ioport"), 0, "rmmod");
	ok(run("modprobe ioport allow=0x378-0x37z 2>/dev/null"), "a bad list at load is refused");
	ok(!exists("/sys/module/ioport"), "the module is not there then");
	ok(run("modprobe ioport busy=perhaps 2>/dev/null"), "a bad word as well");
	load("allow=0x378+8,0x80 deny=0x37f busy=allow");
	fd = dev_open(O_RDWR);
	is(dev_grant(fd, LPT, 7, 0), 0, "what was allowed at load");
	is(dev_grant(fd, 0x80, 1, 0), 0, "can be had");
	fails(dev_grant(fd, 0x37f, 1, 0), EACCES, "what was denied");
	fails(dev_grant(fd, VOID, 1, 0), EACCES, "what was not named");
	close(fd);
	unload();
	load("");
}

/* Writes a sysctl; 0 or errno. */
static int set_ftrace(const char *value)
{
	int f = open("/proc/sys/kernel/ftrace_enabled", O_WRONLY), err;

	err = f < 0 || write(f, value, strlen(value)) < 0 ? errno : 0;
	close(f);
	return err;
}

/* Where ftrace is off, there is no hook: direct access fails closed. */
static void test_no_hook(void)
{
	int err;

	is(run("rmmod ioport"), 0, "rmmod");
	err = set_ftrace("0\n");
	if (err == EOPNOTSUPP) {
		skip("this kernel does not switch ftrace off (kernel.ftrace_enabled)");
		load("");
		return;
	}
	is(err, 0, "kernel.ftrace_enabled=0");
	load("");
	is(run("/usr/bin/setpriv --reuid operator --regid operator --init-groups -- "
	       "/tests/uapi/blocked no-hook >/tmp/no-hook 2>&1"),
	   0, "an ordinary user has no direct access");
	run("grep -v ^ok /tmp/no-hook | sed 's/^/# /'");
	fd = dev_open(O_RDWR);
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "with CAP_SYS_RAWIO it can be had");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "the window");
	close(fd);
	is(run("rmmod ioport"), 0, "rmmod");
	is(set_ftrace("1\n"), 0, "kernel.ftrace_enabled=1");
	load("");
}

int main(void)
{
	worker_start(&survivor);
	test_in_use();
	test_sequence(4);
	test_dead_map();
	test_parameters();
	test_no_hook();
	worker_stop(&survivor);
	return done();
}
