// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer of the raw interface. An input is a list of numbers, each of which is
 * one operation of one thread. Threads and processes take turns, so that the model
 * (model.h) can tell what each call must return, and after a step each of them says
 * by trying which ports it can reach.
 *
 * usage: uapi [calls=N] [seconds=N] [seed=N] [reload=N] [corpus=FILE]
 *
 * Where the kernel has KCOV, inputs that reach new code of the module are kept and
 * changed; they are printed as lines "corpus ...". Without it all inputs are random.
 */
#include "fuzz/ops.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <poll.h>

#include "fuzz/coverage.h"

#define POOL 512
#define HANG_SECONDS 60

struct input {
	unsigned int count;
	uint32_t steps[STEPS];
};

static struct input pool[POOL];
static unsigned int pooled;

/* ---- turns ---- */

static void futex_wait(uint32_t *word, uint32_t value, int seconds)
{
	struct timespec time = { seconds, 0 };

	syscall(SYS_futex, word, FUTEX_WAIT, value, seconds ? &time : NULL, NULL, 0);
}

static void futex_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void pass(int to)
{
	__atomic_store_n(&sh->turn[to], 1, __ATOMIC_SEQ_CST);
	futex_wake(&sh->turn[to]);
}

static void await_turn(int me)
{
	while (!__atomic_load_n(&sh->turn[me], __ATOMIC_SEQ_CST))
		futex_wait(&sh->turn[me], 0, 0);
	__atomic_store_n(&sh->turn[me], 0, __ATOMIC_SEQ_CST);
}

__attribute__((noreturn)) static void finish(void)
{
	__atomic_store_n(&sh->over, 1, __ATOMIC_SEQ_CST);
	futex_wake(&sh->over);
	for (;;)
		pause();
}

static int live_workers(void)
{
	int n = 0;

	for (int i = 0; i < WORKERS; i++)
		n += sh->model.workers[i].live;
	return n;
}

static int next_live(int from)
{
	do
		from = (from + 1) % WORKERS;
	while (!sh->model.workers[from].live);
	return from;
}

/* The files of a process that ends are closed when its end can be seen. */
static void await_end(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return;
	while (poll(&p, 1, -1) != 1)
		;
	close(fd);
}

/* ---- the oracle for direct access ---- */

static void probe(int me, int i, unsigned int width)
{
	uint64_t set, reach = model_reach(&sh->model, &sh->model.workers[me]);
	bool outside, want, got;

	set = range_set(index_port(i), width, &outside);
	if (outside)
		return;
	want = !(set & ~reach);
	got = can_in((uint16_t)index_port(i), width);
	record("in", got ? 0 : EFAULT);
	if (got != want)
		mismatch("worker %d %s %u bytes at %#x, and should%s; it should have %016llx", me,
			 got ? "can read" : "cannot read", width, index_port(i), want ? "" : " not",
			 (unsigned long long)reach);
}

/* Some ports, and those at the borders of the last range. */
static void probe_some(int me)
{
	int first = port_index(last_range.first), end;

	end = port_index(last_range.first + last_range.count - 1);
	for (int n = 0; n < 3; n++)
		probe(me, (int)below(64), 1U << below(3));
	if (first >= 0)
		probe(me, first, 1);
	if (end >= 0)
		probe(me, end, 1);
	if (end >= 0 && end < 63)
		probe(me, end + 1, 1);
	for (int n = 0; one_in(30) && n < 64; n++)
		probe(me, n, 1);
}

/* ---- workers ---- */

static void work(int me) __attribute__((noreturn));

static int new_worker(const struct ctx *c, int proc)
{
	for (int i = 0; i < WORKERS; i++) {
		struct model_worker *w = &c->m->workers[i];

		if (w->live)
			continue;
		*w = *c->w;
		w->live = true;
		w->proc = proc;
		if (w->standing == ST_COPY)
			c->m->copies[w->copy] = c->m->copies[c->w->copy];
		return i;
	}
	return -1;
}

static void op_fork(struct ctx *c)
{
	int proc = 0, child;
	pid_t pid;

	while (proc < PROCS && c->m->procs[proc].live)
		proc++;
	if (proc == PROCS || live_workers() == WORKERS)
		return;
	child = new_worker(c, proc);
	c->m->procs[proc] = *c->p;
	tell(c->me, "fork: worker %d, process %d", child, proc);
	fflush(stdout);
	pid = fork();
	if (!pid)
		work(child);
	if (!expect(pid, 0, "fork"))
		c->m->workers[child].live = false;
}

