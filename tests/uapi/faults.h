/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests that have allocations, and copies from or to user memory, fail one after the
 * other. By the kernel's fault injection (/proc/thread-self/fail-nth: the Nth chance to
 * fail from now on is taken), which only the debug kernel has. One failure does not stop
 * kvmalloc(), which tries another way: so there is also a time in which no page is had.
 *
 * Each failure is a line "# site: CALL | KIND | PLACE | RESULT", of which
 * tests/faults/run makes docs/faults.md.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "admin.h"

#include <sys/klog.h>
#include <sys/mman.h>

/* Of one thread: fail-nth is that of the thread that opened the file. */
#define FAIL_NTH "/proc/thread-self/fail-nth"
#define MOST_SITES 5000

static int nth_fd;

/* The Nth chance to fail from now on is taken. */
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

#define FAIL_PAGES "/sys/kernel/debug/fail_page_alloc/"

/* ---- where it failed ---- */

struct place {
	char kind[32];
	char function[64];
	char offset[16]; /* in the function */
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
	if (strstr(text, "[ioport]") && !*p->function) {
		copy_word(p->function, sizeof(p->function), text, "+");
		copy_word(p->offset, sizeof(p->offset), strchr(text, '+'), "/");
	}
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

/* ---- which there have been ---- */

#define MOST_KNOWN 1000

static struct site {
	const char *call;
	struct place p;
	int error;
} known[MOST_KNOWN];
static unsigned int nr_known;

static bool is_place(const struct place *a, const struct place *b)
{
	return !strcmp(a->kind, b->kind) && !strcmp(a->function, b->function) &&
	       !strcmp(a->offset, b->offset) && !strcmp(a->caller, b->caller);
}

static bool is_known(const char *call, const struct place *p, int error)
{
	const struct site *s;

	for (s = known; s < known + nr_known; s++)
		if (s->error == error && !strcmp(s->call, call) && is_place(&s->p, p))
			return true;
	return false;
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

/* True where it is a new one: of this call, at this place, with this result. */
static bool site(const char *call, const struct place *p, int error)
{
	if (is_known(call, p, error))
		return false;
	if (nr_known == MOST_KNOWN)
		bail("more than %d places", MOST_KNOWN);
	known[nr_known++] = (struct site){ .call = call, .p = *p, .error = error };
	note("site: %s | %s | %s%s%s | %s", call, kind(p),
	     *p->function ? p->function : "the kernel", *p->function ? ", " : "",
	     *p->function ? p->caller : "", error ? error_name(error) : "works without");
	return true;
}

/* ---- beginning and end ---- */

static void set_knob(const char *path, const char *value)
{
	int f = open(path, O_WRONLY);

	ok(f >= 0 && write(f, value, strlen(value)) > 0, "%s = %s", path, value);
	close(f);
}

/*
 * Without restartable sequences (rseq): where the kernel cannot read their area on the way
 * back to user mode, because that copy is the one that fails, it kills the process.
 */
static void without_rseq(char **argv)
{
	static const char tunable[] = "glibc.pthread.rseq=0";

	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", tunable, 1);
	execv("/proc/self/exe", argv);
	bail("exec: %s", strerror(errno));
}

/* Allocations that may wait fail too, and copies of any size. */
static void faults_begin(char **argv)
{
	if (access(FAIL_NTH, F_OK))
		bail("this kernel has no fault injection (" FAIL_NTH ")");
	without_rseq(argv);
	set_knob("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	set_knob(FAIL_PAGES "ignore-gfp-wait", "N");
	set_knob(FAIL_PAGES "ignore-gfp-highmem", "N");
	set_knob(FAIL_PAGES "min-order", "0");
	/* For those who asked for it, by no_pages(): always. */
	set_knob(FAIL_PAGES "task-filter", "Y");
	set_knob(FAIL_PAGES "times", "-1");
	set_knob(FAIL_PAGES "probability", "100");
	ok(!access("/sys/kernel/debug/fail_usercopy", X_OK), "copies can fail");
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0)
		bail("/dev/kmsg: %s", strerror(errno));
	/* Panics still come through. */
	klogctl(8, NULL, 1);
}

static int faults_end(void)
{
	ok(named, "the kernel said of %u what failed", named);
	is(bad_lines, 0, "the kernel had nothing to complain about");
	return done();
}

#endif
