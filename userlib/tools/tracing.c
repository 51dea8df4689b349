// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "system.h"
#include "tracing.h"

#define TRACEFS "/sys/kernel/tracing"
#define INSTANCES TRACEFS "/instances"
/* Of our instances; the number of the process comes after it. */
#define PREFIX "ioportctl."
/* What is read before the caller may look at the time again, READS times. */
#define READ_BYTES 16384
#define READS 64

/**
 * struct tracing - an instance of the kernel's tracing
 * @dir: Its directory.
 * @pipe: Where its events are read; -1 before tracing_on().
 * @text: What was read, and is not a whole line yet.
 * @used: Its length.
 * @lost: Number of events that were lost.
 * @pid: Whose name was looked up last; 0 for nobody's.
 * @program: The name.
 */
struct tracing {
	char dir[sizeof(INSTANCES) + 32];
	int pipe;
	char text[READ_BYTES];
	size_t used;
	unsigned long lost;
	int pid;
	char program[32];
};

/* --- Files ------------------------------------------------------------------------- */

static int open_file(const struct tracing *t, const char *name, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	return open(path, flags | O_CLOEXEC);
}

static bool write_file(const struct tracing *t, const char *name, const char *text, int flags)
{
	int fd = open_file(t, name, O_WRONLY | flags);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* One without which it makes no sense to go on. */
static bool set(const struct tracing *t, const char *name, const char *text)
{
	if (write_file(t, name, text, 0))
		return true;
	complain("%s/%s: %m", t->dir, name);
	return false;
}

/* --- The instance ------------------------------------------------------------------- */

static bool is_running(const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.16s", pid);
	return !access(path, F_OK);
}

/* What processes left that were killed. */
static void remove_left_behind(void)
{
	DIR *dir = opendir(INSTANCES);
	const struct dirent *entry;
	char path[PATH_MAX];

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) ||
		    is_running(entry->d_name + strlen(PREFIX)))
			continue;
		snprintf(path, sizeof(path), INSTANCES "/%s", entry->d_name);
		rmdir(path);
	}
	if (dir)
		closedir(dir);
}

static void complain_no_instance(void)
{
	switch (errno) {
	case EACCES:
		complain("that takes root; run it again with sudo");
		break;
	case EPERM:
		complain(geteuid() ? "that takes root; run it again with sudo"
				   : "tracing is forbidden: kernel lockdown, or the container");
		break;
	case ENOENT:
		if (geteuid())
			complain("that takes root; run it again with sudo");
		else
			complain("there is no " INSTANCES
				 "; type: mount -t tracefs tracefs " TRACEFS
				 " (a kernel without CONFIG_TRACING has none)");
		break;
	default:
		complain("%s: %m", INSTANCES);
	}
}

static bool has_events(const struct tracing *t)
{
	int fd = open_file(t, "events/ioport/enable", O_RDONLY);

	if (fd < 0) {
		if (access("/sys/module/ioport", F_OK))
			complain(
				"the kernel module ioport is not loaded; run: sudo modprobe ioport");
		else
			complain("the kernel module ioport has no events here (%s/events/ioport: "
				 "%m): it is older than this program, or the kernel has no "
				 "tracepoints",
				 t->dir);
		return false;
	}
	close(fd);
	return true;
}

/* The same clock as ours; no more of a line than we read; and awake at the first event. */
static bool prepare(const struct tracing *t)
{
	write_file(t, "options/irq-info", "0", 0);
	write_file(t, "buffer_percent", "0", 0);
	return has_events(t) && set(t, "tracing_on", "0") && set(t, "trace_clock", "mono");
}

struct tracing *tracing_open(void)
{
	struct tracing *t = calloc(1, sizeof(*t));

	if (!t) {
		complain("%m");
		return NULL;
	}
	t->pipe = -1;
	remove_left_behind();
	snprintf(t->dir, sizeof(t->dir), INSTANCES "/" PREFIX "%d", getpid());
	if (mkdir(t->dir, 0700)) {
		complain_no_instance();
		free(t);
		return NULL;
	}
	if (prepare(t))
		return t;
	tracing_close(t);
	return NULL;
}

void tracing_close(struct tracing *t)
{
	if (t->pipe >= 0)
		close(t->pipe);
	if (rmdir(t->dir))
		complain("%s: %m", t->dir);
	free(t);
}

bool tracing_pid(struct tracing *t, pid_t pid)
{
	char path[64], text[32];
	const struct dirent *entry;
	bool any = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	/* With what it starts from now on. */
	if (!set(t, "options/event-fork", "1"))
		return false;
	while (dir && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(text, sizeof(text), "%.16s\n", entry->d_name);
		any = write_file(t, "set_event_pid", text, O_APPEND) || any;
	}
	if (!dir)
		complain("there is no process %d", pid);
	else if (!any)
		complain("%s/set_event_pid: %m", t->dir);
	if (dir)
		closedir(dir);
	return any;
}

