// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * /dev/port, as drivers/char/mem.c has it: each byte of a transfer is one port, from
 * the file's position on, up to port 65535.
 *
 * The kernel is asked first. What it refuses is opened as /dev/ioport, with a mark,
 * and the calls on descriptors that have the mark are made byte by byte. Until such
 * a descriptor is seen, all this costs one look at a variable a call.
 *
 * Not served: stat() of the name, freopen() of other streams than the standard ones,
 * and descriptors received over a socket by a program that never opened the name.
 */
#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#define NAME "/dev/port"
#define NUMBER makedev(1, 4)
#define MAX_ERRNO 4095

/* Accessed atomically; never cleared. */
static bool seen;

static bool is_port(int fd)
{
	struct ioport_info info;
	int flags;

	if (!__atomic_load_n(&seen, __ATOMIC_RELAXED))
		return false;
	flags = fcntl(fd, F_GETFL);
	return flags >= 0 && (flags & PORT_MARK) == PORT_MARK &&
	       !ioctl(fd, IOPORT_IOC_GET_INFO, &info);
}

/* As a shell does it: opened there, used here. */
__attribute__((constructor)) static void find_ports(void)
{
	int error = errno;

	seen = true;
	for (int fd = 0; fd < 10; fd++)
		if (is_port(fd))
			return;
	seen = false;
	errno = error;
}

/* ---- open ---- */

static bool is_name(int dir, const char *path)
{
	struct stat node;
	int error = errno;
	bool is;

	if (error != EACCES && error != EPERM && error != ENOENT && error != ENXIO)
		return false;
	is = !strcmp(path, NAME) ||
	     (!fstatat(dir, path, &node, 0) && S_ISCHR(node.st_mode) && node.st_rdev == NUMBER);
	errno = error;
	return is;
}

/* A supervisor opens it with its own credentials; the caller's are asked about here. */
static int open_device(int flags)
{
	static const int how[] = { [O_RDONLY] = R_OK, [O_WRONLY] = W_OK, [O_RDWR] = R_OK | W_OK };
	int mode = flags & O_ACCMODE;

	if (!supervised())
		return REAL(open)(device(), flags);
	/* By its name: after chroot() there is none, as there is no /dev/port. */
	if (mode > O_RDWR || REAL(faccessat)(AT_FDCWD, device(), how[mode], AT_EACCESS))
		return -1;
	return supervisor_ask(SUPERVISOR_DEV_PORT, flags);
}

/* What the kernel answered to @path, or a descriptor instead. Keeps its errno. */
static int or_port(int ret, int dir, const char *path, int flags)
{
	const int passed = O_ACCMODE | O_CLOEXEC | O_NONBLOCK | O_APPEND | O_SYNC;
	int fd, error = errno;

	if (ret >= 0 || !path || !is_name(dir, path))
		return ret;
	fd = open_device((flags & passed) | PORT_MARK);
	if (fd >= 0 && locked_down(fd)) {
		REAL(close)(fd);
		fd = -1;
	}
	if (fd >= 0)
		__atomic_store_n(&seen, true, __ATOMIC_RELAXED);
	errno = error;
	return fd;
}

/* ---- access ---- */

/* Nobody may execute it, root neither. */
static int or_access(int ret, int dir, const char *path, int how, int flags)
{
	int error = errno;

	if (ret >= 0 || !path || how & X_OK || !is_name(dir, path))
		return ret;
	ret = REAL(faccessat)(AT_FDCWD, device(), how, flags & AT_EACCESS);
	errno = error;
	return ret;
}

EXPORT int access(const char *path, int how)
{
	return or_access(REAL(access)(path, how), AT_FDCWD, path, how, 0);
}

EXPORT int faccessat(int dir, const char *path, int how, int flags)
{
	return or_access(REAL(faccessat)(dir, path, how, flags), dir, path, how, flags);
}

EXPORT int euidaccess(const char *path, int how)
{
	return or_access(REAL(euidaccess)(path, how), AT_FDCWD, path, how, AT_EACCESS);
}

EXPORT int eaccess(const char *path, int how)
{
	return or_access(REAL(eaccess)(path, how), AT_FDCWD, path, how, AT_EACCESS);
}

/* The mode that follows where @flags ask for one. */
#define MODE(flags)                                                      \
	__extension__({                                                  \
		mode_t mode_ = 0;                                        \
		va_list ap_;                                             \
                                                                         \
		va_start(ap_, flags);                                    \
		if ((flags)&O_CREAT || ((flags)&O_TMPFILE) == O_TMPFILE) \
			mode_ = va_arg(ap_, mode_t);                     \
		va_end(ap_);                                             \
		mode_;                                                   \
	})

