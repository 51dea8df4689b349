// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Under "ioportctl run": the descriptors come from its supervisor. So they have the
 * limit that was set there, and those of all processes are of one open file.
 */
#include "compat.h"
#include "supervisor.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Accessed atomically. That there is one, or none, does not change before exec. */
static enum {
	NOT_ASKED,
	NOBODY,
	SOMEBODY
} supervisor;
static bool strict;

/* One that was killed has left its filter behind, which no call gets past. */
static bool is_gone(void)
{
	return errno == ENOSYS && prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER;
}

/*
 * A call that a signal interrupts is made again by the kernel: with two descriptors,
 * one of which nobody would know of.
 */
static long ask_undisturbed(enum supervisor_what what, int flags)
{
	uint64_t all = ~0ULL, old;
	long answer;
	int error;

	REAL(syscall)(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof(all));
	answer = REAL(syscall)(SYS_iopl, SUPERVISOR_ASK, what, flags);
	error = errno;
	REAL(syscall)(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof(old));
	errno = error;
	return answer;
}

int supervisor_ask(enum supervisor_what what, int flags)
{
	long answer = -1;

	if (__atomic_load_n(&supervisor, __ATOMIC_ACQUIRE) != NOBODY) {
		answer = ask_undisturbed(what, flags);
		if (answer < 0 && is_gone())
			answer = 0;
		__atomic_store_n(&supervisor, answer < 0 ? NOBODY : SOMEBODY, __ATOMIC_RELEASE);
	}
	if (answer <= 0)
		return fail(EPERM);
	__atomic_store_n(&strict, (answer & SUPERVISOR_STRICT) != 0, __ATOMIC_RELAXED);
	return (int)(answer & ~SUPERVISOR_STRICT) - 1;
}

bool supervised(void)
{
	if (__atomic_load_n(&supervisor, __ATOMIC_ACQUIRE) == NOT_ASKED)
		supervisor_ask(SUPERVISOR_PRESENT, 0);
	return __atomic_load_n(&supervisor, __ATOMIC_ACQUIRE) == SOMEBODY;
}

bool supervised_strictly(void)
{
	return __atomic_load_n(&strict, __ATOMIC_RELAXED);
}
