// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ranges as they are typed: by number, by name, by PCI device. */
#include <inttypes.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "system.h"

#define IORESOURCE_IO 0x100
#define LINE_BYTES 128
#define TEXT_BYTES 64

const char *range_text(uint32_t first, uint32_t count)
{
	static char text[32];

	if (count == 1)
		snprintf(text, sizeof(text), "0x%04x", first);
	else
		snprintf(text, sizeof(text), "0x%04x-0x%04x", first, first + count - 1);
	return text;
}

static bool set_range(struct range *range, uint32_t first, uint32_t last)
{
	if (first > last || last >= IOPORT_PORTS)
		return false;
	range->first = first;
	range->count = last - first + 1;
	return true;
}

/* PORT, FIRST-LAST or FIRST+COUNT, as in the module's lists. */
static bool range_from_numbers(const char *text, struct range *range)
{
	size_t len = strcspn(text, "-+");
	char first_text[TEXT_BYTES];
	uint32_t first, second;

	if (len >= sizeof(first_text))
		return false;
	memcpy(first_text, text, len);
	first_text[len] = '\0';
	if (!parse_number(first_text, &first))
		return false;
	if (!text[len])
		return set_range(range, first, first);
	if (!parse_number(text + len + 1, &second))
		return false;
	if (text[len] == '-')
		return set_range(range, first, second);
	if (!second || second > IOPORT_PORTS)
		return false;
	return set_range(range, first, first + second - 1);
}

/* --- pci:DOMAIN:BUS:DEVICE.FUNCTION/barN ------------------------------------ */

/* Line @bar of the device's resource file: first, last, flags. */
static bool read_bar(const char *text, const char *path, unsigned int bar, struct range *range)
{
	uint64_t first = 0, last = 0, flags = 0;
	FILE *file = fopen(path, "re");
	char line[LINE_BYTES];
	bool found = true;

	if (!file) {
		complain("'%s': there is no such PCI device (%s: %m)", text, path);
		return false;
	}
	for (unsigned int i = 0; found && i <= bar; i++)
		found = fgets(line, sizeof(line), file);
	fclose(file);
	if (!found ||
	    sscanf(line, "%" SCNi64 " %" SCNi64 " %" SCNi64, &first, &last, &flags) != 3 || !last) {
		complain("'%s': the device has no such BAR, or it is not in use", text);
		return false;
	}
	if (!(flags & IORESOURCE_IO) || last >= IOPORT_PORTS) {
		complain("'%s': that BAR is memory, not I/O ports", text);
		return false;
	}
	return set_range(range, (uint32_t)first, (uint32_t)last);
}

static bool range_from_pci(const char *text, struct range *range)
{
	unsigned int domain, bus, device, function, bar;
	char path[PATH_MAX];
	int end = 0;

	if (sscanf(text, "pci:%4x:%2x:%2x.%1x/bar%1u%n", &domain, &bus, &device, &function, &bar,
		   &end) != 5 ||
	    text[end] || bar > 5) {
		complain("'%s' is not of the form pci:0000:00:05.0/bar0", text);
		return false;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%04x:%02x:%02x.%x/resource", domain, bus,
		 device, function);
	return read_bar(text, path, bar, range);
}

/* --- Names ------------------------------------------------------------------ */

static unsigned int find_owner(const struct owners *owners, const char *name, struct range *range)
{
	unsigned int found = 0;

	for (size_t i = 0; i < owners->count; i++) {
		const struct owner *owner = &owners->list[i];
		struct range this;

		if (strcmp(owner->name, name) || !set_range(&this, owner->first, owner->last))
			continue;
		/* The same range inside itself, as drivers claim what firmware names. */
		if (!found || this.first != range->first || this.count != range->count)
			found++;
		*range = this;
	}
	return found;
}

static void complain_ambiguous(const struct owners *owners, const char *name)
{
	char list[256];
	size_t used = 0;

	for (size_t i = 0; i < owners->count && used < sizeof(list); i++)
		if (!strcmp(owners->list[i].name, name))
			used += (size_t)snprintf(list + used, sizeof(list) - used, " 0x%04x-0x%04x",
						 owners->list[i].first, owners->list[i].last);
	complain("'%s' is the name of several ranges in /proc/ioports; give one of them:%s", name,
		 list);
}

/* What drivers tell everybody: where a parallel port's three registers are. */
static bool range_from_sysctl(const char *name, struct range *range)
{
	char path[PATH_MAX], line[LINE_BYTES];
	uint32_t base;

	if (strchr(name, '/') || strlen(name) >= TEXT_BYTES)
		return false;
	snprintf(path, sizeof(path), "/proc/sys/dev/parport/%s/base-addr", name);
	return system_line(path, line, sizeof(line)) && sscanf(line, "%" SCNu32, &base) == 1 &&
	       base && set_range(range, base, base + 2);
}

static bool range_from_name(const char *text, struct range *range)
{
	struct owners owners;
	unsigned int found;

	if (!owners_load(&owners))
		return false;
	found = find_owner(&owners, text, range);
	if (found > 1)
		complain_ambiguous(&owners, text);
	else if (!found && !range_from_sysctl(text, range))
		complain("'%s' is not a range within 0-0xffff (0x378, 0x378-0x37f, 0x378+8), nor "
			 "a name in /proc/ioports%s",
			 text,
			 owners.hidden ? " (which shows its addresses to root only: give the "
					 "range by number, or use sudo)"
				       : "");
	else
		found = 1;
	owners_free(&owners);
	return found == 1;
}

bool parse_range(const char *text, struct range *range)
{
	if (range_from_numbers(text, range))
		return true;
	if (!strncmp(text, "pci:", 4))
		return range_from_pci(text, range);
	return range_from_name(text, range);
}

bool range_fits(const char *text, const struct range *range, unsigned int bits)
{
	if (!(range->count % (bits / 8)))
		return true;
	complain("'%s' is %u ports: not a multiple of %u bits", text, range->count, bits);
	return false;
}

struct range *parse_ranges(const struct options *options)
{
	struct range *ranges = calloc((size_t)options->count, sizeof(*ranges));

	if (!ranges) {
		complain("%m");
		return NULL;
	}
	for (int i = 0; i < options->count; i++) {
		if (!parse_range(options->operands[i], &ranges[i]) ||
		    !range_fits(options->operands[i], &ranges[i], options->bits)) {
			free(ranges);
			return NULL;
		}
	}
	return ranges;
}

bool parse_port(const char *text, unsigned int bits, uint32_t *port)
{
	struct range range;

	if (!parse_range(text, &range))
		return false;
	if (range.count > 1) {
		complain("'%s' is %u ports; name one", text, range.count);
		return false;
	}
	if (range.first + bits / 8 > IOPORT_PORTS) {
		complain("'%s': %u bits there go past 0xffff, the last port", text, bits);
		return false;
	}
	*port = range.first;
	return true;
}
