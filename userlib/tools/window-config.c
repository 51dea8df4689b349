// SPDX-License-Identifier: LGPL-2.1-or-later
/* What stands in /etc/ioport/windows.d: ioport-windows.conf(5). */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "windows.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789._-"
#define LINE_BYTES 1024
#define SUFFIX ".conf"

struct window *windows_find(const struct windows *windows, const char *name)
{
	for (size_t i = 0; i < windows->count; i++)
		if (!strcmp(windows->list[i].name, name))
			return &windows->list[i];
	return NULL;
}

struct window *windows_append(struct windows *windows)
{
	struct window *list = reallocarray(windows->list, windows->count + 1, sizeof(*list));

	if (!list) {
		complain("%m");
		return NULL;
	}
	windows->list = list;
	list += windows->count++;
	memset(list, 0, sizeof(*list));
	return list;
}

void windows_free(struct windows *windows)
{
	free(windows->list);
	windows->list = NULL;
	windows->count = 0;
}

/* --- Values -------------------------------------------------------------------- */

bool window_parse_name(const char *text, struct window *window)
{
	size_t len = strlen(text);

	if (!len || len >= sizeof(window->name) || strspn(text, NAME_CHARACTERS) != len ||
	    !isalnum((unsigned char)*text)) {
		complain("'%s' is no name for a window: at most %d of a-z, 0-9, '.', '_' and '-', "
			 "the first a letter or a digit",
			 text, WINDOW_NAME_BYTES - 1);
		return false;
	}
	memcpy(window->name, text, len + 1);
	return true;
}

/* Sorted and joined, in the kernel's own words, so that the two can be compared. */
static bool print_ports(const struct ioport_portmap *map, const char *text, struct window *window)
{
	uint32_t first, count;
	size_t used = 0;

	for (uint32_t at = 0; ioport_portmap_next(map, at, &first, &count); at = first + count) {
		char range[16];
		int len;

		len = count > 1 ? snprintf(range, sizeof(range), "0x%x-0x%x", first,
					   first + count - 1)
				: snprintf(range, sizeof(range), "0x%x", first);
		if (used + (size_t)len + 2 > sizeof(window->ports)) {
			complain("'%s' is too many ranges for one window", text);
			return false;
		}
		used += (size_t)sprintf(window->ports + used, "%s%s", used ? "," : "", range);
	}
	return true;
}

bool window_parse_ports(const char *text, struct window *window)
{
	char *list = strdup(text), *rest = list, *word;
	struct ioport_portmap map;
	struct range range;
	bool good = list, any = false;

	ioport_portmap_close_all(&map);
	while (good && (word = strsep(&rest, ", \t"))) {
		if (!*word)
			continue;
		good = parse_range(word, &range);
		if (good)
			ioport_portmap_open(&map, range.first, range.count);
		any = true;
	}
	free(list);
	if (good && !any)
		complain("a window needs a range");
	return good && any && print_ports(&map, text, window);
}

bool window_parse_group(const char *text, struct window *window)
{
	const struct group *group;
	uint32_t number;

	/* The last number is no group: chown() would leave the node's as it is. */
	if (parse_number(text, &number) && number != (gid_t)-1) {
		window->group = number;
		return true;
	}
	group = getgrnam(text);
	if (!group) {
		complain("'%s' is not a group here", text);
		return false;
	}
	window->group = group->gr_gid;
	return true;
}

bool window_parse_mode(const char *text, struct window *window)
{
	size_t len = strlen(text);
	unsigned long mode = strtoul(text, NULL, 8);

	if (len < 3 || len > 4 || strspn(text, "01234567") != len || mode & ~0666UL) {
		complain("'%s' is not a mode of read and write bits, such as 0660", text);
		return false;
	}
	window->mode = (mode_t)mode;
	return true;
}

bool window_parse_options(char *text, struct window *window)
{
	char *word;

	while ((word = strsep(&text, ", \t"))) {
		if (!*word)
			continue;
		if (strcmp(word, "busy=allow") && strcmp(word, "busy=deny")) {
			complain("'%s' is not an option; there are busy=deny and busy=allow", word);
			return false;
		}
		window->busy = !strcmp(word, "busy=allow");
	}
	return true;
}

/* --- Files ---------------------------------------------------------------------- */

enum {
	HAS_RANGE = 1,
	HAS_GROUP = 2,
	HAS_MODE = 4,
	HAS_OPTIONS = 8
};

struct parser {
	const char *path;
	unsigned int line;
	unsigned int name_line; /* that of the window that is being read; 0 before the first */
	unsigned int has;
	struct windows *windows;
	struct window *window;
};

