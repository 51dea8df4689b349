/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keepers: processes and threads that had a port, however they came to it, wait
 * until it was taken away, and then try whether they still reach it. The test
 * and its keepers share a page, which an exec'ed program finds by a descriptor.
 *
 * Nothing here needs thread-local storage, so that it works in threads that
 * were made by a bare clone() and share it with another.
 */
#ifndef IOPORT_TESTS_KEEPER_H
#define IOPORT_TESTS_KEEPER_H

#include "access.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

static struct shared {
	atomic_int over; /* the port was taken away: try */
	/* Set by the way, before its last keeper can be ready. */
	atomic_int keepers; /* that will be ready */
	atomic_int holding; /* how many of them have the port by then */
	atomic_int tries;   /* how many will try in the end */
	/* Counted by the keepers. */
	atomic_int ready;
	atomic_int had;
	atomic_int kept;
	atomic_int tried;
	/* The first thing that went wrong: a line of the test, and errno. */
	atomic_int trouble;
	atomic_int error;
} * shared;

static int shared_fd;

UNUSED static void shared_make(void)
{
	shared_fd = memfd_create("keepers", 0);
	if (shared_fd < 0 || ftruncate(shared_fd, sizeof(*shared)))
		bail("memfd_create: %s", strerror(errno));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
}

UNUSED static void trouble(int line)
{
	int none = 0;

	if (atomic_compare_exchange_strong(&shared->trouble, &none, line))
		atomic_store(&shared->error, errno);
}

/* For what must work in a keeper; it goes on, the case has failed. */
#define need(condition)                    \
	do {                               \
		if (!(condition))          \
			trouble(__LINE__); \
	} while (0)

/* ---- one access ---- */

extern const char probe_in[], probe_faulted[];

#ifdef __x86_64__
#define PC REG_RIP
#else
#define PC REG_EIP
#endif

static void probe_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)info;
	if (regs[PC] != (greg_t)(uintptr_t)probe_in)
		_exit(128 + sig);
	regs[PC] = (greg_t)(uintptr_t)probe_faulted;
}

UNUSED static void probe_init(void)
{
	struct sigaction action = { .sa_sigaction = probe_fault,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
}

/* Does an access go through? */
__attribute__((noinline, noclone)) static int probe(unsigned int port)
{
	unsigned int reached = 1, value;

	asm volatile("probe_in:	inb %%dx, %%al\n"
		     "		jmp 1f\n"
		     "probe_faulted:	movl $0, %1\n"
		     "1:"
		     : "=a"(value), "+r"(reached)
		     : "d"(port)
		     : "memory");
	return reached;
}

/* ---- keepers ---- */

/* A port that nobody was given. */
#define OTHERS 0x80

static long ioperm_native(unsigned long from, unsigned long num, int on)
{
	return syscall(SYS_ioperm, from, num, on) ? -errno : 0;
}

/* What every keeper does when the port is gone, and again when it has left the map. */
static void try_to_reach(void)
{
	int reached = probe(LPT) + probe(LPT + 7) + probe(OTHERS);

	ioperm_native(OTHERS, 1, 0);
	reached += probe(LPT) + probe(OTHERS);
	atomic_fetch_add(&shared->kept, reached);
	atomic_fetch_add(&shared->tried, 1);
}

static void be_ready(void)
{
	atomic_fetch_add(&shared->had, probe(LPT));
	atomic_fetch_add(&shared->ready, 1);
}

UNUSED static void keep(void)
{
	be_ready();
	while (!atomic_load(&shared->over))
		syscall(SYS_futex, &shared->over, FUTEX_WAIT, 0, NULL, NULL, 0);
	try_to_reach();
}

/* Without a system call in between. */
UNUSED static void keep_spinning(void)
{
	be_ready();
	while (!atomic_load(&shared->over))
		asm volatile("pause");
	atomic_fetch_add(&shared->kept, probe(LPT) + probe(LPT + 7) + probe(OTHERS));
	atomic_fetch_add(&shared->tried, 1);
}

/* To be called by a way before its last keeper is ready; see struct shared. */
UNUSED static void announce(int keepers, int holding, int tries)
{
	atomic_store(&shared->holding, holding);
	atomic_store(&shared->tries, tries);
	atomic_store(&shared->keepers, keepers);
}

/* Waits until all keepers are ready; the bound is for a machine that is very slow. */
UNUSED static bool keepers_wait(void)
{
	double end = deadline(60);
	int keepers;

	while (seconds() < end) {
		keepers = atomic_load(&shared->keepers);
		if (keepers && atomic_load(&shared->ready) >= keepers)
			return true;
		usleep(500);
	}
	return false;
}

/* Has them try; all have ended on return. */
UNUSED static void keepers_finish(void)
{
	atomic_store(&shared->over, 1);
	syscall(SYS_futex, &shared->over, FUTEX_WAKE, 1000, NULL, NULL, 0);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
}

/* Did all go as announced, and nobody reach a port? */
UNUSED static bool keepers_lost(void)
{
	const struct shared *s = shared;

	if (!s->kept && !s->trouble && s->had == s->holding && s->tried == s->tries && s->tries)
		return true;
	note("kept %d; ready %d of %d, had it %d of %d, tried %d of %d", s->kept, s->ready,
	     s->keepers, s->had, s->holding, s->tried, s->tries);
	if (s->trouble)
		note("line %d: %s", s->trouble, strerror(s->error));
	return false;
}

#endif
