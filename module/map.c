// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bitmaps that the hardware reads, and the threads attached to them. The
 * only file that touches the architecture's state.
 *
 * How the kernel uses a struct io_bitmap (arch/x86/kernel/process.c and
 * ioport.c, the same from 5.10 to 7.2): a task with TIF_IO_BITMAP has
 * thread.io_bitmap loaded into the TSS of its CPU on the way to user mode, with
 * interrupts off:
 *
 *	if (tss.prev_sequence != iobm->sequence) {
 *		memcpy(tss.bitmap, iobm->bitmap, max(tss.prev_max, iobm->max));
 *		tss.prev_max = iobm->max;
 *		tss.prev_sequence = iobm->sequence;
 *	}
 *
 * A switch away from such a task only moves the TSS's bitmap base out of the
 * limit; the bytes stay and are cleaned by the next user, as far as prev_max
 * tells. fork shares the bitmap by reference, exec keeps it, exit drops the
 * reference and the last one kfree()s it. ioperm() copies a shared bitmap
 * before it changes it (hook.c sees to that).
 *
 * The kernel's own bitmaps have one writer, the task itself. Ours are written
 * while other CPUs may be in the middle of that code, so three rules hold:
 *
 * 1. A sequence number never comes back. It is what tells a CPU that its TSS
 *    is up to date, so a value that was used before, with other bits, would
 *    leave old bits in place. Ours have bit 63 set, which the kernel's own
 *    counter does not reach, and count up from the monotonic clock in ns, which
 *    no earlier instance of the module can have overtaken.
 *
 * 2. Ports are closed (ioport_map_close() ...) by writing the bits, then running
 *    a handler on every CPU that itself writes a fresh sequence (a round). Take
 *    any CPU. A copy on it that read old bits ended before the handler ran there,
 *    since copies run with interrupts off, and recorded a sequence that was
 *    stored before the handler's; the handler then stores one that this CPU has
 *    never recorded. Handlers on other CPUs may store theirs later, but each value
 *    is stored once, so whatever stands there when this CPU next compares, it is
 *    not the one it recorded with the old bits, and it copies again, the new bits
 *    this time: they were written before the interrupt was sent. An attached
 *    thread that was in user mode passes the comparison when the interrupt
 *    returns. Writing the sequence first and sending a no-op is not enough: a
 *    CPU that has copied the old bits may then still record the new sequence.
 *    Nor can the round be limited to some CPUs: which of them hold the bits in
 *    their TSS without running an attached thread is known to nobody. A CPU that
 *    comes up during the round begins with a clean TSS: all ones, sequence 0.
 *
 * 3. Ports are opened by first growing max, then waiting until every CPU has
 *    taken an interrupt, and only then clearing bits. A copy with the old max may
 *    still cover the new bits, when the previous user of that TSS had a larger
 *    one; it would then record a prev_max below them, the next user's copy would
 *    not clean them, and that other program would have our ports. For the same
 *    reason max never shrinks while others may be copying, and a word is stored
 *    once, with its final value.
 *
 * Where the calling thread is the only one attached (ioport_map_alone()), or
 * none is, no other CPU can be copying, and a fresh sequence is all it takes:
 * the caller's own TSS is loaded when it returns to user mode.
 */
#include "ioport.h"

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

static_assert(offsetof(struct port_map, iobm) == 0);
static_assert(sizeof_field(struct io_bitmap, bitmap) == IOPORT_MAP_BYTES);

#define SEQUENCE_OURS BIT_ULL(63)
/* The file is gone and every port closed; the thread may leave without asking. */
#define SEQUENCE_RETIRED BIT_ULL(62)

static atomic64_t sequence;

void ioport_map_init(void)
{
	atomic64_set(&sequence, ktime_get_ns());
}

static u64 next_sequence(void)
{
	return SEQUENCE_OURS | atomic64_inc_return(&sequence);
}

struct port_map *ioport_map_alloc(const struct ioport_file *f, const struct port_map *from)
{
	struct port_map *map = kmalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);

	if (!map)
		return NULL;
	if (from) {
		memcpy(map->iobm.bitmap, from->iobm.bitmap, IOPORT_MAP_BYTES);
		map->iobm.max = from->iobm.max;
	} else {
		memset(map->iobm.bitmap, 0xff, IOPORT_MAP_BYTES);
		map->iobm.max = 0;
	}
	map->iobm.sequence = next_sequence();
	refcount_set(&map->iobm.refcnt, 1);
	map->file = f;
	return map;
}

