// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The one descriptor behind ioperm() and iopl(). The ports stay open as long as
 * the open file, so it must outlive all that ioperm()'s ports do:
 *
 * - fork() and new threads: they share or inherit the descriptor.
 * - exec: the descriptor is inherited as well (not close-on-exec). The library
 *   finds it again in the new program as the one whose map this thread is on. Under
 *   "ioportctl run" the supervisor holds the open file, and gives descriptors of it.
 * - programs that close all descriptors, as daemons do: it hides from them. To
 *   the program it is a number that is not open.
 */
#include "compat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Both are accessed atomically: whichever thread comes first opens it. */
static int kept = -1;
/* Nothing to inherit as long as it has opened nothing. */
static bool inherited;

int fail(int error)
{
	errno = error;
	return -1;
}

int kept_fd(void)
{
	return __atomic_load_n(&kept, __ATOMIC_ACQUIRE);
}

bool locked_down(int fd)
{
	struct ioport_info info;

	return ioctl(fd, IOPORT_IOC_GET_INFO, &info) ||
	       info.direct_blocked & IOPORT_BLOCKED_LOCKDOWN;
}

/* Away from the numbers that programs expect to get, or choose for themselves. */
static int move_up(int fd, int from)
{
	static const int places[] = { 1000, 200, 20 };
	int call = __atomic_load_n(&inherited, __ATOMIC_ACQUIRE) ? F_DUPFD : F_DUPFD_CLOEXEC;
	int high = -1;

	for (size_t i = 0; high < 0 && i < sizeof(places) / sizeof(*places); i++)
		high = fcntl(fd, call, from > places[i] ? from : places[i]);
	if (high < 0)
		high = fcntl(fd, call, from);
	return high;
}

/* Whoever is first; the others use that one as well. */
static int keep(int low)
{
	int none = -1, fd = move_up(low, 0);

	REAL(close)(low);
	if (fd < 0 || __atomic_compare_exchange_n(&kept, &none, fd, false, __ATOMIC_ACQ_REL,
						  __ATOMIC_ACQUIRE))
		return fd;
	REAL(close)(fd);
	return none;
}

/*
 * Closed by a system call that the library did not see? The number may be the
 * program's by now. A supervisor has another; else the ports are closed with it,
 * and what is asked for next is opened anew.
 */
static bool is_lost(int fd)
{
	struct ioport_info info;

	return ioctl(fd, IOPORT_IOC_GET_INFO, &info);
}

/* Two threads that are first at once write the same. */
const char *device(void)
{
	static char path[sizeof(DEVICE) + NAME_MAX];
	static bool known;
	const char *name;

	if (__atomic_load_n(&known, __ATOMIC_ACQUIRE))
		return path;
	name = secure_getenv("IOPORT_WINDOW");
	if (name && *name && strlen(name) < NAME_MAX && !strchr(name, '/'))
		snprintf(path, sizeof(path), DEVICE "-%s", name);
	else
		snprintf(path, sizeof(path), DEVICE);
	__atomic_store_n(&known, true, __ATOMIC_RELEASE);
	return path;
}

