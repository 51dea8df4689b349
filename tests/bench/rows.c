// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each way to the ports costs, beside what the kernel offers root for the same.
 * The table is below, in rows[].
 *
 *	rows		in a test machine whose clock counts instructions (-icount), as
 *			root, the module not loaded
 *	rows cgroup	the same once more, judged by nothing, for the figures of a
 *			machine that accounts the kernel's memory to cgroups
 *	rows here [PORT [write]]
 *			on this machine, in ns: reads PORT (0x378); writes 0 to it only
 *			if told to. What may not be used is left out, and said.
 */
#include "direct.h"
#include "transfers.h"
#include "turns.h"

#include <inttypes.h>

static bool judging = true;
static const char *table = "rows";

/* ---- the life of an open file ---- */

static void open_close(void)
{
	open_ours();
	close(ours);
}

static void open_grant_close(void)
{
	open_window();
	close(ours);
}

static void open_grant_revoke_close(void)
{
	open_window();
	close_window(port, 1);
	close(ours);
}

static void open_close_theirs(void)
{
	open_theirs();
	close(theirs);
}

static void open_close_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	must(fd >= 0);
	close(fd);
}

/* ---- the table ---- */

/*
 * @target: the most that ours may be of the peer's; with @over, the most that it may
 *	be above; 0: reported only.
 * @slack: the part of the peer's by which two equal figures may differ. A turn of
 *	a pipe goes through the scheduler, whose shortest way is not always the same.
 * @needs: what must be there.
 */
enum needs {
	NEEDS_WRITE = 1 << 0,
	NEEDS_ALL_PORTS = 1 << 1, /* of ours: the machine's own too */
	NEEDS_BUSY = 1 << 2,	  /* with busy=allow */
	PEER_IS_FREE = 1 << 3,	  /* the peer needs no right */
};

struct row {
	const char *name;
	struct side ours;
	const char *peer_name;
	struct side peer;
	double target;
	bool over;
	double slack;
	unsigned int needs;
};

#define NOISE 0.001

