// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the administrator allows: the policy of each device, /dev/ioport and the named
 * windows alike; the parameters allow, deny, busy and force_direct; and what this kernel
 * is fit for.
 */
#include "ioport.h"
#include "compat.h"
#include "lockdown.h"

#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

DECLARE_RWSEM(ioport_policy_sem);

/*
 * The policies of the devices that are there, by minor number, a reference each. Changed
 * with ioport_policy_sem held for writing.
 */
static DEFINE_XARRAY_ALLOC(policies);

/* Where the search for a free number goes on; guarded by ioport_policy_sem. */
static u32 next_minor;

/* That of /dev/ioport itself, which is always there: the parameters allow and busy. */
struct ioport_policy ioport_general = {
	.refs = KREF_INIT(1),
	.name = KBUILD_MODNAME,
};

/**
 * struct port_param - a parameter that is a list of ports
 * @name: Its name, for messages.
 * @preset: Its value where none was given.
 * @text: Its value as it was written; NULL for @preset. Guarded by the kernel's
 *	lock for this module's parameters, which is held around get and set; written with
 *	ioport_policy_sem held as well, for ioport_policy_init().
 * @set: Where the ports are. Guarded by ioport_policy_sem.
 */
struct port_param {
	const char *name;
	const char *preset;
	char *text;
	unsigned long *set;
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
	.set = ioport_general.allow,
};

/* The set of ports that are denied to every device. Guarded by ioport_policy_sem. */
static unsigned long denied[IOPORT_LONGS];

static struct port_param deny = {
	.name = "deny",
	.preset = DENY_PRESET,
	.set = denied,
};

static bool force_direct;

/* Lines in the log about what is refused (trace.c). */
bool ioport_log_denials;

/* Bits of enum ioport_blocked that do not change; set at load. */
u64 ioport_blocked;

/* Ports of PCI devices that are being removed (pci.c). Guarded by ioport_policy_sem. */
static unsigned long gone[IOPORT_LONGS];

/* Each word is stored once, with its final value: grant_quickly() reads without the lock. */
static void policy_compute(struct ioport_policy *policy)
{
	unsigned int w;

	for (w = 0; w < IOPORT_LONGS; w++)
		WRITE_ONCE(policy->forbidden[w], ~policy->allow[w] | denied[w] | gone[w]);
}

/*
 * Brings all open files in line with their policies, with a single grace period however
 * many they are. Those whose device has gone are in the list as well, so that they lose
 * what they have.
 */
static void files_follow(void)
{
	bool wait = false;
	struct ioport_file *f;

	lockdep_assert_held_write(&ioport_policy_sem);
	mutex_lock(&ioport_files_lock);
	list_for_each_entry(f, &ioport_files, node)
		wait |= ioport_file_take(f);
	list_for_each_entry(f, &ioport_files, node)
		wait |= ioport_file_reclaim(f);
	if (wait)
		synchronize_rcu();
	list_for_each_entry(f, &ioport_files, node)
		ioport_file_give_back(f);
	mutex_unlock(&ioport_files_lock);
}

/*
 * What binds every device has changed. Nothing is there until the module is initialised,
 * so that parameters given at load, which are set before, find nothing to update.
 */
static void policy_changed(void)
{
	struct ioport_policy *policy;
	unsigned long minor;

	lockdep_assert_held_write(&ioport_policy_sem);
	xa_for_each(&policies, minor, policy) policy_compute(policy);
	files_follow();
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
	/* Before ioport_policy_init() can take the lock: it must not undo this. */
	swap(param->text, text);
	up_write(&ioport_policy_sem);
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
	WRITE_ONCE(ioport_general.busy_allow, value);
	files_follow();
	up_write(&ioport_policy_sem);
	return 0;
}

static int busy_get(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%s\n",
			 READ_ONCE(ioport_general.busy_allow) ? "allow" : "deny");
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
module_param_named(log_denials, ioport_log_denials, bool, 0644);
MODULE_PARM_DESC(log_denials, "say in the kernel's log what was refused to whom (default N)");
module_param(force_direct, bool, 0644);
MODULE_PARM_DESC(
	force_direct,
	"direct access without CAP_SYS_RAWIO also on kernels that lack the fix of June 2025 (default N)");

