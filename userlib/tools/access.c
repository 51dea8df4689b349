// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define SENTENCE_BYTES 512

/* As JSON has it, and the errno of it. */
static const struct {
	const char *name;
	int err;
} reasons[] = {
	[IOPORT_REASON_NONE] = { "none", 0 },
	[IOPORT_REASON_MODE] = { "mode", EBADF },
	[IOPORT_REASON_LOCKDOWN] = { "lockdown", EPERM },
	[IOPORT_REASON_NO_DIRECT] = { "no-direct", EOPNOTSUPP },
	[IOPORT_REASON_PRIVILEGE] = { "privilege", EPERM },
	[IOPORT_REASON_POLICY] = { "policy", EACCES },
	[IOPORT_REASON_LIMIT] = { "limit", EACCES },
	[IOPORT_REASON_BUSY] = { "busy", EBUSY },
};

static bool reason_is_known(enum ioport_reason reason)
{
	return reason < sizeof(reasons) / sizeof(reasons[0]);
}

const char *reason_name(enum ioport_reason reason)
{
	return reason_is_known(reason) ? reasons[reason].name : "unknown";
}

const char *reason_text(struct ioport *io, enum ioport_reason reason, unsigned int use,
			uint32_t first, uint32_t count)
{
	static char text[SENTENCE_BYTES];

	if (!reason_is_known(reason))
		return "refused by a kernel module that is newer than this program";
	ioport_explain(io, reasons[reason].err, use, first, count, text, sizeof(text));
	return text;
}

static const char *window;

void choose_window(const char *name)
{
	window = name;
}

const char *chosen_window(void)
{
	return window;
}

const char *device_path(void)
{
	static char path[SENTENCE_BYTES];

	if (!window)
		return IOPORT_DEVICE;
	snprintf(path, sizeof(path), IOPORT_WINDOW_PREFIX "%s", window);
	return path;
}

struct ioport *open_quietly(unsigned int use)
{
	return window ? ioport_open_window(window, use) : ioport_open(use);
}

struct ioport *open_device(unsigned int use)
{
	struct ioport *io = open_quietly(use);
	char why[SENTENCE_BYTES];

	if (!io) {
		ioport_explain_open(device_path(), errno, why, sizeof(why));
		complain("%s", why);
	}
	return io;
}

bool find_refused(struct ioport *io, unsigned int use, uint32_t first, uint32_t count,
		  uint32_t *port, enum ioport_reason *reason)
{
	*port = first;
	/* Out of memory, say: that is no answer, and without one nothing can be done. */
	if (ioport_check(io, first, count, use, port, reason)) {
		complain("%s: %m", range_text(first, count));
		exit(STATUS_NO);
	}
	return *reason != IOPORT_REASON_NONE;
}

bool may_use(struct ioport *io, unsigned int use, uint32_t first, uint32_t count)
{
	enum ioport_reason reason;
	uint32_t port;

	if (!find_refused(io, use, first, count, &port, &reason))
		return true;
	complain("%s", reason_text(io, reason, use, first, count));
	return false;
}

static bool complain_access(struct ioport *io, unsigned int use, uint32_t port, unsigned int bits)
{
	char why[SENTENCE_BYTES];

	ioport_explain(io, errno, use, port, bits / 8, why, sizeof(why));
	complain("%s", why);
	return false;
}

bool read_port(struct ioport *io, uint32_t port, unsigned int bits, uint32_t *value)
{
	uint8_t byte = 0;
	uint16_t word = 0;
	int ret;

	switch (bits) {
	case 8:
		ret = ioport_in8(io, (uint16_t)port, &byte);
		*value = byte;
		break;
	case 16:
		ret = ioport_in16(io, (uint16_t)port, &word);
		*value = word;
		break;
	default:
		ret = ioport_in32(io, (uint16_t)port, value);
	}
	return !ret || complain_access(io, IOPORT_READ, port, bits);
}

bool write_port(struct ioport *io, uint32_t port, unsigned int bits, uint32_t value)
{
	int ret;

	if (bits == 8)
		ret = ioport_out8(io, (uint16_t)port, (uint8_t)value);
	else if (bits == 16)
		ret = ioport_out16(io, (uint16_t)port, (uint16_t)value);
	else
		ret = ioport_out32(io, (uint16_t)port, value);
	return !ret || complain_access(io, IOPORT_WRITE, port, bits);
}
