/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What does not go through the device: ioperm() and iopl(), the administrator's policy, and
 * another instance of the module.
 */
#ifndef IOPORT_FUZZ_OPS_SYSTEM_H
#define IOPORT_FUZZ_OPS_SYSTEM_H

#include "fuzz/coverage.h"
#include "fuzz/entry.h"
#include "fuzz/ops_file.h"

#include <sys/io.h>

/* ---- the kernel's own calls ---- */

static void op_ioperm(struct ctx *c)
{
	struct range_arg r = draw_range();
	bool on = one_in(2);
	int want = 0;

	if (on && r.outside) {
		r.first = window_base[below(WINDOW_COUNT)];
		r.count = 1 + below(WINDOW_PORTS);
		r.set = range_set(r.first, r.count, &r.outside);
	}
	if (one_in(20)) {
		r.count = 0;
		want = EINVAL;
	}
	tell(c->me, "ioperm(%#x, %u, %d) = %d", r.first, r.count, on, want);
	/* It leaves the map, whatever the arguments. */
	if (attached(c->w))
		c->w->standing = ST_NONE;
	if (!expect(enters_32() ? entry_32(101, r.first, r.count, on, 0, 0)
				: ioperm(r.first, r.count, on),
		    want, "ioperm"))
		return;
	if (c->w->standing != ST_IOPERM)
		c->w->ioperm = 0;
	c->w->ioperm = on ? c->w->ioperm | r.set : c->w->ioperm & ~r.set;
	c->w->standing = c->w->ioperm ? ST_IOPERM : ST_NONE;
}

static void op_iopl(struct ctx *c)
{
	bool on = one_in(3);

	tell(c->me, "iopl(%d)", on ? 3 : 0);
	if (expect(enters_32() ? entry_32(110, on ? 3 : 0, 0, 0, 0, 0) : iopl(on ? 3 : 0), 0,
		   "iopl"))
		c->w->iopl = on;
}

/* ---- the administrator ---- */

static int write_param(const char *name, const char *text)
{
	char path[64];
	int fd, err;

	sh->policy_written = true;
	snprintf(path, sizeof(path), "/sys/module/ioport/parameters/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	errno = err;
	return err ? -1 : 0;
}

static uint64_t draw_list(char *text, size_t size)
{
	static const char *const forms[] = { "%#x-%#x", "%u-%u", "0x%04X-0x%x" };
	uint64_t set = 0;
	size_t at = 0;

	text[0] = '\0';
	for (uint32_t n = below(5); n; n--) {
		uint32_t off = below(WINDOW_PORTS), count = 1 + below(WINDOW_PORTS - off);
		uint32_t first = window_base[below(WINDOW_COUNT)] + off, form = below(4);
		bool outside;

		set |= range_set(first, count, &outside);
		if (form == 3)
			at += (size_t)snprintf(text + at, size - at, "%#x+%u", first, count);
		else
			at += (size_t)snprintf(text + at, size - at, forms[form], first,
					       first + count - 1);
		at += (size_t)snprintf(text + at, size - at, "%s", one_in(2) ? "," : " \t");
	}
	if (!at)
		snprintf(text, size, "none");
	return set;
}

static void op_policy(struct ctx *c)
{
	bool deny = one_in(3), bad = one_in(8);
	char text[300];
	uint64_t set;

	set = draw_list(text, sizeof(text));
	if (bad)
		strcat(text, one_in(2) ? ",0x10000" : " 5-4");
	tell(c->me, "%s='%s' = %d", deny ? "deny" : "allow", text, bad ? EINVAL : 0);
	if (!expect(write_param(deny ? "deny" : "allow", text), bad ? EINVAL : 0, "policy"))
		return;
	*(deny ? &c->m->deny : &c->m->allow) = set;
	model_take_all(c->m);
}

static void op_busy(struct ctx *c)
{
	const char *text = one_in(2) ? "deny" : "allow";

	tell(c->me, "busy=%s", text);
	expect(write_param("busy", text), 0, "busy");
}

/* The policy with which an input begins; false with errno where it could not be set. */
static bool preset_policy(struct model *m)
{
	bool outside;

	if (sh->policy_written &&
	    (write_param("allow", "0xe0-0xe3,0x27a+12,0x378+12,0xfff4-0xffff") ||
	     write_param("deny", "none") || write_param("busy", "allow")))
		return false;
	m->allow = range_set(0xe0, 4, &outside) | range_set(0x27a, 12, &outside) |
		   range_set(0x378, 12, &outside) | range_set(0xfff4, 12, &outside);
	m->deny = 0;
	sh->policy_written = false;
	return true;
}

static int reload(void)
{
	int status = system("rmmod ioport && modprobe ioport && udevadm settle");

	coverage_module();
	coverage_start();
	sh->policy_written = true;
	return status;
}

static bool any_attached(const struct model *m)
{
	for (int i = 0; i < WORKERS; i++)
		if (m->workers[i].live && attached(&m->workers[i]))
			return true;
	return false;
}

static bool any_open(const struct model *m)
{
	for (int i = 0; i < FILES; i++)
		if (m->files[i].used)
			return true;
	return false;
}

/*
 * In some inputs. Threads that are attached to maps which the files have left behind see
 * the module go, and another instance come, which is to know nothing of them.
 */
static void op_reload(struct ctx *c)
{
	bool left_behind = any_attached(c->m);

	if (!sh->reloads)
		return;
	close_all(c);
	if (!left_behind || any_open(c->m))
		return;
	tell(c->me, "the module is loaded anew");
	fflush(stdout);
	errno = EBUSY; /* rmmod and modprobe do not say why, but on the console */
	if (expect(reload() ? -1 : 0, 0, "reload") && !preset_policy(c->m))
		mismatch("the parameters cannot be set: %s", strerror(errno));
}

#endif
