// SPDX-License-Identifier: LGPL-2.1-or-later
/* Errors in words: the cause, and what to do about it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "handle.h"
#include "sentence.h"
#include "system.h"

#define PARAMETERS "/sys/module/ioport/parameters"
#define NAME_BYTES 64
#define LIST_BYTES 96

/* What was tried. */
struct request {
	struct ioport *io;
	int err;
	unsigned int use;
	uint32_t first;
	uint32_t count;
};

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static void say_errno(struct sentence *s, int err)
{
	errno = err;
	say(s, "%m");
}

/* --- Opening --------------------------------------------------------------- */

static bool is_window(const char *path)
{
	return !strncmp(path, IOPORT_WINDOW_PREFIX, strlen(IOPORT_WINDOW_PREFIX));
}

static void explain_no_module(struct sentence *s, const char *path)
{
	if (exists("/sys/module/ioport") && is_window(path))
		say(s, "there is no window of that name; run: ioportctl windows");
	else if (exists("/sys/module/ioport"))
		say(s, "the kernel module ioport is loaded, but the node is missing; run: "
		       "sudo ioportctl unload && sudo ioportctl load");
	else if (exists("/proc/modules"))
		say(s, "the kernel module ioport is not loaded; run: sudo modprobe ioport");
	else
		say(s, "the kernel module ioport is not there, and this kernel takes no modules; "
		       "use a kernel that does");
}

static void explain_not_in_group(struct sentence *s, const char *path, const struct stat *st)
{
	char user[NAME_BYTES], group[NAME_BYTES];

	system_user_name(geteuid(), user, sizeof(user));
	system_group_name(st->st_gid, group, sizeof(group));
	if (system_is_listed(user, group))
		say(s,
		    "%s is for group %s (mode %04o); %s is in it, but not yet in this session; "
		    "log out and in again, or run: newgrp %s",
		    path, group, st->st_mode & 07777U, user, group);
	else
		say(s,
		    "%s is for group %s (mode %04o) and %s is not in it; "
		    "run: sudo usermod -aG %s %s, and log in again",
		    path, group, st->st_mode & 07777U, user, group, user);
}

static void explain_no_permission(struct sentence *s, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		say(s,
		    "%s cannot be reached: a directory above it is closed to this process; "
		    "ask its owner",
		    path);
	else if (!(st.st_mode & S_IRWXG) || !st.st_gid)
		say(s,
		    "%s is for its owner only (mode %04o): the udev rule of ioport is not in "
		    "place; install it, or run as root",
		    path, st.st_mode & 07777U);
	else if (!system_in_group(st.st_gid))
		explain_not_in_group(s, path, &st);
	else
		say(s,
		    "%s refuses this process in spite of its group (mode %04o); "
		    "look for an ACL or a security module",
		    path, st.st_mode & 07777U);
}

static void explain_open(struct sentence *s, const char *path, int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
		if (exists(path)) {
			say(s, "%s was not there, but is now; try again", path);
			break;
		}
		say(s, "%s does not exist: ", path);
		explain_no_module(s, path);
		break;
	case ENXIO:
	case ENODEV:
		say(s, "%s is a node without a device behind it: ", path);
		explain_no_module(s, path);
		break;
	case EACCES:
		explain_no_permission(s, path);
		break;
	case EPERM:
		say(s,
		    "%s may not be opened by this process: its container or service does not "
		    "allow the device; add it to the allowed devices (systemd: DeviceAllow=%s)",
		    path, path);
		break;
	case ENOTTY:
		say(s, "%s is not a device of ioport; name %s or one of its windows", path,
		    IOPORT_DEVICE);
		break;
	case EINVAL:
		say(s, "the use asked for has bits other than IOPORT_READ, IOPORT_WRITE and "
		       "IOPORT_DIRECT; leave them out");
		break;
	default:
		say(s, "%s cannot be opened: ", path);
		say_errno(s, err);
	}
}

int ioport_explain_open(const char *path, int err, char *buf, size_t len)
{
	struct sentence s = { .buf = buf, .len = len };
	int saved = errno;

	explain_open(&s, path, err);
	errno = saved;
	return (int)s.used;
}

/* --- Ports ----------------------------------------------------------------- */

/* "0x0378", or "0x0378 (of 0x0378-0x037f)". */
static void say_port(struct sentence *s, const struct request *r, uint32_t port)
{
	say(s, "0x%04x", port);
	if (r->count > 1)
		say(s, " (of 0x%04x-0x%04x)", r->first, r->first + r->count - 1);
}

/* What the kernel tells of the device that is open; false where that has gone. */
static bool device_property(const struct request *r, const char *key, char *buf, size_t len)
{
	char path[NAME_BYTES];
	struct stat st;

	if (fstat(ioport_fd(r->io), &st))
		return false;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/uevent", major(st.st_rdev),
		 minor(st.st_rdev));
	return system_property(path, key, buf, len);
}

