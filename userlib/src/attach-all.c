// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attaching threads that are older than the grant. The kernel lets a thread attach
 * nobody but itself, so each is made to by a signal.
 *
 * By which one? Programs use all that are theirs, and threads block those they like.
 * So it is the one that the C library keeps for itself to make a change of the user id
 * in every thread, as the kernel knows that for each thread alone: it cannot be blocked
 * through the C library. Ours are told from the C library's by their si_code, and those
 * go on to its handler; what is left over of ours, it ignores for the same reason. The
 * handler is there during the call only.
 *
 * A thread may answer late: the C library itself blocks everything for a moment, while
 * it makes a thread. One that answers when the call is over must find nothing that is
 * gone: what the handler looks at is static, and the call waits for those in it.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "direct.h"

/* glibc: for setuid() and its kin; musl: for pthread_cancel(). */
#define SIGNAL 33
#define NS 1000000000LL
/* How long it may take, and after how long a thread that does not answer is looked at. */
#define WAIT_ALL (2 * NS)
#define WAIT_LOOK (NS / 100)
/* No thread's number is higher: PID_MAX_LIMIT. */
#define MAX_TID (1U << 22)
/* Of /proc/PID/stat: threads that the kernel has for its own work, in no program. */
#define PF_IO_WORKER 0x10UL
#define PF_USER_WORKER 0x4000UL

