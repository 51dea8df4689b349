// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Windows in the kernel: directories in configfs, and nodes.
 *
 * The node's group and mode are udev's to give, which it does whenever the device
 * comes or changes, by what stands in /run/ioport/windows. They are set here as well,
 * to the same, so that the node is ready when the command is done.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_module.h"
#include "system.h"
#include "windows.h"

#define CONFIGFS "/sys/kernel/config"
#define WINDOWS CONFIGFS "/ioport"
#define STATE "/run/ioport/windows"
#define PATH_BYTES 512

bool windows_supported(void)
{
	if (!access(WINDOWS, F_OK))
		return true;
	if (!module_is_loaded()) {
		complain("the module is not loaded; type: sudo ioportctl load");
		return false;
	}
	if (!geteuid() && !mount("configfs", CONFIGFS, "configfs", 0, NULL) &&
	    !access(WINDOWS, F_OK))
		return true;
	if (access(CONFIGFS, F_OK))
		complain("this kernel was built without CONFIG_CONFIGFS_FS, or the module without "
			 "windows");
	else
		complain("there are no windows to be seen: " WINDOWS " is missing; type: sudo "
			 "mount -t configfs configfs " CONFIGFS);
	return false;
}

/* --- Reading ----------------------------------------------------------------------- */

static bool read_attribute(const char *name, const char *attribute, char *buf, size_t len)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), WINDOWS "/%s/%s", name, attribute);
	return system_line(path, buf, len);
}

static void node_path(const char *name, char *buf, size_t len)
{
	snprintf(buf, len, IOPORT_WINDOW_PREFIX "%s", name);
}

/* Whether it was made by a file; the rest of the state is for udev. */
static bool is_configured(const char *name)
{
	char path[PATH_BYTES], line[64];

	snprintf(path, sizeof(path), STATE "/%s", name);
	return system_line(path, line, sizeof(line)) && !strcmp(line, "IOPORT_CONFIGURED=1");
}

/* False where it has gone meanwhile. */
static bool read_window(const char *name, struct window *w)
{
	char text[16], path[PATH_BYTES];
	struct stat st;

	if (strlen(name) >= sizeof(w->name))
		return false;
	memset(w, 0, sizeof(*w));
	strcpy(w->name, name);
	if (!read_attribute(name, "live", text, sizeof(text)))
		return false;
	w->live = !strcmp(text, "1");
	w->busy = read_attribute(name, "busy", text, sizeof(text)) && !strcmp(text, "allow");
	read_attribute(name, "ports", w->ports, sizeof(w->ports));
	w->configured = is_configured(name);
	node_path(name, path, sizeof(path));
	if (w->live && !stat(path, &st)) {
		w->group = st.st_gid;
		w->mode = st.st_mode & 07777U;
	}
	return true;
}

static int is_window(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

bool windows_read_kernel(struct windows *windows)
{
	struct dirent **entries = NULL;
	struct window one, *w;
	bool good = true;
	int count;

	count = scandir(WINDOWS, &entries, is_window, alphasort);
	for (int i = 0; i < count; i++) {
		if (good && read_window(entries[i]->d_name, &one)) {
			w = windows_append(windows);
			good = w != NULL;
			if (w)
				*w = one;
		}
		free(entries[i]);
	}
	free(entries);
	return good;
}

/* --- Writing ----------------------------------------------------------------------- */

static bool write_attribute(const char *name, const char *attribute, const char *value)
{
	char path[PATH_BYTES];
	int fd;
	bool good;

	snprintf(path, sizeof(path), WINDOWS "/%s/%s", name, attribute);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	good = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
	if (!good)
		complain("window '%s': %s=%s: %m%s", name, attribute, value,
			 errno == EACCES ? "; it takes root" : "");
	if (fd >= 0)
		close(fd);
	return good;
}

/* For udev's rule, before the node comes. Put in place whole. */
static bool write_state(const struct window *w)
{
	char path[PATH_BYTES], temporary[PATH_BYTES];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), STATE "/%s", w->name);
	snprintf(temporary, sizeof(temporary), STATE "/.%s", w->name);
	mkdir("/run/ioport", 0755);
	mkdir(STATE, 0755);
	file = fopen(temporary, "we");
	good = file && fprintf(file, "IOPORT_CONFIGURED=%d\nIOPORT_GROUP=%u\nIOPORT_MODE=%04o\n",
			       w->configured, w->group, w->mode) > 0;
	if (file)
		good = !fclose(file) && good;
	good = good && !rename(temporary, path);
	if (!good)
		complain("%s: %m", path);
	return good;
}

static void remove_state(const char *name)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), STATE "/%s", name);
	unlink(path);
}

/* The group first: until the mode is set, the node is its owner's only. */
static bool own_node(const struct window *w)
{
	char path[PATH_BYTES];

	node_path(w->name, path, sizeof(path));
	if (!chown(path, 0, w->group) && !chmod(path, w->mode))
		return true;
	complain("%s: %m", path);
	return false;
}

static bool start(const struct window *w)
{
	return write_attribute(w->name, "ports", w->ports) &&
	       write_attribute(w->name, "busy", w->busy ? "allow" : "deny") && write_state(w) &&
	       write_attribute(w->name, "live", "1") && own_node(w);
}

bool window_remove(const char *name)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), WINDOWS "/%s", name);
	if (rmdir(path)) {
		complain(errno == ENOENT ? "there is no window '%s'" : "window '%s': %m", name);
		return false;
	}
	remove_state(name);
	return true;
}

bool window_add(const struct window *window)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), WINDOWS "/%s", window->name);
	if (mkdir(path, 0755)) {
		complain(errno == EEXIST ? "there is a window '%s' already" : "window '%s': %m",
			 window->name);
		return false;
	}
	if (start(window))
		return true;
	rmdir(path);
	remove_state(window->name);
	return false;
}

/*
 * Who has the window open keeps it when its ports change, as far as these allow. When its
 * group or mode changes it begins anew, so that nobody keeps what is not his any more.
 */
bool window_change(const struct window *have, const struct window *want)
{
	if (!have->live || have->group != want->group || have->mode != want->mode)
		return write_attribute(want->name, "live", "0") && start(want);
	return (have->configured == want->configured || write_state(want)) &&
	       write_attribute(want->name, "ports", want->ports) &&
	       write_attribute(want->name, "busy", want->busy ? "allow" : "deny");
}
