// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's batches. Run as an ordinary user who may use the device, with the
 * default policy. What the operations do is tested on the raw interface
 * (tests/uapi/batch, onclose); here, that each function makes the right one.
 */
#include "lib.h"

#define LPT 0x378

static void test_operations(struct ioport *io)
{
	struct ioport_batch *b = ioport_batch_new();
	uint8_t out[3] = { 1, 2, 0x30 }, in[4] = { 0 };
	int i[8], n = 0;

	i[n++] = ioport_batch_out(b, LPT, 1, 0xa5);
	i[n++] = ioport_batch_in(b, LPT, 1);
	i[n++] = ioport_batch_modify(b, LPT, 1, 0x0f, 0x0c);
	i[n++] = ioport_batch_wait(b, LPT, 1, 0xff, 0xac, 1000000, 1000);
	i[n++] = ioport_batch_delay(b, 1000);
	i[n++] = ioport_batch_outs(b, LPT, 1, out, 3);
	i[n++] = ioport_batch_ins(b, LPT, 1, in, 4);
	is(i[0], 0, "the first index");
	is(i[6], 6, "the last index");
	is(ioport_batch_run(io, b, 0), 0, "run");
	is(ioport_batch_done(b), 7, "all were done");
	is(ioport_batch_failed(b), 7, "none failed");
	is(ioport_batch_result(b, i[1]), 0xa5, "in");
	is(ioport_batch_result(b, i[2]), 0xa5, "modify: what was there");
	is(ioport_batch_result(b, i[3]), 0xac, "wait: what it was waiting for");
	is(ioport_batch_result(b, i[5]), 3, "outs");
	is(ioport_batch_result(b, i[6]), 4, "ins");
	ok(in[0] == 0x30 && in[3] == 0x30, "what ins read");
	is(ioport_batch_result(b, 7), 0, "an index past the end");
	is(ioport_batch_result(b, -1), 0, "one before the start");
	is(ioport_batch_run(io, b, IOPORT_ATOMIC), 0, "run again, atomic");
	fails(ioport_batch_run(io, b, 1), EINVAL, "a bad flag");
	ioport_batch_clear(b);
	fails(ioport_batch_run(io, b, 0), EINVAL, "an empty batch");
	ioport_batch_free(b);
	ioport_batch_free(NULL);
}

static void test_errors(struct ioport *io)
{
	struct ioport_batch *b = ioport_batch_new();

	ioport_batch_out(b, LPT, 1, 0);
	ioport_batch_in(b, LPT, 257);
	fails(ioport_batch_run(io, b, 0), EINVAL, "a width of 257");
	is(ioport_batch_failed(b), 1, "is named");
	is(ioport_batch_done(b), 0, "nothing was done");
	ioport_batch_clear(b);
	ioport_batch_out(b, LPT, 1, 0);
	ioport_batch_in(b, 0x80, 1);
	fails(ioport_batch_run(io, b, 0), EACCES, "a port that policy forbids");
	is(ioport_batch_failed(b), 1, "is named");
	ioport_batch_clear(b);
	ioport_batch_out(b, LPT, 1, 0);
	ioport_batch_wait(b, LPT, 1, 1, 1, 1000, 0);
	fails(ioport_batch_run(io, b, 0), ETIMEDOUT, "a wait that runs out");
	is(ioport_batch_done(b), 1, "one was done");
	ioport_batch_free(b);
}

static void test_long(struct ioport *io)
{
	struct ioport_batch *b = ioport_batch_new();
	int i, wrong = 0;

	for (i = 0; i < 1000; i++)
		wrong += ioport_batch_out(b, LPT, 1, i & 0xff) != 2 * i ||
			 ioport_batch_in(b, LPT, 1) != 2 * i + 1;
	is(ioport_batch_run(io, b, 0), 0, "2000 operations");
	for (i = 0; i < 1000; i++)
		wrong += ioport_batch_result(b, 2 * i + 1) != (unsigned int)(i & 0xff);
	is(wrong, 0, "each has its index and its result");
	ioport_batch_free(b);
}

static void test_on_close(struct ioport *io)
{
	struct ioport *other = ioport_open(0);
	struct ioport_batch *b = ioport_batch_new();
	uint8_t value = 0;

	ioport_batch_out(b, LPT, 1, 0x5a);
	is(ioport_on_close(other, b), 0, "on_close");
	ioport_batch_clear(b);
	fails(ioport_on_close(other, b), EINVAL, "an empty batch takes nothing back");
	ioport_batch_free(b);
	ioport_out8(io, LPT, 0);
	ioport_close(other);
	is(ioport_in8(io, LPT, &value), 0, "close");
	is(value, 0x5a, "the kernel wrote it");

	other = ioport_open(0);
	b = ioport_batch_new();
	ioport_batch_out(b, LPT, 1, 0x77);
	ioport_batch_in(b, LPT, 1);
	fails(ioport_on_close(other, b), EINVAL, "on_close with a read");
	is(ioport_batch_failed(b), 1, "is named");
	is(ioport_on_close(other, NULL), 0, "on_close of nothing");
	ioport_close(other);
	ioport_in8(io, LPT, &value);
	is(value, 0x5a, "nothing was written");
	ioport_batch_free(b);
}

int main(void)
{
	struct ioport *io = ioport_open(0);

	if (!io)
		bail("open: %s", strerror(errno));
	test_operations(io);
	test_errors(io);
	test_long(io);
	test_on_close(io);
	ioport_out8(io, LPT, 0);
	ioport_close(io);
	return done();
}
