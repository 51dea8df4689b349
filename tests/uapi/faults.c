// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation and every copy from or to user memory fails, one after the other,
 * in every call: the error is clean, nothing has changed, and the call works when it is
 * made again. Run as root.
 */
#include "faults.h"
#include "state.h"

#include <sys/mman.h>

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

/* The window's directory; its ports; its device; a file of that, with a port. */
#define WINDOW "w"

static long call_mkdir(void)
{
	return window_make(WINDOW);
}

static long call_ports(void)
{
	return window_set(WINDOW, "ports", "0x379-0x37f");
}

static long call_live(void)
{
	return window_set(WINDOW, "live", "1");
}

static long call_dead(void)
{
	return window_set(WINDOW, "live", "0");
}

static long call_window_busy(void)
{
	return window_set(WINDOW, "busy", "allow");
}

static long call_rmdir(void)
{
	return window_remove(WINDOW);
}

static long call_window_open(void)
{
	return fd = window_open(WINDOW, O_RDWR);
}

static void made(void)
{
	if (call_mkdir())
		bail("mkdir: %s", strerror(errno));
}

static void made_with_ports(void)
{
	made();
	if (call_ports())
		bail("ports: %s", strerror(errno));
}

static void live(void)
{
	window_new(WINDOW, "0x378-0x37f");
}

static void live_in_use(void)
{
	live();
	if (call_window_open() < 0)
		bail("open: %s", strerror(errno));
	granted();
}

static long call_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid < 0 ? -1 : waitpid(pid, NULL, 0);
}

/* What a call that says it worked has done, for the calling thread: LPT + 7 open; LPT not. */
enum effect {
	NO_EFFECT,
	OPENS,
	CLOSES
};

struct call {
	const char *name;
	void (*prepare)(void);
	long (*call)(void);
	enum effect effect;
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
	{ "GRANT", nothing, .call = call_grant, OPENS },
	{ "GRANT, the first since loading", nothing, .call = call_grant, OPENS, .reload = true },
	{ "GRANT of more", granted, .call = call_grant, OPENS },
	{ "GRANT THREAD", nothing, .call = call_grant_thread, OPENS },
	{ "GRANT THREAD, attached", granted, .call = call_grant_thread, OPENS },
	{ "GRANT THREAD of more", granted_thread, .call = call_grant_thread, OPENS },
	{ "REVOKE", granted, .call = call_revoke, CLOSES },
	{ "REVOKE THREAD", granted, .call = call_revoke_thread, CLOSES },
	{ "SET_MAP", nothing, .call = call_set_map },
	{ "SET_MAP, attached", granted, .call = call_set_map, CLOSES },
	{ "SET_MAP THREAD", nothing, .call = call_set_map_thread },
	{ "SET_MAP THREAD, attached", granted, .call = call_set_map_thread, CLOSES },
	{ "GET_MAP", granted, .call = call_get_map },
	{ "ATTACH", nothing, .call = call_attach },
	{ "ATTACH REPLACE", granted_thread, .call = call_replace, CLOSES },
	{ "DETACH", granted, .call = call_detach, CLOSES },
	{ "LIMIT", granted, .call = call_limit, CLOSES },
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
	{ "fork, attached", granted, .call = call_fork },
	{ "close", granted, .call = call_close, CLOSES },
	{ "allow, which takes ports", granted, .call = call_allow, CLOSES },
	{ "deny, which takes ports", granted, .call = call_deny, CLOSES },
	{ "busy=allow", granted, .call = call_busy },
	{ "busy=deny, with ports in use", busy_allowed, .call = call_busy_back },
	{ "window, mkdir", nothing, .call = call_mkdir, .no_file = true },
	{ "window, ports", made, .call = call_ports, .no_file = true },
	{ "window, ports of which one goes", live_in_use, .call = call_ports, CLOSES,
	  .no_file = true },
	{ "window, busy", live_in_use, .call = call_window_busy, .no_file = true },
	{ "window, live=1", made_with_ports, .call = call_live, .no_file = true },
	{ "window, live=0", live_in_use, .call = call_dead, CLOSES, .no_file = true },
	{ "window, open", live, .call = call_window_open, .no_file = true },
	{ "window, rmdir", live_in_use, .call = call_rmdir, CLOSES, .no_file = true },
};

/* ---- one failure ---- */

struct outcome {
	bool done; /* the child came to its end */
	bool injected;
	int error; /* 0: the call worked */
	char changed[32];
	bool works;  /* the same call again, where it failed */
	bool untrue; /* it said that it worked, and has not done what it should */
};

static struct outcome *outcome;

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
	/* By now it has worked, at once or when it was made again. */
	if (c->effect == OPENS)
		outcome->untrue = !can_in(LPT + 7, 1);
	if (c->effect == CLOSES)
		outcome->untrue = can_in(LPT, 1);
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

static const char *restore_allow, *restore_deny;

static void restore(void)
{
	if (set_param("allow", restore_allow) || set_param("deny", restore_deny) ||
	    set_param("busy", "deny"))
		bail("the policy cannot be set back: %s", strerror(errno));
	if (window_remove(WINDOW) && errno != ENOENT)
		bail("the window cannot be removed: %s", strerror(errno));
}

/*
 * ENOMEM or EFAULT; but request_region() does not say that it found no memory, so
 * that looks like a port in use.
 */
static bool clean(const struct outcome *o, const struct place *p)
{
	if (o->untrue)
		return false;
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
	site(c->name, &p, outcome->error);
	if (!clean(outcome, &p)) {
		note("%s, %u: %s%s has changed; made again it %s", c->name, nth,
		     outcome->untrue ? "what it says it did it did not; " : "",
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

/* ---- */

int main(int argc, char **argv)
{
	unsigned int i;

	(void)argc;
	faults_begin(argv);
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	restore_allow = strdup(get_param("allow"));
	restore_deny = strdup(get_param("deny"));
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		test_call(&calls[i]);
	return faults_end();
}
