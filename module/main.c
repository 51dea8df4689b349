// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device: /dev/ioport, its class and its open files.
 */
#include "ioport.h"
#include "lockdown.h"
#include "trace.h"

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/module.h>

/* Room for more nodes than /dev/ioport, each with a policy of its own. */
#define IOPORT_MINORS 256

#ifdef IOPORT_DEBUG
unsigned int ioport_debug_delay_us;
module_param_named(debug_delay_us, ioport_debug_delay_us, uint, 0644);
MODULE_PARM_DESC(debug_delay_us, "test only: delay between the steps of an edit, in microseconds");
#endif

static dev_t ioport_devt;
static struct cdev ioport_cdev;
static struct class ioport_class = { .name = KBUILD_MODNAME };

static int ioport_open(struct inode *inode, struct file *file)
{
	file->private_data = ioport_file_new();
	if (!file->private_data)
		return -ENOMEM;
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

/* An open file pins the module, so none is left when this runs. */
static void __exit ioport_exit(void)
{
	device_destroy(&ioport_class, ioport_devt);
	cdev_del(&ioport_cdev);
	class_unregister(&ioport_class);
	unregister_chrdev_region(ioport_devt, IOPORT_MINORS);
	ioport_on_close_exit();
	ioport_pci_exit();
	ioport_hook_exit();
	ioport_file_exit();
	ioport_claim_exit();
}

/*
 * The node comes last: it can be opened as soon as it is there. Threads may be
 * attached to empty maps that an earlier instance of the module left; they are
 * no business of this one.
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
	err = ioport_on_close_init();
	if (err)
		goto pci;
	err = alloc_chrdev_region(&ioport_devt, 0, IOPORT_MINORS, KBUILD_MODNAME);
	if (err)
		goto on_close;
	err = class_register(&ioport_class);
	if (err)
		goto region;
	cdev_init(&ioport_cdev, &ioport_fops);
	ioport_cdev.owner = THIS_MODULE;
	err = cdev_add(&ioport_cdev, ioport_devt, 1);
	if (err)
		goto unregister;
	dev = device_create(&ioport_class, NULL, ioport_devt, NULL, KBUILD_MODNAME);
	if (IS_ERR(dev)) {
		err = PTR_ERR(dev);
		goto cdev;
	}
	return 0;

cdev:
	cdev_del(&ioport_cdev);
	ioport_file_exit();
unregister:
	class_unregister(&ioport_class);
region:
	unregister_chrdev_region(ioport_devt, IOPORT_MINORS);
on_close:
	ioport_on_close_exit();
pci:
	ioport_pci_exit();
hook:
	ioport_hook_exit();
	return err;
}

module_init(ioport_init);
module_exit(ioport_exit);

MODULE_DESCRIPTION("x86 I/O ports for programs without root, through /dev/ioport");
MODULE_AUTHOR("The ioport developers");
MODULE_VERSION(IOPORT_VERSION);
MODULE_LICENSE("GPL");
