/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libioport: x86 I/O ports for programs without root, through /dev/ioport.
 *
 * A minimal program, built with: cc prog.c $(pkg-config --cflags --libs libioport)
 *
 *	struct ioport *io = ioport_open(0);
 *	uint8_t status;
 *
 *	if (io && !ioport_grant(io, 0x378, 3, 0) && !ioport_in8(io, 0x379, &status))
 *		printf("0x%02x\n", status);
 *	ioport_close(io);
 *
 * Conventions
 *
 * - Functions returning int give 0, or a number where that is said, or -1 with
 *   errno set; those returning a pointer give NULL with errno set. A request
 *   that fails has changed nothing, but for ioport_attach_all_threads() and
 *   ioport_batch_run().
 *   The library prints nothing, never exits, and leaves no signal handler.
 * - Ports are 0 to 65535. A range is its first port and a count of at least 1,
 *   and ends at port 65535 or before: anything else is EINVAL.
 * - errno values are those of the device, listed at the top of <ioport_dev.h>;
 *   ioport_explain() turns one into a sentence with cause and remedy.
 * - Every function may be called from any thread at any time, on the same
 *   handle too, except that ioport_close() must be the last call on a handle.
 *   None may be called from a signal handler or after vfork().
 *
 * Direct and mediated access
 *
 * ioport_in8() and its kin use the in or out instruction where the calling
 * thread has direct access to the port through this handle, and a system call
 * where it has not. Both touch the port exactly once, with the same width; the
 * difference is speed. They decide anew at each call, by what the library
 * knows of the calling thread. It knows a thread's own calls; a thread that it
 * has not seen before (threads and children inherit direct access) it asks the
 * kernel about once. Where it does not know, it takes the system call.
 *
 * Guaranteed: nothing done through libioport in this process makes these
 * functions fault. A thread may revoke, limit, detach or replace maps while
 * others are in the middle of ioport_in8() on the very port: these carry on by
 * system call. This holds for forked children as well, each in its own process.
 *
 * Not guaranteed, because the library is not told, and no more than ioperm()
 * gives: SIGSEGV in ioport_in8() and its kin where direct access to a port that
 * this thread was using is taken away
 * - by the administrator, who narrows the policy while the file is open;
 * - by another process that holds the same open file (after fork(), or by a
 *   descriptor sent over a socket) and revokes or limits, or through a second
 *   handle made of a duplicate of the descriptor;
 * - by the program itself behind the library's back: ioctl() on ioport_fd(),
 *   or ioperm() or iopl() in that thread. ioport_refresh() afterwards helps.
 * A program that would rather get EACCES opens without IOPORT_DIRECT.
 *
 * Direct access in a program with several threads needs restartable sequences
 * (a 64-bit program and glibc 2.35 or later, not under valgrind); elsewhere
 * these functions take the system call as soon as there is a second thread.
 */
#ifndef LIBIOPORT_H
#define LIBIOPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ioport_dev.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The device that ioport_open() opens. */
#define IOPORT_DEVICE "/dev/ioport"

/** What the devices that ioport_open_window() opens begin with. */
#define IOPORT_WINDOW_PREFIX "/dev/ioport-"

/**
 * struct ioport - an open /dev/ioport, as the library sees it (opaque)
 *
 * Since: 0.1
 */
struct ioport;

/**
 * struct ioport_portmap - a set of ports, in the polarity of the hardware
 * @bytes: Port p is bit (p % 8) of byte (p / 8); 0 is open, 1 is closed.
 *
 * 8,192 bytes. The contents are public; the ioport_portmap_ functions help.
 *
 * Since: 0.1
 */
struct ioport_portmap {
	uint8_t bytes[IOPORT_MAP_BYTES];
};

/**
 * ioport_version() - The library's version, such as "0.1.0"
 *
 * Since: 0.1
 */
const char *ioport_version(void);

/* --- Open and close ------------------------------------------------------- */

/**
 * ioport_open() - Open /dev/ioport
 * @use: What the handle is for: IOPORT_READ, IOPORT_WRITE and IOPORT_DIRECT,
 *	or'ed; 0 means all three. IOPORT_DIRECT opens for reading and writing,
 *	because the kernel gives direct access to nobody else. Without it,
 *	ioport_in8() and its kin always take the system call.
 *
 * The descriptor is close-on-exec. Errors: EINVAL for other bits in @use,
 * ENOMEM, and those of open(2); ioport_explain_open() explains them.
 *
 * Since: 0.1
 */
