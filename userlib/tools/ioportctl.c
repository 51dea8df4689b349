// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl: I/O ports from the command line. Each verb has a file of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

/* A new verb is a line here, its declaration in ctl.h and a file. */
static const struct verb verbs[] = {
	{ "status", "what is there: module, device, policy", verb_status },
	{ "check", "may these ports be used, and if not, why?", verb_check },
	{ "read", "read ports", verb_read },
	{ "write", "write ports", verb_write },
	{ "fill", "write one value to all ports of a range", verb_fill },
	{ "dump", "read a range, as hexdump shows it", verb_dump },
	{ "batch", "do a list of operations in one go", verb_batch },
	{ "watch", "watch ports, bit by bit", verb_watch },
	{ "map", "a picture of all ports: allowed, in use, by whom", verb_map },
	{ "holders", "which processes have access right now", verb_holders },
	{ "windows", "named windows: list, apply, add, remove", verb_windows },
	{ "run", "run a program that wants ioperm() or iopl()", verb_run },
	{ "trace", "log what all programs do with ports", verb_trace },
	{ "doctor", "find out what is wrong, and what to type", verb_doctor },
	{ "load", "load the kernel module", verb_load },
	{ "unload", "remove the kernel module", verb_unload },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(void)
{
	printf("Usage: ioportctl VERB [OPTION...] [ARG...]\n"
	       "x86 I/O ports without root, through " IOPORT_DEVICE ".\n\n");
	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].main)
			printf("  %-9s%s\n", verbs[i].name, verbs[i].help);
	printf("\nRANGE is 0x378, 0x378-0x37f, 0x378+8, a name as in /proc/ioports, or\n"
	       "pci:0000:00:05.0/bar0. 'ioportctl VERB --help' tells about a verb.\n"
	       "Exit status: 0 done or yes, 1 refused or no, 2 usage, 3 no device.\n");
}

/* For the shells' completion. */
static void print_verbs(void)
{
	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].main)
			printf("%s\t%s\n", verbs[i].name, verbs[i].help);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].main && !strcmp(name, verbs[i].name))
			return &verbs[i];
	return NULL;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	static char name[64];

	snprintf(name, sizeof(name), "ioportctl %s", verb->name);
	message_prefix = name;
	argv[0] = name;
	argp_err_exit_status = STATUS_USAGE;
	return verb->main(argc, argv);
}

/* The exit status where what was printed did not get there. */
static int unwritten = STATUS_NO;

/* At exit, since argp ends the program itself once it has given help. */
static void check_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return;
	complain("standard output: %m");
	_exit(unwritten);
}

/* A batch that was done was not refused, whether it could say so or not. */
static int finish(const struct verb *verb, int status)
{
	if (status != STATUS_OK)
		unwritten = status;
	else if (verb->main == verb_batch)
		unwritten = STATUS_PART;
	return status;
}

int main(int argc, char **argv)
{
	const struct verb *verb;

	atexit(check_output);
	if (argc < 2) {
		complain("which verb? See 'ioportctl --help'");
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?") || !strcmp(argv[1], "help")) {
		print_help();
		return STATUS_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("ioportctl %s\n", ioport_version());
		return STATUS_OK;
	}
	if (!strcmp(argv[1], "--verbs")) {
		print_verbs();
		return STATUS_OK;
	}
	verb = find_verb(argv[1]);
	if (!verb) {
		complain("'%s' is no verb. See 'ioportctl --help'", argv[1]);
		return STATUS_USAGE;
	}
	return finish(verb, run_verb(verb, argc - 1, argv + 1));
}
