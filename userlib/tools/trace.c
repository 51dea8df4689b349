// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ioportctl trace: what all programs do with ports, as the module's tracepoints tell it.
 * The reading is tracing.c's; here is what a line says, and what is shown of it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "tracing.h"

/* How often it looks whether it is time to end, in ms. */
#define TICK_MS 100

struct trace_options {
	bool json;
	unsigned long count; /* of events; 0: no bound */
	double seconds;	     /* 0: no bound */
	pid_t pid;	     /* 0: all */
	struct range *ranges;
	size_t nr_ranges;
	const char *output;
	char **command; /* NULL: none */
};

/**
 * struct trace - a trace on its way
 * @options: The command line.
 * @tracing: The kernel's side.
 * @out: Where events are written.
 * @start: When it began, by the clock of the events.
 * @shown: Number of events written.
 * @child: The command; 0 where there is none (any more).
 * @status: Exit status of the command.
 */
struct trace {
	const struct trace_options *options;
	struct tracing *tracing;
	FILE *out;
	int unwritten; /* errno of what could not be */
	double start;
	unsigned long shown;
	pid_t child;
	int status;
};

/* Set by signals that ask for the end. */
static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	stopped = sig;
}

/* --- The command line ------------------------------------------------------------ */

static bool add_range(struct trace_options *options, const char *text)
{
	struct range *ranges =
		reallocarray(options->ranges, options->nr_ranges + 1, sizeof(*ranges));

	if (!ranges) {
		complain("%m");
		return false;
	}
	options->ranges = ranges;
	return parse_range(text, &ranges[options->nr_ranges++]);
}

