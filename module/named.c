// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named windows: devices besides /dev/ioport, each with a node of its own and a policy
 * that is just its ports, so that it can be given to another group.
 *
 *	cd /sys/kernel/config/ioport
 *	mkdir parport0
 *	echo 0x378-0x37f >parport0/ports
 *	echo 1 >parport0/live		makes /dev/ioport-parport0
 *	rmdir parport0
 *
 * A directory here is a window. It pins the module, as an open file does. What its device
 * offers is a struct ioport_policy (policy.c) that is made anew each time the window comes
 * alive: whoever still has a file of an earlier life gets nothing by the new one.
 */
#include "ioport.h"

#if IOPORT_HAVE_WINDOWS

#include <linux/configfs.h>
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#define DEVICE_PREFIX KBUILD_MODNAME "-"
#define NAME_MAX_LEN 32

static_assert(sizeof(DEVICE_PREFIX) + NAME_MAX_LEN <= IOPORT_NAME_BYTES);

/**
 * struct window - a directory in configfs
 * @item: The directory; its name is the window's.
 * @lock: Guards all below.
 * @set: The ports.
 * @ports: The same as text.
 * @busy_allow: Those that drivers hold as well.
 * @policy: What the device offers; NULL while it is not there.
 * @dev: The device.
 */
struct window {
	struct config_item item;
	struct mutex lock;
	unsigned long set[IOPORT_LONGS];
	char ports[IOPORT_LIST_BYTES];
	bool busy_allow;
	struct ioport_policy *policy;
	struct device *dev;
};

/* The module is initialised; before that, it might still have to go. */
static bool is_open;

static struct window *to_window(struct config_item *item)
{
	return container_of(item, struct window, item);
}

static const char *window_name(const struct window *w)
{
	return config_item_name((struct config_item *)&w->item);
}

/* The node comes last and goes first. */
static int window_start(struct window *w)
{
	char name[IOPORT_NAME_BYTES];
	int err;

	if (!w->ports[0]) {
		pr_err("window %s has no ports\n", window_name(w));
		return -EINVAL;
	}
	snprintf(name, sizeof(name), DEVICE_PREFIX "%s", window_name(w));
	w->policy = ioport_policy_new(name);
	if (!w->policy)
		return -ENOMEM;
	ioport_policy_set(w->policy, w->set, w->ports, w->busy_allow);
	err = ioport_policy_start(w->policy);
	if (err)
		goto put;
	w->dev = ioport_device_add(w->policy);
	if (!IS_ERR(w->dev))
		return 0;
	err = PTR_ERR(w->dev);
	ioport_policy_end(w->policy);
put:
	ioport_policy_put(w->policy);
	w->policy = NULL;
	return err;
}

static void window_stop(struct window *w)
{
	if (!w->policy)
		return;
	device_unregister(w->dev);
	ioport_policy_end(w->policy);
	ioport_policy_put(w->policy);
	w->policy = NULL;
}

/* What was set holds for files that are open as well, when this returns. */
static void window_changed(struct window *w)
{
	if (!w->policy)
		return;
	ioport_policy_set(w->policy, w->set, w->ports, w->busy_allow);
	kobject_uevent(&w->dev->kobj, KOBJ_CHANGE);
}

static ssize_t window_ports_show(struct config_item *item, char *page)
{
	struct window *w = to_window(item);
	ssize_t len;

	mutex_lock(&w->lock);
	len = sysfs_emit(page, "%s\n", w->ports);
	mutex_unlock(&w->lock);
	return len;
}

static int parse_ports(const struct window *w, const char *page, unsigned long *set, char *ports)
{
	const char *bad;
	size_t len;
	int err;

	if (ioport_parse_list(page, set, &bad, &len)) {
		pr_err("window %s: '%.*s' is not a port, FIRST-LAST or FIRST+COUNT within 0-0xffff\n",
		       window_name(w), (int)len, bad);
		return -EINVAL;
	}
	err = ioport_print_list(set, ports, IOPORT_LIST_BYTES);
	if (err)
		pr_err("window %s: too many ranges\n", window_name(w));
	return err;
}

/* A window without ports is none: live=0 closes it. */
static int set_ports(struct window *w, const unsigned long *set, const char *ports)
{
	int err = 0;

	mutex_lock(&w->lock);
	if (w->policy && !ports[0]) {
		pr_err("window %s is live and must have ports\n", window_name(w));
		err = -EINVAL;
	} else if (strcmp(ports, w->ports)) {
		bitmap_copy(w->set, set, IOPORT_PORTS);
		strscpy(w->ports, ports, sizeof(w->ports));
		window_changed(w);
	}
	mutex_unlock(&w->lock);
	return err;
}

static ssize_t window_ports_store(struct config_item *item, const char *page, size_t count)
{
	unsigned long *set = kmalloc(IOPORT_MAP_BYTES, GFP_KERNEL);
	struct window *w = to_window(item);
	char ports[IOPORT_LIST_BYTES];
	int err;

	if (!set)
		return -ENOMEM;
	err = parse_ports(w, page, set, ports) ?: set_ports(w, set, ports);
	kfree(set);
	return err ?: count;
}

