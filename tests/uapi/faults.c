// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation and every copy from or to user memory fails, one after the other,
 * in every call: the error is clean, nothing has changed, and the call works when it is
 * made again. By the kernel's fault injection (/proc/thread-self/fail-nth: the
 * Nth chance to fail from now on is taken), which only the debug kernel has. Run as root.
 *
 *	faults		all calls
 *	faults load	loading the module
 *
 * Each failure is a line "# site: CALL | KIND | PLACE | RESULT", of which
 * tests/faults/run makes docs/faults.md.
 */
#include "state.h"

#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

/* Of one thread: fail-nth is that of the thread that opened the file. */
#define FAIL_NTH "/proc/thread-self/fail-nth"
#define PANIC_ON_WARN "/proc/sys/kernel/panic_on_warn"
#define MOST_SITES 5000

static int fd = -1;

/* ---- the calls ---- */

static uint8_t bits[IOPORT_MAP_BYTES], bits_out[IOPORT_MAP_BYTES];

static void nothing(void)
{
}

static void granted(void)
{
	if (dev_grant(fd, LPT, 2, 0))
		bail("GRANT: %s", strerror(errno));
}

/* On the file's map, which a private copy would be made of. */
static void attached(void)
{
	if (dev_attach(fd, 0))
		bail("ATTACH: %s", strerror(errno));
}

static void granted_thread(void)
{
	if (dev_grant(fd, LPT, 2, IOPORT_THREAD))
		bail("GRANT THREAD: %s", strerror(errno));
}

static void claimed(void)
{
	if (dev_claim(fd, LPT, 4))
		bail("CLAIM: %s", strerror(errno));
}

static long call_open(void)
{
	return fd = open(DEVICE, O_RDWR | O_CLOEXEC);
}

static long call_info(void)
{
	struct ioport_info info;

	return ioctl(fd, IOPORT_IOC_GET_INFO, &info);
}

static long call_grant(void)
{
	return dev_grant(fd, LPT, 8, 0);
}

static long call_grant_thread(void)
{
	return dev_grant(fd, LPT, 8, IOPORT_THREAD);
}

static long call_revoke(void)
{
	return dev_revoke(fd, LPT, 1, 0);
}

static long call_revoke_thread(void)
{
	return dev_revoke(fd, LPT, 1, IOPORT_THREAD);
}

static void window_bits(void)
{
	bits_fill(bits, false);
	bits_open(bits, VOID, 4);
	bits_open(bits, LPT + 4, 4);
}

static long call_set_map(void)
{
	window_bits();
	return dev_set_map(fd, bits, 0);
}

static long call_set_map_thread(void)
{
	window_bits();
	return dev_set_map(fd, bits, IOPORT_THREAD);
}

static long call_get_map(void)
{
	return dev_get_map(fd, IOPORT_WHICH_FILE, bits_out);
}

static long call_attach(void)
{
	return dev_attach(fd, 0);
}

static long call_replace(void)
{
	return dev_attach(fd, IOPORT_REPLACE);
}

static long call_detach(void)
{
	return dev_detach(fd);
}

static long call_limit(void)
{
	window_bits();
	return dev_limit(fd, bits);
}

static long call_check(void)
{
	return dev_check(fd, LPT, 8, IOPORT_READ | IOPORT_DIRECT, NULL);
}

static long call_claim(void)
{
	return dev_claim(fd, LPT, 4);
}

static long call_release(void)
{
	return dev_release(fd, LPT, 4);
}

static long batch(unsigned long call, uint8_t code, unsigned int count, uint32_t flags)
{
	static struct ioport_op ops[512];
	static uint8_t data[4096];
	struct ioport_xfer xfer = { .ops = (uintptr_t)ops, .count = count, .flags = flags };
	unsigned int i;

	memset(ops, 0, sizeof(ops));
	for (i = 0; i < count; i++) {
		ops[i].code = code;
		ops[i].width = 1;
		ops[i].port = LPT;
		if (code == IOPORT_OP_INS || code == IOPORT_OP_OUTS) {
			ops[i].value = 64;
			ops[i].data = (uintptr_t)data;
		}
	}
	return ioctl(fd, call, &xfer);
}

static long call_xfer(void)
{
	return batch(IOPORT_IOC_XFER, IOPORT_OP_OUT, 3, 0);
}

static long call_xfer_long(void)
{
	return batch(IOPORT_IOC_XFER, IOPORT_OP_IN, 512, 0);
}

static long call_xfer_atomic(void)
{
	return batch(IOPORT_IOC_XFER, IOPORT_OP_OUT, 3, IOPORT_ATOMIC);
}

static long call_ins(void)
{
	return batch(IOPORT_IOC_XFER, IOPORT_OP_INS, 2, 0);
}

