/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls to the module, now and then by way of the 32-bit entry.
 */
#ifndef IOPORT_FUZZ_ENTRY_H
#define IOPORT_FUZZ_ENTRY_H

#include "fuzz/shared.h"

/*
 * A 64-bit program can enter as a 32-bit one does. What it points to must then lie
 * low, as the static data of a program does that is linked to a fixed address.
 */
static uint8_t low[128];

static bool enters_32(void)
{
	return sizeof(long) == 8 && (uintptr_t)low + sizeof(low) <= UINT32_MAX && one_in(4);
}

static long entry_32(long number, long a, long b, long c, long d, long e)
{
	long result = number;

#ifdef __x86_64__
	asm volatile("int $0x80"
		     : "+a"(result)
		     : "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		     : "memory", "r8", "r9", "r10", "r11");
	result = (int)result;
#else
	(void)a, (void)b, (void)c, (void)d, (void)e;
#endif
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

/* As ioctl(), from either side. */
static int call(int fd, unsigned long number, void *arg)
{
	size_t size = _IOC_SIZE(number);
	int result, err;

	if (!enters_32())
		return ioctl(fd, number, arg);
	record("a 32-bit call", 0);
	if (arg == BAD_POINTER)
		return (int)entry_32(54, fd, (long)number, (long)arg, 0, 0);
	memcpy(low, arg, size);
	result = (int)entry_32(54, fd, (long)number, (long)(uintptr_t)low, 0, 0);
	err = errno;
	memcpy(arg, low, size);
	errno = err;
	return result;
}

/* pread() or pwrite() of up to eight bytes. */
static long call_port(int fd, bool write, uint64_t *value, size_t width, off_t port)
{
	long result;

	if (!enters_32())
		return write ? pwrite(fd, value, width, port) : pread(fd, value, width, port);
	record("a 32-bit call", 0);
	memcpy(low, value, sizeof(*value));
	result = entry_32(write ? 181 : 180, fd, (long)(uintptr_t)low, (long)width, (long)port,
			  (long)((uint64_t)port >> 32));
	memcpy(value, low, sizeof(*value));
	return result;
}

#endif
