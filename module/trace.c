// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints themselves, and what is found out only for them.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
#include "lockdown.h"

/* The last port that a map opens; one past all if there is none. */
unsigned int ioport_last_open(const unsigned long *bits)
{
	unsigned int w = IOPORT_LONGS;

	while (w--)
		if (~bits[w])
			return w * BITS_PER_LONG + __fls(~bits[w]);
	return IOPORT_PORTS;
}

/* EPERM has two causes, of which only direct access knows the second. It is asked for later. */
static unsigned int why_not_permitted(enum ioport_call call, struct ports p,
				      const unsigned long *bits)
{
	bool direct = call == IOPORT_CALL_GRANT || call == IOPORT_CALL_SET_MAP ||
		      call == IOPORT_CALL_ATTACH;
	int locked;

	if (!direct || !ioport_direct_permitted())
		return IOPORT_REASON_LOCKDOWN;
	if (call == IOPORT_CALL_ATTACH)
		locked = ioport_locked_down();
	else
		locked = bits ? ioport_locked_down_map(bits) : ioport_locked_down_ports(p);
	return locked ? IOPORT_REASON_LOCKDOWN : IOPORT_REASON_PRIVILEGE;
}

/* So has EBUSY: a port, or what the thread has already, which is looked at first. */
static unsigned int why_busy(const struct ioport_file *f, enum ioport_call call, u32 flags)
{
	bool thread = flags & IOPORT_THREAD;
	enum ioport_standing standing;
	struct port_map *map;

	if (call == IOPORT_CALL_ATTACH)
		return IOPORT_REASON_ATTACHED;
	if (call != IOPORT_CALL_GRANT && !(call == IOPORT_CALL_SET_MAP && thread))
		return IOPORT_REASON_BUSY;
	standing = ioport_map_standing(f, &map);
	if (standing == STANDING_OTHER || standing == STANDING_KERNEL ||
	    (!thread && map && map != READ_ONCE(f->map)))
		return IOPORT_REASON_ATTACHED;
	return IOPORT_REASON_BUSY;
}

/* Policy and limit as they are now: they may have changed since it was refused. */
static unsigned int why_not_allowed(const struct ioport_file *f, struct ports p,
				    const unsigned long *bits, unsigned int *port)
{
	const unsigned long *limit = READ_ONCE(f->limit);
	unsigned long wanted, bad;
	unsigned int w;

	for_each_word(w, p) {
		wanted = ports_word(p, w) & (bits ? ~bits[w] : ~0UL);
		bad = wanted & (ioport_policy[w] | (limit ? limit[w] : 0));
		if (!bad)
			continue;
		*port = w * BITS_PER_LONG + __ffs(bad);
		return ioport_policy[w] & BIT(__ffs(bad)) ? IOPORT_REASON_POLICY
							  : IOPORT_REASON_LIMIT;
	}
	return IOPORT_REASON_POLICY;
}

/**
 * ioport_denied - say so if this was refused; see ioport_trace_denied()
 * @f: The file; no lock is needed.
 * @call: What was asked for.
 * @flags: Its flags.
 * @p: The ports.
 * @bits: For SET_MAP the map, of which @p is all; else NULL.
 * @err: What is returned; a refusal where enum ioport_reason has it.
 */
void ioport_denied(const struct ioport_file *f, enum ioport_call call, u32 flags, struct ports p,
		   const unsigned long *bits, int err)
{
	unsigned int port = p.first, reason;

	switch (err) {
	case -EBADF:
		reason = IOPORT_REASON_MODE;
		break;
	case -EPERM:
		reason = why_not_permitted(call, p, bits);
		break;
	case -EOPNOTSUPP:
		reason = IOPORT_REASON_NO_DIRECT;
		break;
	case -EACCES:
		reason = why_not_allowed(f, p, bits, &port);
		break;
	case -EBUSY:
		reason = why_busy(f, call, flags);
		break;
	default:
		return;
	}
	trace_ioport_denied(f, call, p, port, reason, err);
}