static long call_outs(void)
{
	return batch(IOPORT_IOC_XFER, IOPORT_OP_OUTS, 2, 0);
}

static long call_on_close(void)
{
	return batch(IOPORT_IOC_ON_CLOSE, IOPORT_OP_OUT, 3, 0);
}

static long call_read(void)
{
	uint8_t byte;

	return pread(fd, &byte, 1, LPT);
}

static long call_write(void)
{
	uint8_t byte = 0;

	return pwrite(fd, &byte, 1, LPT);
}

static long call_close(void)
{
	long result = close(fd);

	fd = -1;
	return result;
}

static long call_allow(void)
{
	return set_param("allow", "0x278-0x27f");
}

static long call_deny(void)
{
	return set_param("deny", "0x378-0x379");
}

static long call_busy(void)
{
	return set_param("busy", "allow");
}

static long call_busy_back(void)
{
	return set_param("busy", "deny");
}

static void busy_allowed(void)
{
	granted();
	if (call_busy())
		bail("busy: %s", strerror(errno));
}

struct call {
	const char *name;
	void (*prepare)(void);
	long (*call)(void);
	/* The ports stay reserved where only the answer could not be delivered. */
	bool reserves;
	/* The module is loaded anew before: what it makes once is made here. */
	bool reload;
	/* No file is open before. */
	bool no_file;
};

static const struct call calls[] = {
	{ "open", nothing, .call = call_open, .no_file = true },
	{ "GET_INFO", nothing, .call = call_info },
	{ "GRANT", nothing, .call = call_grant },
	{ "GRANT, the first since loading", nothing, .call = call_grant, .reload = true },
	{ "GRANT of more", granted, .call = call_grant },
	{ "GRANT THREAD", nothing, .call = call_grant_thread },
	{ "GRANT THREAD, attached", granted, .call = call_grant_thread },
	{ "GRANT THREAD of more", granted_thread, .call = call_grant_thread },
	{ "REVOKE", granted, .call = call_revoke },
	{ "REVOKE THREAD", granted, .call = call_revoke_thread },
	{ "SET_MAP", nothing, .call = call_set_map },
	{ "SET_MAP, attached", granted, .call = call_set_map },
	{ "SET_MAP THREAD", nothing, .call = call_set_map_thread },
	{ "SET_MAP THREAD, attached", granted, .call = call_set_map_thread },
	{ "GET_MAP", granted, .call = call_get_map },
	{ "ATTACH", nothing, .call = call_attach },
	{ "ATTACH REPLACE", granted_thread, .call = call_replace },
	{ "DETACH", attached, .call = call_detach },
	{ "LIMIT", granted, .call = call_limit },
	{ "CHECK", nothing, .call = call_check, .reserves = true },
	{ "CLAIM", nothing, .call = call_claim },
	{ "CLAIM, the first since loading", nothing, .call = call_claim, .reload = true },
	{ "RELEASE", claimed, .call = call_release },
	{ "XFER", nothing, .call = call_xfer, .reserves = true },
	{ "XFER, 512 operations", nothing, .call = call_xfer_long, .reserves = true },
	{ "XFER ATOMIC", granted, .call = call_xfer_atomic },
	{ "XFER INS", granted, .call = call_ins },
	{ "XFER OUTS", granted, .call = call_outs },
	{ "ON_CLOSE", nothing, .call = call_on_close, .reserves = true },
	{ "read", nothing, .call = call_read, .reserves = true },
	{ "write", nothing, .call = call_write, .reserves = true },
	{ "close", granted, .call = call_close },
	{ "allow, which takes ports", granted, .call = call_allow },
	{ "deny, which takes ports", granted, .call = call_deny },
	{ "busy=allow", granted, .call = call_busy },
	{ "busy=deny, with ports in use", busy_allowed, .call = call_busy_back },
};

/* ---- one failure ---- */

struct outcome {
	bool done; /* the child came to its end */
	bool injected;
	int error; /* 0: the call worked */
	char changed[32];
	bool works; /* the same call again, where it failed */
};

static struct outcome *outcome;

static int nth_fd;

static void arm(unsigned int nth)
{
	char text[16];

	nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	snprintf(text, sizeof(text), "%u", nth);
	if (nth_fd < 0 || write(nth_fd, text, strlen(text)) < 0)
		bail(FAIL_NTH ": %s", strerror(errno));
}

/*
 * Was the chance taken? If not, what is left counts for these calls too: one that fails
 * by it says that it was not.
 */
static bool disarm(void)
{
	char left[16] = "";
	bool taken = pread(nth_fd, left, sizeof(left) - 1, 0) > 0 && atoi(left) == 0;

	/* Twice, as the first may be what fails. */
	(void)!write(nth_fd, "0", 1);
	(void)!write(nth_fd, "0", 1);
	close(nth_fd);
	return taken;
}

