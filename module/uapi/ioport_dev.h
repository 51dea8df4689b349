/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/ioport: x86 I/O ports for programs without root.
 *
 * This is the one definition of the interface between the module and its
 * users; the module, the library and the tests all include this file.
 */
#ifndef IOPORT_DEV_H
#define IOPORT_DEV_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: Overview
 *
 * An open file description of /dev/ioport owns
 *
 * - a **map**: the ports that are open for direct access (plain in and out
 *   instructions) to the threads attached to it;
 * - **private copies** of that map, one for each thread that asked for one
 *   with %IOPORT_THREAD;
 * - a **limit**: the most that this open file may ever use.
 *
 * A map is an array of %IOPORT_MAP_BYTES bytes in the polarity of the
 * hardware: port p is bit (p % 8) of byte (p / 8), and a 0 bit allows.
 *
 * Threads created by an attached thread (fork, clone) are attached to the
 * same map; execve() keeps the attachment. When the last reference to the
 * open file description goes, every port of its maps closes for everybody.
 *
 * Every edit has reached all attached threads on all CPUs when the ioctl
 * returns. Every request is all-or-nothing: one that fails has changed
 * nothing, with two exceptions:
 *
 * - What was done to ports cannot be undone. A read() whose value cannot be
 *   written to the caller's memory (EFAULT) has read the port; a batch whose
 *   results cannot has run, its writes too, and one that ends half-way has come
 *   that far: see %IOPORT_IOC_XFER.
 * - Ports that a read(), a batch, %IOPORT_IOC_CHECK or %IOPORT_IOC_ON_CLOSE was
 *   to use may stay reserved for the file, as if it had used them.
 *
 * What a file may use is the administrator's allow list, less the deny list,
 * less what kernel drivers and ACPI hold (unless busy=allow), within the file's
 * limit. Ports in use are reserved in /proc/ioports, so that no driver gets them
 * meanwhile; files of /dev/ioport share that reservation. It begins with GRANT or
 * SET_MAP, or with the first read(), write(), batch or %IOPORT_IOC_CHECK that
 * has the port. It ends when REVOKE, SET_MAP, LIMIT or a change of policy closes
 * the port in all maps of the file, for those used by read(), write(), batch or
 * CHECK when LIMIT or a change of policy forbids them, and with the last close.
 * What one thread closes for itself (%IOPORT_THREAD, DETACH) stays reserved.
 *
 * Besides /dev/ioport there may be named windows, /dev/ioport-NAME, which the
 * administrator makes in configfs (%IOPORT_FEATURE_WINDOWS). All that is said here holds
 * for them as well, only that each has its own allow list and busy;
 * %IOPORT_WHICH_POLICY tells what the file's device allows. When a window is removed, the
 * files that are open have lost every port and get none again: EACCES.
 *
 * read(), write(), pread() and pwrite() on the device are the other way to use
 * a port (mediated access): the file offset is the port, the count is the
 * width, 1, 2 or 4 bytes, and each call is exactly one instruction of that
 * width (readv() and its like: one for each part). Nothing need be granted first.
 * A multi-byte value is little endian.
 *
 * Errors common to all calls:
 *
 * ========== ==============================================================
 * ENOTTY     The ioctl is unknown.
 * EBADF      The open mode does not fit: direct access needs O_RDWR, reading
 *            a port O_RDONLY or O_RDWR, writing one O_WRONLY or O_RDWR.
 * EFAULT     A pointer is bad.
 * EINVAL     A range is empty or ends past port 65535; a flag or selector is
 *            unknown or does not apply; padding is not zero; the width is not
 *            1, 2 or 4.
 * EPERM      Kernel lockdown forbids a port.
 * EOPNOTSUPP This machine has no I/O permission bitmap for user mode.
 * EPERM      Direct access needs CAP_SYS_RAWIO on this kernel (&enum
 *            ioport_blocked tells why).
 * EACCES     Policy, or the file's limit, does not allow a port.
 * EPERM      Kernel lockdown forbids a port that is open in the file's map, and the
 *            calling thread is not attached to it yet.
 * EBUSY      The calling thread has permissions from ioperm(), or from iopl()
 *            and was not attached to a map before that; or is attached to one
 *            that the call does not name; or a kernel driver or ACPI holds a
 *            port, or another open file has claimed it.
 * ENOMEM     Out of memory (also the memory cgroup's).
 * EINTR      A fatal signal came before anything was done; of %IOPORT_IOC_XFER,
 *            see there.
 * ========== ==============================================================
 *
 * Where several apply, the one that stands first in this table is returned; but a
 * pointer inside a struct is followed only when the struct is good, and ENOMEM can
 * come at any point.
 */

/** IOPORT_PORTS - Number of I/O ports: 0 to 65535. */
#define IOPORT_PORTS 65536

/** IOPORT_MAP_BYTES - Size of a map, in bytes. */
#define IOPORT_MAP_BYTES (IOPORT_PORTS / 8)

/**
 * IOPORT_THREAD - Act on the calling thread's private copy.
 *
 * For &IOPORT_IOC_GRANT, &IOPORT_IOC_REVOKE and &IOPORT_IOC_SET_MAP. This is
 * what ioperm() does: the edit is seen by the calling thread and by threads
 * and children that it creates afterwards, by no others. The copy is made when
 * the thread shares its map with anybody (the file's own map counts as
 * shared), and starts as what the thread may use now: nothing, where it was
 * not attached. A thread whose copy has no port left open is detached.
 */
#define IOPORT_THREAD (1U << 0)

/**
 * IOPORT_REPLACE - Let ATTACH leave another map.
 *
 * For &IOPORT_IOC_ATTACH: a calling thread that is attached to another file's
 * map, or to a private copy, leaves it in the same step.
 */
#define IOPORT_REPLACE (1U << 1)

/** IOPORT_READ - For CHECK: would in, read() or pread() work? */
#define IOPORT_READ (1U << 2)
/** IOPORT_WRITE - For CHECK: would out, write() or pwrite() work? */
#define IOPORT_WRITE (1U << 3)
/** IOPORT_DIRECT - For CHECK: would GRANT work, as far as the ports go? */
#define IOPORT_DIRECT (1U << 4)

/**
 * enum ioport_feature - bits of &struct ioport_info.features
 * @IOPORT_FEATURE_DIRECT: The module was built with direct access. Whether it
 *	can be had here and now is told by &struct ioport_info.direct_blocked.
 * @IOPORT_FEATURE_MEDIATED: read(), write(), pread() and pwrite().
 * @IOPORT_FEATURE_XFER: Batches, &IOPORT_IOC_XFER.
 * @IOPORT_FEATURE_ON_CLOSE: &IOPORT_IOC_ON_CLOSE.
 * @IOPORT_FEATURE_CLAIM: &IOPORT_IOC_CLAIM and &IOPORT_IOC_RELEASE.
 * @IOPORT_FEATURE_LOCKDOWN_LIST: The module was built with a list of windows that
 *	stay usable under kernel lockdown, %IOPORT_WHICH_LOCKDOWN.
 * @IOPORT_FEATURE_WINDOWS: Named windows can be made, in configfs.
 */
enum ioport_feature {
	IOPORT_FEATURE_DIRECT = 1 << 0,
	IOPORT_FEATURE_MEDIATED = 1 << 1,
	IOPORT_FEATURE_XFER = 1 << 2,
	IOPORT_FEATURE_ON_CLOSE = 1 << 3,
	IOPORT_FEATURE_CLAIM = 1 << 4,
	IOPORT_FEATURE_LOCKDOWN_LIST = 1 << 5,
	IOPORT_FEATURE_WINDOWS = 1 << 6
};

/**
 * enum ioport_blocked - bits of &struct ioport_info.direct_blocked
 * @IOPORT_BLOCKED_NO_BITMAP: The kernel was built without
 *	CONFIG_X86_IOPL_IOPERM: EOPNOTSUPP.
 * @IOPORT_BLOCKED_GUEST: A confidential virtual machine (Intel TDX), in which
 *	user mode cannot do port I/O: EOPNOTSUPP.
 * @IOPORT_BLOCKED_NO_HOOK: ioperm() could not be hooked, so a thread could
 *	keep a port past its revocation: EPERM without CAP_SYS_RAWIO.
 * @IOPORT_BLOCKED_UNFIXED: The kernel lacks the fix "x86/iopl: Cure
 *	TIF_IO_BITMAP inconsistencies" of June 2025, and the module parameter
 *	force_direct is off: EPERM without CAP_SYS_RAWIO.
 * @IOPORT_BLOCKED_LOCKDOWN: Kernel lockdown forbids every port: EPERM, in both
 *	modes of access.
 */
enum ioport_blocked {
	IOPORT_BLOCKED_NO_BITMAP = 1 << 0,
	IOPORT_BLOCKED_GUEST = 1 << 1,
	IOPORT_BLOCKED_NO_HOOK = 1 << 2,
	IOPORT_BLOCKED_UNFIXED = 1 << 3,
	IOPORT_BLOCKED_LOCKDOWN = 1 << 4
};

/**
 * struct ioport_info - what this module can do on this kernel
 * @features: Bits of &enum ioport_feature.
 * @direct_blocked: Bits of &enum ioport_blocked; 0 where direct access is
 *	open to every holder of the device.
 * @ports: Number of ports, %IOPORT_PORTS.
 * @map_bytes: Size of a map in bytes, %IOPORT_MAP_BYTES.
 * @max_ops: Most operations in one batch; 0 where the module has no batches.
 * @max_data: Most bytes that the INS and OUTS of one batch move together.
 * @reserved: Zero.
 */
struct ioport_info {
	__u64 features;
	__u64 direct_blocked;
	__u32 ports;
	__u32 map_bytes;
	__u32 max_ops;
	__u32 max_data;
	__u32 reserved[8];
};

/**
 * struct ioport_range - a range of ports
 * @first: First port, 0 to 65535.
 * @count: Number of ports, at least 1; @first + @count is at most 65536.
 * @flags: For GRANT and REVOKE 0 or %IOPORT_THREAD; for others 0.
 * @pad: Zero.
 */
struct ioport_range {
	__u32 first;
	__u32 count;
	__u32 flags;
	__u32 pad;
};

/**
 * enum ioport_which - what &IOPORT_IOC_GET_MAP reports
 * @IOPORT_WHICH_FILE: The file's own map.
 * @IOPORT_WHICH_THREAD: What the calling thread may use through this file: the
 *	map it is attached to, or all closed where that is not one of this file.
 * @IOPORT_WHICH_LIMIT: The file's limit.
 * @IOPORT_WHICH_POLICY: What policy allows at this moment: the allow list, or the named
 *	window's ports, less the deny list and the ports of a PCI device that was just removed,
 *	and less what kernel lockdown forbids. Ports that drivers
 *	hold are not left out; &IOPORT_IOC_CHECK asks for those.
 * @IOPORT_WHICH_CLAIMED: What the file has claimed for itself: those ports are
 *	open in this map, all others closed.
 * @IOPORT_WHICH_LOCKDOWN: What kernel lockdown leaves, as far as policy allows it,
 *	at its level "integrity": the list that was compiled into the module, else
 *	nothing. It is the same whether or not lockdown is in force.
 */
enum ioport_which {
	IOPORT_WHICH_FILE = 0,
	IOPORT_WHICH_THREAD = 1,
	IOPORT_WHICH_LIMIT = 2,
	IOPORT_WHICH_POLICY = 3,
	IOPORT_WHICH_CLAIMED = 4,
	IOPORT_WHICH_LOCKDOWN = 5
};

/**
 * struct ioport_map - a whole map, by reference
 * @map: Address of %IOPORT_MAP_BYTES bytes in the caller's memory.
 * @which: For GET_MAP a value of &enum ioport_which; for others 0.
 * @flags: For SET_MAP 0 or %IOPORT_THREAD; for others 0.
 */
struct ioport_map {
	__aligned_u64 map;
	__u32 which;
	__u32 flags;
};

/**
 * struct ioport_attach - argument of ATTACH and DETACH
 * @flags: For ATTACH 0 or %IOPORT_REPLACE; for DETACH 0.
 * @pad: Zero.
 */
struct ioport_attach {
	__u32 flags;
	__u32 pad;
};

/**
 * enum ioport_reason - why a port cannot be used
 * @IOPORT_REASON_NONE: It can.
 * @IOPORT_REASON_MODE: The file's open mode does not fit (EBADF).
 * @IOPORT_REASON_LOCKDOWN: Kernel lockdown (EPERM).
 * @IOPORT_REASON_NO_DIRECT: This machine has no direct access (EOPNOTSUPP).
 * @IOPORT_REASON_PRIVILEGE: Direct access needs CAP_SYS_RAWIO here (EPERM).
 * @IOPORT_REASON_POLICY: Not in the allow list, or in the deny list (EACCES).
 * @IOPORT_REASON_LIMIT: Outside the file's limit (EACCES).
 * @IOPORT_REASON_BUSY: A kernel driver or ACPI holds it, or another open file has
 *	claimed it (EBUSY).
 */
enum ioport_reason {
	IOPORT_REASON_NONE = 0,
	IOPORT_REASON_MODE = 1,
	IOPORT_REASON_LOCKDOWN = 2,
	IOPORT_REASON_NO_DIRECT = 3,
	IOPORT_REASON_PRIVILEGE = 4,
	IOPORT_REASON_POLICY = 5,
	IOPORT_REASON_LIMIT = 6,
	IOPORT_REASON_BUSY = 7
};

/**
 * struct ioport_check - may these ports be used?
 * @first: First port, 0 to 65535.
 * @count: Number of ports, at least 1; @first + @count is at most 65536.
 * @flags: Which use is meant, one or more of %IOPORT_READ, %IOPORT_WRITE and
 *	%IOPORT_DIRECT.
 * @port: On return, the first port that cannot be used; @first + @count where
 *	all can.
 * @reason: On return, why, a value of &enum ioport_reason.
 * @pad: Zero.
 */
struct ioport_check {
	__u32 first;
	__u32 count;
	__u32 flags;
	__u32 port;
	__u32 reason;
	__u32 pad;
};

/**
 * enum ioport_op_code - what an operation of a batch does
 * @IOPORT_OP_IN: Read the port. @result: the value.
 * @IOPORT_OP_OUT: Write @value to the port.
 * @IOPORT_OP_MODIFY: Read the port, write the value back with the bits of @mask
 *	replaced by those of @value. @result: what was read.
 * @IOPORT_OP_WAIT: Read the port until (value read & @mask) == @value, for at
 *	most @time ns (0: look once), with a pause of @data ns between two
 *	looks (0: none). @result: what was read last.
 * @IOPORT_OP_DELAY: Let @time ns go by before the next operation.
 * @IOPORT_OP_INS: Read the port @value times, into the buffer at @data.
 *	@result: how many times it was read.
 * @IOPORT_OP_OUTS: Write the port @value times, from the buffer at @data.
 *	@result: how many times it was written.
 */
enum ioport_op_code {
	IOPORT_OP_IN = 1,
	IOPORT_OP_OUT = 2,
	IOPORT_OP_MODIFY = 3,
	IOPORT_OP_WAIT = 4,
	IOPORT_OP_DELAY = 5,
	IOPORT_OP_INS = 6,
	IOPORT_OP_OUTS = 7
};

/**
 * struct ioport_op - one operation of a batch
 * @code: A value of &enum ioport_op_code.
 * @width: Bytes of one access: 1, 2 or 4; 0 for DELAY.
 * @port: The port, 0 to 65535; 0 for DELAY.
 * @value: See the codes. It must fit in @width, where it is a port's value.
 * @mask: See the codes. It must fit in @width, and @value in it.
 * @result: On return, see the codes; what is there before does not matter.
 * @time: In ns, see the codes.
 * @data: See the codes.
 *
 * Members that a code does not use are zero.
 */
struct ioport_op {
	__u8 code;
	__u8 width;
	__u16 port;
	__u32 value;
	__u32 mask;
	__u32 result;
	__aligned_u64 time;
	__aligned_u64 data;
};

/**
 * IOPORT_ATOMIC - Let no other such batch in between.
 *
 * For &IOPORT_IOC_XFER: two batches with this flag that have a port in common (or
 * ports in the same aligned group of 64) run one after the other. It does not
 * keep out other batches, read(), write() or direct access. The times of its
 * operations are at most one second together; more is EINVAL.
 */
#define IOPORT_ATOMIC (1U << 5)

/**
 * struct ioport_xfer - a batch
 * @ops: Address of the operations, &struct ioport_op each.
 * @count: Their number, 1 to &struct ioport_info.max_ops.
 * @flags: 0 or %IOPORT_ATOMIC.
 * @done: On return, how many operations were done, from the first on.
 * @failed: On return, which operation the error is about; @count if none.
 */
struct ioport_xfer {
	__aligned_u64 ops;
	__u32 count;
	__u32 flags;
	__u32 done;
	__u32 failed;
};

#define IOPORT_IOC_TYPE 0xe9

/**
 * IOPORT_IOC_GET_INFO - What can this module do on this kernel?
 *
 * Any open mode.
 */
#define IOPORT_IOC_GET_INFO _IOR(IOPORT_IOC_TYPE, 0x00, struct ioport_info)

/**
 * IOPORT_IOC_GRANT - Open ports for direct access.
 *
 * Opens them in the file's map and attaches the calling thread to it; with
 * %IOPORT_THREAD, in its private copy. Ports that are open already stay open.
 * EBUSY where the thread is attached to another file's map, or, without
 * %IOPORT_THREAD, to a private copy: %IOPORT_IOC_ATTACH with %IOPORT_REPLACE
 * leaves either. O_RDWR only.
 */
#define IOPORT_IOC_GRANT _IOW(IOPORT_IOC_TYPE, 0x01, struct ioport_range)

/**
 * IOPORT_IOC_REVOKE - Close ports.
 *
 * In every map of the file; with %IOPORT_THREAD for the calling thread only.
 * Ports that are closed already stay closed. What is not in use by then is given
 * back to drivers a tenth of a second later. Any open mode; needs no right.
 */
#define IOPORT_IOC_REVOKE _IOW(IOPORT_IOC_TYPE, 0x02, struct ioport_range)

/**
 * IOPORT_IOC_SET_MAP - Replace the file's whole map.
 *
 * Threads attached to it see the new one; the caller is not attached by this.
 * Private copies stay as they are. With %IOPORT_THREAD, replaces the calling
 * thread's private copy, made and attached if need be. EACCES or EBUSY where
 * any port that the new map opens may not be used. O_RDWR only.
 */
#define IOPORT_IOC_SET_MAP _IOW(IOPORT_IOC_TYPE, 0x03, struct ioport_map)

/**
 * IOPORT_IOC_GET_MAP - Read a map, the limit, or the policy.
 *
 * Any open mode.
 */
#define IOPORT_IOC_GET_MAP _IOW(IOPORT_IOC_TYPE, 0x04, struct ioport_map)

/**
 * IOPORT_IOC_ATTACH - Attach the calling thread to the file's map.
 *
 * No effect where it is attached already. EBUSY where it is attached to
 * another map and %IOPORT_REPLACE is not given. O_RDWR only.
 */
#define IOPORT_IOC_ATTACH _IOW(IOPORT_IOC_TYPE, 0x05, struct ioport_attach)

/**
 * IOPORT_IOC_DETACH - Detach the calling thread from this file's maps.
 *
 * The file's map stays as it is; a private copy that nobody else uses goes. No
 * effect where the thread is not attached to a map of this file. Any open mode;
 * needs no right.
 */
#define IOPORT_IOC_DETACH _IOW(IOPORT_IOC_TYPE, 0x06, struct ioport_attach)

/**
 * IOPORT_IOC_LIMIT - Narrow what this open file may ever use.
 *
 * The new limit is what both the old one and the given map allow; it cannot be
 * widened. Ports outside are closed in every map of the file, and are refused
 * to read() and write(). Any open mode; needs no right.
 */
#define IOPORT_IOC_LIMIT _IOW(IOPORT_IOC_TYPE, 0x07, struct ioport_map)

/**
 * IOPORT_IOC_CHECK - Which port of a range cannot be used, and why?
 *
 * Touches no port. Ports found usable before that one are reserved for this
 * file as if it had used them, so that the answer stays true: no driver can take
 * them in between. Any open mode.
 */
#define IOPORT_IOC_CHECK _IOWR(IOPORT_IOC_TYPE, 0x08, struct ioport_check)

/**
 * IOPORT_IOC_XFER - Do a batch of operations in one call.
 *
 * All are checked before the first one runs. Operations that read a port need a
 * file open for reading, those that write one for writing, MODIFY both. Nothing
 * need be granted first. Times are by CLOCK_MONOTONIC; a DELAY is not shorter than
 * asked for.
 *
 * The results, @done and @failed are there also after
 *
 * ========== ==============================================================
 * ETIMEDOUT  A WAIT ran out of time.
 * EINTR      A signal came, fatal or not.
 * EACCES     Policy, or the file's limit, took a port away meanwhile.
 * EBUSY      Likewise, busy=deny did.
 * EPERM      Kernel lockdown was raised meanwhile.
 * ========== ==============================================================
 *
 * in which case the first @done operations were done, and of an INS or OUTS that
 * comes next as many accesses as its @result says. E2BIG: too many operations, or
 * too much data. A batch that is refused with EBUSY or ENOMEM may have reserved
 * ports before the one in question, as if it had used them.
 *
 * This struct, its operations, also where none of them reads a port, and the buffers
 * of INS are written to. Where they cannot be, that is found out when the batch has run:
 * EFAULT, or, unless it is this struct, the error that the batch has ended with; some of
 * the results may be there. What cannot be read is EFAULT before the first operation.
 * Where this struct can be written to, @done tells the two apart: 0, or @count.
 */
#define IOPORT_IOC_XFER _IOWR(IOPORT_IOC_TYPE, 0x09, struct ioport_xfer)

/**
 * IOPORT_IOC_ON_CLOSE - Set what is written when the open file goes.
 *
 * At most 256 operations, %IOPORT_OP_OUT only, that the kernel does once when the
 * last reference to the open file goes, however its users end, and at reboot. All
 * direct access through the file has ended by then (not at reboot). They replace
 * those set before; a count of 0 removes them. Policy is asked now, and again for
 * each one when it is done: ports taken from the file since are left out. @flags is 0;
 * @done returns 0, @failed which operation an error is about. Needs a file open for
 * writing.
 */
#define IOPORT_IOC_ON_CLOSE _IOWR(IOPORT_IOC_TYPE, 0x0a, struct ioport_xfer)

/**
 * IOPORT_IOC_CLAIM - Have ports for this open file alone.
 *
 * From then on other open files are refused them (EBUSY), with busy=allow too, and
 * so are drivers that are loaded later: the ports stand in /proc/ioports. It opens
 * nothing and touches no port. EBUSY where another open file uses one of them: has it
 * open in a map, has touched it by read(), write(), a batch or &IOPORT_IOC_CHECK
 * (until it is closed or limited), or has claimed it; or a driver holds one, whatever
 * busy says. A port that policy or the limit takes from the file is released. Any
 * open mode.
 */
#define IOPORT_IOC_CLAIM _IOW(IOPORT_IOC_TYPE, 0x0b, struct ioport_range)

/**
 * IOPORT_IOC_RELEASE - Share again what was claimed.
 *
 * What this file uses it goes on using. Ports that were not claimed do not matter.
 * The last close releases all. Any open mode; needs no right.
 */
#define IOPORT_IOC_RELEASE _IOW(IOPORT_IOC_TYPE, 0x0c, struct ioport_range)

#endif /* IOPORT_DEV_H */
