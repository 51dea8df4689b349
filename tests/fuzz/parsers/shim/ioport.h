/* SPDX-License-Identifier: GPL-2.0-only */
/* What module/portlist.c needs of the kernel, so that it can be built as it is. */
#ifndef IOPORT_SHIM_H
#define IOPORT_SHIM_H

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define IOPORT_PORTS 65536
#define BITS_PER_LONG (8 * sizeof(long))
#define IOPORT_LONGS (IOPORT_PORTS / BITS_PER_LONG)

struct ports {
	unsigned int first;
	unsigned int last;
};

static inline struct ports ports(unsigned int first, unsigned int count)
{
	return (struct ports){ first, first + count - 1 };
}

static inline void bitmap_zero(unsigned long *set, unsigned int bits)
{
	memset(set, 0, bits / 8);
}

/* The kernel's does not look where it writes, nor does this one. */
static inline void bitmap_set(unsigned long *set, unsigned int first, unsigned int count)
{
	for (; count--; first++)
		set[first / BITS_PER_LONG] |= 1UL << first % BITS_PER_LONG;
}

/* The first one from @bit on that is @value; @bits if there is none. */
static inline unsigned int shim_find(const unsigned long *set, unsigned int bits, unsigned int bit,
				     unsigned long value)
{
	while (bit < bits && (set[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1) != value)
		bit++;
	return bit;
}

#define find_next_bit(set, bits, bit) shim_find(set, bits, bit, 1)
#define find_next_zero_bit(set, bits, bit) shim_find(set, bits, bit, 0)

/* A newline may end the number, and 0x stand before it; no sign here. */
static inline int kstrtouint(const char *text, unsigned int base, unsigned int *value)
{
	unsigned long long number = 0;
	const char *start;

	if (base == 16 && !strncasecmp(text, "0x", 2))
		text += 2;
	for (start = text; isxdigit((unsigned char)*text); text++) {
		unsigned int digit = isdigit((unsigned char)*text)
					     ? (unsigned int)(*text - '0')
					     : (unsigned int)((*text | 0x20) - 'a' + 10);

		if (digit >= base)
			break;
		number = number * base + digit;
		if (number > UINT_MAX)
			return -ERANGE;
	}
	if (text == start)
		return -EINVAL;
	text += *text == '\n';
	if (*text)
		return -EINVAL;
	*value = (unsigned int)number;
	return 0;
}

int ioport_parse_list(const char *text, unsigned long *set, const char **bad, size_t *bad_len);
int ioport_print_list(const unsigned long *set, char *text, size_t size);

#endif
