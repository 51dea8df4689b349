// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: each operation, each way to be wrong, and what happens when policy, a
 * signal or time ends one half-way. Run as root, since policy is changed; with
 * allow=0xe0-0xe3,0x278-0x27f,0x378-0x37f,0x510-0x511 deny=none.
 *
 * QEMU's pc-testdev has a latch of 32 bits at 0xe0; its firmware configuration
 * device reads as a FIFO at 0x511 what was chosen at 0x510: item 0 begins "QEMU".
 */
#include "access.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

#define LATCH 0xe0
#define FW_SELECT 0x510
#define FW_DATA 0x511
#define MS 1000000ULL

static int fd;
static struct ioport_xfer last;

static int run(int f, struct ioport_op *ops, uint32_t count, uint32_t flags)
{
	int result;

	last = (struct ioport_xfer){ .ops = (uintptr_t)ops, .count = count, .flags = flags };
	result = ioctl(f, IOPORT_IOC_XFER, &last);
	return result;
}

#define IN(w, p)                                            \
	{                                                   \
		.code = IOPORT_OP_IN, .width = w, .port = p \
	}
#define OUT(w, p, v)                                                     \
	{                                                                \
		.code = IOPORT_OP_OUT, .width = w, .port = p, .value = v \
	}
#define MODIFY(w, p, m, v)                                                             \
	{                                                                              \
		.code = IOPORT_OP_MODIFY, .width = w, .port = p, .mask = m, .value = v \
	}
#define WAIT(w, p, m, v, t)                                                                     \
	{                                                                                       \
		.code = IOPORT_OP_WAIT, .width = w, .port = p, .mask = m, .value = v, .time = t \
	}
#define DELAY(t)                                   \
	{                                          \
		.code = IOPORT_OP_DELAY, .time = t \
	}
#define INS(w, p, n, d)                                                                          \
	{                                                                                        \
		.code = IOPORT_OP_INS, .width = w, .port = p, .value = n, .data = (uintptr_t)(d) \
	}
#define OUTS(w, p, n, d)                                                                          \
	{                                                                                         \
		.code = IOPORT_OP_OUTS, .width = w, .port = p, .value = n, .data = (uintptr_t)(d) \
	}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void test_operations(void)
{
	struct ioport_op ops[] = {
		OUT(4, LATCH, 0x89abcdef),
		IN(4, LATCH),
		IN(2, LATCH + 2),
		IN(1, LATCH + 1),
		OUT(1, LATCH + 3, 0x12),
		OUT(2, LATCH, 0x3456),
		IN(4, LATCH),
		MODIFY(1, LATCH, 0x0f, 0x0a),
		IN(1, LATCH),
		MODIFY(4, LATCH, 0xff000000, 0x77000000),
		WAIT(4, LATCH, 0xff0000ff, 0x7700005a, 0),
	};

	is(run(fd, ops, COUNT(ops), 0), 0, "a batch");
	is(last.done, COUNT(ops), "all were done");
	is(last.failed, COUNT(ops), "none failed");
	is(ops[1].result, 0x89abcdef, "IN, 32 bit");
	is(ops[2].result, 0x89ab, "IN, 16 bit");
	is(ops[3].result, 0xcd, "IN, 8 bit");
	is(ops[6].result, 0x12ab3456, "OUT, 8 and 16 bit");
	is(ops[7].result, 0x56, "MODIFY reports what it read");
	is(ops[8].result, 0x5a, "and changed the bits of the mask");
	is(ops[9].result, 0x12ab345a, "MODIFY, 32 bit");
	is(ops[10].result, 0x77ab345a, "WAIT found it at once");
	is(ops[0].value, 0x89abcdef, "the rest of an operation is as it was");
}

static void test_string(void)
{
	uint8_t bytes[8] = { 0 }, out[600];
	uint32_t longs[100] = { 0 };
	struct ioport_op ops[] = {
		OUT(2, FW_SELECT, 0),
		INS(1, FW_DATA, 4, bytes),
		INS(1, FW_DATA, 2, bytes + 4),
	};
	struct ioport_op more[] = {
		OUTS(2, LATCH, 300, out),
		INS(4, LATCH, 100, longs),
		IN(4, LATCH),
	};
	unsigned int i;

	is(run(fd, ops, COUNT(ops), 0), 0, "INS from a FIFO");
	ok(!memcmp(bytes, "QEMU", 4), "what the device has, in order");
	is(ops[1].result, 4, "the number of reads");
	is(ops[2].result, 2, "and of the next");

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7;
	is(run(fd, more, COUNT(more), 0), 0, "OUTS");
	is(more[0].result, 300, "the number of writes");
	is(more[2].result & 0xffff, out[598] | out[599] << 8, "the last word stays in the latch");
	for (i = 0; i < 100 && longs[i] == more[2].result; i++)
		;
	is(i, 100, "INS of longs, more than a slice");
}