/*
 * A window that goes and comes again gets another number, until all have had their turn:
 * who still has the old node, held open without access (O_PATH), would have the device of
 * another group by it. For the same reason one instance of the module does not begin where
 * the last one did.
 */
static int policy_number(struct ioport_policy *policy)
{
	int err = xa_alloc_cyclic(&policies, &policy->minor, policy, XA_LIMIT(1, MINORMASK),
				  &next_minor, GFP_KERNEL);

	return min(err, 0);
}

/**
 * ioport_policy_new - a policy that allows nothing yet
 * @name: The name of its device.
 *
 * Return: the policy, to be given back by ioport_policy_put(); NULL for want of memory.
 */
struct ioport_policy *ioport_policy_new(const char *name)
{
	struct ioport_policy *policy = kvzalloc(sizeof(*policy), GFP_KERNEL);

	if (!policy)
		return NULL;
	kref_init(&policy->refs);
	strscpy(policy->name, name, sizeof(policy->name));
	policy_compute(policy);
	return policy;
}

/**
 * ioport_policy_start - let files be opened by its number
 * @policy: A new policy.
 *
 * Return: 0, -ENOMEM, or -EBUSY where all numbers are taken.
 */
int ioport_policy_start(struct ioport_policy *policy)
{
	int err;

	down_write(&ioport_policy_sem);
	err = policy_number(policy);
	if (!err) {
		kref_get(&policy->refs);
		policy_compute(policy);
	}
	up_write(&ioport_policy_sem);
	return err;
}

/**
 * ioport_policy_set - what it allows from now on
 * @policy: A policy of a window.
 * @allow: The set of ports.
 * @ports: The same as text.
 * @busy_allow: Those that drivers hold as well.
 *
 * On return its open files have nothing else any more.
 */
void ioport_policy_set(struct ioport_policy *policy, const unsigned long *allow, const char *ports,
		       bool busy_allow)
{
	down_write(&ioport_policy_sem);
	bitmap_copy(policy->allow, allow, IOPORT_PORTS);
	strscpy(policy->ports, ports, sizeof(policy->ports));
	WRITE_ONCE(policy->busy_allow, busy_allow);
	policy_compute(policy);
	files_follow();
	up_write(&ioport_policy_sem);
}

/**
 * ioport_policy_end - its device has gone
 * @policy: A policy that was started.
 *
 * On return nobody can open a file by it any more, and those that are open have lost
 * every port and get none again: also one that is being opened right now. They keep the
 * policy, which allows nothing, until they are closed.
 */
void ioport_policy_end(struct ioport_policy *policy)
{
	down_write(&ioport_policy_sem);
	xa_erase(&policies, policy->minor);
	bitmap_zero(policy->allow, IOPORT_PORTS);
	policy_compute(policy);
	files_follow();
	up_write(&ioport_policy_sem);
	ioport_policy_put(policy);
}

/**
 * ioport_policy_get - the policy of a device
 * @minor: The device's number.
 *
 * Return: the policy, to be given back by ioport_policy_put(); NULL if there is none.
 */
struct ioport_policy *ioport_policy_get(unsigned int minor)
{
	struct ioport_policy *policy;

	down_read(&ioport_policy_sem); /* in there it has a reference of its own */
	policy = xa_load(&policies, minor);
	if (policy)
		kref_get(&policy->refs);
	up_read(&ioport_policy_sem);
	return policy;
}

/* The reference that /dev/ioport's has to itself is never given back. */
static void policy_release(struct kref *refs)
{
	kvfree(container_of(refs, struct ioport_policy, refs));
}

void ioport_policy_put(struct ioport_policy *policy)
{
	kref_put(&policy->refs, policy_release);
}

void ioport_policy_exit(void)
{
	xa_destroy(&policies);
}

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

	next_minor = 1 + get_random_u32() % MINORMASK;
	down_write(&ioport_policy_sem);
	err = xa_err(xa_store(&policies, ioport_general.minor, &ioport_general, GFP_KERNEL));
	for (i = 0; !err && i < ARRAY_SIZE(params); i++) {
		if (params[i]->text)
			continue;
		err = port_param_parse(params[i], params[i]->preset, params[i]->set);
		WARN_ON(err);
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
