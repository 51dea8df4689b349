// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files: their life, and what they may use: policy, limit, what is reserved
 * for them, and what is ready for read(), write() and batches.
 */
#include "ioport.h"
#include "lockdown.h"

#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

/* Guards ioport_files. */
DEFINE_MUTEX(ioport_files_lock);
LIST_HEAD(ioport_files);

/* Takes over the caller's reference to the policy, unless it gives NULL. */
struct ioport_file *ioport_file_new(struct ioport_policy *policy)
{
	struct ioport_file *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);

	if (!f)
		return NULL;
	f->policy = policy;
	mutex_init(&f->lock);
	INIT_LIST_HEAD(&f->copies);
	mutex_lock(&ioport_files_lock);
	list_add(&f->node, &ioport_files);
	mutex_unlock(&ioport_files_lock);
	return f;
}

/**
 * ioport_file_free - the last reference to the open file is gone
 * @f: The file.
 *
 * No call on it can be under way any more. Other threads may still be attached to
 * its maps. The file stays in the list until it has given everything back, so that
 * a change of policy, or a PCI device that goes, finds what it still has. Its last
 * batch runs when nobody else can reach the ports through it any more.
 */
void ioport_file_free(struct ioport_file *f)
{
	down_read(&ioport_policy_sem);
	mutex_lock(&f->lock);
	ioport_file_close_maps(f);
	ioport_on_close_run(f);
	ioport_share(f, IOPORT_ALL);
	ioport_unclaim(f, IOPORT_ALL);
	mutex_unlock(&f->lock);
	/* Still under the policy: in between, it would be given its ports again. */
	mutex_lock(&ioport_files_lock);
	list_del(&f->node);
	mutex_unlock(&ioport_files_lock);
	up_read(&ioport_policy_sem);

	ioport_batch_free(f->spare);
	kfree(f->ready);
	kfree(f->alone);
	kfree(f->held);
	kfree(f->limit);
	mutex_destroy(&f->lock);
	ioport_policy_put(f->policy);
	kfree(f);
}

/*
 * For edits that ask policy, which must not change before they are done, and for
 * those that give back reservations, which must not happen while a change of
 * policy waits for the transfers of all files to end.
 */
int ioport_file_lock(struct ioport_file *f)
{
	if (down_read_killable(&ioport_policy_sem))
		return -EINTR;
	if (mutex_lock_killable(&f->lock)) {
		up_read(&ioport_policy_sem);
		return -EINTR;
	}
	return 0;
}

void ioport_file_unlock(struct ioport_file *f)
{
	mutex_unlock(&f->lock);
	up_read(&ioport_policy_sem);
}

/* The first port of a range that policy or the limit forbids; one past its end if none. */
static unsigned int first_forbidden(const struct ioport_file *f, struct ports p)
{
	unsigned long bits;
	unsigned int w;

	for_each_word(w, p) {
		bits = ioport_file_forbidden(f, w) & ports_word(p, w);
		if (bits)
			return w * BITS_PER_LONG + __ffs(bits);
	}
	return p.last + 1;
}

int ioport_file_allowed(const struct ioport_file *f, struct ports p)
{
	return first_forbidden(f, p) > p.last ? 0 : -EACCES;
}

/**
 * ioport_file_may_use - may these ports be touched right now?
 * @f: The file; its lock and ioport_policy_sem are held.
 * @p: The ports.
 *
 * For ports that were made ready before.
 */
bool ioport_file_may_use(const struct ioport_file *f, struct ports p)
{
	return !ioport_file_allowed(f, p) && !ioport_locked_down_ports(p) &&
	       (ioport_holds(f, p) || (f->policy->busy_allow && !ioport_is_anothers(f, p)));
}

static unsigned long ready_word(const struct ioport_file *f, unsigned int w)
{
	return f->ready ? f->ready[w] : 0;
}