static void attempt(const struct call *c, unsigned int nth)
{
	static struct state before;
	const char *what;
	long result;

	if (!c->no_file)
		fd = dev_open(O_RDWR);
	c->prepare();
	look(fd, &before);
	arm(nth);
	errno = 0;
	result = c->call();
	outcome->error = result < 0 ? errno : 0;
	outcome->injected = disarm();
	if (result < 0) {
		what = changed(fd, &before, !(c->reserves && outcome->error == EFAULT));
		snprintf(outcome->changed, sizeof(outcome->changed), "%s", what ?: "");
		outcome->works = c->call() >= 0;
	}
	outcome->done = true;
}

static void reload(void)
{
	run("rmmod ioport && modprobe ioport && udevadm settle");
}

/* In a process of its own, so that no attachment is left over. */
static void attempt_apart(const struct call *c, unsigned int nth)
{
	pid_t pid;

	if (c->reload)
		reload();
	memset(outcome, 0, sizeof(*outcome));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		attempt(c, nth);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		bail("fork: %s", strerror(errno));
}

/* ---- where it failed ---- */

struct place {
	char kind[32];
	char function[64];
	char caller[64]; /* the function in the kernel that was asked for it */
};

static int kmsg;
static int bad_lines;

static const char *const bad[] = {
	"WARNING:",
	"BUG:",
	"KASAN",
	"UBSAN",
	"refcount_t:",
	"possible circular",
	"INFO: ",
	"general protection",
	"Oops",
	"kmemleak: unref",
	"sleeping function",
	"cannot create dup",
};

/*
 * The kernel's own: where it has no memory for the description of an event's fields, which
 * is when a module is being loaded, it warns (WARN_ON_ONCE() in event_define_fields() of
 * kernel/trace/trace_events.c) and goes on.
 */
static bool expected(const char *text)
{
	return strstr(text, "WARNING: ") && strstr(text, " event_define_fields+0x");
}

static void judge_line(const char *text)
{
	unsigned int i;

	if (expected(text))
		return;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (!strstr(text, bad[i]))
			continue;
		note("kernel: %s", text);
		bad_lines++;
	}
}

static void copy_word(char *to, size_t size, const char *from, const char *end)
{
	snprintf(to, size, "%.*s", (int)strcspn(from, end), from);
}

static void place_line(struct place *p, const char *text)
{
	/* One record of two lines; /dev/kmsg writes the newline as that. */
	static const char forced[] = "FAULT_INJECTION: forcing a failure.\\x0aname ";

	text += strspn(text, " ");
	if (!strncmp(text, forced, strlen(forced)))
		copy_word(p->kind, sizeof(p->kind), text + strlen(forced), ",");
	if (*text == '?' || !strstr(text, "+0x") || !strncmp(text, "RIP", 3))
		return;
	if (strstr(text, "[ioport]") && !*p->function)
		copy_word(p->function, sizeof(p->function), text, "+");
	if (!*p->function)
		copy_word(p->caller, sizeof(p->caller), text, "+");
}

/* Reads what the kernel has said since, and clears it: injected failures look bad. */
static void find_place(struct place *p)
{
	char record[4096], *text;
	ssize_t n;

	memset(p, 0, sizeof(*p));
	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[1 + strcspn(text + 1, "\n")] = '\0';
		judge_line(text + 1);
		place_line(p, text + 1);
	}
	klogctl(5, NULL, 0);
}

static unsigned int named;

/* The kernel says nothing where the allocation asked for that. */
static const char *kind(const struct place *p)
{
	named += *p->kind != '\0';
	return *p->kind ? p->kind : "with __GFP_NOWARN";
}

static const char *error_name(int error)
{
	static char text[64];

	switch (error) {
	case ENOMEM:
		return "ENOMEM";
	case EFAULT:
		return "EFAULT";
	case EBUSY:
		return "EBUSY";
	}
	snprintf(text, sizeof(text), "errno %d, %s", error, strerror(error));
	return text;
}

static const char *restore_allow, *restore_deny;

static void restore(void)
{
	if (set_param("allow", restore_allow) || set_param("deny", restore_deny) ||
	    set_param("busy", "deny"))
		bail("the policy cannot be set back: %s", strerror(errno));
}

/*
 * ENOMEM or EFAULT; but request_region() does not say that it found no memory, so
 * that looks like a port in use.
 */
static bool clean(const struct outcome *o, const struct place *p)
{
	if (!o->error)
		return true;
	return (o->error == ENOMEM || o->error == EFAULT ||
		(o->error == EBUSY && strstr(p->caller, "request_region"))) &&
	       !*o->changed && o->works;
}

