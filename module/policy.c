// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the administrator allows: the parameters allow, deny, busy and
 * force_direct, kernel lockdown, and what this kernel is fit for.
 */
#include "ioport.h"
#include "compat.h"

#include <linux/capability.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

DECLARE_RWSEM(ioport_policy_sem);

/*
 * A map of what no file may use. Guarded by ioport_policy_sem. Each word is stored once, with
 * its final value: grant_quickly() reads without the lock.
 */
unsigned long ioport_policy[IOPORT_LONGS];

/* busy=allow: ports that drivers hold may be used. Guarded likewise. */
bool ioport_busy_allow;

/**
 * struct port_param - a parameter that is a list of ports
 * @name: Its name, for messages.
 * @preset: Its value where none was given.
 * @text: Its value as it was written; NULL for @preset. Guarded by the kernel's
 *	lock for this module's parameters, which is held around get and set.
 * @set: The ports. Guarded by ioport_policy_sem.
 */
struct port_param {
	const char *name;
	const char *preset;
	char *text;
	unsigned long set[IOPORT_LONGS];
};

/* The legacy parallel ports. */
#define ALLOW_PRESET "0x278-0x27f,0x378-0x37f,0x3bc-0x3bf"

/*
 * Interrupt controllers, timer, keyboard controller, CMOS, DMA, SMI and POST
 * ports (0x00-0xff); the interrupt trigger modes; PCI configuration and reset.
 */
#define DENY_PRESET "0x0000-0x00ff,0x04d0-0x04d1,0x0cf8-0x0cff"

static struct port_param allow = {
	.name = "allow",
	.preset = ALLOW_PRESET,
};

static struct port_param deny = {
	.name = "deny",
	.preset = DENY_PRESET,
};

static bool force_direct;

/* Bits of enum ioport_blocked that do not change; set at load. */
u64 ioport_blocked;

/* Ports of PCI devices that are being removed (pci.c). Guarded by ioport_policy_sem. */
static unsigned long gone[IOPORT_LONGS];

/*
 * Brings all open files in line with what stands above, with a single grace period
 * however many they are. The list stays empty until the module is initialised, so
 * that parameters given at load, which are set before, find nothing to update.
 */
static void policy_changed(void)
{
	bool wait = false;
	struct ioport_file *f;
	unsigned int w;

	lockdep_assert_held_write(&ioport_policy_sem);
	for (w = 0; w < IOPORT_LONGS; w++)
		WRITE_ONCE(ioport_policy[w], ~allow.set[w] | deny.set[w] | gone[w]);
	mutex_lock(&ioport_files_lock);
	list_for_each_entry(f, &ioport_files, node)
		wait |= ioport_file_take(f);
	if (!ioport_busy_allow)
		list_for_each_entry(f, &ioport_files, node)
			wait |= ioport_file_reclaim(f);
	if (wait)
		synchronize_rcu();
	list_for_each_entry(f, &ioport_files, node)
		ioport_file_give_back(f);
	mutex_unlock(&ioport_files_lock);
}

/* A PCI device with these ports is about to go. */
void ioport_policy_ports_gone(struct ports p)
{
	down_write(&ioport_policy_sem);
	bitmap_set(gone, p.first, p.last - p.first + 1);
	policy_changed();
	up_write(&ioport_policy_sem);
}

/* What was about to go has gone. */
void ioport_policy_ports_back(void)
{
	down_write(&ioport_policy_sem);
	if (!bitmap_empty(gone, IOPORT_PORTS)) {
		bitmap_zero(gone, IOPORT_PORTS);
		policy_changed();
	}
	up_write(&ioport_policy_sem);
}

static int port_param_parse(struct port_param *param, const char *text, unsigned long *set)
{
	const char *bad;
	size_t len;
	int err = ioport_parse_list(text, set, &bad, &len);

	if (err)
		pr_err("%s: '%.*s' is not a port, FIRST-LAST or FIRST+COUNT within 0-0xffff\n",
		       param->name, (int)len, bad);
	return err;
}

static int port_param_set(const char *val, const struct kernel_param *kp)
{
	struct port_param *param = kp->arg;
	unsigned long *set;
	char *text;
	int err = -ENOMEM;

	set = kmalloc(IOPORT_MAP_BYTES, GFP_KERNEL);
	text = kstrdup(skip_spaces(val), GFP_KERNEL);
	if (!set || !text)
		goto out;
	strim(text);
	err = port_param_parse(param, text, set);
	if (err)
		goto out;
	down_write(&ioport_policy_sem);
	bitmap_copy(param->set, set, IOPORT_PORTS);
	policy_changed();
	up_write(&ioport_policy_sem);
	swap(param->text, text);
out:
	kfree(text);
	kfree(set);
	return err;
}

