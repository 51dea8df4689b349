/* SPDX-License-Identifier: GPL-2.0-only */
/* Included before everything else by a build with IOPORT_NO_BITMAP=1. */
#undef CONFIG_X86_IOPL_IOPERM
