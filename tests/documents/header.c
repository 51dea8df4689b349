// SPDX-License-Identifier: GPL-2.0-only
/* The code in the comments of libioport.h: pieces, which need something around them. */
#include <stdio.h>

#include <libioport.h>

static void minimal_program(void)
{
#include "libioport.h.1.c"
}

static void visit_all_runs(void)
{
	struct ioport_portmap map;
	uint32_t first, count;

	ioport_portmap_close_all(&map);
	ioport_portmap_open(&map, 0x278, 8);
	ioport_portmap_open(&map, 0x378, 3);
#include "libioport.h.2.c"
	printf("%x+%u\n", first, count);
}

int main(void)
{
	minimal_program();
	visit_all_runs();
	return 0;
}