static unsigned long positive(struct argp_state *state, const char *name, const char *arg)
{
	uint32_t value;

	if (!parse_number(arg, &value) || !value || value > INT32_MAX)
		argp_error(state, "--%s is a number from 1, not '%s'", name, arg);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct trace_options *options = state->input;
	char *end;

	switch (key) {
	case 'p':
		for (const char *range; (range = strsep(&arg, ","));)
			if (!add_range(options, range))
				exit(STATUS_USAGE);
		return 0;
	case 'P':
		options->pid = (pid_t)positive(state, "pid", arg);
		return 0;
	case 'c':
	case 'n':
		options->count = positive(state, "count", arg);
		return 0;
	case 't':
		options->seconds = strtod(arg, &end);
		if (*arg < '0' || *arg > '9' || *end || !(options->seconds > 0) ||
		    options->seconds > 1e9)
			argp_error(state, "--time is seconds, such as 0.5, not '%s'", arg);
		return 0;
	case 'o':
		options->output = arg;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARGS:
		options->command = state->argv + state->next;
		if (options->pid)
			argp_error(state, "--pid and a command do not go together");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* --- What an event says ------------------------------------------------------------- */

/* Sentences for the causes that the module names. */
static const char *reason_sentence(const char *reason)
{
	static const char *const sentences[][2] = {
		{ "mode",
		  "the device is not open for that (read, write, or both for direct access)" },
		{ "lockdown", "kernel lockdown forbids port access" },
		{ "no-direct", "this machine has no direct access" },
		{ "privilege", "direct access needs CAP_SYS_RAWIO on this kernel" },
		{ "policy", "not allowed by the administrator's policy" },
		{ "limit", "outside the limit that this open file was narrowed to" },
		{ "busy", "held by a kernel driver or ACPI" },
		{ "attached", "the thread has ports from another open file, or from ioperm()" },
	};

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (!strcmp(sentences[i][0], reason))
			return sentences[i][1];
	return "for a reason that is newer than this program";
}

/* The ports that an event is about; false for one that names none. */
static bool ports_of(const struct trace_event *event, struct range *range)
{
	if (trace_field(event, "width", &range->count))
		return trace_field(event, "port", &range->first);
	return trace_field(event, "first", &range->first) &&
	       trace_field(event, "count", &range->count) && range->count;
}

static bool is_wanted(const struct trace_options *options, const struct trace_event *event)
{
	struct range r;

	if (!options->nr_ranges)
		return true;
	if (!ports_of(event, &r))
		return false;
	for (size_t i = 0; i < options->nr_ranges; i++)
		if (r.first < options->ranges[i].first + options->ranges[i].count &&
		    options->ranges[i].first < r.first + r.count)
			return true;
	return false;
}

static uint32_t field(const struct trace_event *event, const char *name)
{
	uint32_t value = 0;

	trace_field(event, name, &value);
	return value;
}

static bool is_access(const struct trace_event *event)
{
	return strstr(event->name, "transfer") || strstr(event->name, "access");
}

/* By what way a port was touched. */
static const char *access_by(const struct trace_event *event)
{
	if (!strcmp(event->name, "transfer"))
		return field(event, "write") ? "write" : "read";
	return !strcmp(event->name, "close_access") ? "at close" : "batch";
}

static void say_access(FILE *out, const struct trace_event *event)
{
	unsigned int width = field(event, "width");
	char what[8];

	snprintf(what, sizeof(what), "%s%u", field(event, "write") ? "out" : "in", 8 * width);
	fprintf(out, "%-5s 0x%04x 0x%0*x  %s", what, field(event, "port"), 2 * (int)width,
		field(event, "value"), access_by(event));
}

static void say_denied(FILE *out, const struct trace_event *event)
{
	char call[16], reason[16];
	uint32_t first = field(event, "first"), count = field(event, "count");

	trace_word(event, "call", call, sizeof(call));
	trace_word(event, "reason", reason, sizeof(reason));
	fprintf(out, "denied %s", call);
	if (count)
		fprintf(out, " %s", range_text(first, count));
	fprintf(out, ": %s", strerror((int)field(event, "error")));
	if (count > 1 && field(event, "port") != first)
		fprintf(out, ": 0x%04x", field(event, "port"));
	fprintf(out, ": %s", reason_sentence(reason));
}

static void say_batch(FILE *out, const struct trace_event *event)
{
	uint32_t error = field(event, "error");

	fprintf(out, "%s %u", event->name, field(event, "ops"));
	if (!strcmp(event->name, "batch"))
		fprintf(out, ", %u done%s", field(event, "done"),
			field(event, "atomic") ? ", atomic" : "");
	if (error)
		fprintf(out, ": %s", strerror((int)error));
}

static void say_map(FILE *out, const struct trace_event *event)
{
	uint32_t open = field(event, "open"), first = field(event, "first");

	fprintf(out, "%s %u ports", event->name, open);
	if (open)
		fprintf(out, " in %s", range_text(first, field(event, "last") - first + 1));
}

static void say_event(FILE *out, const struct trace_event *event)
{
	uint32_t value;

	if (is_access(event))
		say_access(out, event);
	else if (!strcmp(event->name, "denied"))
		say_denied(out, event);
	else if (trace_field(event, "ops", &value))
		say_batch(out, event);
	else if (trace_field(event, "open", &value))
		say_map(out, event);
	else if (!strcmp(event->name, "open"))
		fprintf(out, "open%s%s", field(event, "read") ? " read" : "",
			field(event, "write") ? " write" : "");
	else if (trace_field(event, "count", &value))
		fprintf(out, "%s %s", event->name, range_text(field(event, "first"), value));
	else
		fputs(event->name, out);
	if (field(event, "thread"))
		fputs(" (this thread)", out);
}

/* The module's own fields by their names; widths are in bits, as elsewhere. */
static void add_fields(json_object *object, const struct trace_event *event)
{
	char fields[TRACE_TEXT], *save = NULL, *value;

	snprintf(fields, sizeof(fields), "%s", event->fields);
	for (char *name = strtok_r(fields, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		uint32_t number;

		value = strchr(name, '=');
		if (!value)
			continue;
		*value++ = '\0';
		if (!strcmp(name, "file") || !parse_number(value, &number))
			json_add(object, name, json_object_new_string(value));
		else if (!strcmp(name, "read") || !strcmp(name, "write") ||
			 !strcmp(name, "thread") || !strcmp(name, "atomic"))
			json_add(object, name, json_object_new_boolean(number != 0));
		else
			json_add(
				object, name,
				json_object_new_int64(strcmp(name, "width") ? number : 8 * number));
	}
}

static void print_event_json(struct trace *t, const struct trace_event *event)
{
	json_object *object = json_object_new_object();
	uint32_t error = field(event, "error");
	char text[32];

	snprintf(text, sizeof(text), "%.6f", event->time - t->start);
	json_add(object, "time", json_object_new_double_s(event->time - t->start, text));
	json_add(object, "program", json_object_new_string(event->program));
	json_add(object, "tid", json_object_new_int(event->pid));
	json_add(object, "event", json_object_new_string(event->name));
	add_fields(object, event);
	if (error)
		json_add(object, "text", json_object_new_string(strerror((int)error)));
	fprintf(t->out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}

static bool is_full(const struct trace *t)
{
	return t->options->count && t->shown >= t->options->count;
}

static void show(void *data, const struct trace_event *event)
{
	struct trace *t = data;

	if (is_full(t) || !is_wanted(t->options, event))
		return;
	t->shown++;
	if (t->options->json) {
		print_event_json(t, event);
		return;
	}
	fprintf(t->out, "%12.6f %-15s %7d  ", event->time - t->start, event->program, event->pid);
	say_event(t->out, event);
	fputc('\n', t->out);
}

/* --- The command ---------------------------------------------------------------------- */

/* Starts it, but lets it run only when something is written to the pipe. */
static pid_t start_command(char **command, int *go)
{
	int ends[2], status;
	char byte;
	pid_t pid;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (pid) {
		/* It is waited for, which who started us, and not it, may have switched off. */
		signal(SIGCHLD, SIG_DFL);
		close(ends[0]);
		*go = ends[1];
		return pid;
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		_exit(STATUS_NO);
	close(ends[0]);
	execvp(command[0], command);
	status = errno == ENOENT ? 127 : 126;
	complain("%s: %m", command[0]);
	_exit(status);
}

static bool run_command(struct trace *t)
{
	int go = -1;
	bool good;

	t->child = start_command(t->options->command, &go);
	if (t->child < 0) {
		complain("%s: %m", t->options->command[0]);
		t->child = 0;
		return false;
	}
	/* Without the byte it ends by itself. */
	good = tracing_pid(t->tracing, t->child) && tracing_on(t->tracing) && write(go, "", 1) == 1;
	close(go);
	return good;
}

static void reap(struct trace *t, int flags)
{
	int status;

	if (!t->child || waitpid(t->child, &status, flags) != t->child)
		return;
	t->child = 0;
	t->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- The loop --------------------------------------------------------------------------- */

/* A signal goes to the command first, which may have something to finish. */
static bool is_over(struct trace *t)
{
	int sig = stopped;

	if (t->options->command && !t->child)
		return true;
	if (!sig)
		return is_full(t) ||
		       (t->options->seconds > 0 && tracing_now() - t->start >= t->options->seconds);
	if (!t->child)
		return true;
	stopped = 0;
	kill(t->child, sig);
	return false;
}

/* The write that has nobody to read it fails, and that ends the trace. */
static void on_pipe(int sig)
{
	(void)sig;
}

/* By handlers, which the command does not inherit. */
static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_pipe };

	sigaction(SIGPIPE, &action, NULL);
	action.sa_handler = on_signal;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/*
 * The first error is kept: a flush after it has nothing to write any more, and so all
 * is well with the next one, and with fclose().
 */
static bool write_out(struct trace *t)
{
	if (!fflush(t->out) && !ferror(t->out))
		return true;
	if (!t->unwritten)
		t->unwritten = errno;
	return false;
}

static bool trace_all(struct trace *t)
{
	bool good = true;

	while (good && !is_over(t)) {
		good = tracing_read(t->tracing, TICK_MS, show, t);
		/* The file system is full, or nobody reads it any more. */
		if (!write_out(t))
			break;
		reap(t, WNOHANG);
	}
	/* What came before the end and was not read yet. */
	tracing_off(t->tracing);
	return good && tracing_read(t->tracing, 0, show, t);
}

static int trace(struct trace *t)
{
	bool good;

	catch_signals();
	t->start = tracing_now();
	if (t->options->command)
		good = run_command(t);
	else
		good = (!t->options->pid || tracing_pid(t->tracing, t->options->pid)) &&
		       tracing_on(t->tracing);
	good = good && trace_all(t);
	write_out(t);
	if (tracing_lost(t->tracing))
		complain("%lu events were lost: they came faster than they could be read",
			 tracing_lost(t->tracing));
	return good ? STATUS_OK : STATUS_NO;
}

static bool close_output(struct trace *t)
{
	if (fclose(t->out) && !t->unwritten)
		t->unwritten = errno;
	errno = t->unwritten;
	if (t->unwritten)
		complain("%s: %m", t->options->output);
	return !t->unwritten;
}

static int open_and_trace(const struct trace_options *options)
{
	struct trace t = { .options = options, .out = stdout };
	int status;

	t.tracing = tracing_open();
	if (!t.tracing)
		return STATUS_NO;
	if (options->output)
		t.out = fopen(options->output, "we");
	if (t.out) {
		status = trace(&t);
	} else {
		complain("%s: %m", options->output);
		status = STATUS_NO;
	}
	tracing_close(t.tracing);
	if (options->output && t.out && !close_output(&t))
		status = STATUS_NO;
	reap(&t, 0);
	return status == STATUS_OK && options->command ? t.status : status;
}

int verb_trace(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{ "ports", 'p', "RANGE[,RANGE...]", 0, "Only these ports", 0 },
		{ "pid", 'P', "PID", 0, "Only this process, and what it starts from now on", 0 },
		{ "count", 'c', "N", 0, "End after N events", 0 },
		{ NULL, 'n', NULL, OPTION_ALIAS, NULL, 0 },
		{ "time", 't', "SECONDS", 0, "End after this time", 0 },
		{ "output", 'o', "FILE", 0, "Write to FILE", 0 },
		{ "json", 'j', NULL, 0, "Write JSON, an object a line", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "[COMMAND [ARG...]]",
		.doc = "Show what programs do with ports through " IOPORT_DEVICE ": who, which "
		       "port, width and value, and what was refused and why; with COMMAND what "
		       "it and its children do. Accesses by in and out instructions cannot be "
		       "seen. Takes root.\v"
		       "Exit status: 0 traced, or that of COMMAND; 1 failed, 2 usage.",
	};
	struct trace_options options = { 0 };
	int status;

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &options);
	status = open_and_trace(&options);
	free(options.ranges);
	return status;
}
