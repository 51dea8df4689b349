// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reservations in /proc/ioports.
 *
 * Whether a driver holds a port is found out by reserving it, and the
 * reservation is kept as long as the port is in use. Asking and letting go at
 * once would make the probe of a driver that asks in between fail, and would let
 * another one in right afterwards.
 *
 * All files share the reservations, but for what one has claimed for itself: users[]
 * counts for each port the files that hold it, and a segment is a stretch of ports that
 * the kernel has given to the module. A segment is never split, since that cannot be done
 * without letting go of a part for a moment: a port inside it that nobody uses any more
 * stays reserved until one end of the segment has come that far.
 *
 * The kernel's struct resource is not charged to anybody, but there is at most
 * one for each port of the machine, whoever asks: 8 MiB with the segments.
 *
 * A segment may lie inside the resource of a device that no driver has claimed. pci.c
 * and platform.c see to it that it is not taken along when the device goes. The kernel does
 * not always say when it puts a resource around a segment, or into it. So a segment is
 * touched only where it is known to be, and what lies inside is not lost with it.
 */
#include "ioport.h"

#include <linux/acpi.h>
#include <linux/ioport.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

struct segment {
	struct rb_node node;
	struct ports p;
	struct resource *res;
	struct resource *parent; /* where it was put, or has been left by ioport_claim_take_out() */
};

/* Guards all below; the innermost lock. */
static DEFINE_MUTEX(claim_lock);

/* Segments by port; they do not overlap. */
static struct rb_root segments = RB_ROOT;

/* Number of files that hold each port; NULL until the first claim. */
static u32 *users;

/* The ports that some file has for itself alone (ioport_file.alone, of all files). */
static DECLARE_BITMAP(alone, IOPORT_PORTS);

/*
 * Their number, and one for a claim that is being made. It grows only with
 * ioport_policy_sem held for writing.
 */
static unsigned int nr_alone;

/* The first segment that ends at or after @port. */
static struct segment *segment_from(unsigned int port)
{
	struct rb_node *node = segments.rb_node;
	struct segment *found = NULL;

