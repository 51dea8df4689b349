// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer of the raw interface. An input is a list of numbers, each of which is
 * one operation of one thread. Threads and processes take turns, so that the model
 * (model.h) can tell what each call must return, and after a step each of them says
 * by trying which ports it can reach.
 *
 * usage: uapi [calls=N] [seconds=N] [seed=N] [reload=N] [corpus=FILE] [print=1] [guided=N]
 *
 * Where the kernel has KCOV and the module was compiled for it, inputs that go a new way
 * through the module are kept and changed, and with print=1 printed as lines "corpus
 * ...". Without it all inputs are random, but for those of the corpus, which come first.
 * guided: it must have seen so many places of the module.
 */
#include "fuzz/ops.h"

#include <linux/futex.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <poll.h>

#include "fuzz/coverage.h"
#include "fuzz/inputs.h"
#include "fuzz/look.h"
#include "fuzz/outcomes.h"

#define HANG_SECONDS 60
/* Of inputs that may have the module loaded anew; with fewer it may be chance that none did. */
#define RELOADS_ENOUGH 10
/* In kB: less than it would be with one leak in some thousand calls. */
#define MEMORY_MORE (32 * 1024)

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
		sh->found[i] = sh->found[c->me];
		sh->doubt[i] = sh->doubt[c->me];
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
	sh->last = -1;
	pass(next_live(c->me));
	if (whole)
		_exit(0);
	/* Not pthread_exit(), which wants a library that no static program has. */
	syscall(SYS_exit, 0);
}

/* Where the input says that the workers are spread over the CPUs. */
static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		mismatch("CPU %d: %s", cpu, strerror(errno));
}

static void op_move(struct ctx *c)
{
	int cpu = (int)below((uint32_t)sysconf(_SC_NPROCESSORS_ONLN));

	if (!sh->spread)
		return;
	tell(c->me, "to CPU %d", cpu);
	run_on(cpu);
}

struct op_kind {
	void (*run)(struct ctx *c);
	unsigned int weight;
};

static const struct op_kind kinds[] = {
	{ op_open, 40 },     { op_dup, 12 },	  { op_close, 24 },   { op_send, 12 },
	{ op_receive, 16 },  { op_grant, 240 },	  { op_revoke, 140 }, { op_set_map, 50 },
	{ op_get_map, 24 },  { op_attach, 100 },  { op_detach, 40 },  { op_limit, 12 },
	{ op_check, 80 },    { op_claim, 24 },	  { op_release, 20 }, { op_xfer, 70 },
	{ op_xfer_bad, 10 }, { op_on_close, 25 }, { op_access, 140 }, { op_info, 8 },
	{ op_ioperm, 40 },   { op_iopl, 24 },	  { op_policy, 6 },   { op_reload, 2 },
	{ op_busy, 1 },	     { op_fork, 3 },	  { op_thread, 4 },   { op_exit, 4 },
	{ op_move, 5 },
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

/*
 * The worker that does the current step; draws from its number alone. Mostly who did
 * the one before: to switch costs more than a call.
 */
static int draw_worker(void)
{
	int worker = WORKERS - 1;
	bool stays;
	uint32_t n;

	rng_seed(sh->steps[sh->step]);
	stays = !one_in(8);
	n = below((uint32_t)live_workers()) + 1;
	if (stays && sh->last >= 0)
		return sh->last;
	for (; n; n--)
		worker = next_live(worker);
	return worker;
}

static void do_step(int me)
{
	struct ctx c = { .m = &sh->model, .me = me, .w = &sh->model.workers[me] };

	c.p = &sh->model.procs[c.w->proc];
	last_range.count = 0;
	coverage_start();
	sh->last = me;
	draw_kind()->run(&c);
	if (coverage_stop())
		sh->news = sh->step + 1;
	look(me);
	sh->roll = draw_roll(me);
	sh->step++;
}

/* Takes itself off the roll; the next that is on it, or -1. */
static int call_roll(int me)
{
	sh->roll &= ~(1U << me);
	return sh->roll ? __builtin_ctz(sh->roll) : -1;
}

/* As long as it is this worker's turn; returns whose turn it is next. */
static int take_turn(int me)
{
	int worker;

	if (sh->gone) {
		await_end(sh->gone);
		sh->gone = 0;
	}
	rng_seed(sh->steps[sh->step % STEPS] + (uint32_t)me);
	last_range.count = 0;
	look(me);
	worker = call_roll(me);
	if (worker >= 0)
		return worker;
	while (!sh->bad && sh->step < sh->count) {
		worker = draw_worker();
		if (worker != me)
			return worker;
		do_step(me);
		worker = call_roll(me);
		if (worker >= 0)
			return worker;
	}
	finish();
}

static void work(int me)
{
	coverage_open();
	if (sh->spread)
		run_on(me % (int)sysconf(_SC_NPROCESSORS_ONLN));
	for (;;) {
		await_turn(me);
		if (sh->bad)
			finish();
		pass(take_turn(me));
	}
}

/* ---- one input ---- */

/* One in so many inputs has the module loaded anew in its midst, and after so many it is. */
static unsigned int reload_every;

static void reset(const struct input *input, bool with_trace)
{
	memset(&sh->model, 0, sizeof(sh->model));
	memset(sh->turn, 0, sizeof(sh->turn));
	memset(sh->found, 0, sizeof(sh->found));
	memset(sh->doubt, 0, sizeof(sh->doubt));
	memcpy(sh->steps, input->steps, sizeof(sh->steps));
	sh->count = input->count;
	sh->step = sh->roll = sh->news = 0;
	sh->last = -1;
	sh->gone = 0;
	/* A quarter of the inputs; the others have one CPU at a time, which is faster. */
	sh->spread = input->count && input->steps[0] % 4 == 0;
	sh->reloads = reload_every && input->count && input->steps[0] / 4 % reload_every == 0;
	sh->over = 0;
	sh->bad = false;
	sh->tell = with_trace;
	sh->model.workers[0].live = true;
	sh->model.procs[0].live = true;
	for (int i = 0; i < SLOTS; i++)
		sh->model.procs[0].file[i] = -1;
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
	if (!preset_policy(&sh->model))
		bail("the parameters cannot be set: %s", strerror(errno));
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		bail("socketpair: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail("fork: %s", strerror(errno));
	if (!pid) {
		setpgid(0, 0);
		if (!sh->spread)
			run_on((int)(input->count % (unsigned int)sysconf(_SC_NPROCESSORS_ONLN)));
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
	sh->policy_written |= sh->bad;
	return !sh->bad;
}

/* ---- a mismatch ---- */

static void shrink(struct input *input)
{
	struct input less;

	/* The first says on which CPUs; see reset(). */
	for (unsigned int n = input->count / 2; n; n /= 2)
		for (unsigned int at = 1; at + n <= input->count;) {
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

/* ---- the run ---- */

/* A change of policy waits for the kernel's readers: some milliseconds of nothing. */
static void expedite(void)
{
	FILE *file = fopen("/sys/kernel/rcu_expedited", "w");

	if (file && fputs("1", file) >= 0 && !fclose(file))
		return;
	note("RCU cannot be expedited");
}

/* What the kernel has allocated for good, in kB. */
static long kernel_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[100];
	long sum = 0, n;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Slab: %ld", &n) == 1 ||
		    sscanf(line, "VmallocUsed: %ld", &n) == 1 ||
		    sscanf(line, "Percpu: %ld", &n) == 1)
			sum += n;
	if (file)
		fclose(file);
	return sum;
}

static unsigned long long number(int argc, char **argv, const char *name, unsigned long long preset)
{
	size_t length = strlen(name);

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], name, length) && argv[i][length] == '=')
			return strtoull(argv[i] + length + 1, NULL, 0);
	return preset;
}