/*
 * Freed later on PREEMPT_RT: where somebody else traces ioperm() as well, ftrace calls
 * hook.c with preemption off, and there a kfree() of this size may take locks that sleep.
 */
static void iobm_put(struct io_bitmap *iobm)
{
	struct port_map *map = container_of(iobm, struct port_map, iobm);

	if (!refcount_dec_and_test(&iobm->refcnt))
		return;
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kfree_rcu(map, rcu);
	else
		kfree(map);
}

void ioport_map_put(struct port_map *map)
{
	iobm_put(&map->iobm);
}

/* Is this one of ours, not one of ioperm()'s? The round's handler may be writing. */
static bool iobm_is_ours(const struct io_bitmap *iobm)
{
	return iobm && (READ_ONCE(iobm->sequence) & SEQUENCE_OURS);
}

/**
 * ioport_map_standing - what gives the calling thread its ports?
 * @f: The file that asks.
 * @map: Where to store the map, for %STANDING_THIS.
 *
 * The thread's own reference keeps what it points to. A map that is not retired
 * belongs to an open file, so this instance of the module made it and @file can
 * be looked at; that file may be on its way out on another CPU, in which case it
 * is not @f.
 */
enum ioport_standing ioport_map_standing(const struct ioport_file *f, struct port_map **map)
{
	struct thread_struct *t = &current->thread;

	*map = NULL;
	if (iobm_is_ours(t->io_bitmap)) {
		if (READ_ONCE(t->io_bitmap->sequence) & SEQUENCE_RETIRED)
			return t->iopl_emul == 3 ? STANDING_KERNEL : STANDING_NONE;
		*map = container_of(t->io_bitmap, struct port_map, iobm);
		if ((*map)->file == f)
			return STANDING_THIS;
		*map = NULL;
		return STANDING_OTHER;
	}
	return t->io_bitmap || t->iopl_emul == 3 ? STANDING_KERNEL : STANDING_NONE;
}

/* Is the calling thread attached to this very map? */
static bool map_is_mine(const struct port_map *map)
{
	return map && current->thread.io_bitmap == &map->iobm;
}

static bool words_have_closed(const struct port_map *map, struct ports p)
{
	unsigned int w;

	for_each_word(w, p)
		if (READ_ONCE(map->iobm.bitmap[w]) & ports_word(p, w))
			return true;
	return false;
}

static __always_inline bool map_has_closed(const struct port_map *map, struct ports p)
{
	if (likely(ports_in_one_word(p)))
		return READ_ONCE(map->iobm.bitmap[p.first / BITS_PER_LONG]) & ports_bits(p);
	return words_have_closed(map, p);
}

/**
 * ioport_map_serves - does the calling thread have these ports by this map already?
 * @f: The file, of whose own map is asked. No lock is held.
 * @p: The ports.
 *
 * The thread's own reference keeps the map. False may be wrong, true is not: an edit
 * holds the file's lock until it has reached every CPU. So where a port is seen open,
 * and after that the lock free, whoever opened the port has finished (on x86 taking a
 * lock is a full barrier: none of its stores comes first). Whoever closes it comes
 * after us.
 */
bool ioport_map_serves(struct ioport_file *f, struct ports p)
{
	const struct port_map *map = READ_ONCE(f->map);

	if (!map_is_mine(map) || map_has_closed(map, p))
		return false;
	smp_rmb(); /* the bits, before the lock */
	return !mutex_is_locked(&f->lock);
}

/*
 * Only the module's reference and the calling thread's are left. Nobody can add
 * one meanwhile: attaching takes ioport_file.lock, and the only thread that could
 * fork is here. A thread that has left dropped its reference when its own copies
 * were over: detaching and exit invalidate the TSS before that, and one that took
 * another map compares with that one before it is in user mode again. The barrier
 * orders what we write next after having seen it gone.
 */
