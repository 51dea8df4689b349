// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The parser of batches. A line is
 *
 *	[LABEL =] OPERATION WORD...
 *
 * and a # begins a comment. A line is cut into words first; each operation then
 * takes its words one by one, and none may be left.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "script.h"

#define LABEL_BYTES 64
#define WORD_BYTES 64

struct word {
	const char *text; /* not closed by a 0 */
	size_t length;
	unsigned int column;
};

/* A line on its way: @next is what comes after the words that were taken. */
struct parser {
	const char *line;
	const char *next;
	const char *end;
	unsigned int number;
	struct word last; /* taken last; what a missing word is missing after */
	struct script *script;
	struct script_error *error;
};

__attribute__((format(printf, 3, 4))) static bool fail(struct parser *p, const struct word *word,
						       const char *fmt, ...)
{
	struct script_error *error = p->error;
	size_t at;
	va_list ap;

	error->line = p->number;
	error->column = word->column;
	/* It may be anything, and is shown on somebody's terminal. */
	for (at = 0; at < word->length && at < sizeof(error->word) - 1; at++)
		error->word[at] = isprint((unsigned char)word->text[at]) ? word->text[at] : '?';
	error->word[at] = '\0';
	va_start(ap, fmt);
	vsnprintf(error->why, sizeof(error->why), fmt, ap);
	va_end(ap);
	return false;
}

/* --- Words --------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word, without taking it; an equals sign is a word. False at the end. */
static bool peek(const struct parser *p, struct word *word)
{
	const char *at = p->next;

	while (at < p->end && is_blank(*at))
		at++;
	word->text = at;
	word->column = (unsigned int)(at - p->line) + 1;
	if (at < p->end && *at == '=')
		at++;
	else
		while (at < p->end && !is_blank(*at) && *at != '=')
			at++;
	word->length = (size_t)(at - word->text);
	return word->length > 0;
}

static bool take(struct parser *p, struct word *word)
{
	if (!peek(p, word))
		return false;
	p->next = word->text + word->length;
	p->last = *word;
	return true;
}

/* A word that must be there. */
static bool need(struct parser *p, struct word *word, const char *what)
{
	struct word last = p->last;

	return take(p, word) || fail(p, &last, "%s is missing after it", what);
}

static bool is(const struct word *word, const char *text)
{
	return word->length == strlen(text) && !memcmp(word->text, text, word->length);
}

static bool number(const struct word *word, size_t length, uint32_t *value)
{
	char text[WORD_BYTES];

	if (length >= sizeof(text))
		return false;
	memcpy(text, word->text, length);
	text[length] = '\0';
	/* A 0 inside would hide what follows it. */
	return strlen(text) == length && parse_number(text, value);
}

/* --- What the operations take ---------------------------------------------------- */

static bool parse_port_word(struct parser *p, struct script_op *op)
{
	struct word word;
	uint32_t port;

	if (!need(p, &word, "a port"))
		return false;
	if (!number(&word, word.length, &port) || port >= IOPORT_PORTS)
		return fail(p, &word, "not a port (0 to 0xffff)");
	if (port + op->width > IOPORT_PORTS)
		return fail(p, &word, "%u bits there go past 0xffff, the last port", 8 * op->width);
	op->port = (uint16_t)port;
	return true;
}

static bool value_of(struct parser *p, const struct word *word, unsigned int width, uint32_t *value)
{
	if (!number(word, word->length, value))
		return fail(p, word, "not a number (decimal, 0x55 or 0b1010) of up to 32 bits");
	if (width < 4 && *value >> 8 * width)
		return fail(p, word, "does not fit in %u bits", 8 * width);
	return true;
}

static bool parse_value_word(struct parser *p, unsigned int width, const char *what,
			     uint32_t *value)
{
	struct word word;

	return need(p, &word, what) && value_of(p, &word, width, value);
}

/* A number and its unit, in ns. */
static bool parse_time(struct parser *p, const char *what, uint64_t *time)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "s", 1000000000 },
	};
	struct word word, unit;
	uint32_t n;

	if (!need(p, &word, what))
		return false;
	unit = word;
	while (unit.length && isdigit((unsigned char)*unit.text)) {
		unit.text++;
		unit.length--;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!is(&unit, units[i].name))
			continue;
		if (!number(&word, word.length - unit.length, &n))
			break;
		*time = n * units[i].ns;
		return true;
	}
	return fail(p, &word, "not a time such as 10ms (a whole number and ns, us, ms or s)");
}

/* --- Operations ------------------------------------------------------------------ */

static bool parse_in(struct parser *p, struct script_op *op)
{
	return parse_port_word(p, op);
}

static bool parse_out(struct parser *p, struct script_op *op)
{
	return parse_port_word(p, op) && parse_value_word(p, op->width, "a value", &op->value);
}

static bool parse_delay(struct parser *p, struct script_op *op)
{
	return parse_time(p, "a time", &op->time);
}

/* Bits of what modify and wait have been given. */
enum {
	HAS_MASK = 1,
	HAS_VALUE = 2,
	HAS_TIMEOUT = 4,
	HAS_POLL = 8,
};

