// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports for one open file alone: CLAIM and RELEASE, against other files and against
 * the kernel's own parport_pc. Run as root, with the default policy.
 */
#include "admin.h"

#include <sys/wait.h>

static int mine, other;

static void reopen(void)
{
	close(mine);
	close(other);
	mine = dev_open(O_RDWR);
	other = dev_open(O_RDWR);
}

/* How many ports the file has claimed. */
static unsigned int claimed(int fd)
{
	uint8_t bits[IOPORT_MAP_BYTES];
	unsigned int i, n = 0;

	if (dev_get_map(fd, IOPORT_WHICH_CLAIMED, bits))
		bail("GET_MAP: %s", strerror(errno));
	for (i = 0; i < sizeof(bits); i++)
		n += 8 - __builtin_popcount(bits[i]);
	return n;
}

/* Everything that another file might try on ports that were claimed. */
static void test_refused(const char *when)
{
	struct ioport_op op = { .code = IOPORT_OP_IN, .width = 1, .port = LPT };
	struct ioport_op out = { .code = IOPORT_OP_OUT, .width = 1, .port = LPT };
	struct ioport_xfer xfer = { .ops = (uintptr_t)&op, .count = 1 };
	uint8_t bits[IOPORT_MAP_BYTES], bytes[4] = { 0 };
	uint32_t port = 0;

	fails(pread(other, bytes, 1, LPT), EBUSY, "%s: pread", when);
	fails(pread(other, bytes, 2, LPT - 1 + 8), EACCES, "%s: pread beyond the policy", when);
	fails(pwrite(other, bytes, 4, LPT + 4), EBUSY, "%s: pwrite of which half is claimed", when);
	fails(dev_grant(other, LPT, LPT_COUNT, 0), EBUSY, "%s: GRANT", when);
	fails(dev_grant(other, LPT + 4, 1, IOPORT_THREAD), EBUSY, "%s: GRANT THREAD", when);
	bits_fill(bits, false);
	bits_open(bits, VOID, VOID_COUNT);
	bits_open(bits, LPT + 4, 1);
	fails(dev_set_map(other, bits, 0), EBUSY, "%s: SET_MAP", when);
	fails(ioctl(other, IOPORT_IOC_XFER, &xfer), EBUSY, "%s: XFER", when);
	xfer.ops = (uintptr_t)&out;
	fails(ioctl(other, IOPORT_IOC_ON_CLOSE, &xfer), EBUSY, "%s: ON_CLOSE", when);
	fails(dev_claim(other, LPT + 4, 8), EACCES, "%s: CLAIM beyond the policy", when);
	fails(dev_claim(other, LPT + 4, 2), EBUSY, "%s: CLAIM", when);
	is(dev_check(other, LPT, LPT_COUNT, IOPORT_READ, &port), IOPORT_REASON_BUSY, "%s: CHECK",
	   when);
	is(port, LPT, "%s: from the first", when);
	is(mismatches(NONE), 0, "%s: nothing was opened", when);
	is(claimed(other), 0, "%s: nor claimed", when);
}

/* Claims the lower five ports of the parallel port. */
static void test_claim(const char *when)
{
	uint8_t byte;
	uint32_t port = 0;

	is(dev_claim(mine, LPT, 5), 0, "%s: CLAIM", when);
	is(claimed(mine), 5, "%s: five ports", when);
	ok(ioports_has("0378-037c : ioport"), "%s: they are reserved", when);
	is(mismatches(NONE), 0, "%s: none is open", when);
	test_refused(when);
	is(pread(other, &byte, 1, LPT + 5), 1, "%s: what was not claimed, anybody has", when);
	is(dev_check(other, LPT + 5, 3, IOPORT_READ, &port), IOPORT_REASON_NONE, "%s: CHECK", when);
	fails(dev_claim(mine, LPT, 6), EBUSY, "%s: that cannot be claimed then", when);
	is(claimed(mine), 5, "%s: what was stays", when);
	is(dev_claim(mine, LPT + 1, 2), 0, "%s: again is no matter", when);
}

/* What is refused has not written either. */
static void test_own_use(void)
{
	uint8_t byte = 0x5a, theirs = 0xa5;
	struct ioport_op op = { .code = IOPORT_OP_OUT, .width = 1, .port = LPT, .value = theirs };
	struct ioport_xfer xfer = { .ops = (uintptr_t)&op, .count = 1 };

	is(dev_grant(mine, LPT, 5, 0), 0, "the owner: GRANT");
	is(pwrite(mine, &byte, 1, LPT), 1, "pwrite");
	is(in8(LPT), 0x5a, "both reach it");
	fails(pwrite(other, &theirs, 1, LPT), EBUSY, "another file: pwrite");
	fails(ioctl(other, IOPORT_IOC_XFER, &xfer), EBUSY, "XFER");
	is(in8(LPT), 0x5a, "neither has reached it");
	is(dev_revoke(mine, 0, IOPORT_PORTS, 0), 0, "REVOKE");
	fails(pread(other, &byte, 1, LPT + 1), EBUSY, "leaves the claim");
	ok(ioports_has("0378-037"), "and the reservation");
}