static void explain_window_policy(struct sentence *s, const char *window, const char *ports)
{
	char deny[LIST_BYTES];

	say(s, "not among the ports of the window %s (%s)", window, ports);
	if (system_line(PARAMETERS "/deny", deny, sizeof(deny)))
		say(s, ", or denied to all (deny=%s)", deny);
	say(s, "; root can change it in /etc/ioport/windows.d, then: ioportctl windows apply");
}

static void explain_policy(struct sentence *s, const struct request *r)
{
	char window[NAME_BYTES], ports[256];
	char allow[LIST_BYTES], deny[LIST_BYTES];

	if (device_property(r, "IOPORT_WINDOW", window, sizeof(window)) &&
	    device_property(r, "IOPORT_PORTS", ports, sizeof(ports))) {
		explain_window_policy(s, window, ports);
		return;
	}
	if (!device_property(r, "DEVNAME", window, sizeof(window)) && exists("/sys/class/ioport")) {
		say(s, "the named window that was opened has been removed; open it again when it "
		       "is back");
		return;
	}
	say(s, "not allowed by the administrator's policy");
	if (system_line(PARAMETERS "/allow", allow, sizeof(allow)) &&
	    system_line(PARAMETERS "/deny", deny, sizeof(deny)))
		say(s, " (allow=%s deny=%s)", allow, deny);
	say(s, "; root can change it in " PARAMETERS " or /etc/modprobe.d/ioport.conf");
}

static void explain_busy(struct sentence *s, uint32_t port)
{
	char owner[NAME_BYTES];

	if (!system_port_owner(port, owner, sizeof(owner)))
		say(s, "held by a kernel driver or ACPI, or claimed by another program (sudo cat "
		       "/proc/ioports tells which); unload the driver, or let root set busy=allow");
	else if (!strcmp(owner, "ioport"))
		say(s, "claimed by another program (sudo ioportctl holders tells which have the "
		       "device open); end that one");
	/* Where only the bus is named there, no driver has it. */
	else if (!strncmp(owner, "PCI Bus ", strlen("PCI Bus ")))
		say(s,
		    "held by ACPI: the machine's firmware uses it while the system runs; root can "
		    "set busy=allow");
	else if (!strncmp(owner, "parport", strlen("parport")))
		say(s,
		    "held by kernel driver %s; unload it (sudo modprobe -r lp ppdev parport_pc),"
		    " or let root set busy=allow",
		    owner);
	else
		say(s, "held by kernel driver %s; unload it, or let root set busy=allow", owner);
}

static void explain_mode(struct sentence *s, const struct request *r)
{
	if (r->use & IOPORT_DIRECT)
		say(s, "direct access needs a file that is open for reading and writing; "
		       "use ioport_open(0)");
	else if (r->use & IOPORT_WRITE)
		say(s, "the file is not open for writing; add IOPORT_WRITE to ioport_open()");
	else
		say(s, "the file is not open for reading; add IOPORT_READ to ioport_open()");
}

static void explain_lockdown(struct sentence *s)
{
	char state[NAME_BYTES] = "";

	say(s, "kernel lockdown forbids port access");
	if (system_line("/sys/kernel/security/lockdown", state, sizeof(state)))
		say(s, " (%s)", state);
	say(s, "; turn off Secure Boot, or boot without lockdown=");
	if (strstr(state, "[integrity]"))
		say(s, ", or build the module with the port in /etc/ioport/lockdown-allow");
}

static void explain_no_direct(struct sentence *s, const struct request *r)
{
	struct ioport_info info = { 0 };

	ioport_get_info(r->io, &info);
	if (info.direct_blocked & IOPORT_BLOCKED_GUEST)
		say(s, "this virtual machine is of a confidential kind that has no direct access");
	else
		say(s, "this kernel has no direct access (built without CONFIG_X86_IOPL_IOPERM)");
	say(s, "; leave out ioport_grant(): ioport_in8() and its kin work without");
}

static void explain_privilege(struct sentence *s, const struct request *r)
{
	struct ioport_info info = { 0 };

	ioport_get_info(r->io, &info);
	if (info.direct_blocked & IOPORT_BLOCKED_NO_HOOK)
		say(s, "direct access needs CAP_SYS_RAWIO, as ioperm() cannot be watched here");
	else
		say(s, "direct access needs CAP_SYS_RAWIO, as this kernel lacks a fix of June 2025 "
		       "(update it, or load ioport with force_direct=1)");
	say(s, "; without it, leave out ioport_grant(): ioport_in8() and its kin work");
}

static int errno_of(enum ioport_reason reason)
{
	switch (reason) {
	case IOPORT_REASON_NONE:
		return 0;
	case IOPORT_REASON_MODE:
		return EBADF;
	case IOPORT_REASON_LOCKDOWN:
	case IOPORT_REASON_PRIVILEGE:
		return EPERM;
	case IOPORT_REASON_NO_DIRECT:
		return EOPNOTSUPP;
	case IOPORT_REASON_POLICY:
	case IOPORT_REASON_LIMIT:
		return EACCES;
	case IOPORT_REASON_BUSY:
		return EBUSY;
	}
	return 0;
}

