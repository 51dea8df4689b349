// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of ports as text, as the parameters allow and deny, and windows, have them:
 *
 *	list  = "" | token { separator token }
 *	token = PORT | FIRST "-" LAST | FIRST "+" COUNT | "all" | "none"
 *
 * Numbers are decimal, or hexadecimal with 0x. Separators are commas and white
 * space.
 */
#include "ioport.h"

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/string.h>

/* Longest token: "0x0000-0xffff" and then some. */
#define TOKEN_MAX 31

static const char separators[] = ", \t\n";

static int parse_number(const char *text, unsigned int *value)
{
	/* kstrtouint() would take a sign too. */
	if (!isdigit(*text))
		return -EINVAL;
	return kstrtouint(text, strncasecmp(text, "0x", 2) ? 10 : 16, value);
}

static int parse_token(char *token, struct ports *p)
{
	size_t len = strcspn(token, "-+");
	char sign = token[len];
	unsigned int number;
	int err;

	token[len] = '\0';
	err = parse_number(token, &p->first);
	if (err)
		return err;
	number = p->first;
	if (sign)
		err = parse_number(token + len + 1, &number);
	if (err)
		return err;
	if (sign == '+') {
		if (!number || number > IOPORT_PORTS)
			return -EINVAL;
		number += p->first - 1;
	}
	p->last = number;
	return p->first <= p->last && p->last < IOPORT_PORTS ? 0 : -EINVAL;
}

/**
 * ioport_parse_list - turn a list of ports into a set
 * @text: The list.
 * @set: Where to store the set, IOPORT_LONGS long.
 * @bad: On error, the token that is wrong, within @text.
 * @bad_len: On error, its length.
 *
 * Return: 0, or -EINVAL with @set undefined.
 */
int ioport_parse_list(const char *text, unsigned long *set, const char **bad, size_t *bad_len)
{
	char token[TOKEN_MAX + 1];
	struct ports p;
	size_t len;

	bitmap_zero(set, IOPORT_PORTS);
	for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
		len = strcspn(text, separators);
		*bad = text;
		*bad_len = len;
		if (len > TOKEN_MAX)
			return -EINVAL;
		memcpy(token, text, len);
		token[len] = '\0';
		text += len;
		if (!strcmp(token, "none"))
			continue;
		if (!strcmp(token, "all"))
			p = ports(0, IOPORT_PORTS);
		else if (parse_token(token, &p))
			return -EINVAL;
		bitmap_set(set, p.first, p.last - p.first + 1);
	}
	return 0;
}

/**
 * ioport_print_list - turn a set into a list of ports
 * @set: The set.
 * @text: Where to store the list: 0x378-0x37f,0x778, the empty string for no port.
 * @size: Room there.
 *
 * Return: 0, or -E2BIG where it does not fit.
 */
int ioport_print_list(const unsigned long *set, char *text, size_t size)
{
	unsigned int first = 0, end;
	size_t len = 0;

	text[0] = '\0';
	for (;;) {
		first = find_next_bit(set, IOPORT_PORTS, first);
		if (first >= IOPORT_PORTS)
			return 0;
		end = find_next_zero_bit(set, IOPORT_PORTS, first);
		len += snprintf(text + len, size - len, "%s0x%x", len ? "," : "", first);
		if (len < size && end > first + 1)
			len += snprintf(text + len, size - len, "-0x%x", end - 1);
		if (len >= size)
			return -E2BIG;
		first = end;
	}
}
