// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells what ioperm() and iopl() do, in this thread, in others, in children, after
 * exec, and after giving up the right to them. Run with all ports allowed.
 */
#include "trace.h"

#include <sys/io.h>
#include <sys/syscall.h>
#include <threads.h>

static char *program;

/* Which ports can be read here and now, by which widths. */
static long ports(void *who)
{
	static const uint16_t wanted[] = { 0x80,  0x277, 0x278, 0x279, 0x27f,  0x280,
					   0x378, 0x379, 0x37a, 0x3bc, 0x1000, 0xfffe };

	printf("%16s:", (char *)who);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		printf(" %x=%d%d", wanted[i], can_in(wanted[i], 1), can_in(wanted[i], 2));
	printf("\n");
	fflush(stdout);
	return 0;
}

static void here(void)
{
	ports("here");
}

static void clear(void)
{
	ioperm(0, 65536, 0);
	iopl(0);
}

static void head(const char *text)
{
	clear();
	printf("-- %s\n", text);
	here();
}

static void bad_arguments(void)
{
	TELL(ioperm(0, 0, 1));
	TELL(ioperm(0, 0, 0));
	TELL(ioperm(65536, 1, 1));
	TELL(ioperm(65535, 2, 1));
	TELL(ioperm(65535, 2, 0));
	TELL(ioperm(0, 65537, 1));
	TELL(ioperm(-1UL, 1, 1));
	TELL(ioperm(-1UL, 2, 1));
	TELL(ioperm(2, -1UL, 1));
	TELL(iopl(4));
	TELL(iopl(-1));
	here();
}

static void ranges(void)
{
	head("ranges, truth values");
	TELL(ioperm(0x378, 3, 3));
	here();
	TELL(ioperm(0x278, 8, 255));
	TELL(ioperm(0x3bc, 1, -1));
	here();
	TELL(ioperm(0x379, 1, 0));
	here();
	TELL(ioperm(0x1000, 16, 0));
	TELL(ioperm(0x279, 0x100, 1));
	here();
	TELL(ioperm(0, 65536, 1));
	here();
	TELL(ioperm(0x278, 8, 0));
	here();
	TELL(ioperm(0, 65536, 0));
	here();
	TELL(ioperm(65535, 1, 1));
	TELL(ioperm(65534, 1, 1));
	here();
	TELL(syscall(SYS_ioperm, 0x378, 3, 1));
	here();
	TELL(syscall(SYS_ioperm, 0x379, 1, 0));
	TELL(syscall(SYS_ioperm, 65535, 2, 1));
	here();
}

static long thread_changes(void *arg)
{
	(void)arg;
	TELL(ioperm(0x3bc, 1, 1));
	TELL(ioperm(0x378, 1, 0));
	return ports("it, afterwards");
}

static void threads(struct worker *older)
{
	struct worker younger, third;

	head("threads");
	TELL(ioperm(0x378, 3, 1));
	worker_do(older, ports, "older");
	worker_start(&younger);
	worker_do(&younger, ports, "younger");
	worker_do(&younger, thread_changes, NULL);
	here();
	TELL(ioperm(0x279, 1, 1));
	worker_do(&younger, ports, "younger");
	worker_do(older, thread_changes, NULL);
	here();
	worker_start(&third);
	worker_do(&third, ports, "third");
	clear();
	worker_do(&third, ports, "third");
	worker_do(&younger, ports, "younger");
	worker_stop(&third);
	worker_stop(&younger);
}

static long child_changes(void *arg)
{
	ports("child");
	thread_changes(arg);
	child_do(ports, "grandchild");
	return 7;
}

static void children(void)
{
	struct worker other;
	int go[2];
	pid_t pid;
	char c;

	head("children");
	TELL(ioperm(0x378, 3, 1));
	TELL(child_do(child_changes, NULL));
	here();
	if (pipe(go))
		bail("pipe");
	pid = fork();
	if (!pid) {
		close(go[1]);
		_exit(read(go[0], &c, 1) != 0 || ports("child") || thread_changes(NULL));
	}
	clear();
	here();
	close(go[0]);
	close(go[1]);
	waitpid(pid, NULL, 0);
	here();
	TELL(ioperm(0x279, 1, 1));
	worker_start(&other);
	worker_do(&other, child_changes, NULL);
	worker_stop(&other);
	here();
}

