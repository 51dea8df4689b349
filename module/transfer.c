// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mediated access: read and write on the device, one instruction a call. The
 * offset is the port, the count the width.
 */
#include "ioport.h"
#include "lockdown.h"
#include "trace.h"

#include <linux/io.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>

/*
 * One access, if its ports are ready. Preemption is off, which is RCU's read side too and
 * costs no call.
 */
static __always_inline bool read_ready(const struct ioport_file *f, unsigned int port,
				       unsigned int width, u32 *value)
{
	bool ready;

	rcu_read_lock_sched();
	ready = ioport_is_ready(f, ports(port, width));
	if (likely(ready))
		*value = ioport_in(port, width);
	rcu_read_unlock_sched();
	return ready;
}

static __always_inline bool write_ready(const struct ioport_file *f, unsigned int port,
					unsigned int width, u32 value)
{
	bool ready;

	rcu_read_lock_sched();
	ready = ioport_is_ready(f, ports(port, width));
	if (likely(ready))
		ioport_out(port, width, value);
	rcu_read_unlock_sched();
	return ready;
}

/*
 * A port that this file has not used yet is checked and reserved first; policy may take it
 * away again before the second look, hence the loops. By themselves, as all that is rare is
 * here, so that the usual way saves few registers and has no stack. Returns the value, or an
 * error below 0.
 */
static noinline s64 read_unready(struct ioport_file *f, unsigned int port, unsigned int width)
{
	u32 value = 0;
	int err;

	do {
		err = ioport_file_prepare(f, ports(port, width));
		if (err)
			return err;
	} while (!read_ready(f, port, width, &value));
	return value;
}

static noinline int write_unready(struct ioport_file *f, unsigned int port, unsigned int width,
				  u32 value)
{
	int err;

	do {
		err = ioport_file_prepare(f, ports(port, width));
		if (err)
			return err;
	} while (!write_ready(f, port, width, value));
	return 0;
}

/*
 * By width, and in place: a copy whose size the compiler does not know costs as much as
 * all the rest.
 */
static __always_inline int put_value(char __user *buf, size_t width, u32 value)
{
	if (!user_write_access_begin(buf, width))
		return -EFAULT;
	switch (width) {
	case 1:
		unsafe_put_user((u8)value, (u8 __user *)buf, fault);
		break;
	case 2:
		unsafe_put_user((u16)value, (u16 __user *)buf, fault);
		break;
	default:
		unsafe_put_user(value, (u32 __user *)buf, fault);
		break;
	}
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static __always_inline int get_value(u32 *value, const char __user *buf, size_t width)
{
	u16 value16;
	u8 value8;

	if (!user_read_access_begin(buf, width))
		return -EFAULT;
	switch (width) {
	case 1:
		unsafe_get_user(value8, (const u8 __user *)buf, fault);
		*value = value8;
		break;
	case 2:
		unsafe_get_user(value16, (const u16 __user *)buf, fault);
		*value = value16;
		break;
	default:
		unsafe_get_user(*value, (const u32 __user *)buf, fault);
		break;
	}
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/* Neither of these two is inline, so that they are in nobody's way while events are off. */
static noinline void trace_access(const struct ioport_file *f, loff_t pos, size_t count, bool write,
				  u32 value)
{
	trace_ioport_transfer(f, pos, count, write, value);
}

static noinline int refused(const struct ioport_file *f, loff_t pos, size_t count,
			    enum ioport_call call, int err)
{
	ioport_trace_denied(f, call, 0, ports(pos, count), NULL, err);
	return err;
}

static bool no_port(loff_t pos, unsigned int width)
{
	return (u64)pos > IOPORT_PORTS - width;
}

/* Past the last port; else it is a bad offset, or a bad count. */
static bool at_end(loff_t pos)
{
	return pos >= IOPORT_PORTS;
}

/*
 * These two are compiled once for each width. @pos is the caller's own, and is read where it is
 * needed rather than kept: across a call that would take one more register.
 */
static __always_inline ssize_t read_port(struct file *file, char __user *buf, unsigned int width,
					 loff_t *pos)
{
	s64 value64;
	u32 value;
	int err;

	if (unlikely(no_port(*pos, width)))
		return at_end(*pos) ? 0 : -EINVAL;
	err = ioport_locked_down_ports(ports(*pos, width));
	if (unlikely(err))
		return refused(file->private_data, *pos, width, IOPORT_CALL_READ, err);
	if (unlikely(!read_ready(file->private_data, *pos, width, &value))) {
		value64 = read_unready(file->private_data, *pos, width);
		if (value64 < 0)
			return refused(file->private_data, *pos, width, IOPORT_CALL_READ, value64);
		value = value64;
	}
	if (trace_ioport_transfer_enabled())
		trace_access(file->private_data, *pos, width, false, value);
	if (put_value(buf, width, value))
		return -EFAULT;
	*pos += width;
	return width;
}

static __always_inline ssize_t write_port(struct file *file, const char __user *buf,
					  unsigned int width, loff_t *pos)
{
	u32 value;
	int err;

	if (unlikely(no_port(*pos, width)))
		return at_end(*pos) ? -ENXIO : -EINVAL;
	if (get_value(&value, buf, width))
		return -EFAULT;
	err = ioport_locked_down_ports(ports(*pos, width));
	if (unlikely(!err && !write_ready(file->private_data, *pos, width, value)))
		err = write_unready(file->private_data, *pos, width, value);
	if (unlikely(err))
		return refused(file->private_data, *pos, width, IOPORT_CALL_WRITE, err);
	if (trace_ioport_transfer_enabled())
		trace_access(file->private_data, *pos, width, true, value);
	*pos += width;
	return width;
}

/* Most are of one byte: what the others need is not set up for them. */
static noinline ssize_t read_more(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	switch (count) {
	case 2:
		return read_port(file, buf, 2, pos);
	case 4:
		return read_port(file, buf, 4, pos);
	default:
		return count && at_end(*pos) ? 0 : -EINVAL;
	}
}

ssize_t ioport_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	return likely(count == 1) ? read_port(file, buf, 1, pos) : read_more(file, buf, count, pos);
}

static noinline ssize_t write_more(struct file *file, const char __user *buf, size_t count,
				   loff_t *pos)
{
	switch (count) {
	case 2:
		return write_port(file, buf, 2, pos);
	case 4:
		return write_port(file, buf, 4, pos);
	default:
		return count && at_end(*pos) ? -ENXIO : -EINVAL;
	}
}

ssize_t ioport_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	return likely(count == 1) ? write_port(file, buf, 1, pos)
				  : write_more(file, buf, count, pos);
}
