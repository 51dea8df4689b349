// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls: each helper checks its arguments and copies them, then leaves the
 * work to others. Errors come in the order of the table in the uAPI header.
 */
#include "ioport.h"
#include "lockdown.h"
#include "trace.h"

#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static_assert(sizeof(struct ioport_info) == 64);
static_assert(sizeof(struct ioport_range) == 16);
static_assert(sizeof(struct ioport_map) == 16);
static_assert(sizeof(struct ioport_attach) == 8);
static_assert(sizeof(struct ioport_check) == 24);
static_assert(sizeof(struct ioport_op) == 32);
static_assert(sizeof(struct ioport_xfer) == 24);

/* Direct access needs a file that is open for both reading and writing. */
static bool mode_direct(const struct file *file)
{
	return (file->f_mode & FMODE_READ) && (file->f_mode & FMODE_WRITE);
}

static __always_inline bool bad_range(u32 first, u32 count)
{
	return first >= IOPORT_PORTS || count - 1 >= IOPORT_PORTS - first;
}

static long do_get_info(void __user *arg)
{
	struct ioport_info info = {
		.features = IOPORT_FEATURE_MEDIATED | IOPORT_FEATURE_XFER |
			    IOPORT_FEATURE_ON_CLOSE | IOPORT_FEATURE_CLAIM,
		.direct_blocked = ioport_direct_blocked(),
		.ports = IOPORT_PORTS,
		.map_bytes = IOPORT_MAP_BYTES,
		.max_ops = IOPORT_MAX_OPS,
		.max_data = IOPORT_MAX_DATA,
	};

	if (IOPORT_HAVE_BITMAP)
		info.features |= IOPORT_FEATURE_DIRECT;
	if (IOPORT_HAVE_WINDOWS)
		info.features |= IOPORT_FEATURE_WINDOWS;
	if (IOPORT_LOCKDOWN_LIST)
		info.features |= IOPORT_FEATURE_LOCKDOWN_LIST;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* Two words: a call of the general copy costs as much as the rest of a GRANT. */
static __always_inline int copy_range(struct ioport_range *range, const void __user *arg)
{
	const u64 __user *from = arg;
	u64 low, high;

	if (!user_read_access_begin(from, sizeof(*range)))
		return -EFAULT;
	unsafe_get_user(low, &from[0], fault);
	unsafe_get_user(high, &from[1], fault);
	user_read_access_end();
	*range = (struct ioport_range){ low, low >> 32, high, high >> 32 };
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

static __always_inline int get_range(struct ioport_range *range, const void __user *arg)
{
	if (copy_range(range, arg))
		return -EFAULT;
	if (bad_range(range->first, range->count) || (range->flags & ~IOPORT_THREAD) || range->pad)
		return -EINVAL;
	return 0;
}

/* Before any port was named. */
static int refuse_mode(const struct file *file, enum ioport_call call)
{
	ioport_trace_denied(file->private_data, call, 0, ports(0, 0), NULL, -EBADF);
	return -EBADF;
}

/*
 * Not inline, and with the range by value, so that the calls that are to be fast have
 * nothing of it but the question, and the range in registers.
 */
static noinline void trace_grant(const struct file *file, struct ioport_range range, int err)
{
	trace_ioport_grant(file, &range, err);
	ioport_trace_denied(file->private_data, IOPORT_CALL_GRANT, range.flags,
			    ports(range.first, range.count), NULL, err);
}

static noinline void trace_revoke(const struct file *file, struct ioport_range range, int err)
{
	trace_ioport_revoke(file, &range, err);
}

static __always_inline int grant(struct ioport_file *f, struct ioport_range range)
{
	struct ports p = ports(range.first, range.count);
	int err = ioport_locked_down_ports(p) ?: ioport_direct_permitted();

	if (err)
		return err;
	return range.flags & IOPORT_THREAD ? ioport_file_grant_thread(f, p)
					   : ioport_file_grant(f, p);
}

static __always_inline int revoke(struct ioport_file *f, struct ioport_range range)
{
	struct ports p = ports(range.first, range.count);

	return range.flags & IOPORT_THREAD ? ioport_file_revoke_thread(f, p)
					   : ioport_file_revoke(f, p);
}

static noinline long do_grant(struct file *file, const void __user *arg)
{
	struct ioport_range range;
	int err;

	if (!mode_direct(file))
		return refuse_mode(file, IOPORT_CALL_GRANT);
	err = get_range(&range, arg);
	if (err)
		return err;
	err = grant(file->private_data, range);
	if (trace_ioport_grant_enabled() || ioport_reports_denied(err))
		trace_grant(file, range, err);
	return err;
}

static noinline long do_revoke(struct file *file, const void __user *arg)
{
	struct ioport_range range;
	int err;

	err = get_range(&range, arg);
	if (err)
		return err;
	err = revoke(file->private_data, range);
	if (trace_ioport_revoke_enabled())
		trace_revoke(file, range, err);
	return err;
}

/* Copies a whole map in. Free it with kfree(). */
static unsigned long *get_bits(const struct ioport_map *map)
{
	return memdup_user(u64_to_user_ptr(map->map), IOPORT_MAP_BYTES);
}

static long do_set_map(struct file *file, const void __user *arg)
{
	struct ioport_map map;
	unsigned long *bits;
	int err;

	if (!mode_direct(file))
		return refuse_mode(file, IOPORT_CALL_SET_MAP);
	if (copy_from_user(&map, arg, sizeof(map)))
		return -EFAULT;
	if (map.which || (map.flags & ~IOPORT_THREAD))
		return -EINVAL;
	bits = get_bits(&map);
	if (IS_ERR(bits))
		return PTR_ERR(bits);
	err = ioport_locked_down_map(bits) ?: ioport_direct_permitted();
	if (err)
		goto out;
	if (map.flags & IOPORT_THREAD)
		err = ioport_file_set_map_thread(file->private_data, bits);
	else
		err = ioport_file_set_map(file->private_data, bits);
out:
	trace_ioport_set_map(file->private_data, bits, map.flags, err);
	ioport_trace_denied(file->private_data, IOPORT_CALL_SET_MAP, map.flags, IOPORT_ALL, bits,
			    err);
	kfree(bits);
	return err;
}

static long do_get_map(struct file *file, const void __user *arg)
{
	struct ioport_map map;
	unsigned long *bits;
	int err;

	if (copy_from_user(&map, arg, sizeof(map)))
		return -EFAULT;
	if (map.flags || map.which > IOPORT_WHICH_LOCKDOWN)
		return -EINVAL;
	bits = kmalloc(IOPORT_MAP_BYTES, GFP_KERNEL_ACCOUNT);
	if (!bits)
		return -ENOMEM;
	err = ioport_file_get_map(file->private_data, map.which, bits);
	if (!err && copy_to_user(u64_to_user_ptr(map.map), bits, IOPORT_MAP_BYTES))
		err = -EFAULT;
	kfree(bits);
	return err;
}

static int get_attach(const void __user *arg, u32 flags, struct ioport_attach *attach)
{
	if (copy_from_user(attach, arg, sizeof(*attach)))
		return -EFAULT;
	return (attach->flags & ~flags) || attach->pad ? -EINVAL : 0;
}

static long do_attach(struct file *file, const void __user *arg)
{
	struct ioport_attach attach;
	int err;

	if (!mode_direct(file))
		return refuse_mode(file, IOPORT_CALL_ATTACH);
	err = get_attach(arg, IOPORT_REPLACE, &attach);
	if (err)
		return err;
	err = ioport_locked_down() ?: ioport_direct_permitted();
	if (!err)
		err = ioport_file_attach(file->private_data, attach.flags & IOPORT_REPLACE);
	trace_ioport_attach(file->private_data, err);
	ioport_trace_denied(file->private_data, IOPORT_CALL_ATTACH, 0, ports(0, 0), NULL, err);
	return err;
}

static long do_detach(struct file *file, const void __user *arg)
{
	struct ioport_attach attach;
	int err = get_attach(arg, 0, &attach) ?: ioport_file_detach(file->private_data);

	trace_ioport_detach(file->private_data, err);
	return err;
}

static long do_limit(struct file *file, const void __user *arg)
{
	struct ioport_map map;
	unsigned long *bits;
	int err;

	if (copy_from_user(&map, arg, sizeof(map)))
		return -EFAULT;
	if (map.which || map.flags)
		return -EINVAL;
	bits = get_bits(&map);
	if (IS_ERR(bits))
		return PTR_ERR(bits);
	err = ioport_file_limit(file->private_data, bits);
	trace_ioport_limit(file->private_data, bits, 0, err);
	kfree(bits);
	return err;
}

/* What stands against all ports alike, and against the first of them before that. */
static enum ioport_reason check_use(const struct file *file, u32 flags, unsigned int first)
{
	if (((flags & (IOPORT_READ | IOPORT_DIRECT)) && !(file->f_mode & FMODE_READ)) ||
	    ((flags & (IOPORT_WRITE | IOPORT_DIRECT)) && !(file->f_mode & FMODE_WRITE)))
		return IOPORT_REASON_MODE;
	if (ioport_locked_down_ports(ports(first, 1)))
		return IOPORT_REASON_LOCKDOWN;
	if (!(flags & IOPORT_DIRECT))
		return IOPORT_REASON_NONE;
	switch (ioport_direct_permitted()) {
	case 0:
		return IOPORT_REASON_NONE;
	case -EPERM:
		return IOPORT_REASON_PRIVILEGE;
	default:
		return IOPORT_REASON_NO_DIRECT;
	}
}

/* Each port for itself: the first that cannot be used, and why. */
static int check_ports(struct ioport_file *f, struct ports p, unsigned int *port,
		       enum ioport_reason *reason)
{
	unsigned int end = IOPORT_LOCKDOWN_LIST ? ioport_first_locked_down(p) : p.last + 1;
	int err = 0;

	*port = end;
	*reason = IOPORT_REASON_NONE;
	if (end > p.first)
		err = ioport_file_check(f, (struct ports){ p.first, end - 1 }, port, reason);
	if (*reason == IOPORT_REASON_NONE && end <= p.last)
		*reason = IOPORT_REASON_LOCKDOWN;
	return err;
}

static long do_check(struct file *file, void __user *arg)
{
	const u32 uses = IOPORT_READ | IOPORT_WRITE | IOPORT_DIRECT;
	struct ioport_check check;
	enum ioport_reason reason;
	int err;

	if (copy_from_user(&check, arg, sizeof(check)))
		return -EFAULT;
	if (bad_range(check.first, check.count) || !check.flags || (check.flags & ~uses) ||
	    check.pad)
		return -EINVAL;
	check.port = check.first;
	reason = check_use(file, check.flags, check.first);
	if (reason == IOPORT_REASON_NONE) {
		err = check_ports(file->private_data, ports(check.first, check.count), &check.port,
				  &reason);
		if (err)
			return err;
	}
	check.reason = reason;
	return copy_to_user(arg, &check, sizeof(check)) ? -EFAULT : 0;
}

/* As copy_range(). */
static int get_xfer(struct ioport_xfer *xfer, const struct ioport_xfer __user *arg)
{
	if (!user_read_access_begin(arg, sizeof(*arg)))
		return -EFAULT;
	unsafe_get_user(xfer->ops, &arg->ops, fault);
	unsafe_get_user(xfer->count, &arg->count, fault);
	unsafe_get_user(xfer->flags, &arg->flags, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

static int put_xfer(const struct ioport_xfer *xfer, struct ioport_xfer __user *arg)
{
	if (!user_write_access_begin(arg, sizeof(*arg)))
		return -EFAULT;
	unsafe_put_user(xfer->done, &arg->done, fault);
	unsafe_put_user(xfer->failed, &arg->failed, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static noinline long do_xfer(struct file *file, void __user *arg)
{
	struct ioport_xfer xfer;
	int err;

	if (get_xfer(&xfer, arg))
		return -EFAULT;
	if (!xfer.count || (xfer.flags & ~IOPORT_ATOMIC))
		return -EINVAL;
	if (xfer.count > IOPORT_MAX_OPS)
		return -E2BIG;
	err = ioport_batch(file, &xfer);
	trace_ioport_batch(file->private_data, &xfer, err);
	if (put_xfer(&xfer, arg))
		err = -EFAULT;
	return err;
}

static long do_on_close(struct file *file, void __user *arg)
{
	struct ioport_xfer xfer;
	int err;

	if (!(file->f_mode & FMODE_WRITE))
		return refuse_mode(file, IOPORT_CALL_ON_CLOSE);
	if (get_xfer(&xfer, arg))
		return -EFAULT;
	if (xfer.flags)
		return -EINVAL;
	if (xfer.count > IOPORT_MAX_ON_CLOSE)
		return -E2BIG;
	/* What it says of itself where all is well, before anything has changed. */
	xfer.done = 0;
	xfer.failed = xfer.count;
	if (put_xfer(&xfer, arg))
		return -EFAULT;
	xfer.failed = 0;
	err = ioport_on_close(file, &xfer);
	trace_ioport_on_close(file->private_data, &xfer, err);
	if (err && put_xfer(&xfer, arg))
		return -EFAULT;
	return err;
}

static int claim(struct ioport_file *f, struct ports p)
{
	return ioport_locked_down_ports(p) ?: ioport_file_claim(f, p);
}

static long do_claim(struct file *file, const void __user *arg)
{
	struct ioport_range range;
	int err;

	err = get_range(&range, arg) ?: (range.flags ? -EINVAL : 0);
	if (err)
		return err;
	err = claim(file->private_data, ports(range.first, range.count));
	trace_ioport_claim(file, &range, err);
	ioport_trace_denied(file->private_data, IOPORT_CALL_CLAIM, 0,
			    ports(range.first, range.count), NULL, err);
	return err;
}

static long do_release(struct file *file, const void __user *arg)
{
	struct ioport_range range;
	int err;

	err = get_range(&range, arg) ?: (range.flags ? -EINVAL : 0);
	if (err)
		return err;
	err = ioport_file_release(file->private_data, ports(range.first, range.count));
	trace_ioport_release(file, &range, err);
	return err;
}

static noinline long rare_ioctl(struct file *file, unsigned int cmd, void __user *p)
{
	switch (cmd) {
	case IOPORT_IOC_GET_INFO:
		return do_get_info(p);
	case IOPORT_IOC_SET_MAP:
		return do_set_map(file, p);
	case IOPORT_IOC_GET_MAP:
		return do_get_map(file, p);
	case IOPORT_IOC_ATTACH:
		return do_attach(file, p);
	case IOPORT_IOC_DETACH:
		return do_detach(file, p);
	case IOPORT_IOC_LIMIT:
		return do_limit(file, p);
	case IOPORT_IOC_CHECK:
		return do_check(file, p);
	case IOPORT_IOC_ON_CLOSE:
		return do_on_close(file, p);
	case IOPORT_IOC_CLAIM:
		return do_claim(file, p);
	case IOPORT_IOC_RELEASE:
		return do_release(file, p);
	default:
		return -ENOTTY;
	}
}

/* Those that are to be fast come first, and nothing is inline: no stack is set up for others. */
long ioport_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	if (cmd == IOPORT_IOC_GRANT)
		return do_grant(file, p);
	if (cmd == IOPORT_IOC_REVOKE)
		return do_revoke(file, p);
	if (cmd == IOPORT_IOC_XFER)
		return do_xfer(file, p);
	return rare_ioctl(file, cmd, p);
}
