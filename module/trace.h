/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: events/ioport in tracefs.
 *
 * An event says what was done; ioport_denied says what was not, and why. Accesses
 * by in and out instructions of user mode are the processor's alone and seen by
 * nobody. While an event is off its site costs a nop: what takes computing is
 * computed in TP_fast_assign() or behind trace_..._enabled().
 *
 * "file" tells one open file from another: by its address, which the kernel hashes where it
 * prints it.
 */
/* clang-format off */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ioport

#if !defined(IOPORT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define IOPORT_TRACE_H

#include "ioport.h"

#include <linux/tracepoint.h>

#ifndef TRACE_HEADER_MULTI_READ

/* What was refused. */
enum ioport_call {
	IOPORT_CALL_READ,
	IOPORT_CALL_WRITE,
	IOPORT_CALL_GRANT,
	IOPORT_CALL_SET_MAP,
	IOPORT_CALL_ATTACH,
	IOPORT_CALL_BATCH,
	IOPORT_CALL_ON_CLOSE,
	IOPORT_CALL_CLAIM,
};

/* Beside enum ioport_reason: where the calling thread is attached, or its ioperm(). */
#define IOPORT_REASON_ATTACHED 8

unsigned int ioport_last_open(const unsigned long *bits);

#endif

/* They are names in the text that user space gets to print the numbers by. */
TRACE_DEFINE_ENUM(IOPORT_CALL_READ);
TRACE_DEFINE_ENUM(IOPORT_CALL_WRITE);
TRACE_DEFINE_ENUM(IOPORT_CALL_GRANT);
TRACE_DEFINE_ENUM(IOPORT_CALL_SET_MAP);
TRACE_DEFINE_ENUM(IOPORT_CALL_ATTACH);
TRACE_DEFINE_ENUM(IOPORT_CALL_BATCH);
TRACE_DEFINE_ENUM(IOPORT_CALL_ON_CLOSE);
TRACE_DEFINE_ENUM(IOPORT_CALL_CLAIM);
TRACE_DEFINE_ENUM(IOPORT_REASON_MODE);
TRACE_DEFINE_ENUM(IOPORT_REASON_LOCKDOWN);
TRACE_DEFINE_ENUM(IOPORT_REASON_NO_DIRECT);
TRACE_DEFINE_ENUM(IOPORT_REASON_PRIVILEGE);
TRACE_DEFINE_ENUM(IOPORT_REASON_POLICY);
TRACE_DEFINE_ENUM(IOPORT_REASON_LIMIT);
TRACE_DEFINE_ENUM(IOPORT_REASON_BUSY);

TRACE_EVENT(ioport_open,
	TP_PROTO(const struct file *file),
	TP_ARGS(file),
	TP_STRUCT__entry(
		__field(const void *, file)
		__field(bool, read)
		__field(bool, write)
	),
	TP_fast_assign(
		__entry->file = file->private_data;
		__entry->read = file->f_mode & FMODE_READ;
		__entry->write = file->f_mode & FMODE_WRITE;
	),
	TP_printk("file=%p read=%d write=%d", __entry->file, __entry->read, __entry->write)
);

DECLARE_EVENT_CLASS(ioport_file_class,
	TP_PROTO(const struct ioport_file *f, int err),
	TP_ARGS(f, err),
	TP_STRUCT__entry(
		__field(const void *, file)
	),
	TP_fast_assign(
		__entry->file = f;
	),
	TP_printk("file=%p", __entry->file)
);

/* The last descriptor is gone; comes before what is written for that. */
DEFINE_EVENT(ioport_file_class, ioport_close,
	TP_PROTO(const struct ioport_file *f, int err),
	TP_ARGS(f, err));

DEFINE_EVENT_CONDITION(ioport_file_class, ioport_attach,
	TP_PROTO(const struct ioport_file *f, int err),
	TP_ARGS(f, err),
	TP_CONDITION(!err));

DEFINE_EVENT_CONDITION(ioport_file_class, ioport_detach,
	TP_PROTO(const struct ioport_file *f, int err),
	TP_ARGS(f, err),
	TP_CONDITION(!err));

