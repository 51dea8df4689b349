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

/* A batch of one write to the latch. */
static long batch(int file, unsigned long call, uint8_t value)
{
	struct ioport_op op = { .code = IOPORT_OP_OUT, .width = 1, .port = LPT, .value = value };
	struct ioport_xfer xfer = { .ops = (uintptr_t)&op, .count = 1 };

	return ioctl(file, call, &xfer);
}

/* Waits for what never comes, until it is told otherwise; in a thread of its own. */
static long wait_long(void *arg)
{
	struct ioport_op op = { .code = IOPORT_OP_WAIT,
				.width = 1,
				.port = LPT,
				.mask = 0xff,
				.value = 0x01,
				.time = 600000000000 };
	struct ioport_xfer xfer = { .ops = (uintptr_t)&op, .count = 1 };

	op.data = (uintptr_t)arg;
	return ioctl(fd, IOPORT_IOC_XFER, &xfer) ? errno : 0;
}

int main(void)
{
	uint8_t bits[IOPORT_MAP_BYTES], byte = 0;
	int at_close = dev_open(O_RDWR);
	struct ioport_info info;
	struct worker busy, sleepy;
	int level;

	fd = dev_open(O_RDWR);
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "a window before");
	is(pread(fd, &byte, 1, LPT), 1, "pread before");
	is(batch(at_close, IOPORT_IOC_ON_CLOSE, 0xa5), 0,
	   "another file has something to write at its end");
	out8(LPT, 0x5a);
	worker_start(&busy);
	worker_start(&sleepy);
	worker_begin(&busy, wait_long, NULL);
	worker_begin(&sleepy, wait_long, (void *)1000000);
	usleep(100000 * slow());
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
	fails(batch(fd, IOPORT_IOC_XFER, 0xa5), EPERM, "XFER");
	fails(batch(fd, IOPORT_IOC_ON_CLOSE, 0xa5), EPERM, "ON_CLOSE");
	fails(dev_claim(fd, LPT, 1), EPERM, "CLAIM");
	is(worker_end(&busy), EPERM, "a WAIT that had begun ends");
	is(worker_end(&sleepy), EPERM, "one that sleeps in between as well");
	worker_stop(&busy);
	worker_stop(&sleepy);
	is(close(at_close), 0, "the end of the other file");
	is(in8(LPT), 0x5a, "none of these has written, as the window from before shows");
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
