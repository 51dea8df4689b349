// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run-caller.h"

/* /proc/PID/status */
struct status {
	char text[8192];
};

static bool read_file(char *buf, size_t len, const char *format, pid_t pid)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), format, pid, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, len - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = 0;
	return n >= 0;
}

/* What comes after the key; NULL where there is no such line, or not the whole of it. */
static char *find_line(struct status *status, const char *key)
{
	char *at = strstr(status->text, key), *end;

	if (!at)
		return NULL;
	at += strlen(key);
	end = strchr(at, '\n');
	if (!end)
		return NULL;
	*end = '\0';
	return at;
}

bool read_history(pid_t pid, struct history *h)
{
	unsigned long long minor, major;
	char buf[1024], *at;

	if (!read_file(buf, sizeof(buf), "/proc/%d/stat", pid))
		return false;
	at = strrchr(buf, ')'); /* the name may have any character in it */
	if (!at || sscanf(at,
			  ") %*c %*d %*d %*d %*d %*d %*u %*u %llu %*u %llu %*u %*u %*d %*d %*d %*d"
			  " %ld %*d %llu",
			  &minor, &major, &h->threads, &h->start) != 4)
		return false;
	h->child_faults = minor + major;
	return true;
}

/*
 * Then nobody waits for its children, which are not counted. Nothing tells that it was so
 * before, or is so by SA_NOCLDWAIT.
 */
static bool ignores_children(pid_t pid)
{
	struct status status;
	const char *ignored;

	if (!read_file(status.text, sizeof(status.text), "/proc/%d/status", pid))
		return true;
	ignored = find_line(&status, "\nSigIgn:\t");
	return !ignored || strtoull(ignored, NULL, 16) & (1ULL << (SIGCHLD - 1));
}

bool caller_is_alone(pid_t pid, const struct history *before)
{
	struct history now;
	char children[32];

	return read_history(pid, &now) && now.threads == 1 && now.start == before->start &&
	       now.child_faults == before->child_faults && !ignores_children(pid) &&
	       read_file(children, sizeof(children), "/proc/%d/task/%d/children", pid) &&
	       !children[0];
}

/* "1 24 1000 ": is this one among them? */
static bool has_group(const char *groups, gid_t group)
{
	char *end;

	while (*groups) {
		unsigned long one = strtoul(groups, &end, 10);

		if (end == groups)
			return false;
		if (one == group)
			return true;
		groups = end;
	}
	return false;
}

static bool proc_is_ours(void)
{
	char self[16], own[16];
	ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

	snprintf(own, sizeof(own), "%d", getpid());
	self[n < 0 ? 0 : n] = '\0';
	return !strcmp(self, own);
}

/*
 * In a user namespace, all those that have no number in there have this one, which may be
 * somebody's as well. As kernels begin, where it cannot be read.
 */
static unsigned int overflow(const char *path)
{
	unsigned int number = 65534;
	char text[16];

	if (read_file(text, sizeof(text), path, 0))
		sscanf(text, "%u", &number);
	return number;
}

/* By its owner and group, where it can be told who they are. */
static bool is_owner(const struct stat *node, unsigned int user)
{
	return user == node->st_uid && user != overflow("/proc/sys/kernel/overflowuid");
}

static bool is_of_group(const struct stat *node, unsigned int group, const char *groups)
{
	return (group == node->st_gid || (groups && has_group(groups, node->st_gid))) &&
	       node->st_gid != overflow("/proc/sys/kernel/overflowgid");
}

/*
 * Can what we start come to be another user's? As root, with some rights of root's, or
 * with another user's number in store. Those of others stay what they are.
 *
 * By set-user-ID programs only where the filter did not take the promise to gain no
 * privileges. Groups that are left do not count: who is still the same user may.
 */
static bool callers_may_change(void)
{
	static const uint32_t rights = 1U << CAP_SETUID | 1U << CAP_SYS_ADMIN;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) || !effective || real != effective ||
	       saved != effective || syscall(SYS_capget, &header, caps) ||
	       caps[0].permitted & rights;
}

bool callers_are_known(void)
{
	return !callers_may_change() || proc_is_ours();
}

bool caller_may_open(pid_t pid, const char *path, mode_t access)
{
	struct status status;
	const char *users, *own, *groups;
	unsigned int user, group;
	struct stat node;

	if (!callers_may_change())
		return true;
	if (!proc_is_ours() || !read_file(status.text, sizeof(status.text), "/proc/%d/status", pid))
		return false;
	/* Real, effective, saved, and the one that counts for files. In the file's order. */
	users = strstr(status.text, "\nUid:\t");
	own = strstr(status.text, "\nGid:\t");
	groups = find_line(&status, "\nGroups:\t");
	if (!users || sscanf(users, " Uid: %*u %*u %*u %u", &user) != 1)
		return false;
	if (user == geteuid())
		return true;
	if (!own || sscanf(own, " Gid: %*u %*u %*u %u", &group) != 1 || stat(path, &node))
		return false;
	if (is_owner(&node, user))
		access <<= 6;
	else if (is_of_group(&node, group, groups))
		access <<= 3;
	return (node.st_mode & access) == access;
}