static const struct row rows[] = {
	{
		.name = "inb in a granted window",
		.ours = { .prepare = open_window, .op = in_port },
		.peer_name = "inb under ioperm",
		.peer = { .prepare = ioperm_window, .op = in_port },
		.target = 1.00,
	},
	{
		.name = "grant a window and revoke it",
		.ours = { .prepare = open_ours, .op = grant_revoke },
		.peer_name = "ioperm on and off",
		.peer = { .op = ioperm_on_off },
		.target = 0.12,
	},
	{
		.name = "the same with busy=allow",
		.ours = { .prepare = open_ours, .op = grant_revoke },
		.peer_name = "ioperm on and off",
		.peer = { .op = ioperm_on_off },
		.target = 0.12,
		.needs = NEEDS_BUSY,
	},
	{
		.name = "the same with IOPORT_THREAD",
		.ours = { .prepare = open_ours, .op = grant_thread_revoke },
		.peer_name = "ioperm on and off",
		.peer = { .op = ioperm_on_off },
	},
	{
		.name = "grant it again, when attached",
		.ours = { .prepare = open_window, .op = grant_window },
		.peer_name = "ioperm on again",
		.peer = { .prepare = ioperm_window, .op = ioperm_window },
		.target = 0.12,
	},
	{
		.name = "an ioctl that does nothing, when attached",
		.ours = { .prepare = open_window, .op = empty_ioctl },
		.peer_name = "ioperm on again",
		.peer = { .prepare = ioperm_window, .op = ioperm_window },
	},
	{
		.name = "grant one more window",
		.ours = { .prepare = open_top_port, .op = grant_next },
		.peer_name = "ioperm on, one more",
		.peer = { .prepare = ioperm_top_port, .op = ioperm_next },
		.target = 0.12,
		.needs = NEEDS_ALL_PORTS,
	},
	{
		.name = "the same with busy=allow",
		.ours = { .prepare = open_top_port, .op = grant_next },
		.peer_name = "ioperm on, one more",
		.peer = { .prepare = ioperm_top_port, .op = ioperm_next },
		.target = 0.12,
		.needs = NEEDS_ALL_PORTS | NEEDS_BUSY,
	},
	{
		.name = "SET_MAP to 16 other windows",
		.ours = { .prepare = prepare_maps, .op = set_map },
		.peer_name = "ioperm on for 16 windows",
		.peer = { .prepare = ioperm_window, .op = ioperm_windows },
		.target = 0.10,
		.needs = NEEDS_ALL_PORTS,
	},
	{
		.name = "the same with busy=allow",
		.ours = { .prepare = prepare_maps, .op = set_map },
		.peer_name = "ioperm on for 16 windows",
		.peer = { .prepare = ioperm_window, .op = ioperm_windows },
		.target = 0.10,
		.needs = NEEDS_ALL_PORTS | NEEDS_BUSY,
	},
	{
		.name = "pread of 1 byte",
		.ours = { .prepare = open_ours, .op = pread_ours },
		.peer_name = "pread on /dev/port",
		.peer = { .prepare = open_theirs, .op = pread_theirs },
		.target = 1.00,
	},
	{
		.name = "pwrite of 1 byte",
		.ours = { .prepare = open_ours, .op = pwrite_ours },
		.peer_name = "pwrite on /dev/port",
		.peer = { .prepare = open_theirs, .op = pwrite_theirs },
		.target = 1.00,
		.needs = NEEDS_WRITE,
	},
	{
		.name = "IN in a batch of 64",
		.ours = { .prepare = prepare_64, .op = batch, .units = 64 },
		.peer_name = "pread on /dev/port",
		.peer = { .prepare = open_theirs, .op = pread_theirs },
		.target = 1.0 / 15,
	},
	{
		.name = "IN in a batch of 1024",
		.ours = { .prepare = prepare_1024, .op = batch, .units = 1024 },
		.peer_name = "inb under ioperm",
		.peer = { .prepare = ioperm_window, .op = in_port },
		.target = 30,
		.over = true,
	},
	{
		.name = "batch of 64 IN",
		.ours = { .prepare = prepare_64, .op = batch },
		.peer_name = "64 reads of /dev/port by io_uring",
		.peer = { .prepare = open_ring, .op = ring_64 },
		.target = 0.25,
	},
	{
		.name = "INS of 256 words",
		.ours = { .prepare = prepare_words, .op = batch },
		.peer_name = "rep insw in a window",
		.peer = { .prepare = window_of_words, .op = rep_insw },
		.target = 1.2,
	},
	{
		.name = "ping-pong: window on one side",
		.ours = { .prepare = one_of_ours, .op = turn },
		.peer_name = "ioperm on one side",
		.peer = { .prepare = one_of_ioperm, .op = turn },
		.target = 1.00,
		.slack = NOISE,
	},
	{
		.name = "ping-pong: window on both sides",
		.ours = { .prepare = both_of_ours, .op = turn },
		.peer_name = "ioperm on both sides",
		.peer = { .prepare = both_of_ioperm, .op = turn },
		.target = 1.00,
		.slack = NOISE,
	},
	{
		.name = "ping-pong: all ports on both sides",
		.ours = { .prepare = both_all_ports, .op = turn },
		.peer_name = "ioperm of all on both sides",
		.peer = { .prepare = both_ioperm_all_ports, .op = turn },
		.target = 1.00,
		.slack = NOISE,
		.needs = NEEDS_ALL_PORTS | NEEDS_BUSY,
	},
	{
		.name = "ping-pong: window on both sides",
		.ours = { .prepare = both_of_ours, .op = turn },
		.peer_name = "iopl on both sides",
		.peer = { .prepare = both_iopl, .op = turn },
		.slack = NOISE,
	},
	{
		.name = "ping-pong: all ports on both sides",
		.ours = { .prepare = both_all_ports, .op = turn },
		.peer_name = "iopl on both sides",
		.peer = { .prepare = both_iopl, .op = turn },
		.slack = NOISE,
		.needs = NEEDS_ALL_PORTS | NEEDS_BUSY,
	},
	{
		.name = "ping-pong: all ports, one map for both",
		.ours = { .prepare = one_map_all_ports, .op = turn },
		.peer_name = "iopl on both sides",
		.peer = { .prepare = both_iopl, .op = turn },
		.slack = NOISE,
		.needs = NEEDS_ALL_PORTS | NEEDS_BUSY,
	},
	{
		.name = "ping-pong: window on both sides",
		.ours = { .prepare = both_of_ours, .op = turn },
		.peer_name = "no ports at all",
		.peer = { .prepare = plain, .op = turn },
		.slack = NOISE,
		.needs = PEER_IS_FREE,
	},
	{
		.name = "open and close",
		.ours = { .op = open_close },
		.peer_name = "open and close of /dev/null",
		.peer = { .op = open_close_null },
		.needs = PEER_IS_FREE,
	},
	{
		.name = "open, grant, revoke, close",
		.ours = { .op = open_grant_revoke_close },
		.peer_name = "open and close of /dev/port",
		.peer = { .op = open_close_theirs },
	},
	{
		.name = "open, grant, close",
		.ours = { .op = open_grant_close },
		.peer_name = "open and close of /dev/port",
		.peer = { .op = open_close_theirs },
	},
};

