// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of /etc/ioport/windows.d, by the function that root reads them with at boot. What
 * comes of one must be fit for the kernel, and the same when it is written out and read
 * again; a bad one is complained of.
 */
#include <grp.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "windows.h"

static char dir[PATH_MAX], entry[PATH_MAX + 16];

static void remove_dir(void)
{
	unlink(entry);
	rmdir(dir);
}

/* The directory's one file, which is in memory. */
static int open_file(void)
{
	const char *tmp = getenv("TMPDIR");
	int fd = memfd_create("windows", MFD_CLOEXEC);
	char target[32];

	snprintf(dir, sizeof(dir), "%s/fuzz-windows.XXXXXX", tmp ? tmp : "/tmp");
	snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
	if (fd < 0 || !mkdtemp(dir))
		abort();
	snprintf(entry, sizeof(entry), "%s/a.conf", dir);
	if (symlink(target, entry) || atexit(remove_dir))
		abort();
	return fd;
}

static bool read_config(const void *text, size_t size, struct windows *windows)
{
	static int fd = -1;
	bool good;

	if (fd < 0)
		fd = open_file();
	if (ftruncate(fd, 0) || pwrite(fd, text, size, 0) != (ssize_t)size)
		abort();
	fuzz_complaints = 0;
	good = windows_read_config(dir, true, windows);
	fuzz_check(good == !fuzz_complaints,
		   "refused without a word, or complained of what is good");
	return good;
}

/* Groups that are the same on each machine. */
struct group *getgrnam(const char *name)
{
	static struct group group = { .gr_gid = 101 };

	return !strcmp(name, "ioport") || !strcmp(name, "lab1") ? &group : NULL;
}

static void check_window(const struct windows *windows, const struct window *w)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	fuzz_check(memchr(w->name, 0, sizeof(w->name)), "the name has no end");
	fuzz_check(*w->name && strchr(letters, *w->name), "not the first letter of a name");
	fuzz_check(!strpbrk(w->name, "/ \t\r\n=#\""), "a name that is none");
	fuzz_check(memchr(w->ports, 0, sizeof(w->ports)), "the ports have no end");
	fuzz_check(*w->ports, "no ports");
	fuzz_check(!(w->mode & ~0666U), "more than reading and writing");
	fuzz_check(w->group != (gid_t)-1, "to nobody, as chown() takes it");
	fuzz_check(w->configured && !w->live, "not as it is in a file");
	fuzz_check(windows_find(windows, w->name) == w, "two of one name");
}

static char *write_out(const struct windows *windows, size_t *size)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, size);

	if (!file)
		abort();
	for (size_t i = 0; i < windows->count; i++) {
		const struct window *w = &windows->list[i];

		fprintf(file, "name=%s\nrange=%s\ngroup=%u\nmode=%04o\noptions=busy=%s\n", w->name,
			w->ports, w->group, w->mode, w->busy ? "allow" : "deny");
	}
	if (fclose(file))
		abort();
	return text;
}

static void check_same(const struct window *a, const struct window *b)
{
	fuzz_check(!strcmp(a->name, b->name) && !strcmp(a->ports, b->ports) && a->busy == b->busy &&
			   a->group == b->group && a->mode == b->mode,
		   "not the same when written out");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct windows windows = { 0 }, again = { 0 };
	size_t out_size;
	char *out;

	if (!read_config(data, size, &windows))
		goto out;
	for (size_t i = 0; i < windows.count; i++)
		check_window(&windows, &windows.list[i]);
	out = write_out(&windows, &out_size);
	fuzz_check(read_config(out, out_size, &again) && again.count == windows.count,
		   "refused when written out");
	for (size_t i = 0; i < windows.count; i++)
		check_same(&windows.list[i], &again.list[i]);
	free(out);
out:
	windows_free(&windows);
	windows_free(&again);
	return 0;
}
