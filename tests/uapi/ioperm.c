// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real ioperm() and iopl() beside ours. Calling ioperm(), by whichever entry
 * and with whatever arguments, means leaving the map: nobody takes a copy of it
 * along that no revocation reaches. Run as an ordinary user who may use the
 * device, and as root, with the default policy.
 */
#include "access.h"

#include <sys/io.h>
#include <sys/syscall.h>

static struct worker sharer;
static int fd;

static long do_attach(void *arg)
{
	(void)arg;
	return dev_attach(fd, 0);
}

static long ioperm_native(unsigned long from, unsigned long num, int on)
{
	return syscall(SYS_ioperm, from, num, on) ? -errno : 0;
}

static void leave(const char *entry, long (*call)(unsigned long, unsigned long, int),
		  unsigned long from, unsigned long num, int on, long want)
{
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "grant");
	is(call(from, num, on), want, "%s(0x%lx, %lu, %d)", entry, from, num, on);
	is(mismatches(NONE), 0, "the thread has left the map");
	is(worker_do(&sharer, worker_mismatches, (void *)WINDOWS(LPT_WINDOW)), 0,
	   "the one that shares it has not");
	is(dev_revoke(fd, LPT, LPT_COUNT, 0), 0, "revoke");
	is(mismatches(NONE), 0, "no port was kept");
	is(worker_do(&sharer, worker_mismatches, (void *)NONE), 0, "by either");
}

static void test_leave(void)
{
	long turned_on = geteuid() ? -EPERM : 0;

	leave("ioperm", ioperm_native, 0x80, 1, 0, 0);
	leave("ioperm", ioperm_native, LPT, 1, 0, 0);
	leave("ioperm", ioperm_native, 0xffff, 2, 0, -EINVAL);
	leave("ioperm by int 0x80", ioperm_int80, 0x80, 1, 0, 0);
	if (turned_on)
		leave("ioperm", ioperm_native, LPT, 1, 1, turned_on);

	is(dev_grant(fd, LPT, LPT_COUNT, IOPORT_THREAD), 0, "grant a private window");
	is(ioperm(0x80, 1, 0), 0, "ioperm");
	is(mismatches(NONE), 0, "the thread has left its private copy");
}

static void test_user(void)
{
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "grant");
	fails(iopl(3), EPERM, "iopl(3)");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "the window is still there");
	is(iopl(0), 0, "iopl(0)");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "still there");
}

static void test_root(void)
{
	struct worker later;
	int f_dead;
	FILE *f;

	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "grant");
	is(ioperm(0x80, 1, 1), 0, "the real ioperm()");
	is(mismatches(WINDOWS({ 0x80, 1 })), 0, "the thread has what ioperm() gave, only");
	fails(dev_grant(fd, LPT, 1, 0), EBUSY, "GRANT beside ioperm()");
	fails(dev_grant(fd, LPT, 1, IOPORT_THREAD), EBUSY, "GRANT THREAD beside ioperm()");
	fails(dev_attach(fd, IOPORT_REPLACE), EBUSY, "ATTACH beside ioperm()");
	is(mismatches(WINDOWS({ 0x80, 1 })), 0, "nothing has changed");
	is(ioperm(0x80, 1, 0), 0, "given back");
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "now GRANT");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "works");
	is(dev_detach(fd), 0, "detach");

	is(iopl(3), 0, "the real iopl(3)");
	fails(dev_grant(fd, LPT, 1, 0), EBUSY, "GRANT beside iopl(3)");
	fails(dev_attach(fd, 0), EBUSY, "ATTACH beside iopl(3)");
	is(iopl(0), 0, "given back");

	f_dead = dev_open(O_RDWR);
	is(dev_attach(f_dead, 0), 0, "on a map");
	close(f_dead);
	is(iopl(3), 0, "whose file is gone, iopl(3)");
	fails(dev_grant(fd, LPT, 1, 0), EBUSY, "GRANT");
	is(iopl(0), 0, "given back");
	is(dev_attach(fd, 0), 0, "attach first");
	is(iopl(3), 0, "then iopl(3)");
	ok(can_in(0x80, 1) && can_in(0xffff, 1), "all ports");
	is(dev_grant(fd, LPT, 1, 0), 0, "GRANT as before, to one that is attached");
	is(dev_detach(fd), 0, "detach under iopl(3)");
	ok(can_in(0x80, 1) && can_in(0xffff, 1), "still all ports");
	worker_start(&later);
	is(worker_do(&later, worker_mismatches, (void *)WINDOWS({ 0, IOPORT_PORTS })), 0,
	   "a later thread inherits them");
	worker_stop(&later);
	is(iopl(0), 0, "iopl(0)");
	is(mismatches(NONE), 0, "none");

	f = fopen("/proc/sys/kernel/ftrace_enabled", "w");
	/* EBUSY while somebody has a permanent hook; newer kernels have no off at all. */
	ok(f && fputs("0\n", f) >= 0 && fclose(f) && (errno == EBUSY || errno == EOPNOTSUPP),
	   "the hook cannot be switched off by kernel.ftrace_enabled");
}

int main(void)
{
	fd = dev_open(O_RDWR);
	worker_start(&sharer);
	is(worker_do(&sharer, do_attach, NULL), 0, "a second thread shares the map");
	test_leave();
	if (geteuid())
		test_user();
	else
		test_root();
	worker_stop(&sharer);
	return done();
}
