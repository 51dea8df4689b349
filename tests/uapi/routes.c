// SPDX-License-Identifier: GPL-2.0-only
/*
 * No attached process keeps a port: whatever it called before (ways.h), when the
 * port was revoked, forbidden, or the open file has gone, it faults from the return
 * of that call on. Each way is gone with each ending, once on the file's map and
 * once on a private copy. Run as root, with the default policy; the ways are those
 * of the user operator.
 *
 * With the argument no-kprobes, only the ways by ioperm(), while kprobes are
 * switched off.
 */
#include "ways.h"

#include "admin.h"

#include <grp.h>
#include <sys/stat.h>

#define OFF(call) .entry = (call), .from = OTHERS, .num = 1, .on = 0
#define NEW_ALL                                                                                    \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWPID | \
	 CLONE_NEWCGROUP)

static const struct way ways[] = {
	{ "ioperm off", by_ioperm, OFF(ioperm_native) },
	{ "ioperm off, the port itself", by_ioperm, ioperm_native, LPT, 1, 0, 0 },
	{ "ioperm on", by_ioperm, ioperm_native, LPT, LPT_COUNT, 1, 0 },
	{ "ioperm, out of range", by_ioperm, ioperm_native, 0xffff, 2, 0, 0 },
	{ "ioperm off by int 0x80", by_ioperm, OFF(ioperm_int80) },
	{ "ioperm off by the " OTHER_ENTRY " entry", by_ioperm, OFF(ioperm_other) },
#ifndef __x86_64__
	{ "ioperm off by the vdso's entry", by_ioperm, OFF(ioperm_vdso) },
#endif
	{ "ioperm off in a thread", thread_ioperm, OFF(ioperm_native) },
	{ "ioperm off in a child", fork_ioperm, OFF(ioperm_native) },
	{ "ioperm off in a child of vfork", vfork_ioperm, OFF(ioperm_native) },
	{ "ioperm off after exec", exec_ioperm, OFF(ioperm_native) },
	{ "ioperm off in a setuid program", setuid_ioperm, OFF(ioperm_native) },
	{ "ioperm off by a tracer's hand", ptrace_ioperm, OFF(ioperm_native) },
	{ "ioperm off, seccomp's supervisor agrees", seccomp_continue, OFF(ioperm_native) },
	{ "ioperm on in a user namespace", userns_ioperm, OFF(ioperm_native) },
	/* The last of those by ioperm(). */
	{ "ioperm off, refused by seccomp", seccomp_errno, OFF(ioperm_native) },
	{ "nothing", .run = just_keep },
	{ "spinning", .run = spinner },
	{ "iopl", .run = by_iopl },
	{ "IOPL by sigreturn and popf", .run = by_flags },
	{ "fork", .run = by_fork },
	{ "fork twice, setsid", .run = by_daemon },
	{ "vfork", .run = by_vfork },
	{ "vfork, exec", .run = vfork_exec },
	{ "clone VM", .run = by_clone, .flags = CLONE_VM | SIGCHLD },
	{ "clone FILES", .run = by_clone, .flags = CLONE_FILES | SIGCHLD },
	{ "clone VM FILES", .run = by_clone, .flags = CLONE_VM | CLONE_FILES | SIGCHLD },
	{ "clone VM SIGHAND PARENT", .run = by_clone,
	  .flags = CLONE_VM | CLONE_SIGHAND | CLONE_PARENT | SIGCHLD },
	{ "clone THREAD", .run = by_clone,
	  .flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FILES | CLONE_FS |
		   CLONE_SYSVSEM },
	{ "clone THREAD without FILES", .run = by_clone,
	  .flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD },
	{ "clone3", .run = by_clone3 },
	{ "clone3 PIDFD", .run = by_clone3, .flags = CLONE_PIDFD },
	{ "clone3 into new namespaces", .run = by_clone3, .flags = NEW_ALL },
	{ "the first thread ends", .run = without_leader },
	{ "other threads end", .run = thread_exits },
	{ "failing forks", .run = failing_forks },
	{ "exec", .run = by_exec },
	{ "exec of a setuid program", .run = by_setuid },
	{ "no new privileges, exec of a setuid program", .run = no_new_privs },
	{ "unshare FILES FS SYSVSEM", .run = by_unshare,
	  .flags = CLONE_FILES | CLONE_FS | CLONE_SYSVSEM },
	{ "unshare of all namespaces", .run = by_unshare, .flags = NEW_ALL },
	{ "stopped by a tracer", .run = ptrace_stop },
	{ "stopped by a signal", .run = signal_stop },
#ifdef __x86_64__
	{ "strict seccomp", .run = seccomp_strict },
#endif
	{ "io_uring, a worker", .run = by_uring },
	{ "io_uring, a polling thread", .run = by_uring, .flags = IORING_SETUP_SQPOLL },
};

#define WAYS (sizeof(ways) / sizeof(*ways))

/* ---- endings ---- */

static int fd;
static pid_t holder;

static int end_revoke(void)
{
	return dev_revoke(fd, LPT, LPT_COUNT, 0);
}

static int end_set_map(void)
{
	return dev_set_none(fd);
}

static int end_limit(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	bits_fill(bits, false);
	return dev_limit(fd, bits);
}

static int end_allow(void)
{
	return set_param("allow", "none");
}

static int end_deny(void)
{
	return set_param("deny", "0x378-0x37f");
}

static int end_close(void)
{
	return close(fd);
}

