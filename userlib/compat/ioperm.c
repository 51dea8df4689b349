// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ioperm() and iopl(), as arch/x86/kernel/ioport.c has them: of the calling thread
 * alone, inherited by the threads and children that it creates later.
 *
 * The kernel keeps two things for a thread, its ioperm() bitmap and its I/O
 * privilege level, and opens what either does. The module has one private map for
 * a thread. So at level 3 that map has all that policy allows open, and what
 * ioperm() opened is kept here until the level goes down. This knowledge does not
 * survive exec: to the new program, all that is open was opened by ioperm().
 */
#include "compat.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <threads.h>
#include <unistd.h>

struct thread {
	unsigned int level;
	uint8_t ioperm[IOPORT_MAP_BYTES]; /* at level 3: what ioperm() opened */
	uint8_t bits[IOPORT_MAP_BYTES];	  /* room to work */
};

static pthread_key_t thread_key;

static void make_key(void)
{
	if (pthread_key_create(&thread_key, free))
		abort();
}

/* Made when first needed: the constructors of other libraries may come before ours. */
static pthread_key_t key(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_key);
	return thread_key;
}

/* NULL where memory is short. */
static struct thread *self(void)
{
	struct thread *t = pthread_getspecific(key());

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (t && pthread_setspecific(key(), t)) {
		free(t);
		t = NULL;
	}
	return t;
}

/* ---- the device ---- */

/* The kernel knows no policy, and no driver that holds a port. */
static int refused(void)
{
	return fail(errno == ENOMEM ? ENOMEM : EPERM);
}

static int range_call(int fd, unsigned long call, unsigned int first, unsigned int count)
{
	struct ioport_range range = { .first = first, .count = count, .flags = IOPORT_THREAD };

	return ioctl(fd, call, &range);
}

static int get_map(int fd, enum ioport_which which, uint8_t *bits)
{
	struct ioport_map map = { .map = (uintptr_t)bits, .which = which };

	return ioctl(fd, IOPORT_IOC_GET_MAP, &map);
}

/* ---- sets of ports: a 0 bit is open ---- */

static bool is_open(const uint8_t *bits, unsigned int port)
{
	return !(bits[port / 8] >> port % 8 & 1);
}

static void set_range(uint8_t *bits, unsigned int first, unsigned int count, bool open)
{
	for (; count--; first++) {
		if (open)
			bits[first / 8] &= (uint8_t) ~(1U << first % 8);
		else
			bits[first / 8] |= (uint8_t)(1U << first % 8);
	}
}

static bool all_are(const uint8_t *bits, uint8_t value)
{
	for (size_t i = 0; i < IOPORT_MAP_BYTES; i++)
		if (bits[i] != value)
			return false;
	return true;
}

/* The end of the run of ports that are all open or all closed, as its first is. */
static unsigned int run_end(const uint8_t *bits, unsigned int port)
{
	bool open = is_open(bits, port);

	while (port < IOPORT_PORTS && is_open(bits, port) == open)
		port++;
	return port;
}

/* ---- opening ports ---- */

/*
 * A set-user-ID program does not take over the descriptor that it was started with (see
 * kept.c), but its threads are still on the map of that one. They leave it when they ask
 * for ports of their own, and so lose what they had there. False where it was not this
 * that the call just made has failed for.
 */
static bool has_left_inherited(int fd)
{
	struct ioport_attach attach = { .flags = IOPORT_REPLACE };
	uint8_t bits[IOPORT_MAP_BYTES];

	return errno == EBUSY && getauxval(AT_SECURE) && !get_map(fd, IOPORT_WHICH_THREAD, bits) &&
	       all_are(bits, 0xff) && !ioctl(fd, IOPORT_IOC_ATTACH, &attach);
}

static int grant(int fd, unsigned int first, unsigned int count)
{
	int ret = range_call(fd, IOPORT_IOC_GRANT, first, count);

	if (ret && has_left_inherited(fd))
		ret = range_call(fd, IOPORT_IOC_GRANT, first, count);
	return ret;
}

static int set_map(int fd, const uint8_t *bits)
{
	struct ioport_map map = { .map = (uintptr_t)bits, .flags = IOPORT_THREAD };
	int ret = ioctl(fd, IOPORT_IOC_SET_MAP, &map);

	if (ret && has_left_inherited(fd))
		ret = ioctl(fd, IOPORT_IOC_SET_MAP, &map);
	return ret;
}

/* ---- ioperm() ---- */

