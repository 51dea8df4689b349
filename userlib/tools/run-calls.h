/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two system calls, by their numbers for each kind of program: the headers
 * have only those that they were built for. A 64-bit program can make the 32-bit
 * calls as well (int 0x80).
 */
#ifndef IOPORT_TOOLS_RUN_CALLS_H
#define IOPORT_TOOLS_RUN_CALLS_H

#define RUN_IOPL_64 172
#define RUN_IOPERM_64 173
#define RUN_IOPERM_32 101
#define RUN_IOPL_32 110
/* x32 has the numbers of 64 bit, with this bit set. */
#define RUN_X32_BIT 0x40000000

#endif
