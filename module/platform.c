// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platform devices that come and go: Super I/O chips, watchdogs, whatever a driver finds by
 * itself.
 *
 * platform_device_add() puts the device's I/O resource into the tree by insert_resource(),
 * which asks nobody: it may become the parent of our reservation, or its child. When the
 * device goes, platform_device_del() takes the resource out with all that is inside, and
 * frees it. Our reservation would be gone although it is in use, its parent dangle, and
 * whoever reserved the ports next would have them besides us.
 *
 * So a resource that has met one of our reservations on its way in is taken out again,
 * which lets what is inside move up; and so is each resource of a device that goes, since
 * from there on somebody may still reserve ports inside it. The kernel tells in between:
 * after the resource is in and before a driver gets the device (BUS_NOTIFY_ADD_DEVICE);
 * when the driver is gone and before the resource is taken out (BUS_NOTIFY_REMOVED_DEVICE).
 * It leaves alone what is not in the tree. What a driver reserves for itself is another
 * resource, and ours keeps it away as before.
 *
 * Before the kernel tells, a reservation may be given back: claim.c sees to that. But where
 * it cannot add the device after all it does not tell, and takes along what it has put its
 * resource around: the ports are in use and not reserved, as they would be for a driver.
 */
#include "ioport.h"

#include <linux/ioport.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>

static bool is_placed_port(const struct resource *res)
{
	return resource_type(res) == IORESOURCE_IO && res->parent && res->end < IOPORT_PORTS;
}

static int device_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct platform_device *pdev = to_platform_device(data);
	unsigned int i;

	for (i = 0; i < pdev->num_resources; i++) {
		struct resource *res = &pdev->resource[i];

		if (!is_placed_port(res))
			continue;
		if (event == BUS_NOTIFY_ADD_DEVICE)
			ioport_claim_take_out(res, false);
		else if (event == BUS_NOTIFY_REMOVED_DEVICE)
			ioport_claim_take_out(res, true);
	}
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = { .notifier_call = device_event };

int ioport_platform_init(void)
{
	return bus_register_notifier(&platform_bus_type, &device_notifier);
}

void ioport_platform_exit(void)
{
	bus_unregister_notifier(&platform_bus_type, &device_notifier);
}
