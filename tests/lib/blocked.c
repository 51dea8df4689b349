// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: blocked unfixed|nobitmap
 *
 * Kernels on which an ordinary user has no direct access: grant says why, and
 * everything else works by system call.
 */
#include "lib.h"

static const struct kind {
	const char *name;
	int err;
	uint64_t blocked;
	enum ioport_reason reason;
	const char *sentence;
} kinds[] = {
	{ "unfixed", EPERM, IOPORT_BLOCKED_UNFIXED, IOPORT_REASON_PRIVILEGE,
	  "0x0378: direct access needs CAP_SYS_RAWIO, as this kernel lacks a fix" },
	{ "nobitmap", EOPNOTSUPP, IOPORT_BLOCKED_NO_BITMAP, IOPORT_REASON_NO_DIRECT,
	  "0x0378: this kernel has no direct access" },
};

static void test_kind(const struct kind *kind)
{
	struct ioport *io = must_open(0);
	struct ioport_info info = { 0 };
	enum ioport_reason reason;
	char why[512];

	is(ioport_get_info(io, &info), 0, "get_info");
	ok(info.direct_blocked & kind->blocked, "... tells what is in the way");
	fails(ioport_grant(io, LATCH, 1, 0), kind->err, "grant");
	ioport_explain(io, kind->err, IOPORT_DIRECT, LATCH, 1, why, sizeof(why));
	note("%s", why);
	ok(!strncmp(why, kind->sentence, strlen(kind->sentence)), "the sentence says why");
	fails(ioport_grant(io, LATCH, 1, IOPORT_THREAD), kind->err, "grant for this thread");
	fails(ioport_attach(io, 0), kind->err, "attach");
	is(ioport_check(io, LATCH, 1, IOPORT_DIRECT, NULL, &reason), 0, "check");
	is(reason, kind->reason, "... for direct access: the reason");
	is(ioport_check(io, LATCH, 1, IOPORT_READ | IOPORT_WRITE, NULL, &reason), 0, "check");
	is(reason, IOPORT_REASON_NONE, "... for the system call: none");
	ok(!ioport_is_direct(io, LATCH, 1), "not direct");
	ok(inb_faults(LATCH), "plain inb faults");
	ok(latch_works(io, BY_SYSTEM_CALL), "the latch works by system call");
	is(ioport_revoke(io, LATCH, 1, 0), 0, "revoke needs no right");
	is(ioport_detach(io), 0, "nor does detach");
	ioport_close(io);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(argv[1], kinds[i].name)) {
			test_kind(&kinds[i]);
			return done();
		}
	}
	bail("usage: blocked unfixed|nobitmap");
}
