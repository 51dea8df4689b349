// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows: the maps of an open file, its own and the private copies of threads,
 * and how they are edited.
 *
 * An edit that opens ports goes through these steps, each of which can fail
 * without trace: policy and limit, memory, reservation, and only then the map.
 * One that closes ports goes the other way: the map, then the reservation, so
 * that no driver gets a port that a thread could still reach.
 */
#include "ioport.h"
#include "lockdown.h"

#include <linux/sched/signal.h>
#include <linux/slab.h>

/* Copies are not looked through for unused ones below this number. */
#define SWEEP_MIN 16U

static void copy_free(struct ioport_file *f, struct port_map *copy)
{
	list_del(&copy->node);
	f->nr_copies--;
	ioport_map_put(copy);
}

/* Closes every port for everybody, and lets go of the maps. */
void ioport_file_close_maps(struct ioport_file *f)
{
	struct port_map *copy, *next, *own;
	struct ioport_round round;

	if (ioport_map_standing(f, &own) == STANDING_THIS)
		ioport_map_detach();
	ioport_round_start(&round);
	if (f->map)
		ioport_map_retire(f->map, &round);
	list_for_each_entry(copy, &f->copies, node)
		ioport_map_retire(copy, &round);
	ioport_round_finish(&round);

	if (f->map)
		ioport_map_put(f->map);
	WRITE_ONCE(f->map, NULL);
	list_for_each_entry_safe(copy, next, &f->copies, node)
		copy_free(f, copy);
}

/* Ports in word @w that some map of the file opens. */
unsigned long ioport_file_open_word(const struct ioport_file *f, unsigned int w)
{
	unsigned long open = f->map ? ~f->map->iobm.bitmap[w] : 0;
	const struct port_map *copy;

	list_for_each_entry(copy, &f->copies, node)
		open |= ~copy->iobm.bitmap[w];
	return open;
}

/* Does some map of the file open one of these? There may be thousands of copies. */
bool ioport_file_has_open(const struct ioport_file *f, struct ports p)
{
	const struct port_map *copy;

	if (f->map && ioport_map_has_open(f->map, p))
		return true;
	list_for_each_entry(copy, &f->copies, node) {
		if (ioport_map_has_open(copy, p))
			return true;
		cond_resched();
	}
	return false;
}

static int alloc_map(struct ioport_file *f)
{
	if (!f->map)
		WRITE_ONCE(f->map, ioport_map_alloc(f, NULL)); /* for ioport_map_serves() */
	return f->map ? 0 : -ENOMEM;
}

/*
 * Private copies of which no thread is left: the kernel does not tell when one
 * exits. Their number at most doubles between two sweeps.
 */
static void sweep(struct ioport_file *f)
{
	struct port_map *copy, *next;

	if (f->nr_copies < f->sweep_at)
		return;
	list_for_each_entry_safe(copy, next, &f->copies, node)
		if (ioport_map_unused(copy))
			copy_free(f, copy);
	f->sweep_at = max(SWEEP_MIN, 2 * f->nr_copies);
}

/* Moves the calling thread to @map, or off its map where that is NULL. */
static void move_to(struct ioport_file *f, struct port_map *map)
{
	struct port_map *old;

	ioport_map_standing(f, &old);
	if (old == map)
		return;
	if (map)
		ioport_map_attach(map);
	else
		ioport_map_detach();
	if (old && old != f->map && ioport_map_unused(old))
		copy_free(f, old);
}

static void adopt_copy(struct ioport_file *f, struct port_map *copy)
{
	sweep(f);
	list_add(&copy->node, &f->copies);
	f->nr_copies++;
	move_to(f, copy);
}

/* A private copy that the calling thread shares with nobody may be edited in place. */
static bool is_own_copy(const struct ioport_file *f, const struct port_map *map)
{
	return map && map != f->map && ioport_map_alone(map);
}

/*
 * Windows that were open when lockdown came stay with the threads that had them, but
 * no other thread gets one that is not on the list. (With no list none comes this far.)
 */
static bool closed_to_newcomers(const struct ioport_file *f)
{
	return IOPORT_LOCKDOWN_LIST && f->map && ioport_locked_down_map(f->map->iobm.bitmap);
}