struct ioport *ioport_open(unsigned int use);

/**
 * ioport_open_path() - As ioport_open(), with another device node
 * @path: The node. ENOTTY where it is not one of ioport's.
 * @use: As for ioport_open().
 *
 * Since: 0.1
 */
struct ioport *ioport_open_path(const char *path, unsigned int use);

/**
 * ioport_open_window() - As ioport_open(), with a named window
 * @name: Its name, as the administrator has given it. ENOENT where there is none.
 * @use: As for ioport_open().
 *
 * When the administrator removes the window, all access through it ends: EACCES.
 *
 * Since: 0.1
 */
struct ioport *ioport_open_window(const char *name, unsigned int use);

/**
 * ioport_new_from_fd() - Make a handle of an open descriptor
 * @fd: A descriptor of /dev/ioport, inherited or received over a socket. It
 *	belongs to the handle from then on; where the call fails, still to the
 *	caller.
 * @use: As for ioport_open(), 0 meaning all that the descriptor's open mode
 *	allows. EBADF where the mode does not allow @use.
 *
 * Errors: also ENOTTY where @fd is something else.
 *
 * Since: 0.1
 */
struct ioport *ioport_new_from_fd(int fd, unsigned int use);

/**
 * ioport_close() - Close the handle and its descriptor
 * @io: The handle, or NULL for nothing. No other thread may be using it.
 *
 * When this was the last reference to the open file (a forked child holds
 * another), every port that it opened closes for everybody.
 *
 * Keeps errno. Since: 0.1
 */
void ioport_close(struct ioport *io);

/**
 * ioport_fd() - The handle's descriptor, to hand on, not to close
 *
 * Since: 0.1
 */
int ioport_fd(const struct ioport *io);

/**
 * ioport_get_info() - What this module can do on this kernel
 * @info: Filled in; &struct ioport_info is described in <ioport_dev.h>.
 *
 * Since: 0.1
 */
int ioport_get_info(struct ioport *io, struct ioport_info *info);

/* --- Direct access -------------------------------------------------------- */

/**
 * ioport_grant() - Open ports for in and out instructions
 * @first: First port.
 * @count: Number of ports.
 * @flags: 0: open them in the handle's map, for all threads attached to it,
 *	and attach the calling thread. IOPORT_THREAD: for the calling thread and
 *	those that it creates later only, as ioperm() does.
 *
 * Threads and children created afterwards inherit the attachment; threads that
 * exist already need ioport_attach(), by themselves, or
 * ioport_attach_all_threads(), by anyone. Plain inb() and outb() of <sys/io.h> work
 * as well from now on.
 *
 * Errors: EACCES, EBADF, EBUSY, EINVAL, ENOMEM, EOPNOTSUPP, EPERM.
 * Since: 0.1
 */
int ioport_grant(struct ioport *io, uint32_t first, uint32_t count, unsigned int flags);

/**
 * ioport_revoke() - Close ports for in and out instructions
 * @first: First port.
 * @count: Number of ports.
 * @flags: 0: for every thread. IOPORT_THREAD: for the calling one only.
 *
 * When it returns, no thread on any CPU has them; ioport_in8() and its kin
 * carry on by system call. Needs no right. Errors: EINVAL, ENOMEM.
 *
 * Since: 0.1
 */
int ioport_revoke(struct ioport *io, uint32_t first, uint32_t count, unsigned int flags);

/**
 * ioport_attach() - Switch the handle's map on for the calling thread
 * @flags: 0, or IOPORT_REPLACE to leave another handle's map, or a private
 *	copy, in the same step. Without it these are EBUSY.
 *
 * Errors: EBADF, EBUSY, EINVAL, ENOMEM, EOPNOTSUPP, EPERM. Since: 0.1
 */
int ioport_attach(struct ioport *io, unsigned int flags);

