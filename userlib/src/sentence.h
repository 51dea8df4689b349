/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text built piece by piece into a buffer of fixed size, cut where it is full. */
#ifndef IOPORT_SENTENCE_H
#define IOPORT_SENTENCE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct sentence {
	char *buf;
	size_t len;
	size_t used; /* what it would take, the closing 0 byte not counted */
};

__attribute__((format(printf, 2, 3))) static inline void say(struct sentence *s, const char *fmt,
							     ...)
{
	size_t at = s->used < s->len ? s->used : s->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s->buf + at, s->len - at, fmt, ap);
	va_end(ap);
	s->used += n > 0 ? (size_t)n : 0;
}

#endif
