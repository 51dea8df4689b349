// SPDX-License-Identifier: GPL-2.0-only
/*
 * How costs grow: with the length of a batch, with the threads that share a map and
 * the CPUs, with the open files. A curve that goes up in its second half must have
 * its reason in the table below. Run as root, the module not loaded.
 *
 *	growth		all, on a machine whose clock counts instructions
 *	growth edits	with the CPUs that there are
 */
#include "bench.h"

#define POINTS_MAX 16

/**
 * struct curve - one curve
 * @name: Its name, the first column of what is written.
 * @x: What grows.
 * @y: What is measured.
 * @points: The values of x, from small to large, up to a 0.
 * @cost: Measures one point, in a child.
 * @reason: Why it goes up. NULL: it may not.
 *
 * Without a reason the cost at the end is at most BEND of that in the middle; with
 * one it may go up, but by no more for each step in the second half than in the first.
 */
struct curve {
	const char *name;
	const char *x;
	const char *y;
	unsigned int points[POINTS_MAX];
	double (*cost)(const void *x);
	const char *reason;
};

#define BEND 1.1

static int file;

static void open_file(void)
{
	file = open(DEVICE, O_RDWR | O_CLOEXEC);
	must(file >= 0);
}

/* ---- batches ---- */

static struct ioport_op ops[4096];
static struct ioport_xfer xfer = { .ops = (uintptr_t)ops };

static void batch(void)
{
	must(!ioctl(file, IOPORT_IOC_XFER, &xfer));
}

static double batch_cost(const void *x)
{
	unsigned int i, n = *(const unsigned int *)x;

	open_file();
	for (i = 0; i < n; i++)
		ops[i] = (struct ioport_op){ .code = IOPORT_OP_IN, .width = 1, .port = PORT };
	xfer.count = n;
	return least(batch, 1, 40) / n;
}

/* ---- edits of a map that threads share ---- */

static void *idle_thread(void *arg)
{
	pause();
	return arg;
}

static void edit(void)
{
	must(!dev_grant(file, PORT + 1, 1, 0));
	must(!dev_revoke(file, PORT + 1, 1, 0));
}

static double edit_cost(const void *x)
{
	unsigned int i, n = *(const unsigned int *)x;
	pthread_t thread;

	open_file();
	must(!dev_grant(file, PORT, 1, 0));
	/* They are attached as they are created. */
	for (i = 1; i < n; i++)
		must(!pthread_create(&thread, NULL, idle_thread, NULL));
	return least(edit, 4, counting ? 150 : 2000);
}

/* ---- open files ---- */

/* A port of its own for each file, so that each has a reservation. */
#define FIRST_PORT 0x1000
#define FILES_MAX 1000

static void open_files(unsigned int n)
{
	struct rlimit limit = { 4096, 4096 };
	unsigned int i;
	char c;

	must(!setrlimit(RLIMIT_NOFILE, &limit));
	for (i = 0; i < n; i++) {
		open_file();
		must(pread(file, &c, 1, FIRST_PORT + 8 * i) == 1);
	}
}

static void open_close(void)
{
	open_file();
	close(file);
}

static double open_cost(const void *x)
{
	open_files(*(const unsigned int *)x);
	return least(open_close, 4, 40);
}

static void read_last(void)
{
	char c;

	must(pread(file, &c, 1, FIRST_PORT) == 1);
}

static double read_cost(const void *x)
{
	open_files(*(const unsigned int *)x);
	return least(read_last, 8, 40);
}

/* The reservation is made by the first read, and given back by the close. */
static void open_read_close(void)
{
	char c;

	open_file();
	must(pread(file, &c, 1, FIRST_PORT + 8 * FILES_MAX) == 1);
	close(file);
}

static double claim_cost(const void *x)
{
	open_files(*(const unsigned int *)x);
	return least(open_read_close, 4, 40);
}

static int allow;

static void write_policy(void)
{
	must(pwrite(allow, "all", 3, 0) == 3);
}

static double policy_cost(const void *x)
{
	unsigned int n = *(const unsigned int *)x;

	open_files(n);
	allow = open("/sys/module/ioport/parameters/allow", O_WRONLY);
	must(allow >= 0);
	return least(write_policy, 1, 5) / n;
}

/* ---- the table ---- */

#define FILES                                            \
	{                                                \
		1, 2, 5, 10, 20, 50, 100, 200, 500, 1000 \
	}

static const struct curve edits = {
	.name = "edits",
	.x = "threads attached",
	.y = "a grant and a revoke",
	.points = { 1, 2, 4, 8, 16 },
	.cost = edit_cost,
};

static const struct curve curves[] = {
	{
		.name = "batch",
		.x = "operations",
		.y = "one operation",
		.points = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096 },
		.cost = batch_cost,
	},
	{
		.name = "open",
		.x = "files open",
		.y = "to open and close one more",
		.points = FILES,
		.cost = open_cost,
	},
	{
		.name = "pread",
		.x = "files open",
		.y = "pread of one byte",
		.points = FILES,
		.cost = read_cost,
	},
	{
		.name = "first-use",
		.x = "files open",
		.y = "open, the first pread, close",
		.points = FILES,
		.cost = claim_cost,
		.reason = "the kernel's list of reserved ports is walked, as for any driver",
	},
	{
		.name = "policy",
		.x = "files open",
		.y = "a change of policy, for each",
		.points = FILES,
		.cost = policy_cost,
	},
};

/* How much it bends upward from point @m on, to point @n. */
static double bend(const struct curve *curve, const double *y, unsigned int m, unsigned int n)
{
	const unsigned int *x = curve->points;

	if (!curve->reason)
		return y[n] / y[m];
	return (y[n] - y[m]) / (x[n] - x[m]) * (x[m] - x[0]) / (y[m] - y[0]);
}

static void run_curve(const struct curve *curve, const char *name)
{
	double y[POINTS_MAX], up;
	unsigned int n, m;

	for (n = 0; curve->points[n]; n++) {
		y[n] = in_child(curve->cost, &curve->points[n]);
		result("curves", "%s\t%u\t%.2f", name, curve->points[n], y[n]);
	}
	m = n / 2;
	n--;
	up = bend(curve, y, m, n);
	result("growth", "%s\t%s\t%s\t%.0f\t%.0f\t%.0f\t%.2f\t%s\t%s", name, curve->x, curve->y,
	       y[0], y[m], y[n], up, up > BEND ? "WORSE" : "ok",
	       curve->reason ? curve->reason : "");
	ok(up <= BEND, "%s bends upward by %.2f, at most %.2f", name, up, BEND);
}

static void run_edits(void)
{
	char name[32];

	snprintf(name, sizeof(name), "edits-%ld-cpu", sysconf(_SC_NPROCESSORS_ONLN));
	run_curve(&edits, name);
}

int main(int argc, char **argv)
{
	unsigned int i;

	counting = true;
	shell(LOAD);
	run_edits();
	if (argc < 2 || strcmp(argv[1], "edits"))
		for (i = 0; i < sizeof(curves) / sizeof(*curves); i++)
			run_curve(&curves[i], curves[i].name);
	shell(UNLOAD);
	return done();
}
