// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mediated access: read and write on the device, one instruction a call. The
 * offset is the port, the count the width.
 */
#include "ioport.h"
#include "trace.h"

#include <linux/io.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>

/**
 * ioport_is_ready - may these ports be used without asking any further?
 * @f: The file.
 * @p: The ports of one access, at most 4.
 *
 * Under RCU: who takes a port away clears its bit, then waits for a grace period.
 */
bool ioport_is_ready(const struct ioport_file *f, struct ports p)
{
	const unsigned long *ready = smp_load_acquire(&f->ready); /* pairs with alloc_ready() */
	unsigned int w = p.first / BITS_PER_LONG, shift = p.first % BITS_PER_LONG;
	unsigned long bits, wanted = BIT(p.last - p.first + 1) - 1;

	if (!ready)
		return false;
	bits = READ_ONCE(ready[w]) >> shift;
	if (p.last / BITS_PER_LONG != w)
		bits |= READ_ONCE(ready[w + 1]) << (BITS_PER_LONG - shift);
	return (bits & wanted) == wanted;
}

u32 ioport_in(unsigned int port, unsigned int width)
{
	switch (width) {
	case 1:
		return inb(port);
	case 2:
		return inw(port);
	default:
		return inl(port);
	}
}

void ioport_out(unsigned int port, unsigned int width, u32 value)
{
	switch (width) {
	case 1:
		outb(value, port);
		break;
	case 2:
		outw(value, port);
		break;
	default:
		outl(value, port);
		break;
	}
}

/*
 * One access. A port that this file has not used yet is checked and reserved
 * first; policy may take it away again before the second look, hence the loop.
 */
static int transfer(struct ioport_file *f, unsigned int port, unsigned int width, u32 *value,
		    bool write)
{
	int err;

	err = ioport_locked_down();
	if (err)
		return err;
	for (;;) {
		rcu_read_lock();
		if (likely(ioport_is_ready(f, ports(port, width))))
			break;
		rcu_read_unlock();
		err = ioport_file_prepare(f, ports(port, width));
		if (err)
			return err;
	}
	if (write)
		ioport_out(port, width, *value);
	else
		*value = ioport_in(port, width);
	rcu_read_unlock();
	return 0;
}

static bool bad_access(loff_t pos, size_t count)
{
	return (count != 1 && count != 2 && count != 4) || pos < 0 || pos + count > IOPORT_PORTS;
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

/*
 * Registers and memory of this machine are little endian, so the first @count
 * bytes of a u32 are the value of that width.
 */
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
	if (copy_to_user(buf, &value, count))
		return -EFAULT;
	*pos += count;
	return count;
}

ssize_t ioport_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct ioport_file *f = file->private_data;
	u32 value = 0;
	int err;

	if (*pos >= IOPORT_PORTS && count)
		return -ENXIO;
	if (bad_access(*pos, count))
		return -EINVAL;
	if (copy_from_user(&value, buf, count))
		return -EFAULT;
	err = transfer(f, *pos, count, &value, true);
	if (err)
		return refused(f, *pos, count, IOPORT_CALL_WRITE, err);
	if (trace_ioport_transfer_enabled())
		trace_access(f, *pos, count, true, value);
	*pos += count;
	return count;
}