static void explain_reason(struct sentence *s, const struct request *r, enum ioport_reason reason,
			   uint32_t port)
{
	say_port(s, r, port);
	say(s, ": ");
	switch (reason) {
	case IOPORT_REASON_NONE:
		break;
	case IOPORT_REASON_MODE:
		explain_mode(s, r);
		break;
	case IOPORT_REASON_LOCKDOWN:
		explain_lockdown(s);
		break;
	case IOPORT_REASON_NO_DIRECT:
		explain_no_direct(s, r);
		break;
	case IOPORT_REASON_PRIVILEGE:
		explain_privilege(s, r);
		break;
	case IOPORT_REASON_POLICY:
		explain_policy(s, r);
		break;
	case IOPORT_REASON_LIMIT:
		say(s,
		    "outside the limit of this open file, which can only shrink; "
		    "open %s again for a new one",
		    IOPORT_DEVICE);
		break;
	case IOPORT_REASON_BUSY:
		explain_busy(s, port);
		break;
	}
}

/* True if the kernel still says so, and for the same errno. */
static bool explain_by_check(struct sentence *s, const struct request *r)
{
	enum ioport_reason reason;
	uint32_t port;

	if (!r->count || ioport_check(r->io, r->first, r->count, r->use, &port, &reason) ||
	    errno_of(reason) != r->err)
		return false;
	explain_reason(s, r, reason, port);
	return true;
}

static void explain_thread_busy(struct sentence *s)
{
	say(s, "this thread has ports from ioperm() or iopl(), another open file or a copy of its "
	       "own; give them up with ioperm(0, 65536, 0), iopl(0) or "
	       "ioport_attach(IOPORT_REPLACE)");
}

/* EINVAL: the range, or something else. */
static void explain_invalid(struct sentence *s, const struct request *r)
{
	if (r->count && (r->first >= IOPORT_PORTS || r->count > IOPORT_PORTS - r->first))
		say(s, "0x%04x+%u goes past 0xffff, the last port; ask for fewer", r->first,
		    r->count);
	else
		say(s,
		    "the range is empty, or a flag is not known to the kernel module (library "
		    "%s); correct the call, or update the module",
		    IOPORT_VERSION);
}

/* What errno alone tells, where the ports are not to blame or not any more. */
static void explain_by_errno(struct sentence *s, const struct request *r)
{
	switch (r->err) {
	case EINVAL:
		explain_invalid(s, r);
		break;
	case EBUSY:
		explain_thread_busy(s);
		break;
	case EBADF:
		explain_mode(s, r);
		break;
	case EPERM:
		say(s, "kernel lockdown forbids port access, or direct access needs CAP_SYS_RAWIO "
		       "here; read or write the ports without ioport_grant()");
		break;
	case EACCES:
		explain_policy(s, r);
		break;
	case EOPNOTSUPP:
		explain_no_direct(s, r);
		break;
	case ENOTTY:
		say(s, "the kernel module is older than this library (%s); update it",
		    IOPORT_VERSION);
		break;
	case ENOMEM:
		say(s, "out of memory, or at the limit of this process's memory control group; "
		       "free some, or raise the limit");
		break;
	case EINTR:
		say(s, "a signal came before anything was done; try again");
		break;
	case ETIMEDOUT:
		say(s, "a WAIT of the batch ran out of time, so the device did not answer; or a "
		       "thread did not, which is stopped or blocks all signals; try again");
		break;
	case EAGAIN:
		say(s, "another thread has been attaching all threads for too long; try again");
		break;
	case E2BIG:
		say(s, "more than one call may have (max_ops operations and max_data bytes of INS "
		       "and OUTS, as ioport_get_info() has them; 256 operations for "
		       "ioport_on_close()); split it");
		break;
	case ENXIO:
		say(s, "there is no port after 0xffff; write to ports from 0 to 0xffff");
		break;
	case EFAULT:
		say(s, "an address that was passed, of a buffer or a map, is not the program's; "
		       "correct the call");
		break;
	default:
		say_errno(s, r->err);
	}
}

static void explain(struct sentence *s, const struct request *r)
{
	if (explain_by_check(s, r))
		return;
	if (r->count && r->err != EINVAL) {
		say_port(s, r, r->first);
		say(s, ": ");
	}
	explain_by_errno(s, r);
}

int ioport_explain(struct ioport *io, int err, unsigned int use, uint32_t first, uint32_t count,
		   char *buf, size_t len)
{
	struct request request = { io, err, use, first, count };
	struct sentence s = { .buf = buf, .len = len };
	int saved = errno;

	if (!io)
		return ioport_explain_open(IOPORT_DEVICE, err, buf, len);
	if (!use)
		request.use = io->use;
	explain(&s, &request);
	errno = saved;
	return (int)s.used;
}
