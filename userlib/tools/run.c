// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ioportctl run: programs made for root's ioperm() and iopl(), without root.
 *
 * The program runs in the very process that was started: exit status, signals,
 * job control, the parent and the process number are its own and need no passing
 * on. The supervisor is the one that steps aside, as a grandchild that the program
 * never sees, since a child that it did not make would upset a program that waits
 * for its children. It holds the open file, so the program may close whatever it
 * likes and become a daemon, and it ends after the last process that can use the
 * windows; see run-supervisor.c.
 *
 * This process attaches itself to the file's map, empty as yet, and the attachment
 * survives execve(). The supervisor opens ports in that map when a system call asks
 * for them: that serves any program. A dynamic one gets libioport-compat as well,
 * which calls the kernel only for a descriptor of the same file (compat/supervisor.h),
 * and with it has what the supervisor cannot give: ports of each thread by itself, on
 * private copies of that map, and /dev/port.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../compat/supervisor.h"
#include "ctl.h"
#include "run.h"
#include "run-caller.h"
#include "run-calls.h"

/* As env(1), nohup(1) and timeout(1) have them. */
enum {
	EXIT_OURS = 125,       /* run itself failed */
	EXIT_CANNOT_RUN = 126, /* the program was found and cannot be run */
	EXIT_NOT_FOUND = 127
};

struct run_options {
	struct ioport_portmap ports;
	bool narrowed; /* by --ports */
	bool strict;
	bool map_root;
	bool no_preload;
	bool quiet;
};

static const char usage_text[] =
	"Usage: ioportctl run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
	"\n"
	"Runs a program that wants I/O ports by ioperm(), iopl() or /dev/port, without\n"
	"root: it gets the ports that /dev/ioport gives to you. Others it is refused, as\n"
	"by the kernel.\n"
	"\n"
	"  -p, --ports RANGE[,...]  no others than these: 0x378-0x37f, 0x378+8, 0x80,\n"
	"                           a name as in /proc/ioports, pci:0000:00:05.0/bar0\n"
	"  -W, --window NAME        those of this named window, not /dev/ioport's\n"
	"  -s, --strict             iopl(3) fails unless every port may be used;\n"
	"                           without this, it opens those that may\n"
	"  -r, --map-root           the program sees itself as user 0 (user namespace)\n"
	"  -n, --no-preload         without libioport-compat: no /dev/port, and ports\n"
	"                           are for all threads and children together\n"
	"  -q, --quiet              do not say why there are no ports at all\n"
	"  -h, --help               this text\n"
	"\n"
	"Children inherit the ports, daemons keep them. Programs that are set-user-ID do\n"
	"not gain privileges in there. Exit status: the program's; 125 if run fails, 126\n"
	"if the program cannot be run, 127 if it is not found.\n";

/* Ranges as all verbs take them, parted by commas. Complains of the bad one. */
static bool parse_ports(const char *text, struct run_options *o)
{
	char *list = strdup(text), *rest = list, *word;
	struct range range;
	bool good = list;

	while (good && (word = strsep(&rest, ","))) {
		good = parse_range(word, &range);
		if (good)
			ioport_portmap_open(&o->ports, range.first, range.count);
	}
	if (!list)
		complain("%m");
	free(list);
	o->narrowed = true;
	return good;
}

/* Returns the exit status where that is all, or -1. */
static int parse_options(int argc, char **argv, struct run_options *o)
{
	static const struct option names[] = {
		{ "ports", required_argument, NULL, 'p' },
		{ "window", required_argument, NULL, 'W' },
		{ "strict", no_argument, NULL, 's' },
		{ "map-root", no_argument, NULL, 'r' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ "no-preload", no_argument, NULL, 'n' },
		{ 0 },
	};
	int c;

	optind = 0; /* start anew: the caller may have used it for options of its own */
	while ((c = getopt_long(argc, argv, "+p:W:srnqh", names, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage_text, stdout) < 0 || fflush(stdout) ? EXIT_OURS : 0;
		if (c == '?' || (c == 'p' && !parse_ports(optarg, o)))
			return EXIT_OURS;
		if (c == 'W')
			choose_window(optarg);
		o->strict |= c == 's';
		o->map_root |= c == 'r';
		o->no_preload |= c == 'n';
		o->quiet |= c == 'q';
	}
	if (optind < argc)
		return -1;
	fputs(usage_text, stderr);
	return EXIT_OURS;
}

/*
 * Descriptors 0 to 2 are ours to lose in the supervisor: a file of ours must not
 * have taken the place of one that the caller has closed.
 */
static void fill_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/* Without ports the program still runs, and is refused them. */
static void go_without(struct run *run, const struct run_options *o, int err)
{
	struct ioport_info info;
	char why[512];

	if (run->io)
		ioport_explain(run->io, err, IOPORT_DIRECT, 0, 0, why, sizeof(why));
	else
		ioport_explain_open(device_path(), err, why, sizeof(why));
	if (!o->quiet)
		complain("no ports: %s", why);
	/* A kernel without the bitmap does not have the calls either. */
	if (run->io && !ioport_get_info(run->io, &info) &&
	    info.direct_blocked & IOPORT_BLOCKED_NO_BITMAP)
		run->refusal = ENOSYS;
	ioport_close(run->io);
	run->io = NULL;
}

/* Who asks is looked up when it asks: somebody may have mounted it by then. */
static void get_ports(struct run *run, const struct run_options *o)
{
	run->io = open_quietly(0);
	if (!run->io || (o->narrowed && ioport_limit(run->io, &o->ports)) ||
	    ioport_attach(run->io, IOPORT_REPLACE))
		go_without(run, o, errno);
	else if (!o->quiet && !callers_are_known())
		complain("no ports: /proc is not that of this pid namespace, and cannot tell who "
			 "asks for them; mount it: mount -t proc proc /proc");
}

/*
 * By a child that ends at once, so that the supervisor is nobody's child here. It
 * ends without a signal: the program must not find SIGCHLD waiting for it, and one
 * that is started with SIGCHLD ignored could not wait for it.
 */
static bool start_supervisor(struct run *run)
{
	pid_t child = syscall(SYS_clone, 0UL, NULL, NULL, NULL, NULL);
	int status;

	if (!child) {
		child = fork();
		if (!child)
			run_supervise(run);
		_exit(child < 0 ? errno : 0);
	}
	if (child < 0)
		return false;
	while (waitpid(child, &status, __WALL) < 0)
		if (errno != EINTR)
			return false;
	/* Killed, it says nothing. */
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : ECANCELED;
	return !errno;
}

static bool write_proc(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* A user namespace in which we are user and group 0. It gives no right to anything outside. */
static bool map_root(void)
{
	unsigned int user = geteuid(), group = getegid();
	char users[32], groups[32];

	snprintf(users, sizeof(users), "0 %u 1", user);
	snprintf(groups, sizeof(groups), "0 %u 1", group);
	return !unshare(CLONE_NEWUSER) && write_proc("/proc/self/setgroups", "deny") &&
	       write_proc("/proc/self/uid_map", users) && write_proc("/proc/self/gid_map", groups);
}

/*
 * Hands ioperm() and iopl() to whoever holds the listener; all else goes as ever.
 * Small enough to be written down here, which spares a dependency.
 */
static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 5, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 7),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~0U), /* see add_x32() */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RUN_IOPERM_64, 5, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RUN_IOPL_64, 4, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RUN_IOPERM_32, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RUN_IOPL_32, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
};