bool ioport_map_alone(const struct port_map *map)
{
	if (current->thread.io_bitmap != &map->iobm || refcount_read(&map->iobm.refcnt) != 2)
		return false;
	smp_mb(); /* their last copies, before our next stores */
	return true;
}

/* Only the module's reference is left: no thread is attached. */
bool ioport_map_unused(const struct port_map *map)
{
	if (refcount_read(&map->iobm.refcnt) != 1)
		return false;
	smp_mb(); /* as above */
	return true;
}

static bool map_shared(const struct port_map *map)
{
	return !ioport_map_alone(map) && !ioport_map_unused(map);
}

bool ioport_map_has_open(const struct port_map *map, struct ports p)
{
	unsigned int w;

	for_each_word(w, p)
		if (~map->iobm.bitmap[w] & ports_word(p, w))
			return true;
	return false;
}

bool ioport_map_empty(const struct port_map *map)
{
	return !memchr_inv(map->iobm.bitmap, 0xff, map->iobm.max);
}

/**
 * ioport_map_attach - let the calling thread use a map
 * @map: A map of an open file, whose lock is held.
 *
 * Whatever map of ours the thread was attached to is left in the same step. The
 * pointer is stored before the flag is set: the kernel dereferences it whenever
 * it finds the flag. It loads the TSS when this thread returns to user mode.
 */
void ioport_map_attach(struct port_map *map)
{
	struct thread_struct *t = &current->thread;
	struct io_bitmap *old = t->io_bitmap;

	if (old == &map->iobm)
		return;
	refcount_inc(&map->iobm.refcnt);
	WRITE_ONCE(t->io_bitmap, &map->iobm);
	barrier();
	set_thread_flag(TIF_IO_BITMAP);
	if (old)
		iobm_put(old);
}

/**
 * ioport_map_detach - take the calling thread off whatever map of ours it is on
 *
 * Preemption is off so that the TSS invalidated is the one of the CPU on which
 * this thread could have loaded it last. The flag stays where iopl(3) needs it;
 * the kernel looks at iopl_emul before it looks at the pointer. The reference goes
 * last: from then on the map may be edited as if this thread had never been.
 */
void ioport_map_detach(void)
{
	struct thread_struct *t = &current->thread;
	struct io_bitmap *iobm = t->io_bitmap;

	if (!iobm_is_ours(iobm))
		return;
	preempt_disable();
	WRITE_ONCE(t->io_bitmap, NULL);
	barrier();
#ifdef CONFIG_X86_IOPL_IOPERM
	if (t->iopl_emul != 3) {
		clear_thread_flag(TIF_IO_BITMAP);
		tss_invalidate_io_bitmap();
	}
#endif
	preempt_enable();
	iobm_put(iobm);
}

/*
 * One cross-CPU call at a time, whoever edits, so that it costs a CPU no more than one
 * interrupt for each that is done. Unlike membarrier()'s it reaches idle and isolated CPUs:
 * their TSS may hold the bits as well.
 */
static DEFINE_MUTEX(call_lock);

/* Runs on every CPU, with interrupts off; rule 2 above. */
static void round_handler(void *data)
{
	const struct ioport_round *round = data;
	u64 last = atomic64_add_return(round->count, &sequence);
	struct port_map *map;

	/* A block of numbers at once, so that the CPUs do not fight for each. */
	list_for_each_entry(map, &round->maps, round)
		WRITE_ONCE(map->iobm.sequence, (SEQUENCE_OURS | round->mark) + last--);
}

/* Has the CPU load a map again that no other CPU can be using. */
static void map_touch(struct port_map *map, u64 mark)
{
	WRITE_ONCE(map->iobm.sequence, next_sequence() | mark);
}

/**
 * ioport_round_add - have the next round cover a map whose bits were changed
 * @round: The round.
 * @map: The map; its file's lock is held until the round is over.
 *
 * A map that no other CPU can be using is settled at once. The number of maps in
 * one round is bounded because its handler runs with interrupts off.
 */
static void ioport_round_add(struct ioport_round *round, struct port_map *map)
{
	if (!map_shared(map)) {
		map_touch(map, round->mark);
		return;
	}
	list_add(&map->round, &round->maps);
	if (++round->count == IOPORT_ROUND_MAPS)
		ioport_round_finish(round);
}

