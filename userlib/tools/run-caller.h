/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc tells of a process that waits for an answer of "ioportctl run". */
#ifndef IOPORT_TOOLS_RUN_CALLER_H
#define IOPORT_TOOLS_RUN_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

/* What tells one process from another, and whether it has had children. */
struct history {
	unsigned long long child_faults; /* page faults of children waited for */
	unsigned long long start;
	long threads;
};

bool read_history(pid_t pid, struct history *h);

/* Has it one thread, no child, and had none since? */
bool caller_is_alone(pid_t pid, const struct history *before);

/*
 * Can it be told who calls? Not where what we start may come to be another user's, and /proc
 * has other numbers than we: then nobody may open anything.
 */
bool callers_are_known(void);

/* What is to be done with a file, as the mode of a file has it for others. */
#define CALLER_READ 04
#define CALLER_WRITE 02

/*
 * May it have this access to the file, by its file-system user and groups, and the file's
 * owner, group and mode? Who has our own user may: there was a descriptor for that one.
 */
bool caller_may_open(pid_t pid, const char *path, mode_t access);

#endif
