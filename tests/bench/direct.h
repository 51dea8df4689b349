/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows: windows of ours and of ioperm(), and what goes through them. */
#ifndef DIRECT_H
#define DIRECT_H

#include "devices.h"

static void open_window(void)
{
	open_ours();
	grant(port, 1);
}

static void grant_window(void)
{
	grant(port, 1);
}

static void ioperm_window(void)
{
	must(!ioperm(port, 1, 1));
}

static void in_port(void)
{
	in8(port);
}

static void grant_revoke(void)
{
	grant(port, 1);
	close_window(port, 1);
}

/* What any ioctl costs, of whatever driver. */
static void empty_ioctl(void)
{
	must(ioctl(ours, _IO(IOPORT_IOC_TYPE, 0xff)) == -1);
}

static void ioperm_on_off(void)
{
	must(!ioperm(port, 1, 1));
	must(!ioperm(port, 1, 0));
}

/* Windows that nobody holds, one after the other, and back to the first. */
#define WINDOWS_BASE 0x800
#define WINDOWS_STEP 0x10
#define WINDOWS_COUNT 8
#define WINDOWS_MAX 16

/*
 * One port more each time, downwards, so that the extent of the map stays the same;
 * there are more of them than a measurement makes calls.
 */
#define TOP_PORT 0xcf0

static void open_top_port(void)
{
	open_ours();
	grant(TOP_PORT, 1);
}

static void grant_next(void)
{
	static unsigned int next = TOP_PORT;

	grant(--next, 1);
}

static void ioperm_top_port(void)
{
	must(!ioperm(TOP_PORT, 1, 1));
}

static void ioperm_next(void)
{
	static unsigned int next = TOP_PORT;

	must(!ioperm(--next, 1, 1));
}

static void grant_thread_revoke(void)
{
	must(!dev_grant(ours, port, 1, IOPORT_THREAD));
	must(!dev_revoke(ours, port, 1, IOPORT_THREAD));
}

static uint8_t maps[2][IOPORT_MAP_BYTES];

/* Two maps of 16 windows each, with none in common. */
static void prepare_maps(void)
{
	unsigned int i, window;

	for (i = 0; i < 2; i++) {
		bits_fill(maps[i], false);
		for (window = 0; window < WINDOWS_MAX; window++)
			bits_open(maps[i], WINDOWS_BASE + WINDOWS_STEP * (2 * window + i),
				  WINDOWS_COUNT);
	}
	open_ours();
	must(!dev_attach(ours, 0));
}

static void set_map(void)
{
	static unsigned int turn;

	must(!dev_set_map(ours, maps[turn++ & 1], 0));
}

static void ioperm_windows(void)
{
	unsigned int i;

	for (i = 0; i < WINDOWS_MAX; i++)
		must(!ioperm(WINDOWS_BASE + 2 * WINDOWS_STEP * i, WINDOWS_COUNT, 1));
}

#endif
