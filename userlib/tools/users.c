// SPDX-License-Identifier: LGPL-2.1-or-later
/* Processes with the device open, by their descriptors in /proc. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* The link's own permissions are the open mode. */
static void add_mode(struct user *user, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	user->fds++;
	user->read |= (st.st_mode & S_IRUSR) != 0;
	user->write |= (st.st_mode & S_IWUSR) != 0;
}

/* Its descriptors of the device; false where it does not let us look. */
static bool look(int pid, unsigned int device, struct user *user)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return errno != EACCES && errno != EPERM;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && is_device(dirfd(dir), entry->d_name, device))
			add_mode(user, dirfd(dir), entry->d_name);
	closedir(dir);
	return true;
}

static void name(struct user *user)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", user->pid);
	if (!stat(path, &st))
		user->uid = st.st_uid;
	snprintf(path, sizeof(path), "/proc/%d/comm", user->pid);
	if (!system_line(path, user->name, sizeof(user->name)))
		snprintf(user->name, sizeof(user->name), "?");
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
	if (!list)
		return false;
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