#define DEFINE_OPEN(name, name_at, name_creat)                                                  \
	EXPORT int name(const char *path, int flags, ...)                                       \
	{                                                                                       \
		return or_port(REAL(name)(path, flags, MODE(flags)), AT_FDCWD, path, flags);    \
	}                                                                                       \
	EXPORT int name_at(int dir, const char *path, int flags, ...)                           \
	{                                                                                       \
		return or_port(REAL(name_at)(dir, path, flags, MODE(flags)), dir, path, flags); \
	}                                                                                       \
	EXPORT int name_creat(const char *path, mode_t mode)                                    \
	{                                                                                       \
		return or_port(REAL(name_creat)(path, mode), AT_FDCWD, path, O_WRONLY);         \
	}

DEFINE_OPEN(open, openat, creat)
DEFINE_OPEN(open64, openat64, creat64)

/* What open() and openat() are in programs built with _FORTIFY_SOURCE. */
#define DEFINE_OPEN_2(name, name_at)                                               \
	int name(const char *path, int flags);                                     \
	int name_at(int dir, const char *path, int flags);                         \
	EXPORT int name(const char *path, int flags)                               \
	{                                                                          \
		return or_port(REAL(name)(path, flags), AT_FDCWD, path, flags);    \
	}                                                                          \
	EXPORT int name_at(int dir, const char *path, int flags)                   \
	{                                                                          \
		return or_port(REAL(name_at)(dir, path, flags), dir, path, flags); \
	}

DEFINE_OPEN_2(__open_2, __openat_2)
DEFINE_OPEN_2(__open64_2, __openat64_2)

/* ---- read and write ---- */

typedef ssize_t (*byte_call)(int fd, void *byte, off64_t at);

static ssize_t read_byte(int fd, void *byte, off64_t at)
{
	return at < 0 ? REAL(read)(fd, byte, 1) : REAL(pread64)(fd, byte, 1, at);
}

static ssize_t write_byte(int fd, void *byte, off64_t at)
{
	return at < 0 ? REAL(write)(fd, byte, 1) : REAL(pwrite64)(fd, byte, 1, at);
}

/* The way of access, for a transfer of no bytes; the device refuses that. */
static ssize_t nothing(int fd, byte_call call)
{
	int mode = fcntl(fd, F_GETFL) & O_ACCMODE;

	return mode == (call == read_byte ? O_WRONLY : O_RDONLY) ? fail(EBADF) : 0;
}

/*
 * @at is -1 for the file's own position. A port that policy refuses ends a
 * transfer, as the end does; a bad pointer undoes a read and ends a write.
 */
static ssize_t transfer(int fd, byte_call call, void *buffer, size_t count, off64_t at)
{
	size_t done;
	ssize_t ret = 0;

	if (!count)
		return nothing(fd, call);
	for (done = 0; done < count; done++) {
		ret = call(fd, (char *)buffer + done, at < 0 ? at : at + (off64_t)done);
		if (ret != 1)
			break;
	}
	if (ret < 0 && errno == EFAULT && call == read_byte) {
		if (at < 0)
			REAL(lseek64)(fd, -(off64_t)done, SEEK_CUR);
		return fail(EFAULT);
	}
	if (done || ret == 0 || errno == ENXIO)
		return (ssize_t)done;
	return fail(errno == EACCES || errno == EBUSY ? EPERM : errno);
}

static ssize_t transfer_at(int fd, byte_call call, void *buffer, size_t count, off64_t at)
{
	return at < 0 ? fail(EINVAL) : transfer(fd, call, buffer, count, at);
}

EXPORT ssize_t read(int fd, void *buffer, size_t count)
{
	return is_port(fd) ? transfer(fd, read_byte, buffer, count, -1)
			   : REAL(read)(fd, buffer, count);
}

EXPORT ssize_t write(int fd, const void *buffer, size_t count)
{
	return is_port(fd) ? transfer(fd, write_byte, (void *)(uintptr_t)buffer, count, -1)
			   : REAL(write)(fd, buffer, count);
}

#define DEFINE_AT(read_name, write_name, offset_type)                                              \
	EXPORT ssize_t read_name(int fd, void *buffer, size_t count, offset_type at)               \
	{                                                                                          \
		return is_port(fd) ? transfer_at(fd, read_byte, buffer, count, at)                 \
				   : REAL(read_name)(fd, buffer, count, at);                       \
	}                                                                                          \
	EXPORT ssize_t write_name(int fd, const void *buffer, size_t count, offset_type at)        \
	{                                                                                          \
		return is_port(fd)                                                                 \
			       ? transfer_at(fd, write_byte, (void *)(uintptr_t)buffer, count, at) \
			       : REAL(write_name)(fd, buffer, count, at);                          \
	}

DEFINE_AT(pread, pwrite, off_t)
DEFINE_AT(pread64, pwrite64, off64_t)