/* Where the kernel has the x32 calls, they are meant as well; else they are its to refuse. */
static void add_x32(void)
{
	if (syscall(RUN_X32_BIT | SYS_getpid) > 0)
		filter[4].k = ~(unsigned int)RUN_X32_BIT;
}

/* SPEC_ALLOW: older kernels slow a filtered program down otherwise, for nothing. */
static int set_filter(void)
{
	static struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]),
					     .filter = filter };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
}

/* Who has no right to set filters must give up gaining any by set-user-ID programs. */
static int make_listener(void)
{
	int fd;

	add_x32();
	fd = set_filter();
	if (fd < 0 && errno == EACCES && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fd = set_filter();
	return fd;
}

static bool send_listener(int to, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec data = { .iov_base = "", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &data,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(to, &msg, MSG_NOSIGNAL) == 1;
}

/*
 * Does a supervisor of ours answer already? There can be only one, whose answers are
 * those that another would give where nothing less is asked for. What --ports and
 * the like take away, it would have to be told.
 */
static bool is_nested(void)
{
	return !syscall(SYS_iopl, SUPERVISOR_ASK, SUPERVISOR_PRESENT, 0);
}

static bool prepare_nested(const struct run_options *o)
{
	const char *outer = getenv("IOPORT_WINDOW");

	if (chosen_window() && strcmp(chosen_window(), outer ? outer : "")) {
		complain("this runs under 'ioportctl run' already, with its ports: not those of "
			 "the window %s",
			 chosen_window());
		return false;
	}
	if (o->narrowed || o->strict || o->no_preload) {
		complain("this runs under 'ioportctl run' already, whose ports cannot be "
			 "narrowed: no --ports, --strict or --no-preload here");
		return false;
	}
	if (o->map_root && !map_root()) {
		complain("--map-root: no user namespace: %m");
		return false;
	}
	return true;
}

/* From here on this process asks the supervisor, once that is ready: it hangs up then. */
static bool hand_over(int to)
{
	int fd = make_listener();
	bool good;
	char byte;

	if (fd < 0) {
		complain(errno == EBUSY ? "another program answers system calls here already, and "
					  "there can be only one"
					: "cannot set a seccomp filter: %m");
		return false;
	}
	good = send_listener(to, fd);
	if (!good)
		complain("the supervisor is gone: %m");
	close(fd);
	while (good && recv(to, &byte, 1, 0) < 0 && errno == EINTR)
		;
	close(to);
	return good;
}

static bool prepare(struct run *run, const struct run_options *o)
{
	int pair[2];

	run->nested = is_nested();
	if (run->nested)
		return prepare_nested(o);
	fill_standard_files();
	get_ports(run, o);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		complain("no socket: %m");
		return false;
	}
	run->socket = pair[1];
	if (!start_supervisor(run)) {
		complain("cannot start the supervisor: %m");
		return false;
	}
	close(pair[1]);
	if (o->map_root && !map_root()) {
		complain("--map-root: no user namespace: %m");
		return false;
	}
	return hand_over(pair[0]);
}

/* libioport-compat asks the node who may, and a program may start another run. */
static void run_tell_window(void)
{
	if (chosen_window())
		setenv("IOPORT_WINDOW", chosen_window(), 1);
	else
		unsetenv("IOPORT_WINDOW");
}

int verb_run(int argc, char **argv)
{
	struct run_options o = { 0 };
	struct run run = { .refusal = EPERM, .program = getpid() };
	int status;

	ioport_portmap_close_all(&o.ports);
	status = parse_options(argc, argv, &o);
	if (status >= 0)
		return status;
	run.strict = o.strict;
	run.limit = o.narrowed ? &o.ports : NULL;
	if (!prepare(&run, &o)) {
		ioport_close(run.io);
		return EXIT_OURS;
	}
	if (!o.no_preload)
		run_preload();
	if (!run.nested)
		run_tell_window();
	execvp(argv[optind], argv + optind);
	status = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	complain("%s: %m", argv[optind]);
	ioport_close(run.io);
	return status;
}
