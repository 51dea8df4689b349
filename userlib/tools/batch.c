// SPDX-License-Identifier: LGPL-2.1-or-later
/* ioportctl batch: a list of operations, done in one call. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "script.h"

/* Larger is no list that somebody wrote. */
#define MAX_FILE_BYTES (16U << 20)
#define SENTENCE_BYTES 512
#define NS_PER_S 1000000000ULL

struct batch_options {
	struct options common;
	bool atomic;
	bool dry_run;
};

/**
 * struct job - a batch on its way
 * @options: The command line.
 * @path: The file, or "-".
 * @name: The same for messages.
 * @script: What is in it.
 * @batch: The same for the library; its indices are those of @script.
 * @data: What each ins has read; NULL for others.
 * @io: The device.
 */
struct job {
	const struct batch_options *options;
	const char *path;
	const char *name;
	struct script script;
	struct ioport_batch *batch;
	void **data;
	struct ioport *io;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct batch_options *options = state->input;

	switch (key) {
	case 'a':
		options->atomic = true;
		return 0;
	case 'n':
		options->dry_run = true;
		return 0;
	case ARGP_KEY_ARGS:
		if (state->argc - state->next > 1)
			argp_error(state, "'%s' is too much: one file",
				   state->argv[state->next + 1]);
		break;
	}
	return parse_common(key, arg, state);
}

/* --- The file ------------------------------------------------------------------- */

/* All of it; NULL, with errno, where it cannot be read. */
static char *read_all(FILE *file, size_t *length)
{
	char *text = NULL, *more;
	size_t room = 0;

	for (*length = 0; *length < MAX_FILE_BYTES;) {
		if (*length == room) {
			room = room ? 2 * room : 4096;
			more = realloc(text, room);
			if (!more)
				break;
			text = more;
		}
		*length += fread(text + *length, 1, room - *length, file);
		if (feof(file))
			return text;
		if (ferror(file))
			break;
	}
	if (*length >= MAX_FILE_BYTES)
		errno = EFBIG;
	free(text);
	return NULL;
}

static char *read_file(const struct job *job, size_t *length)
{
	bool is_stdin = !strcmp(job->path, "-");
	FILE *file = is_stdin ? stdin : fopen(job->path, "re");
	char *text = file ? read_all(file, length) : NULL;

	if (!text)
		complain("%s: %m", job->name);
	if (file && !is_stdin)
		fclose(file);
	return text;
}

static bool load_script(struct job *job)
{
	struct script_error error;
	size_t length = 0;
	char *text = read_file(job, &length);
	bool good;

	if (!text)
		return false;
	good = script_parse(text, length, &job->script, &error);
	free(text);
	if (!good)
		complain("%s:%u:%u: '%s': %s", job->name, error.line, error.column, error.word,
			 error.why);
	else if (!job->script.count)
		complain("%s: there is no operation in it", job->name);
	return good && job->script.count;
}

/* --- What the library and the module make of it ------------------------------------ */

static bool has_result(const struct script_op *op)
{
	return op->code != IOPORT_OP_OUT && op->code != IOPORT_OP_OUTS &&
	       op->code != IOPORT_OP_DELAY;
}

static unsigned int use_of(const struct script_op *op)
{
	switch (op->code) {
	case IOPORT_OP_IN:
	case IOPORT_OP_WAIT:
	case IOPORT_OP_INS:
		return IOPORT_READ;
	case IOPORT_OP_OUT:
	case IOPORT_OP_OUTS:
		return IOPORT_WRITE;
	case IOPORT_OP_MODIFY:
		return IOPORT_READ | IOPORT_WRITE;
	default:
		return 0;
	}
}

/* One that only waits still needs an open device. */
static unsigned int use_of_all(const struct script *script)
{
	unsigned int use = 0;

	for (size_t i = 0; i < script->count; i++)
		use |= use_of(&script->ops[i]);
	return use ? use : IOPORT_READ;
}

/* Numbers that are the module's to choose; so that the line can be named. */
static bool check_limits(const struct job *job)
{
	struct ioport_info info;
	uint64_t bytes = 0, time = 0;

	if (ioport_get_info(job->io, &info)) {
		complain(IOPORT_DEVICE ": %m");
		return false;
	}
	for (size_t i = 0; i < job->script.count; i++) {
		const struct script_op *op = &job->script.ops[i];

		bytes += (uint64_t)op->count * op->width;
		time += op->time;
		if (i >= info.max_ops)
			complain(
				"%s:%u: the module takes %u operations in a batch, and there are %zu",
				job->name, op->line, info.max_ops, job->script.count);
		else if (bytes > info.max_data)
			complain("%s:%u: ins and outs move more than %u bytes", job->name, op->line,
				 info.max_data);
		else if (job->options->atomic && time > NS_PER_S)
			complain("%s:%u: the times of an atomic batch add up to more than 1 s",
				 job->name, op->line);
		else
			continue;
		return false;
	}
	return true;
}

