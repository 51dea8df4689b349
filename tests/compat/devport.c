// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells what /dev/port does. The ports are the parallel port's, and beyond the
 * last. Built with _FORTIFY_SOURCE and 64-bit offsets as well.
 */
#include "trace.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static char *program;

/* By their names: with 64-bit offsets the headers take others. */
int plain_open(const char *path, int flags, ...) __asm__("open");
int plain_openat(int dir, const char *path, int flags, ...) __asm__("openat");
int plain_creat(const char *path, mode_t mode) __asm__("creat");
long plain_lseek(int fd, long offset, int whence) __asm__("lseek");
ssize_t plain_pread(int fd, void *buffer, size_t count, long at) __asm__("pread");
ssize_t plain_pwrite(int fd, const void *buffer, size_t count, long at) __asm__("pwrite");
FILE *plain_fopen(const char *path, const char *mode) __asm__("fopen");

static void bytes(const char *text, const uint8_t *buffer, int count)
{
	printf("%16s:", text);
	for (int i = 0; i < count; i++)
		printf(" %02x", buffer[i]);
	printf("\n");
}

static void transfers(int fd)
{
	uint8_t buffer[64] = { 0x5a, 0x00 }, more[4] = { 0 };
	struct iovec pieces[] = { { buffer, 1 }, { more, 2 } };
	volatile size_t count;

	TELL(pwrite(fd, buffer, 1, 0x378));
	memset(buffer, 0x11, sizeof(buffer));
	TELL(pread(fd, buffer, 3, 0x378));
	bytes("pread", buffer, 4);
	TELL(lseek(fd, 0x378, SEEK_SET));
	TELL(read(fd, buffer, 3));
	bytes("read", buffer, 4);
	TELL(lseek(fd, 0, SEEK_CUR));
	TELL(lseek(fd, -3, SEEK_CUR));
	TELL(write(fd, "\xc3", 1));
	TELL(read(fd, buffer, 2));
	bytes("read", buffer, 2);
	TELL(lseek(fd, 0x378, SEEK_SET));
	TELL(read(fd, buffer, 1));
	bytes("read", buffer, 1);
	TELL(read(fd, buffer, 0));
	TELL(write(fd, buffer, 0));
	TELL(lseek(fd, 0x378, SEEK_SET));
	memset(buffer, 0, 3);
	TELL(readv(fd, pieces, 2));
	bytes("readv", buffer, 1);
	bytes("readv", more, 2);
	TELL(lseek(fd, 0x3f8 - 0x80, SEEK_SET));
	buffer[0] = 0x77;
	TELL(writev(fd, pieces, 1));
	TELL(lseek(fd, 0, SEEK_CUR));
	TELL(pread(fd, buffer, 1, 0x378));
	bytes("pread", buffer, 1);

	TELL(lseek(fd, 0, SEEK_END));
	TELL(lseek(fd, -1, SEEK_SET));
	TELL(lseek(fd, 65530, SEEK_SET));
	memset(buffer, 0, sizeof(buffer));
	count = sizeof(buffer);
	TELL(read(fd, buffer, count));
	bytes("read", buffer, 8);
	TELL(read(fd, buffer, count));
	TELL(write(fd, buffer, 4));
	TELL(lseek(fd, 0, SEEK_CUR));
	TELL(pread(fd, buffer, count, 65535));
	TELL(pread(fd, buffer, 1, 65536));
	TELL(pwrite(fd, buffer, 1, 65536));
	TELL(pread(fd, buffer, 1, -1));
	TELL(lseek(fd, 0x20000, SEEK_SET));
	TELL(read(fd, buffer, 1));
	TELL(lseek(fd, 0x379, SEEK_SET));
	TELL(read(fd, BAD_POINTER, 2));
	TELL(write(fd, BAD_POINTER, 2));
	TELL(lseek(fd, 0, SEEK_CUR));
}

static void show(int fd, const char *text)
{
	uint8_t buffer[3] = { 0 };

	TELL(lseek(fd, 0x378, SEEK_SET));
	TELL(read(fd, buffer, 3));
	bytes(text, buffer, 3);
}

static long child(void *fd)
{
	show(*(int *)fd, "child");
	return 0;
}

static long executed(void *fd)
{
	dup2(*(int *)fd, 5);
	execl(program, program, "5", (char *)NULL);
	return 99;
}

