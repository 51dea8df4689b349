/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzzers of the parsers share. */
#ifndef IOPORT_FUZZ_H
#define IOPORT_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How often the sources of ioportctl have complained: stubs.c. */
extern unsigned int fuzz_complaints;

#define fuzz_check(condition, what)                    \
	do {                                           \
		if (!(condition)) {                    \
			fprintf(stderr, "%s\n", what); \
			abort();                       \
		}                                      \
	} while (0)

/* A string of its own, so that the sanitizer sees where it ends. */
__attribute__((unused)) static char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