/* True where there is a next one. */
static bool one_failure(const struct call *c, unsigned int nth, int *dirty)
{
	struct place p;

	attempt_apart(c, nth);
	find_place(&p);
	restore();
	if (!outcome->done) {
		note("%s, %u: the process died", c->name, nth);
		++*dirty;
		return false;
	}
	if (!outcome->injected) {
		if (outcome->error) {
			note("%s, without a failure: %s", c->name, strerror(outcome->error));
			++*dirty;
		}
		return false;
	}
	note("site: %s | %s | %s%s%s | %s", c->name, kind(&p),
	     *p.function ? p.function : "the kernel", *p.function ? ", " : "",
	     *p.function ? p.caller : "",
	     outcome->error ? error_name(outcome->error) : "works without");
	if (!clean(outcome, &p)) {
		note("%s, %u: %s has changed; made again it %s", c->name, nth,
		     *outcome->changed ? outcome->changed : "nothing",
		     outcome->works ? "works" : "fails");
		++*dirty;
	}
	return true;
}

static void test_call(const struct call *c)
{
	unsigned int nth = 1;
	int dirty = 0;

	while (nth < MOST_SITES && one_failure(c, nth, &dirty))
		nth++;
	ok(nth < MOST_SITES, "%s: there is an end to them", c->name);
	is(dirty, 0, "%s: %u failures, each clean, with nothing changed", c->name, nth - 1);
}

/* ---- loading ---- */

static char module_path[256];

static long call_load(void)
{
	int f = open(module_path, O_RDONLY | O_CLOEXEC);
	long result;

	if (f < 0)
		bail("%s: %s", module_path, strerror(errno));
	arm(outcome->error);
	result = syscall(SYS_finit_module, f, "", 0);
	outcome->error = result ? errno : 0;
	outcome->injected = disarm();
	close(f);
	return result;
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

static void unload(void)
{
	int tries;

	/* udev may have it open for a moment. */
	for (tries = 0; syscall(SYS_delete_module, "ioport", O_NONBLOCK) && tries < 1000; tries++)
		usleep(10000);
}

/* The errors of loading are the kernel's own: any will do, if nothing is left. */
static bool load_fails(unsigned int nth, int *dirty, int *ours)
{
	struct place p;
	const char *left;

	memset(outcome, 0, sizeof(*outcome));
	outcome->error = nth;
	if (!call_load())
		unload();
	find_place(&p);
	if (!outcome->injected)
		return false;
	if (*p.function) {
		note("site: load | %s | %s, %s | %s", kind(&p), p.function, p.caller,
		     outcome->error ? error_name(outcome->error) : "works without");
		++*ours;
	}
	left = load_left();
	if (left) {
		note("load, %u: %s is left", nth, left);
		++*dirty;
	}
	return true;
}

static void set_knob(const char *path, const char *value)
{
	int f = open(path, O_WRONLY);

	ok(f >= 0 && write(f, value, strlen(value)) > 0, "%s = %s", path, value);
	close(f);
}

static void test_load(void)
{
	unsigned int nth = 1;
	int dirty = 0, ours = 0;
	struct utsname u;

	uname(&u);
	/* As one of them is expected. All others are counted at the end. */
	set_knob(PANIC_ON_WARN, "0");
	snprintf(module_path, sizeof(module_path), "/usr/lib/modules/%s/updates/ioport.ko",
		 u.release);
	unload();
	while (nth < MOST_SITES && load_fails(nth, &dirty, &ours))
		if (++nth % 100 == 0)
			note("loading: %u so far", nth);
	ok(nth < MOST_SITES, "loading: there is an end to them");
	is(dirty, 0, "loading: %u failures, %d of them in the module: nothing is left", nth - 1,
	   ours);
	run("modprobe ioport && udevadm settle");
	set_knob(PANIC_ON_WARN, "1");
}

/* ---- */

/* Allocations that may wait fail too, and copies of any size. */
static void set_up(void)
{
	set_knob("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	set_knob("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	set_knob("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	set_knob("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	ok(!access("/sys/kernel/debug/fail_usercopy", X_OK), "copies can fail");
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0)
		bail("/dev/kmsg: %s", strerror(errno));
	/* Panics still come through. */
	klogctl(8, NULL, 1);
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	restore_allow = strdup(get_param("allow"));
	restore_deny = strdup(get_param("deny"));
}

int main(int argc, char **argv)
{
	bool load = argc == 2 && !strcmp(argv[1], "load");
	unsigned int i;

	if (access(FAIL_NTH, F_OK))
		bail("this kernel has no fault injection (" FAIL_NTH ")");
	set_up();
	if (load)
		test_load();
	else
		for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
			test_call(&calls[i]);
	ok(named, "the kernel said of %u what failed", named);
	is(bad_lines, 0, "the kernel had nothing to complain about");
	return done();
}
