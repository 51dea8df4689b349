/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In the place of <sys/io.h>: a program that is compiled with the directory above
 * this one first in its include path, and linked with libioport-compat, gets its
 * I/O ports through /dev/ioport:
 *
 *	cc -I/usr/local/include/libioport-compat program.c -lioport-compat
 *
 * ioperm() and iopl() do what their manual pages say, for who may open the
 * device, within policy; errors are those of the kernel's own calls. The rest are
 * single instructions. The _p ones also write to port 0x80, as glibc's do, and so
 * need that port as well.
 */
#ifndef _SYS_IO_H
#define _SYS_IO_H 1

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__cplusplus) && defined(__THROW)
#define IOPORT_COMPAT_THROW __THROW
#else
#define IOPORT_COMPAT_THROW
#endif

/* Ports @from to @from + @num - 1, on or off for the calling thread. */
extern int ioperm(unsigned long int from, unsigned long int num, int turn_on) IOPORT_COMPAT_THROW;

/* 3: all ports that policy allows; less: only what ioperm() turned on. */
extern int iopl(int level) IOPORT_COMPAT_THROW;

#define IOPORT_COMPAT_IN(suffix, type, reg)                                                      \
	static __inline__ type in##suffix(unsigned short int port)                               \
	{                                                                                        \
		type value;                                                                      \
		__asm__ __volatile__("in" #suffix " %w1, %" reg "0" : "=a"(value) : "Nd"(port)); \
		return value;                                                                    \
	}                                                                                        \
	static __inline__ type in##suffix##_p(unsigned short int port)                           \
	{                                                                                        \
		type value;                                                                      \
		__asm__ __volatile__("in" #suffix " %w1, %" reg "0\n\toutb %%al, $0x80"          \
				     : "=a"(value)                                               \
				     : "Nd"(port));                                              \
		return value;                                                                    \
	}                                                                                        \
	static __inline__ void ins##suffix(unsigned short int port, void *address,               \
					   unsigned long int count)                              \
	{                                                                                        \
		__asm__ __volatile__("cld; rep; ins" #suffix                                     \
				     : "+D"(address), "+c"(count)                                \
				     : "d"(port)                                                 \
				     : "memory");                                                \
	}

#define IOPORT_COMPAT_OUT(suffix, type, reg)                                                      \
	static __inline__ void out##suffix(type value, unsigned short int port)                   \
	{                                                                                         \
		__asm__ __volatile__("out" #suffix " %" reg "0, %w1" : : "a"(value), "Nd"(port)); \
	}                                                                                         \
	static __inline__ void out##suffix##_p(type value, unsigned short int port)               \
	{                                                                                         \
		__asm__ __volatile__("out" #suffix " %" reg "0, %w1\n\toutb %%al, $0x80"          \
				     :                                                            \
				     : "a"(value), "Nd"(port));                                   \
	}                                                                                         \
	static __inline__ void outs##suffix(unsigned short int port, const void *address,         \
					    unsigned long int count)                              \
	{                                                                                         \
		__asm__ __volatile__("cld; rep; outs" #suffix                                     \
				     : "+S"(address), "+c"(count)                                 \
				     : "d"(port)                                                  \
				     : "memory");                                                 \
	}

IOPORT_COMPAT_IN(b, unsigned char, "b")
IOPORT_COMPAT_IN(w, unsigned short int, "w")
IOPORT_COMPAT_IN(l, unsigned int, "k")
IOPORT_COMPAT_OUT(b, unsigned char, "b")
IOPORT_COMPAT_OUT(w, unsigned short int, "w")
IOPORT_COMPAT_OUT(l, unsigned int, "k")

#undef IOPORT_COMPAT_IN
#undef IOPORT_COMPAT_OUT
#undef IOPORT_COMPAT_THROW

#ifdef __cplusplus
}
#endif

#endif
