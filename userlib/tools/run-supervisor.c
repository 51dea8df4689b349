// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The supervisor of "ioportctl run": holds the open file, and answers what the
 * program asks of the kernel.
 *
 * The filter hands ioperm() and iopl() over to us (seccomp user notification)
 * rather than answer by itself, since a filter can compare arguments with
 * constants only: it could not say whether every port of a range may be had,
 * least of all now that policy and drivers come and go. And so nothing is
 * reserved or open that was not asked for: a program that forgot to ask faults,
 * as it does for root.
 *
 * Where it differs from the kernel: windows opened by system call belong to all
 * threads and processes of the program together, as all of them are attached to the
 * file's one map, and only a thread itself can ask for a map of its own, as
 * libioport-compat has it do in dynamic programs. Turning ports off
 * therefore closes them only where it is sure that nobody else has them: in the
 * first process, while it has one thread, has had no child, and does not ignore
 * SIGCHLD, which would hide one. Elsewhere it succeeds and they stay open; to close
 * them would take them from others, which the kernel never does.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../compat/supervisor.h"
#include "ctl.h"
#include "run.h"
#include "run-calls.h"
#include "run-caller.h"

struct supervisor {
	const struct run *run;
	int listener;
	unsigned int level;	     /* of iopl() */
	struct ioport_portmap asked; /* opened by ioperm() */
	struct history history;	     /* of the program, as it was before it ran */
};

/*
 * Is the caller the only one who has the windows? It waits for our answer, so it
 * cannot make a thread or a child meanwhile.
 */
static bool is_alone(const struct supervisor *s, pid_t caller)
{
	return caller == s->run->program && caller_is_alone(caller, &s->history);
}

/*
 * May it have the device so, as who it is now? What a process has it keeps when it drops
 * its rights, but it gets no more, as by the kernel's calls. While the call stands, its
 * number cannot have come to be another's.
 */
static bool may_have(const struct supervisor *s, const struct seccomp_notif *call, mode_t access)
{
	return caller_may_open((pid_t)call->pid, device_path(), access) &&
	       !ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id);
}

/* Ports take both. */
static bool may_have_ports(const struct supervisor *s, const struct seccomp_notif *call)
{
	return may_have(s, call, CALLER_READ | CALLER_WRITE);
}

/* As the kernel would refuse it: it knows no policy and no drivers. */
static int refusal(int err)
{
	return err == ENOMEM ? ENOMEM : EPERM;
}

static int open_ports(struct supervisor *s, uint32_t first, uint32_t count,
		      const struct seccomp_notif *call)
{
	if (!s->run->io)
		return s->run->refusal;
	if (!may_have_ports(s, call))
		return EPERM;
	if (ioport_grant(s->run->io, first, count, 0))
		return refusal(errno);
	ioport_portmap_open(&s->asked, first, count);
	return 0;
}

/* iopl(3) has everything open whatever ioperm() does. */
static int close_ports(struct supervisor *s, uint32_t first, uint32_t count, pid_t caller)
{
	if (!s->run->io || !is_alone(s, caller))
		return 0;
	ioport_portmap_close(&s->asked, first, count);
	if (s->level < 3)
		ioport_revoke(s->run->io, first, count, 0);
	return 0;
}

/* In the kernel's order: a bad range is told to those without the right, too. */
static int answer_ioperm(struct supervisor *s, const struct seccomp_notif *call)
{
	uint64_t first = call->data.args[0], count = call->data.args[1];

	if (first + count <= first || first + count > IOPORT_PORTS)
		return EINVAL;
	/* An int to the kernel: the upper half of the register means nothing. */
	if ((uint32_t)call->data.args[2])
		return open_ports(s, first, count, call);
	return close_ports(s, first, count, call->pid);
}

/* The ports of a run that can be used now; busy ones are left out. */
static unsigned int add_usable(struct ioport *io, uint32_t first, uint32_t count,
			       struct ioport_portmap *map)
{
	uint32_t end = first + count, bad;
	unsigned int usable = 0;