/* Takes the lowest run of set bits out of the word numbered @w; false if none is left. */
bool ioport_take_run(unsigned long *bits, unsigned int w, struct ports *run)
{
	unsigned int first, length;
	unsigned long rest;

	if (!*bits)
		return false;
	first = __ffs(*bits);
	rest = ~(*bits >> first);
	length = rest ? __ffs(rest) : BITS_PER_LONG;
	*run = ports(w * BITS_PER_LONG + first, length);
	*bits &= ~ports_word(*run, w);
	return true;
}

/* Gives back what is reserved in a range but used no more. */
void ioport_file_unclaim_unused(struct ioport_file *f, struct ports p)
{
	unsigned long unused;
	struct ports run;
	unsigned int w;

	if (!f->held)
		return;
	for_each_word(w, p) {
		unused = f->held[w] & ports_word(p, w);
		if (unused)
			unused &= ~ioport_file_open_word(f, w) & ~ready_word(f, w);
		while (ioport_take_run(&unused, w, &run))
			ioport_unclaim(f, run);
		cond_resched();
	}
}

/* Gives back what is not in use; with busy=allow, nothing that is need be reserved. */
static void give_back(struct ioport_file *f, struct ports p)
{
	if (f->policy->busy_allow)
		ioport_unclaim(f, p);
	else
		ioport_file_unclaim_unused(f, p);
}

/*
 * What an edit has left reserved without use is given back a moment later: a program
 * that opens and closes a window all the time would spend most of it on that, and
 * have everybody's /proc/ioports change under their eyes.
 */
#define GIVE_BACK_DELAY (HZ / 10)

static void give_back_slack(struct ioport_file *f)
{
	if (f->slack)
		give_back(f, IOPORT_ALL);
	f->slack = false;
}

static void give_back_all(struct work_struct *work)
{
	struct ioport_file *f;

	down_read(&ioport_policy_sem);
	mutex_lock(&ioport_files_lock);
	list_for_each_entry(f, &ioport_files, node) {
		mutex_lock(&f->lock);
		give_back_slack(f);
		mutex_unlock(&f->lock);
		cond_resched();
	}
	mutex_unlock(&ioport_files_lock);
	up_read(&ioport_policy_sem);
}

static DECLARE_DELAYED_WORK(give_back_work, give_back_all);

/*
 * With the file's lock held, which the work takes as well: if the work is pending it
 * will find this file; if it runs, it is not pending and is queued again.
 */
void ioport_file_unclaim_later(struct ioport_file *f)
{
	if (!f->held)
		return;
	f->slack = true;
	if (!delayed_work_pending(&give_back_work))
		schedule_delayed_work(&give_back_work, GIVE_BACK_DELAY);
}

/* No file is open any more, and none will be. */
void ioport_file_exit(void)
{
	cancel_delayed_work_sync(&give_back_work);
}

/*
 * Takes from read(), write() and batches what @mask closes. Returns whether there
 * was anything: then transfers may be under way until a grace period has passed.
 */
static bool take_ready(struct ioport_file *f, const unsigned long *mask)
{
	bool taken = false;
	unsigned int w;

	for (w = 0; f->ready && w < IOPORT_LONGS; w++) {
		if (!(f->ready[w] & mask[w]))
			continue;
		WRITE_ONCE(f->ready[w], f->ready[w] & ~mask[w]);
		taken = true;
	}
	if (taken) {
		smp_wmb(); /* the bits, before the count; pairs with ioport_batch_prepare() */
		WRITE_ONCE(f->taken, f->taken + 1);
	}
	return taken;
}

/* Takes from the file, in every way of access, what @mask closes. Returns as take_ready(). */
static bool take(struct ioport_file *f, const unsigned long *mask)
{
	ioport_file_confine_maps(f, mask);
	ioport_share_closed(f, mask);
	return take_ready(f, mask);
}