/* What is complained of begins with the file and the line. */
static void set_where(const struct parser *p, unsigned int line)
{
	static char where[1024];

	snprintf(where, sizeof(where), "ioportctl windows: %s:%u", p->path, line);
	message_prefix = where;
}

static bool end_window(const struct parser *p)
{
	if (!p->name_line || (p->has & (HAS_RANGE | HAS_GROUP)) == (HAS_RANGE | HAS_GROUP))
		return true;
	set_where(p, p->name_line);
	complain("window '%s' has no %s", p->window->name, p->has & HAS_RANGE ? "group" : "range");
	return false;
}

static bool begin_window(struct parser *p, const char *name)
{
	struct window window = { .mode = 0660, .configured = true };

	if (!end_window(p))
		return false;
	set_where(p, p->line);
	if (!window_parse_name(name, &window))
		return false;
	if (windows_find(p->windows, name)) {
		complain("window '%s' is there already, in this file or another", name);
		return false;
	}
	p->window = windows_append(p->windows);
	if (!p->window)
		return false;
	*p->window = window;
	p->name_line = p->line;
	p->has = 0;
	return true;
}

static bool set_key(struct parser *p, const char *key, char *value)
{
	static const struct {
		const char *name;
		unsigned int has;
	} keys[] = {
		{ "range", HAS_RANGE },
		{ "group", HAS_GROUP },
		{ "mode", HAS_MODE },
		{ "options", HAS_OPTIONS },
	};
	unsigned int has = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i].name))
			has = keys[i].has;
	if (!has)
		complain("'%s' is no key; there are name, range, group, mode and options", key);
	else if (!p->name_line)
		complain("'%s' comes before a name", key);
	else if (p->has & has)
		complain("'%s' is given twice for window '%s'", key, p->window->name);
	if (!has || !p->name_line || p->has & has)
		return false;
	p->has |= has;
	switch (has) {
	case HAS_RANGE:
		return window_parse_ports(value, p->window);
	case HAS_GROUP:
		return window_parse_group(value, p->window);
	case HAS_MODE:
		return window_parse_mode(value, p->window);
	default:
		return window_parse_options(value, p->window);
	}
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static bool parse_line(struct parser *p, char *line)
{
	char *key = trim(line), *value = strchr(key, '=');

	set_where(p, p->line);
	if (!*key || *key == '#')
		return true;
	if (!value) {
		complain("'%s' is not of the form KEY = VALUE", key);
		return false;
	}
	*value++ = '\0';
	key = trim(key);
	value = trim(value);
	return strcmp(key, "name") ? set_key(p, key, value) : begin_window(p, value);
}

/*
 * Not one that waits for a writer, or has no end; but /dev/null, which is how one of a
 * package is masked. Complains where it gives NULL.
 */
static FILE *open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	FILE *file;

	if (fd >= 0 && !fstat(fd, &st) && !S_ISREG(st.st_mode) &&
	    !(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))) {
		complain("%s is not a regular file", path);
		close(fd);
		return NULL;
	}
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		complain("%s: %m", path);
		if (fd >= 0)
			close(fd);
	}
	return file;
}

static bool parse_file(const char *path, struct windows *windows)
{
	struct parser p = { .path = path, .windows = windows };
	FILE *file = open_regular(path);
	char line[LINE_BYTES];
	bool good = true;

	if (!file)
		return false;
	while (good && fgets(line, sizeof(line), file)) {
		p.line++;
		if (!strchr(line, '\n') && !feof(file)) {
			set_where(&p, p.line);
			complain("the line is too long");
			good = false;
		} else {
			good = parse_line(&p, line);
		}
	}
	good = good && end_window(&p);
	if (good && ferror(file)) {
		complain("%s: %m", path);
		good = false;
	}
	fclose(file);
	return good;
}

static int is_config(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), suffix = strlen(SUFFIX);

	return entry->d_name[0] != '.' && len > suffix &&
	       !strcmp(entry->d_name + len - suffix, SUFFIX);
}

bool windows_read_config(const char *dir, bool must_exist, struct windows *windows)
{
	const char *prefix = message_prefix;
	struct dirent **entries = NULL;
	char path[512];
	bool good = true;
	int count;

	count = scandir(dir, &entries, is_config, alphasort);
	if (count < 0) {
		if (errno == ENOENT && !must_exist)
			return true;
		complain("%s: %m", dir);
		return false;
	}
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		good = good && parse_file(path, windows);
		message_prefix = prefix;
		free(entries[i]);
	}
	free(entries);
	return good;
}
