// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The clock of the PC, which lives behind two ports: write the number of a
 * register to 0x70, then read or write that register at 0x71.
 *
 * Somebody else, the kernel's rtc_cmos above all, may use the pair between our
 * two accesses, and the clock may tick between two registers. So the whole clock
 * is read again until it comes out the same twice, never while it is updated.
 *
 *	cc cmos_clock.c $(pkg-config --cflags --libs libioport)
 *
 * The default policy denies these ports (the memory behind them holds the
 * firmware's settings), and the kernel's driver holds them. For a try:
 * modprobe ioport allow=0x70-0x71 deny=none busy=allow
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libioport.h>

#define INDEX 0x70 /* bit 7 masks NMIs; 0 leaves them on */
#define DATA 0x71

enum {
	SECONDS = 0x00,
	MINUTES = 0x02,
	HOURS = 0x04,
	DAY = 0x07,
	MONTH = 0x08,
	YEAR = 0x09,
	STATUS_A = 0x0a,
	STATUS_B = 0x0b,
	CENTURY = 0x32 /* by custom; ACPI may say another */
};

#define UPDATING 0x80  /* of STATUS_A */
#define BINARY 0x04    /* of STATUS_B; else BCD */
#define HOURS_24 0x02  /* of STATUS_B; else 12, and */
#define AFTERNOON 0x80 /* this in HOURS */

#define TURNS 3000 /* of a millisecond: an update comes each second and takes 2 of them */

struct clock {
	uint8_t seconds, minutes, hours, day, month, year, century, status_b;
};

static int read_register(struct ioport *io, uint8_t index, uint8_t *value)
{
	return ioport_out8(io, INDEX, index) ? -1 : ioport_in8(io, DATA, value);
}

/* 1: read; 0: it is being updated; -1: refused. */
static int read_once(struct ioport *io, struct clock *c)
{
	uint8_t status_a;

	if (read_register(io, STATUS_A, &status_a))
		return -1;
	if (status_a & UPDATING)
		return 0;
	if (read_register(io, SECONDS, &c->seconds) || read_register(io, MINUTES, &c->minutes) ||
	    read_register(io, HOURS, &c->hours) || read_register(io, DAY, &c->day) ||
	    read_register(io, MONTH, &c->month) || read_register(io, YEAR, &c->year) ||
	    read_register(io, CENTURY, &c->century) || read_register(io, STATUS_B, &c->status_b))
		return -1;
	return 1;
}

static int read_clock(struct ioport *io, struct clock *c)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	struct clock again;
	int first, second;

	for (int i = 0; i < TURNS; i++) {
		first = read_once(io, c);
		second = first > 0 ? read_once(io, &again) : first;
		if (second < 0)
			return -1;
		if (second && !memcmp(c, &again, sizeof(again)))
			return 0;
		nanosleep(&ms, NULL);
	}
	errno = ENODEV;
	return -1;
}

static unsigned int number(const struct clock *c, uint8_t value)
{
	return c->status_b & BINARY ? value : 10U * (value >> 4) + (value & 15U);
}

static unsigned int hours(const struct clock *c)
{
	unsigned int hour = number(c, c->hours & (uint8_t)~AFTERNOON);

	if (c->status_b & HOURS_24)
		return number(c, c->hours);
	return hour % 12 + (c->hours & AFTERNOON ? 12 : 0);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "Print what the PC's clock (CMOS, 0x70 and 0x71) says, mostly UTC.\v"
		       "Exit status: 0 it was read, 1 there is no clock, 2 no access.",
	};
	struct ioport *io;
	struct clock c;
	int status = 0;
	char why[256];

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	io = ioport_open(0);
	/* Only for speed: where it is refused, each access takes a system call. */
	if (io)
		ioport_grant(io, INDEX, 2, 0);
	if (io && !read_clock(io, &c)) {
		printf("%02u%02u-%02u-%02u %02u:%02u:%02u\n", number(&c, c.century),
		       number(&c, c.year), number(&c, c.month), number(&c, c.day), hours(&c),
		       number(&c, c.minutes), number(&c, c.seconds));
	} else if (io && errno == ENODEV) {
		printf("no clock\n");
		status = 1;
	} else {
		ioport_explain(io, errno, IOPORT_READ | IOPORT_WRITE, INDEX, 2, why, sizeof(why));
		fprintf(stderr, "cmos_clock: %s\n", why);
		status = 2;
	}
	ioport_close(io);
	return status;
}
