// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lend ports to a program that may have nothing else: open the device, narrow the open
 * file for good, hand its descriptor over a Unix socket, and take the ports back.
 *
 *	lend_ports 0x378 3 bwrap ... borrow_ports
 *
 * COMMAND has the socket as its descriptor 3 (see borrow_ports.c). It needs neither the
 * device's file nor its group. It loses the ports when it ends, and before that when
 * this program gets a SIGTERM or SIGINT: then what is narrowed to nothing here is
 * narrowed to nothing there, whatever the borrower does.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libioport.h>

#define SOCKET_FD 3

static uint32_t number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (*end || end == text || value > IOPORT_PORTS) {
		fprintf(stderr, "lend_ports: '%s' is not a number from 0 to 0x10000\n", text);
		exit(2);
	}
	return (uint32_t)value;
}

/* Does not return where one of them fails. */
static struct ioport *open_narrow(uint32_t first, uint32_t count)
{
	struct ioport *io = ioport_open(0);
	struct ioport_portmap map;
	char why[256];

	ioport_portmap_close_all(&map);
	if (io && !ioport_portmap_open(&map, first, count) && !ioport_limit(io, &map))
		return io;
	ioport_explain(io, errno, 0, first, count, why, sizeof(why));
	fprintf(stderr, "lend_ports: %s\n", why);
	exit(1);
}

/* A descriptor goes as ancillary data, beside one byte of real data. */
static int send_fd(int sock, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec byte = { .iov_base = "p", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(sock, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* Everything here is close-on-exec but the copy that the command is to have. */
static void start(int sock, char **command, const sigset_t *mask)
{
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (sock == SOCKET_FD ? fcntl(sock, F_SETFD, 0) : dup2(sock, SOCKET_FD) < 0)
		perror("lend_ports: the socket");
	execvp(command[0], command);
	fprintf(stderr, "lend_ports: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

/* The signals are blocked, so that none can come between two looks. */
static int wait_and_take_back(pid_t pid, struct ioport *io, const sigset_t *signals)
{
	struct ioport_portmap none;
	int status, sig;

	ioport_portmap_close_all(&none);
	do {
		sigwait(signals, &sig);
		if (sig != SIGCHLD && ioport_limit(io, &none))
			perror("lend_ports: the ports cannot be taken back");
	} while (waitpid(pid, &status, WNOHANG) != pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	sigset_t signals, before;
	struct ioport *io;
	int sockets[2];
	pid_t pid;

	if (argc < 4) {
		fprintf(stderr, "usage: lend_ports FIRST COUNT COMMAND [ARGUMENT]...\n");
		return 2;
	}
	io = open_narrow(number(argv[1]), number(argv[2]));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) {
		perror("lend_ports: socketpair");
		return 1;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (!pid)
		start(sockets[1], argv + 3, &before);
	close(sockets[1]);
	if (pid < 0 || send_fd(sockets[0], ioport_fd(io))) {
		perror("lend_ports");
		return 1;
	}
	return wait_and_take_back(pid, io, &signals);
}
