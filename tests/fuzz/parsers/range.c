// SPDX-License-Identifier: GPL-2.0-only
/* Ranges and numbers as ioportctl takes them, by the sources that it is built from. */
#include "ctl.h"
#include "fuzz.h"

static void check_number(const char *text)
{
	char printed[16];
	uint32_t value, again;

	if (!parse_number(text, &value))
		return;
	snprintf(printed, sizeof(printed), "%u", value);
	fuzz_check(parse_number(printed, &again) && again == value, "decimal differs");
	snprintf(printed, sizeof(printed), "0x%x", value);
	fuzz_check(parse_number(printed, &again) && again == value, "hexadecimal differs");
	for (unsigned int bits = 8; bits <= 32; bits *= 2)
		fuzz_check(parse_value(text, bits, &again) == (bits == 32 || !(value >> bits)),
			   "a value is taken that does not fit, or is not taken");
}

static void check_range(const char *text)
{
	struct range range, again;
	uint32_t port;

	if (!parse_range(text, &range))
		return;
	fuzz_check(range.count && range.first < IOPORT_PORTS &&
			   range.count <= IOPORT_PORTS - range.first,
		   "a range that is none");
	fuzz_check(parse_range(range_text(range.first, range.count), &again) &&
			   again.first == range.first && again.count == range.count,
		   "not the same when written out");
	for (unsigned int bits = 8; bits <= 32; bits *= 2)
		fuzz_check(parse_port(text, bits, &port) ==
				   (range.count == 1 && range.first + bits / 8 <= IOPORT_PORTS),
			   "one port is more than one");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_number(text);
	check_range(text);
	free(text);
	return 0;
}