static void *thread_main(void *arg)
{
	work((int)(intptr_t)arg);
}

static void op_thread(struct ctx *c)
{
	pthread_attr_t attr;
	pthread_t thread;
	int child;

	if (live_workers() == WORKERS)
		return;
	child = new_worker(c, c->w->proc);
	tell(c->me, "thread: worker %d", child);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	if (pthread_create(&thread, &attr, thread_main, (void *)(intptr_t)child))
		mismatch("pthread_create");
}

static bool is_leader(void)
{
	return syscall(SYS_gettid) == getpid();
}

/* Ends this thread, or the process and all its threads; somebody is always left. */
static void op_exit(struct ctx *c)
{
	int others = 0, all = live_workers();
	bool whole = is_leader() || one_in(4);

	for (int i = 0; i < WORKERS; i++)
		others += c->m->workers[i].live && c->m->workers[i].proc == c->w->proc;
	if (all == (whole ? others : 1))
		return;
	tell(c->me, "exit of the %s", whole ? "process" : "thread");
	sh->calls++;
	for (int i = 0; i < WORKERS; i++)
		if (i == c->me || (whole && c->m->workers[i].proc == c->w->proc))
			c->m->workers[i].live = false;
	if (whole) {
		c->m->procs[c->w->proc].live = false;
		sh->gone = getpid();
	}
	model_collect(c->m);
	sh->step++;
	sh->roll = 0;
	coverage_stop();
	pass(next_live(c->me));
	if (whole)
		_exit(0);
	/* Not pthread_exit(), which wants a library that no static program has. */
	syscall(SYS_exit, 0);
}

struct op_kind {
	void (*run)(struct ctx *c);
	unsigned int weight;
};

static const struct op_kind kinds[] = {
	{ op_open, 10 },    { op_dup, 3 },	{ op_close, 6 },   { op_send, 3 },
	{ op_receive, 4 },  { op_grant, 26 },	{ op_revoke, 14 }, { op_set_map, 12 },
	{ op_get_map, 8 },  { op_attach, 10 },	{ op_detach, 4 },  { op_limit, 4 },
	{ op_check, 8 },    { op_claim, 6 },	{ op_release, 4 }, { op_xfer, 12 },
	{ op_xfer_bad, 3 }, { op_on_close, 5 }, { op_access, 14 }, { op_info, 2 },
	{ op_ioperm, 5 },   { op_iopl, 4 },	{ op_policy, 5 },  { op_busy, 1 },
	{ op_fork, 4 },	    { op_thread, 4 },	{ op_exit, 4 },
};

static const struct op_kind *draw_kind(void)
{
	unsigned int total = 0, i, pick;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		total += kinds[i].weight;
	pick = below(total);
	for (i = 0; pick >= kinds[i].weight; i++)
		pick -= kinds[i].weight;
	return &kinds[i];
}

/* The worker that does the current step; draws from its number alone. */
static int draw_worker(void)
{
	int worker = -1;

	rng_seed(sh->steps[sh->step]);
	for (uint32_t n = below((uint32_t)live_workers()) + 1; n; n--)
		worker = next_live(worker < 0 ? WORKERS - 1 : worker);
	return worker;
}

static void do_step(int me)
{
	struct ctx c = { .m = &sh->model, .me = me, .w = &sh->model.workers[me] };

	c.p = &sh->model.procs[c.w->proc];
	last_range.count = 0;
	coverage_start();
	draw_kind()->run(&c);
	coverage_stop();
	probe_some(me);
	sh->roll = one_in(3) ? (unsigned int)live_workers() - 1 : 0;
	sh->step++;
}

/* As long as it is this worker's turn; returns whose turn it is next. */
static int take_turn(int me)
{
	int worker;

	if (sh->gone) {
		await_end(sh->gone);
		sh->gone = 0;
	}
	if (sh->roll) {
		probe_some(me);
		if (--sh->roll)
			return next_live(me);
	}
	while (!sh->bad && sh->step < sh->count) {
		worker = draw_worker();
		if (worker != me)
			return worker;
		do_step(me);
		if (sh->roll)
			return next_live(me);
	}
	finish();
}

static void work(int me)
{
	coverage_open();
	for (;;) {
		await_turn(me);
		if (sh->bad)
			finish();
		pass(take_turn(me));
	}
}

/* ---- one input ---- */

