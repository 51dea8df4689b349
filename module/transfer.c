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
 * One access. A port that this file has not used yet is checked and reserved first;
 * policy may take it away again before the second look, hence the loop. Preemption
 * is off meanwhile, which is RCU's read side too and costs no call.
 */
static __always_inline int transfer(struct ioport_file *f, unsigned int port, unsigned int width,
				    u32 *value, bool write)
{
	int err = ioport_locked_down_ports(ports(port, width));

	if (err)
		return err;
	rcu_read_lock_sched();
	while (unlikely(!ioport_is_ready(f, ports(port, width)))) {
		rcu_read_unlock_sched();
		err = ioport_file_prepare(f, ports(port, width));
		if (err)
			return err;
		rcu_read_lock_sched();
	}
	if (write)
		ioport_out(port, width, *value);
	else
		*value = ioport_in(port, width);
	rcu_read_unlock_sched();
	return 0;
}

/* By width: a copy whose size the compiler does not know costs as much as the rest. */
static __always_inline int put_value(char __user *buf, size_t width, u32 value)
{
	switch (width) {
	case 1:
		return put_user((u8)value, (u8 __user *)buf);
	case 2:
		return put_user((u16)value, (u16 __user *)buf);
	default:
		return put_user(value, (u32 __user *)buf);
	}
}

static __always_inline int get_value(u32 *value, const char __user *buf, size_t width)
{
	u16 value16;
	u8 value8;
	int err;

	switch (width) {
	case 1:
		err = get_user(value8, (const u8 __user *)buf);
		*value = value8;
		return err;
	case 2:
		err = get_user(value16, (const u16 __user *)buf);
		*value = value16;
		return err;
	default:
		return get_user(*value, (const u32 __user *)buf);
	}
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

/* These two are compiled once for each width. */
static __always_inline ssize_t read_port(struct file *file, char __user *buf, unsigned int width,
					 loff_t *pos)
{
	struct ioport_file *f = file->private_data;
	u32 value;
	int err;

	if (no_port(*pos, width))
		return at_end(*pos) ? 0 : -EINVAL;
	err = transfer(f, *pos, width, &value, false);
	if (err)
		return refused(f, *pos, width, IOPORT_CALL_READ, err);
	if (trace_ioport_transfer_enabled())
		trace_access(f, *pos, width, false, value);
	if (put_value(buf, width, value))
		return -EFAULT;
	*pos += width;
	return width;
}

static __always_inline ssize_t write_port(struct file *file, const char __user *buf,
					  unsigned int width, loff_t *pos)
{
	struct ioport_file *f = file->private_data;
	u32 value;
	int err;

	if (no_port(*pos, width))
		return at_end(*pos) ? -ENXIO : -EINVAL;
	if (get_value(&value, buf, width))
		return -EFAULT;
	err = transfer(f, *pos, width, &value, true);
	if (err)
		return refused(f, *pos, width, IOPORT_CALL_WRITE, err);
	if (trace_ioport_transfer_enabled())
		trace_access(f, *pos, width, true, value);
	*pos += width;
	return width;
}

ssize_t ioport_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	switch (count) {
	case 1:
		return read_port(file, buf, 1, pos);
	case 2:
		return read_port(file, buf, 2, pos);
	case 4:
		return read_port(file, buf, 4, pos);
	default:
		return count && at_end(*pos) ? 0 : -EINVAL;
	}
}

ssize_t ioport_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	switch (count) {
	case 1:
		return write_port(file, buf, 1, pos);
	case 2:
		return write_port(file, buf, 2, pos);
	case 4:
		return write_port(file, buf, 4, pos);
	default:
		return count && at_end(*pos) ? -ENXIO : -EINVAL;
	}
}
