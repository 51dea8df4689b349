// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A seccomp filter for a program that does ports and nothing else: it may start,
 * receive a descriptor, use ports through it, print and end. Of ioctl() it has the
 * calls of /dev/ioport. All else is EPERM; ioperm(), iopl(), fork() and socket() are
 * among that. Written to standard output as the kernel and bwrap --seccomp take it.
 *
 *	port_filter >filter
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include <ioport_dev.h>

static const int allowed[] = {
	/* to be started by the sandbox, which waits for it under the same filter */
	SCMP_SYS(execve),
	SCMP_SYS(wait4),
	/* to load libraries; what there is to open, the sandbox decides */
	SCMP_SYS(openat),
	SCMP_SYS(access),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(close),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(munmap),
	SCMP_SYS(brk),
	/* libioport, which shares nothing with a child, and asks about restarts */
	SCMP_SYS(madvise),
	SCMP_SYS(membarrier),
	/* the C library's start */
	SCMP_SYS(arch_prctl),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrandom),
	SCMP_SYS(uname),
	/* to have a port that was taken back told from one that is there */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	/* ports, and text */
	SCMP_SYS(fcntl),
	SCMP_SYS(recvmsg),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* The kernel's _IOC(): the type is the second byte of the number. */
static int allow_ports(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, IOPORT_IOC_TYPE << 8));
}

int main(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = filter ? allow_ports(filter) : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < sizeof(allowed) / sizeof(*allowed); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!err)
		err = seccomp_export_bpf(filter, STDOUT_FILENO);
	if (err)
		fprintf(stderr, "port_filter: %s\n", strerror(-err));
	return err ? 1 : 0;
}