	for (; first < end; first = bad + 1) {
		if (ioport_check(io, first, end - first, IOPORT_DIRECT, &bad, NULL))
			break;
		if (bad > first)
			ioport_portmap_open(map, first, bad - first);
		usable += bad - first;
	}
	return usable;
}

/* What policy and --ports allow and no driver holds; returns how many ports. */
static unsigned int find_usable(struct ioport *io, struct ioport_portmap *map)
{
	struct ioport_portmap may, limit;
	uint32_t at, first, count;
	unsigned int usable = 0;

	ioport_portmap_close_all(map);
	if (ioport_get_map(io, IOPORT_WHICH_POLICY, &may) ||
	    ioport_get_map(io, IOPORT_WHICH_LIMIT, &limit))
		return 0;
	for (at = 0; at < IOPORT_MAP_BYTES; at++)
		may.bytes[at] |= limit.bytes[at];
	for (at = 0; ioport_portmap_next(&may, at, &first, &count); at = first + count)
		usable += add_usable(io, first, count, map);
	return usable;
}

static int grant_map(struct ioport *io, const struct ioport_portmap *map)
{
	uint32_t at, first, count;

	for (at = 0; ioport_portmap_next(map, at, &first, &count); at = first + count)
		if (ioport_grant(io, first, count, 0))
			return refusal(errno);
	return 0;
}

static int raise_level(struct supervisor *s, unsigned int level, const struct seccomp_notif *call)
{
	struct ioport_portmap usable;
	unsigned int ports;
	int err = 0;

	if (!s->run->io)
		return s->run->refusal;
	if (!may_have_ports(s, call))
		return EPERM;
	ports = find_usable(s->run->io, &usable);
	if (!ports || (s->run->strict && ports < IOPORT_PORTS))
		return EPERM;
	if (level == 3)
		err = grant_map(s->run->io, &usable);
	if (!err)
		s->level = level;
	return err;
}

/* What ioperm() has opened stays. */
static int lower_level(struct supervisor *s, unsigned int level, pid_t caller)
{
	struct ioport_portmap rest;
	uint32_t at, first, count;

	if (!is_alone(s, caller))
		return 0;
	if (s->level == 3 && s->run->io) {
		for (at = 0; at < IOPORT_MAP_BYTES; at++)
			rest.bytes[at] = ~s->asked.bytes[at];
		for (at = 0; ioport_portmap_next(&rest, at, &first, &count); at = first + count)
			ioport_revoke(s->run->io, first, count, 0);
	}
	s->level = level;
	return 0;
}

/* --- What libioport-compat asks for ------------------------------------------ */

/* A descriptor for the caller, as compat/supervisor.h has it; 0 where there is none. */
static int64_t give(const struct supervisor *s, uint64_t id, int fd, unsigned int flags)
{
	struct seccomp_notif_addfd add = { .id = id,
					   .srcfd = (uint32_t)fd,
					   .newfd_flags = flags & O_CLOEXEC };
	int given = ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	return given < 0 ? 0 : (int64_t)given + 1;
}

/* A file of its own: it has a position, and is open for reading or writing only. */
static int64_t give_dev_port(const struct supervisor *s, uint64_t id, unsigned int flags)
{
	const unsigned int passed =
		O_ACCMODE | O_CLOEXEC | O_NONBLOCK | O_APPEND | O_SYNC | O_NOFOLLOW;
	struct ioport_map limit = { .map = (uintptr_t)s->run->limit };
	int64_t given = 0;
	int fd;

	if (flags & ~passed)
		return 0;
	fd = open(device_path(), (int)flags | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (!s->run->limit || !ioctl(fd, IOPORT_IOC_LIMIT, &limit))
		given = give(s, id, fd, flags);
	close(fd);
	return given;
}

/* What open() with these flags asks the file's mode for. */
static mode_t access_of(unsigned int flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return CALLER_READ;
	case O_WRONLY:
		return CALLER_WRITE;
	default:
		return CALLER_READ | CALLER_WRITE;
	}
}

