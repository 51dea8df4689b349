/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an attached process may try so that it, or what it made, keeps a port.
 * Each way runs in a process of its own, as an ordinary user with the port open,
 * and leaves keepers (keeper.h).
 */
#ifndef IOPORT_TESTS_WAYS_H
#define IOPORT_TESTS_WAYS_H

#include "keeper.h"
#include "uring.h"

#include <elf.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/io.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/user.h>

struct way {
	const char *name;
	void (*run)(const struct way *way);
	/* ioperm: the entry and its arguments; clone: flags. */
	long (*entry)(unsigned long from, unsigned long num, int on);
	unsigned long from, num;
	int on;
	unsigned long flags;
};

static void *new_stack(void)
{
	size_t size = 256 * 1024;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return stack + size - 64;
}

static void leave_thread(void)
{
	syscall(SYS_exit, 0);
}

static void keep_and_exit(void)
{
	keep();
	_exit(0);
}

static void child(void (*run)(void))
{
	pid_t pid = fork();

	need(pid >= 0);
	if (!pid) {
		run();
		_exit(0);
	}
}

static void just_keep(const struct way *way)
{
	(void)way;
	announce(1, 1, 1);
	keep();
}

static void spinner(const struct way *way)
{
	(void)way;
	announce(1, 1, 1);
	keep_spinning();
}

/* ---- ioperm() and its entries ---- */

#ifdef __x86_64__

/* The number of the x32 ABI; Debian's kernels know it only when told to (syscall.x32). */
static long ioperm_other(unsigned long from, unsigned long num, int on)
{
	return syscall(0x40000000 + SYS_ioperm, from, num, on) ? -errno : 0;
}
#define OTHER_ENTRY "x32"

#else

/*
 * A 32-bit program changes to 64-bit code, and makes that kind of call. (By jumps: QEMU
 * 7.2 does the stack accesses of far calls and returns with the kernel's rights, which
 * the kernel takes for an error of its own.)
 */
static long ioperm_other(unsigned long from, unsigned long num, int on)
{
	struct {
		uint32_t offset;
		uint16_t selector;
	} back = { .selector = 0x23 };
	long result;

	asm volatile("movl	$2f, (%%ebx)\n"
		     "	ljmp	$0x33, $1f\n"
		     "	.code64\n"
		     "1:	movl	$173, %%eax\n"
		     "	syscall\n"
		     "	ljmpl	*(%%rbx)\n"
		     "	.code32\n"
		     "2:"
		     : "=a"(result)
		     : "b"(&back), "D"(from), "S"(num), "d"(on)
		     : "ecx", "memory");
	return result;
}
#define OTHER_ENTRY "64-bit"

/* Whatever the processor has for 32-bit programs: sysenter or syscall. */
static long ioperm_vdso(unsigned long from, unsigned long num, int on)
{
	unsigned long entry = getauxval(AT_SYSINFO);
	long result;

	if (!entry)
		return ioperm_int80(from, num, on);
	asm volatile("call	*%1"
		     : "=a"(result)
		     : "r"(entry), "a"(101), "b"(from), "c"(num), "d"(on)
		     : "memory");
	return result;
}

#endif

/* The thread alone. */
static void by_ioperm(const struct way *way)
{
	need(way->entry(way->from, way->num, way->on) != -ENOSYS);
	announce(1, 0, 1);
	keep();
}

static const struct way *the_way;

static void *thread_by_ioperm(void *arg)
{
	(void)arg;
	the_way->entry(the_way->from, the_way->num, the_way->on);
	keep();
	return NULL;
}

/* Another thread that shares the map, and one that does nothing. */
static void thread_ioperm(const struct way *way)
{
	pthread_t thread;

	the_way = way;
	announce(2, 1, 2);
	need(!pthread_create(&thread, NULL, thread_by_ioperm, NULL));
	keep();
	pthread_join(thread, NULL);
}

static void child_by_ioperm(void)
{
	thread_by_ioperm(NULL);
}

