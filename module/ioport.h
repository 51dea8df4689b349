/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the module share.
 *
 * Locks, in the order in which they are taken:
 *
 *   the kernel's locks for configfs (named.c) and for who is told of devices
 *                       that come and go (pci.c, platform.c)
 *   window.lock         one named window (named.c)
 *   the kernel's lock for this module's parameters (policy.c)
 *   ioport_policy_sem   read: acting on what policy allows; write: changing it (an
 *                       exception: grant_quickly() in windows.c)
 *   ioport_files_lock   the list of open files
 *   ioport_file.lock    one open file
 *   claim_lock          the ports reserved in /proc/ioports (inside claim.c)
 *   call_lock           one cross-CPU call at a time (inside map.c)
 *
 * User memory is copied before any of them is taken, or after all are
 * released: userfaultfd and FUSE can stall a copy for ever.
 *
 * Sets of ports come in two polarities. A *map* is as the hardware has it: a
 * 1 bit closes the port. A *set* is the other way round: a 1 bit is a member.
 * Both are arrays of IOPORT_LONGS unsigned longs.
 */
#ifndef IOPORT_INTERNAL_H
#define IOPORT_INTERNAL_H

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/time64.h>

#include <asm/io_bitmap.h>

#include "uapi/ioport_dev.h"

#ifndef CONFIG_X86_64
#error "64-bit kernels only: a sequence number must be stored in one piece (map.c)"
#endif

#define IOPORT_LONGS BITS_TO_LONGS(IOPORT_PORTS)

/* An inclusive range of ports. */
struct ports {
	unsigned int first;
	unsigned int last;
};

#define IOPORT_ALL ((struct ports){ 0, IOPORT_PORTS - 1 })

static inline struct ports ports(unsigned int first, unsigned int count)
{
	return (struct ports){ first, first + count - 1 };
}

/* Does a range lie in one word of a bitmap, as most windows do? */
static inline bool ports_in_one_word(struct ports p)
{
	return p.first / BITS_PER_LONG == p.last / BITS_PER_LONG;
}

/* The members of such a range. */
static inline unsigned long ports_bits(struct ports p)
{
	return ~0UL >> (BITS_PER_LONG - 1 - (p.last - p.first)) << p.first % BITS_PER_LONG;
}

/* The members of a range that lie in word @w of a bitmap. */
static inline unsigned long ports_word(struct ports p, unsigned int w)
{
	unsigned long bits = ~0UL;

	if (w == p.first / BITS_PER_LONG)
		bits <<= p.first % BITS_PER_LONG;
	if (w == p.last / BITS_PER_LONG)
		bits &= ~0UL >> (BITS_PER_LONG - 1 - p.last % BITS_PER_LONG);
	return bits;
}

#define for_each_word(w, p) \
	for ((w) = (p).first / BITS_PER_LONG; (w) <= (p).last / BITS_PER_LONG; (w)++)

/**
 * struct port_map - a bitmap that threads are attached to
 * @iobm: What the kernel sees. It must come first: the last to let go of the
 *	map may be the kernel, which then kfree()s it by this address.
 * @rcu: Where the bits were, when the last reference is gone.
 * @file: The open file that owns the map. Never dereferenced: a thread may keep
 *	its attachment when the file is gone.
 * @node: In ioport_file.copies; guarded by ioport_file.lock.
 * @round: On the list of maps of a round (map.c); guarded by ioport_file.lock.
 *
 * The module holds one reference until the file is released; each attached
 * thread holds another. The bits, @iobm.max and @iobm.sequence are written under
 * ioport_file.lock and read by the kernel on any CPU without it; the sequence
 * is also written by the handler of a round.
 */
struct port_map {
	union {
		struct io_bitmap iobm;
		struct {
			unsigned char head[offsetof(struct io_bitmap, bitmap)];
			struct rcu_head rcu;
		};
	};
	const struct ioport_file *file;
	struct list_head node;
	struct list_head round;
};

struct batch;
struct on_close;

/* Longest name of a device, "ioport-" included, and text of a window's ports, with the zero. */
#define IOPORT_NAME_BYTES 40
#define IOPORT_LIST_BYTES 256

/**
 * struct ioport_policy - which ports the files of one device may use
 * @refs: One for the device while it is there, one for each of its open files.
 * @minor: Its number.
 * @name: The device's name: "ioport", or "ioport-" and that of a window.
 * @ports: For a window, @allow as text.
 * @allow: The set of ports on offer.
 * @forbidden: A map of what no file may use: all but @allow, and what is denied to
 *	every device.
 * @busy_allow: Ports that drivers hold may be used.
 *
 * From @ports on guarded by ioport_policy_sem, the rest does not change.
 */
