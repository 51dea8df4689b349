// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl.h"

bool parse_number(const char *text, uint32_t *value)
{
	const char *digits = "0123456789";
	unsigned long long number;
	int base = 10;

	if (!strncasecmp(text, "0x", 2)) {
		digits = "0123456789abcdefABCDEF";
		base = 16;
		text += 2;
	} else if (!strncasecmp(text, "0b", 2)) {
		digits = "01";
		base = 2;
		text += 2;
	}
	if (!*text || text[strspn(text, digits)])
		return false;
	errno = 0;
	number = strtoull(text, NULL, base);
	if (errno || number > UINT32_MAX)
		return false;
	*value = (uint32_t)number;
	return true;
}

bool parse_value(const char *text, unsigned int bits, uint32_t *value)
{
	if (!parse_number(text, value)) {
		complain("'%s' is not a number (decimal, 0x55 or 0b1010) of up to %u bits", text,
			 bits);
		return false;
	}
	if (bits < 32 && *value >> bits) {
		complain("'%s' does not fit in %u bits", text, bits);
		return false;
	}
	return true;
}
