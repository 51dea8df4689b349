// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Puts libioport-compat in front of the libraries of dynamic programs.
 *
 * One name must do for all programs that this one starts, 64- and 32-bit, as ld.so
 * complains of a library that is not there or of the other kind. Hence a directory
 * with a place for each kind by ld.so's own token $LIB, which stands for lib64 or
 * lib/x86_64-linux-gnu in one and for lib32 or lib/i386-linux-gnu in the other. Where
 * the 32-bit library was not built, an empty one is there in its place.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libdir.h"
#include "run.h"

/* Loads it as ld.so will, so that no program hears ld.so complain. */
static bool name_in(const char *directory, char *name, size_t size)
{
	void *library;

	/* What parts names in the variable cannot be part of one. */
	if ((size_t)snprintf(name, size, "%s/$LIB/libioport-compat.so", directory) >= size ||
	    directory[0] != '/' || strpbrk(directory, " :"))
		return false;
	library = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
	if (library)
		dlclose(library);
	return library;
}

/* The directory of a tree where it is not installed: "preload" beside ioportctl. */
static bool name_beside(char *name, size_t size)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("preload"));

	if (len < 0)
		return false;
	path[len] = '\0';
	strcpy(strrchr(path, '/') + 1, "preload");
	return name_in(path, name, size);
}

/* As an outer "run" has left it. */
static bool is_first(const char *name, const char *others)
{
	size_t len = strlen(name);

	return !strncmp(name, others, len) && (!others[len] || strchr(": ", others[len]));
}

bool run_preload(void)
{
	const char *directory = getenv("IOPORT_PRELOAD"), *others = getenv("LD_PRELOAD");
	char name[PATH_MAX], *value;
	bool done;

	if (directory ? !name_in(directory, name, sizeof(name))
		      : !name_in(IOPORT_LIBDIR "/ioport", name, sizeof(name)) &&
				!name_beside(name, sizeof(name)))
		return false;
	if (others && is_first(name, others))
		return true;
	if (!others || !*others)
		return !setenv("LD_PRELOAD", name, 1);
	if (asprintf(&value, "%s:%s", name, others) < 0)
		return false;
	done = !setenv("LD_PRELOAD", value, 1);
	free(value);
	return done;
}