struct ioport_policy {
	struct kref refs;
	unsigned int minor;
	char name[IOPORT_NAME_BYTES];
	char ports[IOPORT_LIST_BYTES];
	unsigned long allow[IOPORT_LONGS];
	unsigned long forbidden[IOPORT_LONGS];
	bool busy_allow;
};

/**
 * struct ioport_file - an open file description of a device
 * @policy: Which ports it may use. The file has a reference; never changes.
 * @lock: Guards everything here but @policy and @node, and the maps' contents.
 * @node: In the list of open files; guarded by ioport_files_lock.
 * @map: The file's own map; NULL until first needed. ioport_map_serves() looks at it
 *	without the lock.
 * @copies: The private copies of threads (struct port_map.node).
 * @nr_copies: Their number.
 * @sweep_at: Number of copies at which those without a user are looked for.
 * @limit: The limit as a map; NULL while it is everything. A trace event looks at it
 *	without the lock; freed by release.
 * @held: The set of ports that this file has reserved; NULL until first needed.
 *	Covers every open port of the maps, and @ready, while busy=deny.
 * @alone: The set of ports that this file has claimed for itself, a part of @held
 *	whatever busy says; NULL until the first claim. Also guarded by claim_lock.
 * @ready: The set of ports that read() and write() may use without asking any
 *	further: within policy and limit, and reserved while busy=deny. Bits are
 *	set and cleared under @lock, tested under RCU alone; whoever clears some
 *	waits for a grace period, so that no transfer is under way when the call
 *	that took the port away returns. NULL until first needed, freed by release.
 * @spare: Room for a batch, kept from the last one; taken and put by xchg() alone.
 * @slack: Ports may be reserved that are not in use any more (file.c gives them back).
 * @on_close: What is written when the file is closed; NULL for nothing.
 * @taken: Counts how often bits of @ready were cleared; read under RCU alone. A
 *	batch that finds it unchanged need not look at @ready again.
 */
struct ioport_file {
	struct ioport_policy *policy;
	struct mutex lock;
	struct list_head node;
	struct port_map *map;
	struct list_head copies;
	unsigned int nr_copies;
	unsigned int sweep_at;
	unsigned long *limit;
	unsigned long *held;
	unsigned long *alone;
	unsigned long *ready;
	struct batch *spare;
	bool slack;
	struct on_close *on_close;
	unsigned int taken;
};

/* map.c: the bitmaps that the hardware reads */
#ifdef CONFIG_X86_IOPL_IOPERM
#define IOPORT_HAVE_BITMAP 1
#else
#define IOPORT_HAVE_BITMAP 0
#endif

/**
 * enum ioport_standing - what gives the calling thread its ports
 * @STANDING_NONE: Nothing, or a map whose file is gone.
 * @STANDING_THIS: A map of the file that asks.
 * @STANDING_OTHER: A map of another open file.
 * @STANDING_KERNEL: ioperm() or iopl().
 */
enum ioport_standing {
	STANDING_NONE,
	STANDING_THIS,
	STANDING_OTHER,
	STANDING_KERNEL,
};

/* Most maps that one cross-CPU call covers. */
#define IOPORT_ROUND_MAPS 64

/**
 * struct ioport_round - edits that are to reach all CPUs by one cross-CPU call
 * @maps: The maps that were changed while other threads use them.
 * @count: Their number.
 * @mark: Bits that the maps' new sequence numbers get (map.c).
 *
 * Lives on the stack of the thread that edits.
 */
struct ioport_round {
	struct list_head maps;
	unsigned int count;
	u64 mark;
};

void ioport_map_init(void);
struct port_map *ioport_map_alloc(const struct ioport_file *f, const struct port_map *from);
void ioport_map_put(struct port_map *map);

enum ioport_standing ioport_map_standing(const struct ioport_file *f, struct port_map **map);
bool ioport_map_serves(struct ioport_file *f, struct ports p);
bool ioport_map_alone(const struct port_map *map);
bool ioport_map_unused(const struct port_map *map);
bool ioport_map_has_open(const struct port_map *map, struct ports p);
bool ioport_map_empty(const struct port_map *map);
void ioport_map_compare(const struct port_map *map, const unsigned long *bits,
			unsigned long *words);

void ioport_map_attach(struct port_map *map);
void ioport_map_detach(void);

void ioport_map_open(struct port_map *map, struct ports p);
bool ioport_map_open_word(struct port_map *map, unsigned int w, unsigned long bits);
void ioport_map_assign(struct port_map *map, const unsigned long *bits, const unsigned long *words);

