/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the verbs of ioportctl share. */
#ifndef IOPORT_CTL_H
#define IOPORT_CTL_H

#include <argp.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libioport.h>

/* Exit statuses; ioportctl(1) documents them. */
enum {
	STATUS_OK = 0,
	STATUS_NO = 1,	   /* refused, failed, or the answer is no */
	STATUS_USAGE = 2,  /* a mistake on the command line */
	STATUS_DEVICE = 3, /* /dev/ioport cannot be opened */
	STATUS_PART = 4,   /* batch: it ended half-way */
};

struct verb {
	const char *name;
	const char *help;
	int (*main)(int argc, char **argv); /* gives the exit status */
};

/* --- message.c ------------------------------------------------------------- */

/* What messages begin with: "ioportctl", later "ioportctl read". */
extern const char *message_prefix;

/* One line on standard error. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Is there somebody to see colours on standard output, who does not mind them? */
bool use_colour(void);

/* Writes it to standard output and frees it. */
void print_json(json_object *object);
void json_add(json_object *object, const char *key, json_object *value);

/* --- options.c: what the command lines have in common ------------------------ */

struct options {
	const char *missing; /* set by the verb: what it cannot do without, or NULL */
	bool no_operands;    /* set by the verb */
	unsigned int bits;
	bool json;
	char **operands;
	int count;
};

#define OPTION_JSON                                   \
	{                                             \
		"json", 'j', NULL, 0, "Write JSON", 0 \
	}
#define OPTION_WIDTH                                                                     \
	{                                                                                \
		"width", 'w', "BITS", 0, "Width of one access: 8 (default), 16 or 32", 0 \
	}

/* The named window that open_device() opens, by what parse_common() has found. */
#define OPTION_WINDOW                                                                     \
	{                                                                                 \
		"window", 'W', "NAME", 0, "Through this named window, not /dev/ioport", 0 \
	}

/* The parser of verbs with these options only; others call it for the rest. */
error_t parse_common(int key, char *arg, struct argp_state *state);

/* --- number.c, range.c ------------------------------------------------------- */

struct range {
	uint32_t first;
	uint32_t count;
};

/* Decimal, 0x or 0b; no sign, no blanks. */
bool parse_number(const char *text, uint32_t *value);

/* These complain, naming the text, where they give false. */
bool parse_value(const char *text, unsigned int bits, uint32_t *value);
bool parse_port(const char *text, unsigned int bits, uint32_t *port);
bool parse_range(const char *text, struct range *range);
/* A whole number of accesses? */
bool range_fits(const char *text, const struct range *range, unsigned int bits);
/* All operands; NULL where one is bad, or memory is short. */
struct range *parse_ranges(const struct options *options);

/* "0x0378-0x037f", or "0x0378" for one port. The buffer is static. */
const char *range_text(uint32_t first, uint32_t count);

/* --- lockdown.c --------------------------------------------------------------- */

/* The windows that lockdown leaves, as text; false where there are none. */
bool lockdown_list(struct ioport *io, char *buf, size_t len);

/* --- access.c ---------------------------------------------------------------- */

/* The device: /dev/ioport, or the window that --window has named. */
const char *device_path(void);
void choose_window(const char *name);
const char *chosen_window(void); /* NULL for none */
/* NULL where it cannot be opened, with errno, or after complaining. */
struct ioport *open_quietly(unsigned int use);
struct ioport *open_device(unsigned int use);

const char *reason_name(enum ioport_reason reason);
/* Why not, in a sentence; the buffer is static. */
const char *reason_text(struct ioport *io, enum ioport_reason reason, unsigned int use,
			uint32_t first, uint32_t count);

/*
 * The first port of the range that is refused, and why; false where it has none. Ends
 * the program, with a complaint, where the kernel gives no answer.
 */
bool find_refused(struct ioport *io, unsigned int use, uint32_t first, uint32_t count,
		  uint32_t *port, enum ioport_reason *reason);
/* Complains where a port of the range may not be used. */
bool may_use(struct ioport *io, unsigned int use, uint32_t first, uint32_t count);
/* Complain where they fail. */
bool read_port(struct ioport *io, uint32_t port, unsigned int bits, uint32_t *value);
bool write_port(struct ioport *io, uint32_t port, unsigned int bits, uint32_t value);

/* --- owners.c: /proc/ioports ------------------------------------------------- */

struct owner {
	uint32_t first;
	uint32_t last;
	char name[64];
};

struct owners {
	struct owner *list;
	size_t count;
	bool hidden; /* the addresses are kept from this user */
};

bool owners_load(struct owners *owners);
void owners_free(struct owners *owners);

/* --- users.c: who has the device open ---------------------------------------- */

struct user {
	int pid;
	unsigned int uid;
	unsigned int fds;
	bool read;
	bool write;
	char name[32];
};

struct users {
	struct user *list;
	size_t count;
	unsigned int unseen; /* processes that this user may not look into */
};

bool users_load(struct users *users);
void users_free(struct users *users);

/* --- The verbs, a file each --------------------------------------------------- */

int verb_batch(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_dump(int argc, char **argv);
int verb_fill(int argc, char **argv);
int verb_holders(int argc, char **argv);
int verb_load(int argc, char **argv);
int verb_map(int argc, char **argv);
int verb_read(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_trace(int argc, char **argv);
int verb_unload(int argc, char **argv);
int verb_windows(int argc, char **argv);
int verb_watch(int argc, char **argv);
int verb_write(int argc, char **argv);
/* Where it was not built, its address is NULL. */
int verb_run(int argc, char **argv) __attribute__((weak));

#endif