static void test_large(void)
{
	static struct ioport_op ops[4096 + 1];
	struct ioport_info info;
	unsigned int i, wrong = 0;

	if (ioctl(fd, IOPORT_IOC_GET_INFO, &info))
		bail("GET_INFO");
	is(info.max_ops, 4096, "the most operations");
	ok(info.features & IOPORT_FEATURE_XFER, "the feature");
	for (i = 0; i < 4096; i++)
		ops[i] = i % 2 ? (struct ioport_op)IN(4, LATCH)
			       : (struct ioport_op)OUT(4, LATCH, i * 0x10001);
	is(run(fd, ops, 4096, 0), 0, "the longest batch");
	for (i = 1; i < 4096; i += 2)
		wrong += ops[i].result != (i - 1) * 0x10001;
	is(wrong, 0, "every one was done, in order");
	is(last.done, 4096, "the count");
	fails(run(fd, ops, 4097, 0), E2BIG, "one more");
	is(run(fd, ops, 4096, IOPORT_ATOMIC), 0, "an atomic batch");
}

#define POISON 0x5a5a5a5a

static unsigned int add(struct ioport_op *ops, unsigned int n, unsigned int times,
			struct ioport_op op)
{
	op.result = POISON;
	while (times--)
		ops[n++] = op;
	return n;
}

/*
 * Stretches of the same operation, of any length, @count operations in all: each has a result
 * of its own, that of an OUT is 0, and nothing else is written to.
 */
static void test_stretches(unsigned int count)
{
	static struct ioport_op ops[1024], wanted[1024];
	unsigned int n, i;
	uint32_t value = 0;

	n = add(ops, 0, 1, (struct ioport_op)OUT(4, LATCH, random()));
	while (n < count)
		if (random() % 2)
			n = add(ops, n, 1 + random() % 5,
				(struct ioport_op)OUT(4, LATCH, random()));
		else
			n = add(ops, n, 1 + random() % 200, (struct ioport_op)IN(2, LATCH));
	memcpy(wanted, ops, sizeof(ops));
	for (i = 0; i < count; i++) {
		if (ops[i].code == IOPORT_OP_OUT)
			value = ops[i].value;
		wanted[i].result = ops[i].code == IOPORT_OP_OUT ? 0 : value & 0xffff;
	}
	is(run(fd, ops, count, 0), 0, "stretches, %u operations", count);
	ok(!memcmp(ops, wanted, sizeof(ops)), "with all results, and no more");
}

/* What was not done has the result 0. */
static void test_cut_short(void)
{
	static struct ioport_op ops[400];
	unsigned int n = 0, i, wrong = 0;

	n = add(ops, n, 1, (struct ioport_op)OUT(1, LATCH, 7));
	n = add(ops, n, 130, (struct ioport_op)IN(1, LATCH));
	n = add(ops, n, 1, (struct ioport_op)WAIT(1, LATCH, 1, 0, MS));
	n = add(ops, n, 130, (struct ioport_op)IN(1, LATCH));
	n = add(ops, n, 3, (struct ioport_op)MODIFY(1, LATCH, 1, 0));
	n = add(ops, n, 1, (struct ioport_op)DELAY(MS));
	n = add(ops, n, 5, (struct ioport_op)OUT(1, LATCH, 1));
	fails(run(fd, ops, n, 0), ETIMEDOUT, "a batch that ends half-way");
	is(last.done, 131, "before the second stretch");
	for (i = 0; i < n; i++)
		wrong += ops[i].result != (i && i <= 131 ? 7 : 0);
	is(wrong, 0, "has no results from there on");
}

