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
#include "bench.h"

#include <inttypes.h>
#include <linux/io_uring.h>
#include <sys/io.h>
#include <sys/syscall.h>

static unsigned int port = PORT;
static bool may_write = true;
static bool judging = true;
static const char *table = "rows";

/* ---- the two devices ---- */

static int ours, theirs;

static void open_ours(void)
{
	ours = open(DEVICE, O_RDWR | O_CLOEXEC);
	must(ours >= 0);
}

static void open_theirs(void)
{
	/* Without O_NONBLOCK io_uring hands each read to a kernel thread. */
	theirs = open("/dev/port", (may_write ? O_RDWR : O_RDONLY) | O_NONBLOCK);
	must(theirs >= 0);
}

static void grant(unsigned int first, unsigned int count)
{
	must(!dev_grant(ours, first, count, 0));
}

static void close_window(unsigned int first, unsigned int count)
{
	must(!dev_revoke(ours, first, count, 0));
}

/* ---- direct access ---- */

static void open_window(void)
{
	open_ours();
	grant(port, 1);
}

static void grant_window(void)
{
	grant(port, 1);
}

static void ioperm_window(void)
{
	must(!ioperm(port, 1, 1));
}

static void in_port(void)
{
	in8(port);
}

static void grant_revoke(void)
{
	grant(port, 1);
	close_window(port, 1);
}

/* What any ioctl costs, of whatever driver. */
static void empty_ioctl(void)
{
	must(ioctl(ours, _IO(IOPORT_IOC_TYPE, 0xff)) == -1);
}

static void ioperm_on_off(void)
{
	must(!ioperm(port, 1, 1));
	must(!ioperm(port, 1, 0));
}

/* Windows that nobody holds, one after the other, and back to the first. */
#define WINDOWS_BASE 0x800
#define WINDOWS_STEP 0x10
#define WINDOWS_COUNT 8
#define WINDOWS_MAX 16

/*
 * One port more each time, downwards, so that the extent of the map stays the same;
 * there are more of them than a measurement makes calls.
 */
#define TOP_PORT 0xcf0

static void open_top_port(void)
{
	open_ours();
	grant(TOP_PORT, 1);
}

static void grant_next(void)
{
	static unsigned int next = TOP_PORT;

	grant(--next, 1);
}

static void ioperm_top_port(void)
{
	must(!ioperm(TOP_PORT, 1, 1));
}

static void ioperm_next(void)
{
	static unsigned int next = TOP_PORT;

	must(!ioperm(--next, 1, 1));
}

static void grant_thread_revoke(void)
{
	must(!dev_grant(ours, port, 1, IOPORT_THREAD));
	must(!dev_revoke(ours, port, 1, IOPORT_THREAD));
}

static uint8_t maps[2][IOPORT_MAP_BYTES];

/* Two maps of 16 windows each, with none in common. */
static void prepare_maps(void)
{
	unsigned int i, window;

	for (i = 0; i < 2; i++) {
		bits_fill(maps[i], false);
		for (window = 0; window < WINDOWS_MAX; window++)
			bits_open(maps[i], WINDOWS_BASE + WINDOWS_STEP * (2 * window + i),
				  WINDOWS_COUNT);
	}
	open_ours();
	must(!dev_attach(ours, 0));
}

static void set_map(void)
{
	static unsigned int turn;

	must(!dev_set_map(ours, maps[turn++ & 1], 0));
}

static void ioperm_windows(void)
{
	unsigned int i;

	for (i = 0; i < WINDOWS_MAX; i++)
		must(!ioperm(WINDOWS_BASE + 2 * WINDOWS_STEP * i, WINDOWS_COUNT, 1));
}

/* ---- access through the kernel ---- */

static void pread_ours(void)
{
	char c;

	must(pread(ours, &c, 1, port) == 1);
}

static void pread_theirs(void)
{
	char c;

	must(pread(theirs, &c, 1, port) == 1);
}

static void pwrite_ours(void)
{
	char c = 0;

	must(pwrite(ours, &c, 1, port) == 1);
}

static void pwrite_theirs(void)
{
	char c = 0;

	must(pwrite(theirs, &c, 1, port) == 1);
}

static struct ioport_op ops[4096];
static struct ioport_xfer xfer = { .ops = (uintptr_t)ops };

static void prepare_ins(unsigned int n)
{
	unsigned int i;

	open_ours();
	for (i = 0; i < n; i++)
		ops[i] = (struct ioport_op){ .code = IOPORT_OP_IN, .width = 1, .port = port };
	xfer.count = n;
}

static void prepare_64(void)
{
	prepare_ins(64);
}

static void prepare_1024(void)
{
	prepare_ins(1024);
}

static void batch(void)
{
	must(!ioctl(ours, IOPORT_IOC_XFER, &xfer));
}

#define WORDS 256
static uint16_t words[WORDS];