/**
 * ioport_attach_all_threads() - Attach every thread of the process
 * @missing: Where to store how many threads are not attached; may be NULL.
 *
 * For programs whose threads are older than the grant. Threads that others make
 * meanwhile are attached too, or inherit it. No thread needs to do anything, and
 * none can refuse by blocking signals through the C library: they are told by the
 * signal that it uses for setuid(). While that is handled, system calls that no
 * signal handler lets restart (poll(), nanosleep(); see signal(7)) end with EINTR.
 * The handler is gone when this returns.
 *
 * Errors: as for ioport_attach() without flags, of this thread, or of another
 * (EBUSY: it has ports by another map or by ioperm(), and keeps those); ETIMEDOUT
 * where a thread has not answered within two seconds (it blocks the signal by a
 * system call of its own, is stopped by a debugger, or waits in the kernel without
 * end); EAGAIN where another thread has been in this function that long; ENOENT
 * without /proc. Threads that could be reached are attached nevertheless; it
 * may be called again. Since: 0.1
 */
int ioport_attach_all_threads(struct ioport *io, unsigned int *missing);

/**
 * ioport_detach() - Switch the handle's maps off for the calling thread
 *
 * The map is kept, for ioport_attach(). Since: 0.1
 */
int ioport_detach(struct ioport *io);

/**
 * ioport_set_map() - Replace the whole map at once
 * @map: The new map: every port that is open in it may then be used.
 * @flags: 0: the handle's map; attaches nobody. IOPORT_THREAD: the calling
 *	thread's private copy, which is made and attached if need be.
 *
 * Errors: EACCES, EBADF, EBUSY, EINVAL, ENOMEM, EOPNOTSUPP, EPERM.
 * Since: 0.1
 */
int ioport_set_map(struct ioport *io, const struct ioport_portmap *map, unsigned int flags);

/**
 * ioport_get_map() - Read a map
 * @which: The handle's map, the calling thread's, the limit, the policy, what
 *	this open file has claimed, or what kernel lockdown leaves.
 * @map: Filled in; all closed where the call fails.
 *
 * Errors: EINVAL. Since: 0.1
 */
int ioport_get_map(struct ioport *io, enum ioport_which which, struct ioport_portmap *map);

/**
 * ioport_limit() - Narrow what this open file may ever use, for good
 * @map: Ports closed in this map are lost to the open file, in both modes of
 *	access, for every process that holds it.
 *
 * Since: 0.1
 */
int ioport_limit(struct ioport *io, const struct ioport_portmap *map);

/**
 * ioport_claim() - Have ports for this open file alone
 * @first: First port.
 * @count: Number of ports.
 *
 * Other open files are refused them from now on, and so are kernel drivers that are
 * loaded later. Opens nothing. See %IOPORT_IOC_CLAIM.
 *
 * Errors: EACCES, EBUSY (somebody uses one of them), EINVAL, ENOMEM, EPERM.
 * Since: 0.1
 */
int ioport_claim(struct ioport *io, uint32_t first, uint32_t count);

/**
 * ioport_release() - Share again what was claimed
 * @first: First port.
 * @count: Number of ports.
 *
 * What this file uses it goes on using. Closing the device releases all. Needs no
 * right. Errors: EINVAL. Since: 0.1
 */
int ioport_release(struct ioport *io, uint32_t first, uint32_t count);

/**
 * ioport_check() - May these ports be used, and if not, why?
 * @first: First port.
 * @count: Number of ports.
 * @use: What for: one or more of IOPORT_READ, IOPORT_WRITE, IOPORT_DIRECT.
 * @port: On success, the first port that cannot be used, or @first + @count.
 *	May be NULL.
 * @reason: On success, why not; IOPORT_REASON_NONE where all can be used. May
 *	be NULL.
 *
 * Touches no port, but reserves those found usable, until the last close.
 * Returns 0 whatever the answer. Errors: EINVAL, ENOMEM.
 *
 * Since: 0.1
 */
int ioport_check(struct ioport *io, uint32_t first, uint32_t count, unsigned int use,
		 uint32_t *port, enum ioport_reason *reason);

/**
 * ioport_is_direct() - Would the calling thread use the instruction here?
 * @first: First port.
 * @count: Number of ports.
 *
 * True where ioport_in8() and its kin, called now by this thread, would use the
 * in or out instruction on every port of the range. Keeps errno.
 *
 * Since: 0.1
 */
bool ioport_is_direct(struct ioport *io, uint32_t first, uint32_t count);

/**
 * ioport_refresh() - Forget what the library knows, and ask the kernel again
 *
 * For programs that changed the calling thread's direct access, or the
 * handle's map, by other means than this library.
 *
 * Since: 0.1
 */
int ioport_refresh(struct ioport *io);

/* --- Port input and output ------------------------------------------------ */

