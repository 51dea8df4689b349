// SPDX-License-Identifier: LGPL-2.1-or-later
/* Opening and closing, and questions that change nothing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "handle.h"

const char *ioport_version(void)
{
	return IOPORT_VERSION;
}

/* What a descriptor opened with this mode can be used for. */
static unsigned int uses_of_mode(int mode)
{
	switch (mode & O_ACCMODE) {
	case O_RDONLY:
		return IOPORT_READ;
	case O_WRONLY:
		return IOPORT_WRITE;
	case O_RDWR:
		return ALL_USES;
	}
	return 0;
}

static int mode_for_uses(unsigned int use)
{
	if (use == IOPORT_READ)
		return O_RDONLY;
	return use == IOPORT_WRITE ? O_WRONLY : O_RDWR;
}

static int check_fd(int fd, unsigned int *use)
{
	struct ioport_info info;
	int mode = fcntl(fd, F_GETFL);
	unsigned int able;

	if (mode < 0 || ioctl(fd, IOPORT_IOC_GET_INFO, &info))
		return -1;
	able = uses_of_mode(mode);
	if (!*use)
		*use = able;
	if (!(*use & ~able))
		return 0;
	errno = EBADF;
	return -1;
}

struct ioport *ioport_new_from_fd(int fd, unsigned int use)
{
	struct ioport *io;

	if (use & ~ALL_USES) {
		errno = EINVAL;
		return NULL;
	}
	if (check_fd(fd, &use))
		return NULL;
	io = calloc(1, sizeof(*io));
	if (!io)
		return NULL;
	io->fd = fd;
	io->use = use;
	if (direct_init(io)) {
		free(io);
		return NULL;
	}
	return io;
}

struct ioport *ioport_open_path(const char *path, unsigned int use)
{
	struct ioport *io;
	int fd, err;

	if (use & ~ALL_USES) {
		errno = EINVAL;
		return NULL;
	}
	if (!use)
		use = ALL_USES;
	fd = open(path, mode_for_uses(use) | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return NULL;
	io = ioport_new_from_fd(fd, use);
	if (!io) {
		err = errno;
		close(fd);
		errno = err;
	}
	return io;
}

struct ioport *ioport_open(unsigned int use)
{
	return ioport_open_path(IOPORT_DEVICE, use);
}

/* A name with a slash in it could lead to anywhere. */
struct ioport *ioport_open_window(const char *name, unsigned int use)
{
	char path[sizeof(IOPORT_WINDOW_PREFIX) + NAME_MAX];
	size_t len = strlen(name);

	if (!len || len > NAME_MAX - strlen("ioport-") || strchr(name, '/')) {
		errno = ENOENT;
		return NULL;
	}
	memcpy(path, IOPORT_WINDOW_PREFIX, strlen(IOPORT_WINDOW_PREFIX));
	memcpy(path + strlen(IOPORT_WINDOW_PREFIX), name, len + 1);
	return ioport_open_path(path, use);
}

void ioport_close(struct ioport *io)
{
	int err = errno;

	if (!io)
		return;
	direct_exit(io);
	close(io->fd);
	free(io);
	errno = err;
}

int ioport_fd(const struct ioport *io)
{
	return io->fd;
}

int ioport_get_info(struct ioport *io, struct ioport_info *info)
{
	return ioctl(io->fd, IOPORT_IOC_GET_INFO, info);
}

int ioport_check(struct ioport *io, uint32_t first, uint32_t count, unsigned int use,
		 uint32_t *port, enum ioport_reason *reason)
{
	struct ioport_check check = { .first = first, .count = count, .flags = use };

	if (ioctl(io->fd, IOPORT_IOC_CHECK, &check))
		return -1;
	if (port)
		*port = check.port;
	if (reason)
		*reason = (enum ioport_reason)check.reason;
	return 0;
}