/* One pair of a name and what belongs to it; @allowed are the names that may come. */
static bool parse_pair(struct parser *p, struct script_op *op, unsigned int allowed,
		       unsigned int *has)
{
	struct word name;
	unsigned int which;

	take(p, &name);
	which = is(&name, "mask")      ? HAS_MASK
		: is(&name, "value")   ? HAS_VALUE
		: is(&name, "timeout") ? HAS_TIMEOUT
		: is(&name, "poll")    ? HAS_POLL
				       : 0;
	if (!(which & allowed))
		return fail(p, &name, "not expected here");
	if (which & *has)
		return fail(p, &name, "is there twice");
	*has |= which;
	switch (which) {
	case HAS_MASK:
		return parse_value_word(p, op->width, "a value", &op->mask);
	case HAS_VALUE:
		return parse_value_word(p, op->width, "a value", &op->value);
	case HAS_TIMEOUT:
		return parse_time(p, "a time", &op->time);
	default:
		return parse_time(p, "a time", &op->poll);
	}
}

static bool parse_pairs(struct parser *p, struct script_op *op, unsigned int needed,
			unsigned int allowed)
{
	struct word name = p->last, word;
	unsigned int has = 0, missing;

	if (!parse_port_word(p, op))
		return false;
	while (peek(p, &word))
		if (!parse_pair(p, op, allowed, &has))
			return false;
	missing = needed & ~has;
	if (missing)
		return fail(p, &name, "has no %s",
			    missing & HAS_MASK	  ? "mask"
			    : missing & HAS_VALUE ? "value"
						  : "timeout");
	if (op->value & ~op->mask)
		return fail(p, &name, "value 0x%x has bits that mask 0x%x has not", op->value,
			    op->mask);
	return true;
}

static bool parse_modify(struct parser *p, struct script_op *op)
{
	return parse_pairs(p, op, HAS_MASK | HAS_VALUE, HAS_MASK | HAS_VALUE);
}

static bool parse_wait(struct parser *p, struct script_op *op)
{
	return parse_pairs(p, op, HAS_MASK | HAS_VALUE | HAS_TIMEOUT,
			   HAS_MASK | HAS_VALUE | HAS_TIMEOUT | HAS_POLL);
}

static bool parse_ins(struct parser *p, struct script_op *op)
{
	struct word word;

	if (!parse_port_word(p, op) || !need(p, &word, "'count'"))
		return false;
	if (!is(&word, "count"))
		return fail(p, &word, "not expected here; 'count' is");
	if (!need(p, &word, "a number"))
		return false;
	if (!number(&word, word.length, &op->count) || !op->count || op->count > SCRIPT_MAX_ITEMS)
		return fail(p, &word, "not a count from 1 to %u", SCRIPT_MAX_ITEMS);
	return true;
}