static ssize_t window_busy_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n", READ_ONCE(to_window(item)->busy_allow) ? "allow" : "deny");
}

static ssize_t window_busy_store(struct config_item *item, const char *page, size_t count)
{
	struct window *w = to_window(item);
	bool allow = sysfs_streq(page, "allow");

	if (!allow && !sysfs_streq(page, "deny")) {
		pr_err("window %s: busy: '%.*s' is neither deny nor allow\n", window_name(w),
		       (int)strcspn(page, "\n"), page);
		return -EINVAL;
	}
	mutex_lock(&w->lock);
	if (w->busy_allow != allow) {
		w->busy_allow = allow;
		window_changed(w);
	}
	mutex_unlock(&w->lock);
	return count;
}

static ssize_t window_live_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", READ_ONCE(to_window(item)->policy) != NULL);
}

static ssize_t window_live_store(struct config_item *item, const char *page, size_t count)
{
	struct window *w = to_window(item);
	bool live;
	int err = kstrtobool(page, &live);

	if (err)
		return err;
	mutex_lock(&w->lock);
	if (!live)
		window_stop(w);
	else if (!w->policy)
		err = window_start(w);
	mutex_unlock(&w->lock);
	return err ?: count;
}

/* The device's name, in /dev and in /sys/class/ioport. */
static ssize_t window_dev_name_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, DEVICE_PREFIX "%s\n", window_name(to_window(item)));
}

CONFIGFS_ATTR(window_, ports);
CONFIGFS_ATTR(window_, busy);
CONFIGFS_ATTR(window_, live);
CONFIGFS_ATTR_RO(window_, dev_name);

static struct configfs_attribute *window_attrs[] = {
	&window_attr_ports, &window_attr_busy, &window_attr_live, &window_attr_dev_name, NULL,
};

static void window_release(struct config_item *item)
{
	struct window *w = to_window(item);

	mutex_destroy(&w->lock);
	kvfree(w);
}

/* None of these is const, as older kernels' pointers to them are not. */
static struct configfs_item_operations window_ops = { .release = window_release };

static const struct config_item_type window_type = {
	.ct_owner = THIS_MODULE,
	.ct_item_ops = &window_ops,
	.ct_attrs = window_attrs,
};

/* What is fit for a file name, a udev rule and a line of a configuration, unquoted. */
static bool name_is_good(const char *name)
{
	size_t len = strlen(name);

	return len && len <= NAME_MAX_LEN && (islower(name[0]) || isdigit(name[0])) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static struct config_item *windows_make_item(struct config_group *group, const char *name)
{
	struct window *w;

	if (!READ_ONCE(is_open))
		return ERR_PTR(-EAGAIN);
	if (!name_is_good(name)) {
		pr_err("a window's name is of a-z, 0-9, '.', '_' and '-', begins with one of the first two kinds, and has at most %d characters\n",
		       NAME_MAX_LEN);
		return ERR_PTR(-EINVAL);
	}
	w = kvzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return ERR_PTR(-ENOMEM);
	mutex_init(&w->lock);
	config_item_init_type_name(&w->item, name, &window_type);
	/* A long name is allocated, and whether it was is not told. */
	if (!config_item_name(&w->item)) {
		window_release(&w->item);
		return ERR_PTR(-ENOMEM);
	}
	return &w->item;
}

/*
 * By rmdir. configfs has made sure that no attribute is being read or written, nor will
 * be; and another window of that name can only be made when this has returned.
 */
static void windows_drop_item(struct config_group *group, struct config_item *item)
{
	struct window *w = to_window(item);

	mutex_lock(&w->lock);
	window_stop(w);
	mutex_unlock(&w->lock);
	config_item_put(item);
}

static struct configfs_group_operations windows_ops = {
	.make_item = windows_make_item,
	.drop_item = windows_drop_item,
};

static const struct config_item_type windows_type = {
	.ct_owner = THIS_MODULE,
	.ct_group_ops = &windows_ops,
};

static struct configfs_subsystem windows = {
	.su_group.cg_item = {
		.ci_namebuf = KBUILD_MODNAME,
		.ci_type = &windows_type,
	},
};

int ioport_named_init(void)
{
	config_group_init(&windows.su_group);
	mutex_init(&windows.su_mutex);
	return configfs_register_subsystem(&windows);
}

/* Windows can be made from now on. */
void ioport_named_open(void)
{
	WRITE_ONCE(is_open, true);
}

/*
 * No window is left, as each pins the module. What configfs frees by RCU must be over
 * when its own text goes, which "modprobe -r" unloads right after ours; not every kernel's
 * configfs waits for that itself.
 */
void ioport_named_exit(void)
{
	configfs_unregister_subsystem(&windows);
	mutex_destroy(&windows.su_mutex);
	rcu_barrier();
}

#else

int ioport_named_init(void)
{
	return 0;
}

void ioport_named_open(void)
{
}

void ioport_named_exit(void)
{
}

#endif
