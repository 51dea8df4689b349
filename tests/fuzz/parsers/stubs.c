// SPDX-License-Identifier: GPL-2.0-only
/* What the sources of ioportctl want besides each other: no machine differs in it. */
#include <stdarg.h>

#include "ctl.h"
#include "fuzz.h"

const char *message_prefix = "fuzz";
unsigned int fuzz_complaints;

/* The inputs are many: messages go nowhere, but are made, for the sake of what they print. */
void complain(const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	int len;

	len = snprintf(line, sizeof(line), "%s: ", message_prefix);
	va_start(ap, fmt);
	if (len > 0 && (size_t)len < sizeof(line))
		vsnprintf(line + len, sizeof(line) - (size_t)len, fmt, ap);
	va_end(ap);
	fuzz_complaints++;
}

/* Names are looked up in a list that stays the same. */
bool owners_load(struct owners *owners)
{
	static struct owner list[] = {
		{ 0x378, 0x37a, "parport0" }, { 0x60, 0x60, "keyboard" },
		{ 0x64, 0x64, "keyboard" },   { 0xffff, 0x1ffff, "wide" },
		{ 0x3f8, 0x3ff, "serial" },   { 0x3f8, 0x3ff, "serial" },
	};

	*owners = (struct owners){ list, sizeof(list) / sizeof(list[0]), false };
	return true;
}

void owners_free(struct owners *owners)
{
	(void)owners;
}