static void fork_ioperm(const struct way *way)
{
	the_way = way;
	announce(2, 1, 2);
	child(child_by_ioperm);
	keep();
}

/* Its parent, who shares the memory and not the thread's state, waits meanwhile. */
static void vfork_ioperm(const struct way *way)
{
	pid_t pid;

	announce(1, 0, 2);
	pid = vfork();
	if (!pid) {
		way->entry(way->from, way->num, way->on);
		keep_and_exit();
	}
	need(pid > 0);
	keep();
}

static void by_iopl(const struct way *way)
{
	(void)way;
	need(iopl(3) == -1 && errno == EPERM);
	need(!iopl(0));
	announce(1, 1, 1);
	keep();
}

static void raise_iopl(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= 0x3000;
}

/* The flags register, where the processor keeps its own word on ports. */
static void by_flags(const struct way *way)
{
	struct sigaction action = { .sa_sigaction = raise_iopl, .sa_flags = SA_SIGINFO };

	(void)way;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	asm volatile("pushf\n orl $0x3000, (%%"
#ifdef __x86_64__
		     "rsp"
#else
		     "esp"
#endif
		     ")\n popf"
		     :
		     :
		     : "memory", "cc");
	announce(1, 1, 1);
	keep();
}

/* ---- fork, vfork, clone ---- */

static void by_fork(const struct way *way)
{
	(void)way;
	announce(2, 2, 2);
	child(keep);
	keep();
}

static void grandchild(void)
{
	setsid();
	child(keep);
}

static void by_daemon(const struct way *way)
{
	(void)way;
	announce(1, 1, 1);
	child(grandchild);
}

static void by_vfork(const struct way *way)
{
	pid_t pid;

	(void)way;
	announce(1, 1, 2);
	pid = vfork();
	if (!pid)
		keep_and_exit();
	need(pid > 0);
	keep();
}

static int clone_main(void *arg)
{
	(void)arg;
	keep();
	leave_thread();
	return 0;
}

static void by_clone(const struct way *way)
{
	announce(2, 2, 2);
	need(clone(clone_main, new_stack(), way->flags, NULL) > 0);
	keep();
	/* A thread would end with its process. */
	while (atomic_load(&shared->tried) < 2 && !atomic_load(&shared->trouble))
		sched_yield();
}

static long clone3(struct clone_args *args)
{
	return syscall(SYS_clone3, args, sizeof(*args));
}

static void by_clone3(const struct way *way)
{
	int pidfd = -1;
	struct clone_args args = { .flags = way->flags,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uintptr_t)&pidfd };
	long pid;

	announce(2, 2, 2);
	pid = clone3(&args);
	need(pid >= 0);
	if (!pid)
		keep_and_exit();
	keep();
}

static void *thread_that_stays(void *arg)
{
	(void)arg;
	keep();
	return NULL;
}

/* The first thread of the process ends, another goes on. */
static void without_leader(const struct way *way)
{
	pthread_t thread;

	(void)way;
	announce(1, 1, 1);
	need(!pthread_create(&thread, NULL, thread_that_stays, NULL));
	leave_thread();
}

static void *thread_that_goes(void *arg)
{
	return arg;
}

static void thread_exits(const struct way *way)
{
	pthread_t thread;
	int i;

	(void)way;
	for (i = 0; i < 20; i++) {
		need(!pthread_create(&thread, NULL, thread_that_goes, NULL));
		pthread_join(thread, NULL);
	}
	announce(1, 1, 1);
	keep();
}

/* ---- forks that fail ---- */

static void over_rlimit(void)
{
	need(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == -1 && errno == EAGAIN);
}

static void bad_flags(void)
{
	need(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0) == -1 && errno == EINVAL);
	need(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0) == -1 && errno == EINVAL);
	need(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0) == -1 && errno == EPERM);
}

/* The kernel finds these out when the child has its share of the map already. */
static void bad_pidfd(void)
{
	struct clone_args args = { .flags = CLONE_PIDFD,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uintptr_t)BAD_POINTER };

	need(clone3(&args) == -1 && errno == EFAULT);
}

