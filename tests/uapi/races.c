// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many at once: while ports are opened and closed, others that are attached spin on them,
 * fork, make threads that exit, leave the map and come back, make private copies; CPUs go
 * off line and come back; processes are frozen; the machine is suspended; 10,000 files are
 * open; the module is loaded and unloaded. An access that was begun when a closing call
 * had returned, and went through before the port was opened again, is stale, and there may
 * be none.
 *
 * Run as root, with the default policy, on four CPUs. The argument is the number of
 * rounds of the first part; the others are by that.
 */
#include "keeper.h"

#include "admin.h"

#include <sys/resource.h>
#include <sys/stat.h>

#define MOST 16

/* Even: the port may be open. Odd: the call that closed it has returned. */
static struct board {
	atomic_uint phase;
	atomic_bool stop;
	atomic_uint stale, errors;
	atomic_uint looks[MOST]; /* by each actor, with the port closed */
	atomic_uint toggles;	 /* of CPUs */
} * board;

static int fd;
static const char *allow, *deny;

/* One access by an actor; it counts as a look where the port was closed all the time. */
static void look(int actor)
{
	unsigned int before = atomic_load(&board->phase);
	int reached = probe(LPT);

	if (before % 2 == 0 || atomic_load(&board->phase) != before)
		return;
	atomic_fetch_add(&board->stale, reached);
	atomic_fetch_add(&board->looks[actor], 1);
}

static void must(bool condition)
{
	if (!condition)
		atomic_fetch_add(&board->errors, 1);
}

/* ---- actors: processes of their own, attached, until they are told to stop ---- */

static void spinner(int actor)
{
	look(actor);
}

static void forker(int actor)
{
	pid_t pid = fork();

	if (!pid) {
		look(actor);
		_exit(0);
	}
	must(pid > 0 && waitpid(pid, NULL, 0) == pid);
}

static void *thread_look(void *arg)
{
	look((int)(intptr_t)arg);
	return NULL;
}

static void threader(int actor)
{
	pthread_t thread;

	must(!pthread_create(&thread, NULL, thread_look, (void *)(intptr_t)actor) &&
	     !pthread_join(thread, NULL));
}

/* By the real ioperm(), and back. */
static void leaver(int actor)
{
	must(!ioperm_native(OTHERS, 1, 0));
	look(actor);
	must(!dev_attach(fd, 0));
	look(actor);
}

/* A private copy begins as the map is. EACCES: policy may forbid all at this moment. */
static void copier(int actor)
{
	must(!dev_grant(fd, VOID, 1, IOPORT_THREAD) || errno == EACCES);
	look(actor);
	must(!dev_attach(fd, IOPORT_REPLACE));
}

static void (*const actors[])(int) = { spinner, spinner, forker, threader, leaver, copier };

#define ACTORS (int)(sizeof(actors) / sizeof(*actors))

static pid_t pids[MOST];

static void start_actors(int count)
{
	int i;

	memset(board, 0, sizeof(*board));
	fflush(stdout);
	for (i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			bail("fork");
		if (pids[i])
			continue;
		must(!dev_attach(fd, 0));
		while (!atomic_load(&board->stop))
			actors[i](i);
		_exit(0);
	}
}

static void stop_actors(int count)
{
	int i;

	atomic_store(&board->stop, true);
	for (i = 0; i < count; i++)
		waitpid(pids[i], NULL, 0);
}

/* ---- what closes the port ---- */

static int set_window(bool open)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	bits_fill(bits, false);
	if (open)
		bits_open(bits, LPT, LPT_COUNT);
	return dev_set_map(fd, bits, 0);
}

/* Not by SET_MAP: a private copy would stay as it is. */
static int close_port(int n)
{
	switch (n % 4) {
	case 0:
		return set_param("allow", "none");
	case 1:
		return set_param("deny", "0x378-0x37f");
	default:
		return dev_revoke(fd, LPT, LPT_COUNT, 0);
	}
}

/* What close_port() has left. */
static int restore_policy(void)
{
	return set_param("allow", allow) || set_param("deny", deny);
}

/* Each actor looks twice while it is closed: one look may have begun before. */
static bool all_look(int count)
{
	unsigned int since[MOST];
	double end = deadline(60);
	int i;

	for (i = 0; i < count; i++)
		since[i] = atomic_load(&board->looks[i]);
	for (i = 0; i < count; i++)
		while (atomic_load(&board->looks[i]) - since[i] < 2) {
			if (seconds() > end)
				return false;
			sched_yield();
		}
	return true;
}

