// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI devices that come and go.
 *
 * The I/O resource of a device that no driver has claimed does not keep us from
 * reserving its ports, and our reservation then lies inside that resource. When
 * the device is removed, the kernel frees the resource with what is inside, so
 * every file must have given its ports back before. The kernel tells before it
 * frees anything (BUS_NOTIFY_DEL_DEVICE). By then the device has no driver. Its ports
 * stay closed until the next device is added, of whatever bridge; that may be before
 * this one has gone (SR-IOV adds devices without the lock that removal takes), so the
 * resource is taken out of the tree at once, and what is reserved from there on does not
 * lie in it.
 *
 * Not covered: a bridge window that is reassigned for a device plugged in behind
 * it drops what lies in it, which is in use and not reserved from then on, and a host
 * bridge that is ejected frees its window. An attached thread or an open file that
 * uses its ports again after a swap reaches the new device, where policy allows it.
 */
#include "ioport.h"

#include <linux/ioport.h>
#include <linux/notifier.h>
#include <linux/pci.h>

#ifdef CONFIG_PCI

static void device_goes(struct pci_dev *pdev)
{
	unsigned int i;

	for (i = 0; i < PCI_NUM_RESOURCES; i++) {
		struct resource *res = &pdev->resource[i];

		if (resource_type(res) != IORESOURCE_IO || !res->parent || res->end >= IOPORT_PORTS)
			continue;
		ioport_policy_ports_gone((struct ports){ res->start, res->end });
		ioport_claim_take_out(res, true);
	}
}

static int device_event(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event == BUS_NOTIFY_DEL_DEVICE)
		device_goes(to_pci_dev(data));
	else if (event == BUS_NOTIFY_ADD_DEVICE)
		ioport_policy_ports_back();
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = { .notifier_call = device_event };

int ioport_pci_init(void)
{
	return bus_register_notifier(&pci_bus_type, &device_notifier);
}

void ioport_pci_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &device_notifier);
}

#else

int ioport_pci_init(void)
{
	return 0;
}

void ioport_pci_exit(void)
{
}

#endif
