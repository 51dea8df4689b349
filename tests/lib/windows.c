// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Named windows through the library: opening one, what it gives, what is said where it
 * does not, and when it has gone. Run as root, with the default policy.
 */
#include "lib.h"

#include <fcntl.h>
#include <sys/stat.h>

#define CONFIG "/sys/kernel/config/ioport/lib"

static void put(const char *attribute, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), CONFIG "/%s", attribute);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		bail("%s: %s", path, strerror(errno));
	close(fd);
}

static void says(const char *got, const char *want, const char *what)
{
	if (!ok(strstr(got, want), "%s: \"%s\"", what, want))
		note("got: %s", got);
}

static void test_none(void)
{
	static const char *const names[] = { "none", "", "../ioport", "/", "lib/x", "UPPER" };
	char why[512], longest[300];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fails(ioport_open_window(names[i], 0) ? 0 : -1, ENOENT, "a window '%s'", names[i]);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	fails(ioport_open_window(longest, 0) ? 0 : -1, ENOENT, "one with a long name");
	fails(ioport_open_window("none", 1U << 20) ? 0 : -1, EINVAL, "a use that is none");
	ioport_explain_open(IOPORT_WINDOW_PREFIX "none", ENOENT, why, sizeof(why));
	says(why, "there is no window of that name; run: ioportctl windows", "why");
}

static void test_window(void)
{
	struct ioport *io, *again;
	struct ioport_portmap map;
	uint32_t first, count;
	char why[512];
	uint8_t byte;

	if (mkdir(CONFIG, 0755))
		bail(CONFIG ": %s", strerror(errno));
	put("ports", "0x378-0x37f");
	put("live", "1");
	io = ioport_open_window("lib", 0);
	if (!ok(io, "open"))
		bail("%s", strerror(errno));
	ok(!ioport_get_map(io, IOPORT_WHICH_POLICY, &map) &&
		   ioport_portmap_next(&map, 0, &first, &count) && first == 0x378 && count == 8 &&
		   !ioport_portmap_next(&map, 0x380, &first, &count),
	   "the policy is its ports");
	is(ioport_grant(io, 0x378, 8, 0), 0, "grant");
	ok(ioport_is_direct(io, 0x378, 1), "direct");
	is(ioport_in8(io, 0x378, &byte), 0, "in");
	fails(ioport_grant(io, 0x278, 1, 0), EACCES, "a port that is not its");
	ioport_explain(io, EACCES, IOPORT_DIRECT, 0x278, 1, why, sizeof(why));
	says(why, "not among the ports of the window lib (0x378-0x37f)", "why");

	ok(!rmdir(CONFIG), "the window is removed");
	ioport_refresh(io);
	fails(ioport_in8(io, 0x378, &byte), EACCES, "in");
	fails(ioport_grant(io, 0x378, 1, 0), EACCES, "grant");
	ioport_explain(io, EACCES, IOPORT_DIRECT, 0x378, 1, why, sizeof(why));
	says(why, "the named window that was opened has been removed", "why");
	again = ioport_open_window("lib", 0);
	fails(again ? 0 : -1, ENOENT, "open again");
	ioport_close(again);
	ioport_close(io);
}

int main(void)
{
	test_none();
	test_window();
	return done();
}