/* As the kernel has it; the C library's sigaction() does not take this signal. */
struct action {
	void (*handler)(int signal, siginfo_t *info, void *context);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* A bit for each thread, by its number. */
struct threads {
	_Atomic(uint8_t) bits[MAX_TID / 8];
};

/* All that the handler looks at. One call at a time has it. */
static struct {
	_Atomic(pid_t) owner;	   /* the process: a child may be forked in the middle of it */
	_Atomic(uint32_t) number;  /* of the call; odd while it goes on */
	_Atomic(uint32_t) running; /* handlers that may be using what follows */
	const struct ioport *io;
	struct threads *done; /* who has answered, or need not */
	_Atomic(uint32_t) refused;
	_Atomic(int) error;   /* of one that was refused */
	struct action before; /* the C library's */
} call;

/* What only the caller looks at. */
struct round_up {
	struct threads *asked;
	bool installed;
	int64_t deadline;
	int64_t look;	      /* when those that do not answer are looked at */
	unsigned int missing; /* in the last list of threads */
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

static void doze(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

static bool has(const struct threads *threads, pid_t tid)
{
	return threads->bits[tid / 8] >> tid % 8 & 1;
}

static void add(struct threads *threads, pid_t tid)
{
	atomic_fetch_or(&threads->bits[tid / 8], (uint8_t)(1U << tid % 8));
}

/* --- In the other threads ---------------------------------------------------- */

static void not_ours(int signal, siginfo_t *info, void *context)
{
	const struct action *before = &call.before;

	if (before->flags & SA_SIGINFO)
		before->handler(signal, info, context);
	else if (before->handler != (void *)SIG_DFL && before->handler != (void *)SIG_IGN)
		((void (*)(int))(void *)before->handler)(signal);
}

static void answer(void)
{
	if (device_attach(call.io, IOPORT_IOC_ATTACH, 0)) {
		atomic_store(&call.error, errno);
		atomic_fetch_add(&call.refused, 1);
	}
	add(call.done, gettid());
}

/* First it is counted, then it looks whether the call goes on; the call ends, then counts. */
static void on_signal(int signal, siginfo_t *info, void *context)
{
	int err = errno;

	if (info->si_code != SI_QUEUE || info->si_pid != getpid()) {
		not_ours(signal, info, context);
	} else {
		atomic_fetch_add(&call.running, 1);
		if (atomic_load(&call.number) == (uint32_t)info->si_value.sival_int)
			answer();
		atomic_fetch_sub(&call.running, 1);
	}
	errno = err;
}

/* --- The signal ---------------------------------------------------------------- */

#ifdef __x86_64__
/* In these very bytes, by which debuggers and unwinders know it. */
__asm__(".pushsection .text\n"
	"	nop\n"
	".hidden ioport_sigreturn\n"
	".globl ioport_sigreturn\n"
	".type ioport_sigreturn, @function\n"
	"ioport_sigreturn:\n"
	"	movq $15, %rax\n"
	"	syscall\n"
	".size ioport_sigreturn, . - ioport_sigreturn\n"
	".popsection");
void ioport_sigreturn(void) __attribute__((visibility("hidden")));
#define SA_RESTORER 0x04000000
#else
#define ioport_sigreturn NULL
#define SA_RESTORER 0
#endif

static int set_action(const struct action *new, struct action *old)
{
	return (int)syscall(SYS_rt_sigaction, SIGNAL, new, old, sizeof(new->mask));
}

static bool install(struct round_up *r)
{
	const struct action ours = {
		.handler = on_signal,
		.flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_RESTORER,
		.restorer = ioport_sigreturn,
		.mask = ~0ULL,
	};
	struct action before;

	if (r->installed)
		return true;
	if (set_action(NULL, &before))
		return false;
	/* It is ours in a child that was forked meanwhile. */
	if (before.handler != on_signal)
		call.before = before;
	r->installed = !set_action(&ours, NULL);
	return r->installed;
}

/* Where there was no handler, what is left over would end the process: ignoring drops it. */
static void uninstall(const struct round_up *r)
{
	const struct action ignore = { .handler = (void *)SIG_IGN };
	struct action current;

	if (!r->installed || set_action(NULL, &current) || current.handler != on_signal)
		return;
	if (call.before.handler == (void *)SIG_DFL)
		set_action(&ignore, NULL);
	set_action(&call.before, NULL);
}

static int queue_signal(pid_t tid)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = (int)atomic_load(&call.number);
	return (int)syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, SIGNAL, &info);
}

/* --- The caller ------------------------------------------------------------------ */

/* Does it run no program: a thread that has ended, or one of the kernel's? */
static bool is_no_program(pid_t tid)
{
	unsigned long flags = 0;
	char path[64], line[512], state = 'X', *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	if (!file)
		return true;
	at = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	return !at || sscanf(at, ") %c %*d %*d %*d %*d %*d %lu", &state, &flags) != 2 ||
	       state == 'Z' || state == 'X' || flags & (PF_IO_WORKER | PF_USER_WORKER);
}

/* False with errno where it fails for good. */
static bool ask(struct round_up *r, pid_t tid)
{
	if (has(r->asked, tid)) {
		if (now() > r->look && is_no_program(tid))
			add(call.done, tid);
		return true;
	}
	if (!install(r))
		return false;
	if (!queue_signal(tid))
		add(r->asked, tid);
	else if (errno != ESRCH && errno != EAGAIN) /* it has ended; too many are queued */
		return false;
	return true;
}

/* Asks all who are listed. Returns 0 or an error. */
static int ask_listed(struct round_up *r, DIR *tasks)
{
	struct dirent *entry;
	pid_t tid;

	r->missing = 0;
	rewinddir(tasks);
	while ((errno = 0, entry = readdir(tasks))) {
		tid = atoi(entry->d_name);
		if (tid <= 0 || (unsigned int)tid >= MAX_TID || has(call.done, tid))
			continue;
		r->missing++;
		if (!ask(r, tid))
			return errno;
	}
	return errno;
}

/*
 * Who is attached hands that on to the threads that it makes, so those that are not
 * come to an end. The list is not made in one go: one may slip through while others
 * end, hence a second look.
 */
static int ask_all(struct round_up *r)
{
	DIR *tasks = opendir("/proc/self/task");
	int err = tasks ? 0 : errno;

	for (int quiet = 0; !err && quiet < 2;) {
		err = ask_listed(r, tasks);
		quiet = r->missing ? 0 : quiet + 1;
		if (!err && r->missing && now() > r->deadline)
			err = ETIMEDOUT;
		if (!err && r->missing)
			doze();
		if (now() > r->look)
			r->look = now() + WAIT_LOOK;
	}
	if (tasks)
		closedir(tasks);
	return err;
}

/* Nobody begins to answer any more, and who has begun is waited for. */
static void end_call(void)
{
	atomic_fetch_add(&call.number, 1);
	while (atomic_load(&call.running))
		doze();
}

static int round_up(struct ioport *io, unsigned int *missing)
{
	struct round_up r = { .deadline = now() + WAIT_ALL, .look = now() + WAIT_LOOK };
	int err = ENOMEM;

	call.io = io;
	call.refused = 0;
	call.done = calloc(1, sizeof(*call.done));
	r.asked = calloc(1, sizeof(*r.asked));
	if (call.done && r.asked) {
		add(call.done, gettid());
		atomic_fetch_add(&call.number, 1);
		err = ask_all(&r);
		end_call();
		uninstall(&r);
	}
	free(call.done);
	free(r.asked);
	/* Threads that were not attached when the library last asked are asked again. */
	atomic_fetch_add(&io->openings, 1);
	if (missing)
		*missing = r.missing + call.refused;
	return !err && call.refused ? call.error : err;
}

/*
 * Waits for a call in another thread, but not for one in the process that forked this.
 * Nobody is in line, so others may come first again and again: the time counts from
 * when one of them last got on.
 */
static bool take_turn(void)
{
	uint32_t seen = atomic_load(&call.number), number;
	int64_t deadline = now() + WAIT_ALL;
	pid_t self = getpid(), owner = 0;

	while (!atomic_compare_exchange_strong(&call.owner, &owner, self)) {
		if (owner != self)
			continue;
		number = atomic_load(&call.number);
		if (number != seen)
			deadline = now() + WAIT_ALL;
		else if (now() > deadline)
			return false;
		seen = number;
		owner = 0;
		doze();
	}
	if (owner) {
		call.running = 0;
		call.number += call.number % 2;
	}
	return true;
}

int ioport_attach_all_threads(struct ioport *io, unsigned int *missing)
{
	sigset_t all, before;
	int cancel, err = EAGAIN;

	if (missing)
		*missing = 0;
	if (ioport_attach(io, 0))
		return -1;
	/* Nothing may take this thread out of here before the handler is gone. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	if (take_turn()) {
		err = round_up(io, missing);
		atomic_store(&call.owner, 0);
	}
	pthread_setcancelstate(cancel, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		return 0;
	errno = err;
	return -1;
}
