// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices: /dev/ioport and those of named windows, their class and their open files.
 */
#include "ioport.h"
#include "compat.h"
#include "lockdown.h"
#include "trace.h"

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/module.h>

/* /dev/ioport is the first; the kernel gives a module all of a major number anyway. */
#define IOPORT_MINORS (MINORMASK + 1)

#ifdef IOPORT_DEBUG
unsigned int ioport_debug_delay_us;
module_param_named(debug_delay_us, ioport_debug_delay_us, uint, 0644);
MODULE_PARM_DESC(debug_delay_us, "test only: delay between the steps of an edit, in microseconds");
#endif

static dev_t ioport_devt;
static struct cdev ioport_cdev;

/* A window is called after its device, without "ioport-". */
static const char *window_name(const struct ioport_policy *policy)
{
	return policy->name + strlen(KBUILD_MODNAME "-");
}

/*
 * What udev's rules match: IOPORT_WINDOW, IOPORT_PORTS and IOPORT_BUSY of a window. The
 * device is there as long as this can be called, and its policy with it.
 */
static int ioport_uevent(compat_uevent_device *dev, struct kobj_uevent_env *env)
{
	const struct ioport_policy *policy = dev_get_drvdata(dev);
	int err;

	if (policy == &ioport_general)
		return 0;
	down_read(&ioport_policy_sem);
	err = add_uevent_var(env, "IOPORT_WINDOW=%s", window_name(policy)) ?:
	      add_uevent_var(env, "IOPORT_PORTS=%s", policy->ports) ?:
	      add_uevent_var(env, "IOPORT_BUSY=%s", policy->busy_allow ? "allow" : "deny");
	up_read(&ioport_policy_sem);
	return err;
}

static struct class ioport_class = { .name = KBUILD_MODNAME, .dev_uevent = ioport_uevent };

/* The node. A window's number can be opened already. Undone by device_unregister(). */
struct device *ioport_device_add(struct ioport_policy *policy)
{
	return device_create(&ioport_class, NULL, MKDEV(MAJOR(ioport_devt), policy->minor), policy,
			     "%s", policy->name);
}

/* A number without a device: as for any node of which there is none. */
static int ioport_open(struct inode *inode, struct file *file)
{
	struct ioport_policy *policy = ioport_policy_get(iminor(inode));

	if (!policy)
		return -ENXIO;
	file->private_data = ioport_file_new(policy);
	if (!file->private_data) {
		ioport_policy_put(policy);
		return -ENOMEM;
	}
	trace_ioport_open(file);
	return 0;
}

static int ioport_release(struct inode *inode, struct file *file)
{
	trace_ioport_close(file->private_data, 0);
	ioport_file_free(file->private_data);
	return 0;
}

static loff_t ioport_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, IOPORT_PORTS);
}

static const struct file_operations ioport_fops = {
	.owner = THIS_MODULE,
	.open = ioport_open,
	.release = ioport_release,
	.llseek = ioport_llseek,
	.read = ioport_read,
	.write = ioport_write,
	.unlocked_ioctl = ioport_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* An open file or a named window pins the module, so none is left when this runs. */
static void __exit ioport_exit(void)
{
	ioport_named_exit();
	device_destroy(&ioport_class, ioport_devt);
	cdev_del(&ioport_cdev);
	class_unregister(&ioport_class);
	unregister_chrdev_region(ioport_devt, IOPORT_MINORS);
	ioport_on_close_exit();
	ioport_platform_exit();
	ioport_pci_exit();
	ioport_hook_exit();
	ioport_file_exit();
	ioport_claim_exit();
	ioport_policy_exit();
}

/*
 * What can be opened comes last, when nothing can fail any more: a module whose loading
 * fails is freed whoever has it open, and an earlier instance's node, kept by its name
 * alone (O_PATH), leads to this one as soon as there is a cdev. Until then the node gives
 * ENXIO. Nor can a window be made before. Threads may be attached to empty maps that an
 * earlier instance left; they are no business of this one.
 */
static int __init ioport_init(void)
{
	struct device *dev;
	int err;

	ioport_map_init();
	ioport_lockdown_init();
	err = ioport_policy_init();
	if (err)
		return err;
	if (IOPORT_HAVE_BITMAP) {
		err = ioport_hook_init();
		if (err)
			ioport_policy_no_hook(err);
	}
	err = ioport_pci_init();
	if (err)
		goto hook;
	err = ioport_platform_init();
	if (err)
		goto pci;
	err = ioport_on_close_init();
	if (err)
		goto platform;
	err = alloc_chrdev_region(&ioport_devt, 0, IOPORT_MINORS, KBUILD_MODNAME);
	if (err)
		goto on_close;
	err = class_register(&ioport_class);
	if (err)
		goto region;
	err = ioport_named_init();
	if (err)
		goto unregister;
	dev = ioport_device_add(&ioport_general);
	if (IS_ERR(dev)) {
		err = PTR_ERR(dev);
		goto named;
	}
	cdev_init(&ioport_cdev, &ioport_fops);
	ioport_cdev.owner = THIS_MODULE;
	err = cdev_add(&ioport_cdev, ioport_devt, IOPORT_MINORS);
	if (err)
		goto device;
	ioport_named_open();
	return 0;

device:
	device_destroy(&ioport_class, ioport_devt);
named:
	ioport_named_exit();
unregister:
	class_unregister(&ioport_class);
region:
	unregister_chrdev_region(ioport_devt, IOPORT_MINORS);
on_close:
	ioport_on_close_exit();
platform:
	ioport_platform_exit();
pci:
	ioport_pci_exit();
hook:
	ioport_hook_exit();
	ioport_policy_exit();
	return err;
}

module_init(ioport_init);
module_exit(ioport_exit);

MODULE_DESCRIPTION("x86 I/O ports for programs without root, through /dev/ioport");
MODULE_AUTHOR("The ioport developers");
MODULE_VERSION(IOPORT_VERSION);
MODULE_LICENSE("GPL");
