/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the halves of "ioportctl run" share: run.c and run-supervisor.c. */
#ifndef IOPORT_TOOLS_RUN_H
#define IOPORT_TOOLS_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include <libioport.h>

/* What the supervisor goes by. */
struct run {
	struct ioport *io;		    /* NULL: every port is refused */
	int refusal;			    /* the errno of a refusal where io is NULL */
	const struct ioport_portmap *limit; /* --ports; NULL: none */
	bool strict;
	bool nested;   /* another run's supervisor answers */
	int socket;    /* where the listener comes from */
	pid_t program; /* the process that becomes the program */
};

/* Answers ioperm() and iopl() until the last process that can call them is gone. */
void run_supervise(struct run *run);

/* Sets LD_PRELOAD; false where there is no libioport-compat. */
bool run_preload(void);

#endif