static bool room_for(struct parser *p, const struct word *word, struct script_op *op, size_t *room,
		     size_t bytes)
{
	uint8_t *data;

	if (bytes > (size_t)SCRIPT_MAX_ITEMS * op->width)
		return fail(p, word, "too much for one operation");
	if (bytes <= *room)
		return true;
	*room = 2 * bytes + 64;
	data = realloc(op->data, *room);
	if (!data)
		return fail(p, word, "out of memory");
	op->data = data;
	return true;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Bytes in the order in which they are sent, so a wide access has the low one first. */
static bool parse_hex(struct parser *p, struct script_op *op)
{
	size_t used = 0, room = 0;
	struct word word;

	if (!need(p, &word, "hexadecimal data"))
		return false;
	do {
		for (size_t i = 0; i < word.length; i += 2) {
			int high = hex_digit(word.text[i]), low;

			low = i + 1 < word.length ? hex_digit(word.text[i + 1]) : -1;
			if (high < 0 || low < 0)
				return fail(p, &word, "not pairs of hexadecimal digits");
			if (!room_for(p, &word, op, &room, used + 1))
				return false;
			op->data[used++] = (uint8_t)(high << 4 | low);
		}
	} while (take(p, &word));
	if (used % op->width)
		return fail(p, &p->last, "ends %zu bytes, which are no multiple of %u bits", used,
			    8 * op->width);
	op->count = (uint32_t)(used / op->width);
	return true;
}

static bool parse_items(struct parser *p, struct script_op *op)
{
	size_t used = 0, room = 0;
	struct word word;
	uint32_t value;

	while (take(p, &word)) {
		if (!value_of(p, &word, op->width, &value) ||
		    !room_for(p, &word, op, &room, used + op->width))
			return false;
		/* Memory has the low byte first, as has x86. */
		for (unsigned int i = 0; i < op->width; i++)
			op->data[used++] = (uint8_t)(value >> 8 * i);
	}
	op->count = (uint32_t)(used / op->width);
	return true;
}

static bool parse_outs(struct parser *p, struct script_op *op)
{
	struct word word;

	if (!parse_port_word(p, op))
		return false;
	if (!peek(p, &word))
		return need(p, &word, "a value");
	if (!is(&word, "hex"))
		return parse_items(p, op);
	take(p, &word);
	return parse_hex(p, op);
}

static const struct {
	const char *name; /* its width in bits comes after it, but for a delay's */
	enum ioport_op_code code;
	bool has_result;
	bool (*parse)(struct parser *p, struct script_op *op);
} kinds[] = {
	{ "in", IOPORT_OP_IN, true, parse_in },
	{ "out", IOPORT_OP_OUT, false, parse_out },
	{ "modify", IOPORT_OP_MODIFY, true, parse_modify },
	{ "wait", IOPORT_OP_WAIT, true, parse_wait },
	{ "delay", IOPORT_OP_DELAY, false, parse_delay },
	{ "ins", IOPORT_OP_INS, true, parse_ins },
	{ "outs", IOPORT_OP_OUTS, false, parse_outs },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The index of the operation, its width in *width; KINDS where there is none. */
static size_t find_kind(const struct word *word, unsigned int *width)
{
	for (size_t i = 0; i < KINDS; i++) {
		size_t length = strlen(kinds[i].name);
		struct word bits = *word;

		if (word->length < length || memcmp(word->text, kinds[i].name, length))
			continue;
		bits.text += length;
		bits.length -= length;
		*width = is(&bits, "8") ? 1 : is(&bits, "16") ? 2 : is(&bits, "32") ? 4 : 0;
		if (kinds[i].code == IOPORT_OP_DELAY ? !bits.length : *width)
			return i;
	}
	return KINDS;
}

static bool label_is_good(const struct word *word)
{
	for (size_t i = 0; i < word->length; i++) {
		unsigned char c = (unsigned char)word->text[i];

		if (c >= 0x80 || (!isalpha(c) && c != '_' && (!i || (!isdigit(c) && c != '-'))))
			return false;
	}
	return word->length < LABEL_BYTES;
}

static bool parse_label(struct parser *p, const struct word *word, struct script_op *op)
{
	struct word equals;

	take(p, &equals);
	if (!label_is_good(word))
		return fail(p, word, "not a label (a letter, then letters, digits, _ and -)");
	for (size_t i = 0; i < p->script->count; i++)
		if (p->script->ops[i].label && is(word, p->script->ops[i].label))
			return fail(p, word, "is the label of line %u already",
				    p->script->ops[i].line);
	op->label = calloc(1, word->length + 1);
	if (!op->label)
		return fail(p, word, "out of memory");
	memcpy(op->label, word->text, word->length);
	return true;
}

/* A line with something in it. */
static bool parse_op(struct parser *p, struct script_op *op)
{
	struct word word, label, next;
	size_t kind;

	take(p, &word);
	label = word;
	if (peek(p, &next) && is(&next, "=")) {
		if (!parse_label(p, &word, op) || !need(p, &word, "an operation"))
			return false;
	}
	kind = find_kind(&word, &op->width);
	if (kind == KINDS)
		return fail(p, &word,
			    "not an operation (in, out, modify, wait, ins, outs and a width; "
			    "delay)");
	if (op->label && !kinds[kind].has_result)
		return fail(p, &label, "%s has no result to be called that", kinds[kind].name);
	op->code = kinds[kind].code;
	op->line = p->number;
	if (!kinds[kind].parse(p, op))
		return false;
	return !take(p, &word) || fail(p, &word, "is too much");
}

static void free_op(struct script_op *op)
{
	free(op->data);
	free(op->label);
}

/* The array doubles each time that its size is a power of two. */
static bool add_op(struct script *script, const struct script_op *op)
{
	struct script_op *ops = script->ops;

	if (!(script->count & (script->count - 1))) {
		ops = reallocarray(ops, script->count ? 2 * script->count : 1, sizeof(*ops));
		if (!ops)
			return false;
		script->ops = ops;
	}
	ops[script->count++] = *op;
	return true;
}

static bool parse_line(struct parser *p)
{
	struct script_op op = { 0 };
	struct word word;

	if (!peek(p, &word))
		return true;
	if (p->script->count == SCRIPT_MAX_OPS)
		return fail(p, &word, "is one operation too many; %u are the most", SCRIPT_MAX_OPS);
	if (parse_op(p, &op) && (add_op(p->script, &op) || fail(p, &word, "out of memory")))
		return true;
	free_op(&op);
	return false;
}

bool script_parse(const char *text, size_t length, struct script *script,
		  struct script_error *error)
{
	struct parser p = { .number = 1, .script = script, .error = error };
	const char *at = text, *end = text + length, *stop, *comment;

	*script = (struct script){ 0 };
	for (; at < end; at = stop + 1, p.number++) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop)
			stop = end;
		comment = memchr(at, '#', (size_t)(stop - at));
		p.line = at;
		p.next = at;
		p.end = comment ? comment : stop;
		if (!parse_line(&p)) {
			script_free(script);
			return false;
		}
		if (stop == end)
			break;
	}
	return true;
}

void script_free(struct script *script)
{
	for (size_t i = 0; i < script->count; i++)
		free_op(&script->ops[i]);
	free(script->ops);
	*script = (struct script){ 0 };
}
