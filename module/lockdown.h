/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel lockdown: it forbids all ports, but for the windows that whoever built the
 * module has compiled in (lockdown-list.sh), which stay usable at the level
 * "integrity". The level "confidentiality" forbids those as well: nobody has vouched
 * that they tell no secret.
 *
 * The kernel tells whether it forbids a thing, not its level. Ports are forbidden
 * from "integrity" on, /proc/kcore from "confidentiality" on: where only listed
 * ports are wanted the question is the second one. (To ask the first and to
 * overrule the answer would log each use as a refusal.)
 *
 * With an empty list all of these are the one question. Each may be asked with any
 * lock held.
 */
#ifndef IOPORT_LOCKDOWN_H
#define IOPORT_LOCKDOWN_H

#include "ioport.h"
#include "lockdown-list.h"

#include <linux/security.h>

#if IOPORT_LOCKDOWN_LIST
/* The list as a set. Written at load, before there is anybody to read it. */
extern unsigned long ioport_lockdown_set[IOPORT_LONGS];

static inline unsigned long ioport_listed_word(unsigned int w)
{
	return ioport_lockdown_set[w];
}
#else
static inline unsigned long ioport_listed_word(unsigned int w)
{
	return 0;
}
#endif

/* Are all of these on the list? */
static inline bool ioport_listed(struct ports p)
{
	unsigned int w;

	if (!IOPORT_LOCKDOWN_LIST)
		return false;
	for_each_word(w, p)
		if (ports_word(p, w) & ~ioport_listed_word(w))
			return false;
	return true;
}

/* Does lockdown forbid what is, or is not, all on the list? 0 or -EPERM. */
static inline int ioport_locked_down_if(bool listed)
{
	return security_locked_down(listed ? LOCKDOWN_KCORE : LOCKDOWN_IOPORT) ? -EPERM : 0;
}

/* Does it forbid every port? */
static inline int ioport_locked_down(void)
{
	return ioport_locked_down_if(IOPORT_LOCKDOWN_LIST);
}

/* Does it forbid any of these? */
static inline int ioport_locked_down_ports(struct ports p)
{
	return ioport_locked_down_if(ioport_listed(p));
}

void ioport_lockdown_init(void);
int ioport_locked_down_map(const unsigned long *bits);
unsigned int ioport_first_locked_down(struct ports p);
void ioport_lockdown_confine(unsigned long *bits);
void ioport_lockdown_copy(unsigned long *bits);

#endif
