// SPDX-License-Identifier: GPL-2.0-only
/* The text of a batch. What comes of it must be fit for the module. */
#include "fuzz.h"
#include "script.h"

static void check_op(const struct script_op *op, unsigned int last_line)
{
	uint64_t most = op->width == 4 ? UINT32_MAX : (1ULL << 8 * op->width) - 1;

	fuzz_check(op->code >= IOPORT_OP_IN && op->code <= IOPORT_OP_OUTS, "no such operation");
	fuzz_check(op->line > last_line || !last_line, "two operations in one line");
	if (op->code == IOPORT_OP_DELAY) {
		fuzz_check(!op->width && !op->port, "a delay with a port");
		return;
	}
	fuzz_check(op->width == 1 || op->width == 2 || op->width == 4, "no such width");
	fuzz_check(op->port + op->width <= 65536, "past the last port");
	fuzz_check(op->value <= most && op->mask <= most, "does not fit");
	if (op->code == IOPORT_OP_MODIFY || op->code == IOPORT_OP_WAIT)
		fuzz_check(!(op->value & ~op->mask), "value beyond the mask");
	if (op->code == IOPORT_OP_INS || op->code == IOPORT_OP_OUTS)
		fuzz_check(op->count && op->count <= SCRIPT_MAX_ITEMS, "no items, or too many");
	fuzz_check(!op->data == (op->code != IOPORT_OP_OUTS), "data where none belongs");
	for (size_t i = 0; op->data && i < (size_t)op->count * op->width; i++)
		*(volatile uint8_t *)&op->data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script_error error = { 0 };
	struct script script;
	char *text = malloc(size ? size : 1);

	if (!text)
		abort();
	/* No closing 0: the parser must not need one. */
	memcpy(text, data, size);
	if (!script_parse(text, size, &script, &error)) {
		fuzz_check(!script.ops && !script.count, "a bad text that left operations");
		fuzz_check(error.line && error.column && error.why[0], "no reason");
		fuzz_check(memchr(error.word, 0, sizeof(error.word)), "the word has no end");
		fuzz_check(memchr(error.why, 0, sizeof(error.why)), "the reason has no end");
	}
	for (size_t i = 0; i < script.count; i++)
		check_op(&script.ops[i], i ? script.ops[i - 1].line : 0);
	script_free(&script);
	free(text);
	return 0;
}