static bool worse(const struct row *row, double a, double b)
{
	/* Rounding: a hundredth of an instruction is none. */
	if (!row->target)
		return false;
	if (row->over)
		return a > b + row->target;
	return a > b * (row->target + row->slack) + 0.01;
}

static void target_text(const struct row *row, char *text, size_t size)
{
	if (!row->target || !judging)
		snprintf(text, size, "-");
	else if (row->over)
		snprintf(text, size, "+%.0f", row->target);
	else
		snprintf(text, size, "%.3g", row->target);
}

static const char *verdict(const struct row *row, double a, double b)
{
	if (!row->target || !judging)
		return "-";
	return worse(row, a, b) ? "WORSE" : "ok";
}

static void report(const struct row *row, double a, double b)
{
	char target[16];

	target_text(row, target, sizeof(target));
	result(table, "%s\t%.1f\t%s\t%.1f\t%.3f\t%s\t%s", row->name, a, row->peer_name, b, a / b,
	       target, verdict(row, a, b));
	if (row->target && judging)
		ok(!worse(row, a, b), "%s: %.1f, %s %.1f: at most %s", row->name, a, row->peer_name,
		   b, target);
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static double measure_ours(const struct row *row)
{
	double cost;

	if (counting && row->needs & NEEDS_BUSY)
		set_param("busy", "allow");
	cost = measure(&row->ours);
	if (counting && row->needs & NEEDS_BUSY)
		set_param("busy", "deny");
	return cost;
}

/*
 * In turns, and the least of each. Where the scheduler has a part in it, that of 6.6
 * and later may take a longer way for the whole life of a process.
 */
static void run_row(const struct row *row)
{
	double a = measure_ours(row), b = measure(&row->peer);
	int turns = row->slack ? 7 : 1;

	while (turns--) {
		a = smaller(a, measure_ours(row));
		b = smaller(b, measure(&row->peer));
	}
	report(row, a, b);
}

/* ---- the steps of an open file's life ---- */

static void revoke_again(void)
{
	close_window(port, 1);
}

static void close_ours(void)
{
	close(ours);
}

static const struct {
	const char *name;
	void (*op)(void);
} steps[] = {
	{ "open", open_ours },
	{ "the first grant", grant_window },
	{ "revoke", revoke_again },
	{ "the second grant", grant_window },
	{ "the first pread", pread_ours },
	{ "the first batch of 64 IN", batch },
	{ "close", close_ours },
};

#define STEPS (sizeof(steps) / sizeof(*steps))

/* The least of each, one after the other. */
static double steps_work(const void *arg)
{
	uint64_t *least_cost = (uint64_t *)(uintptr_t)arg, empty, t;
	unsigned int i, round;

	prepare_64();
	empty = least_raw(nothing, 1, 100);
	for (round = 0; round < 100; round++)
		for (i = 0; i < STEPS; i++) {
			t = now();
			steps[i].op();
			t = now() - t - empty;
			if (!round || t < least_cost[i])
				least_cost[i] = t;
		}
	return 0;
}

static void run_steps(void)
{
	uint64_t *cost = shared_memory(STEPS * sizeof(*cost)), sum = 0;
	unsigned int i;

	in_child(steps_work, cost);
	for (i = 0; i < STEPS; i++)
		sum += cost[i];
	for (i = 0; i < STEPS; i++)
		result("steps", "%s\t%" PRIu64 "\t%.0f %%", steps[i].name, cost[i],
		       100.0 * cost[i] / sum);
}

/* ---- who does not use it ---- */

static void getppid_call(void)
{
	syscall(SYS_getppid);
}

static void fork_exit(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	must(waitpid(pid, NULL, 0) == pid);
}

#define UNUSED_ROWS 3
#define CYCLES 4

static const struct {
	const char *name;
	struct side side;
	double slack;
} unused_rows[UNUSED_ROWS] = {
	{ "loaded, not used: getppid", { NULL, getppid_call, 0 }, 0 },
	{ "loaded, not used: ping-pong", { plain, turn, 0 }, NOISE },
	{ "loaded, not used: fork and exit", { NULL, fork_exit, 0 }, NOISE },
};

static void measure_unused(double *least_cost)
{
	double cost;
	int i;

	for (i = 0; i < UNUSED_ROWS; i++) {
		cost = measure(&unused_rows[i].side);
		if (!least_cost[i] || cost < least_cost[i])
			least_cost[i] = cost;
	}
}

/*
 * In turns, and the least of each: the scheduler of 6.6 and later takes other ways
 * in the first moments than later on.
 */
static void run_unused(void)
{
	double without[UNUSED_ROWS] = { 0 }, with[UNUSED_ROWS] = { 0 };
	struct row row = { .peer_name = "without the module", .target = 1.00 };
	int i;

	for (i = 0; i < CYCLES; i++) {
		measure_unused(without);
		shell(LOAD);
		measure_unused(with);
		shell(UNLOAD);
	}
	for (i = 0; i < UNUSED_ROWS; i++) {
		row.name = unused_rows[i].name;
		row.slack = unused_rows[i].slack;
		report(&row, with[i], without[i]);
	}
}

/* ---- on a real machine ---- */

/* Why a row cannot be had here; NULL if it can. */
static const char *obstacle(const struct row *row)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	bool usable;

	if (fd < 0)
		return "cannot open " DEVICE;
	usable = !dev_check(fd, port, 2, IOPORT_DIRECT | IOPORT_READ, NULL);
	close(fd);
	if (!usable)
		return "the port may not be used (ioportctl check tells why)";
	if (row->needs & (NEEDS_ALL_PORTS | NEEDS_BUSY))
		return "it takes other ports";
	if (row->needs & NEEDS_WRITE && !may_write)
		return "it writes to the port, which it was not told to do";
	return NULL;
}

