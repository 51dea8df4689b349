// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of ports as the module parses them, beside a parser that is as plain as can
 * be; and what a list says must be the same when it is written out and parsed again.
 */
#include <stdbool.h>
#include <stdio.h>

#include "ioport.h"
#include "fuzz.h"

static bool is_separator(char c)
{
	return c && strchr(", \t\n", c);
}

/* The number at the start of @text; where it ends, or NULL. */
static const char *plain_number(const char *text, const char *end, uint64_t *value)
{
	unsigned int base = end - text > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10;
	const char *digits = "0123456789abcdef", *digit, *start;

	*value = 0;
	text += base == 16 ? 2 : 0;
	for (start = text; text < end; text++) {
		digit = memchr(digits, *text >= 'A' && *text <= 'F' ? *text | 0x20 : *text, base);
		if (!digit)
			break;
		if (*value <= UINT32_MAX)
			*value = *value * base + (uint64_t)(digit - digits);
	}
	return text == start || *value > UINT32_MAX ? NULL : text;
}

static bool plain_token(const char *text, const char *end, unsigned char *set)
{
	uint64_t first, second, port;
	const char *at;

	if (end - text == 4 && !memcmp(text, "none", 4))
		return true;
	if (end - text == 3 && !memcmp(text, "all", 3)) {
		memset(set, 1, IOPORT_PORTS);
		return true;
	}
	if (end - text > 31)
		return false;
	at = plain_number(text, end, &first);
	if (!at)
		return false;
	second = first;
	if (at < end) {
		char sign = *at++;

		if (at == end || (sign != '-' && sign != '+'))
			return false;
		at = plain_number(at, end, &second);
		if (at != end)
			return false;
		if (sign == '+' && !second)
			return false;
		second += sign == '+' ? first - 1 : 0;
	}
	if (first > second || second >= IOPORT_PORTS)
		return false;
	for (port = first; port <= second; port++)
		set[port] = 1;
	return true;
}

static bool plain_parse(const char *text, unsigned char *set)
{
	const char *end;

	memset(set, 0, IOPORT_PORTS);
	for (;;) {
		while (is_separator(*text))
			text++;
		if (!*text)
			return true;
		for (end = text; *end && !is_separator(*end);)
			end++;
		if (!plain_token(text, end, set))
			return false;
		text = end;
	}
}

static bool member(const unsigned long *set, unsigned int port)
{
	return set[port / BITS_PER_LONG] >> port % BITS_PER_LONG & 1;
}

/* As the module writes it; too little room must be noticed, at every length. */
static void print_set(const unsigned long *set, char *text, size_t size)
{
	char *whole = NULL;
	size_t room;

	fuzz_check(!ioport_print_list(set, text, size), "does not fit where it must");
	for (room = 1; room <= 32; room++) {
		whole = realloc(whole, room);
		if (!whole)
			abort();
		fuzz_check(!ioport_print_list(set, whole, room) == (strlen(text) < room),
			   "fits, or does not, against its length");
	}
	free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned long set[IOPORT_LONGS], again[IOPORT_LONGS];
	static unsigned char plain[IOPORT_PORTS];
	static char printed[IOPORT_PORTS * 8 + 1];
	char *text = fuzz_text(data, size);
	const char *bad;
	size_t bad_len;
	int err = ioport_parse_list(text, set, &bad, &bad_len);

	fuzz_check(!err == plain_parse(text, plain),
		   "the two parsers differ about whether it is a list");
	if (err) {
		fuzz_check(bad >= text && bad_len && bad + bad_len <= text + strlen(text),
			   "the wrong word is not in the text");
	} else {
		for (unsigned int port = 0; port < IOPORT_PORTS; port++)
			fuzz_check(member(set, port) == plain[port],
				   "the two parsers differ about a port");
		print_set(set, printed, sizeof(printed));
		fuzz_check(!ioport_parse_list(printed, again, &bad, &bad_len) &&
				   !memcmp(set, again, sizeof(set)),
			   "not the same when written out");
	}
	free(text);
	return 0;
}
