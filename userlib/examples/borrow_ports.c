// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Use ports that lend_ports.c lends. The program may be in a sandbox that has no /dev,
 * no capability and next to no system call: all it needs is the socket, descriptor 3.
 *
 *	lend_ports 0x378 3 bwrap ... borrow_ports 0x55
 *
 * writes 0x55 to the first port that was lent and tells what it reads there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libioport.h>

#define SOCKET_FD 3

static int receive_fd(int sock)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header;
	int fd;

	if (recvmsg(sock, &message, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS) {
		errno = EBADMSG;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(header), sizeof(int));
	return fd;
}

/* What was lent is the limit of the open file. */
static int lent(struct ioport *io, uint32_t *first, uint32_t *count)
{
	struct ioport_portmap map;

	if (ioport_get_map(io, IOPORT_WHICH_LIMIT, &map))
		return -1;
	if (ioport_portmap_next(&map, 0, first, count))
		return 0;
	errno = EACCES;
	return -1;
}

static int use(struct ioport *io, uint16_t port, uint8_t value)
{
	uint8_t got;

	if (ioport_out8(io, port, value) || ioport_in8(io, port, &got))
		return -1;
	printf("0x%04x: 0x%02x\n", port, got);
	return 0;
}

int main(int argc, char **argv)
{
	uint8_t value = argc > 1 ? (uint8_t)strtoul(argv[1], NULL, 0) : 0x55;
	uint32_t first = 0, count = 0;
	struct ioport *io;
	char why[256];
	int fd;

	fd = receive_fd(SOCKET_FD);
	io = fd < 0 ? NULL : ioport_new_from_fd(fd, 0);
	if (!io) {
		fprintf(stderr, "borrow_ports: no ports came: %s\n", strerror(errno));
		return 1;
	}
	/* GRANT is for speed: where it is refused, each access is a system call. */
	if (!lent(io, &first, &count) && (ioport_grant(io, first, count, 0) || 1) &&
	    !use(io, (uint16_t)first, value)) {
		ioport_close(io);
		return 0;
	}
	ioport_explain(io, errno, IOPORT_READ | IOPORT_WRITE, first, count, why, sizeof(why));
	fprintf(stderr, "borrow_ports: %s\n", why);
	return 1;
}