static bool one_round(int n, int count)
{
	bool good = !set_window(true) && !close_port(n);

	atomic_fetch_add(&board->phase, 1);
	good &= all_look(count);
	atomic_fetch_add(&board->phase, 1);
	return good && !restore_policy();
}

static void verdict(const char *name, int done_rounds, int rounds, int count)
{
	unsigned int looks = 0;
	int i;

	for (i = 0; i < count; i++)
		looks += atomic_load(&board->looks[i]);
	is(done_rounds, rounds, "%s: %d rounds, each seen by everybody", name, rounds);
	is(atomic_load(&board->stale), 0, "%s: no access after the return", name);
	is(atomic_load(&board->errors), 0, "%s: no call failed", name);
	note("%u looks", looks);
}

static void test_storm(int rounds)
{
	int n = 0;

	start_actors(ACTORS);
	while (n < rounds && one_round(n, ACTORS))
		n++;
	stop_actors(ACTORS);
	verdict("storm", n, rounds, ACTORS);
}

/* ---- CPUs that go and come ---- */

static int set_cpu(int cpu, const char *value)
{
	char path[64];
	int f, err;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	f = open(path, O_WRONLY | O_CLOEXEC);
	err = f < 0 || write(f, value, 1) != 1;
	close(f);
	return err;
}

/* One CPU after the other, as long as there are rounds. */
static pid_t start_toggling(int cpus)
{
	pid_t pid;
	int n;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	for (n = 0; !atomic_load(&board->stop); n++) {
		must(!set_cpu(1 + n % (cpus - 1), "0"));
		must(!set_cpu(1 + n % (cpus - 1), "1"));
		atomic_fetch_add(&board->toggles, 1);
	}
	_exit(0);
}

/* As many rounds as it takes for as many CPUs to have gone and come back meanwhile. */
static void test_hotplug(int rounds)
{
	int n = 0, good = 0, cpus = sysconf(_SC_NPROCESSORS_CONF);
	pid_t toggling;

	if (cpus < 3) {
		skip("%d CPUs: two are to stay", cpus);
		return;
	}
	start_actors(ACTORS);
	toggling = start_toggling(cpus);
	while (good == n && (n < rounds || atomic_load(&board->toggles) < (unsigned int)rounds))
		good += one_round(n++, ACTORS);
	stop_actors(ACTORS);
	waitpid(toggling, NULL, 0);
	verdict("CPUs off line and back", good, n, ACTORS);
	ok(atomic_load(&board->toggles) >= (unsigned int)rounds, "%u CPUs went and came meanwhile",
	   atomic_load(&board->toggles));
}

/* ---- frozen ---- */

#define CGROUP "/sys/fs/cgroup/races"

static bool write_file(const char *path, const char *text)
{
	int f = open(path, O_WRONLY | O_CLOEXEC);
	bool good = f >= 0 && write(f, text, strlen(text)) > 0;

	close(f);
	return good;
}

static bool is_frozen(void)
{
	char text[256] = "";
	int f = open(CGROUP "/cgroup.events", O_RDONLY | O_CLOEXEC);

	(void)!read(f, text, sizeof(text) - 1);
	close(f);
	return strstr(text, "frozen 1");
}

static bool freeze(void)
{
	double end = deadline(60);

	if (!write_file(CGROUP "/cgroup.freeze", "1"))
		return false;
	while (!is_frozen() && seconds() < end)
		usleep(1000);
	return is_frozen();
}

static void test_freeze(int rounds)
{
	char pid[16];
	int n, good = 0;

	mkdir(CGROUP, 0755);
	start_actors(1);
	snprintf(pid, sizeof(pid), "%d", pids[0]);
	if (!write_file(CGROUP "/cgroup.procs", pid))
		bail(CGROUP ": %s", strerror(errno));
	for (n = 0; n < rounds; n++) {
		good += !set_window(true) && freeze() && !close_port(n);
		atomic_fetch_add(&board->phase, 1);
		good -= !write_file(CGROUP "/cgroup.freeze", "0") || !all_look(1);
		atomic_fetch_add(&board->phase, 1);
		good -= restore_policy() != 0;
	}
	stop_actors(1);
	rmdir(CGROUP);
	verdict("frozen meanwhile", good, rounds, 1);
}

/* ---- suspended, as far as the kernel's own test of that goes ---- */

