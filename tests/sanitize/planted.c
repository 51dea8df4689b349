// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: planted BUG: has one on purpose, in a child whose end nobody looks at, and
 * ends well itself. For tests/sanitize/notices.sh and tests/valgrind/notices.sh.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ioport_dev.h>

static void overflow(void)
{
	volatile unsigned char *map = malloc(IOPORT_MAP_BYTES);

	if (map)
		map[IOPORT_MAP_BYTES] = 0xff;
	free((void *)map);
}

static void use_after_free(void)
{
	volatile char *text = strdup("0x378-0x37f");

	free((void *)text);
	if (text[0] == '0')
		puts("# still there");
}

static void leak(void)
{
	volatile char *text = strdup("0x378-0x37f");

	text = NULL;
	(void)text;
}

static void signed_overflow(void)
{
	volatile int ports = INT_MAX;

	ports++;
}

static void uninitialised(void)
{
	volatile unsigned char map[16];

	if (map[getpid() % 16] & 1)
		puts("# open");
}

static const struct {
	const char *name;
	void (*plant)(void);
} bugs[] = {
	{ "overflow", overflow },
	{ "use-after-free", use_after_free },
	{ "leak", leak },
	{ "signed-overflow", signed_overflow },
	{ "uninitialised", uninitialised },
	{ "none", NULL },
};

static void run(void (*plant)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		exit(1);
	if (!pid) {
		if (plant)
			plant();
		exit(0);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	for (unsigned int i = 0; argc == 2 && i < sizeof(bugs) / sizeof(bugs[0]); i++) {
		if (strcmp(argv[1], bugs[i].name) != 0)
			continue;
		run(bugs[i].plant);
		return 0;
	}
	return 2;
}
