// SPDX-License-Identifier: LGPL-2.1-or-later
/* Processes with the device open, by their descriptors in /proc. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ctl.h"
#include "system.h"

/*
 * By number, as the node may have gone, or be called otherwise in a container. All of a
 * major number are ioport's: named windows, also such as are no more, have the others.
 */
static bool device_number(unsigned int *number)
{
	char line[64];

	return system_line("/sys/class/ioport/ioport/dev", line, sizeof(line)) &&
	       sscanf(line, "%u:", number) == 1;
}

static bool is_device(int dir, const char *name, unsigned int number)
{
	struct stat st;

	return !fstatat(dir, name, &st, 0) && S_ISCHR(st.st_mode) && major(st.st_rdev) == number;
}

/* Anybody may have such a one (O_PATH), and it gives nothing. */
static bool is_path_only(const char *task, const char *name)
{
	char path[112], line[64];
	unsigned int flags;
	FILE *file;
	bool is = false;

	snprintf(path, sizeof(path), "%s/fdinfo/%.16s", task, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "flags: %o", &flags) == 1)
			is = flags & O_PATH;
	if (file)
		fclose(file);
	return is;
}

/* The link's own permissions are the open mode. */
static void add_mode(struct user *user, const char *task, int dir, const char *name)
{
	struct stat st;

	if (is_path_only(task, name) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	user->fds++;
	user->read |= (st.st_mode & S_IRUSR) != 0;
	user->write |= (st.st_mode & S_IWUSR) != 0;
}

/* A thread's descriptors of the device; false where it does not let us look. */
static bool look_at_task(const char *task, unsigned int device, struct user *user)
{
	char path[96];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/fd", task);
	dir = opendir(path);
	if (!dir)
		return errno != EACCES && errno != EPERM;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && is_device(dirfd(dir), entry->d_name, device))
			add_mode(user, task, dirfd(dir), entry->d_name);
	closedir(dir);
	return true;
}

/* Does the thread share its descriptors with the one looked at last? No where none tells. */
static bool has_table_of(int last, int tid)
{
	return last && !syscall(SYS_kcmp, last, tid, KCMP_FILES, 0, 0);
}

/*
 * Of all threads: the first may have ended, and has none then; and others may have
 * descriptors of their own. What they share is looked at once.
 */
static bool look(int pid, unsigned int device, struct user *user)
{
	char path[80];
	struct dirent *entry;
	bool seen = true;
	int tid, last = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return errno != EACCES && errno != EPERM;
	while ((entry = readdir(dir))) {
		tid = atoi(entry->d_name);
		if (tid <= 0 || has_table_of(last, tid))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
		seen = look_at_task(path, device, user) && seen;
		last = tid;
	}
	closedir(dir);
	return seen;
}

static void name(struct user *user)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", user->pid);
	if (!stat(path, &st))
		user->uid = st.st_uid;
	system_program(user->pid, user->name, sizeof(user->name));
}

static bool add(struct users *users, int pid, unsigned int device)
{
	struct user user = { .pid = pid }, *list;

	if (!look(pid, device, &user))
		users->unseen++;
	if (!user.fds)
		return true;
	name(&user);
	list = reallocarray(users->list, users->count + 1, sizeof(*list));
	if (!list) {
		complain("%m");
		return false;
	}
	list[users->count++] = user;
	users->list = list;
	return true;
}

bool users_load(struct users *users)
{
	struct dirent *entry;
	unsigned int device;
	bool good = true;
	DIR *proc;
	int pid;

	memset(users, 0, sizeof(*users));
	if (!device_number(&device))
		return true;
	proc = opendir("/proc");
	if (!proc) {
		complain("/proc: %m");
		return false;
	}
	while (good && (entry = readdir(proc))) {
		pid = atoi(entry->d_name);
		if (pid > 0 && pid != getpid())
			good = add(users, pid, device);
	}
	closedir(proc);
	return good;
}

void users_free(struct users *users)
{
	free(users->list);
	users->list = NULL;
}