static void reset(const struct input *input, bool with_trace)
{
	memset(&sh->model, 0, sizeof(sh->model));
	memset(sh->turn, 0, sizeof(sh->turn));
	memcpy(sh->steps, input->steps, sizeof(sh->steps));
	sh->count = input->count;
	sh->step = sh->roll = 0;
	sh->gone = 0;
	sh->over = 0;
	sh->bad = false;
	sh->tell = with_trace;
	sh->model.workers[0].live = true;
	sh->model.procs[0].live = true;
	for (int i = 0; i < SLOTS; i++)
		sh->model.procs[0].file[i] = -1;
}

static void preset_policy(void)
{
	bool outside;

	sh->model.allow = range_set(0xe0, 4, &outside) | range_set(0x27a, 12, &outside) |
			  range_set(0x378, 12, &outside) | range_set(0xfff4, 12, &outside);
	if (write_param("allow", "0xe0-0xe3,0x27a+12,0x378+12,0xfff4-0xffff") ||
	    write_param("deny", "none") || write_param("busy", "allow"))
		bail("the parameters cannot be set: %s", strerror(errno));
}

static void wait_until_over(void)
{
	double end = seconds() + HANG_SECONDS * slow();

	while (!__atomic_load_n(&sh->over, __ATOMIC_SEQ_CST)) {
		futex_wait(&sh->over, 0, 1);
		if (seconds() > end || (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)) {
			if (!sh->over)
				mismatch("no worker goes on: a hang, or it was killed");
			return;
		}
	}
}

/* Runs an input; false where something was not as it must be. */
static bool run_input(const struct input *input, bool with_trace)
{
	pid_t pid;

	reset(input, with_trace);
	preset_policy();
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		bail("socketpair: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail("fork: %s", strerror(errno));
	if (!pid) {
		setpgid(0, 0);
		pass(0);
		work(0);
	}
	setpgid(pid, pid);
	close(pair[0]);
	close(pair[1]);
	wait_until_over();
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno != ECHILD)
		;
	return !sh->bad;
}

/* ---- a mismatch ---- */

/* Leaves out @n steps from @at on. */
static struct input without(const struct input *input, unsigned int at, unsigned int n)
{
	struct input less = *input;

	memmove(less.steps + at, less.steps + at + n,
		(input->count - at - n) * sizeof(less.steps[0]));
	less.count -= n;
	return less;
}

static void shrink(struct input *input)
{
	struct input less;

	for (unsigned int n = input->count / 2; n; n /= 2)
		for (unsigned int at = 0; at + n <= input->count;) {
			less = without(input, at, n);
			if (run_input(&less, false))
				at += n;
			else
				*input = less;
		}
}

static void print_input(const char *what, const struct input *input)
{
	printf("# %s", what);
	for (unsigned int i = 0; i < input->count; i++)
		printf(" %x", input->steps[i]);
	printf("\n");
	fflush(stdout);
}

static void report(struct input input)
{
	note("mismatch: %s", sh->why);
	if (sh->step < input.count)
		input.count = sh->step + 1;
	print_input("corpus", &input);
	shrink(&input);
	print_input("shrunk", &input);
	if (run_input(&input, true))
		note("which does not happen again: a race");
	else
		note("again: %s", sh->why);
}

/* ---- inputs ---- */

static uint64_t main_rng;

static void random_steps(struct input *input, unsigned int from)
{
	for (unsigned int i = from; i < input->count; i++)
		input->steps[i] = rng();
}

static void mutate(struct input *input)
{
	const struct input *other = &pool[below(pooled)];
	unsigned int at;

	*input = pool[below(pooled)];
	for (unsigned int n = 1 + below(4); n && input->count; n--) {
		at = below(input->count);
		switch (below(4)) {
		case 0:
			input->steps[at] = rng();
			break;
		case 1:
			*input = without(input, at, 1);
			break;
		case 2:
			memcpy(input->steps + at, other->steps + at,
			       (STEPS - at) * sizeof(input->steps[0]));
			input->count = other->count > at ? other->count : at;
			break;
		default:
			at = input->count;
			input->count += below(STEPS - at + 1);
			random_steps(input, at);
		}
	}
}

static void next_input(struct input *input)
{
	rng_state = main_rng;
	if (pooled && !one_in(4)) {
		mutate(input);
	} else {
		input->count = STEPS / 4 + below(STEPS * 3 / 4 + 1);
		random_steps(input, 0);
	}
	main_rng = rng_state;
}

static void keep(const struct input *input)
{
	if (pooled < POOL)
		pool[pooled++] = *input;
	else
		pool[main_rng % POOL] = *input;
}