static int add_op(struct job *job, size_t i)
{
	const struct script_op *op = &job->script.ops[i];

	switch (op->code) {
	case IOPORT_OP_IN:
		return ioport_batch_in(job->batch, op->port, op->width);
	case IOPORT_OP_OUT:
		return ioport_batch_out(job->batch, op->port, op->width, op->value);
	case IOPORT_OP_MODIFY:
		return ioport_batch_modify(job->batch, op->port, op->width, op->mask, op->value);
	case IOPORT_OP_WAIT:
		return ioport_batch_wait(job->batch, op->port, op->width, op->mask, op->value,
					 op->time, op->poll);
	case IOPORT_OP_DELAY:
		return ioport_batch_delay(job->batch, op->time);
	case IOPORT_OP_OUTS:
		return ioport_batch_outs(job->batch, op->port, op->width, op->data, op->count);
	default:
		job->data[i] = calloc(op->count, op->width);
		if (!job->data[i])
			return -1;
		return ioport_batch_ins(job->batch, op->port, op->width, job->data[i], op->count);
	}
}

static bool build(struct job *job)
{
	job->batch = ioport_batch_new();
	job->data = calloc(job->script.count, sizeof(*job->data));
	if (!job->batch || !job->data) {
		complain("%m");
		return false;
	}
	for (size_t i = 0; i < job->script.count; i++) {
		if (add_op(job, i) < 0) {
			complain("%m");
			return false;
		}
	}
	return true;
}

/* --- Results ---------------------------------------------------------------------- */

/* Item @n of what an ins has read; memory has the low byte first. */
static uint32_t item(const struct job *job, size_t i, uint32_t n)
{
	unsigned int width = job->script.ops[i].width;
	uint32_t value = 0;

	memcpy(&value, (const uint8_t *)job->data[i] + (size_t)n * width, width);
	return value;
}

/* A result by its label, or by its line. */
static void print_result(const struct job *job, size_t i)
{
	const struct script_op *op = &job->script.ops[i];
	uint32_t result = ioport_batch_result(job->batch, (int)i);
	int digits = (int)op->width * 2;

	if (op->label)
		printf("%s:", op->label);
	else
		printf("%u:", op->line);
	if (op->code == IOPORT_OP_INS)
		for (uint32_t n = 0; n < result; n++)
			printf(" %0*x", digits, item(job, i, n));
	else
		printf(" 0x%0*x", digits, result);
	putchar('\n');
}

static json_object *json_items(const struct job *job, size_t i, uint32_t count)
{
	json_object *list = json_object_new_array();

	for (uint32_t n = 0; n < count; n++)
		json_object_array_add(list, json_object_new_int64(item(job, i, n)));
	return list;
}

static json_object *json_result(const struct job *job, size_t i)
{
	const struct script_op *op = &job->script.ops[i];
	uint32_t result = ioport_batch_result(job->batch, (int)i);
	json_object *object = json_object_new_object();

	json_add(object, "line", json_object_new_int((int)op->line));
	json_add(object, "label", op->label ? json_object_new_string(op->label) : NULL);
	json_add(object, "port", json_object_new_int(op->port));
	json_add(object, "width", json_object_new_int((int)op->width * 8));
	if (op->code == IOPORT_OP_INS)
		json_add(object, "values", json_items(job, i, result));
	else
		json_add(object, "value", json_object_new_int64(result));
	return object;
}

/* Those that were done, and what an ins had read when it was stopped. */
static bool was_done(const struct job *job, size_t i)
{
	unsigned int done = ioport_batch_done(job->batch);
	const struct script_op *op = &job->script.ops[i];

	if (!has_result(op))
		return false;
	return i < done ||
	       (i == done && op->code == IOPORT_OP_INS && ioport_batch_result(job->batch, (int)i));
}

/* Which the error is about. */
static size_t failed_index(const struct job *job)
{
	size_t failed = ioport_batch_failed(job->batch);

	return failed < job->script.count ? failed : job->script.count - 1;
}

static void print_json_results(const struct job *job, int err, const char *why)
{
	json_object *object = json_object_new_object(), *list = json_object_new_array();
	json_object *failed = NULL;

	for (size_t i = 0; i < job->script.count; i++)
		if (was_done(job, i))
			json_object_array_add(list, json_result(job, i));
	if (err) {
		const struct script_op *op = &job->script.ops[failed_index(job)];

		failed = json_object_new_object();
		json_add(failed, "line", json_object_new_int((int)op->line));
		json_add(failed, "errno", json_object_new_int(err));
		json_add(failed, "text", json_object_new_string(why));
	}
	json_add(object, "operations", json_object_new_int((int)job->script.count));
	json_add(object, "done", json_object_new_int((int)ioport_batch_done(job->batch)));
	json_add(object, "results", list);
	json_add(object, "failed", failed);
	print_json(object);
}

