// SPDX-License-Identifier: LGPL-2.1-or-later
/* Batches: an array of operations that grows, and what the last run said. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "handle.h"

struct ioport_batch {
	struct ioport_op *ops;
	unsigned int count, room;
	unsigned int done, failed;
};

struct ioport_batch *ioport_batch_new(void)
{
	return calloc(1, sizeof(struct ioport_batch));
}

void ioport_batch_free(struct ioport_batch *batch)
{
	if (!batch)
		return;
	free(batch->ops);
	free(batch);
}

void ioport_batch_clear(struct ioport_batch *batch)
{
	batch->count = 0;
	batch->done = 0;
	batch->failed = 0;
}

static int grow(struct ioport_batch *batch)
{
	unsigned int room = batch->room ? 2 * batch->room : 16;
	struct ioport_op *ops;

	if (room > INT_MAX / sizeof(*ops)) {
		errno = ENOMEM;
		return -1;
	}
	ops = realloc(batch->ops, room * sizeof(*ops));
	if (!ops)
		return -1;
	batch->ops = ops;
	batch->room = room;
	return 0;
}

static int add(struct ioport_batch *batch, const struct ioport_op *op)
{
	if (batch->count == batch->room && grow(batch))
		return -1;
	batch->ops[batch->count] = *op;
	return (int)batch->count++;
}

/* A width that does not fit in the struct is as wrong as 0 is: the kernel says so. */
static struct ioport_op make(enum ioport_op_code code, uint16_t port, unsigned int width)
{
	return (struct ioport_op){ .code = (uint8_t)code,
				   .port = port,
				   .width = width > 4 ? 0 : (uint8_t)width };
}

int ioport_batch_in(struct ioport_batch *batch, uint16_t port, unsigned int width)
{
	struct ioport_op op = make(IOPORT_OP_IN, port, width);

	return add(batch, &op);
}

int ioport_batch_out(struct ioport_batch *batch, uint16_t port, unsigned int width, uint32_t value)
{
	struct ioport_op op = make(IOPORT_OP_OUT, port, width);

	op.value = value;
	return add(batch, &op);
}

int ioport_batch_modify(struct ioport_batch *batch, uint16_t port, unsigned int width,
			uint32_t mask, uint32_t value)
{
	struct ioport_op op = make(IOPORT_OP_MODIFY, port, width);

	op.mask = mask;
	op.value = value;
	return add(batch, &op);
}

int ioport_batch_wait(struct ioport_batch *batch, uint16_t port, unsigned int width, uint32_t mask,
		      uint32_t value, uint64_t timeout, uint64_t pause)
{
	struct ioport_op op = make(IOPORT_OP_WAIT, port, width);

	op.mask = mask;
	op.value = value;
	op.time = timeout;
	op.data = pause;
	return add(batch, &op);
}

int ioport_batch_delay(struct ioport_batch *batch, uint64_t ns)
{
	struct ioport_op op = { .code = IOPORT_OP_DELAY, .time = ns };

	return add(batch, &op);
}

int ioport_batch_ins(struct ioport_batch *batch, uint16_t port, unsigned int width, void *buf,
		     uint32_t count)
{
	struct ioport_op op = make(IOPORT_OP_INS, port, width);

	op.value = count;
	op.data = (uintptr_t)buf;
	return add(batch, &op);
}

int ioport_batch_outs(struct ioport_batch *batch, uint16_t port, unsigned int width,
		      const void *buf, uint32_t count)
{
	struct ioport_op op = make(IOPORT_OP_OUTS, port, width);

	op.value = count;
	op.data = (uintptr_t)buf;
	return add(batch, &op);
}

int ioport_batch_run(struct ioport *io, struct ioport_batch *batch, unsigned int flags)
{
	struct ioport_xfer xfer = { .ops = (uintptr_t)batch->ops,
				    .count = batch->count,
				    .flags = flags };
	int ret = ioctl(io->fd, IOPORT_IOC_XFER, &xfer);

	batch->done = xfer.done;
	batch->failed = xfer.failed;
	return ret;
}

uint32_t ioport_batch_result(const struct ioport_batch *batch, int index)
{
	return index >= 0 && (unsigned int)index < batch->count ? batch->ops[index].result : 0;
}

unsigned int ioport_batch_done(const struct ioport_batch *batch)
{
	return batch->done;
}

unsigned int ioport_batch_failed(const struct ioport_batch *batch)
{
	return batch->failed;
}

int ioport_on_close(struct ioport *io, struct ioport_batch *batch)
{
	struct ioport_xfer xfer = { 0 };
	int ret;

	if (batch) {
		batch->failed = 0;
		/* To the kernel that means: nothing any more. */
		if (!batch->count) {
			errno = EINVAL;
			return -1;
		}
		xfer.ops = (uintptr_t)batch->ops;
		xfer.count = batch->count;
	}
	ret = ioctl(io->fd, IOPORT_IOC_ON_CLOSE, &xfer);
	if (batch)
		batch->failed = xfer.failed;
	return ret;
}