bool tracing_on(struct tracing *t)
{
	t->pipe = open_file(t, "trace_pipe", O_RDONLY | O_NONBLOCK);
	if (t->pipe < 0) {
		complain("%s/trace_pipe: %m", t->dir);
		return false;
	}
	return set(t, "events/ioport/enable", "1") && set(t, "tracing_on", "1");
}

void tracing_off(struct tracing *t)
{
	write_file(t, "events/ioport/enable", "0", 0);
	write_file(t, "tracing_on", "0", 0);
}

double tracing_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

unsigned long tracing_lost(const struct tracing *t)
{
	return t->lost;
}

/* --- Lines ---------------------------------------------------------------------------- */

void trace_word(const struct trace_event *event, const char *name, char *word, size_t size)
{
	size_t length = strlen(name);
	const char *at = event->fields;

	*word = '\0';
	while (at && (strncmp(at, name, length) || at[length] != '=')) {
		at = strchr(at, ' ');
		at += at ? 1 : 0;
	}
	if (at)
		snprintf(word, size, "%.*s", (int)strcspn(at + length + 1, " "), at + length + 1);
}

bool trace_field(const struct trace_event *event, const char *name, uint32_t *value)
{
	char word[32];

	trace_word(event, name, word, sizeof(word));
	return parse_number(word, value);
}

/* Where the last "@mark" of a text begins. */
static char *find_last(char *text, const char *mark)
{
	char *found = NULL;

	for (char *at = strstr(text, mark); at; at = strstr(at + 1, mark))
		found = at;
	return found;
}

/*
 * The kernel notes a name only when the program is switched away from the next time, and
 * has none, or one from before an exec, until then. So who is still there is asked itself.
 */
static void find_program(struct tracing *t, int pid, const char *noted)
{
	if (t->pid == pid)
		return;
	t->pid = pid;
	system_program(pid, t->program, sizeof(t->program));
	if (strcmp(t->program, "?"))
		return;
	snprintf(t->program, sizeof(t->program), "%s", noted);
	for (char *c = t->program; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
}

/* "          program-1234", of which the first part is whatever the program chose. */
static bool parse_who(struct tracing *t, char *text, struct trace_event *event)
{
	char *dash = strrchr(text, '-'), *end;

	if (!dash)
		return false;
	*dash = '\0';
	event->pid = (int)strtol(dash + 1, &end, 10);
	find_program(t, event->pid, text + strspn(text, " "));
	event->program = t->program;
	return end != dash + 1;
}

/*
 * "program-1234 [000] 12.345678: ioport_open: file=..." Read from its end, as nobody but
 * the module has a say in that.
 */
static bool parse_line(struct tracing *t, char *line, struct trace_event *event)
{
	char *name = find_last(line, ": ioport_"), *time, *cpu, *fields;

	if (!name)
		return false;
	*name = '\0';
	name += strlen(": ioport_");
	fields = strstr(name, ": ");
	time = strrchr(line, ' ');
	cpu = find_last(line, " [");
	if (!fields || !time || !cpu)
		return false;
	*fields = '\0';
	*cpu = '\0';
	event->fields = fields + 2;
	event->time = strtod(time, NULL);
	snprintf(event->name, sizeof(event->name), "%s", name);
	return parse_who(t, line, event);
}

/*
 * "CPU:0 [LOST 123 EVENTS]" stands between the others. The whole of it: a program may call
 * itself "\nCPU:0 [LOST 9", but has no room for more.
 */
static void take_line(struct tracing *t, char *line,
		      void (*show)(void *data, const struct trace_event *), void *data)
{
	struct trace_event event = { 0 };
	unsigned long lost;
	int length = 0;

	if (parse_line(t, line, &event))
		show(data, &event);
	else if (sscanf(line, "CPU:%*d [LOST %lu EVENTS]%n", &lost, &length) == 1 && length &&
		 !line[length])
		t->lost += lost;
}

/* Cuts what is there into lines; one that fills the buffer is none of ours. */
static void take_lines(struct tracing *t, void (*show)(void *data, const struct trace_event *),
		       void *data)
{
	char *at = t->text, *end;

	while ((end = memchr(at, '\n', t->used - (size_t)(at - t->text)))) {
		*end = '\0';
		take_line(t, at, show, data);
		at = end + 1;
	}
	t->used -= (size_t)(at - t->text);
	memmove(t->text, at, t->used);
	if (t->used == sizeof(t->text))
		t->used = 0;
}

bool tracing_read(struct tracing *t, int ms, void (*show)(void *data, const struct trace_event *),
		  void *data)
{
	struct pollfd pollfd = { .fd = t->pipe, .events = POLLIN };
	ssize_t n = 1;

	poll(&pollfd, 1, ms);
	t->pid = 0;
	for (int i = 0; i < READS && n > 0; i++) {
		n = read(t->pipe, t->text + t->used, sizeof(t->text) - t->used);
		if (n > 0) {
			t->used += (size_t)n;
			take_lines(t, show, data);
		}
	}
	/* Nothing is there; a signal came; or it was switched off and all of it was read. */
	if (n >= 0 || errno == EAGAIN || errno == EINTR)
		return true;
	complain("%s/trace_pipe: %m", t->dir);
	return false;
}