static void load_corpus(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[STEPS * 9 + 100], *at, *end;
	struct input input;

	if (!file)
		bail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		input.count = 0;
		for (at = line; input.count < STEPS; at = end) {
			uint32_t step = (uint32_t)strtoul(at, &end, 16);

			if (end == at)
				break;
			input.steps[input.count++] = step;
		}
		if (input.count)
			keep(&input);
	}
	fclose(file);
}

/* ---- what came up ---- */

/* Below this number of calls it may be chance that something did not. */
#define CALLS_ENOUGH 10000

static const struct {
	const char *what;
	int errs[7]; /* success among them, which ends the list */
} must_come_up[] = {
	{ "open", { 0 } },
	{ "GRANT", { EACCES, EBUSY, EINVAL, EFAULT, EBADF, 0 } },
	{ "REVOKE", { EINVAL, 0 } },
	{ "SET_MAP", { EACCES, EBUSY, EINVAL, EFAULT, EBADF, 0 } },
	{ "GET_MAP", { EINVAL, EFAULT, 0 } },
	{ "LIMIT", { EINVAL, 0 } },
	{ "ATTACH", { EBUSY, EINVAL, EBADF, 0 } },
	{ "DETACH", { 0 } },
	{ "CLAIM", { EACCES, EBUSY, EINVAL, 0 } },
	{ "RELEASE", { EINVAL, 0 } },
	{ "CHECK", { EINVAL, 0 } },
	{ "XFER", { EACCES, EINVAL, EFAULT, EBADF, E2BIG, 0 } },
	{ "ON_CLOSE", { EACCES, EINVAL, EBADF, 0 } },
	{ "read", { EACCES, EINVAL, EBADF, 0 } },
	{ "write", { EACCES, EINVAL, EBADF, 0 } },
	{ "ioperm", { 0 } },
	{ "iopl", { 0 } },
	{ "fork", { 0 } },
	{ "recvmsg", { 0 } },
	{ "policy", { EINVAL, 0 } },
	{ "in", { EFAULT, 0 } },
};

/* A model that is always right may be one that nothing was asked of. */
static bool all_came_up(void)
{
	bool all = true;

	for (size_t i = 0; i < sizeof(must_come_up) / sizeof(must_come_up[0]); i++)
		for (const int *err = must_come_up[i].errs;; err++) {
			if (!recorded(must_come_up[i].what, *err)) {
				note("%s never came to: %s", must_come_up[i].what,
				     *err ? strerror(*err) : "success");
				all = false;
			}
			if (!*err)
				break;
		}
	return all;
}

static void reload(void)
{
	int status = system("rmmod ioport && modprobe ioport && udevadm settle");

	if (status)
		bail("the module cannot be loaded again (%#x, %s)", (unsigned int)status,
		     strerror(errno));
	coverage_module();
}

static unsigned long long number(int argc, char **argv, const char *name, unsigned long long preset)
{
	size_t length = strlen(name);

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], name, length) && argv[i][length] == '=')
			return strtoull(argv[i] + length + 1, NULL, 0);
	return preset;
}

int main(int argc, char **argv)
{
	unsigned long long calls = number(argc, argv, "calls", 20000);
	unsigned long long limit = number(argc, argv, "seconds", 0);
	unsigned long long every = number(argc, argv, "reload", 0), inputs = 0, replayed = 0;
	double start = seconds(), told = start;
	struct input input;
	bool good = true;

	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1))
		bail("%s", strerror(errno));
	rng_seed(number(argc, argv, "seed", 1));
	main_rng = rng_state;
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "corpus=", 7))
			load_corpus(argv[i] + 7);
	coverage_init();
	while (good && (limit ? seconds() < start + limit : sh->calls < calls)) {
		if (replayed < pooled && inputs == replayed)
			input = pool[replayed++];
		else
			next_input(&input);
		good = run_input(&input, false);
		inputs++;
		if (coverage_grew() && inputs > replayed) {
			keep(&input);
			print_input("corpus", &input);
		}
		if (every && !(inputs % every))
			reload();
		if (seconds() > told + 30) {
			told = seconds();
			note("%.0f s: %llu calls, %llu inputs, %u places of the module reached",
			     told - start, sh->calls, inputs, coverage_count());
		}
	}
	note("%llu calls, %llu inputs, %.1f s, %.0f calls/s, %u places of the module reached",
	     sh->calls, inputs, seconds() - start, (double)sh->calls / (seconds() - start),
	     coverage_count());
	ok(good, "each call returned what it must, each thread reached what it may");
	if (!good)
		report(input);
	else if (sh->calls >= CALLS_ENOUGH)
		ok(all_came_up(), "and every call succeeded and failed in every way");
	return done();
}