int kept_find(void)
{
	int fd = kept_fd(), low;

	if (fd >= 0 && !is_lost(fd))
		return fd;
	__atomic_compare_exchange_n(&kept, &fd, -1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	low = supervisor_ask(SUPERVISOR_PORTS, 0);
	return low < 0 ? -1 : keep(low);
}

int kept_open(void)
{
	int fd = kept_find(), low;

	if (fd >= 0 || supervised())
		return fd;
	low = REAL(open)(device(), O_RDWR | O_CLOEXEC | KEPT_MARK);
	return low < 0 ? -1 : keep(low);
}

/* A supervisor holds the file itself, and has a descriptor for the new program too. */
void kept_inherit(void)
{
	if (!supervised() && !__atomic_exchange_n(&inherited, true, __ATOMIC_ACQ_REL))
		fcntl(kept_fd(), F_SETFD, 0);
}

/* Opened for later: no thread is on its map, so the kernel can still be asked. */
bool kept_is_idle(void)
{
	return !supervised() && !__atomic_load_n(&inherited, __ATOMIC_ACQUIRE);
}

/*
 * With the filesystem ids and groups of this moment, as open() would. After chroot()
 * the name may be gone; the file that is open is asked then.
 */
bool may_open(int how)
{
	int fd = kept_fd();

	if (!faccessat(AT_FDCWD, device(), how, AT_EACCESS))
		return true;
	return fd >= 0 && (errno == ENOENT || errno == ENOTDIR) &&
	       !faccessat(fd, "", how, AT_EACCESS | AT_EMPTY_PATH);
}

/* Where it is opened before the name is out of reach. Nobody else needs it so early. */
EXPORT int chroot(const char *path)
{
	kept_open();
	return REAL(chroot)(path);
}

static bool gives_ports(int fd)
{
	uint8_t bits[IOPORT_MAP_BYTES];
	struct ioport_map map = { .map = (uintptr_t)bits, .which = IOPORT_WHICH_THREAD };

	if (ioctl(fd, IOPORT_IOC_GET_MAP, &map))
		return false;
	for (size_t i = 0; i < sizeof(bits); i++)
		if (bits[i] != 0xff)
			return true;
	return false;
}

static bool is_of(int fd, dev_t number)
{
	struct stat node;

	return !fstat(fd, &node) && S_ISCHR(node.st_mode) && node.st_rdev == number &&
	       (fcntl(fd, F_GETFL) & PORT_MARK) != PORT_MARK;
}

/*
 * After exec: the inherited descriptor that owns what this thread may use, whoever
 * opened it; else one that the library opened, with nothing open at the moment.
 */
__attribute__((constructor)) static void find_inherited(void)
{
	struct dirent *entry;
	struct stat node;
	int fd, found = -1;
	DIR *dir;

	/* Who started a set-user-ID program would own what it goes on to open. */
	if (getauxval(AT_SECURE) || stat(device(), &node) || !S_ISCHR(node.st_mode))
		return;
	dir = opendir("/proc/self/fd");
	while (dir && (entry = readdir(dir))) {
		fd = atoi(entry->d_name);
		if (entry->d_name[0] == '.' || !is_of(fd, node.st_rdev))
			continue;
		if (gives_ports(fd)) {
			found = fd;
			break;
		}
		if (fcntl(fd, F_GETFL) & KEPT_MARK)
			found = fd;
	}
	if (dir)
		closedir(dir);
	/* "run" has put this thread on its own map; that of a program before it is over. */
	if (found >= 0 && supervised())
		return;
	kept = found;
	inherited = found >= 0;
}

/* ---- what would close it ---- */

/* Is it a number that is not open, as far as the program knows? */
static bool is_hidden(int fd)
{
	int error = errno;
	bool is = fd >= 0 && fd == kept_fd() && !is_lost(fd);

	errno = error;
	return is;
}

EXPORT int close(int fd)
{
	return is_hidden(fd) ? fail(EBADF) : REAL(close)(fd);
}

/* The program wants this number for something else. */
static void make_way(int number)
{
	int other;

	if (!is_hidden(number))
		return;
	other = move_up(number, number + 1);
	if (other >= 0)
		__atomic_store_n(&kept, other, __ATOMIC_RELEASE);
}

/* dup2(n, n) tells whether n is open. */
EXPORT int dup2(int from, int to)
{
	if (is_hidden(from))
		return fail(EBADF);
	make_way(to);
	return REAL(dup2)(from, to);
}

EXPORT int dup3(int from, int to, int flags)
{
	if (is_hidden(from))
		return fail(EBADF);
	make_way(to);
	return REAL(dup3)(from, to, flags);
}

/*
 * By number, as not every C library that programs are built for has the function; by
 * the kernel's name for it, as glibc 2.31 has not its own.
 */
static int real_close_range(unsigned int first, unsigned int last, int flags)
{
	return (int)REAL(syscall)(__NR_close_range, first, last, flags);
}

int kept_close_range(unsigned int first, unsigned int last, int flags)
{
	unsigned int fd = (unsigned int)kept_fd();

	if (fd > INT_MAX || fd < first || fd > last || !is_hidden((int)fd))
		return real_close_range(first, last, flags);
	if (fd > first && real_close_range(first, fd - 1, flags))
		return -1;
	if (fd < last)
		return real_close_range(fd + 1, last, flags);
	/* Nothing is left to close. Where nothing was, the flags are the kernel's to judge. */
	return fd > first ? 0 : real_close_range(UINT_MAX, UINT_MAX, flags);
}

#if __GLIBC_PREREQ(2, 34)

EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	return kept_close_range(first, last, flags);
}

EXPORT void closefrom(int first)
{
	int fd = kept_fd();

	if (fd < first || !is_hidden(fd)) {
		REAL(closefrom)(first);
		return;
	}
	REAL(closefrom)(fd + 1);
	for (int other = first < 0 ? 0 : first; other < fd; other++)
		REAL(close)(other);
}

#endif