/* More data than there is room behind the operations, and less. */
static void test_data(unsigned int count)
{
	static uint32_t longs[8192 + 1];
	struct ioport_op ops[] = { OUT(4, LATCH, count), INS(4, LATCH, count, longs) };
	unsigned int i;

	memset(longs, 0xff, sizeof(longs));
	is(run(fd, ops, COUNT(ops), 0), 0, "INS of %u longs", count);
	for (i = 0; i < count && longs[i] == count; i++)
		;
	is(i, count, "all are there");
	is(longs[count], 0xffffffff, "and nothing behind them is");
}

/* An otherwise good batch with one thing off: refused, and no port was touched. */
static void refuse(struct ioport_op bad, int error, const char *what)
{
	struct ioport_op ops[] = { OUT(4, LATCH, 0xdeadbeef), IN(4, LATCH), bad };
	uint32_t latch = 0x11223344, after;

	if (pwrite(fd, &latch, 4, LATCH) != 4)
		bail("the latch");
	fails(run(fd, ops, 3, 0), error, "%s", what);
	is(last.failed, 2, "the operation is named");
	ok(last.done == 0 && pread(fd, &after, 4, LATCH) == 4 && after == latch,
	   "no port was touched");
}

static void test_refusals(void)
{
	uint8_t buffer[16];
	struct ioport_op op = OUT(1, LATCH, 1), two[2] = { IN(4, LATCH), OUT(1, LATCH, 1) };
	int reader = open(DEVICE, O_RDONLY), writer = open(DEVICE, O_WRONLY);

	refuse((struct ioport_op){ 0 }, EINVAL, "code 0");
	refuse((struct ioport_op){ .code = 8, .width = 1, .port = LATCH }, EINVAL, "code 8");
	refuse((struct ioport_op)IN(3, LATCH), EINVAL, "width 3");
	refuse((struct ioport_op)IN(0, LATCH), EINVAL, "width 0");
	refuse((struct ioport_op)IN(2, 0xffff), EINVAL, "a word at the last port");
	refuse((struct ioport_op)OUT(1, LATCH, 0x100), EINVAL, "a value that does not fit");
	refuse((struct ioport_op)MODIFY(2, LATCH, 0x10000, 0), EINVAL, "a mask that does not fit");
	refuse((struct ioport_op)MODIFY(1, LATCH, 0xf0, 0x01), EINVAL, "a value beside the mask");
	refuse((struct ioport_op)WAIT(1, LATCH, 0xf0, 0x01, 0), EINVAL,
	       "a WAIT for the impossible");
	refuse((struct ioport_op)WAIT(1, LATCH, 1, 1, 1ULL << 63), EINVAL, "a time of 2^63 ns");
	refuse((struct ioport_op)DELAY(1ULL << 63), EINVAL, "a delay of 2^63 ns");
	refuse((struct ioport_op)INS(1, LATCH, 0, buffer), EINVAL, "INS of nothing");
	op.time = 1;
	refuse(op, EINVAL, "a time for OUT");
	op = (struct ioport_op)OUT(1, LATCH, 1);
	op.data = 1;
	refuse(op, EINVAL, "data for OUT");
	op = (struct ioport_op)IN(1, LATCH);
	op.value = 1;
	refuse(op, EINVAL, "a value for IN");
	op = (struct ioport_op)DELAY(1);
	op.port = 1;
	refuse(op, EINVAL, "a port for DELAY");
	refuse((struct ioport_op)IN(1, 0x80), EACCES, "a port that policy forbids");
	refuse((struct ioport_op)IN(2, LATCH + 3), EACCES, "half of it");
	refuse((struct ioport_op)INS(1, LATCH, 256 * 1024 + 1, buffer), E2BIG, "too much data");
	refuse((struct ioport_op)OUTS(4, LATCH, 4, BAD_POINTER), EFAULT, "a bad buffer for OUTS");

	two[1] = (struct ioport_op)DELAY(1000 * MS);
	is(run(fd, two, 1, IOPORT_ATOMIC), 0, "an atomic batch");
	two[1].time++;
	fails(run(fd, two, 2, IOPORT_ATOMIC), EINVAL, "an atomic batch of more than a second");
	is(last.failed, 1, "is named");
	two[1] = (struct ioport_op)OUT(1, LATCH, 1);
	fails(run(fd, two, 0, 0), EINVAL, "no operation");
	fails(run(fd, two, 2, IOPORT_THREAD), EINVAL, "a flag of another call");
	fails(run(fd, BAD_POINTER, 2, 0), EFAULT, "bad operations");
	fails(ioctl(fd, IOPORT_IOC_XFER, BAD_POINTER), EFAULT, "a bad argument");
	fails(run(reader, two, 2, 0), EBADF, "OUT by a file for reading");
	is(last.failed, 1, "the second is named");
	fails(run(writer, two, 2, 0), EBADF, "IN by a file for writing");
	is(last.failed, 0, "the first is named");
	is(run(reader, two, 1, 0), 0, "IN by a file for reading");
	is(run(writer, two + 1, 1, 0), 0, "OUT by a file for writing");
	close(reader);
	close(writer);
}