/* Makes room for a set or map that others read without the lock. */
static int alloc_bits(unsigned long **bits)
{
	unsigned long *new;

	if (*bits)
		return 0;
	new = kzalloc(IOPORT_MAP_BYTES, GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	smp_store_release(bits, new); /* pairs with smp_load_acquire() of either */
	return 0;
}

int ioport_file_limit(struct ioport_file *f, const unsigned long *bits)
{
	int err = ioport_file_lock(f);

	if (err)
		return err;
	err = alloc_bits(&f->limit);
	if (!err) {
		bitmap_or(f->limit, f->limit, bits, IOPORT_PORTS);
		if (take(f, f->limit))
			synchronize_rcu();
		ioport_file_unclaim_unused(f, IOPORT_ALL);
	}
	ioport_file_unlock(f);
	return err;
}

static void set_ready(struct ioport_file *f, struct ports p)
{
	unsigned int w;

	for_each_word(w, p)
		WRITE_ONCE(f->ready[w], f->ready[w] | ports_word(p, w));
}

/**
 * ioport_file_prepare - make ports ready for read(), write() and batches
 * @f: The file.
 * @p: The ports.
 *
 * They are reserved, until policy or the limit takes them, or the last close.
 *
 * Return: 0, -EACCES, -EBUSY, -ENOMEM or -EINTR.
 */
int ioport_file_prepare(struct ioport_file *f, struct ports p)
{
	int err = ioport_file_lock(f);
	unsigned int bad;

	if (err)
		return err;
	err = ioport_file_allowed(f, p) ?: alloc_bits(&f->ready) ?: ioport_claim(f, p, &bad);
	if (!err)
		set_ready(f, p);
	ioport_file_unlock(f);
	return err;
}

/* Does the file use a port of the range, in whatever way, or has it claimed one? */
static bool uses(struct ioport_file *f, struct ports p)
{
	unsigned int w;
	bool used;

	mutex_lock(&f->lock);
	give_back_slack(f);
	used = ioport_file_has_open(f, p);
	for_each_word(w, p)
		used |= ports_word(p, w) & (ready_word(f, w) | (f->held ? f->held[w] : 0));
	mutex_unlock(&f->lock);
	return used;
}

static bool others_use(const struct ioport_file *f, struct ports p)
{
	struct ioport_file *other;
	bool used = false;

	mutex_lock(&ioport_files_lock);
	list_for_each_entry(other, &ioport_files, node) {
		used = other != f && uses(other, p);
		if (used)
			break;
		cond_resched();
	}
	mutex_unlock(&ioport_files_lock);
	return used;
}

/**
 * ioport_file_claim - have ports for this file alone
 * @f: The file.
 * @p: The ports.
 *
 * The policy's lock is held for writing, so that no other file can come to use one
 * of them between the look at all files and the claim; ioport_claim_begin() is for
 * those that go without the lock. With busy=allow no count of users is kept, so all are
 * looked at.
 *
 * Return: 0, -EACCES, -EBUSY, -ENOMEM or -EINTR.
 */
int ioport_file_claim(struct ioport_file *f, struct ports p)
{
	int err = ioport_claim_prepare(f);

	if (err)
		return err;
	if (down_write_killable(&ioport_policy_sem))
		return -EINTR;
	/* First: who may not need not know, nor have all files looked at. */
	err = ioport_file_allowed(f, p);
	if (err)
		goto out;
	ioport_claim_begin();
	err = others_use(f, p) ? -EBUSY : 0;
	if (!err) {
		mutex_lock(&f->lock);
		err = ioport_claim_alone(f, p);
		mutex_unlock(&f->lock);
	}
	ioport_claim_end();
out:
	up_write(&ioport_policy_sem);
	return err;
}

int ioport_file_release(struct ioport_file *f, struct ports p)
{
	int err = ioport_file_lock(f);

	if (err)
		return err;
	ioport_share(f, p);
	give_back(f, p);
	ioport_file_unlock(f);
	return 0;
}

/* As ioport_file_check(), with the locks held. */
static int check(struct ioport_file *f, struct ports p, unsigned int *port,
		 enum ioport_reason *reason)
{
	unsigned int forbidden = first_forbidden(f, p), end = forbidden;
	int err = alloc_bits(&f->ready);

	if (!err && end > p.first)
		err = ioport_claim_until(f, (struct ports){ p.first, forbidden - 1 }, &end);
	if (err && err != -EBUSY) {
		ioport_file_unclaim_unused(f, p);
		return err;
	}
	if (end > p.first)
		set_ready(f, (struct ports){ p.first, end - 1 });
	*port = end;
	if (err)
		*reason = IOPORT_REASON_BUSY;
	else if (end > p.last)
		*reason = IOPORT_REASON_NONE;
	else if (f->policy->forbidden[end / BITS_PER_LONG] & BIT(end % BITS_PER_LONG))
		*reason = IOPORT_REASON_POLICY;
	else
		*reason = IOPORT_REASON_LIMIT;
	return 0;
}

/**
 * ioport_file_check - find the first port of a range that cannot be used
 * @f: The file.
 * @p: The ports.
 * @port: The first one that cannot be used, or one past the last.
 * @reason: Why.
 *
 * Those before @port are made ready, as by ioport_file_prepare().
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int ioport_file_check(struct ioport_file *f, struct ports p, unsigned int *port,
		      enum ioport_reason *reason)
{
	int err = ioport_file_lock(f);

	if (err)
		return err;
	err = check(f, p, port, reason);
	ioport_file_unlock(f);
	return err;
}

/*
 * A change of policy goes through all files three times, with ioport_policy_sem
 * held for writing: ports are taken, then reserved where they are in use without
 * that, and, when no transfer can be under way any more, given back.
 */

/**
 * ioport_file_take - close what policy forbids, in every way of access
 * @f: The file.
 *
 * Return: whether transfers may be under way until a grace period has passed.
 */
bool ioport_file_take(struct ioport_file *f)
{
	bool taken;

	mutex_lock(&f->lock);
	taken = take(f, f->policy->forbidden);
	mutex_unlock(&f->lock);
	return taken;
}

/* Reserves ports that are in use, and closes those that cannot be had. */
static bool reclaim_ports(struct ioport_file *f, struct ports p)
{
	bool taken = false;
	unsigned int bad;

	while (p.first <= p.last && ioport_claim_until(f, p, &bad)) {
		ioport_file_close_ports(f, ports(bad, 1));
		if (f->ready && test_and_clear_bit(bad, f->ready)) {
			WRITE_ONCE(f->taken, f->taken + 1);
			taken = true;
		}
		p.first = bad + 1;
	}
	return taken;
}

/**
 * ioport_file_reclaim - reserve what is in use, take away what drivers hold
 * @f: The file.
 *
 * For busy=deny after busy=allow; nothing is missing while it was deny all along,
 * and with allow nothing need be reserved.
 *
 * Return: as ioport_file_take().
 */
bool ioport_file_reclaim(struct ioport_file *f)
{
	unsigned long missing;
	struct ports run;
	bool taken = false;
	unsigned int w;

	if (f->policy->busy_allow)
		return false;
	mutex_lock(&f->lock);
	for (w = 0; w < IOPORT_LONGS; w++) {
		missing = ioport_file_open_word(f, w) | ready_word(f, w);
		missing &= ~(f->held ? f->held[w] : 0);
		while (ioport_take_run(&missing, w, &run))
			taken |= reclaim_ports(f, run);
		cond_resched();
	}
	mutex_unlock(&f->lock);
	return taken;
}

void ioport_file_give_back(struct ioport_file *f)
{
	mutex_lock(&f->lock);
	give_back(f, IOPORT_ALL);
	mutex_unlock(&f->lock);
}
