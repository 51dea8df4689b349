// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's memory for an open file, as a memory cgroup is charged for many of
 * them; less that for as many of /dev/null. Run as root, the module not loaded.
 */
#include "bench.h"

#define CGROUP "/sys/fs/cgroup/bench"
#define FILES_MAX 20000

static int files[FILES_MAX];

static void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	must(fd >= 0 && write(fd, text, strlen(text)) > 0);
	close(fd);
}

static long charged(void)
{
	FILE *f = fopen(CGROUP "/memory.current", "r");
	long bytes;

	must(f && fscanf(f, "%ld", &bytes) == 1);
	fclose(f);
	return bytes;
}

/* ---- what each file does ---- */

static void do_nothing(int file, unsigned int i)
{
	(void)file;
	(void)i;
}

static void do_read(int file, unsigned int i)
{
	char c;

	(void)i;
	must(pread(file, &c, 1, PORT) == 1);
}

/* The map stays when its thread has left. */
static void do_grant(int file, unsigned int i)
{
	(void)i;
	must(!dev_grant(file, PORT, 1, 0));
	must(!dev_detach(file));
}

static void *grant_thread(void *file)
{
	must(!dev_grant(*(int *)file, PORT, 1, IOPORT_THREAD));
	return NULL;
}

/* A copy stays when its thread has left, until there are too many such. */
static void do_copies(int file, unsigned int i)
{
	pthread_t thread;

	(void)i;
	for (i = 0; i < 16; i++) {
		must(!pthread_create(&thread, NULL, grant_thread, &file));
		must(!pthread_join(thread, NULL));
	}
}

/* ---- the table ---- */

struct state {
	const char *name;
	void (*enter)(int file, unsigned int i);
	unsigned int files;
	bool busy_allow;
	double target;
};

static const struct state states[] = {
	{ "opened only", do_nothing, 20000, false, 1024 },
	{ "after a pread", do_read, 2000, false, 0 },
	{ "after a pread, busy=allow", do_read, 2000, true, 0 },
	{ "with a window", do_grant, 2000, false, 0 },
	{ "with a window, busy=allow", do_grant, 2000, true, 0 },
	{ "with 16 private copies", do_copies, 200, false, 0 },
	{ "with 16 private copies, busy=allow", do_copies, 200, true, 0 },
};

static long bytes_for(const char *path, const struct state *state,
		      void (*enter)(int file, unsigned int i))
{
	long before = charged();
	unsigned int i;

	for (i = 0; i < state->files; i++) {
		files[i] = open(path, O_RDWR);
		must(files[i] >= 0);
		enter(files[i], i);
	}
	before = charged() - before;
	for (i = 0; i < state->files; i++)
		close(files[i]);
	return before;
}

static double state_bytes(const void *arg)
{
	struct rlimit limit = { 2 * FILES_MAX, 2 * FILES_MAX };
	const struct state *state = arg;
	long null;

	must(!setrlimit(RLIMIT_NOFILE, &limit));
	put_text(CGROUP "/cgroup.procs", "0");
	memset(files, 0, sizeof(files));
	/* Once without looking, so that the table of descriptors has its size. */
	bytes_for("/dev/null", state, do_nothing);
	null = bytes_for("/dev/null", state, do_nothing);
	return (double)(bytes_for(DEVICE, state, state->enter) - null) / state->files;
}

static void run_state(const struct state *state)
{
	double bytes;
	bool bad;

	set_param("busy", state->busy_allow ? "allow" : "deny");
	bytes = in_child(state_bytes, state);
	bad = state->target && bytes > state->target;
	result("memory", "%s\t%.0f\t%s\t%s", state->name, bytes, state->target ? "1024" : "-",
	       !state->target ? "-"
	       : bad	      ? "WORSE"
			      : "ok");
	if (state->target)
		ok(!bad, "%s: %.0f bytes, at most %.0f", state->name, bytes, state->target);
}

int main(void)
{
	unsigned int i;

	shell(LOAD);
	put_text("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(CGROUP, 0755))
		bail("%s: %s", CGROUP, strerror(errno));
	for (i = 0; i < sizeof(states) / sizeof(*states); i++)
		run_state(&states[i]);
	rmdir(CGROUP);
	shell(UNLOAD);
	return done();
}
