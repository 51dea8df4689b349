// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameter log_denials: who was refused what, in the kernel's log, and not more than
 * is good for it. Run as root, with the default policy.
 */
#include "windows.h"

#include <sys/prctl.h>

/* Lines of one burst, and how long it takes until there may be another: trace.c. */
#define BURST 10
#define INTERVAL 5

static int kmsg;

/* How many records have this, of those that came since the last look; the last is kept. */
static char last[8192];

static int lines_with(const char *what)
{
	char record[8192];
	int lines = 0;
	ssize_t n;

	for (;;) {
		n = read(kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE) /* some were overwritten */
			continue;
		if (n < 0)
			return lines;
		record[n] = '\0';
		if (strstr(record, what)) {
			lines++;
			strcpy(last, record);
		}
	}
}

static bool says(const char *text)
{
	if (strstr(last, text))
		return true;
	note("'%s' is not in: %s", text, last);
	return false;
}

static void test_off(int fd)
{
	uint8_t byte;

	ok(!strcmp(get_param("log_denials"), "N"), "it is off");
	lines_with("");
	fails(pread(fd, &byte, 1, 0x60), EACCES, "a denial");
	is(lines_with("denied"), 0, "is no line");
}

static void test_lines(int fd, int window)
{
	uint8_t byte, bits[IOPORT_MAP_BYTES];
	struct ioport_op op = { .code = IOPORT_OP_IN, .width = 1, .port = 0x60 };
	struct ioport_xfer xfer = { .ops = (uintptr_t)&op, .count = 1 };
	char who[64];

	is(set_param("log_denials", "1"), 0, "on");
	lines_with("");
	prctl(PR_SET_NAME, "de\nny\"er");
	fails(pread(fd, &byte, 1, 0x60), EACCES, "pread");
	is(lines_with("denied"), 1, "is a line");
	snprintf(who, sizeof(who), "[%d] uid 0", (int)getpid());
	ok(says(who), "it says who");
	/* The log's own escapes: \x5c is the backslash of ours. */
	ok(says("de\\x5cnny\"er") || says("de\\x5cnny\\x22er"), "and escapes what is no name");
	ok(says(": read on ioport of 0x0060-0x0060, first 0x0060: not allowed"), "and what");
	fails(dev_grant(fd, LPT, 16, 0), EACCES, "GRANT");
	is(lines_with("grant on ioport of 0x0378-0x0387, first 0x0380: not allowed"), 1,
	   "names the first port");
	fails(dev_grant(window, LPT, 4, 0), EACCES, "GRANT of a window");
	is(lines_with("grant on ioport-denials of 0x0378-0x037b, first 0x0378: not allowed"), 1,
	   "names the window");
	fails(ioctl(fd, IOPORT_IOC_XFER, &xfer), EACCES, "a batch");
	is(lines_with("batch on ioport of 0x0060-0x0060"), 1, "as well");
	bits_fill(bits, false);
	bits_open(bits, 0x61, 1);
	fails(dev_set_map(fd, bits, 0), EACCES, "SET_MAP");
	is(lines_with("set_map on ioport of 0x0000-0xffff, first 0x0061"), 1, "as well");
	is(pread(fd, &byte, 1, LPT), 1, "what is allowed");
	fails(pread(fd, bits, 3, LPT), EINVAL, "and what is nonsense");
	is(lines_with("denied"), 0, "are no lines");
}

/*
 * However fast they come. The bound is by the clock: one burst, and one for each time that
 * the interval has passed.
 */
static void test_rate(int fd)
{
	enum {
		DENIALS = 5000
	};
	int i, lines, most;
	uint8_t byte;
	double t;

	lines_with("");
	t = seconds();
	for (i = 0; i < DENIALS; i++)
		if (pread(fd, &byte, 1, 0x60) != -1)
			bail("allowed");
	lines = lines_with("denied:");
	most = BURST * (1 + (int)((seconds() - t) / INTERVAL + 1));
	note("%d lines, at most %d", lines, most);
	ok(lines <= most && most < DENIALS, "%d denials are few lines", DENIALS);
	/* The next line comes when the interval is over, and how many were left out. */
	t = seconds();
	while (!(lines = lines_with("callbacks suppressed")) && seconds() - t < 120)
		if (pread(fd, &byte, 1, 0x60) == -1)
			usleep(100000);
	ok(lines >= 1, "and then the number of those that were left out");
}

int main(void)
{
	int fd = dev_open(O_RDWR), window;

	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (kmsg < 0)
		bail("/dev/kmsg");
	window_new("denials", "0x278-0x27f");
	window = window_open("denials", O_RDWR);
	test_off(fd);
	test_lines(fd, window);
	test_rate(fd);
	is(set_param("log_denials", "0"), 0, "off");
	lines_with("");
	fails(dev_grant(fd, 0x60, 1, 0), EACCES, "GRANT");
	is(lines_with("denied"), 0, "no line");
	close(window);
	is(window_remove("denials"), 0, "rmdir");
	return done();
}
