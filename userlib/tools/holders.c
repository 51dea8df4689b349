// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ioportctl holders: who has the device open, and with --threads, which threads
 * have ports open for in and out instructions.
 *
 * The latter only a debugger can see: the register set NT_386_IOPERM is the
 * thread's bitmap, and to read it the thread must be stopped for a moment. The
 * bitmap is the same for ioport and for ioperm(). What iopl(3) gives is not in
 * any register set.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "system.h"

#ifndef NT_386_IOPERM
#define NT_386_IOPERM 0x201
#endif

/* A thread that does not stop within this many milliseconds is let go. */
#define STOP_MS 200
#define KERNEL_THREAD 0x00200000UL /* PF_KTHREAD in /proc/PID/stat */

struct holders_options {
	struct options common;
	bool threads;
};

struct holders {
	struct users users;
	json_object *threads; /* [{pid, tid, name, ports: [...]}] */
	unsigned int unseen;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct holders_options *options = state->input;

	if (key == 't') {
		options->threads = true;
		return 0;
	}
	return parse_common(key, arg, state);
}

/* --- One thread ----------------------------------------------------------------- */

static bool wait_until_stopped(int tid, int *status)
{
	const struct timespec pause = { .tv_nsec = 1000 * 1000 };

	for (int i = 0; i < STOP_MS; i++) {
		if (waitpid(tid, status, __WALL | WNOHANG) == tid)
			return WIFSTOPPED(*status);
		nanosleep(&pause, NULL);
	}
	return false;
}

/*
 * A signal that came first is what it stopped for, and would be lost. Of no effect on one
 * that did not stop: that goes free when we end.
 */
static void let_go(int tid, int status)
{
	long sig = WIFSTOPPED(status) && status >> 16 == 0 ? WSTOPSIG(status) : 0;

	ptrace(PTRACE_DETACH, tid, NULL, (void *)sig);
}

/* 1: it has a bitmap, which is stored; 0: none; -1: it cannot be seen. */
static int read_bitmap(int tid, struct ioport_portmap *map)
{
	struct iovec iov = { .iov_base = map->bytes, .iov_len = sizeof(map->bytes) };
	int ret = -1, status = 0;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL))
		return errno == ESRCH ? 0 : -1;
	if (!ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) && wait_until_stopped(tid, &status)) {
		ioport_portmap_close_all(map);
		if (!ptrace(PTRACE_GETREGSET, tid, (void *)NT_386_IOPERM, &iov))
			ret = 1;
		else
			ret = errno == ENXIO || errno == ENODATA || errno == ENODEV ? 0 : -1;
	}
	let_go(tid, status);
	return ret;
}

static json_object *runs(const struct ioport_portmap *map)
{
	json_object *list = json_object_new_array();
	uint32_t first, count;

	for (uint32_t at = 0; ioport_portmap_next(map, at, &first, &count); at = first + count)
		json_object_array_add(list, json_object_new_string(range_text(first, count)));
	return list;
}

static void look_at_thread(struct holders *h, int pid, int tid, const char *name)
{
	struct ioport_portmap map;
	json_object *object, *ports;
	int has = read_bitmap(tid, &map);

	if (has < 0)
		h->unseen++;
	if (has <= 0)
		return;
	ports = runs(&map);
	object = json_object_new_object();
	json_add(object, "pid", json_object_new_int(pid));
	json_add(object, "tid", json_object_new_int(tid));
	json_add(object, "program", json_object_new_string(name));
	json_add(object, "ports", ports);
	json_object_array_add(h->threads, object);
}

/* --- All processes --------------------------------------------------------------- */

/* "PID (NAME) STATE PPID PGRP SESSION TTY TPGID FLAGS ...", and NAME may have anything. */
static bool is_kernel_thread(int pid)
{
	char path[64], line[512];
	unsigned long flags;
	char *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!system_line(path, line, sizeof(line)))
		return true;
	rest = strrchr(line, ')');
	return !rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %lu", &flags) != 1 ||
	       flags & KERNEL_THREAD;
}

/* Calls @visit for each number that is an entry of the directory. */
static void each_number(const char *path, void (*visit)(struct holders *h, int pid, int number),
			struct holders *h, int pid)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int number;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		number = atoi(entry->d_name);
		if (number > 0)
			visit(h, pid, number);
	}
	closedir(dir);
}

static void visit_thread(struct holders *h, int pid, int tid)
{
	char name[32];

	system_program(tid, name, sizeof(name));
	look_at_thread(h, pid, tid, name);
}