static void test_time(void)
{
	struct ioport_op ops[] = { OUT(1, LATCH, 1), DELAY(20 * MS), OUT(1, LATCH, 0) };
	struct ioport_op wait[] = { OUT(1, LATCH, 1), WAIT(1, LATCH, 1, 0, 20 * MS), IN(1, LATCH) };
	uint64_t t;

	t = now();
	is(run(fd, ops, COUNT(ops), 0), 0, "a pulse of 20 ms");
	t = now() - t;
	ok(t >= 20 * MS, "is not shorter than that");
	note("%.3f ms", t / 1e6);
	ops[1].time = 5000;
	t = now();
	is(run(fd, ops, COUNT(ops), 0), 0, "one of 5 us");
	ok(now() - t >= 5000, "neither");

	t = now();
	fails(run(fd, wait, COUNT(wait), 0), ETIMEDOUT, "a WAIT that runs out");
	t = now() - t;
	ok(t >= 20 * MS, "after its time");
	is(last.done, 1, "what came before was done");
	is(last.failed, 1, "the WAIT is named");
	is(wait[1].result, 1, "with what was read last");
	wait[1].data = 3 * MS;
	t = now();
	fails(run(fd, wait, COUNT(wait), 0), ETIMEDOUT, "with a pause between looks");
	ok(now() - t >= 20 * MS, "after its time");
}

static void ignore(int sig)
{
	(void)sig;
}

static void test_signal(void)
{
	struct sigaction action = { .sa_handler = ignore };
	struct itimerval soon = { .it_value = { .tv_usec = 50000 } };
	struct ioport_op ops[] = { OUT(1, LATCH, 5), DELAY(30000 * MS), OUT(1, LATCH, 0) };
	struct ioport_op wait[] = { OUT(1, LATCH, 6), WAIT(1, LATCH, 1, 1, 30000 * MS) };
	uint8_t value;
	uint64_t t = now();

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	fails(run(fd, ops, COUNT(ops), 0), EINTR, "a signal ends a DELAY");
	is(last.done, 1, "the one before was done");
	ok(pread(fd, &value, 1, LATCH) == 1 && value == 5, "the one behind was not");
	setitimer(ITIMER_REAL, &soon, NULL);
	fails(run(fd, wait, COUNT(wait), 0), EINTR, "and a WAIT without pauses");
	ok(now() - t < 20000 * MS, "at once");
}

/* Delays too short to sleep in end by a signal too, and nothing stale is reported. */
static void test_short_delays(void)
{
	static struct ioport_op ops[4096];
	struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
	unsigned int i;

	ops[0] = (struct ioport_op)IN(1, LATCH);
	ops[0].result = 0x5555;
	for (i = 1; i < COUNT(ops); i++)
		ops[i] = (struct ioport_op)DELAY(49000);
	setitimer(ITIMER_REAL, &soon, NULL);
	fails(run(fd, ops, COUNT(ops), 0), EINTR, "a signal ends a run of short delays");
	ok(last.done > 0 && last.done < COUNT(ops), "half-way");
	ok(ops[0].result != 0x5555, "with the results so far");
}

static int set_allow(const char *value)
{
	int f = open("/sys/module/ioport/parameters/allow", O_WRONLY), err;

	err = f < 0 || write(f, value, strlen(value)) < 0;
	close(f);
	return err;
}

/* The list as it was when the test began. */
static char all[4096];

static void get_allow(void)
{
	int f = open("/sys/module/ioport/parameters/allow", O_RDONLY);

	ok(f >= 0 && read(f, all, sizeof(all) - 1) > 0, "the policy, to restore it");
	close(f);
}

