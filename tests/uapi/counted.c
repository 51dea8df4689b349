// SPDX-License-Identifier: GPL-2.0-only
/*
 * No access after the return, counted by the device: processes on all other CPUs pull the
 * strobe of the parallel port, by instructions, as fast as they can. The device writes
 * its data register to a file of the host with each pull. While the port is open that
 * register holds a W; the first instruction after the call that revokes writes an M there,
 * which is then pulled once, and once more as m when every writer has faulted again.
 * counted.host reads the file: a pull that came later than the return adds a byte where
 * none may be, or takes one away.
 *
 * The writers share the table of descriptors, so that a close is the last one; where the
 * file has gone, or can do no more, each attaches to the next.
 *
 * Run as root, with the default policy. The argument is the number of revocations.
 */
#include "keeper.h"

#include "admin.h"

#include <sys/io.h>

#define DATA LPT
#define CONTROL (LPT + 2)
/* Reset off, selected; the strobe is bit 0. */
#define IDLE 0x0c
#define PULL 0x0d
#define MOST_WRITERS 15

static struct progress {
	atomic_bool stop;
	atomic_int fd, files;		   /* the open file, and how many there have been */
	atomic_int attached[MOST_WRITERS]; /* to which of them */
	atomic_uint pulls[MOST_WRITERS], faults[MOST_WRITERS];
	atomic_uint bad;
} * progress;

static int writers;

/* As probe(), for one write. */
extern const char push_out[], push_faulted[];

static void push_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)info;
	if (regs[PC] != (greg_t)(uintptr_t)push_out)
		_exit(128 + sig);
	regs[PC] = (greg_t)(uintptr_t)push_faulted;
}

__attribute__((noinline, noclone)) static int push(unsigned int port, unsigned int value)
{
	unsigned int reached = 1;

	asm volatile("push_out:	outb %%al, %%dx\n"
		     "		jmp 1f\n"
		     "push_faulted:	movl $0, %0\n"
		     "1:"
		     : "+r"(reached)
		     : "a"(value), "d"(port)
		     : "memory");
	return reached;
}

/* The next open file, if it is another. */
static void writer_attach(int number)
{
	int files = atomic_load(&progress->files);

	if (atomic_load(&progress->attached[number]) == files)
		return;
	if (dev_attach(atomic_load(&progress->fd), IOPORT_REPLACE))
		atomic_fetch_add(&progress->bad, 1);
	atomic_store(&progress->attached[number], files);
}