static void visit_process(struct holders *h, int unused, int pid)
{
	char path[64];

	(void)unused;
	if (pid == getpid() || is_kernel_thread(pid))
		return;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	each_number(path, visit_thread, h, pid);
}

/* --- What was found --------------------------------------------------------------- */

static const char *mode_text(const struct user *user)
{
	if (user->read && user->write)
		return "read, write";
	return user->read ? "read" : "write";
}

static void print_users(const struct users *users)
{
	char name[64];

	if (!users->count)
		puts("no process that can be seen has " IOPORT_DEVICE " open");
	for (size_t i = 0; i < users->count; i++) {
		const struct user *user = &users->list[i];

		system_user_name(user->uid, name, sizeof(name));
		printf("%7d  %-10s  %-16s  %s\n", user->pid, name, user->name, mode_text(user));
	}
}

static void print_threads(json_object *threads)
{
	size_t n = json_object_array_length(threads);

	if (!n)
		puts("no thread that can be seen has ports open for in and out instructions");
	for (size_t i = 0; i < n; i++) {
		json_object *thread = json_object_array_get_idx(threads, i), *ports;

		ports = json_object_object_get(thread, "ports");
		printf("thread %d of %d, %s:",
		       json_object_get_int(json_object_object_get(thread, "tid")),
		       json_object_get_int(json_object_object_get(thread, "pid")),
		       json_object_get_string(json_object_object_get(thread, "program")));
		for (size_t j = 0; j < json_object_array_length(ports); j++)
			printf(" %s", json_object_get_string(json_object_array_get_idx(ports, j)));
		puts(json_object_array_length(ports) ? "" : " none open");
	}
}

static json_object *users_json(const struct users *users)
{
	json_object *list = json_object_new_array(), *object;

	for (size_t i = 0; i < users->count; i++) {
		const struct user *user = &users->list[i];

		object = json_object_new_object();
		json_add(object, "pid", json_object_new_int(user->pid));
		json_add(object, "uid", json_object_new_int64(user->uid));
		json_add(object, "program", json_object_new_string(user->name));
		json_add(object, "read", json_object_new_boolean(user->read));
		json_add(object, "write", json_object_new_boolean(user->write));
		json_object_array_add(list, object);
	}
	return list;
}

static void print_holders_json(struct holders *h)
{
	json_object *object = json_object_new_object();

	json_add(object, "open", users_json(&h->users));
	if (h->threads)
		json_add(object, "threads", json_object_get(h->threads));
	json_add(object, "unseen", json_object_new_int((int)(h->users.unseen + h->unseen)));
	print_json(object);
}

static void tell_unseen(const struct holders *h, bool threads)
{
	fflush(stdout);
	if (h->users.unseen)
		complain("%u processes of others cannot be seen; root sees all", h->users.unseen);
	if (h->unseen)
		complain("%u threads cannot be seen: others', or being debugged; root sees more",
			 h->unseen);
	if (threads)
		complain("iopl(3) cannot be seen by anybody, nor a descriptor in transit");
	else
		complain("not shown: threads that inherited ports and have the device closed, and "
			 "users of ioperm(); --threads looks for them");
}

static int holders(const struct holders_options *options)
{
	struct holders h = { 0 };

	if (!users_load(&h.users))
		return STATUS_NO;
	if (options->threads) {
		h.threads = json_object_new_array();
		each_number("/proc", visit_process, &h, 0);
	}
	if (options->common.json) {
		print_holders_json(&h);
	} else {
		print_users(&h.users);
		if (h.threads)
			print_threads(h.threads);
		tell_unseen(&h, options->threads);
	}
	json_object_put(h.threads);
	users_free(&h.users);
	return STATUS_OK;
}

int verb_holders(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{ "threads", 't', NULL, 0,
		  "Look for ports that are open for in and out instructions, thread by thread: "
		  "each is stopped for a moment, as a debugger does",
		  0 },
		OPTION_JSON,
		{ 0 },
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "Show the processes that have " IOPORT_DEVICE " open. With --threads, also "
		       "the threads that have ports open for in and out instructions, through "
		       "ioport or ioperm(), which look the same. What iopl(3) gives cannot be "
		       "seen. Root sees all processes, others their own.\v"
		       "Exit status: 0 shown, 1 failed, 2 usage.",
	};
	struct holders_options options = { .common.no_operands = true };

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	return holders(&options);
}
