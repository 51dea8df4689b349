// SPDX-License-Identifier: GPL-2.0-only
/*
 * What keeps the open file alive, and what ends it. While anything refers to it,
 * its ports stay open for who is attached, also if no process has a descriptor;
 * when the last reference goes, they close for everybody. What only looks like a
 * reference keeps nothing. Run as an ordinary user who may use the device, with the
 * default policy.
 *
 * The calling thread and a child, which has no descriptor, are attached.
 */
#include "access.h"
#include "uring.h"

#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

static int fd;
static struct {
	pid_t pid;
	int to, from;
} child;

/* Looks whenever it is asked, and ends when nobody can ask any more. */
static void child_main(int ask, int answer)
{
	char c;

	close(fd);
	while (read(ask, &c, 1) == 1) {
		c = can_in(LPT, 1);
		if (write(answer, &c, 1) != 1)
			break;
	}
	_exit(0);
}

static void child_start(void)
{
	int ask[2], answer[2];

	if (pipe2(ask, O_CLOEXEC) || pipe2(answer, O_CLOEXEC))
		bail("pipe");
	fflush(stdout);
	child.pid = fork();
	if (!child.pid) {
		close(ask[1]);
		close(answer[0]);
		child_main(ask[0], answer[1]);
	}
	if (child.pid < 0)
		bail("fork");
	close(ask[0]);
	close(answer[1]);
	child.to = ask[1];
	child.from = answer[0];
}

static void child_end(void)
{
	close(child.to);
	close(child.from);
	waitpid(child.pid, NULL, 0);
}

static int child_can(void)
{
	char c = 0;

	if (write(child.to, &c, 1) != 1 || read(child.from, &c, 1) != 1)
		bail("the child is gone");
	return c;
}

/* How many of the two have the port. */
static int holders(void)
{
	return can_in(LPT, 1) + child_can();
}

/* A new open file with a window; the child inherits the attachment. */
static void begin(void)
{
	fd = dev_open(O_RDWR);
	if (dev_grant(fd, LPT, LPT_COUNT, 0))
		bail("GRANT: %s", strerror(errno));
	child_start();
	if (holders() != 2)
		bail("the window is not open");
}

static void alive(const char *what)
{
	is(holders(), 2, "%s: the ports stay open", what);
}

static void ended(const char *what)
{
	is(holders(), 0, "%s: they have closed for everybody", what);
	child_end();
}

/*
 * Where the kernel lets go in its own time: sockets that nobody can read are found by a
 * collector, which any close of such a socket starts.
 */
static void ended_later(const char *what)
{
	double end = deadline(60);
	int pair[2];

	while (holders() && seconds() < end) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
			bail("socketpair");
		close(pair[0]);
		close(pair[1]);
		usleep(2000);
	}
	ended(what);
}

/* ---- copies of the descriptor ---- */

static void test_dup(void)
{
	int copy[3];

	begin();
	copy[0] = dup(fd);
	copy[1] = dup3(fd, 100, O_CLOEXEC);
	copy[2] = fcntl(fd, F_DUPFD_CLOEXEC, 50);
	close(fd);
	alive("dup()");
	close(copy[0]);
	close(copy[1]);
	alive("one left");
	close(copy[2]);
	ended("the last of them closed");

	begin();
	dup2(STDIN_FILENO, fd);
	ended("dup2() over it");
	close(fd);
}

/* Has the descriptor, and no port. */
static pid_t keeper_of_descriptor(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		dev_detach(fd);
		for (;;)
			pause();
	}
	return pid;
}

static void test_fork(void)
{
	pid_t pid;

	begin();
	pid = keeper_of_descriptor();
	close(fd);
	alive("a child has a copy");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ended("it was killed");
}

static long close_it(void *arg)
{
	return close(*(int *)arg);
}

static long unshare_and_close(void *arg)
{
	return unshare(CLONE_FILES) || close_it(arg);
}

static void test_threads(void)
{
	struct worker w;

	begin();
	worker_start(&w);
	is(worker_do(&w, unshare_and_close, &fd), 0, "a thread with its own table closes it");
	alive("it was not the last");
	worker_stop(&w);
	worker_start(&w);
	is(worker_do(&w, close_it, &fd), 0, "a thread with the same table closes it");
	ended("it was the last");
	worker_stop(&w);
}

/* Runs this program again, which looks for itself, when nobody else has the file any more. */
static int exec_and_look(void)
{
	int closed[2];
	int status;
	pid_t pid;
	char none;

	fflush(stdout);
	if (pipe(closed))
		bail("pipe");
	pid = fork();
	if (!pid) {
		close(child.to);
		close(child.from);
		close(closed[1]);
		if (read(closed[0], &none, 1))
			_exit(98);
		execl("/proc/self/exe", "descriptors", "look", NULL);
		_exit(99);
	}
	close(fd);
	close(closed[1]);
	close(closed[0]);
	if (waitpid(pid, &status, 0) != pid)
		bail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_exec(void)
{
	begin();
	is(exec_and_look(), 0, "exec closes the last descriptor: the new program has no port");
	ended("nor has anybody");

	begin();
	fcntl(fd, F_SETFD, 0);
	is(exec_and_look(), 1, "exec keeps the descriptor: the new program has the port");
	ended("it has ended");
}

/* ---- queued in sockets ---- */

static void send_descriptor(int sock, int what)
{
	char space[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec io = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &io,
			      .msg_iovlen = 1,
			      .msg_control = space,
			      .msg_controllen = sizeof(space) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &what, sizeof(int));
	if (sendmsg(sock, &msg, 0) != 1)
		bail("sendmsg: %s", strerror(errno));
}

static int receive_descriptor(int sock, int flags)
{
	char space[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec io = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &io,
			      .msg_iovlen = 1,
			      .msg_control = space,
			      .msg_controllen = sizeof(space) };
	int what;

	if (recvmsg(sock, &msg, flags) != 1 || !CMSG_FIRSTHDR(&msg))
		bail("recvmsg: %s", strerror(errno));
	memcpy(&what, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return what;
}

/* The child was started before, so it has no end of it. */
static void make_pair(int type, int pair[2])
{
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair))
		bail("socketpair");
}