static int turn_on_ports(unsigned int first, unsigned int count)
{
	struct thread *t = self();
	int fd;

	if (!t)
		return fail(ENOMEM);
	if (!may_open(R_OK | W_OK))
		return fail(EPERM);
	fd = kept_open();
	if (fd < 0 || grant(fd, first, count))
		return refused();
	kept_inherit();
	if (t->level == 3)
		set_range(t->ioperm, first, count, true);
	return 0;
}

static int turn_off_ports(int fd, unsigned int first, unsigned int count)
{
	struct thread *t = self();

	if (!t)
		return fail(ENOMEM);
	if (t->level == 3) {
		set_range(t->ioperm, first, count, false);
		return 0;
	}
	/* The real call would take a thread off our map; one that is not on it has only that. */
	if (get_map(fd, IOPORT_WHICH_THREAD, t->bits))
		return refused();
	if (all_are(t->bits, 0xff))
		return supervised() ? 0 : REAL(ioperm)(first, count, 0);
	return range_call(fd, IOPORT_IOC_REVOKE, first, count) ? refused() : 0;
}

EXPORT int ioperm(unsigned long from, unsigned long num, int turn_on)
{
	int fd, ret;

	if (from + num <= from || from + num > IOPORT_PORTS)
		return fail(EINVAL);
	fd = kept_find();
	/*
	 * Not once ports were opened by it: it would take the thread off our map. A
	 * supervisor that gave none has the last word.
	 */
	if (fd < 0 || kept_is_idle()) {
		ret = REAL(ioperm)(from, num, turn_on);
		if (!ret || errno != EPERM || supervised())
			return ret;
	}
	if (!turn_on)
		return turn_off_ports(fd, (unsigned int)from, (unsigned int)num);
	return turn_on_ports((unsigned int)from, (unsigned int)num);
}

/* ---- iopl() ---- */

/* Closes in @bits what cannot be used, because a driver holds it, say. */
static void close_unusable(int fd, uint8_t *bits, const uint8_t *have)
{
	struct ioport_check check;
	unsigned int port, end;

	for (port = 0; port < IOPORT_PORTS; port = end) {
		end = run_end(bits, port);
		if (!is_open(bits, port))
			continue;
		check = (struct ioport_check){ port, end - port, IOPORT_DIRECT, 0, 0, 0 };
		if (ioctl(fd, IOPORT_IOC_CHECK, &check))
			check.port = port;
		if (check.port >= end)
			continue;
		end = check.port + 1;
		if (!is_open(have, check.port))
			set_range(bits, check.port, 1, false);
	}
}

/* A test of the variable at each call: a program may set it for itself. */
static bool is_strict(void)
{
	const char *value = secure_getenv("IOPORT_COMPAT_STRICT");

	if (supervised_strictly())
		return true;
	return value && *value && strcmp(value, "0") != 0;
}

/* What policy and the file's limit allow. */
static int get_allowed(int fd, uint8_t *bits)
{
	uint8_t limit[IOPORT_MAP_BYTES];

	if (get_map(fd, IOPORT_WHICH_POLICY, bits) || get_map(fd, IOPORT_WHICH_LIMIT, limit))
		return -1;
	for (size_t i = 0; i < sizeof(limit); i++)
		bits[i] |= limit[i];
	return 0;
}

static int open_all(struct thread *t, int fd)
{
	if (get_map(fd, IOPORT_WHICH_THREAD, t->ioperm) || get_allowed(fd, t->bits))
		return refused();
	for (size_t i = 0; i < IOPORT_MAP_BYTES; i++)
		t->bits[i] &= t->ioperm[i];
	if (is_strict() && !all_are(t->bits, 0))
		return fail(EPERM);
	if (!all_are(t->bits, 0xff) && !set_map(fd, t->bits))
		return 0;
	close_unusable(fd, t->bits, t->ioperm);
	if (all_are(t->bits, 0xff) || (is_strict() && !all_are(t->bits, 0)))
		return fail(EPERM);
	return set_map(fd, t->bits) ? refused() : 0;
}

/* Needs no right, unlike putting the old map back. */
static int close_but_ioperm(const struct thread *t, int fd)
{
	unsigned int port, end;

	for (port = 0; port < IOPORT_PORTS; port = end) {
		end = run_end(t->ioperm, port);
		if (!is_open(t->ioperm, port) &&
		    range_call(fd, IOPORT_IOC_REVOKE, port, end - port))
			return refused();
	}
	return 0;
}