static void bad_set_tid(void)
{
	pid_t tid = 1;
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uintptr_t)&tid,
				   .set_tid_size = 1 };

	need(clone3(&args) == -1 && (errno == EPERM || errno == EEXIST));
}

static void bad_cgroup(void)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = 9999 };

	need(clone3(&args) == -1 && errno == EBADF);
}

static void failing_forks(const struct way *way)
{
	const struct rlimit none = { 0, 0 };
	int i;

	(void)way;
	for (i = 0; i < 20; i++) {
		bad_flags();
		need(probe(LPT));
		bad_pidfd();
		need(probe(LPT));
		bad_set_tid();
		need(probe(LPT));
		bad_cgroup();
		need(probe(LPT));
	}
	/* After this one none would get as far as the others do. */
	need(!setrlimit(RLIMIT_NPROC, &none));
	for (i = 0; i < 20; i++)
		over_rlimit();
	announce(1, 1, 1);
	keep();
}

/* ---- other programs ---- */

static const char *self = "/proc/self/exe";
static const char *setuid_self;

static void execute(const char *path, const char *what)
{
	char number[16];
	char *const argv[] = { (char *)"routes", (char *)what, number, NULL };

	snprintf(number, sizeof(number), "%d", shared_fd);
	execv(path, argv);
	trouble(__LINE__);
}

static void by_exec(const struct way *way)
{
	(void)way;
	announce(1, 1, 1);
	execute(self, "keeper");
}

static void exec_ioperm(const struct way *way)
{
	(void)way;
	announce(1, 0, 1);
	execute(self, "leaver");
}

static void by_setuid(const struct way *way)
{
	(void)way;
	announce(1, 1, 1);
	execute(setuid_self, "setuid-keeper");
}

static void setuid_ioperm(const struct way *way)
{
	(void)way;
	announce(1, 0, 1);
	execute(setuid_self, "setuid-leaver");
}

static void vfork_exec(const struct way *way)
{
	pid_t pid;

	(void)way;
	announce(2, 2, 2);
	pid = vfork();
	if (!pid) {
		execute(self, "keeper");
		_exit(1);
	}
	need(pid > 0);
	keep();
}

