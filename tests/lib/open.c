// SPDX-License-Identifier: GPL-2.0-only
/* Opening and closing, and why opening failed. Most of it needs no device. */
#include <fcntl.h>
#include <sys/stat.h>

#include "lib.h"

static void explains(const char *path, int err, const char *want)
{
	char why[512];

	errno = ERANGE;
	ioport_explain_open(path, err, why, sizeof(why));
	is(errno, ERANGE, "explaining %s keeps errno", strerror(err));
	if (!ok(strstr(why, want), "%s for %s is explained by: %s", strerror(err), path, want))
		printf("# got: %s\n", why);
}

static void test_refusals(void)
{
	ok(!ioport_open(1U << 31) && errno == EINVAL, "open: an unknown use is EINVAL");
	ok(!ioport_open_path("/nonexistent/ioport", 0) && errno == ENOENT, "open: ENOENT");
	ok(!ioport_open_path("/dev/null", 0) && errno == ENOTTY, "open: /dev/null is ENOTTY");
	ok(!ioport_new_from_fd(-1, 0) && errno == EBADF, "new_from_fd: -1 is EBADF");
	ok(!ioport_new_from_fd(0, 1U << 31) && errno == EINVAL,
	   "new_from_fd: an unknown use is EINVAL");
	errno = ERANGE;
	ioport_close(NULL);
	is(errno, ERANGE, "close: NULL is nothing");
}

static void test_null_kept(void)
{
	int fd = open("/dev/null", O_RDWR);

	ok(!ioport_new_from_fd(fd, 0) && errno == ENOTTY, "new_from_fd: /dev/null is ENOTTY");
	is(close(fd), 0, "new_from_fd: the refused descriptor is still the caller's");
}

static void test_sentences(void)
{
	char path[] = "/tmp/ioport-open-XXXXXX", why[8];
	int fd = mkstemp(path), len;

	explains("/nonexistent/ioport", ENOENT, "/nonexistent/ioport does not exist");
	explains("/dev/null", ENOENT, "try again");
	explains("/dev/null", ENOTTY, "not a device of ioport");
	explains("/dev/null", ENXIO, "node without a device");
	explains("/dev/null", EPERM, "DeviceAllow=/dev/null");
	explains("/dev/null", EINVAL, "IOPORT_READ");
	explains("/dev/null", EMFILE, "Too many open files");
	explains(path, EACCES, "for its owner only (mode 0600)");
	fchmod(fd, 0660);
	if (getegid())
		explains(path, EACCES, "in spite of its group (mode 0660)");
	unlink(path);
	close(fd);

	len = ioport_explain_open("/dev/null", EMFILE, why, sizeof(why));
	ok(len > 7 && strlen(why) == 7, "a sentence that is too long is cut, and its length told");
	is(ioport_explain_open("/dev/null", EMFILE, why, 1), len, "room for nothing but the end");
	is(why[0], 0, "... which is there");
}

/* A group that the caller is not in; /etc/shadow belongs to one on Debian. */
static void test_group_sentence(void)
{
	struct stat st;

	if (stat("/etc/shadow", &st) || !st.st_gid || st.st_gid == getegid())
		return skip("there is no /etc/shadow of another group");
	explains("/etc/shadow", EACCES, "usermod -aG");
}

static void test_null_handle(void)
{
	char a[512], b[512];

	ioport_explain(NULL, ENOENT, 0, 0, 0, a, sizeof(a));
	ioport_explain_open(IOPORT_DEVICE, ENOENT, b, sizeof(b));
	ok(!strcmp(a, b), "explain: no handle means that " IOPORT_DEVICE " could not be opened");
}

static void test_version(void)
{
	unsigned int major, minor, patch;

	is(sscanf(ioport_version(), "%u.%u.%u", &major, &minor, &patch), 3, "the version is %s",
	   ioport_version());
}

/* --- With the device ------------------------------------------------------- */

static void test_open(void)
{
	struct ioport_info info = { 0 };
	struct ioport *io = must_open(0);
	int fd = ioport_fd(io);

	is(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "open: the descriptor is close-on-exec");
	is(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR, "open: for reading and writing");
	is(ioport_get_info(io, &info), 0, "get_info");
	is(info.ports, IOPORT_PORTS, "get_info: the number of ports");
	is(info.map_bytes, IOPORT_MAP_BYTES, "get_info: the size of a map");
	ok(info.features & IOPORT_FEATURE_MEDIATED, "get_info: mediated access");
	errno = ERANGE;
	ioport_close(io);
	is(errno, ERANGE, "close keeps errno");
	fails(fcntl(fd, F_GETFD), EBADF, "close closes the descriptor");
}

static void test_uses(unsigned int use, int mode)
{
	struct ioport *io = must_open(use);

	is(fcntl(ioport_fd(io), F_GETFL) & O_ACCMODE, mode, "open: the mode for use 0x%x", use);
	ioport_close(io);
}

static void test_modes(void)
{
	struct ioport *io;
	uint8_t value = 7;

	io = must_open(IOPORT_READ);
	is(ioport_in8(io, LATCH, &value), 0, "for reading: in works");
	fails(ioport_out8(io, LATCH, value), EBADF, "for reading: out");
	fails(ioport_grant(io, LATCH, 1, 0), EBADF, "for reading: grant");
	ioport_close(io);
	io = must_open(IOPORT_WRITE);
	value = 7;
	is(ioport_out8(io, LATCH, 0), 0, "for writing: out works");
	fails(ioport_in8(io, LATCH, &value), EBADF, "for writing: in");
	is(value, 7, "for writing: a refused in leaves the value alone");
	ioport_close(io);
}

static void test_from_fd(void)
{
	int fd = open(IOPORT_DEVICE, O_RDONLY);
	struct ioport *io;
	uint8_t value;

	ok(!ioport_new_from_fd(fd, IOPORT_WRITE) && errno == EBADF,
	   "new_from_fd: a use that the mode does not allow is EBADF");
	ok(!ioport_new_from_fd(fd, IOPORT_DIRECT) && errno == EBADF,
	   "new_from_fd: direct access with a descriptor for reading is EBADF");
	io = ioport_new_from_fd(fd, 0);
	if (!ok(io, "new_from_fd"))
		return;
	is(ioport_fd(io), fd, "new_from_fd: the same descriptor");
	is(ioport_in8(io, LATCH, &value), 0, "new_from_fd: in works");
	ioport_close(io);
	fails(fcntl(fd, F_GETFD), EBADF, "new_from_fd: close closes it");
}

int main(void)
{
	test_version();
	test_refusals();
	test_null_kept();
	test_sentences();
	test_group_sentence();
	test_null_handle();
	if (access(IOPORT_DEVICE, R_OK | W_OK)) {
		skip("no access to " IOPORT_DEVICE);
		return done();
	}
	test_open();
	test_uses(0, O_RDWR);
	test_uses(IOPORT_READ, O_RDONLY);
	test_uses(IOPORT_WRITE, O_WRONLY);
	test_uses(IOPORT_READ | IOPORT_WRITE, O_RDWR);
	test_uses(IOPORT_DIRECT, O_RDWR);
	test_modes();
	test_from_fd();
	return done();
}
