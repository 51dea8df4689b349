/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows: ours and /dev/port. */
#ifndef DEVICES_H
#define DEVICES_H

#include "bench.h"

#include <sys/io.h>

static unsigned int port = PORT;
static bool may_write = true;
static int ours, theirs;

static void open_ours(void)
{
	ours = open(DEVICE, O_RDWR | O_CLOEXEC);
	must(ours >= 0);
}

static void open_theirs(void)
{
	/* Without O_NONBLOCK io_uring hands each read to a kernel thread. */
	theirs = open("/dev/port", (may_write ? O_RDWR : O_RDONLY) | O_NONBLOCK);
	must(theirs >= 0);
}

static void grant(unsigned int first, unsigned int count)
{
	must(!dev_grant(ours, first, count, 0));
}

static void close_window(unsigned int first, unsigned int count)
{
	must(!dev_revoke(ours, first, count, 0));
}

#endif