static void prepare_words(void)
{
	open_ours();
	ops[0] = (struct ioport_op){ .code = IOPORT_OP_INS,
				     .width = 2,
				     .port = port,
				     .value = WORDS,
				     .data = (uintptr_t)words };
	xfer.count = 1;
}

static void window_of_words(void)
{
	open_ours();
	grant(port, 2);
}

static void rep_insw(void)
{
	void *to = words;
	unsigned long n = WORDS;

	asm volatile("rep insw" : "+D"(to), "+c"(n) : "d"(port) : "memory");
}

/* io_uring with bare system calls: 64 reads of one byte, which stay in the ring. */
#define RING 64

static struct {
	int fd;
	uint32_t *sq_tail, *cq_head, *cq_tail;
	struct io_uring_cqe *cqes;
	char bytes[RING];
} ring;

static void *ring_map(size_t size, off_t what)
{
	void *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);

	must(p != MAP_FAILED);
	return p;
}

static void ring_fill(struct io_uring_sqe *sqes, uint32_t *array)
{
	unsigned int i;

	for (i = 0; i < RING; i++) {
		sqes[i] = (struct io_uring_sqe){ .opcode = IORING_OP_READ,
						 .fd = theirs,
						 .off = port,
						 .addr = (uintptr_t)&ring.bytes[i],
						 .len = 1 };
		array[i] = i;
	}
}

static void open_ring(void)
{
	struct io_uring_params p = { 0 };
	char *sq;

	open_theirs();
	ring.fd = syscall(__NR_io_uring_setup, RING, &p);
	must(ring.fd >= 0 && p.features & IORING_FEAT_SINGLE_MMAP);
	/* The completion queue is the longer part of the two. */
	sq = ring_map(p.cq_off.cqes + p.cq_entries * sizeof(*ring.cqes) +
			      p.sq_entries * sizeof(uint32_t),
		      IORING_OFF_SQ_RING);
	ring.sq_tail = (uint32_t *)(sq + p.sq_off.tail);
	ring.cq_head = (uint32_t *)(sq + p.cq_off.head);
	ring.cq_tail = (uint32_t *)(sq + p.cq_off.tail);
	ring.cqes = (struct io_uring_cqe *)(sq + p.cq_off.cqes);
	ring_fill(ring_map(RING * sizeof(struct io_uring_sqe), IORING_OFF_SQES),
		  (uint32_t *)(sq + p.sq_off.array));
}

static void ring_64(void)
{
	uint32_t head = *ring.cq_head;

	__atomic_store_n(ring.sq_tail, *ring.sq_tail + RING, __ATOMIC_RELEASE);
	must(syscall(__NR_io_uring_enter, ring.fd, RING, RING, IORING_ENTER_GETEVENTS, NULL, 0) ==
	     RING);
	must(__atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE) == head + RING);
	must(ring.cqes[head & (2 * RING - 1)].res == 1);
	__atomic_store_n(ring.cq_head, head + RING, __ATOMIC_RELEASE);
}

/* ---- a task that switches to another and back ---- */

static int ping[2], pong[2];

static void echo(void)
{
	char c;

	while (read(ping[0], &c, 1) == 1 && write(pong[1], &c, 1) == 1)
		;
	_exit(0);
}

static void turn(void)
{
	char c = 0;

	must(write(ping[1], &c, 1) == 1 && read(pong[0], &c, 1) == 1);
}

/* @there: what the other end does first; it is done when the first turn is. */
static void start_echo(void (*here)(void), void (*there)(void))
{
	must(!pipe(ping) && !pipe(pong));
	pin_to_cpu(0);
	if (!companion()) {
		there();
		echo();
	}
	here();
	turn();
}

static void plain(void)
{
	start_echo(nothing, nothing);
}

static void one_of_ours(void)
{
	start_echo(open_window, nothing);
}

static void one_of_ioperm(void)
{
	start_echo(ioperm_window, nothing);
}

static void both_of_ours(void)
{
	start_echo(open_window, open_window);
}

static void both_of_ioperm(void)
{
	start_echo(ioperm_window, ioperm_window);
}

static void all_ports(void)
{
	open_ours();
	grant(0, IOPORT_PORTS);
}

static void ioperm_all_ports(void)
{
	must(!ioperm(0, IOPORT_PORTS, 1));
}

static void iopl_3(void)
{
	must(!iopl(3));
}

static void both_all_ports(void)
{
	start_echo(all_ports, all_ports);
}

static void both_ioperm_all_ports(void)
{
	start_echo(ioperm_all_ports, ioperm_all_ports);
}

/* A child has its parent's map, not a copy. */
static void one_map_all_ports(void)
{
	all_ports();
	start_echo(nothing, nothing);
}

static void both_iopl(void)
{
	start_echo(iopl_3, iopl_3);
}

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