static void copies(int fd)
{
	int other = dup(fd);

	show(other, "dup");
	TELL(lseek(fd, 0, SEEK_CUR));
	TELL(dup2(fd, 40));
	show(40, "dup2");
	close(40);
	close(other);
	other = fcntl(fd, F_DUPFD, 30);
	show(other, "F_DUPFD");
	close(other);
	TELL(fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND));
	show(fd, "F_SETFL");
	TELL(fcntl(fd, F_SETFL, 0));
	TELL(fcntl(fd, F_GETFL) & O_ACCMODE);
	show(fd, "F_SETFL");
	TELL(child_do(child, &fd));
	TELL(child_do(executed, &fd));
}

static void ways(void)
{
	uint8_t byte = 0x3c;
	int fd, dir;

	TELL_OPEN(fd, open("/dev/port", O_RDONLY));
	TELL(pwrite(fd, &byte, 1, 0x378));
	TELL(write(fd, &byte, 0));
	show(fd, "O_RDONLY");
	close(fd);
	TELL_OPEN(fd, open64("/dev/port", O_WRONLY | O_CLOEXEC));
	TELL(pread(fd, &byte, 1, 0x378));
	TELL(read(fd, &byte, 0));
	TELL(pwrite(fd, &byte, 1, 0x378));
	close(fd);
	TELL_OPEN(dir, open("/dev", O_RDONLY | O_DIRECTORY));
	TELL_OPEN(fd, openat(dir, "port", O_RDWR));
	show(fd, "openat");
	close(fd);
	TELL_OPEN(fd, openat64(dir, "/dev/../dev/port", O_RDWR | O_SYNC));
	show(fd, "openat64");
	close(fd);
	close(dir);
	TELL_OPEN(fd, creat("/dev/port", 0600));
	TELL(pwrite(fd, &byte, 1, 0x378));
	close(fd);
	TELL_OPEN(fd, open("/dev/port", O_RDWR | O_CREAT, 0600));
	show(fd, "O_CREAT");
	close(fd);
	TELL_OPEN(fd, open("/dev/port", O_RDWR | O_CREAT | O_EXCL, 0600));
	TELL_OPEN(fd, open("/dev/port", O_RDWR | O_DIRECTORY));
	TELL_OPEN(fd, open("/dev/port/x", O_RDWR));
	TELL_OPEN(fd, open("/dev/null", O_RDWR));
	TELL(read(fd, &byte, 1));
	TELL(write(fd, &byte, 1));
	close(fd);
	TELL_OPEN(fd, open("/dev/portx", O_RDWR));
}

static void streams(void)
{
	uint8_t buffer[4] = { 0 };
	FILE *stream = fopen("/dev/port", "r+b");

	printf("fopen: %s\n", stream ? "ok" : strerror(errno));
	if (!stream)
		return;
	TELL(fileno(stream) >= 0);
	TELL(fseek(stream, 0x378, SEEK_SET));
	TELL(fputc(0xa5, stream));
	TELL(fflush(stream));
	TELL(fseek(stream, 0x378, SEEK_SET));
	TELL(fgetc(stream));
	TELL(fgetc(stream));
	TELL(ftell(stream));
	TELL(fseek(stream, 0x378, SEEK_SET));
	TELL(fread(buffer, 1, 3, stream));
	bytes("fread", buffer, 3);
	TELL(fclose(stream));
	stream = fopen64("/dev/port", "r");
	TELL(stream != NULL);
	TELL(fseek(stream, 65534, SEEK_SET));
	TELL(fread(buffer, 1, 4, stream));
	TELL(feof(stream) != 0);
	TELL(fputc(1, stream));
	TELL(fclose(stream));
}

/* By a descriptor that is open already, and in the place of standard input. */
static void other_streams(void)
{
	uint8_t buffer[4] = { 0 };
	FILE *stream;
	int fd;

	TELL_OPEN(fd, open("/dev/port", O_RDONLY));
	TELL(fdopen(fd, "r+") != NULL);
	TELL(fdopen(fd, "x") != NULL);
	stream = fdopen(fd, "r");
	TELL(stream != NULL);
	if (!stream)
		return;
	TELL(fseek(stream, 0x378, SEEK_SET));
	TELL(fread(buffer, 1, 3, stream));
	bytes("fdopen", buffer, 3);
	TELL(fclose(stream));
	TELL(close(fd));
	stream = freopen("/dev/port", "r+", stdin);
	TELL(stream != NULL && stream == stdin);
	if (!stream)
		return;
	TELL(fileno(stdin));
	TELL(fseek(stdin, 0x378, SEEK_SET));
	TELL(fputc(0x4b, stdin));
	TELL(fseek(stdin, 0x378, SEEK_SET));
	TELL(getchar());
	TELL(fread(buffer, 1, 3, stdin));
	bytes("freopen", buffer, 3);
	TELL(freopen("/dev/null", "r", stdin) == stdin);
	TELL(fileno(stdin));
	TELL(getchar());
}

