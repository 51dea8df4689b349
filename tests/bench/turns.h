/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows: a task that switches to another and back. */
#ifndef TURNS_H
#define TURNS_H

#include "direct.h"

static int ping[2], pong[2];

static void echo(void)
{
	char c;

	while (read(ping[0], &c, 1) == 1 && write(pong[1], &c, 1) == 1)
		;
	_exit(0);
}

static void turn(void)
{
	char c = 0;

	must(write(ping[1], &c, 1) == 1 && read(pong[0], &c, 1) == 1);
}

/* @there: what the other end does first; it is done when the first turn is. */
static void start_echo(void (*here)(void), void (*there)(void))
{
	must(!pipe(ping) && !pipe(pong));
	pin_to_cpu(0);
	if (!companion()) {
		there();
		echo();
	}
	here();
	turn();
}

static void plain(void)
{
	start_echo(nothing, nothing);
}

static void one_of_ours(void)
{
	start_echo(open_window, nothing);
}

static void one_of_ioperm(void)
{
	start_echo(ioperm_window, nothing);
}

static void both_of_ours(void)
{
	start_echo(open_window, open_window);
}

static void both_of_ioperm(void)
{
	start_echo(ioperm_window, ioperm_window);
}

static void all_ports(void)
{
	open_ours();
	grant(0, IOPORT_PORTS);
}

static void ioperm_all_ports(void)
{
	must(!ioperm(0, IOPORT_PORTS, 1));
}

static void iopl_3(void)
{
	must(!iopl(3));
}

static void both_all_ports(void)
{
	start_echo(all_ports, all_ports);
}

static void both_ioperm_all_ports(void)
{
	start_echo(ioperm_all_ports, ioperm_all_ports);
}

/* A child has its parent's map, not a copy. */
static void one_map_all_ports(void)
{
	all_ports();
	start_echo(nothing, nothing);
}

static void both_iopl(void)
{
	start_echo(iopl_3, iopl_3);
}

#endif