static bool peer_usable(const struct row *row)
{
	return row->needs & PEER_IS_FREE ||
	       (!access("/dev/port", R_OK) && !ioperm(port, 1, 1) && !ioperm(port, 1, 0));
}

static void run_here(const struct row *row)
{
	const char *why = obstacle(row);

	if (why) {
		skip("%s: %s", row->name, why);
		return;
	}
	if (peer_usable(row)) {
		run_row(row);
	} else {
		note("%s: the peer is for root alone", row->name);
		result(table, "%s\t%.1f\t%s\t-\t-\t-\t-", row->name, measure(&row->ours),
		       row->peer_name);
	}
	ok(true, "%s", row->name);
}

static void run_in_guest(void)
{
	unsigned int i;

	if (judging)
		run_unused();
	shell(LOAD);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		run_row(&rows[i]);
	if (judging)
		run_steps();
	else
		ok(true, "measured");
	shell(UNLOAD);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	unsigned int i;

	judging = !*mode;
	if (!strcmp(mode, "here")) {
		table = "here";
		port = argc > 2 ? strtoul(argv[2], NULL, 0) : LPT;
		may_write = argc > 3 && !strcmp(argv[3], "write");
		for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			run_here(&rows[i]);
		return done();
	}
	counting = true;
	if (!judging)
		table = "rows-cgroup";
	run_in_guest();
	return done();
}
