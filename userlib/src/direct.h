/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* May the calling thread use the instruction? The part that every access pays for. */
#ifndef IOPORT_DIRECT_H
#define IOPORT_DIRECT_H

#include "handle.h"
#include "instruction.h"

/* Of a private copy, so many runs of open ports are remembered; enough for windows. */
#define COPY_RUNS 8

/* Of so many handles, a thread remembers that it is not attached to them. */
#define STRANGERS 4

/*
 * What the library knows of one thread, which nobody else can read or write.
 * A forked child's thread inherits it together with the attachment; a new
 * thread starts with zeroes: nothing known.
 */
struct thread_view {
	/* The handle whose maps the thread is attached to; 0: none that is known of. */
	unsigned long id;
	/* Attached to a private copy of the map, not to the map itself. */
	bool copy;
	/* For a copy: its ports, right while the handle's count is @closings. */
	uint32_t closings;
	unsigned int runs;
	struct {
		uint16_t first;
		uint16_t last;
	} run[COPY_RUNS];
	/* Handles through which the thread had no port when they counted @openings. */
	struct {
		unsigned long id;
		uint32_t openings;
	} stranger[STRANGERS];
};

/*
 * Initial-exec, as it is two instructions cheaper than the general way, and
 * small enough for the room that the C library keeps for dlopen().
 */
extern _Thread_local struct thread_view ioport_thread_view
	__attribute__((visibility("hidden"), tls_model("initial-exec")));

/* Asks the kernel, if there is anything to learn. True: look at the gate again. */
bool direct_ask(struct ioport *io);

/* Are these among the ports remembered of the thread's private copy? */
bool direct_copy_has(uint32_t port, uint32_t width);

/* The condition under which the thread may use @width ports at @port; false: never. */
static inline bool direct_gate(const struct ioport *io, uint32_t port, uint32_t width,
			       struct gate *gate)
{
	const struct thread_view *view = &ioport_thread_view;

	if (view->id != io->id)
		return false;
	if (view->copy) {
		gate->word = &io->closings;
		gate->mask = UINT32_MAX;
		gate->want = view->closings;
		return direct_copy_has(port, width);
	}
	gate->word = &io->known->open[port / 8];
	gate->mask = ((1U << width) - 1) << port % 8;
	gate->want = gate->mask;
	return true;
}

#endif