static int64_t answer_library(const struct supervisor *s, const struct seccomp_notif *call)
{
	unsigned int flags = (uint32_t)call->data.args[2];
	int64_t given = 0;

	if (call->data.args[1] == SUPERVISOR_PORTS && s->run->io && may_have_ports(s, call))
		given = give(s, call->id, ioport_fd(s->run->io), O_CLOEXEC);
	else if (call->data.args[1] == SUPERVISOR_DEV_PORT && may_have(s, call, access_of(flags)))
		given = give_dev_port(s, call->id, flags);
	return given && s->run->strict ? given | SUPERVISOR_STRICT : given;
}

/* --- The calls ---------------------------------------------------------------- */

static int answer_iopl(struct supervisor *s, const struct seccomp_notif *call)
{
	unsigned int level = call->data.args[0];

	if (level > 3)
		return EINVAL;
	if (level > s->level)
		return raise_level(s, level, call);
	return level < s->level ? lower_level(s, level, call->pid) : 0;
}

static void answer(struct supervisor *s, const struct seccomp_notif *call,
		   struct seccomp_notif_resp *reply)
{
	unsigned int number = call->data.nr & ~RUN_X32_BIT;

	if (number == (call->data.arch == AUDIT_ARCH_I386 ? RUN_IOPERM_32 : RUN_IOPERM_64))
		reply->error = -answer_ioperm(s, call);
	else if ((uint32_t)call->data.args[0] == SUPERVISOR_ASK)
		reply->val = answer_library(s, call);
	else
		reply->error = -answer_iopl(s, call);
}

/*
 * One call. A caller that a signal took away meanwhile (ENOENT) comes again, or
 * never: what was opened for it was its to have.
 */
static void serve_one(struct supervisor *s, struct seccomp_notif *call, size_t call_size,
		      struct seccomp_notif_resp *reply, size_t reply_size)
{
	memset(call, 0, call_size);
	if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, call))
		return;
	memset(reply, 0, reply_size);
	reply->id = call->id;
	answer(s, call, reply);
	ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, reply);
}

/* A kernel may have longer structures than we were built with. */
static size_t room(size_t ours, size_t kernels)
{
	return ours > kernels ? ours : kernels;
}

/* The listener hangs up when nobody is left who goes through the filter. */
static void serve(struct supervisor *s)
{
	struct pollfd wait = { .fd = s->listener, .events = POLLIN };
	struct seccomp_notif_sizes sizes;
	struct seccomp_notif_resp *reply;
	struct seccomp_notif *call;
	size_t call_size, reply_size;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		return;
	call_size = room(sizeof(*call), sizes.seccomp_notif);
	reply_size = room(sizeof(*reply), sizes.seccomp_notif_resp);
	call = malloc(call_size);
	reply = malloc(reply_size);
	while (call && reply && poll(&wait, 1, -1) >= 0 && !(wait.revents & (POLLHUP | POLLERR)))
		serve_one(s, call, call_size, reply, reply_size);
	free(call);
	free(reply);
}

static int receive_listener(int from)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &data,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *head;
	int fd = -1;

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	head = CMSG_FIRSTHDR(&msg);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static void close_between(unsigned int first, unsigned int end)
{
	if (first < end)
		syscall(__NR_close_range, first, end - 1, 0);
}

/*
 * Nothing of the program's is held by us: not its pipes, whose other end would
 * wait for us, nor its terminal, its directory, or its signals. A service manager
 * that ends the program by a signal to all must not take its ports away before it
 * is done with them. SIGKILL does.
 */
static void stand_aside(const struct run *run)
{
	unsigned int io = run->io ? ioport_fd(run->io) : 0, sock = run->socket;
	unsigned int low = io < sock ? io : sock, high = io < sock ? sock : io;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	close_between(3, low);
	close_between(low < 3 ? 3 : low + 1, high);
	close_between(high + 1, ~0U);
	setsid();
	if (chdir("/"))
		return;
	prctl(PR_SET_NAME, "ioport-run");
}

void run_supervise(struct run *run)
{
	static struct supervisor s;

	stand_aside(run);
	s.run = run;
	ioport_portmap_close_all(&s.asked);
	s.listener = receive_listener(run->socket);
	if (s.listener < 0)
		return;
	/* The program waits for us to hang up: it has done nothing as yet. */
	read_history(run->program, &s.history);
	close(run->socket);
	serve(&s);
}