static void writer(int number)
{
	struct sigaction action = { .sa_sigaction = push_fault,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	pin_to_cpu(1 + number);
	while (!atomic_load(&progress->stop)) {
		writer_attach(number);
		if (push(CONTROL, PULL) && push(CONTROL, IDLE))
			atomic_fetch_add(&progress->pulls[number], 1);
		else
			atomic_fetch_add(&progress->faults[number], 1);
	}
	_exit(0);
}

/* We have all ports, by iopl(), and are attached to nothing. */
static void mark(uint8_t value)
{
	out8(DATA, value);
	/* A writer may have been stopped with the strobe pulled. */
	out8(CONTROL, IDLE);
	out8(CONTROL, PULL);
	out8(CONTROL, IDLE);
}

/* Until each writer has gone on by so many; false where one does not. */
static bool all_move(atomic_uint *counts, unsigned int by)
{
	unsigned int since[MOST_WRITERS];
	double end = deadline(60);
	int i;

	for (i = 0; i < writers; i++)
		since[i] = atomic_load(&counts[i]);
	for (i = 0; i < writers; i++)
		while (atomic_load(&counts[i]) - since[i] < by) {
			if (seconds() > end)
				return false;
			sched_yield();
		}
	return true;
}

static bool all_attached(void)
{
	double end = deadline(60);
	int i;

	for (i = 0; i < writers; i++)
		while (atomic_load(&progress->attached[i]) != atomic_load(&progress->files)) {
			if (seconds() > end)
				return false;
			sched_yield();
		}
	return true;
}

/* A new open file, to which the writers have come. */
static bool renew(void)
{
	progress->fd = dev_open(O_RDWR);
	atomic_fetch_add(&progress->files, 1);
	return all_attached();
}

static int open_window(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	bits_fill(bits, false);
	bits_open(bits, LPT, LPT_COUNT);
	return dev_set_map(progress->fd, bits, 0);
}

/* ---- what takes the ports away, and what has to be done before they can be given again ---- */

static const char *allow, *deny;
/* Open, so that the call which takes the ports is the last before it returns. */
static int allow_fd, deny_fd;

static int end_revoke(void)
{
	return dev_revoke(progress->fd, LPT, LPT_COUNT, 0);
}

static int end_set_map(void)
{
	return dev_set_none(progress->fd);
}

static int end_allow(void)
{
	return pwrite(allow_fd, "none", 4, 0) != 4;
}

static int end_deny(void)
{
	static const char ports[] = "0x378-0x37f";

	return pwrite(deny_fd, ports, strlen(ports), 0) != (ssize_t)strlen(ports);
}

static int end_limit(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	bits_fill(bits, false);
	return dev_limit(progress->fd, bits);
}

static int end_close(void)
{
	return close(progress->fd);
}

static bool as_it_is(void)
{
	return true;
}

static bool restore_policy(void)
{
	return !set_param("allow", allow) && !set_param("deny", deny);
}

static bool close_and_renew(void)
{
	return !close(progress->fd) && renew();
}

static const struct ending {
	int (*end)(void);
	bool (*after)(void);
} endings[] = {
	{ end_revoke, as_it_is },      { end_close, renew },	       { end_set_map, as_it_is },
	{ end_allow, restore_policy }, { end_limit, close_and_renew }, { end_deny, restore_policy },
};

#define ENDINGS (int)(sizeof(endings) / sizeof(*endings))

static bool one_round(int n)
{
	const struct ending *ending = &endings[n % ENDINGS];
	bool good = !open_window() && all_move(progress->pulls, 1) && !ending->end();

	mark('M');
	/* One that may have begun before, and one that has not. */
	good &= all_move(progress->faults, 2);
	mark('m');
	out8(DATA, 'W');
	return good && ending->after();
}

static void start_writers(pid_t *pids)
{
	int i;

	writers = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	if (writers < 1 || writers > MOST_WRITERS)
		bail("%d CPUs", writers + 1);
	fflush(stdout);
	for (i = 0; i < writers; i++) {
		/* A fork, but for the descriptors. */
		pids[i] = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
		if (!pids[i])
			writer(i);
		if (pids[i] < 0)
			bail("fork");
	}
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 300, n = 0, i;
	unsigned int pulls = 0;
	pid_t pids[MOST_WRITERS];

	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	/* A change of policy waits for the kernel's readers: a hundred thousand times that. */
	run("echo 1 >/sys/kernel/rcu_expedited");
	allow = strdup(get_param("allow"));
	deny = strdup(get_param("deny"));
	allow_fd = open(PARAMETERS "allow", O_WRONLY | O_CLOEXEC);
	deny_fd = open(PARAMETERS "deny", O_WRONLY | O_CLOEXEC);
	pin_to_cpu(0);
	start_writers(pids);
	/* Not before: they would have it too. */
	if (iopl(3))
		bail("iopl: %s", strerror(errno));
	out8(CONTROL, IDLE);
	out8(DATA, 'W');
	if (!renew())
		bail("the writers do not come");
	while (n < rounds && one_round(n))
		n++;
	atomic_store(&progress->stop, true);
	for (i = 0; i < writers; i++) {
		waitpid(pids[i], NULL, 0);
		pulls += atomic_load(&progress->pulls[i]);
	}
	is(n, rounds, "%d revocations, in each of which every writer had the port and lost it",
	   rounds);
	is(atomic_load(&progress->bad), 0, "all writers were attached, each time");
	note("%d writers, %u pulls that went through", writers, pulls);
	/* For the host, which counts them. */
	mark('0' + (n == rounds));
	return done();
}