DECLARE_EVENT_CLASS(ioport_range_class,
	TP_PROTO(const struct file *file, const struct ioport_range *range, int err),
	TP_ARGS(file, range, err),
	TP_STRUCT__entry(
		__field(const void *, file)
		__field(u32, first)
		__field(u32, count)
		__field(bool, thread)
	),
	TP_fast_assign(
		__entry->file = file->private_data;
		__entry->first = range->first;
		__entry->count = range->count;
		__entry->thread = range->flags & IOPORT_THREAD;
	),
	TP_printk("file=%p first=0x%04x count=%u thread=%d", __entry->file, __entry->first,
		  __entry->count, __entry->thread)
);

DEFINE_EVENT_CONDITION(ioport_range_class, ioport_grant,
	TP_PROTO(const struct file *file, const struct ioport_range *range, int err),
	TP_ARGS(file, range, err),
	TP_CONDITION(!err));

DEFINE_EVENT_CONDITION(ioport_range_class, ioport_revoke,
	TP_PROTO(const struct file *file, const struct ioport_range *range, int err),
	TP_ARGS(file, range, err),
	TP_CONDITION(!err));

DEFINE_EVENT_CONDITION(ioport_range_class, ioport_claim,
	TP_PROTO(const struct file *file, const struct ioport_range *range, int err),
	TP_ARGS(file, range, err),
	TP_CONDITION(!err));

DEFINE_EVENT_CONDITION(ioport_range_class, ioport_release,
	TP_PROTO(const struct file *file, const struct ioport_range *range, int err),
	TP_ARGS(file, range, err),
	TP_CONDITION(!err));

/* A whole map: how many ports it opens, and between which. */
DECLARE_EVENT_CLASS(ioport_map_class,
	TP_PROTO(const struct ioport_file *f, const unsigned long *bits, u32 flags, int err),
	TP_ARGS(f, bits, flags, err),
	TP_STRUCT__entry(
		__field(const void *, file)
		__field(u32, first)
		__field(u32, last)
		__field(u32, open)
		__field(bool, thread)
	),
	TP_fast_assign(
		__entry->file = f;
		__entry->first = find_first_zero_bit(bits, IOPORT_PORTS);
		__entry->last = ioport_last_open(bits);
		__entry->open = IOPORT_PORTS - bitmap_weight(bits, IOPORT_PORTS);
		__entry->thread = flags & IOPORT_THREAD;
	),
	TP_printk("file=%p first=0x%04x last=0x%04x open=%u thread=%d", __entry->file,
		  __entry->first, __entry->last, __entry->open, __entry->thread)
);

DEFINE_EVENT_CONDITION(ioport_map_class, ioport_set_map,
	TP_PROTO(const struct ioport_file *f, const unsigned long *bits, u32 flags, int err),
	TP_ARGS(f, bits, flags, err),
	TP_CONDITION(!err));

DEFINE_EVENT_CONDITION(ioport_map_class, ioport_limit,
	TP_PROTO(const struct ioport_file *f, const unsigned long *bits, u32 flags, int err),
	TP_ARGS(f, bits, flags, err),
	TP_CONDITION(!err));

/* A port was touched. */
DECLARE_EVENT_CLASS(ioport_access_class,
	TP_PROTO(const struct ioport_file *f, unsigned int port, unsigned int width, bool write,
		 u32 value),
	TP_ARGS(f, port, width, write, value),
	TP_STRUCT__entry(
		__field(const void *, file)
		__field(u32, value)
		__field(u16, port)
		__field(u8, width)
		__field(bool, write)
	),
	TP_fast_assign(
		__entry->file = f;
		__entry->value = value;
		__entry->port = port;
		__entry->width = width;
		__entry->write = write;
	),
	TP_printk("file=%p port=0x%04x width=%u write=%d value=0x%x", __entry->file,
		  __entry->port, __entry->width, __entry->write, __entry->value)
);

/* By read() or write(). */
DEFINE_EVENT(ioport_access_class, ioport_transfer,
	TP_PROTO(const struct ioport_file *f, unsigned int port, unsigned int width, bool write,
		 u32 value),
	TP_ARGS(f, port, width, write, value));

/* By an operation of a batch; of the looks of a WAIT only the last. */
DEFINE_EVENT(ioport_access_class, ioport_batch_access,
	TP_PROTO(const struct ioport_file *f, unsigned int port, unsigned int width, bool write,
		 u32 value),
	TP_ARGS(f, port, width, write, value));

/* As ON_CLOSE had asked for. */
DEFINE_EVENT(ioport_access_class, ioport_close_access,
	TP_PROTO(const struct ioport_file *f, unsigned int port, unsigned int width, bool write,
		 u32 value),
	TP_ARGS(f, port, width, write, value));

