/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must have come up in a run that is long enough.
 */
#ifndef IOPORT_FUZZ_OUTCOMES_H
#define IOPORT_FUZZ_OUTCOMES_H

#include "fuzz/shared.h"

/* Below this number of calls it may be chance that something did not. */
#define CALLS_ENOUGH 10000

static const struct {
	const char *what;
	int errs[7]; /* success among them, which ends the list */
} must_come_up[] = {
	{ "open", { 0 } },
	{ "GRANT", { EACCES, EBUSY, EINVAL, EFAULT, EBADF, 0 } },
	{ "REVOKE", { EINVAL, 0 } },
	{ "SET_MAP", { EACCES, EBUSY, EINVAL, EFAULT, EBADF, 0 } },
	{ "GET_MAP", { EINVAL, EFAULT, 0 } },
	{ "LIMIT", { EINVAL, 0 } },
	{ "ATTACH", { EBUSY, EINVAL, EBADF, 0 } },
	{ "DETACH", { 0 } },
	{ "CLAIM", { EACCES, EBUSY, EINVAL, 0 } },
	{ "RELEASE", { EINVAL, 0 } },
	{ "CHECK", { EINVAL, 0 } },
	{ "XFER", { EACCES, EINVAL, EFAULT, EBADF, E2BIG, 0 } },
	{ "ON_CLOSE", { EACCES, EINVAL, EBADF, 0 } },
	{ "read", { EACCES, EINVAL, EBADF, 0 } },
	{ "write", { EACCES, EINVAL, EBADF, 0 } },
	{ "ioperm", { 0 } },
	{ "iopl", { 0 } },
	{ "fork", { 0 } },
	{ "recvmsg", { 0 } },
	{ "policy", { EINVAL, 0 } },
	{ "in", { EFAULT, 0 } },
};

/* A model that is always right may be one that nothing was asked of. */
static bool all_came_up(void)
{
	bool all = true;

	if (sizeof(long) == 8 && !recorded("a 32-bit call", 0)) {
		note("nothing came by the 32-bit entry");
		all = false;
	}
	for (size_t i = 0; i < sizeof(must_come_up) / sizeof(must_come_up[0]); i++)
		for (const int *err = must_come_up[i].errs;; err++) {
			if (!recorded(must_come_up[i].what, *err)) {
				note("%s never came to: %s", must_come_up[i].what,
				     *err ? strerror(*err) : "success");
				all = false;
			}
			if (!*err)
				break;
		}
	return all;
}

#endif