void ioport_round_start(struct ioport_round *round)
{
	INIT_LIST_HEAD(&round->maps);
	round->count = 0;
	round->mark = 0;
}

/* Returns when all edits since ioport_round_start() have reached every CPU. */
void ioport_round_finish(struct ioport_round *round)
{
	if (!round->count)
		return;
	smp_mb(); /* the bits, before any CPU's handler */
	mutex_lock(&call_lock);
	on_each_cpu(round_handler, round, 1);
	mutex_unlock(&call_lock);
	INIT_LIST_HEAD(&round->maps);
	round->count = 0;
}

static void map_store(struct port_map *map, unsigned int w, unsigned long bits)
{
	WRITE_ONCE(map->iobm.bitmap[w], bits);
}

/* Rule 3: returns when no CPU can be copying with the old max any more. */
static void map_grow(struct port_map *map, unsigned int max, bool shared)
{
	if (max <= map->iobm.max)
		return;
	WRITE_ONCE(map->iobm.max, max);
	if (shared) {
		mutex_lock(&call_lock);
		kick_all_cpus_sync();
		mutex_unlock(&call_lock);
	}
	ioport_debug_delay();
}

/* Are the four words before @w all closed? */
static bool closed_before(const struct port_map *map, unsigned int w)
{
	const unsigned long *bits = &map->iobm.bitmap[w - 4];

	return (bits[0] & bits[1] & bits[2] & bits[3]) == ~0UL;
}

/* Where copies are that short already, to look for the last open port costs more than it saves. */
#define SHORT_BYTES 128

/* Keeps later copies short. Not while shared: rule 3. */
static void map_trim(struct port_map *map)
{
	unsigned int max = map->iobm.max;

	if (max <= SHORT_BYTES)
		return;
	while (max >= 4 * sizeof(long) && closed_before(map, max / sizeof(long)))
		max -= 4 * sizeof(long);
	while (max && map->iobm.bitmap[max / sizeof(long) - 1] == ~0UL)
		max -= sizeof(long);
	WRITE_ONCE(map->iobm.max, max);
}

static void map_shrink(struct port_map *map)
{
	if (!map_shared(map))
		map_trim(map);
}

/* Bytes of a map that hold all of the words up to and with @w. */
static unsigned int map_bytes(unsigned int w)
{
	return (w + 1) * sizeof(long);
}

/* Has the CPUs load a map in which ports were opened. */
static void map_opened(struct port_map *map, bool shared)
{
	struct ioport_round round;

	if (likely(!shared)) {
		map_touch(map, 0);
		return;
	}
	ioport_round_start(&round);
	ioport_round_add(&round, map);
	ioport_round_finish(&round);
}

/**
 * ioport_map_open - open ports
 * @map: A map of a file whose lock is held.
 * @p: The ports. Policy has been asked, and they are reserved.
 *
 * On return all attached threads have them.
 */
void ioport_map_open(struct port_map *map, struct ports p)
{
	bool shared = map_shared(map);
	unsigned int w;

	if (!map_has_closed(map, p))
		return;
	map_grow(map, map_bytes(p.last / BITS_PER_LONG), shared);
	for_each_word(w, p)
		map_store(map, w, map->iobm.bitmap[w] & ~ports_word(p, w));
	map_opened(map, shared);
}

/**
 * ioport_map_open_word - open ports of one word, if the calling thread is attached
 * @map: As for ioport_map_open(), or NULL.
 * @w: The word.
 * @bits: The ports in it.
 *
 * Return: whether it is.
 */
bool ioport_map_open_word(struct port_map *map, unsigned int w, unsigned long bits)
{
	bool shared;

	if (!map_is_mine(map))
		return false;
	if (!(map->iobm.bitmap[w] & bits))
		return true;
	shared = !ioport_map_alone(map);
	map_grow(map, map_bytes(w), shared);
	map_store(map, w, map->iobm.bitmap[w] & ~bits);
	map_opened(map, shared);
	return true;
}

/**
 * ioport_map_compare - where does a map differ from another?
 * @map: A map of a file whose lock is held.
 * @bits: The other.
 * @words: The set of words in which they differ, of IOPORT_LONGS bits; zero on entry.
 *
 * Most of the cost of replacing a map, hence by four.
 */