	while (node) {
		struct segment *s = rb_entry(node, struct segment, node);

		if (s->p.last >= port) {
			found = s;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

static struct segment *segment_next(struct segment *s)
{
	struct rb_node *node = rb_next(&s->node);

	return node ? rb_entry(node, struct segment, node) : NULL;
}

static void segment_insert(struct segment *s)
{
	struct rb_node **link = &segments.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (s->p.first < rb_entry(parent, struct segment, node)->p.first)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&s->node, parent, link);
	rb_insert_color(&s->node, &segments);
}

static unsigned int ports_count(struct ports p)
{
	return p.last - p.first + 1;
}

/*
 * Does an ACPI operation region overlap? What acpi_check_region() finds out,
 * without its line in the log for each time that a user asks.
 */
static bool acpi_uses(struct ports p)
{
#ifdef CONFIG_ACPI
	return acpi_resources_are_enforced() &&
	       acpi_check_address_range(ACPI_ADR_SPACE_SYSTEM_IO, p.first, ports_count(p), false);
#else
	return false;
#endif
}

static int reserve_whole(struct ports p)
{
	struct segment *s;

	if (acpi_uses(p))
		return -EBUSY;
	s = kmalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->p = p;
	s->res = request_region(p.first, ports_count(p), KBUILD_MODNAME);
	if (!s->res) {
		kfree(s);
		return -EBUSY;
	}
	s->parent = READ_ONCE(s->res->parent);
	segment_insert(s);
	return 0;
}

/*
 * Reserves a range of which no port is in a segment, from the low end up. Where
 * the whole is refused, its halves are tried: it may only straddle the border of
 * a resource that nobody has claimed, such as a PCI bridge's window. @bad is the
 * first port that is refused by itself; all below it are reserved.
 */
static int reserve(struct ports p, unsigned int *bad)
{
	unsigned int middle = p.first + (p.last - p.first) / 2;
	int err = reserve_whole(p);

	if (!err)
		return 0;
	if (err != -EBUSY || p.first == p.last) {
		*bad = p.first;
		return err;
	}
	err = reserve((struct ports){ p.first, middle }, bad);
	if (err)
		return err;
	return reserve((struct ports){ middle + 1, p.last }, bad);
}

static int reserve_missing(struct ports p, unsigned int *bad)
{
	struct segment *s = segment_from(p.first);
	unsigned int port = p.first;
	struct ports gap;
	int err;

	while (port <= p.last) {
		if (s && s->p.first <= port) {
			port = s->p.last + 1;
			s = segment_next(s);
			continue;
		}
		gap = (struct ports){ port, p.last };
		if (s && s->p.first <= p.last)
			gap.last = s->p.first - 1;
		err = reserve(gap, bad);
		if (err)
			return err;
		port = gap.last + 1;
	}
	return 0;
}

/*
 * Its parent is not looked at, since it may have been freed: when it is another one, a
 * resource was put around the segment just now, or has taken it out of the tree since.
 * When there is none, the bridge window around it was reassigned, and dropped it. (A parent
 * that is still the same has gone too where its bus does not tell: an ejected host bridge,
 * or PCMCIA card.)
 */
static bool segment_is_in_place(const struct segment *s)
{
	const struct resource *parent = READ_ONCE(s->res->parent);

	return parent && parent == s->parent;
}

/*
 * release_region() finds it by its ports, wherever it is, and frees it, with whatever a
 * device's resource has just been put inside. remove_resource() lets that move up, but
 * does not free. So what is outside of the tree, or so comes out of it, is put into one of
 * its own and freed from there. A resource that comes inside between the look and the
 * release is lost all the same. What was taken out with a device that could not be added is
 * not found, and stays allocated; or, where a driver has reserved just these ports since,
 * that driver's is freed in its place. The two cannot be told apart from here: with another
 * parent, a segment may be in the tree or not.
 */
static void segment_release(const struct segment *s)
{
	static struct resource outside = DEFINE_RES_IO(0, IOPORT_PORTS);

	if (READ_ONCE(s->res->child) && segment_is_in_place(s))
		remove_resource(s->res);
	if (READ_ONCE(s->res->parent))
		release_region(s->p.first, ports_count(s->p));
	else if (!WARN_ON(request_resource(&outside, s->res)))
		/* Its own bounds: dropping a window's children moves them to 0. */
		__release_region(&outside, s->res->start, resource_size(s->res));
}

/* Gives back the ends of a segment that nobody uses, or the whole of it. */
static void segment_trim(struct segment *s)
{
	struct ports p = s->p;

	while (p.first <= p.last && !users[p.first])
		p.first++;
	if (p.first > p.last) {
		segment_release(s);
		rb_erase(&s->node, &segments);
		kfree(s);
		return;
	}
	while (!users[p.last])
		p.last--;
	if (ports_count(p) == ports_count(s->p) || !segment_is_in_place(s))
		return;
	/* Refused while a resource lies in what would be given back. */
	if (!adjust_resource(s->res, p.first, ports_count(p)))
		s->p = p;
}

static void trim(struct ports p)
{
	struct segment *s, *next;

	for (s = segment_from(p.first); s && s->p.first <= p.last; s = next) {
		next = segment_next(s);
		segment_trim(s);
	}
}

/* Has the file reserved all of these? Its lock is held. */
bool ioport_holds(const struct ioport_file *f, struct ports p)
{
	unsigned int w;

	if (!f->held)
		return false;
	for_each_word(w, p)
		if (~f->held[w] & ports_word(p, w))
			return false;
	return true;
}

static void hold(struct ioport_file *f, struct ports p)
{
	unsigned int port;

	for (port = p.first; port <= p.last; port++)
		if (!__test_and_set_bit(port, f->held))
			users[port]++;
}

static int alloc_users(void)
{
	if (!users)
		users = vzalloc(array_size(IOPORT_PORTS, sizeof(*users)));
	return users ? 0 : -ENOMEM;
}

/*
 * The file's lock is held, claim_lock is not: memory that is charged to the caller may take
 * as long to come by as its group's limit has it, and no other file is to wait for that.
 */
static int alloc_held(struct ioport_file *f)
{
	if (!f->held)
		f->held = kzalloc(IOPORT_MAP_BYTES, GFP_KERNEL_ACCOUNT);
	return f->held ? 0 : -ENOMEM;
}

/* The first port of a range that another file has for itself; one past its end if none. */
static unsigned int first_of_others(const struct ioport_file *f, struct ports p)
{
	unsigned int port = p.first;

	for_each_set_bit_from(port, alone, p.last + 1)
		if (!f->alone || !test_bit(port, f->alone))
			return port;
	return p.last + 1;
}

/*
 * Has another file claimed one of these for itself? The file's lock is held. What
 * the file holds, no other can have claimed: ioport_file_claim() sees to that.
 */
bool ioport_is_anothers(const struct ioport_file *f, struct ports p)
{
	unsigned int first;

	mutex_lock(&claim_lock);
	first = first_of_others(f, p);
	mutex_unlock(&claim_lock);
	return first <= p.last;
}

/* With claim_lock held. */
static int claim_some(struct ioport_file *f, struct ports p, unsigned int *bad, bool keep_part)
{
	unsigned int end = first_of_others(f, p);
	int err = end > p.last ? 0 : -EBUSY;

	if (err)
		*bad = end;
	if (f->policy->busy_allow || end == p.first)
		return err;
	if (alloc_users()) {
		*bad = p.first;
		return -ENOMEM;
	}
	err = reserve_missing((struct ports){ p.first, end - 1 }, bad) ?: err;
	if (!err)
		hold(f, p);
	else if (keep_part && *bad > p.first)
		hold(f, (struct ports){ p.first, *bad - 1 });
	if (err)
		trim(p);
	return err;
}

/*
 * Is there anything to find out by a claim? The policy's lock is held, or the lock of
 * a file that the next change of policy, or claim, has yet to look at.
 */
bool ioport_must_claim(const struct ioport_file *f)
{
	return !READ_ONCE(f->policy->busy_allow) || READ_ONCE(nr_alone);
}

static void count_alone(int more)
{
	mutex_lock(&claim_lock);
	WRITE_ONCE(nr_alone, nr_alone + more);
	mutex_unlock(&claim_lock);
}

/*
 * A file is about to claim ports for itself, and will look through all others: from then
 * on ioport_must_claim() says yes, so that one that was looked at cannot come to use
 * them afterwards.
 */
void ioport_claim_begin(void)
{
	count_alone(1);
}

void ioport_claim_end(void)
{
	count_alone(-1);
}

static int claim(struct ioport_file *f, struct ports p, unsigned int *bad, bool keep_part)
{
	int err;

	lockdep_assert_held(&f->lock);
	if (ioport_holds(f, p) || !ioport_must_claim(f))
		return 0;
	if (alloc_held(f)) {
		*bad = p.first;
		return -ENOMEM;
	}
	mutex_lock(&claim_lock);
	err = claim_some(f, p, bad, keep_part);
	mutex_unlock(&claim_lock);
	return err;
}

/**
 * ioport_claim - reserve ports for a file, all or none
 * @f: The file; its lock and ioport_policy_sem are held.
 * @p: The ports. Those it holds already are none the worse.
 * @bad: On error, the first port that could not be had.
 *
 * With busy=allow nothing is reserved, and only another file's claim refuses it.
 *
 * Return: 0, -EBUSY or -ENOMEM.
 */
int ioport_claim(struct ioport_file *f, struct ports p, unsigned int *bad)
{
	return claim(f, p, bad, false);
}

/* As ioport_claim(), but keeps what lies below @bad. */
int ioport_claim_until(struct ioport_file *f, struct ports p, unsigned int *bad)
{
	return claim(f, p, bad, true);
}

/* Makes room for ioport_claim_alone(), before it takes a lock for which others wait. */
int ioport_claim_prepare(struct ioport_file *f)
{
	int err;

	if (mutex_lock_killable(&f->lock))
		return -EINTR;
	err = alloc_held(f);
	if (!err && !f->alone) {
		f->alone = kzalloc(IOPORT_MAP_BYTES, GFP_KERNEL_ACCOUNT);
		err = f->alone ? 0 : -ENOMEM;
	}
	mutex_unlock(&f->lock);
	return err;
}

/**
 * ioport_claim_alone - reserve ports for a file and keep all others from them
 * @f: The file, after ioport_claim_prepare(); its lock is held, and ioport_policy_sem for
 *	writing.
 * @p: The ports, which no other file uses.
 *
 * They are reserved also with busy=allow: what a driver holds, nobody has alone.
 *
 * Return: 0, -EBUSY or -ENOMEM.
 */
int ioport_claim_alone(struct ioport_file *f, struct ports p)
{
	unsigned int bad, w;
	unsigned long bits;
	int err;

	mutex_lock(&claim_lock);
	err = alloc_users();
	if (err)
		goto out;
	err = reserve_missing(p, &bad);
	if (err) {
		trim(p);
		goto out;
	}
	hold(f, p);
	for_each_word(w, p) {
		bits = ports_word(p, w) & ~f->alone[w];
		f->alone[w] |= bits;
		alone[w] |= bits;
		WRITE_ONCE(nr_alone, nr_alone + hweight_long(bits));
	}
out:
	mutex_unlock(&claim_lock);
	return err;
}

static void share_word(struct ioport_file *f, unsigned int w, unsigned long bits)
{
	bits &= f->alone[w];
	f->alone[w] &= ~bits;
	alone[w] &= ~bits;
	WRITE_ONCE(nr_alone, nr_alone - hweight_long(bits));
}

/**
 * ioport_share - let others have what a file has claimed for itself
 * @f: The file; its lock is held.
 * @p: The ports. Those that it has not claimed do not matter.
 *
 * They stay reserved until ioport_unclaim().
 */
void ioport_share(struct ioport_file *f, struct ports p)
{
	unsigned int w;

	if (!f->alone)
		return;
	mutex_lock(&claim_lock);
	for_each_word(w, p)
		share_word(f, w, ports_word(p, w));
	mutex_unlock(&claim_lock);
}

/* As ioport_share(), for the ports that a map closes. */
void ioport_share_closed(struct ioport_file *f, const unsigned long *map)
{
	unsigned int w;

	if (!f->alone)
		return;
	mutex_lock(&claim_lock);
	for (w = 0; w < IOPORT_LONGS; w++)
		share_word(f, w, map[w]);
	mutex_unlock(&claim_lock);
}

/**
 * ioport_unclaim - give back ports that a file does not use any more
 * @f: The file; its lock is held.
 * @p: The ports. Those that it does not hold do not matter; those that it has for
 *	itself alone stay its.
 */
void ioport_unclaim(struct ioport_file *f, struct ports p)
{
	unsigned int port;

	if (!f->held)
		return;
	mutex_lock(&claim_lock);
	port = p.first;
	for_each_set_bit_from(port, f->held, p.last + 1) {
		if (f->alone && test_bit(port, f->alone))
			continue;
		__clear_bit(port, f->held);
		users[port]--;
	}
	trim(p);
	mutex_unlock(&claim_lock);
}

/**
 * ioport_claim_take_out - take a device's resource out of the tree
 * @res: The resource. What lies inside moves up.
 * @always: Also if nothing inside or around it is ours.
 *
 * See pci.c and platform.c for when.
 */
void ioport_claim_take_out(struct resource *res, bool always)
{
	const struct ports p = { res->start, res->end };
	struct segment *s;

	mutex_lock(&claim_lock);
	s = segment_from(p.first);
	if (always || (s && s->p.first <= p.last)) {
		for (; s && s->p.first <= p.last; s = segment_next(s))
			if (READ_ONCE(s->res->parent) == res)
				s->parent = READ_ONCE(res->parent);
		/* Should it be added again, nothing is inside. */
		if (!remove_resource(res))
			res->child = NULL;
		trim(p);
	}
	mutex_unlock(&claim_lock);
}

void ioport_claim_exit(void)
{
	WARN_ON(!RB_EMPTY_ROOT(&segments) || nr_alone);
	vfree(users);
}