static int port_param_get(char *buf, const struct kernel_param *kp)
{
	const struct port_param *param = kp->arg;

	return scnprintf(buf, PAGE_SIZE, "%s\n", param->text ?: param->preset);
}

static void port_param_free(void *arg)
{
	struct port_param *param = arg;

	kfree(param->text);
	param->text = NULL;
}

static const struct kernel_param_ops port_param_ops = {
	.set = port_param_set,
	.get = port_param_get,
	.free = port_param_free,
};

static int busy_set(const char *val, const struct kernel_param *kp)
{
	bool value;

	if (sysfs_streq(val, "allow")) {
		value = true;
	} else if (sysfs_streq(val, "deny")) {
		value = false;
	} else {
		pr_err("busy: '%.*s' is neither deny nor allow\n", (int)strcspn(val, "\n"), val);
		return -EINVAL;
	}
	down_write(&ioport_policy_sem);
	WRITE_ONCE(ioport_busy_allow, value);
	policy_changed();
	up_write(&ioport_policy_sem);
	return 0;
}

static int busy_get(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%s\n", READ_ONCE(ioport_busy_allow) ? "allow" : "deny");
}

static const struct kernel_param_ops busy_ops = {
	.set = busy_set,
	.get = busy_get,
};

module_param_cb(allow, &port_param_ops, &allow, 0644);
MODULE_PARM_DESC(
	allow,
	"ports that may be used: list of PORT, FIRST-LAST, FIRST+COUNT, or all, or none (default " ALLOW_PRESET
	")");
module_param_cb(deny, &port_param_ops, &deny, 0644);
MODULE_PARM_DESC(deny, "ports that may not be used even if allowed (default " DENY_PRESET ")");
module_param_cb(busy, &busy_ops, NULL, 0644);
MODULE_PARM_DESC(busy, "ports that a kernel driver or ACPI holds: deny or allow (default deny)");
module_param(force_direct, bool, 0644);
MODULE_PARM_DESC(
	force_direct,
	"direct access without CAP_SYS_RAWIO also on kernels that lack the fix of June 2025 (default N)");

/* Lists that were not given at load get their preset; classifies the kernel. */
int ioport_policy_init(void)
{
	struct port_param *const params[] = { &allow, &deny };
	unsigned int i;
	int err = 0;

	if (!IOPORT_HAVE_BITMAP)
		ioport_blocked |= IOPORT_BLOCKED_NO_BITMAP;
	if (compat_is_tdx_guest())
		ioport_blocked |= IOPORT_BLOCKED_GUEST;
	if (!compat_io_bitmap_fixed())
		ioport_blocked |= IOPORT_BLOCKED_UNFIXED;

	down_write(&ioport_policy_sem);
	for (i = 0; i < ARRAY_SIZE(params); i++) {
		if (params[i]->text)
			continue;
		err = port_param_parse(params[i], params[i]->preset, params[i]->set);
		if (WARN_ON(err))
			break;
	}
	policy_changed();
	up_write(&ioport_policy_sem);
	return err;
}

void ioport_policy_no_hook(int err)
{
	pr_warn("ioperm() cannot be hooked (error %d): direct access needs CAP_SYS_RAWIO\n", err);
	ioport_blocked |= IOPORT_BLOCKED_NO_HOOK;
}

/* What keeps direct access from everybody, lockdown aside. */
static u64 blocked_now(void)
{
	u64 blocked = ioport_blocked;

	if (READ_ONCE(force_direct))
		blocked &= ~(u64)IOPORT_BLOCKED_UNFIXED;
	return blocked;
}

u64 ioport_direct_blocked(void)
{
	return blocked_now() | (ioport_locked_down() ? IOPORT_BLOCKED_LOCKDOWN : 0);
}

/* What ioport_direct_permitted() returns where something may keep it from somebody. */
int ioport_direct_ask(void)
{
	u64 blocked = blocked_now();

	if (blocked & (IOPORT_BLOCKED_NO_BITMAP | IOPORT_BLOCKED_GUEST))
		return -EOPNOTSUPP;
	if (blocked && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	return 0;
}