static int grant(struct ioport_file *f, struct ports p)
{
	enum ioport_standing standing;
	struct port_map *map;
	unsigned int bad;
	int err;

	standing = ioport_map_standing(f, &map);
	if (!map && closed_to_newcomers(f))
		return -EPERM;
	if (standing == STANDING_OTHER || standing == STANDING_KERNEL || (map && map != f->map))
		return -EBUSY;
	err = alloc_map(f);
	if (!err)
		err = ioport_claim(f, p, &bad);
	if (err)
		return err;
	ioport_map_open(f->map, p);
	ioport_map_attach(f->map);
	return 0;
}

/*
 * What a program does that opens and closes its window all the time: the thread is attached,
 * the window lies in one word, and there is nothing to reserve. False: not so, or not allowed.
 *
 * The file's lock is enough. A change of policy stores the new one, then takes this lock
 * to look at what the file has: it comes before, and is seen here; or after, and finds what was
 * opened here. A claim of another file goes the same way (ioport_claim_begin()).
 */
static bool grant_quickly(struct ioport_file *f, struct ports p)
{
	unsigned int w = p.first / BITS_PER_LONG;
	unsigned long bits;

	if (!ports_in_one_word(p))
		return false;
	bits = ports_bits(p);
	if (ioport_file_forbidden(f, w) & bits)
		return false;
	if ((!f->held || (bits & ~f->held[w])) && ioport_must_claim(f))
		return false;
	return ioport_map_open_word(f->map, w, bits);
}

static noinline int grant_slowly(struct ioport_file *f, struct ports p)
{
	int err = ioport_file_lock(f);

	if (err)
		return err;
	err = ioport_file_allowed(f, p);
	if (!err)
		err = grant(f, p);
	ioport_file_unlock(f);
	return err;
}

static noinline int grant_locked(struct ioport_file *f, struct ports p)
{
	bool done;

	if (mutex_lock_killable(&f->lock))
		return -EINTR;
	done = grant_quickly(f, p);
	mutex_unlock(&f->lock);
	return done ? 0 : grant_slowly(f, p);
}

/*
 * A thread that has the ports already is told so without any lock, and without asking
 * policy, limit or anybody: what they take from a file is closed in its maps before they
 * are done, and nobody can claim what a file has open. So it is as if this call had come first.
 */
int ioport_file_grant(struct ioport_file *f, struct ports p)
{
	return ioport_map_serves(f, p) ? 0 : grant_locked(f, p);
}

static int grant_thread(struct ioport_file *f, struct ports p)
{
	enum ioport_standing standing;
	struct port_map *map, *copy;
	unsigned int bad;
	int err;

	standing = ioport_map_standing(f, &map);
	if (standing == STANDING_OTHER || standing == STANDING_KERNEL)
		return -EBUSY;
	if (is_own_copy(f, map)) {
		err = ioport_claim(f, p, &bad);
		if (!err)
			ioport_map_open(map, p);
		return err;
	}
	copy = ioport_map_alloc(f, map);
	if (!copy)
		return -ENOMEM;
	err = ioport_claim(f, p, &bad);
	if (err) {
		ioport_map_put(copy);
		return err;
	}
	ioport_map_open(copy, p);
	adopt_copy(f, copy);
	return 0;
}

int ioport_file_grant_thread(struct ioport_file *f, struct ports p)
{
	int err = ioport_file_lock(f);

	if (err)
		return err;
	err = ioport_file_allowed(f, p);
	if (!err)
		err = grant_thread(f, p);
	ioport_file_unlock(f);
	return err;
}

/* Closes ports in every map of the file. */
void ioport_file_close_ports(struct ioport_file *f, struct ports p)
{
	struct ioport_round round;
	struct port_map *copy;

	ioport_round_start(&round);
	if (f->map)
		ioport_map_close(f->map, p, &round);
	list_for_each_entry(copy, &f->copies, node)
		ioport_map_close(copy, p, &round);
	ioport_round_finish(&round);
}

/* Closes in every map of the file what @mask closes. */
void ioport_file_confine_maps(struct ioport_file *f, const unsigned long *mask)
{
	struct ioport_round round;
	struct port_map *copy;

	ioport_round_start(&round);
	if (f->map)
		ioport_map_confine(f->map, mask, &round);
	list_for_each_entry(copy, &f->copies, node)
		ioport_map_confine(copy, mask, &round);
	ioport_round_finish(&round);
}