/* --- Doing it ---------------------------------------------------------------------- */

static void explain(const struct job *job, int err, char *why, size_t size)
{
	size_t failed = failed_index(job);
	const struct script_op *op = &job->script.ops[failed];

	switch (err) {
	case ETIMEDOUT:
		snprintf(why, size, "no 0x%x (of mask 0x%x) at 0x%04x in time: it was 0x%0*x last",
			 op->value, op->mask, op->port, (int)op->width * 2,
			 ioport_batch_result(job->batch, (int)failed));
		break;
	case EINTR:
		snprintf(why, size, "stopped by a signal");
		break;
	default:
		ioport_explain(job->io, err, use_of(op), op->port, op->width, why, size);
	}
}

/* These two come only once it runs, and a wait looks at its port before it gives up. */
static bool has_begun(const struct job *job, int err)
{
	return ioport_batch_done(job->batch) || err == ETIMEDOUT || err == EINTR;
}

/* Nothing was touched, or the operations that were done and the line that was not. */
static void complain_run(const struct job *job, int err, const char *why)
{
	unsigned int done = ioport_batch_done(job->batch);
	unsigned int line = job->script.ops[failed_index(job)].line;

	if (has_begun(job, err))
		complain("%s:%u: %s; %u of %zu operations were done", job->name, line, why, done,
			 job->script.count);
	else
		complain("%s:%u: %s; nothing was done", job->name, line, why);
}

/* So that a signal ends the batch, and what was done so far is told. */
static void on_signal(int sig)
{
	(void)sig;
}

static int run_interruptible(const struct job *job)
{
	struct sigaction action = { .sa_handler = on_signal }, before[2];
	unsigned int flags = job->options->atomic ? IOPORT_ATOMIC : 0;
	int err;

	sigaction(SIGINT, &action, &before[0]);
	sigaction(SIGTERM, &action, &before[1]);
	err = ioport_batch_run(job->io, job->batch, flags) ? errno : 0;
	sigaction(SIGINT, &before[0], NULL);
	sigaction(SIGTERM, &before[1], NULL);
	return err;
}

static int run(const struct job *job)
{
	char why[SENTENCE_BYTES] = "";
	int err = run_interruptible(job);

	if (err)
		explain(job, err, why, sizeof(why));
	if (job->options->common.json)
		print_json_results(job, err, why);
	else
		for (size_t i = 0; i < job->script.count; i++)
			if (was_done(job, i))
				print_result(job, i);
	if (!err)
		return STATUS_OK;
	complain_run(job, err, why);
	return has_begun(job, err) ? STATUS_PART : STATUS_NO;
}

static int open_and_run(struct job *job)
{
	job->io = open_device(use_of_all(&job->script));
	if (!job->io)
		return STATUS_DEVICE;
	if (!check_limits(job) || !build(job))
		return STATUS_NO;
	return run(job);
}

static void free_job(struct job *job)
{
	for (size_t i = 0; job->data && i < job->script.count; i++)
		free(job->data[i]);
	free(job->data);
	ioport_batch_free(job->batch);
	ioport_close(job->io);
	script_free(&job->script);
}

int verb_batch(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{ "atomic", 'a', NULL, 0, "Let no other atomic batch on these ports in between",
		  0 },
		{ "dry-run", 'n', NULL, 0, "Read and check the file; touch nothing", 0 },
		OPTION_WINDOW,
		OPTION_JSON,
		{ 0 },
	};
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.args_doc = "FILE",
		.doc = "Do the operations in FILE, one a line, in one call of the kernel; - is "
		       "standard input. All are checked before the first is done.\n\n"
		       "  status = in8 0x379\n"
		       "  out8 0x378 0x5a\n"
		       "  modify8 0x37a mask 0x01 value 0x01\n"
		       "  wait8 0x379 mask 0x80 value 0x80 timeout 10ms poll 100us\n"
		       "  delay 5ms\n"
		       "  data = ins16 0x300 count 16\n"
		       "  outs8 0x378 1 2 3      # or: outs8 0x378 hex 01 02 03\v"
		       "Exit status: 0 done; 1 refused, nothing was touched; 2 usage, or a mistake "
		       "in FILE; 3 no device; 4 it ended half-way: no answer in time, a signal, or "
		       "a port that was taken away; or the results could not be written.",
	};
	struct batch_options options = { .common.missing = "which file? - is standard input" };
	struct job job = { .options = &options };
	int status = STATUS_USAGE;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	job.path = options.common.operands[0];
	job.name = strcmp(job.path, "-") ? job.path : "stdin";
	if (load_script(&job))
		status = options.dry_run ? STATUS_OK : open_and_run(&job);
	free_job(&job);
	return status;
}