/* Another process had the last descriptor. */
static int end_kill(void)
{
	return kill(holder, SIGKILL) || waitpid(holder, NULL, 0) != holder;
}

static const struct ending {
	const char *name;
	int (*end)(void);
	bool own_map_only; /* private copies stay as they are */
	bool held;	   /* the holder has the file */
} endings[] = {
	{ "REVOKE", end_revoke, false, false },
	{ "SET_MAP", end_set_map, true, false },
	{ "LIMIT", end_limit, false, false },
	{ "allow", end_allow, false, false },
	{ "deny", end_deny, false, false },
	{ "the last close", end_close, false, false },
	{ "the holder's death", end_kill, false, true },
};

/* ---- cases ---- */

static uid_t user;
static gid_t group, own_group;

/* The field of a line in /etc/passwd or /etc/group. */
static unsigned int look_up(const char *path, const char *name, int field)
{
	FILE *f = fopen(path, "r");
	char line[256], *at;
	size_t length = strlen(name);

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, length) || line[length] != ':')
			continue;
		for (at = line; field--; at++)
			at += strcspn(at, ":");
		fclose(f);
		return atoi(at);
	}
	bail("no %s in %s", name, path);
}

static void become_user(void)
{
	if (setgroups(1, &group) || setgid(own_group) || setuid(user))
		trouble(__LINE__);
	/* What setuid() took away; tracing one's own child needs it. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void subject(const struct way *way, bool private_copy)
{
	become_user();
	need(!dev_grant(fd, LPT, LPT_COUNT, private_copy ? IOPORT_THREAD : 0) && probe(LPT));
	close(fd);
	way->run(way);
	_exit(0);
}

static void start_holder(void)
{
	holder = fork();
	if (!holder)
		for (;;)
			pause();
	if (holder < 0)
		bail("fork");
	close(fd);
}

static const char *allow, *deny;

static void keep_policy(void)
{
	allow = strdup(get_param("allow"));
	deny = strdup(get_param("deny"));
}

static void restore_policy(void)
{
	if (set_param("allow", allow) || set_param("deny", deny))
		bail("the policy cannot be set back: %s", strerror(errno));
}

static void start_subject(const struct way *way, bool private_copy)
{
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	fd = dev_open(O_RDWR);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail("fork");
	if (!pid)
		subject(way, private_copy);
}

static bool lost(const struct way *way, const struct ending *ending, bool private_copy)
{
	int err;

	start_subject(way, private_copy);
	if (ending->held)
		start_holder();
	if (!keepers_wait()) {
		keepers_lost();
		bail("%s: the keepers were not ready in time", way->name);
	}
	err = ending->end();
	keepers_finish();
	if (!ending->held && ending->end != end_close)
		close(fd);
	restore_policy();
	if (err)
		note("the ending failed");
	return keepers_lost() && !err;
}

static void test(const struct way *way, const struct ending *ending)
{
	bool gone = lost(way, ending, false);

	if (!ending->own_map_only)
		gone &= lost(way, ending, true);
	ok(gone, "%s: %s", way->name, ending->name);
}

/* ---- programs that were exec'ed by a way ---- */

static int exec_main(const char *what, int fd_shared)
{
	bool setuid_program = !strncmp(what, "setuid-", 7);

	shared_fd = fd_shared;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
	if (shared == MAP_FAILED)
		return 1;
	probe_init();
	need(!geteuid() == setuid_program);
	if (strstr(what, "leaver"))
		need(!ioperm_native(OTHERS, 1, 0));
	keep();
	return 0;
}

/* A copy of this program that runs as root, whoever starts it. */
static void make_setuid(void)
{
	setuid_self = "/tmp/routes-setuid";
	run("cp /proc/$PPID/exe /tmp/routes-setuid && chmod 4755 /tmp/routes-setuid");
	if (access(setuid_self, X_OK))
		bail("%s: %s", setuid_self, strerror(errno));
}

static void set_kprobes(const char *value)
{
	int f = open("/sys/kernel/debug/kprobes/enabled", O_WRONLY);

	is(f < 0 ? -1 : write(f, value, 1), 1, "kprobes: %s", value);
	close(f);
}

/*
 * Is the entry there? Debian's kernels say by a parameter whether x32 is switched on, as
 * the suite has it; others are built without it.
 */
static bool can_go(const struct way *way)
{
#ifdef __x86_64__
	if (way->entry == ioperm_other && syscall(0x40000000 + SYS_getpid) == -1 &&
	    access("/sys/module/syscall/parameters/x32", F_OK)) {
		skip("%s: this kernel is built without it", way->name);
		return false;
	}
#endif
	(void)way;
	return true;
}

int main(int argc, char **argv)
{
	bool no_kprobes = argc == 2 && !strcmp(argv[1], "no-kprobes");
	const struct way *way;
	unsigned int e;

	if (argc == 3)
		return exec_main(argv[1], atoi(argv[2]));
	user = look_up("/etc/passwd", "operator", 2);
	own_group = look_up("/etc/passwd", "operator", 3);
	group = look_up("/etc/group", "ioport", 2);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	shared_make();
	probe_init();
	make_setuid();
	keep_policy();
	if (no_kprobes)
		set_kprobes("0");
	for (way = ways; way < ways + WAYS; way++) {
		if (!can_go(way))
			continue;
		for (e = 0; e < sizeof(endings) / sizeof(*endings); e++)
			test(way, &endings[e]);
		if (no_kprobes && way->run == seccomp_errno)
			break;
	}
	if (no_kprobes)
		set_kprobes("1");
	return done();
}
