/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations: each draws its arguments, says by the model what must come of it,
 * does it, and changes the model. They run one at a time, in whichever thread has
 * its turn; all that they share lies in shared memory.
 */
#ifndef IOPORT_FUZZ_OPS_H
#define IOPORT_FUZZ_OPS_H

#include "fuzz/model.h"

#include <stdarg.h>
#include <sys/io.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define STEPS 2048
#define OUTCOMES 128

/* What calls have come to, so that a run can tell what it has tried. */
struct outcome {
	const char *what;
	int err;
	unsigned long long count;
};

struct shared {
	struct model model;
	/* The input: each step is all that the number says, whatever the others are. */
	uint32_t steps[STEPS];
	unsigned int count, step;
	unsigned int news; /* steps up to the last that reached something new */
	uint32_t turn[WORKERS];
	int last;		 /* who did the step before */
	unsigned int roll;	 /* those that have yet to say what they can reach, a bit each */
	uint64_t found[WORKERS]; /* what each had when it last looked */
	uint64_t doubt[WORKERS]; /* what it has lost since and did not try */
	int gone;		 /* a process that is ending, or 0 */
	uint32_t over;
	bool bad, tell, spread, policy_written;
	char why[400];
	unsigned long long calls;
	struct outcome outcomes[OUTCOMES];
};

static struct shared *sh;
static int pair[2]; /* descriptors on their way */

/* ---- numbers ---- */

static uint64_t rng_state;