static void test_received(void)
{
	int pair[2], peeked, got;

	begin();
	make_pair(SOCK_STREAM, pair);
	send_descriptor(pair[0], fd);
	close(fd);
	alive("queued in a socket");
	close(pair[0]);
	alive("the sender has closed");
	peeked = receive_descriptor(pair[1], MSG_PEEK);
	got = receive_descriptor(pair[1], 0);
	close(pair[1]);
	close(got);
	alive("received twice by peeking");
	close(peeked);
	ended("both closed");
}

static void test_unread(int type, const char *name)
{
	int pair[2];

	begin();
	make_pair(type, pair);
	send_descriptor(pair[0], fd);
	close(fd);
	close(pair[0]);
	alive(name);
	close(pair[1]);
	ended_later("the socket closed unread");
}

/* In a connection that was never accepted. */
static void test_unaccepted(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(name);
	int server, client;

	begin();
	server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server, (struct sockaddr *)&name, sizeof(sa_family_t)) || listen(server, 1) ||
	    getsockname(server, (struct sockaddr *)&name, &length) ||
	    connect(client, (struct sockaddr *)&name, length))
		bail("a socket: %s", strerror(errno));
	send_descriptor(client, fd);
	close(fd);
	close(client);
	alive("queued, not accepted");
	close(server);
	ended_later("nobody can accept it any more");
}

/* Each of two sockets is queued in the other, with the file. */
static void test_cycle(void)
{
	int a[2], b[2];

	begin();
	make_pair(SOCK_DGRAM, a);
	make_pair(SOCK_DGRAM, b);
	send_descriptor(a[0], b[1]);
	send_descriptor(b[0], a[1]);
	send_descriptor(a[0], fd);
	close(fd);
	alive("queued in a cycle");
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
	ended_later("nobody can read the cycle any more");
}

/* ---- io_uring, pidfd ---- */

static bool have_uring(void)
{
	struct uring ring;

	if (!uring_open(&ring, 0)) {
		uring_close(&ring);
		return true;
	}
	skip("no io_uring here: %s", strerror(errno));
	return false;
}

static void test_uring(bool unregister)
{
	struct uring ring;

	if (!have_uring())
		return;
	begin();
	if (uring_open(&ring, 0) || uring_register(&ring, IORING_REGISTER_FILES, &fd, 1))
		bail("io_uring: %s", strerror(errno));
	close(fd);
	alive("a fixed file of io_uring");
	if (unregister)
		is(uring_register(&ring, IORING_UNREGISTER_FILES, NULL, 0), 0, "unregistered");
	else
		uring_close(&ring);
	ended_later(unregister ? "after that" : "the ring has closed");
	if (unregister)
		uring_close(&ring);
}

static void test_pidfd(void)
{
	int pidfd, copy;
	pid_t pid;

	begin();
	pid = keeper_of_descriptor();
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	ok(copy >= 0, "a descriptor by pidfd_getfd()");
	close(fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	alive("the process that it was taken from is gone");
	close(copy);
	ended("closed");
	close(pidfd);
}

/* ---- what keeps nothing ---- */

static int reopen(int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

/* Opening it once more by /proc makes a new open file. */
static void test_reopen(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];
	int again;

	begin();
	bits_fill(bits, false);
	bits_open(bits, LPT, LPT_COUNT);
	is(dev_limit(fd, bits), 0, "a limit");
	again = reopen(O_RDWR);
	is(dev_get_map(again, IOPORT_WHICH_FILE, bits), 0, "opened again by /proc");
	is(bits_count(bits), 0, "the new file has no port");
	is(dev_get_map(again, IOPORT_WHICH_THREAD, bits), 0, "and the thread");
	is(bits_count(bits), 0, "has none by it");
	fails(dev_grant(again, LPT, 1, 0), EBUSY, "it is on the other file's map");
	is(dev_revoke(again, 0, IOPORT_PORTS, 0), 0, "REVOKE there");
	alive("closes nothing here");
	close(fd);
	ended("the first file closed");
	is(dev_grant(again, VOID, 1, 0), 0, "the new one has no limit");
	close(again);
}

static void test_path(void)
{
	int path, epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	begin();
	path = reopen(O_PATH);
	ok(path >= 0, "O_PATH");
	fails(dev_grant(path, LPT, 1, 0), EBADF, "it cannot do anything");
	fails(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), EPERM, "epoll");
	ok(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ENODEV,
	   "nor can it be mapped");
	close(fd);
	ended("a path keeps nothing");
	close(path);
	close(epoll);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "look"))
		return can_in(LPT, 1);
	test_dup();
	test_fork();
	test_threads();
	test_exec();
	test_received();
	test_unread(SOCK_STREAM, "queued in a stream");
	test_unread(SOCK_SEQPACKET, "queued in a packet socket");
	test_unaccepted();
	test_cycle();
	test_uring(true);
	test_uring(false);
	test_pidfd();
	test_reopen();
	test_path();
	return done();
}