static void progress(double time, unsigned long long inputs)
{
	note("%.0f s: %llu calls, %.0f a second; %llu inputs, %u of them kept; %u places of the module "
	     "reached, %u ways; kernel memory %ld kB",
	     time, sh->calls, (double)sh->calls / time, inputs, pooled, coverage_places(),
	     coverage_ways(), kernel_memory());
}

int main(int argc, char **argv)
{
	unsigned long long calls = number(argc, argv, "calls", 20000);
	unsigned long long limit = number(argc, argv, "seconds", 0);
	unsigned long long inputs = 0, replayed = 0;
	unsigned int guided = (unsigned int)number(argc, argv, "guided", 0);
	bool print = number(argc, argv, "print", 0);
	long memory = 0;
	double start = seconds(), told = start;
	struct input input;
	bool good = true;

	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1))
		bail("%s", strerror(errno));
	sh->policy_written = true;
	reload_every = (unsigned int)number(argc, argv, "reload", 0);
	expedite();
	/* The console is slow; the log has what the module says of wrong lists all the same. */
	klogctl(8, NULL, 3);
	rng_seed(number(argc, argv, "seed", 1));
	main_rng = rng_state;
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "corpus=", 7))
			load_corpus(argv[i] + 7);
	coverage_init();
	while (good && ((replayed < pooled && inputs == replayed) ||
			(limit ? seconds() < start + limit : sh->calls < calls))) {
		if (replayed < pooled && inputs == replayed)
			input = pool[replayed++];
		else
			next_input(&input);
		good = run_input(&input, false);
		inputs++;
		if (good && sh->news && inputs > replayed) {
			input.count = sh->news;
			keep(&input);
			if (print)
				print_input("corpus", &input);
		}
		if (reload_every && !(inputs % reload_every) && reload())
			bail("the module cannot be loaded again");
		if (seconds() > told + 60) {
			told = seconds();
			progress(told - start, inputs);
			memory = memory ? memory : kernel_memory();
		}
	}
	progress(seconds() - start, inputs);
	ok(good, "each call returned what it must, each thread reached what it may");
	if (!good) {
		report(input);
		return done();
	}
	if (guided)
		ok(coverage_places() >= guided, "%u places of the module or more guided it",
		   guided);
	if (reload_every && inputs >= RELOADS_ENOUGH * reload_every)
		ok(recorded("reload", 0),
		   "the module was loaded anew under threads that are attached to what it left");
	if (sh->calls >= CALLS_ENOUGH)
		ok(all_came_up(), "and every call succeeded and failed in every way");
	if (memory)
		ok(kernel_memory() < memory + MEMORY_MORE,
		   "the kernel has no more memory allocated than after a minute");
	return done();
}