bool ioport_map_close_word(struct port_map *map, unsigned int w, unsigned long bits);
void ioport_round_start(struct ioport_round *round);
void ioport_map_close(struct port_map *map, struct ports p, struct ioport_round *round);
void ioport_map_confine(struct port_map *map, const unsigned long *mask,
			struct ioport_round *round);
void ioport_map_retire(struct port_map *map, struct ioport_round *round);
void ioport_round_finish(struct ioport_round *round);

/* hook.c: ioperm() leaves the map */
int ioport_hook_init(void);
void ioport_hook_exit(void);

/* file.c: open files and what they may use */
extern struct mutex ioport_files_lock;
extern struct list_head ioport_files;

struct ioport_file *ioport_file_new(struct ioport_policy *policy);
void ioport_file_free(struct ioport_file *f);
int ioport_file_limit(struct ioport_file *f, const unsigned long *bits);
int ioport_file_prepare(struct ioport_file *f, struct ports p);
int ioport_file_claim(struct ioport_file *f, struct ports p);
int ioport_file_release(struct ioport_file *f, struct ports p);
int ioport_file_check(struct ioport_file *f, struct ports p, unsigned int *port,
		      enum ioport_reason *reason);
void ioport_file_exit(void);
bool ioport_file_take(struct ioport_file *f);
bool ioport_file_reclaim(struct ioport_file *f);
void ioport_file_give_back(struct ioport_file *f);

/* With the locks of ioport_file_lock() held: */
int ioport_file_lock(struct ioport_file *f);
void ioport_file_unlock(struct ioport_file *f);
int ioport_file_allowed(const struct ioport_file *f, struct ports p);
bool ioport_file_may_use(const struct ioport_file *f, struct ports p);
void ioport_file_unclaim_unused(struct ioport_file *f, struct ports p);
void ioport_file_unclaim_later(struct ioport_file *f);
bool ioport_take_run(unsigned long *bits, unsigned int w, struct ports *run);

/* windows.c: the maps of an open file */
int ioport_file_grant(struct ioport_file *f, struct ports p);
int ioport_file_grant_thread(struct ioport_file *f, struct ports p);
int ioport_file_revoke(struct ioport_file *f, struct ports p);
int ioport_file_revoke_thread(struct ioport_file *f, struct ports p);
int ioport_file_set_map(struct ioport_file *f, const unsigned long *bits);
int ioport_file_set_map_thread(struct ioport_file *f, const unsigned long *bits);
int ioport_file_get_map(struct ioport_file *f, enum ioport_which which, unsigned long *bits);
int ioport_file_attach(struct ioport_file *f, bool replace);
int ioport_file_detach(struct ioport_file *f);

/* With the file's lock held: */
unsigned long ioport_file_open_word(const struct ioport_file *f, unsigned int w);
bool ioport_file_has_open(const struct ioport_file *f, struct ports p);
void ioport_file_close_ports(struct ioport_file *f, struct ports p);
void ioport_file_confine_maps(struct ioport_file *f, const unsigned long *mask);
void ioport_file_close_maps(struct ioport_file *f);

/* policy.c: what the administrator allows */
extern struct rw_semaphore ioport_policy_sem;
extern struct ioport_policy ioport_general;
extern bool ioport_log_denials;
extern u64 ioport_blocked;

int ioport_direct_ask(void);

/* Ports in word @w that a file may not use. */
static inline unsigned long ioport_file_forbidden(const struct ioport_file *f, unsigned int w)
{
	return READ_ONCE(f->policy->forbidden[w]) | (f->limit ? f->limit[w] : 0);
}

/**
 * ioport_direct_permitted - may the calling thread have direct access at all?
 *
 * Return: 0, -EOPNOTSUPP or -EPERM.
 */
static inline int ioport_direct_permitted(void)
{
	return likely(!ioport_blocked) ? 0 : ioport_direct_ask();
}

int ioport_policy_init(void);
void ioport_policy_exit(void);
struct ioport_policy *ioport_policy_new(const char *name);
int ioport_policy_start(struct ioport_policy *policy);
void ioport_policy_set(struct ioport_policy *policy, const unsigned long *allow, const char *ports,
		       bool busy_allow);
void ioport_policy_end(struct ioport_policy *policy);
struct ioport_policy *ioport_policy_get(unsigned int minor);
void ioport_policy_put(struct ioport_policy *policy);
void ioport_policy_ports_gone(struct ports p);
void ioport_policy_ports_back(void);
void ioport_policy_no_hook(int err);
u64 ioport_direct_blocked(void);

/* portlist.c: lists of ports as text */
int ioport_parse_list(const char *text, unsigned long *set, const char **bad, size_t *bad_len);
int ioport_print_list(const unsigned long *set, char *text, size_t size);