static void rng_seed(uint64_t seed)
{
	rng_state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

static uint32_t rng(void)
{
	uint64_t z = rng_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (uint32_t)(z >> 32);
}

static uint32_t below(uint32_t n)
{
	return rng() % n;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

/* ---- results ---- */

__attribute__((format(printf, 1, 2))) static void mismatch(const char *fmt, ...)
{
	va_list ap;

	if (sh->bad)
		return;
	va_start(ap, fmt);
	vsnprintf(sh->why, sizeof(sh->why), fmt, ap);
	va_end(ap);
	sh->bad = true;
}

/* A line of the trace, where it was asked for. */
__attribute__((format(printf, 2, 3))) static void tell(int worker, const char *fmt, ...)
{
	char line[200];
	va_list ap;

	if (!sh->tell)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("# %u: worker %d (process %d): %s\n", sh->step, worker,
	       sh->model.workers[worker].proc, line);
	fflush(stdout);
}

static void record(const char *what, int err)
{
	struct outcome *o = sh->outcomes;

	/* By the address: a string that is there twice is counted twice. */
	while (o < sh->outcomes + OUTCOMES - 1 && o->what && (o->err != err || o->what != what))
		o++;
	o->what = what;
	o->err = err;
	o->count++;
}

static unsigned long long recorded(const char *what, int err)
{
	unsigned long long count = 0;

	for (const struct outcome *o = sh->outcomes; o < sh->outcomes + OUTCOMES && o->what; o++)
		if (o->err == err && !strcmp(o->what, what))
			count += o->count;
	return count;
}

/* One call was made: its result, errno intact, must be @want (0 or an errno). */
static bool expect(long result, int want, const char *what)
{
	int got = result < 0 ? errno : 0;

	sh->calls++;
	if (got == want) {
		record(what, got);
		return !want;
	}
	mismatch("%s: got %s, want %s", what, got ? strerror(got) : "success",
		 want ? strerror(want) : "success");
	return false;
}

/* As expect(), where the model does not know which of two. */
static bool expect_either(long result, int want, int other, const char *what)
{
	int got = result < 0 ? errno : 0;

	return expect(result, got == other ? other : want, what);
}

/* ---- calls by way of the 32-bit entry ---- */

/*
 * A 64-bit program can enter as a 32-bit one does. What it points to must then lie
 * low, as the static data of a program does that is linked to a fixed address.
 */
static uint8_t low[128];

static bool enters_32(void)
{
	return sizeof(long) == 8 && (uintptr_t)low + sizeof(low) <= UINT32_MAX && one_in(4);
}

static long entry_32(long number, long a, long b, long c, long d, long e)
{
	long result = number;

#ifdef __x86_64__
	asm volatile("int $0x80"
		     : "+a"(result)
		     : "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		     : "memory", "r8", "r9", "r10", "r11");
	result = (int)result;
#else
	(void)a, (void)b, (void)c, (void)d, (void)e;
#endif
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

/* As ioctl(), from either side. */
static int call(int fd, unsigned long number, void *arg)
{
	size_t size = _IOC_SIZE(number);
	int result, err;

	if (!enters_32())
		return ioctl(fd, number, arg);
	record("a 32-bit call", 0);
	if (arg == BAD_POINTER)
		return (int)entry_32(54, fd, (long)number, (long)arg, 0, 0);
	memcpy(low, arg, size);
	result = (int)entry_32(54, fd, (long)number, (long)(uintptr_t)low, 0, 0);
	err = errno;
	memcpy(arg, low, size);
	errno = err;
	return result;
}

/* pread() or pwrite() of up to eight bytes. */
static long call_port(int fd, bool write, uint64_t *value, size_t width, off_t port)
{
	long result;

	if (!enters_32())
		return write ? pwrite(fd, value, width, port) : pread(fd, value, width, port);
	record("a 32-bit call", 0);
	memcpy(low, value, sizeof(*value));
	result = entry_32(write ? 181 : 180, fd, (long)(uintptr_t)low, (long)width, (long)port,
			  (long)((uint64_t)port >> 32));
	memcpy(value, low, sizeof(*value));
	return result;
}

/* ---- arguments ---- */

struct range_arg {
	uint32_t first, count;
	uint64_t set;
	bool outside;
};

static struct range_arg last_range;

static struct range_arg draw_range(void)
{
	struct range_arg r;
	uint32_t kind = below(20), off = below(WINDOW_PORTS);

	r.first = window_base[below(WINDOW_COUNT)] + off;
	r.count = 1 + below(WINDOW_PORTS - off);
	if (kind < 5)
		r.count = 1 + below(2);
	else if (kind == 5)
		r.count = 1 + below(0x400);
	else if (kind == 6)
		r.first = below(IOPORT_PORTS);
	else if (kind == 7)
		r = (struct range_arg){ .first = 0, .count = IOPORT_PORTS };
	if (r.count > IOPORT_PORTS - r.first)
		r.count = IOPORT_PORTS - r.first;
	r.set = range_set(r.first, r.count, &r.outside);
	last_range = r;
	return r;
}

/* Half of the time something that is likely to be allowed. */
static struct range_arg draw_allowed(uint64_t may)
{
	struct range_arg r = draw_range();

	if (!may || one_in(4))
		return r;
	for (int tries = 0; tries < 8 && (r.outside || (r.set & ~may)); tries++)
		r = draw_range();
	return r;
}

static uint64_t draw_set(uint64_t may)
{
	bool outside;
	uint64_t set = 0;

	for (uint32_t n = below(4); n; n--) {
		uint32_t off = below(WINDOW_PORTS);

		set |= range_set(window_base[below(WINDOW_COUNT)] + off,
				 1 + below(WINDOW_PORTS - off), &outside);
	}
	return one_in(4) ? set : set & may;
}

static void set_to_bits(uint64_t set, uint8_t *bits, bool fill_open)
{
	bits_fill(bits, fill_open);
	for (int i = 0; i < WINDOW_COUNT * WINDOW_PORTS; i++) {
		uint32_t port = index_port(i);

		if (set >> i & 1)
			bits[port / 8] &= (uint8_t) ~(1 << port % 8);
		else
			bits[port / 8] |= (uint8_t)(1 << port % 8);
	}
}

/* What a call works on. */
struct ctx {
	struct model *m;
	int me;
	struct model_worker *w;
	struct model_proc *p;
	int slot, fd, file;
	struct model_file *f;
	bool reads, writes;
};

/* A slot of the process with an open file; false where it has none. */
static bool draw_file(struct ctx *c)
{
	uint32_t first = below(SLOTS);

	for (uint32_t i = 0; i < SLOTS; i++) {
		c->slot = (int)((first + i) % SLOTS);
		c->file = c->p->file[c->slot];
		if (c->file < 0)
			continue;
		c->fd = c->p->fd[c->slot];
		c->f = &c->m->files[c->file];
		c->reads = c->f->mode != O_WRONLY;
		c->writes = c->f->mode != O_RDONLY;
		return true;
	}
	return false;
}

/* ---- descriptors ---- */

static int free_slot(const struct model_proc *p)
{
	for (int i = 0; i < SLOTS; i++)
		if (p->file[i] < 0)
			return i;
	return -1;
}

static void op_open(struct ctx *c)
{
	static const int modes[] = { O_RDWR, O_RDWR, O_RDWR, O_RDWR, O_RDONLY, O_WRONLY };
	int slot = free_slot(c->p), mode = modes[below(6)], file = 0, fd;

	while (file < FILES && c->m->files[file].used)
		file++;
	if (slot < 0 || file == FILES)
		return;
	tell(c->me, "slot %d = file %d = open(%d)", slot, file, mode);
	fd = open(DEVICE, mode | O_CLOEXEC);
	if (!expect(fd, 0, "open"))
		return;
	c->m->files[file] = (struct model_file){ .used = true, .mode = mode, .limit = ~0ULL };
	c->p->file[slot] = file;
	c->p->fd[slot] = fd;
}

static void op_dup(struct ctx *c)
{
	int slot = free_slot(c->p), fd;

	if (slot < 0 || !draw_file(c))
		return;
	tell(c->me, "slot %d = dup(slot %d), file %d", slot, c->slot, c->file);
	fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
	if (!expect(fd, 0, "dup"))
		return;
	c->p->file[slot] = c->file;
	c->p->fd[slot] = fd;
}

static void op_close(struct ctx *c)
{
	if (!draw_file(c))
		return;
	tell(c->me, "close(slot %d), file %d", c->slot, c->file);
	expect(close(c->fd), 0, "close");
	c->p->file[c->slot] = -1;
	model_collect(c->m);
}

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static void op_send(struct ctx *c)
{
	union control control = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	if (c->m->queued == QUEUE || !draw_file(c))
		return;
	tell(c->me, "send(slot %d), file %d", c->slot, c->file);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &c->fd, sizeof(int));
	if (expect(sendmsg(pair[0], &msg, MSG_DONTWAIT), 0, "sendmsg"))
		c->m->queue[c->m->queued++] = c->file;
}

static void op_receive(struct ctx *c)
{
	union control control = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int slot = free_slot(c->p);

	if (!c->m->queued || slot < 0)
		return;
	tell(c->me, "slot %d = receive(), file %d", slot, c->m->queue[0]);
	if (!expect(recvmsg(pair[1], &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC), 0, "recvmsg"))
		return;
	memcpy(&c->p->fd[slot], CMSG_DATA(&control.header), sizeof(int));
	c->p->file[slot] = c->m->queue[0];
	c->m->queued--;
	memmove(c->m->queue, c->m->queue + 1, (size_t)c->m->queued * sizeof(c->m->queue[0]));
}

/* ---- ranges ---- */

/* One field off; returns the errno, or 0 where the range was left as it is. */
static int spoil_range(struct ioport_range *range, bool flags)
{
	switch (below(40)) {
	case 0:
		range->count = 0;
		return EINVAL;
	case 1:
		range->first = IOPORT_PORTS + below(3);
		return EINVAL;
	case 2:
		range->count = IOPORT_PORTS - range->first + 1 + below(2) * 0x7fffffffU;
		return EINVAL;
	case 3:
		range->flags |= flags ? 2U << below(30) : 1U << below(31);
		return EINVAL;
	case 4:
		range->pad = 1U << below(32);
		return EINVAL;
	default:
		return 0;
	}
}

static int grant_error(const struct ctx *c, const struct range_arg *r, bool thread)
{
	if (r->outside || (r->set & ~model_may(c->m, c->f)))
		return EACCES;
	if (standing_busy(c->w, c->file) ||
	    (!thread && standing_this(c->w, c->file) && c->w->standing == ST_COPY))
		return EBUSY;
	return r->set & model_claimed(c->m, c->f) ? EBUSY : 0;
}

static uint64_t own_set(const struct ctx *c)
{
	return c->w->standing == ST_OWN ? c->f->map : c->m->copies[c->w->copy];
}

static void do_grant(struct ctx *c, const struct range_arg *r, bool thread)
{
	uint64_t has = standing_this(c->w, c->file) ? own_set(c) : 0;

	c->f->ever |= r->set;
	if (thread) {
		model_copy(c->m, c->w, c->file, has | r->set);
		return;
	}
	c->f->map |= r->set;
	c->w->standing = ST_OWN;
	c->w->file = c->file;
}

static void op_grant(struct ctx *c)
{
	bool thread = one_in(3);
	struct ioport_range range;
	struct range_arg r;
	void *arg = &range;
	int want;

	if (!draw_file(c))
		return;
	r = draw_allowed(model_may(c->m, c->f) & ~model_claimed(c->m, c->f));
	range = (struct ioport_range){ r.first, r.count, thread ? IOPORT_THREAD : 0, 0 };
	want = spoil_range(&range, true);
	if (one_in(60)) {
		arg = BAD_POINTER;
		want = EFAULT;
	}
	if (!c->reads || !c->writes)
		want = EBADF;
	if (!want)
		want = grant_error(c, &r, thread);
	tell(c->me, "grant(file %d, %#x+%u, %#x, %u)%s = %d", c->file, range.first, range.count,
	     range.flags, range.pad, arg == &range ? "" : " at a bad address", want);
	if (expect(call(c->fd, IOPORT_IOC_GRANT, arg), want, "GRANT"))
		do_grant(c, &r, thread);
}

static void op_revoke(struct ctx *c)
{
	bool thread = one_in(3);
	struct ioport_range range;
	struct range_arg r;
	int want;

	if (!draw_file(c))
		return;
	r = draw_range();
	range = (struct ioport_range){ r.first, r.count, thread ? IOPORT_THREAD : 0, 0 };
	want = spoil_range(&range, true);
	tell(c->me, "revoke(file %d, %#x+%u, %#x, %u) = %d", c->file, range.first, range.count,
	     range.flags, range.pad, want);
	if (!expect(call(c->fd, IOPORT_IOC_REVOKE, &range), want, "REVOKE"))
		return;
	if (!thread)
		model_confine(c->m, c->file, ~r.set);
	else if (standing_this(c->w, c->file) && (own_set(c) & r.set))
		model_copy(c->m, c->w, c->file, own_set(c) & ~r.set);
}

static void op_claim(struct ctx *c)
{
	struct ioport_range range;
	uint64_t used = 0, ever = 0;
	struct range_arg r;
	int want, other;

	if (!draw_file(c))
		return;
	r = draw_allowed(model_may(c->m, c->f));
	range = (struct ioport_range){ r.first, r.count, 0, 0 };
	want = other = spoil_range(&range, false);
	for (int i = 0; i < FILES; i++) {
		if (!c->m->files[i].used || i == c->file)
			continue;
		used |= model_uses(c->m, i);
		ever |= c->m->files[i].ever;
	}
	if (!want && (r.outside || (r.set & ~model_may(c->m, c->f))))
		want = other = EACCES;
	if (!want && (r.set & used))
		want = other = EBUSY;
	if (!want && (r.set & ever))
		other = EBUSY;
	tell(c->me, "claim(file %d, %#x+%u, %#x, %u) = %d or %d", c->file, range.first, range.count,
	     range.flags, range.pad, want, other);
	if (expect_either(call(c->fd, IOPORT_IOC_CLAIM, &range), want, other, "CLAIM")) {
		c->f->alone |= r.set;
		c->f->ever |= r.set;
	}
}

static void op_release(struct ctx *c)
{
	struct ioport_range range;
	struct range_arg r;
	int want;

	if (!draw_file(c))
		return;
	r = draw_range();
	range = (struct ioport_range){ r.first, r.count, 0, 0 };
	want = spoil_range(&range, false);
	tell(c->me, "release(file %d, %#x+%u) = %d", c->file, range.first, range.count, want);
	if (expect(call(c->fd, IOPORT_IOC_RELEASE, &range), want, "RELEASE"))
		c->f->alone &= ~r.set;
}

static void op_check(struct ctx *c)
{
	const uint32_t uses = IOPORT_READ | IOPORT_WRITE | IOPORT_DIRECT;
	struct ioport_check arg = { 0 };
	uint32_t reason = IOPORT_REASON_NONE, port;
	uint64_t claimed, ready = 0;
	struct range_arg r;
	int want = 0;

	if (!draw_file(c))
		return;
	r = draw_allowed(model_may(c->m, c->f));
	arg = (struct ioport_check){ .first = r.first, .count = r.count, .flags = uses & rng() };
	if (one_in(30))
		arg.flags |= 1U << below(32);
	arg.pad = one_in(30);
	if (!arg.flags || (arg.flags & ~uses) || arg.pad)
		want = EINVAL;
	tell(c->me, "check(file %d, %#x+%u, %#x) = %d", c->file, r.first, r.count, arg.flags, want);
	if (!expect(call(c->fd, IOPORT_IOC_CHECK, &arg), want, "CHECK"))
		return;
	claimed = model_claimed(c->m, c->f);
	port = r.first;
	if (((arg.flags & (IOPORT_READ | IOPORT_DIRECT)) && !c->reads) ||
	    ((arg.flags & (IOPORT_WRITE | IOPORT_DIRECT)) && !c->writes))
		reason = IOPORT_REASON_MODE;
	for (; !reason && port < r.first + r.count; port++) {
		int i = port_index(port);
		uint64_t bit = i < 0 ? 0 : 1ULL << i;

		if (!(bit & model_policy(c->m)))
			reason = IOPORT_REASON_POLICY;
		else if (!(bit & c->f->limit))
			reason = IOPORT_REASON_LIMIT;
		else if (bit & claimed)
			reason = IOPORT_REASON_BUSY;
		else
			ready |= bit;
		if (reason)
			break;
	}
	/* A limit and policy that both forbid: policy's word; a port that is claimed has both. */
	if (arg.port != port || arg.reason != reason)
		mismatch("CHECK: port %#x, reason %u; want %#x, %u", arg.port, arg.reason, port,
			 reason);
	c->f->ready |= ready;
	c->f->ever |= ready;
}

/* ---- maps ---- */

static int set_map_error(const struct ctx *c, uint64_t set, bool outside, bool thread)
{
	uint64_t has = 0;

	if (outside || (set & ~model_may(c->m, c->f)))
		return EACCES;
	if (thread && standing_busy(c->w, c->file))
		return EBUSY;
	if (!thread)
		has = c->f->map;
	return set & ~has & model_claimed(c->m, c->f) ? EBUSY : 0;
}

static void op_set_map(struct ctx *c)
{
	static uint8_t bits[IOPORT_MAP_BYTES];
	bool thread = one_in(3), outside = one_in(20);
	struct ioport_map arg;
	uint64_t set;
	int want = 0;

	if (!draw_file(c))
		return;
	set = draw_set(model_may(c->m, c->f) & ~model_claimed(c->m, c->f));
	set_to_bits(set, bits, false);
	if (outside)
		bits[rng() % 20 + 0x100] = 0;
	arg = (struct ioport_map){ (uintptr_t)bits, 0, thread ? IOPORT_THREAD : 0 };
	switch (below(40)) {
	case 0:
		arg.which = 1 + below(5);
		want = EINVAL;
		break;
	case 1:
		arg.flags |= 2U << below(30);
		want = EINVAL;
		break;
	case 2:
		arg.map = (uintptr_t)BAD_POINTER;
		want = EFAULT;
		break;
	}
	if (!c->reads || !c->writes)
		want = EBADF;
	if (!want)
		want = set_map_error(c, set, outside, thread);
	tell(c->me, "set_map(file %d, %016llx%s, which %u, flags %#x) = %d", c->file,
	     (unsigned long long)set, outside ? " and more" : "", arg.which, arg.flags, want);
	if (!expect(call(c->fd, IOPORT_IOC_SET_MAP, &arg), want, "SET_MAP"))
		return;
	c->f->ever |= set;
	if (thread)
		model_copy(c->m, c->w, c->file, set);
	else
		c->f->map = set;
}

#define WHICH_COUNT (IOPORT_WHICH_LOCKDOWN + 1)

static void op_get_map(struct ctx *c)
{
	static uint8_t bits[IOPORT_MAP_BYTES], wanted[IOPORT_MAP_BYTES];
	uint32_t which = below(WHICH_COUNT);
	struct ioport_map arg = { (uintptr_t)bits, which, 0 };
	uint64_t set[WHICH_COUNT];
	int want = 0;

	if (!draw_file(c))
		return;
	if (one_in(20)) {
		arg.which = WHICH_COUNT + below(3) * below(1000);
		want = EINVAL;
	} else if (one_in(20)) {
		arg.flags = 1U << below(32);
		want = EINVAL;
	} else if (one_in(20)) {
		arg.map = (uintptr_t)BAD_POINTER;
		want = EFAULT;
	}
	set[IOPORT_WHICH_FILE] = c->f->map;
	set[IOPORT_WHICH_THREAD] = standing_this(c->w, c->file) ? own_set(c) : 0;
	set[IOPORT_WHICH_LIMIT] = c->f->limit;
	set[IOPORT_WHICH_POLICY] = model_policy(c->m);
	set[IOPORT_WHICH_CLAIMED] = c->f->alone;
	set[IOPORT_WHICH_LOCKDOWN] = 0; /* no list was compiled in */
	tell(c->me, "get_map(file %d, %u) = %d", c->file, arg.which, want);
	if (!expect(call(c->fd, IOPORT_IOC_GET_MAP, &arg), want, "GET_MAP"))
		return;
	set_to_bits(set[which], wanted, which == IOPORT_WHICH_LIMIT);
	if (memcmp(bits, wanted, sizeof(bits)))
		mismatch("GET_MAP %u: not what it should be, which is %016llx", which,
			 (unsigned long long)set[which]);
}

static void op_limit(struct ctx *c)
{
	static uint8_t bits[IOPORT_MAP_BYTES];
	struct ioport_map arg = { (uintptr_t)bits, 0, 0 };
	uint64_t set = ~draw_set(~0ULL);
	int want = 0;

	if (!one_in(3) || !draw_file(c))
		return;
	/* The rest stays open, so that GET_MAP can tell what is there. */
	set_to_bits(set, bits, true);
	switch (below(20)) {
	case 0:
		arg.which = 1;
		want = EINVAL;
		break;
	case 1:
		arg.flags = 1;
		want = EINVAL;
		break;
	case 2:
		arg.map = (uintptr_t)BAD_POINTER;
		want = EFAULT;
		break;
	}
	tell(c->me, "limit(file %d, %016llx) = %d", c->file, (unsigned long long)set, want);
	if (!expect(call(c->fd, IOPORT_IOC_LIMIT, &arg), want, "LIMIT"))
		return;
	c->f->limit &= set;
	model_take(c->m, c->file);
}

static void op_attach(struct ctx *c)
{
	struct ioport_attach arg = { one_in(2) ? IOPORT_REPLACE : 0, 0 };
	bool replace = arg.flags, this;
	int want = 0;

	if (!draw_file(c))
		return;
	if (one_in(20)) {
		arg.flags ^= 1U << below(32);
		replace = arg.flags & IOPORT_REPLACE;
		want = arg.flags & ~IOPORT_REPLACE ? EINVAL : 0;
	} else if (one_in(20)) {
		arg.pad = 1;
		want = EINVAL;
	}
	this = standing_this(c->w, c->file);
	if (!c->reads || !c->writes)
		want = EBADF;
	if (!want && !(this && c->w->standing == ST_OWN)) {
		if (attached(c->w))
			want = replace ? 0 : EBUSY;
		else if (standing_busy(c->w, c->file))
			want = EBUSY;
	}
	tell(c->me, "attach(file %d, %#x, %u) = %d", c->file, arg.flags, arg.pad, want);
	if (!expect(call(c->fd, IOPORT_IOC_ATTACH, &arg), want, "ATTACH"))
		return;
	c->w->standing = ST_OWN;
	c->w->file = c->file;
}

static void op_detach(struct ctx *c)
{
	struct ioport_attach arg = { 0, 0 };
	int want = 0;

	if (!draw_file(c))
		return;
	if (one_in(20)) {
		arg.flags = 1U << below(32);
		want = EINVAL;
	}
	tell(c->me, "detach(file %d) = %d", c->file, want);
	if (expect(call(c->fd, IOPORT_IOC_DETACH, &arg), want, "DETACH") &&
	    standing_this(c->w, c->file))
		c->w->standing = ST_NONE;
}

static void op_info(struct ctx *c)
{
	struct ioport_info info;

	if (!draw_file(c))
		return;
	tell(c->me, "get_info, and a call that is not there");
	if (expect(call(c->fd, IOPORT_IOC_GET_INFO, &info), 0, "GET_INFO") &&
	    (info.ports != IOPORT_PORTS || info.map_bytes != IOPORT_MAP_BYTES ||
	     info.direct_blocked))
		mismatch("GET_INFO: ports %u, map_bytes %u, direct_blocked %llx", info.ports,
			 info.map_bytes, (unsigned long long)info.direct_blocked);
	expect(call(c->fd, IOPORT_IOC_GET_INFO, BAD_POINTER), EFAULT, "GET_INFO");
	expect(call(c->fd, _IOW(IOPORT_IOC_TYPE, 0x7f, struct ioport_range), &info), ENOTTY,
	       "an unknown call");
	expect(call(c->fd, _IOW(IOPORT_IOC_TYPE, 0x01, uint32_t), &info), ENOTTY,
	       "a call of another size");
}

/* ---- mediated access ---- */

/* What is written at the parallel port is 0, which asks for no interrupt. */
static uint32_t draw_value(uint32_t port, unsigned int width)
{
	uint32_t value = rng();

	if (port >= 0x370 && port < 0x390)
		return 0;
	return width == 4 ? value : value & ((1U << 8 * width) - 1);
}

/* Policy, limit, and the claims of others; 0 where the ports may be used. */
static int use_error(const struct ctx *c, uint64_t set, bool outside)
{
	if (outside || (set & ~model_may(c->m, c->f)))
		return EACCES;
	return set & model_claimed(c->m, c->f) ? EBUSY : 0;
}

static void use(struct ctx *c, uint64_t set)
{
	c->f->ready |= set;
	c->f->ever |= set;
}

static int access_error(const struct ctx *c, uint32_t port, uint32_t width, bool write,
			uint64_t *set)
{
	bool outside;

	if (write ? !c->writes : !c->reads)
		return EBADF;
	if (port >= IOPORT_PORTS)
		return write ? ENXIO : 0;
	if ((width != 1 && width != 2 && width != 4) || port + width > IOPORT_PORTS)
		return EINVAL;
	*set = range_set(port, width, &outside);
	return use_error(c, *set, outside);
}

static void op_access(struct ctx *c)
{
	bool write = one_in(2);
	uint32_t width = 1U << below(3), value, port;
	long result, wanted;
	uint64_t set = 0;
	int want;

	if (!draw_file(c))
		return;
	port = draw_allowed(model_may(c->m, c->f)).first;
	if (one_in(30))
		width = 3 + 2 * below(2);
	if (one_in(40))
		port = IOPORT_PORTS + below(0x1000);
	value = draw_value(port, 4);
	want = access_error(c, port, width, write, &set);
	wanted = port >= IOPORT_PORTS ? 0 : (long)width;
	tell(c->me, "%s(file %d, %#x, %u bytes) = %d", write ? "write" : "read", c->file, port,
	     width, want);
	result = call_port(c->fd, write, &(uint64_t){ value }, width, port);
	if (!expect(result, want, write ? "write" : "read"))
		return;
	if (result != wanted)
		mismatch("%s: %ld bytes", write ? "write" : "read", result);
	use(c, set);
}

/* ---- batches ---- */

#define OPS 6

static uint8_t data_buffer[64];

static void draw_op(struct ioport_op *op, uint64_t may)
{
	uint32_t port = draw_allowed(may).first;
	unsigned int width = 1U << below(3);

	memset(op, 0, sizeof(*op));
	op->code = (uint8_t)(1 + below(7));
	op->result = rng();
	if (op->code == IOPORT_OP_DELAY) {
		op->time = below(2000);
		return;
	}
	op->width = (uint8_t)width;
	/* Past the last port it would not be valid. */
	op->port = (uint16_t)(port + width > IOPORT_PORTS ? IOPORT_PORTS - width : port);
	port = op->port;
	switch (op->code) {
	case IOPORT_OP_OUT:
		op->value = draw_value(port, width);
		break;
	case IOPORT_OP_MODIFY:
		op->mask = draw_value(port, width);
		op->value = op->mask & rng();
		break;
	case IOPORT_OP_WAIT:
		/* The value is the machine's affair: a wait ends either way. */
		op->mask = draw_value(0, width);
		op->value = op->mask & rng();
		op->time = below(3000);
		op->data = below(1000);
		break;
	case IOPORT_OP_INS:
	case IOPORT_OP_OUTS:
		op->value = 1 + below(sizeof(data_buffer) / 4);
		op->data = (uintptr_t)data_buffer;
		break;
	}
}

/* One member off; the op is then invalid, whatever its code. */
static void spoil_op(struct ioport_op *op)
{
	switch (below(4)) {
	case 0:
		op->code = (uint8_t)(8 * below(32));
		break;
	case 1:
		op->width = op->code == IOPORT_OP_DELAY ? 1 : 3;
		break;
	case 2:
		if (op->code == IOPORT_OP_WAIT)
			op->time = 1ULL << 63;
		else if (op->code == IOPORT_OP_DELAY)
			op->data = 1;
		else
			op->time = 1;
		break;
	default:
		if (op->code == IOPORT_OP_DELAY) {
			op->port = 1;
		} else {
			op->port = 0xffff;
			op->width = 2;
		}
	}
}

static bool reads_port(const struct ioport_op *op)
{
	return op->code == IOPORT_OP_IN || op->code == IOPORT_OP_MODIFY ||
	       op->code == IOPORT_OP_WAIT || op->code == IOPORT_OP_INS;
}

static bool writes_port(const struct ioport_op *op)
{
	return op->code == IOPORT_OP_OUT || op->code == IOPORT_OP_MODIFY ||
	       op->code == IOPORT_OP_OUTS;
}

/* The first operation of which use_error() gives @want; @count if none. */
static uint32_t first_with(const struct ctx *c, const struct ioport_op *ops, uint32_t count,
			   int want)
{
	uint32_t i;
	uint64_t set;
	bool outside;

	for (i = 0; i < count; i++) {
		if (ops[i].code == IOPORT_OP_DELAY)
			continue;
		set = range_set(ops[i].port, ops[i].width, &outside);
		if (use_error(c, set, outside) == want)
			break;
	}
	return i;
}

/* Policy for all, then who holds a port. */
static int ops_error(const struct ctx *c, const struct ioport_op *ops, uint32_t count, uint32_t *at)
{
	*at = first_with(c, ops, count, EACCES);
	if (*at < count)
		return EACCES;
	*at = first_with(c, ops, count, EBUSY);
	return *at < count ? EBUSY : 0;
}

static int mode_error(const struct ctx *c, const struct ioport_op *ops, uint32_t count,
		      uint32_t *at)
{
	for (*at = 0; *at < count; ++*at)
		if ((reads_port(&ops[*at]) && !c->reads) || (writes_port(&ops[*at]) && !c->writes))
			return EBADF;
	return 0;
}

/* All ports of a batch; they may be reserved also where it fails later. */
static uint64_t ops_set(const struct ioport_op *ops, uint32_t count)
{
	uint64_t set = 0;
	bool outside;

	for (uint32_t i = 0; i < count; i++)
		if (ops[i].code != IOPORT_OP_DELAY)
			set |= range_set(ops[i].port, ops[i].width, &outside);
	return set;
}

static void tell_ops(const struct ctx *c, const struct ioport_op *ops, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		tell(c->me, "  code %u width %u port %#x value %#x mask %#x time %llu", ops[i].code,
		     ops[i].width, ops[i].port, ops[i].value, ops[i].mask,
		     (unsigned long long)ops[i].time);
}

static void check_xfer(const struct ioport_xfer *x, int want, uint32_t at, const char *what)
{
	if (want ? x->done || x->failed != at : x->done != x->count || x->failed != x->count)
		mismatch("%s: done %u, failed %u of %u; want %u", what, x->done, x->failed,
			 x->count, at);
}

/* Where a wait may have run out of time. */
static bool timed_out(long result, const struct ioport_op *ops, const struct ioport_xfer *x)
{
	return result < 0 && errno == ETIMEDOUT && x->failed < x->count && x->failed == x->done &&
	       ops[x->failed].code == IOPORT_OP_WAIT;
}

static void op_xfer(struct ctx *c)
{
	uint32_t count = 1 + below(OPS), at = 0, bad = count;
	struct ioport_op ops[OPS];
	struct ioport_xfer x;
	long result;
	int want;

	if (!draw_file(c))
		return;
	for (uint32_t i = 0; i < count; i++)
		draw_op(&ops[i], model_may(c->m, c->f) & ~model_claimed(c->m, c->f));
	x = (struct ioport_xfer){ (uintptr_t)ops, count, one_in(4) ? IOPORT_ATOMIC : 0, 7, 7 };
	if (one_in(10)) {
		bad = below(count);
		spoil_op(&ops[bad]);
	}
	want = mode_error(c, ops, bad, &at);
	if (!want && bad < count) {
		want = EINVAL;
		at = bad;
	}
	if (!want)
		want = ops_error(c, ops, count, &at);
	tell(c->me, "xfer(file %d, %u operations, %#x) = %d at %u", c->file, count, x.flags, want,
	     at);
	tell_ops(c, ops, count);
	result = call(c->fd, IOPORT_IOC_XFER, &x);
	if (!want && timed_out(result, ops, &x)) {
		sh->calls++;
		use(c, ops_set(ops, count));
		return;
	}
	if (expect(result, want, "XFER"))
		use(c, ops_set(ops, count));
	else if (want == EBUSY)
		c->f->ever |= ops_set(ops, count);
	check_xfer(&x, want, at, "XFER");
}

/* What is refused before any operation is looked at. */
static void op_xfer_bad(struct ctx *c)
{
	struct ioport_op op = { .code = IOPORT_OP_DELAY };
	struct ioport_xfer x = { (uintptr_t)&op, 1, 0, 0, 0 };
	int want = EINVAL;

	if (!draw_file(c))
		return;
	switch (below(4)) {
	case 0:
		x.count = 0;
		break;
	case 1:
		x.flags = 1U << below(5);
		break;
	case 2:
		x.count = 4097 + below(2) * 0xfffffff;
		want = E2BIG;
		break;
	default:
		x.ops = (uintptr_t)BAD_POINTER;
		want = EFAULT;
	}
	tell(c->me, "xfer(file %d, %u operations, %#x) = %d", c->file, x.count, x.flags, want);
	expect(call(c->fd, IOPORT_IOC_XFER, &x), want, "XFER");
	expect(call(c->fd, IOPORT_IOC_XFER, BAD_POINTER), EFAULT, "XFER");
}

static void op_on_close(struct ctx *c)
{
	uint32_t count = below(OPS + 1), at = 0;
	struct ioport_op ops[OPS];
	struct ioport_xfer x;
	int want;

	if (!draw_file(c))
		return;
	for (uint32_t i = 0; i < count; i++) {
		draw_op(&ops[i], model_may(c->m, c->f) & ~model_claimed(c->m, c->f));
		if (ops[i].code != IOPORT_OP_OUT && !one_in(30))
			ops[i] = (struct ioport_op){ .code = IOPORT_OP_OUT,
						     .width = 1,
						     .port = (uint16_t)draw_range().first };
	}
	x = (struct ioport_xfer){ (uintptr_t)ops, count, 0, 0, 0 };
	while (at < count && ops[at].code == IOPORT_OP_OUT)
		at++;
	want = at < count ? EINVAL : ops_error(c, ops, count, &at);
	if (!c->writes)
		want = EBADF;
	tell(c->me, "on_close(file %d, %u operations) = %d at %u", c->file, count, want, at);
	tell_ops(c, ops, count);
	if (expect(call(c->fd, IOPORT_IOC_ON_CLOSE, &x), want, "ON_CLOSE"))
		use(c, ops_set(ops, count));
	else if (want == EBUSY)
		c->f->ever |= ops_set(ops, count);
	if (want && want != EBADF && x.failed != at)
		mismatch("ON_CLOSE: failed %u, want %u", x.failed, at);
}

/* ---- the kernel's own calls ---- */

static void op_ioperm(struct ctx *c)
{
	struct range_arg r = draw_range();
	bool on = one_in(2);
	int want = 0;

	if (on && r.outside) {
		r.first = window_base[below(WINDOW_COUNT)];
		r.count = 1 + below(WINDOW_PORTS);
		r.set = range_set(r.first, r.count, &r.outside);
	}
	if (one_in(20)) {
		r.count = 0;
		want = EINVAL;
	}
	tell(c->me, "ioperm(%#x, %u, %d) = %d", r.first, r.count, on, want);
	/* It leaves the map, whatever the arguments. */
	if (attached(c->w))
		c->w->standing = ST_NONE;
	if (!expect(ioperm(r.first, r.count, on), want, "ioperm"))
		return;
	if (c->w->standing != ST_IOPERM)
		c->w->ioperm = 0;
	c->w->ioperm = on ? c->w->ioperm | r.set : c->w->ioperm & ~r.set;
	c->w->standing = c->w->ioperm ? ST_IOPERM : ST_NONE;
}

static void op_iopl(struct ctx *c)
{
	bool on = one_in(3);

	tell(c->me, "iopl(%d)", on ? 3 : 0);
	if (expect(iopl(on ? 3 : 0), 0, "iopl"))
		c->w->iopl = on;
}

/* ---- the administrator ---- */

static int write_param(const char *name, const char *text)
{
	char path[64];
	int fd, err;

	sh->policy_written = true;
	snprintf(path, sizeof(path), "/sys/module/ioport/parameters/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	errno = err;
	return err ? -1 : 0;
}

static uint64_t draw_list(char *text, size_t size)
{
	static const char *const forms[] = { "%#x-%#x", "%u-%u", "0x%04X-0x%x" };
	uint64_t set = 0;
	size_t at = 0;

	text[0] = '\0';
	for (uint32_t n = below(5); n; n--) {
		uint32_t off = below(WINDOW_PORTS), count = 1 + below(WINDOW_PORTS - off);
		uint32_t first = window_base[below(WINDOW_COUNT)] + off, form = below(4);
		bool outside;

		set |= range_set(first, count, &outside);
		if (form == 3)
			at += (size_t)snprintf(text + at, size - at, "%#x+%u", first, count);
		else
			at += (size_t)snprintf(text + at, size - at, forms[form], first,
					       first + count - 1);
		at += (size_t)snprintf(text + at, size - at, "%s", one_in(2) ? "," : " \t");
	}
	if (!at)
		snprintf(text, size, "none");
	return set;
}

static void op_policy(struct ctx *c)
{
	bool deny = one_in(3), bad = one_in(8);
	char text[300];
	uint64_t set;

	if (!one_in(2))
		return;
	set = draw_list(text, sizeof(text));
	if (bad)
		strcat(text, one_in(2) ? ",0x10000" : " 5-4");
	tell(c->me, "%s='%s' = %d", deny ? "deny" : "allow", text, bad ? EINVAL : 0);
	if (!expect(write_param(deny ? "deny" : "allow", text), bad ? EINVAL : 0, "policy"))
		return;
	*(deny ? &c->m->deny : &c->m->allow) = set;
	model_take_all(c->m);
}

static void op_busy(struct ctx *c)
{
	const char *text = one_in(2) ? "deny" : "allow";

	tell(c->me, "busy=%s", text);
	expect(write_param("busy", text), 0, "busy");
}

#endif
