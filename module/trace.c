// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints themselves, what is found out only for them, and the lines of the
 * kernel's log that the parameter log_denials asks for.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
#include "lockdown.h"

#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/uidgid.h>

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

/* Policy and limit as they are now, without a lock: they may have changed since it was refused. */
static unsigned int why_not_allowed(const struct ioport_file *f, struct ports p,
				    const unsigned long *bits, unsigned int *port)
{
	/* pairs with alloc_bits() */
	const unsigned long *limit = smp_load_acquire(&f->limit);
	unsigned long forbidden, wanted, bad;
	unsigned int w;

	for_each_word(w, p) {
		wanted = ports_word(p, w) & (bits ? ~bits[w] : ~0UL);
		forbidden = READ_ONCE(f->policy->forbidden[w]);
		bad = wanted & (forbidden | (limit ? data_race(limit[w]) : 0));
		if (!bad)
			continue;
		*port = w * BITS_PER_LONG + __ffs(bad);
		return forbidden & BIT(__ffs(bad)) ? IOPORT_REASON_POLICY : IOPORT_REASON_LIMIT;
	}
	return IOPORT_REASON_POLICY;
}

static const char *const call_names[] = {
	[IOPORT_CALL_READ] = "read",	     [IOPORT_CALL_WRITE] = "write",
	[IOPORT_CALL_GRANT] = "grant",	     [IOPORT_CALL_SET_MAP] = "set_map",
	[IOPORT_CALL_ATTACH] = "attach",     [IOPORT_CALL_BATCH] = "batch",
	[IOPORT_CALL_ON_CLOSE] = "on_close", [IOPORT_CALL_CLAIM] = "claim",
};

static const char *const reason_names[] = {
	[IOPORT_REASON_NONE] = "none",
	[IOPORT_REASON_MODE] = "the open mode does not fit",
	[IOPORT_REASON_LOCKDOWN] = "kernel lockdown",
	[IOPORT_REASON_NO_DIRECT] = "no direct access on this machine",
	[IOPORT_REASON_PRIVILEGE] = "direct access needs CAP_SYS_RAWIO here",
	[IOPORT_REASON_POLICY] = "not allowed",
	[IOPORT_REASON_LIMIT] = "outside the file's limit",
	[IOPORT_REASON_BUSY] = "held by a driver, ACPI or another's claim",
	[IOPORT_REASON_ATTACHED] = "the thread has ports by another map or ioperm()",
};

/*
 * Ten lines in five seconds, whoever causes them; the kernel then tells how many were left
 * out. The name of a process is its own choice: escaped, so that it cannot pass for lines
 * of somebody else's.
 */
static void log_denied(const struct ioport_file *f, enum ioport_call call, struct ports p,
		       unsigned int port, unsigned int reason)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 10);
	char comm[TASK_COMM_LEN], where[48] = "";

	if (!__ratelimit(&limit))
		return;
	get_task_comm(comm, current);
	if (p.last - p.first + 1)
		snprintf(where, sizeof(where), " of 0x%04x-0x%04x, first 0x%04x", p.first, p.last,
			 port);
	pr_notice("denied: %*pE[%d] uid %u: %s on %s%s: %s\n", (int)strlen(comm), comm,
		  task_tgid_nr(current), from_kuid(&init_user_ns, current_uid()), call_names[call],
		  f->policy->name, where, reason_names[reason]);
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
	if (READ_ONCE(ioport_log_denials))
		log_denied(f, call, p, port, reason);
}