/**
 * ioport_in8() - Read a port: 8 bits
 * @port: The port.
 * @value: What was read. Left alone on failure.
 *
 * The 16- and 32-bit forms do one access of that width at @port, which need not
 * be aligned, and is EINVAL where it would go past port 65535. Errors, only
 * where direct access is not there: EACCES, EBADF, EBUSY, EINVAL, ENOMEM,
 * EPERM.
 *
 * Since: 0.1
 */
int ioport_in8(struct ioport *io, uint16_t port, uint8_t *value);
/** ioport_in16() - Read a port: 16 bits, see ioport_in8() */
int ioport_in16(struct ioport *io, uint16_t port, uint16_t *value);
/** ioport_in32() - Read a port: 32 bits, see ioport_in8() */
int ioport_in32(struct ioport *io, uint16_t port, uint32_t *value);

/**
 * ioport_out8() - Write a port: 8 bits
 * @port: The port. Mind the order: outb() of <sys/io.h> has the value first.
 * @value: What to write.
 *
 * Errors and other widths as for ioport_in8(). Since: 0.1
 */
int ioport_out8(struct ioport *io, uint16_t port, uint8_t value);
/** ioport_out16() - Write a port: 16 bits, see ioport_out8() */
int ioport_out16(struct ioport *io, uint16_t port, uint16_t value);
/** ioport_out32() - Write a port: 32 bits, see ioport_out8() */
int ioport_out32(struct ioport *io, uint16_t port, uint32_t value);

/* --- Errors in words ------------------------------------------------------ */

/**
 * ioport_explain() - Say in one sentence why a call failed, and what to do
 * @io: The handle that was used, or NULL where ioport_open() failed.
 * @err: The errno of the failure.
 * @use: What was tried: IOPORT_READ, IOPORT_WRITE or IOPORT_DIRECT (for
 *	ioport_grant() and ioport_set_map()); 0 means all that the handle is for.
 * @first: First port of the request.
 * @count: Number of ports; 0 where no ports were named.
 * @buf: For the sentence, with a closing 0 byte; no full stop, no newline.
 * @len: Size of @buf in bytes, at least 1. 256 is enough for most; a longer
 *	sentence is cut.
 *
 * Looks at the system as it is now: the device, the user's groups, the policy,
 * /proc/ioports; uses ioport_check(), and so reserves usable ports. Returns the
 * length of the whole sentence, as snprintf() does. Keeps errno.
 *
 * Since: 0.1
 */
int ioport_explain(struct ioport *io, int err, unsigned int use, uint32_t first, uint32_t count,
		   char *buf, size_t len);

/**
 * ioport_explain_open() - The same for a failed ioport_open_path()
 * @path: The path that could not be opened.
 *
 * Since: 0.1
 */
int ioport_explain_open(const char *path, int err, char *buf, size_t len);

/* --- Batches -------------------------------------------------------------- */

/**
 * struct ioport_batch - operations to be done in one call
 *
 * Built once, run as often as one likes. Not for two threads at a time.
 *
 * The functions that add an operation return its index, 0 and up, or -1 with errno
 * (ENOMEM). Whether an operation makes sense is for ioport_batch_run() to say.
 * @width is 1, 2 or 4 bytes; times are in ns.
 */
struct ioport_batch;

/** ioport_batch_new() - Make an empty batch. NULL with errno on error. Since: 0.1 */
struct ioport_batch *ioport_batch_new(void);

/** ioport_batch_free() - Free a batch; NULL is fine. Since: 0.1 */
void ioport_batch_free(struct ioport_batch *batch);

/** ioport_batch_clear() - Take all operations out. Since: 0.1 */
void ioport_batch_clear(struct ioport_batch *batch);

/** ioport_batch_in() - Read a port. Result: the value. Since: 0.1 */
int ioport_batch_in(struct ioport_batch *batch, uint16_t port, unsigned int width);

/** ioport_batch_out() - Write a port. Since: 0.1 */
int ioport_batch_out(struct ioport_batch *batch, uint16_t port, unsigned int width, uint32_t value);

/**
 * ioport_batch_modify() - Replace the bits of a mask by those of a value
 *
 * Result: what was read before. Since: 0.1
 */
int ioport_batch_modify(struct ioport_batch *batch, uint16_t port, unsigned int width,
			uint32_t mask, uint32_t value);