static long execute(void *how)
{
	execl(program, program, (char *)how, (char *)NULL);
	return 99;
}

static void programs(void)
{
	pid_t pid;

	head("exec");
	TELL(child_do(execute, "executed"));
	TELL(ioperm(0x378, 3, 1));
	TELL(child_do(execute, "executed"));
	TELL(ioperm(0, 65536, 0));
	TELL(child_do(execute, "executed"));
	TELL(ioperm(0x378, 3, 1));
	here();
	fflush(stdout);
	pid = vfork();
	if (!pid) {
		execl(program, program, "executed", (char *)NULL);
		_exit(98);
	}
	waitpid(pid, NULL, 0);
	here();
}

/* Does not touch its descriptors before it has closed them all. */
static void executed(void)
{
	int n = 0;

	ports("executed");
	for (int fd = 3; fd < 4096; fd++)
		n += !close(fd);
	printf("%d were open\n", n);
	ports("executed");
	TELL(ioperm(0x278, 1, 1));
	TELL(ioperm(0x378, 1, 0));
	ports("executed");
	TELL(iopl(3));
	ports("executed");
	TELL(iopl(0));
	ports("executed");
	child_do(ports, "its child");
}

/*
 * All numbers but 1020 are open, to which the library has moved what it keeps by now.
 * Closing one leaves the next alone.
 */
static void one_by_one(void)
{
	int n = 0;

	for (int i = 1021; i < 1024; i++)
		n += dup2(0, i) == i;
	for (int i = 3; i < 1023; i++) {
		n += syscall(SYS_close_range, i, i, 0) == 0;
		n += i + 1 != 1020 && fcntl(i + 1, F_GETFD) == 0;
	}
	printf("%d closed, the next is open\n", n);
}

/* The calls that close, by number, as programs do for those that their libc lacks. */
static void by_number(void)
{
	int n = 0;

	for (int i = 3; i < 4096; i++)
		n += !syscall(SYS_close, i);
	printf("%d were open\n", n);
	here();
	TELL(syscall(SYS_close_range, 3, -1U, 0));
	here();
	for (int i = 3; i < 1020; i++)
		n += syscall(SYS_dup2, 0, i) == i;
	for (int i = 3; i < 1020; i++)
		n += syscall(SYS_dup3, 1, i, 0) == i;
	printf("%d copies\n", n);
	here();
	TELL(syscall(SYS_close_range, 1020, 1020, 1 << 30));
	one_by_one();
	here();
	TELL(syscall(SYS_close_range, 3, -1U, 0));
	here();
}

static void descriptors(void)
{
	int fd;

	head("closing what is open");
	TELL(ioperm(0x378, 3, 1));
	fd = open("/dev/null", O_RDONLY);
	printf("the next descriptor is %d\n", fd);
	for (int i = 3; i < 4096; i++)
		close(i);
	here();
	TELL(ioperm(0x278, 1, 1));
#if __GLIBC_PREREQ(2, 34)
	TELL(close_range(3, 4095, 0));
	TELL(close_range(3, -1U, 0));
	here();
	closefrom(3);
	here();
#endif
	fd = 0;
	for (int i = 3; i < 1020; i++)
		fd += dup2(0, i) == i;
	printf("%d copies\n", fd);
	here();
	for (int i = 3; i < 1020; i++)
		close(i);
	TELL(ioperm(0x3bc, 1, 1));
	here();
	by_number();
}

static long thread_lowers(void *arg)
{
	(void)arg;
	ports("it");
	TELL(iopl(0));
	return ports("it, at level 0");
}

static int c11_thread(void *arg)
{
	thread_lowers(arg);
	return 23;
}

