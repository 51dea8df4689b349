// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation and every copy from or to user memory fails, one after the other, in
 * loading the module: nothing of it is left, and where it is loaded all the same no port can
 * be kept. Run as root.
 */
#include "faults.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define PANIC_ON_WARN "/proc/sys/kernel/panic_on_warn"

static char module_path[256];

/*
 * Somebody who opens the device all the while that it is being loaded. He needs no node: the
 * one of before, held by its name alone, leads to whatever has its number. A module whose
 * loading fails is freed under those who have it open.
 */
struct impatient {
	int node;
	bool wanted, busy;
	unsigned int opened;
};

static struct impatient *impatient;

static void be_impatient(void)
{
	struct ioport_info info;
	char path[32];
	int f;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", impatient->node);
	for (;;) {
		if (!__atomic_load_n(&impatient->wanted, __ATOMIC_SEQ_CST)) {
			__atomic_store_n(&impatient->busy, false, __ATOMIC_SEQ_CST);
			usleep(1000);
			continue;
		}
		__atomic_store_n(&impatient->busy, true, __ATOMIC_SEQ_CST);
		f = open(path, O_RDWR | O_CLOEXEC);
		if (f < 0) {
			usleep(200);
			continue;
		}
		impatient->opened++;
		/* It has been open until loading was over, this way or that. */
		while (__atomic_load_n(&impatient->wanted, __ATOMIC_SEQ_CST))
			usleep(1000);
		ioctl(f, IOPORT_IOC_GET_INFO, &info);
		close(f);
	}
}

static void start_impatient(void)
{
	impatient = mmap(NULL, sizeof(*impatient), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (impatient == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	impatient->node = open(DEVICE, O_PATH | O_CLOEXEC);
	if (impatient->node < 0)
		bail(DEVICE ": %s", strerror(errno));
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be_impatient();
	}
	/* A number that nobody has makes the kernel look for a module, each time. */
	set_knob("/proc/sys/kernel/modprobe", "\n");
}

static void let_impatient(bool open)
{
	__atomic_store_n(&impatient->wanted, open, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&impatient->busy, __ATOMIC_SEQ_CST) != open)
		usleep(1000);
}

/* Was there an Nth chance to fail? @error: what loading said, or 0. */
static bool load(unsigned int nth, int *error)
{
	int f = open(module_path, O_RDONLY | O_CLOEXEC);
	bool injected;

	if (f < 0)
		bail("%s: %s", module_path, strerror(errno));
	let_impatient(true);
	arm(nth);
	*error = syscall(SYS_finit_module, f, "", 0) ? errno : 0;
	injected = disarm();
	let_impatient(false);
	close(f);
	return injected;
}

static const char *load_left(void)
{
	struct stat st;

	if (!stat("/sys/module/ioport", &st))
		return "/sys/module/ioport";
	if (!stat("/sys/class/ioport", &st))
		return "/sys/class/ioport";
	return ioports_has("ioport") ? "/proc/ioports" : NULL;
}

/*
 * Where it was loaded all the same: is direct access guarded, or refused? A thread that
 * calls ioperm() must be off the map then, with what it had by it.
 */
static long keeps_port(void *arg)
{
	struct ioport_info info;
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	(void)arg;
	/* Without a node nobody has anything. */
	if (fd < 0)
		return 0;
	/* Root may have what is refused to others. */
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534) ||
	    ioctl(fd, IOPORT_IOC_GET_INFO, &info))
		return 2;
	if (info.direct_blocked & IOPORT_BLOCKED_NO_HOOK)
		return dev_grant(fd, LPT, 1, 0) == 0;
	if (dev_grant(fd, LPT, 1, 0) || !can_in(LPT, 1))
		return 3;
	syscall(SYS_ioperm, 0x80, 1, 0);
	return can_in(LPT, 1);
}

static void unload(void)
{
	int tries;

	/* udev may have it open for a moment. */
	for (tries = 0; syscall(SYS_delete_module, "ioport", O_NONBLOCK) && tries < 1000; tries++)
		usleep(10000);
}

/* The kernel does much before the module's own code runs: of that, each of so many. */
#define STRIDE 16

struct tally {
	bool quiet;
	int tried, dirty, ours;
};

/*
 * The errors of loading are the kernel's own: any will do, if nothing is left. False where
 * there is no such chance to fail any more.
 */
static bool load_fails(unsigned int nth, struct tally *t)
{
	const char *left;
	struct place p;
	bool injected;
	int error;
	long kept;

	injected = load(nth, &error);
	kept = error ? 0 : child_do(keeps_port, NULL);
	if (!error)
		unload();
	find_place(&p);
	if (!injected)
		return false;
	t->tried++;
	t->ours += *p.function != '\0';
	if (*p.function && !t->quiet)
		site("load", &p, error);
	if (kept) {
		note("load, %u: a port is kept, or cannot be had (%ld)", nth, kept);
		t->dirty++;
	}
	left = load_left();
	if (left) {
		note("load, %u: %s is left", nth, left);
		t->dirty++;
	}
	return true;
}

/* All from the first on that may be in the module's code. */
static void test_load(void)
{
	struct tally before = { .quiet = true }, all = { 0 };
	unsigned int nth = STRIDE;

	start_impatient();
	unload();
	while (nth < MOST_SITES && load_fails(nth, &before) && !before.ours)
		nth += STRIDE;
	ok(before.ours, "loading: %d failures before the module's own code runs, or as it begins",
	   before.tried);
	for (nth -= STRIDE - 1; nth < MOST_SITES && load_fails(nth, &all); nth++)
		if (nth % 100 == 0)
			note("loading: at %u", nth);
	ok(nth < MOST_SITES, "loading: there is an end to them");
	ok(all.ours > 0, "loading: %d failures from there on, %d of them in the module", all.tried,
	   all.ours);
	is(before.dirty + all.dirty, 0, "loading: each of them clean");
	ok(impatient->opened > 0, "loading: opened by another %u times as soon as it could be",
	   impatient->opened);
	run("modprobe ioport && udevadm settle");
}

int main(int argc, char **argv)
{
	struct utsname u;

	(void)argc;
	uname(&u);
	snprintf(module_path, sizeof(module_path), "/usr/lib/modules/%s/updates/ioport.ko",
		 u.release);
	faults_begin(argv);
	/* Unloading waits for the kernel's readers, again and again. */
	set_knob("/sys/kernel/rcu_expedited", "1");
	/* As one warning is expected. All others are counted at the end. */
	set_knob(PANIC_ON_WARN, "0");
	test_load();
	set_knob(PANIC_ON_WARN, "1");
	return faults_end();
}