/**
 * ioport_batch_wait() - Read a port until (value read & @mask) == @value
 * @timeout: After how many ns the batch fails with ETIMEDOUT; 0: look once.
 * @pause: How many ns to let go by between two looks; 0: none.
 *
 * Result: what was read last. Since: 0.1
 */
int ioport_batch_wait(struct ioport_batch *batch, uint16_t port, unsigned int width, uint32_t mask,
		      uint32_t value, uint64_t timeout, uint64_t pause);

/** ioport_batch_delay() - Let some ns go by. Since: 0.1 */
int ioport_batch_delay(struct ioport_batch *batch, uint64_t ns);

/**
 * ioport_batch_ins() - Read a port @count times into a buffer
 *
 * The buffer, @count * @width bytes, must stay until the batch has run. Result: how
 * many times it was read. Since: 0.1
 */
int ioport_batch_ins(struct ioport_batch *batch, uint16_t port, unsigned int width, void *buf,
		     uint32_t count);

/** ioport_batch_outs() - Write a port @count times from a buffer. As ins. Since: 0.1 */
int ioport_batch_outs(struct ioport_batch *batch, uint16_t port, unsigned int width,
		      const void *buf, uint32_t count);

/**
 * ioport_batch_run() - Do all operations of a batch
 * @flags: 0 or %IOPORT_ATOMIC.
 *
 * All are checked before the first one runs. On error ioport_batch_failed() tells
 * which operation it is about, and ioport_batch_done() how many were done: none,
 * unless the error is ETIMEDOUT, EINTR, a port that was taken away meanwhile
 * (EACCES, EBUSY, EPERM), or, with all done, the buffer of an ioport_batch_ins()
 * (EFAULT). See %IOPORT_IOC_XFER. Since: 0.1
 */
int ioport_batch_run(struct ioport *io, struct ioport_batch *batch, unsigned int flags);

/** ioport_batch_result() - The result of an operation; 0 for a bad index. Since: 0.1 */
uint32_t ioport_batch_result(const struct ioport_batch *batch, int index);

/** ioport_batch_done() - How many operations the last run did. Since: 0.1 */
unsigned int ioport_batch_done(const struct ioport_batch *batch);

/** ioport_batch_failed() - Which operation the last error was about. Since: 0.1 */
unsigned int ioport_batch_failed(const struct ioport_batch *batch);

/**
 * ioport_on_close() - Set what the kernel writes when the device is closed
 * @batch: Operations of ioport_batch_out() only, at least one, copied; NULL: nothing any
 *	more.
 *
 * Done once when the last descriptor of this open file goes, also when the program
 * crashes or is killed, and at reboot. See %IOPORT_IOC_ON_CLOSE. Since: 0.1
 */
int ioport_on_close(struct ioport *io, struct ioport_batch *batch);

/* --- Maps ----------------------------------------------------------------- */

/** ioport_portmap_close_all() - Close all ports. Since: 0.1 */
void ioport_portmap_close_all(struct ioport_portmap *map);

/** ioport_portmap_open_all() - Open all ports. Since: 0.1 */
void ioport_portmap_open_all(struct ioport_portmap *map);

/** ioport_portmap_open() - Open a range. EINVAL for a bad one. Since: 0.1 */
int ioport_portmap_open(struct ioport_portmap *map, uint32_t first, uint32_t count);

/** ioport_portmap_close() - Close a range. EINVAL for a bad one. Since: 0.1 */
int ioport_portmap_close(struct ioport_portmap *map, uint32_t first, uint32_t count);

/**
 * ioport_portmap_is_open() - Is every port of the range open?
 *
 * False for a bad range. Since: 0.1
 */
bool ioport_portmap_is_open(const struct ioport_portmap *map, uint32_t first, uint32_t count);

/**
 * ioport_portmap_next() - Find the next run of open ports
 * @from: Port to start at; 65536 and more find nothing.
 * @first: First port of the run.
 * @count: Number of ports in it.
 *
 * False where no open port is left. To visit all runs:
 *
 *	for (uint32_t at = 0; ioport_portmap_next(&map, at, &first, &count); at = first + count)
 *
 * Since: 0.1
 */
bool ioport_portmap_next(const struct ioport_portmap *map, uint32_t from, uint32_t *first,
			 uint32_t *count);

#ifdef __cplusplus
}
#endif

#endif /* LIBIOPORT_H */