/* "freezer": all are frozen and thawed; "processors": devices and the other CPUs as well. */
static bool suspend(const char *level)
{
	return write_file("/sys/power/pm_test", level) && write_file("/sys/power/state", "mem");
}

/* The port is closed when all is back, or before, and is not open then. */
static void test_suspend(int rounds)
{
	static const char *const levels[] = { "freezer", "processors" };
	int n, good = 0;

	if (access("/sys/power/pm_test", W_OK)) {
		skip("this kernel has no /sys/power/pm_test");
		return;
	}
	/* In seconds. */
	write_file("/sys/module/suspend/parameters/pm_test_delay", "1");
	start_actors(ACTORS);
	for (n = 0; n < rounds; n++) {
		const char *level = levels[n % 2];
		bool closed_first = n / 2 % 2;
		bool one = !set_window(true) && (closed_first || suspend(level)) && !close_port(n);

		atomic_fetch_add(&board->phase, 1);
		one &= (!closed_first || suspend(level)) && all_look(ACTORS);
		atomic_fetch_add(&board->phase, 1);
		good += one && !restore_policy();
	}
	stop_actors(ACTORS);
	verdict("suspended meanwhile", good, rounds, ACTORS);
	write_file("/sys/power/pm_test", "none");
}

/* ---- 10,000 open files ---- */

#define FILES 10000

/* Somebody is attached to the first of them, and must lose the port as well. */
static void test_files(void)
{
	const struct rlimit limit = { FILES + 100, FILES + 100 };
	static int files[FILES];
	static uint8_t bits[IOPORT_MAP_BYTES];
	int i, opened = 0, granted = 0, left = 0, mine = fd;
	bool changed, seen;

	setrlimit(RLIMIT_NOFILE, &limit);
	for (i = 0; i < FILES; i++) {
		files[i] = open(DEVICE, O_RDWR | O_CLOEXEC);
		opened += files[i] >= 0;
	}
	is(opened, FILES, "%d open files", FILES);
	fd = files[0];
	start_actors(1);
	/* A tenth of them with a window: each takes memory. */
	for (i = 0; i < FILES; i += 10) {
		fd = files[i];
		granted += !set_window(true);
	}
	is(granted, FILES / 10, "%d of them with a window", FILES / 10);
	changed = !set_param("allow", "none");
	atomic_fetch_add(&board->phase, 1);
	seen = all_look(1);
	for (i = 0; i < FILES; i += 10) {
		left += dev_get_map(files[i], IOPORT_WHICH_FILE, bits) != 0;
		left += bits_count(bits) != 0;
	}
	is(left, 0, "a change of policy has closed them all");
	stop_actors(1);
	verdict("10,000 files", changed && seen, 1, 1);
	is(set_param("allow", allow), 0, "and back");
	for (i = 0; i < FILES; i++)
		close(files[i]);
	ok(ioports_get(": ioport", false), "all closed: no port is reserved");
	fd = mine;
}

/* ---- loading and unloading ---- */

/* Opens and uses whatever is there; no file of it may stay open for long. */
static void user_of_device(int actor)
{
	int f = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (f < 0)
		return;
	must(!dev_grant(f, LPT, 1, 0) && probe(LPT));
	close(f);
	atomic_fetch_add(&board->stale, probe(LPT));
	atomic_fetch_add(&board->looks[actor], 1);
}

static bool unload(void)
{
	double end = deadline(60);
	bool gone;

	/* EAGAIN while one of them has it open. */
	do {
		gone = !syscall(SYS_delete_module, "ioport", O_NONBLOCK);
	} while (!gone && seconds() < end);
	return gone;
}

static void test_reload(int rounds)
{
	int i, n, good = 0;

	close(fd);
	memset(board, 0, sizeof(*board));
	fflush(stdout);
	for (i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		while (!atomic_load(&board->stop))
			user_of_device(i);
		_exit(0);
	}
	/* Each of them uses each that was loaded. */
	for (n = 0; n < rounds; n++)
		good += unload() && system("modprobe ioport") == 0 && all_look(2);
	stop_actors(2);
	verdict("loaded and unloaded under users", good, rounds, 2);
	run("udevadm settle");
	fd = dev_open(O_RDWR);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 200;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	probe_init();
	allow = strdup(get_param("allow"));
	deny = strdup(get_param("deny"));
	fd = dev_open(O_RDWR);
	test_storm(rounds);
	test_freeze(rounds / 10);
	test_suspend(8);
	test_files();
	test_hotplug(rounds / 20);
	test_reload(rounds / 20);
	return done();
}
