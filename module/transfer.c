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

static bool bad_access(loff_t pos, size_t count)
{
	return (count != 1 && count != 2 && count != 4) || pos < 0 || pos + count > IOPORT_PORTS;
}

/* By width: a copy whose size the compiler does not know costs as much as the rest. */
static int put_value(char __user *buf, size_t width, u32 value)
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

static int get_value(u32 *value, const char __user *buf, size_t width)
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

ssize_t ioport_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct ioport_file *f = file->private_data;
	u32 value;
	int err;

	if (*pos >= IOPORT_PORTS && count)
		return 0;
	if (bad_access(*pos, count))
		return -EINVAL;
	err = transfer(f, *pos, count, &value, false);
	if (err)
		return refused(f, *pos, count, IOPORT_CALL_READ, err);
	if (trace_ioport_transfer_enabled())
		trace_access(f, *pos, count, false, value);
	if (put_value(buf, count, value))
		return -EFAULT;
	*pos += count;
	return count;
}

ssize_t ioport_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct ioport_file *f = file->private_data;
	u32 value;
	int err;

	if (*pos >= IOPORT_PORTS && count)
		return -ENXIO;
	if (bad_access(*pos, count))
		return -EINVAL;
	if (get_value(&value, buf, count))
		return -EFAULT;
	err = transfer(f, *pos, count, &value, true);
	if (err)
		return refused(f, *pos, count, IOPORT_CALL_WRITE, err);
	if (trace_ioport_transfer_enabled())
		trace_access(f, *pos, count, true, value);
	*pos += count;
	return count;
}
