// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where direct access cannot be had, it is refused with the right errno and its
 * reason, and mediated access works. With the default policy; the argument says
 * what stands in the way:
 *
 *	unfixed   a kernel without the fix of June 2025, as an ordinary user
 *	no-hook   ioperm() could not be hooked, as an ordinary user
 *	nobitmap  no I/O bitmap in this kernel, as anybody
 */
#include "access.h"

int main(int argc, char **argv)
{
	const char *why = argc > 1 ? argv[1] : "";
	uint8_t bits[IOPORT_MAP_BYTES], byte = 0xa5;
	int fd = dev_open(O_RDWR), want = EPERM, reason = IOPORT_REASON_PRIVILEGE;
	struct ioport_info info;
	uint64_t blocked;

	if (!strcmp(why, "unfixed")) {
		blocked = IOPORT_BLOCKED_UNFIXED;
	} else if (!strcmp(why, "no-hook")) {
		blocked = IOPORT_BLOCKED_NO_HOOK;
	} else if (!strcmp(why, "nobitmap")) {
		blocked = IOPORT_BLOCKED_NO_BITMAP;
		want = EOPNOTSUPP;
		reason = IOPORT_REASON_NO_DIRECT;
	} else {
		bail("'%s' is not unfixed, no-hook or nobitmap", why);
	}
	is(ioctl(fd, IOPORT_IOC_GET_INFO, &info), 0, "GET_INFO");
	is(info.direct_blocked, blocked, "it says why");
	is(info.features & IOPORT_FEATURE_DIRECT ? 1 : 0, want == EPERM, "the feature");
	fails(dev_grant(fd, LPT, 1, 0), want, "GRANT");
	fails(dev_grant(fd, LPT, 1, IOPORT_THREAD), want, "GRANT THREAD");
	fails(dev_grant(fd, 0x80, 1, 0), want, "GRANT of a denied port");
	fails(dev_attach(fd, 0), want, "ATTACH");
	bits_fill(bits, false);
	fails(dev_set_map(fd, bits, 0), want, "SET_MAP of an empty map");
	is(dev_check(fd, LPT, 1, IOPORT_DIRECT, NULL), reason, "CHECK: direct");
	is(dev_check(fd, LPT, 1, IOPORT_READ | IOPORT_WRITE, NULL), IOPORT_REASON_NONE,
	   "CHECK: mediated");
	is(mismatches(NONE), 0, "no port");
	is(dev_revoke(fd, 0, IOPORT_PORTS, 0), 0, "REVOKE does no harm");
	is(dev_revoke(fd, 0, IOPORT_PORTS, IOPORT_THREAD), 0, "nor REVOKE THREAD");
	is(dev_detach(fd), 0, "nor DETACH");
	is(dev_get_map(fd, IOPORT_WHICH_THREAD, bits), 0, "GET_MAP");
	is(bits_count(bits), 0, "says so");
	is(pwrite(fd, &byte, 1, LPT), 1, "mediated write");
	byte = 0;
	is(pread(fd, &byte, 1, LPT), 1, "mediated read");
	is(byte, 0xa5, "the latch has it");
	fails(pread(fd, &byte, 1, 0x80), EACCES, "policy holds there too");
	return done();
}
