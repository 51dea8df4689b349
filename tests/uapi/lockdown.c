// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel lockdown raised at run time stops both ways of access. Run as root, with
 * the default policy, last in its machine: it cannot be lowered again. The calls
 * are made by a child without privilege as well.
 */
#include "access.h"

static int fd;

static long as_user(void *arg)
{
	uint8_t byte = 0;

	(void)arg;
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 1;
	if (!dev_grant(fd, LPT, 1, 0) || errno != EPERM)
		return 2;
	if (pread(fd, &byte, 1, LPT) != -1 || errno != EPERM)
		return 3;
	return 0;
}

int main(void)
{
	uint8_t bits[IOPORT_MAP_BYTES], byte = 0;
	struct ioport_info info;
	int level;

	fd = dev_open(O_RDWR);
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "a window before");
	is(pread(fd, &byte, 1, LPT), 1, "pread before");
	level = open("/sys/kernel/security/lockdown", O_WRONLY);
	if (level < 0 || write(level, "integrity", 9) != 9)
		bail("lockdown cannot be raised: %s", strerror(errno));
	close(level);

	fails(dev_grant(fd, LPT, 1, 0), EPERM, "GRANT");
	fails(dev_grant(fd, LPT, 1, IOPORT_THREAD), EPERM, "GRANT THREAD");
	fails(dev_grant(fd, 0x80, 1, 0), EPERM, "GRANT of a denied port");
	bits_fill(bits, false);
	fails(dev_set_map(fd, bits, 0), EPERM, "SET_MAP");
	fails(dev_set_map(fd, bits, IOPORT_THREAD), EPERM, "SET_MAP THREAD");
	fails(dev_attach(fd, 0), EPERM, "ATTACH");
	fails(pread(fd, &byte, 1, LPT), EPERM, "pread");
	fails(pwrite(fd, &byte, 1, LPT), EPERM, "pwrite");
	fails(read(fd, &byte, 1), EPERM, "read");
	fails(pread(fd, bits, 3, LPT), EINVAL, "pread of three bytes: that comes first");
	is(dev_check(fd, LPT, 1, IOPORT_READ, NULL), IOPORT_REASON_LOCKDOWN, "CHECK");
	is(dev_get_map(fd, IOPORT_WHICH_POLICY, bits), 0, "GET_MAP");
	is(bits_count(bits), 0, "policy allows nothing");
	is(ioctl(fd, IOPORT_IOC_GET_INFO, &info), 0, "GET_INFO");
	is(info.direct_blocked, IOPORT_BLOCKED_LOCKDOWN, "says so");
	is(child_do(as_user, NULL), 0, "an ordinary user gets the same");
	is(mismatches(WINDOWS(LPT_WINDOW)), 0, "a window from before stays, as ioperm()'s does");
	is(dev_revoke(fd, LPT, LPT_COUNT, 0), 0, "REVOKE works");
	is(mismatches(NONE), 0, "it is closed");
	is(dev_detach(fd), 0, "so does DETACH");
	close(fd);
	fd = dev_open(O_RDWR);
	fails(dev_grant(fd, LPT, 1, 0), EPERM, "a new file is no better");
	return done();
}