DECLARE_EVENT_CLASS(ioport_xfer_class,
	TP_PROTO(const struct ioport_file *f, const struct ioport_xfer *xfer, int err),
	TP_ARGS(f, xfer, err),
	TP_STRUCT__entry(
		__field(const void *, file)
		__field(u32, ops)
		__field(u32, done)
		__field(int, error)
		__field(bool, atomic)
	),
	TP_fast_assign(
		__entry->file = f;
		__entry->ops = xfer->count;
		__entry->done = xfer->done;
		__entry->error = -err;
		__entry->atomic = xfer->flags & IOPORT_ATOMIC;
	),
	TP_printk("file=%p ops=%u done=%u atomic=%d error=%d", __entry->file, __entry->ops,
		  __entry->done, __entry->atomic, __entry->error)
);

/* A batch that ran, was refused, or ended half-way; comes after its accesses. */
DEFINE_EVENT(ioport_xfer_class, ioport_batch,
	TP_PROTO(const struct ioport_file *f, const struct ioport_xfer *xfer, int err),
	TP_ARGS(f, xfer, err));

/* What to write at the last close was set; nothing is done yet. */
DEFINE_EVENT_CONDITION(ioport_xfer_class, ioport_on_close,
	TP_PROTO(const struct ioport_file *f, const struct ioport_xfer *xfer, int err),
	TP_ARGS(f, xfer, err),
	TP_CONDITION(!err));

/* @port: the first in the range that the reason is about; no count: before any was named. */
TRACE_EVENT(ioport_denied,
	TP_PROTO(const struct ioport_file *f, enum ioport_call call, struct ports p,
		 unsigned int port, unsigned int reason, int err),
	TP_ARGS(f, call, p, port, reason, err),
	TP_STRUCT__entry(
		__field(const void *, file)
		__field(u32, call)
		__field(u32, first)
		__field(u32, count)
		__field(u32, port)
		__field(u32, reason)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->file = f;
		__entry->call = call;
		__entry->first = p.first;
		__entry->count = p.last - p.first + 1;
		__entry->port = port;
		__entry->reason = reason;
		__entry->error = -err;
	),
	TP_printk("file=%p call=%s first=0x%04x count=%u port=0x%04x error=%d reason=%s",
		  __entry->file,
		  __print_symbolic(__entry->call,
				   { IOPORT_CALL_READ, "read" },
				   { IOPORT_CALL_WRITE, "write" },
				   { IOPORT_CALL_GRANT, "grant" },
				   { IOPORT_CALL_SET_MAP, "set_map" },
				   { IOPORT_CALL_ATTACH, "attach" },
				   { IOPORT_CALL_BATCH, "batch" },
				   { IOPORT_CALL_ON_CLOSE, "on_close" },
				   { IOPORT_CALL_CLAIM, "claim" }),
		  __entry->first, __entry->count, __entry->port, __entry->error,
		  __print_symbolic(__entry->reason,
				   { IOPORT_REASON_MODE, "mode" },
				   { IOPORT_REASON_LOCKDOWN, "lockdown" },
				   { IOPORT_REASON_NO_DIRECT, "no-direct" },
				   { IOPORT_REASON_PRIVILEGE, "privilege" },
				   { IOPORT_REASON_POLICY, "policy" },
				   { IOPORT_REASON_LIMIT, "limit" },
				   { IOPORT_REASON_BUSY, "busy" },
				   { IOPORT_REASON_ATTACHED, "attached" }))
);

#endif

/* clang-format on */
#ifndef IOPORT_TRACE_DENIED
#define IOPORT_TRACE_DENIED

void ioport_denied(const struct ioport_file *f, enum ioport_call call, u32 flags, struct ports p,
		   const unsigned long *bits, int err);

/* Does anybody want to know of it, if this is a refusal? */
static inline bool ioport_reports_denied(int err)
{
	return unlikely(err) && (trace_ioport_denied_enabled() || READ_ONCE(ioport_log_denials));
}

/*
 * Says so if @err is a refusal: by the event, and in the log. A macro, so that its
 * arguments are not even computed while nobody listens.
 */
#define ioport_trace_denied(f, call, flags, p, bits, err)            \
	do {                                                         \
		if (ioport_reports_denied(err))                      \
			ioport_denied(f, call, flags, p, bits, err); \
	} while (0)

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>
