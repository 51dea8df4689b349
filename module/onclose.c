// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written when an open file goes: by close, exit or a signal that kills,
 * and at reboot. Motors stop, relays open, the sound chip falls silent.
 */
#include "ioport.h"
#include "lockdown.h"
#include "trace.h"

#include <linux/overflow.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

struct on_close {
	u32 count;
	struct ioport_op ops[];
};

static struct on_close *copy_ops(const struct ioport_xfer *xfer)
{
	struct on_close *c = kmalloc(struct_size(c, ops, xfer->count), GFP_KERNEL_ACCOUNT);

	if (!c)
		return ERR_PTR(-ENOMEM);
	c->count = xfer->count;
	if (copy_from_user(c->ops, u64_to_user_ptr(xfer->ops), xfer->count * sizeof(*c->ops))) {
		kfree(c);
		return ERR_PTR(-EFAULT);
	}
	return c;
}

static int locked_down_ops(const struct on_close *c, u32 *at)
{
	int err = 0;

	for (*at = 0; *at < c->count; ++*at) {
		err = ioport_locked_down_ports(ports(c->ops[*at].port, c->ops[*at].width));
		if (err)
			break;
	}
	return err;
}

/* Asks policy for all before a port is reserved for any. */
static int allowed_ops(struct ioport_file *f, const struct on_close *c, u32 *at)
{
	int err = ioport_file_lock(f);

	if (err)
		return err;
	for (*at = 0; *at < c->count; ++*at) {
		err = ioport_file_allowed(f, ports(c->ops[*at].port, c->ops[*at].width));
		if (err)
			break;
	}
	ioport_file_unlock(f);
	return err;
}

/* @at: the operation that is wrong. */
static int check_ops(struct ioport_file *f, const struct on_close *c, u32 *at)
{
	int err;

	for (*at = 0; *at < c->count; ++*at)
		if (c->ops[*at].code != IOPORT_OP_OUT || !ioport_op_is_valid(&c->ops[*at]))
			return -EINVAL;
	err = locked_down_ops(c, at) ?: allowed_ops(f, c, at);
	if (err)
		return err;
	for (*at = 0; *at < c->count; ++*at) {
		err = ioport_file_prepare(f, ports(c->ops[*at].port, c->ops[*at].width));
		if (err)
			return err;
	}
	return 0;
}

/* @at: the operation that is wrong. */
static void trace_denied(const struct ioport_file *f, const struct on_close *c, u32 at, int err)
{
	const struct ioport_op *op = &c->ops[at];

	ioport_trace_denied(f, IOPORT_CALL_ON_CLOSE, 0, ports(op->port, op->width), NULL, err);
}

/**
 * ioport_on_close - set what is written at the last close
 * @file: The file.
 * @xfer: The call's argument; no operation: nothing any more. failed is set.
 *
 * Return: 0 or the error as the uAPI header has it; then nothing has changed.
 */
int ioport_on_close(struct file *file, struct ioport_xfer *xfer)
{
	struct ioport_file *f = file->private_data;
	struct on_close *c = NULL;
	int err;

	if (xfer->count) {
		c = copy_ops(xfer);
		if (IS_ERR(c))
			return PTR_ERR(c);
		err = check_ops(f, c, &xfer->failed);
		if (err) {
			trace_denied(f, c, xfer->failed, err);
			goto out;
		}
	}
	err = -EINTR;
	if (mutex_lock_killable(&f->lock))
		goto out;
	swap(f->on_close, c);
	mutex_unlock(&f->lock);
	err = 0;
out:
	kfree(c);
	return err;
}

/**
 * ioport_on_close_run - write what the file's user asked for, once
 * @f: The file; its lock and ioport_policy_sem are held.
 *
 * Ports that were taken from the file since, and not used again, are left out.
 */
void ioport_on_close_run(struct ioport_file *f)
{
	const struct ioport_op *op;
	u32 i;

	for (i = 0; f->on_close && i < f->on_close->count; i++) {
		op = &f->on_close->ops[i];
		if (!ioport_file_may_use(f, ports(op->port, op->width)))
			continue;
		ioport_out(op->port, op->width, op->value);
		trace_ioport_close_access(f, op->port, op->width, true, op->value);
	}
	kfree(f->on_close);
	f->on_close = NULL;
}

static int reboot_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct ioport_file *f;

	down_read(&ioport_policy_sem);
	mutex_lock(&ioport_files_lock);
	list_for_each_entry(f, &ioport_files, node) {
		mutex_lock(&f->lock);
		ioport_on_close_run(f);
		mutex_unlock(&f->lock);
		cond_resched();
	}
	mutex_unlock(&ioport_files_lock);
	up_read(&ioport_policy_sem);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = { .notifier_call = reboot_event };

int ioport_on_close_init(void)
{
	return register_reboot_notifier(&reboot_notifier);
}

void ioport_on_close_exit(void)
{
	unregister_reboot_notifier(&reboot_notifier);
}
