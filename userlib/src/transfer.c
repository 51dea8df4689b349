// SPDX-License-Identifier: LGPL-2.1-or-later
/* Port input and output: the instruction where it may be used, else the system call. */
#include <errno.h>
#include <unistd.h>

#include "direct.h"

static inline __attribute__((always_inline)) bool
try_direct(struct ioport *io, uint16_t port, enum instruction insn, uint32_t width, uint32_t *value)
{
	struct gate gate;

	return direct_gate(io, port, width, &gate) &&
	       instruction_do(io->restartable, insn, &gate, port, value);
}

/* Little endian, as the machine is: the low bytes of *value are the transfer. */
static int mediate(const struct ioport *io, uint16_t port, bool in, uint32_t width, uint32_t *value)
{
	ssize_t ret;

	if (port + width > IOPORT_PORTS) {
		errno = EINVAL;
		return -1;
	}
	ret = in ? pread(io->fd, value, width, port) : pwrite(io->fd, value, width, port);
	if (ret >= 0 && ret != (ssize_t)width)
		errno = EIO;
	return ret == (ssize_t)width ? 0 : -1;
}

/* What is known of the thread or the map may be out of date: if so, ask and try again. */
static __attribute__((noinline)) int transfer_slowly(struct ioport *io, uint16_t port,
						     enum instruction insn, uint32_t width,
						     uint32_t *value)
{
	if (direct_ask(io) && try_direct(io, port, insn, width, value))
		return 0;
	return mediate(io, port, insn <= IN32, width, value);
}

static inline __attribute__((always_inline)) int
transfer(struct ioport *io, uint16_t port, enum instruction insn, uint32_t width, uint32_t *value)
{
	if (try_direct(io, port, insn, width, value))
		return 0;
	return transfer_slowly(io, port, insn, width, value);
}

int ioport_in8(struct ioport *io, uint16_t port, uint8_t *value)
{
	uint32_t word = 0;
	int ret = transfer(io, port, IN8, 1, &word);

	if (!ret)
		*value = (uint8_t)word;
	return ret;
}

int ioport_in16(struct ioport *io, uint16_t port, uint16_t *value)
{
	uint32_t word = 0;
	int ret = transfer(io, port, IN16, 2, &word);

	if (!ret)
		*value = (uint16_t)word;
	return ret;
}

int ioport_in32(struct ioport *io, uint16_t port, uint32_t *value)
{
	uint32_t word = 0;
	int ret = transfer(io, port, IN32, 4, &word);

	if (!ret)
		*value = word;
	return ret;
}

int ioport_out8(struct ioport *io, uint16_t port, uint8_t value)
{
	uint32_t word = value;

	return transfer(io, port, OUT8, 1, &word);
}

int ioport_out16(struct ioport *io, uint16_t port, uint16_t value)
{
	uint32_t word = value;

	return transfer(io, port, OUT16, 2, &word);
}

int ioport_out32(struct ioport *io, uint16_t port, uint32_t value)
{
	return transfer(io, port, OUT32, 4, &value);
}
