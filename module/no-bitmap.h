/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before everything else by a build with IOPORT_NO_BITMAP=1. The kernel's table
 * of paravirtual operations has a member less then, so that an inline spin_unlock() would
 * call another operation: there is none on the paths that such a build is tested on.
 */
#undef CONFIG_X86_IOPL_IOPERM