/* named.c: windows by name, in configfs */
#if IS_ENABLED(CONFIG_CONFIGFS_FS) && !defined(IOPORT_NO_WINDOWS)
#define IOPORT_HAVE_WINDOWS 1
#else
#define IOPORT_HAVE_WINDOWS 0
#endif

int ioport_named_init(void);
void ioport_named_open(void);
void ioport_named_exit(void);

/* main.c */
struct device *ioport_device_add(struct ioport_policy *policy);

/* claim.c: reservations in /proc/ioports */
int ioport_claim(struct ioport_file *f, struct ports p, unsigned int *bad);
int ioport_claim_until(struct ioport_file *f, struct ports p, unsigned int *bad);
bool ioport_must_claim(const struct ioport_file *f);
void ioport_claim_begin(void);
void ioport_claim_end(void);
int ioport_claim_prepare(struct ioport_file *f);
int ioport_claim_alone(struct ioport_file *f, struct ports p);
void ioport_share(struct ioport_file *f, struct ports p);
void ioport_share_closed(struct ioport_file *f, const unsigned long *map);
void ioport_unclaim(struct ioport_file *f, struct ports p);
bool ioport_is_anothers(const struct ioport_file *f, struct ports p);
bool ioport_holds(const struct ioport_file *f, struct ports p);
void ioport_claim_take_out(struct resource *res, bool always);
void ioport_claim_exit(void);

/* Most operations of a batch, and bytes that its INS and OUTS move. */
#define IOPORT_MAX_OPS 4096
#define IOPORT_MAX_DATA (256 * 1024)
/* Longest that an ATOMIC batch may keep others waiting by its delays. */
#define IOPORT_MAX_ATOMIC_NS (NSEC_PER_SEC)
/* Most operations at the last close. */
#define IOPORT_MAX_ON_CLOSE 256

/* pci.c, platform.c: devices that come and go */
int ioport_pci_init(void);
void ioport_pci_exit(void);
int ioport_platform_init(void);
void ioport_platform_exit(void);

/* Single accesses; inline for the sake of what runs for each of them. */

/**
 * ioport_is_ready - may these ports be used without asking any further?
 * @f: The file.
 * @p: The ports of one access, at most 4.
 *
 * Under RCU (or with preemption off) where the access follows: who takes a port away
 * clears its bit, then waits for a grace period.
 */
static inline bool ioport_is_ready(const struct ioport_file *f, struct ports p)
{
	const unsigned long *ready = smp_load_acquire(&f->ready); /* pairs with alloc_bits() */
	unsigned int w = p.first / BITS_PER_LONG, shift = p.first % BITS_PER_LONG;
	unsigned long bits, wanted = BIT(p.last - p.first + 1) - 1;

	if (!ready)
		return false;
	bits = READ_ONCE(ready[w]) >> shift;
	if (p.last / BITS_PER_LONG != w)
		bits |= READ_ONCE(ready[w + 1]) << (BITS_PER_LONG - shift);
	return (bits & wanted) == wanted;
}

static inline u32 ioport_in(unsigned int port, unsigned int width)
{
	switch (width) {
	case 1:
		return inb(port);
	case 2:
		return inw(port);
	default:
		return inl(port);
	}
}

static inline void ioport_out(unsigned int port, unsigned int width, u32 value)
{
	switch (width) {
	case 1:
		outb(value, port);
		break;
	case 2:
		outw(value, port);
		break;
	default:
		outl(value, port);
		break;
	}
}

/* batch.c, batch-check.c: many at once */
bool ioport_op_is_valid(const struct ioport_op *op);
int ioport_batch(struct file *file, struct ioport_xfer *xfer);
void ioport_batch_free(struct batch *b);

/* onclose.c: what is done when the file is closed */
int ioport_on_close(struct file *file, struct ioport_xfer *xfer);
void ioport_on_close_run(struct ioport_file *f);
int ioport_on_close_init(void);
void ioport_on_close_exit(void);

/* transfer.c, ioctl.c: the file operations */
ssize_t ioport_read(struct file *file, char __user *buf, size_t count, loff_t *pos);
ssize_t ioport_write(struct file *file, const char __user *buf, size_t count, loff_t *pos);
long ioport_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* Test-only: widens a race window; nothing at all in a normal build. */
#ifdef IOPORT_DEBUG
extern unsigned int ioport_debug_delay_us;
#include <linux/delay.h>
#define ioport_debug_delay() udelay(ioport_debug_delay_us)
#else
#define ioport_debug_delay() \
	do {                 \
	} while (0)
#endif

#endif
