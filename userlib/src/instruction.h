/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One in or out instruction, if a word in memory says that it may be done, such
 * that nobody who changes that word and then calls instruction_barrier() can
 * see the instruction done afterwards.
 *
 * A look followed by an instruction is not enough: the thread can be preempted
 * between the two for any length of time, and the port be closed meanwhile. So
 * the two form a restartable sequence (rseq(2)): when the thread is preempted,
 * or gets a signal, between the two, the kernel sends it back to the look, and
 * membarrier(2) does so to all threads of the process at once. The instruction
 * is the last of the sequence, so it is never done twice. Nothing is counted
 * or locked, so a thread that leaves by siglongjmp() leaves nothing behind.
 *
 * Where there are no restartable sequences, a thread that is the only one has
 * nobody to fear, and one that is not gets no instruction.
 */
#ifndef IOPORT_INSTRUCTION_H
#define IOPORT_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define HAVE_RESTART 1
#else
#define HAVE_RESTART 0
#endif

/* The instruction may be done while (*@word & @mask) == @want. */
struct gate {
	const void *word;
	uint32_t mask;
	uint32_t want;
};

enum instruction {
	IN8,
	IN16,
	IN32,
	OUT8,
	OUT16,
	OUT32
};

/* From glibc 2.32 and 2.35; absent elsewhere. */
extern char __libc_single_threaded __attribute__((weak));
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

/* True once, for the life of the process, if other threads can be interrupted. */
bool instruction_can_restart(void);

/* No thread is between its look and its instruction any more when this returns. */
void instruction_barrier(bool restartable);

static inline bool single_threaded(void)
{
	return &__libc_single_threaded && __libc_single_threaded;
}

/* struct rseq of <linux/rseq.h>, as much as is needed of it. */
struct restart {
	uint32_t cpu_id_start;
	int32_t cpu_id; /* negative: this thread is not registered */
	uint64_t sequence;
};

#if HAVE_RESTART

/* Only where instruction_can_restart(). */
static inline struct restart *this_restart(void)
{
	char *thread;

	__asm__("movq %%fs:0, %0" : "=r"(thread));
	return (struct restart *)(thread + __rseq_offset);
}

/*
 * 3: describes the sequence from 1: to 2: to the kernel; 4: is where it starts
 * again, which must be preceded by the signature that glibc registered. The
 * description's address is taken back at 6:, as it may be unmapped one day.
 */
#define RESTARTABLE(insn, gate, restart, port, value, tmp, done)                          \
	__asm__ volatile(".pushsection __ioport_rseq, \"aw\"\n\t"                         \
			 ".balign 32\n"                                                   \
			 "3:	.long 0, 0\n\t"                                              \
			 ".quad 1f, 2f - 1f, 4f\n\t"                                      \
			 ".popsection\n"                                                  \
			 "0:	leaq 3b(%%rip), %[scratch]\n\t"                              \
			 "movq %[scratch], 8(%[rseq])\n"                                  \
			 "1:	movl (%[word]), %k[scratch]\n\t"                             \
			 "andl %[mask], %k[scratch]\n\t"                                  \
			 "cmpl %[want], %k[scratch]\n\t"                                  \
			 "jne 5f\n\t" insn "\n"                                           \
			 "2:	movb $1, %[ok]\n"                                            \
			 "6:	movq $0, 8(%[rseq])\n\t"                                     \
			 ".pushsection .text.ioport_restart, \"ax\"\n\t"                  \
			 ".byte 0x0f, 0xb9, 0x3d\n\t"                                     \
			 ".long 0x53053053\n"                                             \
			 "4:	jmp 0b\n"                                                    \
			 "5:	movb $0, %[ok]\n\t"                                          \
			 "jmp 6b\n\t"                                                     \
			 ".popsection"                                                    \
			 : "+&a"(value), [ok] "=&q"(done), [scratch] "=&r"(tmp)           \
			 : "d"(port), [word] "r"((gate)->word), [mask] "r"((gate)->mask), \
			   [want] "r"((gate)->want), [rseq] "r"(restart)                  \
			 : "memory", "cc")

static inline __attribute__((always_inline)) bool
do_restartable(enum instruction insn, const struct gate *gate, uint16_t port, uint32_t *value)
{
	struct restart *restart = this_restart();
	uint64_t tmp;
	bool done;

	if (restart->cpu_id < 0)
		return false;
	switch (insn) {
	case IN8:
		RESTARTABLE("inb %%dx, %%al", gate, restart, port, *value, tmp, done);
		return done;
	case IN16:
		RESTARTABLE("inw %%dx, %%ax", gate, restart, port, *value, tmp, done);
		return done;
	case IN32:
		RESTARTABLE("inl %%dx, %%eax", gate, restart, port, *value, tmp, done);
		return done;
	case OUT8:
		RESTARTABLE("outb %%al, %%dx", gate, restart, port, *value, tmp, done);
		return done;
	case OUT16:
		RESTARTABLE("outw %%ax, %%dx", gate, restart, port, *value, tmp, done);
		return done;
	case OUT32:
		RESTARTABLE("outl %%eax, %%dx", gate, restart, port, *value, tmp, done);
		return done;
	}
	return false;
}

static inline bool this_thread_can_restart(void)
{
	return this_restart()->cpu_id >= 0;
}

#else

static inline bool do_restartable(enum instruction insn, const struct gate *gate, uint16_t port,
				  uint32_t *value)
{
	(void)insn, (void)gate, (void)port, (void)value;
	return false;
}

static inline bool this_thread_can_restart(void)
{
	return false;
}

#endif

static inline bool gate_is_open(const struct gate *gate)
{
	uint32_t word;

	__builtin_memcpy(&word, gate->word, sizeof(word));
	return (word & gate->mask) == gate->want;
}

static inline __attribute__((always_inline)) bool
do_alone(enum instruction insn, const struct gate *gate, uint16_t port, uint32_t *value)
{
	if (!single_threaded() || !gate_is_open(gate))
		return false;
	switch (insn) {
	case IN8:
		__asm__ volatile("inb %%dx, %%al" : "+a"(*value) : "d"(port) : "memory");
		return true;
	case IN16:
		__asm__ volatile("inw %%dx, %%ax" : "+a"(*value) : "d"(port) : "memory");
		return true;
	case IN32:
		__asm__ volatile("inl %%dx, %%eax" : "+a"(*value) : "d"(port) : "memory");
		return true;
	case OUT8:
		__asm__ volatile("outb %%al, %%dx" : "+a"(*value) : "d"(port) : "memory");
		return true;
	case OUT16:
		__asm__ volatile("outw %%ax, %%dx" : "+a"(*value) : "d"(port) : "memory");
		return true;
	case OUT32:
		__asm__ volatile("outl %%eax, %%dx" : "+a"(*value) : "d"(port) : "memory");
		return true;
	}
	return false;
}

/* Does the instruction if @gate is open and stays so; says whether it did. */
static inline __attribute__((always_inline)) bool instruction_do(bool restartable,
								 enum instruction insn,
								 const struct gate *gate,
								 uint16_t port, uint32_t *value)
{
	if (restartable)
		return do_restartable(insn, gate, port, value);
	return do_alone(insn, gate, port, value);
}

/* Would it, as far as the thread is concerned? */
static inline bool instruction_possible(bool restartable)
{
	return restartable ? this_thread_can_restart() : single_threaded();
}

#endif
