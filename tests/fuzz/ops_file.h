/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on descriptors: open, dup, close, and through a socket.
 */
#ifndef IOPORT_FUZZ_OPS_FILE_H
#define IOPORT_FUZZ_OPS_FILE_H

#include "fuzz/arguments.h"

#include <sys/socket.h>
#include <sys/uio.h>

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

static void close_slot(struct ctx *c, int slot)
{
	tell(c->me, "close(slot %d), file %d", slot, c->p->file[slot]);
	expect(close(c->p->fd[slot]), 0, "close");
	c->p->file[slot] = -1;
	model_collect(c->m);
}

static void op_close(struct ctx *c)
{
	if (draw_file(c))
		close_slot(c, c->slot);
}

/* A byte with one descriptor. */
struct message {
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov;
	struct msghdr msg;
};

static struct msghdr *message(struct message *m)
{
	memset(m, 0, sizeof(*m));
	m->iov = (struct iovec){ &m->byte, 1 };
	m->msg = (struct msghdr){ .msg_iov = &m->iov,
				  .msg_iovlen = 1,
				  .msg_control = &m->control,
				  .msg_controllen = sizeof(m->control) };
	return &m->msg;
}

static void op_send(struct ctx *c)
{
	struct message m;
	struct msghdr *msg = message(&m);

	if (c->m->queued == QUEUE || !draw_file(c))
		return;
	tell(c->me, "send(slot %d), file %d", c->slot, c->file);
	m.control.header.cmsg_level = SOL_SOCKET;
	m.control.header.cmsg_type = SCM_RIGHTS;
	m.control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&m.control.header), &c->fd, sizeof(int));
	if (expect(sendmsg(pair[0], msg, MSG_DONTWAIT), 0, "sendmsg"))
		c->m->queue[c->m->queued++] = c->file;
}

static void op_receive(struct ctx *c)
{
	struct message m;
	struct msghdr *msg = message(&m);
	int slot = free_slot(c->p);

	if (!c->m->queued || slot < 0)
		return;
	tell(c->me, "slot %d = receive(), file %d", slot, c->m->queue[0]);
	if (!expect(recvmsg(pair[1], msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC), 0, "recvmsg"))
		return;
	memcpy(&c->p->fd[slot], CMSG_DATA(&m.control.header), sizeof(int));
	c->p->file[slot] = c->m->queue[0];
	c->m->queued--;
	memmove(c->m->queue, c->m->queue + 1, (size_t)c->m->queued * sizeof(c->m->queue[0]));
}

/* All that the process has, and what is in the socket. */
static void close_all(struct ctx *c)
{
	do {
		for (int i = 0; i < SLOTS; i++)
			if (c->p->file[i] >= 0)
				close_slot(c, i);
		op_receive(c);
	} while (c->p->file[0] >= 0 && !sh->bad);
}

#endif