/* As grant_quickly(): a window in one word, of the only map, that only the caller uses. */
static bool revoke_quickly(struct ioport_file *f, struct ports p)
{
	return ports_in_one_word(p) && list_empty(&f->copies) &&
	       ioport_map_close_word(f->map, p.first / BITS_PER_LONG, ports_bits(p));
}

/* Asks no policy, and gives nothing back yet: the file's lock is enough. */
int ioport_file_revoke(struct ioport_file *f, struct ports p)
{
	if (mutex_lock_killable(&f->lock))
		return -EINTR;
	if (!revoke_quickly(f, p))
		ioport_file_close_ports(f, p);
	ioport_file_unclaim_later(f);
	mutex_unlock(&f->lock);
	return 0;
}

/*
 * What the copy closes stays reserved for the file: another copy may have it
 * open, and to look through all of them here would make the cost of a thread's
 * edit grow with the number of threads.
 */
static int revoke_thread(struct ioport_file *f, struct ports p)
{
	struct port_map *map, *copy;
	struct ioport_round round;

	ioport_map_standing(f, &map);
	if (!map || !ioport_map_has_open(map, p))
		return 0;
	copy = is_own_copy(f, map) ? map : ioport_map_alloc(f, map);
	if (!copy)
		return -ENOMEM;
	ioport_round_start(&round);
	ioport_map_close(copy, p, &round);
	ioport_round_finish(&round);
	if (ioport_map_empty(copy)) {
		move_to(f, NULL);
		if (copy != map)
			ioport_map_put(copy);
	} else if (copy != map) {
		adopt_copy(f, copy);
	}
	return 0;
}

int ioport_file_revoke_thread(struct ioport_file *f, struct ports p)
{
	int err;

	if (mutex_lock_killable(&f->lock))
		return -EINTR;
	err = revoke_thread(f, p);
	mutex_unlock(&f->lock);
	return err;
}

/**
 * struct map_edit - a whole map that is to take the place of another
 * @bits: The new one.
 * @words: The set of words in which it differs.
 */
struct map_edit {
	const unsigned long *bits;
	DECLARE_BITMAP(words, IOPORT_LONGS);
};

/* What is open already was allowed then, and would have been taken since. */
static int allowed_map(const struct ioport_file *f, const struct port_map *map,
		       const struct map_edit *edit)
{
	unsigned int w;

	for_each_set_bit(w, edit->words, IOPORT_LONGS)
		if (~edit->bits[w] & map->iobm.bitmap[w] & ioport_file_forbidden(f, w))
			return -EACCES;
	return 0;
}

/* Ports of word @w that the edit opens and that are not reserved yet. */
static unsigned long missing_word(const struct ioport_file *f, const struct port_map *map,
				  const struct map_edit *edit, unsigned int w)
{
	return ~edit->bits[w] & map->iobm.bitmap[w] & ~(f->held ? f->held[w] : 0);
}

static int claim_run(struct ioport_file *f, struct ports run)
{
	unsigned int bad;

	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	return ioport_claim(f, run, &bad);
}

/*
 * Reserves every port that the edit opens, stretch by stretch: one may go on from
 * word to word.
 */
static int claim_map(struct ioport_file *f, const struct port_map *map, const struct map_edit *edit)
{
	struct ports run, stretch = { 0 };
	bool any = false;
	unsigned long missing;
	unsigned int w;
	int err = 0;

	if (!ioport_must_claim(f))
		return 0;
	for_each_set_bit(w, edit->words, IOPORT_LONGS) {
		missing = missing_word(f, map, edit, w);
		while (!err && ioport_take_run(&missing, w, &run)) {
			if (any && run.first == stretch.last + 1) {
				stretch.last = run.last;
				continue;
			}
			if (any)
				err = claim_run(f, stretch);
			stretch = run;
			any = true;
		}
	}
	if (!err && any)
		err = claim_run(f, stretch);
	if (err)
		ioport_file_unclaim_unused(f, IOPORT_ALL);
	return err;
}

/* Policy, reservation, and then the map; or nothing at all. */
static int assign(struct ioport_file *f, struct port_map *map, const unsigned long *bits)
{
	struct map_edit edit = { .bits = bits };
	int err;

	ioport_map_compare(map, bits, edit.words);
	err = allowed_map(f, map, &edit) ?: claim_map(f, map, &edit);
	if (err)
		return err;
	ioport_map_assign(map, bits, edit.words);
	ioport_file_unclaim_later(f);
	return 0;
}

