// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation and every copy from or to user memory fails, one after the other,
 * in every call: the error is clean, nothing has changed, and the call works when it is
 * made again. Run as root. With "once" each failure is tried once, and not all may be met:
 * for a kernel that is slow because it checks more.
 */
#include "faults.h"
#include "state.h"

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

static unsigned int repeats = 64;

static long batch(unsigned long call, uint8_t code, unsigned int count, uint32_t flags)
{
	static struct ioport_op ops[512];
	static uint8_t data[16384];
	struct ioport_xfer xfer = { .ops = (uintptr_t)ops, .count = count, .flags = flags };
	unsigned int i;

	memset(ops, 0, sizeof(ops));
	for (i = 0; i < count; i++) {
		ops[i].code = code;
		ops[i].width = 1;
		ops[i].port = LPT;
		if (code == IOPORT_OP_INS || code == IOPORT_OP_OUTS) {
			ops[i].value = repeats;
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

/* More than fits behind the operations. */
static void granted_many(void)
{
	granted();
	repeats = 8192;
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

/*
 * The window's directory; its ports; its device; a file of that, with a port. The name is
 * one of those for which configfs has to ask for memory.
 */
#define WINDOW "a-window-with-a-long-name"

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

/* The file has room for what is written already, so that it is the module which finds none. */
static int live_fd;

static void made_with_open_file(void)
{
	made_with_ports();
	live_fd = open(CONFIG WINDOW "/live", O_WRONLY | O_CLOEXEC);
	if (live_fd < 0 || pwrite(live_fd, "0", 1, 0) != 1)
		bail("live: %s", strerror(errno));
}

static long call_live_open(void)
{
	return pwrite(live_fd, "1", 1, 0) == 1 ? 0 : -1;
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
	/* The module's functions that can fail here, each as often as it has places. */
	const char *sites;
};

/* With the functions in which something can fail, by module/: what this compiler makes of them. */
static const struct call calls[] = {
	{ "open", nothing, .call = call_open, .no_file = true, .sites = "ioport_file_new" },
	{ "GET_INFO", nothing, .call = call_info, .sites = "rare_ioctl" },
	{ "GRANT", nothing, .call = call_grant, OPENS,
	  .sites = "ioport_map_alloc claim reserve reserve" },
	{ "GRANT, the first since loading", nothing, .call = call_grant, OPENS, .reload = true,
	  .sites = "ioport_map_alloc claim claim reserve reserve" },
	{ "GRANT of more", granted, .call = call_grant, OPENS, .sites = "reserve reserve" },
	{ "GRANT THREAD", nothing, .call = call_grant_thread, OPENS,
	  .sites = "ioport_map_alloc claim reserve reserve" },
	{ "GRANT THREAD, attached", granted, .call = call_grant_thread, OPENS,
	  .sites = "ioport_map_alloc reserve reserve" },
	{ "GRANT THREAD of more", granted_thread, .call = call_grant_thread, OPENS,
	  .sites = "reserve reserve" },
	{ "REVOKE", granted, .call = call_revoke, CLOSES },
	{ "REVOKE THREAD", granted, .call = call_revoke_thread, CLOSES,
	  .sites = "ioport_map_alloc" },
	{ "SET_MAP", nothing, .call = call_set_map,
	  .sites = "rare_ioctl rare_ioctl ioport_map_alloc claim reserve reserve" },
	{ "SET_MAP, attached", granted, .call = call_set_map, CLOSES,
	  .sites = "rare_ioctl rare_ioctl reserve reserve" },
	{ "SET_MAP THREAD", nothing, .call = call_set_map_thread,
	  .sites = "rare_ioctl rare_ioctl ioport_map_alloc claim reserve reserve" },
	{ "SET_MAP THREAD, attached", granted, .call = call_set_map_thread, CLOSES,
	  .sites = "rare_ioctl rare_ioctl ioport_map_alloc reserve reserve" },
	{ "GET_MAP", granted, .call = call_get_map, .sites = "rare_ioctl rare_ioctl rare_ioctl" },
	{ "ATTACH", nothing, .call = call_attach, .sites = "rare_ioctl ioport_map_alloc" },
	{ "ATTACH REPLACE", granted_thread, .call = call_replace, CLOSES,
	  .sites = "rare_ioctl ioport_map_alloc" },
	{ "DETACH", granted, .call = call_detach, CLOSES, .sites = "rare_ioctl" },
	{ "LIMIT", granted, .call = call_limit, CLOSES,
	  .sites = "rare_ioctl rare_ioctl alloc_bits" },
	{ "CHECK", nothing, .call = call_check, .reserves = true,
	  .sites = "rare_ioctl rare_ioctl alloc_bits claim reserve reserve" },
	{ "CLAIM", nothing, .call = call_claim,
	  .sites = "ioport_claim_prepare ioport_claim_prepare reserve reserve" },
	{ "CLAIM, the first since loading", nothing, .call = call_claim, .reload = true,
	  .sites = "ioport_claim_alone ioport_claim_prepare ioport_claim_prepare reserve reserve" },
	{ "RELEASE", claimed, .call = call_release },
	{ "XFER", nothing, .call = call_xfer, .reserves = true,
	  .sites = "ioport_batch alloc_bits claim reserve reserve" },
	{ "XFER, 512 operations", nothing, .call = call_xfer_long, .reserves = true,
	  .sites = "ioport_batch ioport_batch alloc_bits claim reserve reserve" },
	{ "XFER ATOMIC", granted, .call = call_xfer_atomic, .sites = "ioport_batch alloc_bits" },
	{ "XFER INS", granted, .call = call_ins, .sites = "ioport_batch ioport_batch alloc_bits" },
	{ "XFER OUTS", granted, .call = call_outs,
	  .sites = "ioport_batch ioport_batch alloc_bits" },
	{ "XFER INS, 16 KiB", granted_many, .call = call_ins,
	  .sites = "ioport_batch ioport_batch ioport_batch alloc_bits" },
	{ "XFER OUTS, 16 KiB", granted_many, .call = call_outs,
	  .sites = "ioport_batch ioport_batch ioport_batch alloc_bits" },
	{ "ON_CLOSE", nothing, .call = call_on_close, .reserves = true,
	  .sites = "ioport_on_close ioport_on_close alloc_bits claim reserve reserve" },
	{ "read", nothing, .call = call_read, .reserves = true,
	  .sites = "alloc_bits claim reserve reserve" },
	{ "write", nothing, .call = call_write, .reserves = true,
	  .sites = "alloc_bits claim reserve reserve" },
	{ "fork, attached", granted, .call = call_fork },
	{ "close", granted, .call = call_close, CLOSES },
	{ "allow, which takes ports", granted, .call = call_allow, CLOSES,
	  .sites = "port_param_set port_param_set" },
	{ "deny, which takes ports", granted, .call = call_deny, CLOSES,
	  .sites = "port_param_set port_param_set" },
	{ "busy=allow", granted, .call = call_busy },
	{ "busy=deny, with ports in use", busy_allowed, .call = call_busy_back,
	  .sites = "reserve reserve" },
	{ "window, mkdir", nothing, .call = call_mkdir, .no_file = true,
	  .sites = "windows_make_item" },
	{ "window, ports", made, .call = call_ports, .no_file = true,
	  .sites = "window_ports_store" },
	{ "window, ports of which one goes", live_in_use, .call = call_ports, CLOSES,
	  .no_file = true, .sites = "window_ports_store" },
	{ "window, busy", live_in_use, .call = call_window_busy, .no_file = true },
	{ "window, live=1", made_with_ports, .call = call_live, .no_file = true,
	  .sites = "window_live_store" },
	{ "window, live=1 by an open file", made_with_open_file, .call = call_live_open,
	  .no_file = true, .sites = "ioport_policy_new" },
	{ "window, live=0", live_in_use, .call = call_dead, CLOSES, .no_file = true },
	{ "window, open", live, .call = call_window_open, .no_file = true,
	  .sites = "ioport_file_new" },
	{ "window, rmdir", live_in_use, .call = call_rmdir, CLOSES, .no_file = true },
};

/* ---- one failure ---- */

/*
 * From now on, or no longer, the calling thread gets no page. Its own memory has to be
 * there: an instruction that faults would be tried again for ever.
 */
static void no_pages(bool on)
{
	static int f = -1;

	if (on) {
		f = open("/proc/thread-self/make-it-fail", O_WRONLY | O_CLOEXEC);
		if (mlockall(MCL_CURRENT))
			bail("mlockall: %s", strerror(errno));
	}
	if (pwrite(f, on ? "1" : "0", 1, 0) != 1)
		bail("make-it-fail: %s", strerror(errno));
	if (!on)
		close(f);
}

struct outcome {
	bool done; /* the child came to its end */
	bool injected;
	int error; /* 0: the call worked */
	char changed[32];
	bool works;  /* the same call again, where it failed */
	bool untrue; /* it said that it worked, and has not done what it should */
};

static struct outcome *outcome;

/* Instead of a number: every page, for as long as the call takes. */
#define PAGES 0

static void attempt(const struct call *c, unsigned int nth)
{
	static struct state before;
	const char *what;
	long result;

	if (!c->no_file)
		fd = dev_open(O_RDWR);
	c->prepare();
	look(fd, &before);
	if (nth == PAGES)
		no_pages(true);
	else
		arm(nth);
	errno = 0;
	result = c->call();
	outcome->error = result < 0 ? errno : 0;
	if (nth == PAGES)
		no_pages(false);
	outcome->injected = nth == PAGES || disarm();
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

/* One walk through the chances of a call to fail. */
struct walk {
	unsigned int failures, fresh;
	int dirty;
};

/* True where there is a next one. */
static bool one_failure(const struct call *c, unsigned int nth, struct walk *w)
{
	struct place p;

	attempt_apart(c, nth);
	find_place(&p);
	if (nth == PAGES)
		strcpy(p.kind, "no page");
	restore();
	if (!outcome->done) {
		note("%s, %u: the process died", c->name, nth);
		w->dirty++;
		return false;
	}
	if (!outcome->injected) {
		if (outcome->error) {
			note("%s, without a failure: %s", c->name, strerror(outcome->error));
			w->dirty++;
		}
		return false;
	}
	w->failures++;
	w->fresh += site(c->name, &p, outcome->error);
	if (!clean(outcome, &p)) {
		note("%s, %u: %s%s has changed; made again it %s", c->name, nth,
		     outcome->untrue ? "what it says it did it did not; " : "",
		     *outcome->changed ? outcome->changed : "nothing",
		     outcome->works ? "works" : "fails");
		w->dirty++;
	}
	return true;
}

/* The places in a function of the module in which something of this call has failed. */
static unsigned int places_in(const char *call, const char *function, size_t length)
{
	const struct site *s, *t;
	unsigned int n = 0;

	for (s = known; s < known + nr_known; s++) {
		/* The compiler may have added ".isra.0" and the like. */
		if (strcmp(s->call, call) || strncmp(s->p.function, function, length) ||
		    !strchr(".", s->p.function[length]))
			continue;
		for (t = known; t < s; t++)
			if (!strcmp(t->call, call) && !strcmp(t->p.function, s->p.function) &&
			    !strcmp(t->p.offset, s->p.offset))
				break;
		n += t == s;
	}
	return n;
}

/* The first word of the list in which fewer things have failed than it says; NULL if none. */
static const char *missing(const struct call *c)
{
	const char *word, *other;
	size_t length;

	for (word = c->sites ?: ""; *word; word += length + strspn(word + length, " ")) {
		unsigned int wanted = 0;

		length = strcspn(word, " ");
		for (other = c->sites; other; other = strchr(other, ' ')) {
			other += *other == ' ';
			wanted += !strncmp(other, word, length) && strchr(" ", other[length]);
		}
		if (places_in(c->name, word, length) < wanted)
			return word;
	}
	return NULL;
}

/*
 * No two walks meet quite the same chances: now and then the kernel allocates something of
 * its own on the way, and the next number is another's. So until there is nothing new.
 */
#define QUIET_WALKS 3
#define MOST_WALKS 30

static bool once;

static void test_call(const struct call *c)
{
	unsigned int walks = 0, quiet = 0, failures = 0, nth;
	int dirty = 0;

	do {
		struct walk w = { 0 };

		one_failure(c, PAGES, &w);
		for (nth = 1; nth < MOST_SITES && one_failure(c, nth, &w); nth++)
			;
		failures += w.failures;
		dirty += w.dirty;
		quiet = w.fresh ? 0 : quiet + 1;
		walks++;
	} while (!once && nth < MOST_SITES && walks < MOST_WALKS &&
		 (quiet < QUIET_WALKS || missing(c)));
	ok(nth < MOST_SITES, "%s: there is an end to them", c->name);
	is(dirty, 0, "%s: %u failures in %u walks, each clean, with nothing changed", c->name,
	   failures, walks);
	if (!once)
		ok(!missing(c), "%s: something has failed at each place of its own: %s", c->name,
		   missing(c) ?: "yes");
}

int main(int argc, char **argv)
{
	unsigned int i;

	once = argc > 1 && !strcmp(argv[1], "once");
	faults_begin(argv);
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	restore_allow = strdup(get_param("allow"));
	restore_deny = strdup(get_param("deny"));
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		test_call(&calls[i]);
	return faults_end();
}
