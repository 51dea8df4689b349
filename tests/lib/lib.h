/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the library share. Each is one static program, run as an
 * ordinary user in group ioport under the default policy, with a parallel port at
 * 0x378 and none at 0x278.
 */
#ifndef IOPORT_TESTS_LIB_H
#define IOPORT_TESTS_LIB_H

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/io.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libioport.h>

#include "tap.h"

#define LATCH 0x378  /* the data latch: reads back what was written */
#define EMPTY 0x278  /* allowed, but nothing there */
#define REFUSED 0x60 /* not allowed by policy */

#define ANY __attribute__((unused)) static

/*
 * The library's system calls for transfers come by here, as the program is static:
 * so a test can tell an instruction from a system call.
 */
ANY atomic_uint mediated;

__attribute__((unused)) ssize_t pread64(int fd, void *buf, size_t count, __off64_t at)
{
	mediated++;
	return syscall(SYS_pread64, fd, buf, count, (long)at, 0L);
}

__attribute__((unused)) ssize_t pwrite64(int fd, const void *buf, size_t count, __off64_t at)
{
	mediated++;
	return syscall(SYS_pwrite64, fd, buf, count, (long)at, 0L);
}

/* How a test names the two ways. */
enum way {
	DIRECTLY,
	BY_SYSTEM_CALL
};

/* As the library's header has it: with several threads, only where these are restartable. */
extern const unsigned int __rseq_size __attribute__((weak));

ANY enum way way_of_threads(void)
{
#ifdef __x86_64__
	return &__rseq_size && __rseq_size ? DIRECTLY : BY_SYSTEM_CALL;
#else
	return BY_SYSTEM_CALL;
#endif
}

/* Writes and reads the latch through the library; true if it went the given way. */
ANY bool latch_works(struct ioport *io, enum way way)
{
	static atomic_uint turn;
	uint8_t want = (uint8_t)(0x11 + turn++ % 0x77), got = 0;
	unsigned int before = mediated, calls;

	if (ioport_out8(io, LATCH, want) || ioport_in8(io, LATCH, &got)) {
		printf("# the latch: %s\n", strerror(errno));
		return false;
	}
	calls = mediated - before;
	if (got != want)
		printf("# the latch: wrote 0x%02x, read 0x%02x\n", want, got);
	if (calls != (way == DIRECTLY ? 0 : 2))
		printf("# the latch: %u system calls\n", calls);
	return got == want && calls == (way == DIRECTLY ? 0 : 2);
}

static sigjmp_buf inb_faulted;

static void on_inb_fault(int sig)
{
	(void)sig;
	siglongjmp(inb_faulted, 1);
}

/* Does the plain instruction fault in this thread? Only one thread at a time. */
ANY bool inb_faults(uint16_t port)
{
	struct sigaction catch = { .sa_handler = on_inb_fault }, old;
	bool faulted = true;

	sigaction(SIGSEGV, &catch, &old);
	if (!sigsetjmp(inb_faulted, 1)) {
		inb(port);
		faulted = false;
	}
	sigaction(SIGSEGV, &old, NULL);
	return faulted;
}

ANY struct ioport *must_open(unsigned int use)
{
	struct ioport *io = ioport_open(use);
	char why[256];

	if (!io) {
		ioport_explain_open(IOPORT_DEVICE, errno, why, sizeof(why));
		bail("%s", why);
	}
	return io;
}

/* Runs in a child, which must end within a time; its result: 0 is good. */
ANY int in_child(int (*body)(struct ioport *io), struct ioport *io)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(20 * slow());
		status = body(io);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	if (!WIFEXITED(status))
		printf("# the child died of signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