void ioport_map_compare(const struct port_map *map, const unsigned long *bits, unsigned long *words)
{
	const unsigned long *old = map->iobm.bitmap;
	unsigned int w, i;

	for (w = 0; w < IOPORT_LONGS; w += 4) {
		if (likely(!((old[w] ^ bits[w]) | (old[w + 1] ^ bits[w + 1]) |
			     (old[w + 2] ^ bits[w + 2]) | (old[w + 3] ^ bits[w + 3]))))
			continue;
		for (i = w; i < w + 4; i++)
			if (old[i] != bits[i])
				__set_bit(i, words);
	}
}

/**
 * ioport_map_assign - replace a whole map
 * @map: A map of a file whose lock is held.
 * @bits: The new contents. Policy has been asked, the open ports are reserved.
 * @words: The words in which they differ, by ioport_map_compare().
 *
 * On return all attached threads have the new map.
 */
void ioport_map_assign(struct port_map *map, const unsigned long *bits, const unsigned long *words)
{
	struct ioport_round round;
	unsigned int w = find_last_bit(words, IOPORT_LONGS);

	if (w == IOPORT_LONGS)
		return;
	/* Beyond the old extent all is closed, so the last word there that differs is open. */
	ioport_round_start(&round);
	map_grow(map, map_bytes(w), map_shared(map));
	for_each_set_bit(w, words, IOPORT_LONGS)
		map_store(map, w, bits[w]);
	map_shrink(map);
	ioport_round_add(&round, map);
	ioport_round_finish(&round);
}

static bool map_close_word(struct port_map *map, unsigned int w, unsigned long closed)
{
	unsigned long old = map->iobm.bitmap[w];

	if (!(~old & closed))
		return false;
	map_store(map, w, old | closed);
	return true;
}

static void map_closed(struct port_map *map, bool changed, struct ioport_round *round)
{
	if (!changed)
		return;
	map_shrink(map);
	ioport_round_add(round, map);
}

/**
 * ioport_map_close - close ports
 * @map: A map of a file whose lock is held.
 * @p: The ports.
 * @round: The round after which they are closed for every thread.
 */
void ioport_map_close(struct port_map *map, struct ports p, struct ioport_round *round)
{
	bool changed = false;
	unsigned int w;

	if (ports_in_one_word(p))
		changed = map_close_word(map, p.first / BITS_PER_LONG, ports_bits(p));
	else
		for_each_word(w, p)
			changed |= map_close_word(map, w, ports_word(p, w));
	map_closed(map, changed, round);
}

/**
 * ioport_map_close_word - close ports of one word, if the calling thread is alone
 * @map: A map of a file whose lock is held, or NULL.
 * @w: The word.
 * @bits: The ports in it.
 *
 * Return: whether it is; then they are closed.
 */
bool ioport_map_close_word(struct port_map *map, unsigned int w, unsigned long bits)
{
	if (!map || !ioport_map_alone(map))
		return false;
	if (map_close_word(map, w, bits)) {
		map_trim(map);
		map_touch(map, 0);
	}
	return true;
}

/**
 * ioport_map_confine - close all ports that another map closes
 * @map: A map of a file whose lock is held.
 * @mask: The other map.
 * @round: The round after which they are closed for every thread.
 */
void ioport_map_confine(struct port_map *map, const unsigned long *mask, struct ioport_round *round)
{
	bool changed = false;
	unsigned int w;

	for (w = 0; w < map->iobm.max / sizeof(long); w++)
		changed |= map_close_word(map, w, mask[w]);
	map_closed(map, changed, round);
}

/**
 * ioport_map_retire - close a map for good
 * @map: A map of a file that is being released.
 * @round: The round after which every port is closed for every thread.
 *
 * Threads that are still attached keep the empty map until they exit, attach to
 * another, or call ioperm(). The mark in its sequence lets them.
 */
void ioport_map_retire(struct port_map *map, struct ioport_round *round)
{
	unsigned int w;

	round->mark = SEQUENCE_RETIRED;
	for (w = 0; w < map->iobm.max / sizeof(long); w++)
		map_store(map, w, ~0UL);
	ioport_round_add(round, map);
}
