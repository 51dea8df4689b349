/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of a batch: one operation a line. Text goes in; operations come out, or
 * the place of the first mistake. Nothing else is looked at, and nothing printed.
 */
#ifndef IOPORT_SCRIPT_H
#define IOPORT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ioport_dev.h>

/* Most operations, and items of one ins or outs; the module takes fewer in a batch. */
#define SCRIPT_MAX_OPS (1U << 14)
#define SCRIPT_MAX_ITEMS (1U << 20)

/**
 * struct script_op - one operation
 * @code: What it does.
 * @width: Bytes of one access, 1, 2 or 4; 0 for a delay.
 * @port: The port.
 * @value: For out, modify and wait.
 * @mask: For modify and wait.
 * @time: In ns, for a delay, and the timeout of a wait.
 * @poll: In ns, the pause between two looks of a wait.
 * @count: Items of an ins or outs.
 * @data: What an outs writes, @count * @width bytes; NULL for others.
 * @label: What its result is called; NULL where it has no name.
 * @line: Where it stands, from 1.
 */
struct script_op {
	enum ioport_op_code code;
	unsigned int width;
	uint16_t port;
	uint32_t value;
	uint32_t mask;
	uint64_t time;
	uint64_t poll;
	uint32_t count;
	uint8_t *data;
	char *label;
	unsigned int line;
};

struct script {
	struct script_op *ops;
	size_t count;
};

/**
 * struct script_error - the first mistake
 * @line: Its line, from 1.
 * @column: Where in it the word begins, in bytes from 1.
 * @word: The word, cut where it is long.
 * @why: What is wrong with it.
 */
struct script_error {
	unsigned int line;
	unsigned int column;
	char word[40];
	char why[96];
};

/*
 * Parses @length bytes, which need no closing 0. False: @error says why, and the
 * script is empty; out of memory is an error too. Else script_free() it.
 */
bool script_parse(const char *text, size_t length, struct script *script,
		  struct script_error *error);
void script_free(struct script *script);

#endif
