// SPDX-License-Identifier: GPL-2.0-only
/* Kernel lockdown, and the list of windows that stay usable under it: see lockdown.h. */
#include "lockdown.h"

#include <linux/cache.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/string.h>

MODULE_INFO(lockdown_allow, IOPORT_LOCKDOWN_TEXT);

#if IOPORT_LOCKDOWN_LIST
unsigned long ioport_lockdown_set[IOPORT_LONGS] __ro_after_init;

void __init ioport_lockdown_init(void)
{
	static const struct ports list[] __initconst = { IOPORT_LOCKDOWN_RANGES };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(list); i++)
		bitmap_set(ioport_lockdown_set, list[i].first, list[i].last - list[i].first + 1);
}
#else
void __init ioport_lockdown_init(void)
{
}
#endif

/**
 * ioport_locked_down_map - does lockdown forbid a port that is open in a map?
 * @bits: The map. One without an open port is fine unless all ports are forbidden.
 *
 * Return: 0 or -EPERM.
 */
int ioport_locked_down_map(const unsigned long *bits)
{
	bool listed = IOPORT_LOCKDOWN_LIST;
	unsigned int w;

	for (w = 0; listed && w < IOPORT_LONGS; w++)
		listed = !(~bits[w] & ~ioport_listed_word(w));
	return ioport_locked_down_if(listed);
}

/* The first port of a range that lockdown forbids; one past its end if none. */
unsigned int ioport_first_locked_down(struct ports p)
{
	unsigned long bits;
	unsigned int w;

	if (!ioport_locked_down_ports(p))
		return p.last + 1;
	if (ioport_locked_down())
		return p.first;
	for_each_word(w, p) {
		bits = ports_word(p, w) & ~ioport_listed_word(w);
		if (bits)
			return w * BITS_PER_LONG + __ffs(bits);
	}
	return p.last + 1;
}

/* Closes in a map what lockdown forbids. */
void ioport_lockdown_confine(unsigned long *bits)
{
	unsigned int w;

	if (ioport_locked_down())
		memset(bits, 0xff, IOPORT_MAP_BYTES);
	else if (ioport_locked_down_if(false))
		for (w = 0; w < IOPORT_LONGS; w++)
			bits[w] |= ~ioport_listed_word(w);
}

/* The list as a map. */
void ioport_lockdown_copy(unsigned long *bits)
{
	unsigned int w;

	for (w = 0; w < IOPORT_LONGS; w++)
		bits[w] = ~ioport_listed_word(w);
}