static int change_level(struct thread *t, unsigned int level)
{
	int fd;

	if (level > t->level && !may_open(R_OK | W_OK))
		return fail(EPERM);
	fd = kept_open();
	if (fd < 0)
		return refused();
	if (level > t->level && locked_down(fd))
		return fail(EPERM);
	if (level == 3 && open_all(t, fd))
		return -1;
	if (t->level == 3 && close_but_ioperm(t, fd))
		return -1;
	if (level == 3)
		kept_inherit();
	t->level = level;
	return 0;
}

/* Is this for the kernel, or a supervisor that gives no descriptor? */
static bool is_for_kernel(const struct thread *t, unsigned int level)
{
	if (t->level)
		return false;
	/* A level that the kernel itself gave can only go down here. */
	return kept_find() < 0 || kept_is_idle() || (!level && !supervised());
}

EXPORT int iopl(int wanted)
{
	unsigned int level = (unsigned int)wanted;
	struct thread *t;

	if (level > 3)
		return fail(EINVAL);
	t = self();
	if (!t)
		return fail(ENOMEM);
	if (is_for_kernel(t, level)) {
		int ret = REAL(iopl)(wanted);

		if (!ret || errno != EPERM || supervised())
			return ret;
	}
	return level == t->level ? 0 : change_level(t, level);
}

/* ---- what a new thread inherits ---- */

struct start {
	void *(*routine)(void *arg);
	int (*c11_routine)(void *arg);
	void *arg;
	struct thread *thread;
};

/* NULL where memory is short. */
static struct start *prepare(const struct start *what, const struct thread *t)
{
	struct start *start = malloc(sizeof(*start));

	if (!start)
		return NULL;
	*start = *what;
	start->thread = malloc(sizeof(*t));
	if (!start->thread) {
		free(start);
		return NULL;
	}
	memcpy(start->thread, t, sizeof(*t));
	return start;
}

static void forget(struct start *start)
{
	free(start->thread);
	free(start);
}

static struct start begin(void *data)
{
	struct start start = *(struct start *)data;

	free(data);
	if (pthread_setspecific(key(), start.thread))
		free(start.thread);
	return start;
}

static void *start_thread(void *data)
{
	struct start start = begin(data);

	return start.routine(start.arg);
}

static int start_c11_thread(void *data)
{
	struct start start = begin(data);

	return start.c11_routine(start.arg);
}

/* The kernel gives it the creator's ports; its level has to be told. */
EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*routine)(void *arg), void *arg)
{
	struct thread *t = pthread_getspecific(key());
	struct start *start;
	int err;

	if (!t || !t->level)
		return REAL(pthread_create)(thread, attr, routine, arg);
	start = prepare(&(struct start){ .routine = routine, .arg = arg }, t);
	if (!start)
		return EAGAIN;
	err = REAL(pthread_create)(thread, attr, start_thread, start);
	if (err)
		forget(start);
	return err;
}

EXPORT int thrd_create(thrd_t *thread, thrd_start_t routine, void *arg)
{
	struct thread *t = pthread_getspecific(key());
	struct start *start;
	int err;

	if (!t || !t->level)
		return REAL(thrd_create)(thread, routine, arg);
	start = prepare(&(struct start){ .c11_routine = routine, .arg = arg }, t);
	if (!start)
		return thrd_nomem;
	err = REAL(thrd_create)(thread, start_c11_thread, start);
	if (err != thrd_success)
		forget(start);
	return err;
}

/* ---- the calls by number ---- */

EXPORT long syscall(long number, ...)
{
	long arg[6];
	va_list ap;

	va_start(ap, number);
	for (size_t i = 0; i < sizeof(arg) / sizeof(*arg); i++)
		arg[i] = va_arg(ap, long);
	va_end(ap);
	switch (number) {
	case SYS_ioperm:
		return ioperm((unsigned long)arg[0], (unsigned long)arg[1], (int)arg[2]);
	case SYS_iopl:
		if ((int)arg[0] == SUPERVISOR_ASK) /* "run" in "run" */
			break;
		return iopl((int)arg[0]);
	case SYS_close:
		return close((int)arg[0]);
	case __NR_close_range:
		return kept_close_range((unsigned int)arg[0], (unsigned int)arg[1], (int)arg[2]);
	case SYS_dup2:
		return dup2((int)arg[0], (int)arg[1]);
	case SYS_dup3:
		return dup3((int)arg[0], (int)arg[1], (int)arg[2]);
	}
	return REAL(syscall)(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
