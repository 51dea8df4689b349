// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Edits of the maps, and what is known of them afterwards. See handle.h for the
 * one rule: never believe open what is closed.
 */
#include <errno.h>
#include <sys/mman.h>

#include "direct.h"

_Thread_local struct thread_view ioport_thread_view;

int direct_init(struct ioport *io)
{
	static atomic_ulong last_id;
	struct known *known;

	known = mmap(NULL, sizeof(*known), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	if (known == MAP_FAILED)
		return -1;
	if (madvise(known, sizeof(*known), MADV_WIPEONFORK)) {
		munmap(known, sizeof(*known));
		return -1;
	}
	/* PTHREAD_MUTEX_INITIALIZER is all zeroes in glibc and in musl. */
	io->known = known;
	io->id = atomic_fetch_add(&last_id, 1) + 1;
	io->restartable = instruction_can_restart();
	return 0;
}

void direct_exit(struct ioport *io)
{
	if (ioport_thread_view.id == io->id)
		ioport_thread_view.id = 0;
	munmap(io->known, sizeof(*io->known));
}

static void lock(struct ioport *io)
{
	pthread_mutex_lock(&io->known->lock);
}

static void unlock(struct ioport *io)
{
	pthread_mutex_unlock(&io->known->lock);
}

/* --- The file's map, under the lock ---------------------------------------- */

static uint8_t known_byte(const struct ioport *io, size_t i)
{
	return atomic_load_explicit(&io->known->open[i], memory_order_relaxed);
}

static void set_known_byte(struct ioport *io, size_t i, uint8_t open)
{
	if (known_byte(io, i) != open)
		atomic_store_explicit(&io->known->open[i], open, memory_order_relaxed);
}

/* The kernel's map is at least this open. */
static void known_set(struct ioport *io, const struct ioport_portmap *map)
{
	for (size_t i = 0; i < IOPORT_MAP_BYTES; i++)
		set_known_byte(io, i, (uint8_t)~map->bytes[i]);
	atomic_store(&io->known->complete, true);
}

static bool known_load(struct ioport *io)
{
	struct ioport_portmap map;

	if (device_get_map(io, IOPORT_WHICH_FILE, &map))
		return false;
	known_set(io, &map);
	return true;
}

static void known_open_range(struct ioport *io, uint32_t first, uint32_t count)
{
	for (uint32_t port = first; port < first + count; port++)
		set_known_byte(io, port / 8, (uint8_t)(known_byte(io, port / 8) | 1U << port % 8));
	atomic_fetch_add(&io->openings, 1);
}

/*
 * Before the kernel closes ports: when this returns, no thread uses the
 * instruction on a port that @map has closed, nor on any by what it remembers of
 * a private copy.
 */
static void known_narrow(struct ioport *io, const struct ioport_portmap *map)
{
	for (size_t i = 0; i < IOPORT_MAP_BYTES; i++)
		set_known_byte(io, i, known_byte(io, i) & (uint8_t)~map->bytes[i]);
	atomic_fetch_add(&io->closings, 1);
	instruction_barrier(io->restartable);
}

static void known_close_range(struct ioport *io, uint32_t first, uint32_t count)
{
	for (uint32_t port = first; port < first + count; port++)
		set_known_byte(io, port / 8,
			       (uint8_t)(known_byte(io, port / 8) & ~(1U << port % 8)));
	atomic_fetch_add(&io->closings, 1);
	instruction_barrier(io->restartable);
}

/* The kernel refused to close them after all. */
static void known_undo(struct ioport *io)
{
	int err = errno;

	known_load(io);
	errno = err;
}

/* --- The calling thread ---------------------------------------------------- */

/* Through a handle not for direct access, a thread is never taken to have any. */
static void view_attached(const struct ioport *io)
{
	ioport_thread_view.id = io->use & IOPORT_DIRECT ? io->id : 0;
	ioport_thread_view.copy = false;
}

static void view_unknown(const struct ioport *io)
{
	struct thread_view *view = &ioport_thread_view;

	view->id = 0;
	view->stranger[io->id % STRANGERS].id = 0;
}

static void view_stranger(const struct ioport *io)
{
	struct thread_view *view = &ioport_thread_view;

	if (view->id == io->id)
		view->id = 0;
	view->stranger[io->id % STRANGERS].id = io->id;
	view->stranger[io->id % STRANGERS].openings = io->openings;
}

static void view_copy(const struct ioport *io, const struct ioport_portmap *map)
{
	struct thread_view *view = &ioport_thread_view;
	uint32_t first, count, at = 0;

	view->id = io->id;
	view->copy = true;
	view->closings = io->closings;
	view->runs = 0;
	while (view->runs < COPY_RUNS && ioport_portmap_next(map, at, &first, &count)) {
		at = first + count;
		view->run[view->runs].first = (uint16_t)first;
		view->run[view->runs++].last = (uint16_t)(at - 1);
	}
}

/* Is what is known of the thread out of date? */
static bool view_is_stale(const struct ioport *io)
{
	const struct thread_view *view = &ioport_thread_view;
	unsigned int slot = io->id % STRANGERS;

	if (view->id == io->id)
		return view->copy ? view->closings != io->closings : !io->known->complete;
	if (view->id)
		return false; /* a thread is attached to one map at most */
	return view->stranger[slot].id != io->id || view->stranger[slot].openings != io->openings;
}

/*
 * A thread that has ports through this file is attached either to the file's
 * map or to a copy. ATTACH tells which, and does nothing: it succeeds for the
 * one, as the thread is attached already, and is EBUSY for the other. Where it
 * is refused for another reason, treating the map as a copy is safe: less is
 * known, but all of it is true.
 */
static void view_ask(struct ioport *io)
{
	bool unknown = ioport_thread_view.id != io->id;
	struct ioport_portmap map;
	uint32_t first, count;

	if (device_get_map(io, IOPORT_WHICH_THREAD, &map) ||
	    !ioport_portmap_next(&map, 0, &first, &count))
		view_stranger(io);
	else if (unknown && !device_attach(io, IOPORT_IOC_ATTACH, 0))
		view_attached(io);
	else
		view_copy(io, &map);
}

bool direct_ask(struct ioport *io)
{
	int err = errno;

	if (!(io->use & IOPORT_DIRECT) || !instruction_possible(io->restartable) ||
	    !view_is_stale(io))
		return false;
	/* Under the lock, no edit can come between the answer and its date. */
	lock(io);
	if (ioport_thread_view.id != io->id || ioport_thread_view.copy)
		view_ask(io);
	if (!io->known->complete)
		known_load(io);
	unlock(io);
	errno = err;
	return true;
}

bool direct_copy_has(uint32_t port, uint32_t width)
{
	const struct thread_view *view = &ioport_thread_view;

	for (unsigned int i = 0; i < view->runs; i++)
		if (port >= view->run[i].first && port + width - 1 <= view->run[i].last)
			return true;
	return false;
}

/* --- The calls ------------------------------------------------------------- */

static bool range_is_valid(uint32_t first, uint32_t count)
{
	return count && first < IOPORT_PORTS && count <= IOPORT_PORTS - first;
}

int ioport_grant(struct ioport *io, uint32_t first, uint32_t count, unsigned int flags)
{
	int ret;

	lock(io);
	ret = device_range(io, IOPORT_IOC_GRANT, first, count, flags);
	if (!ret && flags & IOPORT_THREAD) {
		view_unknown(io);
	} else if (!ret) {
		known_open_range(io, first, count);
		view_attached(io);
	}
	unlock(io);
	return ret;
}

int ioport_revoke(struct ioport *io, uint32_t first, uint32_t count, unsigned int flags)
{
	int ret;

	if (!range_is_valid(first, count)) {
		errno = EINVAL;
		return -1;
	}
	lock(io);
	if (flags & IOPORT_THREAD)
		view_unknown(io);
	else
		known_close_range(io, first, count);
	ret = device_range(io, IOPORT_IOC_REVOKE, first, count, flags);
	if (ret)
		known_undo(io);
	unlock(io);
	return ret;
}

int ioport_set_map(struct ioport *io, const struct ioport_portmap *map, unsigned int flags)
{
	int ret;

	lock(io);
	if (flags & IOPORT_THREAD)
		view_unknown(io);
	else
		known_narrow(io, map);
	ret = device_map(io, IOPORT_IOC_SET_MAP, map, flags);
	if (ret) {
		known_undo(io);
	} else if (!(flags & IOPORT_THREAD)) {
		known_set(io, map);
		atomic_fetch_add(&io->openings, 1);
	}
	unlock(io);
	return ret;
}

int ioport_limit(struct ioport *io, const struct ioport_portmap *map)
{
	int ret;

	lock(io);
	known_narrow(io, map);
	ret = device_map(io, IOPORT_IOC_LIMIT, map, 0);
	if (ret)
		known_undo(io);
	unlock(io);
	return ret;
}

int ioport_get_map(struct ioport *io, enum ioport_which which, struct ioport_portmap *map)
{
	return device_get_map(io, which, map);
}

int ioport_attach(struct ioport *io, unsigned int flags)
{
	int ret = device_attach(io, IOPORT_IOC_ATTACH, flags);

	if (!ret)
		view_attached(io);
	return ret;
}

int ioport_detach(struct ioport *io)
{
	int ret = device_attach(io, IOPORT_IOC_DETACH, 0);

	if (!ret)
		view_stranger(io);
	return ret;
}

bool ioport_is_direct(struct ioport *io, uint32_t first, uint32_t count)
{
	struct gate gate;

	if (!range_is_valid(first, count) || !instruction_possible(io->restartable) ||
	    !(io->use & IOPORT_DIRECT))
		return false;
	direct_ask(io);
	for (uint32_t port = first; port < first + count; port++)
		if (!direct_gate(io, port, 1, &gate) || !gate_is_open(&gate))
			return false;
	return true;
}

int ioport_refresh(struct ioport *io)
{
	bool loaded;

	lock(io);
	atomic_fetch_add(&io->closings, 1);
	atomic_fetch_add(&io->openings, 1);
	loaded = known_load(io);
	view_unknown(io);
	unlock(io);
	return loaded ? 0 : -1;
}