static void *narrow(void *arg)
{
	usleep(100000);
	*(int *)arg = set_allow("0x278-0x27f");
	return NULL;
}

static void test_policy(void)
{
	struct ioport_op wait[] = { OUT(1, LATCH, 0), WAIT(1, LATCH, 1, 1, 20000 * MS) };
	struct ioport_op later[] = { IN(1, VOID), DELAY(500 * MS), IN(1, VOID), OUT(1, LATCH, 9) };
	pthread_t thread;
	int err = 0;
	uint8_t value;
	uint64_t t = now();

	get_allow();
	pthread_create(&thread, NULL, narrow, &err);
	fails(run(fd, wait, COUNT(wait), 0), EACCES, "policy takes the port of a WAIT away");
	pthread_join(thread, NULL);
	is(err | set_allow(all), 0, "and allows it again");
	is(last.done, 1, "the one before was done");
	ok(now() - t < 10000 * MS, "at once");
	pthread_create(&thread, NULL, narrow, &err);
	fails(run(fd, later, COUNT(later), 0), EACCES, "the port of a later one");
	pthread_join(thread, NULL);
	is(err | set_allow(all), 0, "and allows it again");
	is(last.done, 2, "those before were done");
	is(last.failed, 3, "the one is named");
	ok(pread(fd, &value, 1, LATCH) == 1 && value == 0, "and was not done");
}

/* Index and data: two threads that each write one and read the other back. */
static atomic_bool stop;
static atomic_uint torn, rounds;

static void *pairs(void *arg)
{
	uint32_t mark = (uintptr_t)arg;
	int f = dev_open(O_RDWR);

	while (!atomic_load(&stop)) {
		struct ioport_op ops[] = { OUT(2, LATCH, mark), DELAY(20000), IN(2, LATCH) };
		struct ioport_xfer xfer = { .ops = (uintptr_t)ops,
					    .count = COUNT(ops),
					    .flags = IOPORT_ATOMIC };

		if (ioctl(f, IOPORT_IOC_XFER, &xfer) || ops[2].result != mark)
			atomic_fetch_add(&torn, 1);
		atomic_fetch_add(&rounds, 1);
	}
	close(f);
	return NULL;
}

static void test_atomic(void)
{
	pthread_t threads[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, pairs, (void *)(uintptr_t)(0x1111 * (i + 1)));
	while (atomic_load(&rounds) < 600)
		usleep(10000);
	atomic_store(&stop, true);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	is(atomic_load(&torn), 0, "atomic batches on the same ports do not mix");
	note("%u batches", atomic_load(&rounds));
}

/* What a bystander on the same CPU notices of the longest batches there can be. */
static void *bystander(void *arg)
{
	uint64_t *worst = arg, before = now(), t;

	pin_to_cpu(1);
	while (!atomic_load(&stop)) {
		usleep(1000);
		t = now();
		if (t - before > *worst)
			*worst = t - before;
		before = t;
	}
	return NULL;
}

static void test_latency(void)
{
	static struct ioport_op ops[4096];
	uint64_t worst = 0, end;
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < COUNT(ops); i++)
		ops[i] = (struct ioport_op)IN(4, LATCH);
	atomic_store(&stop, false);
	pthread_create(&thread, NULL, bystander, &worst);
	pin_to_cpu(1);
	for (end = now() + 1500 * MS; now() < end;)
		if (run(fd, ops, COUNT(ops), 0))
			break;
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	is(last.done, COUNT(ops), "the longest batch, again and again");
	ok(worst < 1000 * MS * slow(), "does not keep a bystander from its CPU");
	note("it slept 1 ms each time, %.1f ms at worst", worst / 1e6);
}

int main(void)
{
	/* Around the number that is copied at once, and that of a slice. */
	static const unsigned int sizes[] = { 1, 2, 3, 5, 60, 63, 64, 65, 128, 200, 700 };
	unsigned int i;

	fd = dev_open(O_RDWR);
	test_operations();
	test_string();
	test_large();
	for (i = 0; i < COUNT(sizes); i++)
		test_stretches(sizes[i]);
	test_cut_short();
	test_data(1);
	test_data(900);
	test_data(8192);
	test_refusals();
	test_time();
	test_signal();
	test_short_delays();
	test_policy();
	test_atomic();
	test_latency();
	return done();
}
