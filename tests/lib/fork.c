// SPDX-License-Identifier: GPL-2.0-only
/* Children: what they inherit, and that they do not inherit locks held by nobody. */
#include <pthread.h>

#include "lib.h"

#define FORKS 200

static int child_direct(struct ioport *io)
{
	return latch_works(io, DIRECTLY) && !inb_faults(LATCH) ? 0 : 1;
}

static int child_mediated(struct ioport *io)
{
	return latch_works(io, BY_SYSTEM_CALL) && inb_faults(LATCH) ? 0 : 1;
}

static int child_grants(struct ioport *io)
{
	if (ioport_grant(io, EMPTY, 1, 0) || !ioport_is_direct(io, EMPTY, 1))
		return 1;
	return child_direct(io);
}

static int child_closes(struct ioport *io)
{
	ioport_close(io);
	return 0;
}

static int child_detaches(struct ioport *io)
{
	return ioport_detach(io) ? 2 : child_mediated(io);
}

static int child_own_copy(struct ioport *io)
{
	if (ioport_revoke(io, LATCH, 1, IOPORT_THREAD))
		return 2;
	return child_mediated(io);
}

static int grandchild(struct ioport *io)
{
	return in_child(child_direct, io);
}

static void test_inheritance(void)
{
	struct ioport *io = must_open(0);

	is(in_child(child_mediated, io), 0, "before the grant, a child takes the system call");
	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	is(in_child(child_direct, io), 0, "a child is direct");
	is(in_child(grandchild, io), 0, "so is its child");
	is(in_child(child_detaches, io), 0, "a child that detaches takes the system call");
	is(in_child(child_own_copy, io), 0, "so does one that revokes for itself");
	is(in_child(child_closes, io), 0, "a child may close the handle");
	ok(latch_works(io, DIRECTLY), "none of that changed anything here");
	is(in_child(child_grants, io), 0, "a child grants one port more");
	ok(!inb_faults(EMPTY), "which is open here too, as the map is one");
	is(ioport_refresh(io), 0, "refresh");
	ok(ioport_is_direct(io, EMPTY, 1), "and now the library knows");
	is(ioport_detach(io), 0, "detach");
	is(in_child(child_mediated, io), 0, "a child of a detached thread takes the system call");
	ioport_close(io);
}

static void test_copy(void)
{
	struct ioport *io = must_open(0);

	is(ioport_grant(io, LATCH, 1, IOPORT_THREAD), 0, "grant for this thread");
	ok(latch_works(io, DIRECTLY), "it is direct");
	is(in_child(child_direct, io), 0, "so is a child");
	is(in_child(child_own_copy, io), 0, "which may give the port up for itself");
	ok(latch_works(io, DIRECTLY), "this thread is still direct");
	is(ioport_revoke(io, LATCH, 1, 0), 0, "revoke for all");
	is(in_child(child_mediated, io), 0, "a child takes the system call");
	ioport_close(io);
}

/* A child that outlives the parent's handle keeps the open file, and the ports. */
static void test_parent_closes(void)
{
	struct ioport *io = must_open(0);
	int go[2], status = -1;
	pid_t pid;
	char c;

	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	if (pipe(go))
		bail("no pipe");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(go[1]);
		_exit(read(go[0], &c, 1) == 0 ? child_direct(io) : 3);
	}
	ioport_close(io);
	close(go[1]);
	waitpid(pid, &status, 0);
	is(status, 0, "the parent closed: the child is still direct");
	close(go[0]);
}

/* --- fork() while another thread is in the middle of an edit --------------- */

static atomic_bool over;

static void *edit(void *arg)
{
	while (!over)
		if (ioport_grant(arg, EMPTY, 1, 0) || ioport_revoke(arg, EMPTY, 1, 0))
			return "an edit failed";
	return NULL;
}

static int child_edits(struct ioport *io)
{
	if (inb_faults(LATCH) || !latch_works(io, way_of_threads()))
		return 1;
	return ioport_grant(io, 0x3bc, 1, 0) ? 2 : 0;
}

static void test_fork_in_an_edit(void)
{
	struct ioport *io = must_open(0);
	void *complaint = NULL;
	pthread_t thread;
	int bad = 0;

	is(ioport_grant(io, LATCH, 1, 0), 0, "grant");
	if (pthread_create(&thread, NULL, edit, io))
		bail("no thread");
	for (int i = 0; i < FORKS; i++)
		bad += in_child(child_edits, io) != 0;
	over = true;
	pthread_join(thread, &complaint);
	is(bad, 0, "%d children of a busy process: all can, none is stuck", FORKS);
	ok(!complaint, "nor did the edits fail");
	ioport_close(io);
}

int main(void)
{
	test_inheritance();
	test_copy();
	test_parent_closes();
	test_fork_in_an_edit();
	return done();
}