static void access_calls(void)
{
	static const int how[] = { F_OK, R_OK, W_OK, R_OK | W_OK, X_OK, R_OK | X_OK };
	int dir = open("/dev", O_RDONLY | O_DIRECTORY);

	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		printf("how %d\n", how[i]);
		TELL(access("/dev/port", how[i]));
		TELL(euidaccess("/dev/port", how[i]));
		TELL(eaccess("/dev/port", how[i]));
		TELL(faccessat(dir, "port", how[i], 0));
		TELL(faccessat(dir, "../dev/port", how[i], AT_EACCESS));
	}
	TELL(access("/dev/portx", R_OK));
	TELL(access("/dev/port/x", R_OK));
	TELL(access("/dev/port", 64));
	close(dir);
}

/* What /dev/port has no function for, and positions far off. */
static void other_calls(void)
{
	uint8_t byte = 0x2d, more[2] = { 0 };
	struct iovec pieces[] = { { &byte, 1 }, { more, 2 } };
	struct pollfd ready = { .events = POLLIN | POLLOUT };
	int fd;

	TELL_OPEN(fd, open("/dev/port", O_RDWR));
	TELL(pwritev(fd, pieces, 1, 0x378));
	byte = 0;
	TELL(preadv(fd, pieces, 2, 0x378));
	bytes("preadv", &byte, 1);
	bytes("preadv", more, 2);
	TELL(preadv(fd, pieces, 2, 65534));
	TELL(preadv(fd, pieces, 2, -1));
	TELL(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0);
	ready.fd = fd;
	TELL(poll(&ready, 1, 0));
	TELL(ready.revents);
	TELL(ftruncate(fd, 0));
	TELL(fsync(fd));
	TELL(ioctl(fd, 0x5401, &byte));
	TELL(isatty(fd));
	TELL(sendfile(1, fd, NULL, 1));
	TELL(lseek(fd, -4095, SEEK_SET));
	TELL(lseek(fd, -4096, SEEK_SET));
	TELL(lseek(fd, 0, SEEK_SET));
	TELL(lseek(fd, 1, SEEK_DATA));
	close(fd);
}

static void plain(void)
{
	uint8_t buffer[3] = { 0x96 };
	FILE *stream;
	int fd;

	TELL_OPEN(fd, plain_open("/dev/port", O_RDWR));
	TELL(plain_pwrite(fd, buffer, 1, 0x378));
	TELL(plain_pread(fd, buffer, 3, 0x378));
	bytes("pread", buffer, 3);
	TELL(plain_lseek(fd, 0x377, SEEK_SET));
	TELL(plain_lseek(fd, 1, SEEK_CUR));
	TELL(plain_lseek(fd, 1, SEEK_END));
	TELL(plain_pread(fd, buffer, 1, -1));
	close(fd);
	TELL_OPEN(fd, plain_openat(AT_FDCWD, "/dev/port", O_RDWR));
	show(fd, "openat");
	close(fd);
	TELL_OPEN(fd, plain_creat("/dev/port", 0600));
	TELL(plain_pwrite(fd, buffer, 1, 0x378));
	close(fd);
	stream = plain_fopen("/dev/port", "re");
	TELL(stream != NULL);
	if (!stream)
		return;
	TELL(fseek(stream, 0x378, SEEK_SET));
	TELL(fread(buffer, 1, 3, stream));
	bytes("fread", buffer, 3);
	TELL(fclose(stream));
}

int main(int argc, char **argv)
{
	int fd;

	program = argv[0];
	if (argc > 1)
		return show(atoi(argv[1]), "executed"), 0;
	TELL_OPEN(fd, open("/dev/port", O_RDWR));
	transfers(fd);
	copies(fd);
	close(fd);
	ways();
	streams();
	access_calls();
	other_calls();
	plain();
	other_streams();
	return 0;
}
