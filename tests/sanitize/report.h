/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Goes before every file that is built with sanitizers ("gcc -include"). Beside
 * AddressSanitizer, gcc's UndefinedBehaviorSanitizer reports to standard error only,
 * where a test may take no notice of it. It calls this hook before it does: from then on
 * the standard error of the process, which is about to end, is a file.
 *
 * No header of the C library here: files define macros that must come before those.
 */
#ifndef IOPORT_SANITIZE_REPORT_H
#define IOPORT_SANITIZE_REPORT_H

#include <asm/unistd.h>

#define REPORT_FLAGS 02101 /* O_WRONLY | O_CREAT | O_APPEND */

extern char *getenv(const char *name);
extern long syscall(long number, ...);
void __ubsan_on_report(void);

__attribute__((weak, visibility("default"))) void __ubsan_on_report(void)
{
	const char *path = getenv("UBSAN_REPORT");
	long fd = path ? syscall(__NR_open, path, REPORT_FLAGS, 0666) : -1;

	if (fd >= 0)
		syscall(__NR_dup2, fd, 2);
}

#endif