static int set_map(struct ioport_file *f, const unsigned long *bits)
{
	return alloc_map(f) ?: assign(f, f->map, bits);
}

static bool opens_forbidden(const struct ioport_file *f, const unsigned long *bits)
{
	unsigned int w;

	for (w = 0; w < IOPORT_LONGS; w++)
		if (~bits[w] & ioport_file_forbidden(f, w))
			return true;
	return false;
}

static int set_map_thread(struct ioport_file *f, const unsigned long *bits)
{
	enum ioport_standing standing;
	struct port_map *map, *copy;
	int err;

	standing = ioport_map_standing(f, &map);
	if (standing == STANDING_OTHER || standing == STANDING_KERNEL)
		return opens_forbidden(f, bits) ? -EACCES : -EBUSY;
	copy = is_own_copy(f, map) ? map : ioport_map_alloc(f, NULL);
	if (!copy)
		return -ENOMEM;
	err = assign(f, copy, bits);
	if (err || ioport_map_empty(copy)) {
		if (!err)
			move_to(f, NULL);
		if (copy != map)
			ioport_map_put(copy);
	} else if (copy != map) {
		adopt_copy(f, copy);
	}
	return err;
}

int ioport_file_set_map(struct ioport_file *f, const unsigned long *bits)
{
	int err = ioport_file_lock(f);

	if (err)
		return err;
	err = set_map(f, bits);
	ioport_file_unlock(f);
	return err;
}

int ioport_file_set_map_thread(struct ioport_file *f, const unsigned long *bits)
{
	int err = ioport_file_lock(f);

	if (err)
		return err;
	err = set_map_thread(f, bits);
	ioport_file_unlock(f);
	return err;
}

static void copy_map(unsigned long *bits, const unsigned long *from, int fill)
{
	if (from)
		memcpy(bits, from, IOPORT_MAP_BYTES);
	else
		memset(bits, fill, IOPORT_MAP_BYTES);
}

int ioport_file_get_map(struct ioport_file *f, enum ioport_which which, unsigned long *bits)
{
	struct port_map *map;
	int err = ioport_file_lock(f);

	if (err)
		return err;
	switch (which) {
	case IOPORT_WHICH_FILE:
		copy_map(bits, f->map ? f->map->iobm.bitmap : NULL, 0xff);
		break;
	case IOPORT_WHICH_THREAD:
		ioport_map_standing(f, &map);
		copy_map(bits, map ? map->iobm.bitmap : NULL, 0xff);
		break;
	case IOPORT_WHICH_LIMIT:
		copy_map(bits, f->limit, 0);
		break;
	case IOPORT_WHICH_POLICY:
		copy_map(bits, f->policy->forbidden, 0);
		ioport_lockdown_confine(bits);
		break;
	case IOPORT_WHICH_CLAIMED:
		copy_map(bits, f->alone, 0);
		bitmap_complement(bits, bits, IOPORT_PORTS);
		break;
	case IOPORT_WHICH_LOCKDOWN:
		ioport_lockdown_copy(bits);
		break;
	default:
		err = -EINVAL;
		break;
	}
	ioport_file_unlock(f);
	return err;
}

static int attach(struct ioport_file *f, bool replace)
{
	enum ioport_standing standing;
	struct port_map *map;
	int err;

	standing = ioport_map_standing(f, &map);
	if (map && map == f->map)
		return 0;
	if (closed_to_newcomers(f))
		return -EPERM;
	if (standing == STANDING_KERNEL || (standing != STANDING_NONE && !replace))
		return -EBUSY;
	err = alloc_map(f);
	if (!err)
		move_to(f, f->map);
	return err;
}

int ioport_file_attach(struct ioport_file *f, bool replace)
{
	int err;

	if (mutex_lock_killable(&f->lock))
		return -EINTR;
	err = attach(f, replace);
	mutex_unlock(&f->lock);
	return err;
}

int ioport_file_detach(struct ioport_file *f)
{
	struct port_map *map;

	if (mutex_lock_killable(&f->lock))
		return -EINTR;
	if (ioport_map_standing(f, &map) == STANDING_THIS)
		move_to(f, NULL);
	mutex_unlock(&f->lock);
	return 0;
}