static void no_new_privs(const struct way *way)
{
	(void)way;
	need(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	need(!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	announce(1, 1, 1);
	execute(setuid_self, "keeper");
}

/* ---- namespaces ---- */

static void by_unshare(const struct way *way)
{
	need(!unshare(way->flags));
	announce(2, 2, 2);
	child(keep);
	keep();
}

/* Root in a user namespace has no say over ports. */
static void userns_ioperm(const struct way *way)
{
	need(!unshare(CLONE_NEWUSER));
	need(way->entry(LPT, LPT_COUNT, 1) == -EPERM);
	need(iopl(3) == -1 && errno == EPERM);
	announce(1, 0, 1);
	keep();
}

/* ---- ptrace ---- */

static pid_t traced(void (*run)(void))
{
	pid_t pid = fork();

	if (!pid) {
		need(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
		raise(SIGSTOP);
		run();
		_exit(0);
	}
	need(pid > 0 && waitpid(pid, NULL, 0) == pid);
	return pid;
}

/* The kernel shows the bitmap to a tracer, and takes none from it. */
static void write_bitmap(pid_t pid)
{
	static uint8_t all[IOPORT_MAP_BYTES];
	struct iovec io = { all, sizeof(all) };

	need(ptrace(PTRACE_SETREGSET, pid, (void *)NT_386_IOPERM, &io) == -1);
}

/* Stopped by its tracer, it is not there when the port is taken away. */
static void ptrace_stop(const struct way *way)
{
	pid_t pid;

	(void)way;
	announce(1, 1, 2);
	pid = traced(try_to_reach);
	write_bitmap(pid);
	keep();
	need(!ptrace(PTRACE_DETACH, pid, NULL, NULL));
}

static void signal_stop(const struct way *way)
{
	pid_t pid;

	(void)way;
	announce(1, 1, 2);
	pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		try_to_reach();
		_exit(0);
	}
	need(pid > 0 && waitpid(pid, NULL, WUNTRACED) == pid);
	keep();
	need(!kill(pid, SIGCONT));
}

static void call_and_keep(void)
{
	syscall(SYS_getppid);
	keep();
}

static void to_next_stop(pid_t pid)
{
	int status;

	need(!ptrace(PTRACE_SYSCALL, pid, NULL, NULL));
	need(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
}

/* Its tracer turns a harmless call into ioperm(). */
static void ptrace_ioperm(const struct way *way)
{
	struct user_regs_struct regs;
	pid_t pid;

	announce(2, 1, 2);
	pid = traced(call_and_keep);
	do {
		to_next_stop(pid);
		need(!ptrace(PTRACE_GETREGS, pid, NULL, &regs));
#ifdef __x86_64__
		regs.rdi = way->from;
		regs.rsi = way->num;
		regs.rdx = way->on;
	} while (regs.orig_rax != SYS_getppid && !atomic_load(&shared->trouble));
	regs.orig_rax = SYS_ioperm;
#else
		regs.ebx = way->from;
		regs.ecx = way->num;
		regs.edx = way->on;
	} while (regs.orig_eax != SYS_getppid && !atomic_load(&shared->trouble));
	regs.orig_eax = SYS_ioperm;
#endif
	need(!ptrace(PTRACE_SETREGS, pid, NULL, &regs));
	to_next_stop(pid);
	need(!ptrace(PTRACE_DETACH, pid, NULL, NULL));
	keep();
}

/* ---- seccomp ---- */

/* A filter that does this with ioperm(), by native number, and lets all else be. */
static long filter_ioperm(uint32_t action, unsigned int flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioperm, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(*code), code };

	need(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}

/* The call never comes to the kernel's code, so the thread stays on the map. */
static void seccomp_errno(const struct way *way)
{
	need(!filter_ioperm(SECCOMP_RET_ERRNO | EPERM, SECCOMP_FILTER_FLAG_TSYNC));
	need(way->entry(way->from, way->num, way->on) == -EPERM);
	announce(1, 1, 1);
	keep();
}

static atomic_int listener = -1;

static void *supervise(void *arg)
{
	struct seccomp_notif request = { 0 };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	int fd;

	(void)arg;
	while ((fd = atomic_load(&listener)) < 0)
		sched_yield();
	need(!ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request));
	answer.id = request.id;
	need(!ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer));
	return NULL;
}

/* A supervisor lets it go on. */
static void seccomp_continue(const struct way *way)
{
	pthread_t supervisor;

	need(!pthread_create(&supervisor, NULL, supervise, NULL));
	atomic_store(&listener,
		     filter_ioperm(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER));
	need(atomic_load(&listener) >= 0);
	need(!way->entry(way->from, way->num, way->on));
	pthread_join(supervisor, NULL);
	/* The listener goes, and with it what the filter lets through. */
	close(listener);
	announce(1, 0, 1);
	keep();
}

#ifdef __x86_64__
/* read(), write(), exit and the return from a signal are all that is left. */
static void seccomp_strict(const struct way *way)
{
	(void)way;
	announce(1, 1, 1);
	need(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0));
	keep_spinning();
	leave_thread();
}
#endif

/* ---- io_uring ---- */

/* Threads of the kernel that are made as children of the attached one. */
static void by_uring(const struct way *way)
{
	struct io_uring_sqe read_pipe = { .opcode = IORING_OP_READ, .flags = IOSQE_ASYNC };
	struct uring ring;
	char byte;
	int ends[2];

	need(!pipe(ends));
	need(!uring_open(&ring, way->flags));
	read_pipe.fd = ends[0];
	read_pipe.addr = (uintptr_t)&byte;
	read_pipe.len = 1;
	need(uring_submit(&ring, &read_pipe) >= 0);
	announce(2, 2, 2);
	child(keep);
	keep();
}

#endif
