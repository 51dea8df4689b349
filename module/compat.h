/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernel versions; the only file that knows of any.
 */
#ifndef IOPORT_COMPAT_H
#define IOPORT_COMPAT_H

#include <linux/ftrace.h>
#include <linux/types.h>
#include <linux/version.h>
#include <asm/cpufeature.h>

/* The last argument of an ftrace callback was pt_regs until 5.11. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define ftrace_regs pt_regs
#endif

/* What a class's dev_uevent() is told of became const in 6.2. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define compat_uevent_device struct device
#else
#define compat_uevent_device const struct device
#endif

/* Confidential guests of this kind (5.16 and later) cannot do port I/O from user mode. */
static inline bool compat_is_tdx_guest(void)
{
#ifdef X86_FEATURE_TDX_GUEST
	return boot_cpu_has(X86_FEATURE_TDX_GUEST);
#else
	return false;
#endif
}

/*
 * Does this kernel have 8b68e978718f ("x86/iopl: Cure TIF_IO_BITMAP
 * inconsistencies"), merged for 6.16 and for the stable releases of
 * 27 June 2025? It shows in nothing that a module could ask at run time. A
 * vendor's kernel with the fix under an older number counts as one without:
 * it then needs the parameter force_direct.
 */
static inline bool compat_io_bitmap_fixed(void)
{
#define FIXED_IN(a, b, c)                                 \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(a, b, c) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(a, (b) + 1, 0))
	return LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0) || FIXED_IN(6, 15, 4) ||
	       FIXED_IN(6, 12, 35) || FIXED_IN(6, 6, 95) || FIXED_IN(6, 1, 142) ||
	       FIXED_IN(5, 15, 186) || FIXED_IN(5, 10, 239);
#undef FIXED_IN
}

#endif