static void test_release(void)
{
	uint8_t byte;

	is(dev_release(mine, LPT, 2), 0, "RELEASE of two");
	is(claimed(mine), 3, "three are left");
	is(pread(other, &byte, 1, LPT + 1), 1, "another file has them");
	fails(pread(other, &byte, 1, LPT + 2), EBUSY, "not the third");
	is(dev_release(mine, 0, IOPORT_PORTS), 0, "RELEASE of everything");
	is(claimed(mine), 0, "none is left");
	is(pread(other, &byte, 1, LPT + 2), 1, "it has the third");
	is(pread(mine, &byte, 1, LPT), 1, "the owner has what it used");
	fails(dev_claim(mine, LPT + 1, 1), EBUSY, "but cannot claim what another file uses");
	reopen();
	is(dev_claim(mine, LPT, 5), 0, "CLAIM");
	is(dev_release(mine, LPT, 5), 0, "RELEASE");
	ok(!ioports_has(": ioport"), "nothing is reserved that was not used");
}

/* The last close releases, a killed owner's too. */
static void test_close(void)
{
	uint8_t byte;
	pid_t pid;

	reopen();
	is(dev_claim(mine, LPT, 5), 0, "CLAIM");
	close(mine);
	ok(!ioports_has(": ioport"), "the last close releases");
	is(pread(other, &byte, 1, LPT), 1, "another file has it");
	mine = dev_open(O_RDWR);
	reopen();
	pid = fork();
	if (!pid) {
		mine = dev_open(O_RDWR);
		if (dev_claim(mine, LPT, 5))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
	is(dev_claim(other, LPT, 5), 0, "kill -9 releases");
	is(dev_release(other, LPT, 5), 0, "RELEASE");
}

/* Uses of all kinds stand against a claim, and go with LIMIT. */
static void test_used(void)
{
	uint8_t bits[IOPORT_MAP_BYTES], byte;

	reopen();
	is(dev_grant(other, LPT, 1, 0), 0, "another file: GRANT");
	fails(dev_claim(mine, LPT, 5), EBUSY, "CLAIM");
	is(dev_revoke(other, LPT, 1, 0), 0, "REVOKE");
	is(dev_claim(mine, LPT, 5), 0, "CLAIM");
	is(dev_release(mine, LPT, 5), 0, "RELEASE");
	is(pread(other, &byte, 1, LPT), 1, "another file: pread");
	fails(dev_claim(mine, LPT, 5), EBUSY, "CLAIM");
	bits_fill(bits, false);
	is(dev_limit(other, bits), 0, "LIMIT");
	is(dev_claim(mine, LPT, 5), 0, "CLAIM");
	is(dev_limit(mine, bits), 0, "LIMIT of the owner");
	is(claimed(mine), 0, "releases");
	ok(!ioports_has(": ioport"), "all of it");
	fails(dev_claim(mine, LPT, 5), EACCES, "CLAIM beyond the limit");
}

static void test_policy(void)
{
	uint8_t byte;

	reopen();
	is(dev_claim(mine, LPT, 5), 0, "CLAIM");
	is(set_param("deny", "0x378"), 0, "deny one");
	is(claimed(mine), 4, "it is released");
	is(set_param("deny", "none"), 0, "deny none");
	is(claimed(mine), 4, "and stays so");
	is(pread(other, &byte, 1, LPT), 1, "another file has it");
	fails(pread(other, &byte, 1, LPT + 1), EBUSY, "not the next");
	is(set_param("deny", "0x0000-0x00ff,0x04d0-0x04d1,0x0cf8-0x0cff"), 0, "the default");
}

/* With busy=allow nothing else is reserved; claims are, and hold. */
static void test_busy_allow(void)
{
	uint8_t byte;

	reopen();
	is(set_param("busy", "allow"), 0, "busy=allow");
	test_claim("busy=allow");
	is(set_param("busy", "deny"), 0, "busy=deny");
	test_refused("busy=deny after all");
	is(set_param("busy", "allow"), 0, "busy=allow");
	test_refused("busy=allow again");
	test_own_use();
	reopen();
	is(dev_grant(other, LPT, 1, 0), 0, "another file: GRANT");
	fails(dev_claim(mine, LPT, 5), EBUSY, "CLAIM");
	is(dev_revoke(other, LPT, 1, 0), 0, "REVOKE");
	is(pread(other, &byte, 1, LPT), 1, "another file: pread");
	fails(dev_claim(mine, LPT, 5), EBUSY, "CLAIM");
	reopen();
	is(dev_claim(mine, LPT, 5), 0, "CLAIM");
	is(dev_release(mine, LPT, 5), 0, "RELEASE");
	ok(!ioports_has(": ioport"), "nothing is left");
}

static void test_driver(void)
{
	reopen();
	is(set_param("busy", "deny"), 0, "busy=deny");
	is(dev_claim(mine, LPT, 3), 0, "CLAIM");
	run("modprobe parport_pc 2>/dev/null");
	ok(!ioports_has("parport"), "parport_pc does not get the port");
	run("rmmod parport_pc 2>/dev/null");
	is(dev_release(mine, LPT, 3), 0, "RELEASE");
	run("modprobe parport_pc");
	ok(ioports_has("0378-037a : parport0"), "now it does");
	fails(dev_claim(mine, LPT + 2, 3), EBUSY, "CLAIM of what it holds");
	is(set_param("busy", "allow"), 0, "busy=allow");
	fails(dev_claim(mine, LPT + 2, 3), EBUSY, "no matter what");
	is(claimed(mine), 0, "nothing was claimed");
	ok(!ioports_has(": ioport"), "nothing reserved");
	is(set_param("busy", "deny"), 0, "busy=deny");
	run("rmmod parport_pc");
}

int main(void)
{
	mine = dev_open(O_RDWR);
	other = dev_open(O_RDWR);
	test_claim("busy=deny");
	test_own_use();
	test_release();
	test_close();
	test_used();
	test_policy();
	test_busy_allow();
	test_driver();
	return done();
}