/* The same in programs built with _FORTIFY_SOURCE; the real ones tell of overruns. */
ssize_t __read_chk(int fd, void *buffer, size_t count, size_t room);
ssize_t __pread_chk(int fd, void *buffer, size_t count, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *buffer, size_t count, off64_t at, size_t room);

EXPORT ssize_t __read_chk(int fd, void *buffer, size_t count, size_t room)
{
	if (count > room || !is_port(fd))
		return REAL(__read_chk)(fd, buffer, count, room);
	return transfer(fd, read_byte, buffer, count, -1);
}

EXPORT ssize_t __pread_chk(int fd, void *buffer, size_t count, off_t at, size_t room)
{
	if (count > room || !is_port(fd))
		return REAL(__pread_chk)(fd, buffer, count, at, room);
	return transfer_at(fd, read_byte, buffer, count, at);
}

EXPORT ssize_t __pread64_chk(int fd, void *buffer, size_t count, off64_t at, size_t room)
{
	if (count > room || !is_port(fd))
		return REAL(__pread64_chk)(fd, buffer, count, at, room);
	return transfer_at(fd, read_byte, buffer, count, at);
}

/* A piece that came short ends the call. @at is as above. */
static ssize_t transfer_pieces(int fd, byte_call call, const struct iovec *pieces, int count,
			       off64_t at)
{
	ssize_t ret, sum = 0;

	if (count < 0 || count > IOV_MAX)
		return fail(EINVAL);
	for (int i = 0; i < count; i++) {
		ret = transfer(fd, call, pieces[i].iov_base, pieces[i].iov_len,
			       at < 0 ? at : at + sum);
		if (ret < 0)
			return sum ? sum : ret;
		sum += ret;
		if ((size_t)ret < pieces[i].iov_len)
			break;
	}
	return sum;
}

static ssize_t transfer_pieces_at(int fd, byte_call call, const struct iovec *pieces, int count,
				  off64_t at)
{
	return at < 0 ? fail(EINVAL) : transfer_pieces(fd, call, pieces, count, at);
}

EXPORT ssize_t readv(int fd, const struct iovec *pieces, int count)
{
	return is_port(fd) ? transfer_pieces(fd, read_byte, pieces, count, -1)
			   : REAL(readv)(fd, pieces, count);
}

EXPORT ssize_t writev(int fd, const struct iovec *pieces, int count)
{
	return is_port(fd) ? transfer_pieces(fd, write_byte, pieces, count, -1)
			   : REAL(writev)(fd, pieces, count);
}

#define DEFINE_PIECES_AT(name, call, offset_type)                                          \
	EXPORT ssize_t name(int fd, const struct iovec *pieces, int count, offset_type at) \
	{                                                                                  \
		return is_port(fd) ? transfer_pieces_at(fd, call, pieces, count, at)       \
				   : REAL(name)(fd, pieces, count, at);                    \
	}

DEFINE_PIECES_AT(preadv, read_byte, off_t)
DEFINE_PIECES_AT(preadv64, read_byte, off64_t)
DEFINE_PIECES_AT(pwritev, write_byte, off_t)
DEFINE_PIECES_AT(pwritev64, write_byte, off64_t)

/* ---- lseek ---- */

/*
 * /dev/port has no end to seek from, and takes any position. Ours does not keep one
 * beyond the ports, but nothing can be transferred there either.
 */
static off64_t seek(int fd, off64_t offset, int whence)
{
	if (whence == SEEK_CUR) {
		off64_t at = REAL(lseek64)(fd, 0, SEEK_CUR);

		if (at < 0)
			return -1;
		/* The kernel's sum of the two wraps. */
		offset = (off64_t)((uint64_t)at + (uint64_t)offset);
	} else if (whence != SEEK_SET) {
		return fail(EINVAL);
	}
	/* Those that look like an error; the others below 0 are positions like any. */
	if (offset < 0 && offset >= -MAX_ERRNO)
		return fail(EOVERFLOW);
	if (REAL(lseek64)(fd, (uint64_t)offset < IOPORT_PORTS ? offset : IOPORT_PORTS, SEEK_SET) <
	    0)
		return -1;
	return offset;
}

EXPORT off_t lseek(int fd, off_t offset, int whence)
{
	return is_port(fd) ? (off_t)seek(fd, offset, whence) : REAL(lseek)(fd, offset, whence);
}

EXPORT off64_t lseek64(int fd, off64_t offset, int whence)
{
	return is_port(fd) ? seek(fd, offset, whence) : REAL(lseek64)(fd, offset, whence);
}

/* ---- fopen ---- */

/* libc's streams do not call the functions above, so they are told to. */
static ssize_t cookie_read(void *cookie, char *buffer, size_t count)
{
	return transfer((int)(intptr_t)cookie, read_byte, buffer, count, -1);
}

