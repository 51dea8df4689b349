/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module's events, out of tracefs: in an instance of their own, so that nobody
 * else's tracing is disturbed, and gone when it is closed.
 */
#ifndef IOPORT_TRACING_H
#define IOPORT_TRACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Longer than any line of ours. */
#define TRACE_TEXT 512

struct tracing;

/**
 * struct trace_event - an event
 * @time: In seconds, by tracing_now().
 * @pid: The thread.
 * @program: Its name, with nothing that a terminal might obey.
 * @name: Of the event, without "ioport_".
 * @fields: What the module says about it: NAME=VALUE, with blanks between.
 */
struct trace_event {
	double time;
	int pid;
	const char *program;
	char name[32];
	const char *fields;
};

/* A field that is a number; false where there is none of that name. */
bool trace_field(const struct trace_event *event, const char *name, uint32_t *value);
/* Any field, as text; "" where there is none. */
void trace_word(const struct trace_event *event, const char *name, char *word, size_t size);

/*
 * All of these complain where they fail. Nothing is recorded before tracing_on().
 * tracing_pid(): nobody but this process, its threads, and what they start later.
 */
struct tracing *tracing_open(void);
bool tracing_pid(struct tracing *t, pid_t pid);
bool tracing_on(struct tracing *t);
void tracing_off(struct tracing *t);
void tracing_close(struct tracing *t);

double tracing_now(void);

/*
 * Hands on what there is, up to a bound; waits for something for at most @ms. Signals
 * end the wait. False where there can be no more.
 */
bool tracing_read(struct tracing *t, int ms, void (*show)(void *data, const struct trace_event *),
		  void *data);
/* Events that were overwritten before they were read. */
unsigned long tracing_lost(const struct tracing *t);

#endif