static void c11_threads(void)
{
	int result = 0;
	thrd_t thread;

	TELL(iopl(3));
	if (thrd_create(&thread, c11_thread, NULL) != thrd_success)
		bail("thrd_create");
	TELL(thrd_join(thread, &result) == thrd_success);
	TELL(result);
	here();
	TELL(iopl(0));
}

static void levels(struct worker *older)
{
	struct worker younger;

	head("iopl");
	TELL(iopl(0));
	TELL(iopl(3));
	here();
	TELL(iopl(3));
	worker_do(older, ports, "older");
	TELL(ioperm(0x378, 3, 1));
	TELL(ioperm(0x3bc, 1, 1));
	TELL(ioperm(0x3bc, 1, 0));
	TELL(ioperm(0x1000, 1, 0));
	here();
	worker_start(&younger);
	worker_do(&younger, ports, "younger");
	worker_do(&younger, thread_lowers, NULL);
	TELL(child_do(thread_lowers, NULL));
	here();
	TELL(iopl(0));
	here();
	worker_do(&younger, ports, "younger");
	worker_stop(&younger);
	TELL(iopl(3));
	TELL(iopl(2));
	here();
	TELL(iopl(1));
	TELL(iopl(3));
	here();
	TELL(ioperm(0x378, 1, 0));
	TELL(iopl(1));
	here();
	TELL(ioperm(0, 65536, 0));
	here();
	TELL(iopl(2));
	here();
	TELL(iopl(0));
	TELL(syscall(SYS_iopl, 3));
	here();
	TELL(child_do(execute, "ports"));
	TELL(syscall(SYS_iopl, 0));
	TELL(syscall(SYS_iopl, 4));
	here();
	c11_threads();
}

/* Where there is no device any more; nothing was asked for before. */
static long imprisoned(void *arg)
{
	int fd;

	(void)arg;
	TELL(chroot("/proc/self"));
	TELL(chdir("/"));
	TELL_OPEN(fd, open("/dev/port", O_RDWR));
	TELL(ioperm(65535, 2, 1));
	TELL(ioperm(0x378, 3, 1));
	here();
	TELL(iopl(3));
	here();
	TELL(iopl(0));
	TELL(ioperm(0x378, 1, 0));
	here();
	child_do(ports, "child");
	TELL(setresuid(1, 1, 1));
	here();
	TELL(ioperm(0x378, 1, 1));
	TELL(iopl(3));
	return 0;
}

static void unprivileged(void)
{
	struct worker younger;

	head("without the right");
	TELL(ioperm(0x378, 3, 1));
	TELL(iopl(3));
	TELL(setresuid(1, 1, 1));
	here();
	TELL(iopl(3));
	TELL(ioperm(0x278, 1, 1));
	TELL(ioperm(0x378, 1, 1));
	TELL(ioperm(0, 0, 1));
	TELL(ioperm(65535, 2, 1));
	TELL(iopl(4));
	TELL(iopl(2));
	here();
	TELL(iopl(2));
	TELL(iopl(3));
	TELL(iopl(0));
	TELL(iopl(1));
	TELL(ioperm(0x379, 1, 0));
	TELL(ioperm(0x379, 1, 1));
	TELL(ioperm(0x378, 1, 1));
	worker_start(&younger);
	worker_do(&younger, ports, "younger");
	worker_stop(&younger);
	TELL(child_do(execute, "ports"));
	TELL(ioperm(0, 65536, 0));
	here();
}

int main(int argc, char **argv)
{
	struct worker older;

	program = argv[0];
	if (argc > 1 && !strcmp(argv[1], "ports"))
		return (int)ports("executed");
	if (argc > 1 && !strcmp(argv[1], "executed"))
		return executed(), 0;
	if (argc > 1 && !strcmp(argv[1], "chroot"))
		return (int)imprisoned(NULL);
	worker_start(&older);
	here();
	bad_arguments();
	ranges();
	threads(&older);
	children();
	programs();
	descriptors();
	levels(&older);
	unprivileged();
	return 0;
}