static ssize_t cookie_write(void *cookie, const char *buffer, size_t count)
{
	ssize_t ret =
		transfer((int)(intptr_t)cookie, write_byte, (void *)(uintptr_t)buffer, count, -1);

	return ret < 0 ? 0 : ret;
}

static int cookie_seek(void *cookie, off64_t *offset, int whence)
{
	off64_t ret = seek((int)(intptr_t)cookie, *offset, whence);

	if (ret < 0)
		return -1;
	*offset = ret;
	return 0;
}

static int cookie_close(void *cookie)
{
	return REAL(close)((int)(intptr_t)cookie);
}

static int mode_flags(const char *mode)
{
	int flags = *mode == 'r' ? O_RDONLY : *mode == 'a' ? O_WRONLY | O_APPEND : O_WRONLY;

	if (strchr(mode, '+'))
		flags = (flags & ~O_ACCMODE) | O_RDWR;
	return strchr(mode, 'e') ? flags | O_CLOEXEC : flags;
}

/* Without a buffer, so that no port is read that the program did not ask for. */
static FILE *stream_of(int fd, const char *mode)
{
	const cookie_io_functions_t functions = { cookie_read, cookie_write, cookie_seek,
						  cookie_close };
	FILE *stream = fopencookie((void *)(intptr_t)fd, mode, functions);

	if (!stream)
		return NULL;
	setvbuf(stream, NULL, _IONBF, 0);
	stream->_fileno = fd; /* for fileno() */
	return stream;
}

static FILE *or_stream(FILE *stream, const char *path, const char *mode)
{
	int fd;

	if (stream || !mode)
		return stream;
	fd = or_port(-1, AT_FDCWD, path, mode_flags(mode));
	if (fd < 0)
		return NULL;
	stream = stream_of(fd, mode);
	if (!stream)
		REAL(close)(fd);
	return stream;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	return or_stream(REAL(fopen)(path, mode), path, mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	return or_stream(REAL(fopen64)(path, mode), path, mode);
}

/* As the kernel's is: for reading, writing, or both, by the descriptor's own way. */
static bool fits_mode(int fd, const char *mode)
{
	int have = fcntl(fd, F_GETFL) & O_ACCMODE, want = mode_flags(mode) & O_ACCMODE;

	return have == O_RDWR || have == want;
}

EXPORT FILE *fdopen(int fd, const char *mode)
{
	if (!mode || !strchr("rwa", *mode) || !is_port(fd))
		return REAL(fdopen)(fd, mode);
	if (fits_mode(fd, mode))
		return stream_of(fd, mode);
	errno = EINVAL;
	return NULL;
}

/* The standard streams: libc's own, and the variables by which all use them. */
static struct {
	FILE **variable;
	FILE *own; /* while another is in its place */
} standard[] = { { &stdin, NULL }, { &stdout, NULL }, { &stderr, NULL } };

#define STANDARDS (sizeof(standard) / sizeof(*standard))

/* STANDARDS for another stream. */
static size_t find_standard(const FILE *stream)
{
	size_t i = 0;

	while (i < STANDARDS && stream != *standard[i].variable)
		i++;
	return i;
}

/* libc cannot reopen a stream like ours. */
static FILE *put_back(size_t i, FILE *stream)
{
	if (i == STANDARDS || !standard[i].own)
		return stream;
	fclose(stream);
	*standard[i].variable = standard[i].own;
	standard[i].own = NULL;
	return *standard[i].variable;
}

/*
 * What was @stream is closed by now. Another cannot take its place in memory, which
 * the caller may go on to use; but the standard ones go by their variables.
 */
static FILE *or_reopened(size_t i, int number, const char *path, const char *mode)
{
	int fd = or_port(-1, AT_FDCWD, path, mode_flags(mode));
	FILE *stream;

	if (fd >= 0 && fd != number && number >= 0) {
		REAL(dup2)(fd, number);
		REAL(close)(fd);
		fd = number;
	}
	stream = fd < 0 ? NULL : stream_of(fd, mode);
	if (!stream)
		return NULL;
	standard[i].own = *standard[i].variable;
	*standard[i].variable = stream;
	return stream;
}

#define DEFINE_FREOPEN(name)                                                \
	EXPORT FILE *name(const char *path, const char *mode, FILE *stream) \
	{                                                                   \
		size_t i = find_standard(stream);                           \
		int number = i < STANDARDS ? fileno(stream) : -1;           \
		FILE *ret = REAL(name)(path, mode, put_back(i, stream));    \
                                                                            \
		if (ret || i == STANDARDS || !path)                         \
			return ret;                                         \
		return or_reopened(i, number, path, mode);                  \
	}

DEFINE_FREOPEN(freopen)
DEFINE_FREOPEN(freopen64)
