// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policy at run time: what the parameters take, what they refuse, and that a
 * change reaches maps that are open. Run as root, with the default policy; the
 * part about drivers loads the kernel's own parport_pc.
 */
#include "admin.h"

#include <stdatomic.h>

static int fd;

static void policy_bits(uint8_t *bits)
{
	if (dev_get_map(fd, IOPORT_WHICH_POLICY, bits))
		bail("GET_MAP");
}

static unsigned int policy_count(void)
{
	uint8_t bits[IOPORT_MAP_BYTES];

	policy_bits(bits);
	return bits_count(bits);
}

/* Does the kernel's log have this? Reads what came since the last look. */
static bool log_says(const char *what)
{
	static int f = -1;
	char record[8192];
	bool found = false;
	ssize_t n;

	if (f < 0) {
		f = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
		lseek(f, 0, SEEK_SET);
	}
	while ((n = read(f, record, sizeof(record) - 1)) > 0) {
		record[n] = '\0';
		found |= strstr(record, what) != NULL;
	}
	return found;
}

#define DENY_PRESET "0x0000-0x00ff,0x04d0-0x04d1,0x0cf8-0x0cff"

/* As the module comes up: nothing has been written yet. */
static void test_presets(void)
{
	is(strcmp(get_param("allow"), "0x278-0x27f,0x378-0x37f,0x3bc-0x3bf"), 0,
	   "allow has the parallel ports");
	is(strcmp(get_param("deny"), DENY_PRESET), 0,
	   "deny has the board's own, the trigger modes and PCI's configuration");
	is(strcmp(get_param("busy"), "deny"), 0, "and what drivers hold is denied");
	is(policy_count(), 8 + 8 + 4, "so many ports are there");
	is(set_param("allow", "all"), 0, "allow all");
	is(policy_count(), IOPORT_PORTS - 0x100 - 2 - 8, "all but those of deny");
	fails(dev_grant(fd, 0x80, 1, 0), EACCES, "GRANT of a denied port");
	fails(dev_grant(fd, 0x4d1, 1, 0), EACCES, "of another");
	fails(dev_grant(fd, 0xcf8, 1, 0), EACCES, "of the third kind");
}

static void test_syntax(void)
{
	static const struct {
		const char *list;
		unsigned int ports;
	} good[] = {
		{ "\n", 0 },
		{ "none", 0 },
		{ "0x378", 1 },
		{ "888", 1 },
		{ "0x378-0x37f", 8 },
		{ "0x378+8", 8 },
		{ "0x378+8\n", 8 },
		{ " 0x378+8 , 0x278+4\t0x3bc ", 13 },
		{ "0x378-0x37f,0x37a-0x381", 10 },
		{ "0xFFFF", 1 },
		{ "0-65535", IOPORT_PORTS },
		{ "all", IOPORT_PORTS },
	};
	static const struct {
		const char *list;
		const char *token;
	} bad[] = {
		{ "0x378-0x37g", "0x37g" },
		{ "0x278,lpt1,0x378", "'lpt1'" },
		{ "0x10000", "'0x10000'" },
		{ "0xfff0+17", "'0xfff0+17'" },
		{ "0x378+0", "'0x378+0'" },
		{ "0x37f-0x378", "'0x37f-0x378'" },
		{ "-5", "'-5'" },
		{ "0x378-", "'0x378-'" },
		{ "0x378--0x37f", "'0x378--0x37f'" },
		{ "0x378-0x37f-0x380", "'0x378-0x37f-0x380'" },
		{ "0x378+-1", "'0x378+-1'" },
		{ "1+4294967295", "'1+4294967295'" },
		{ "0x3781234567890123456789012345678901234567890", "'0x37812345678901" },
		{ "0x", "'0x'" },
		{ "allow", "'allow'" },
	};
	uint8_t before[IOPORT_MAP_BYTES], after[IOPORT_MAP_BYTES];
	char old[4096];
	unsigned int i;

	is(set_param("deny", "none"), 0, "deny nothing");
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		is(set_param("allow", good[i].list), 0, "allow '%.*s'",
		   (int)strcspn(good[i].list, "\n"), good[i].list);
		is(policy_count(), good[i].ports, "%u ports", good[i].ports);
	}
	is(set_param("allow", "0x378+8,0x278"), 0, "allow a list");
	is(strcmp(get_param("allow"), "0x378+8,0x278"), 0, "it reads back as it was written");
	policy_bits(before);
	strcpy(old, get_param("allow"));
	log_says("");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		fails(set_param("allow", bad[i].list), EINVAL, "allow '%s'", bad[i].list);
		ok(log_says(bad[i].token), "the log names %s", bad[i].token);
	}
	fails(set_param("deny", "0x80,x"), EINVAL, "deny '0x80,x'");
	fails(set_param("busy", "perhaps"), EINVAL, "busy 'perhaps'");
	policy_bits(after);
	ok(!memcmp(before, after, sizeof(before)), "the policy is as it was");
	is(strcmp(get_param("allow"), old), 0, "so is the parameter");
	is(strcmp(get_param("deny"), "none"), 0, "and the other");
	is(strcmp(get_param("busy"), "deny"), 0, "and the third");
	is(set_param("allow", "all"), 0, "allow all");
	is(set_param("deny", DENY_PRESET), 0, "deny as preset");
	is(policy_count(), IOPORT_PORTS - 0x100 - 2 - 8, "all but these");
}

static void default_policy(void)
{
	if (set_param("allow", "0x278-0x27f,0x378-0x37f,0x3bc-0x3bf") ||
	    set_param("deny", DENY_PRESET) || set_param("busy", "deny"))
		bail("the policy cannot be set: %s", strerror(errno));
}

static atomic_bool spinning, stop;
static atomic_uint accesses;

static void *spin(void *arg)
{
	(void)arg;
	if (dev_attach(fd, 0))
		return NULL;
	while (!atomic_load(&stop)) {
		atomic_store(&spinning, can_in(LPT, 1));
		atomic_fetch_add(&accesses, 1);
	}
	return NULL;
}

static void wait_accesses(unsigned int n)
{
	unsigned int start = atomic_load(&accesses);

	while (atomic_load(&accesses) - start < n)
		sched_yield();
}

static void test_open_maps(void)
{
	uint8_t byte;
	pthread_t thread;

	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "grant");
	is(dev_grant(fd, VOID, VOID_COUNT, 0), 0, "grant another");
	is(pread(fd, &byte, 1, LPT), 1, "mediated access");
	pthread_create(&thread, NULL, spin, NULL);
	wait_accesses(100);
	ok(atomic_load(&spinning), "a thread spins on it");

	is(set_param("allow", "0x278+8"), 0, "allow the other only");
	wait_accesses(2);
	ok(!atomic_load(&spinning), "the spinning thread lost it");
	is(mismatches(WINDOWS(VOID_WINDOW)), 0, "this one too");
	fails(pread(fd, &byte, 1, LPT), EACCES, "mediated access as well");
	fails(dev_grant(fd, LPT, 1, 0), EACCES, "GRANT");
	is(dev_check(fd, LPT, 1, IOPORT_DIRECT, NULL), IOPORT_REASON_POLICY, "CHECK");

	default_policy();
	wait_accesses(2);
	ok(!atomic_load(&spinning), "allowed again: closed until it is granted");
	is(pread(fd, &byte, 1, LPT), 1, "mediated access works at once");
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "grant");
	wait_accesses(2);
	ok(atomic_load(&spinning), "the spinning thread has it");

	is(set_param("deny", "0x378"), 0, "deny one port");
	wait_accesses(2);
	ok(!atomic_load(&spinning), "the spinning thread lost it");
	is(mismatches(WINDOWS(VOID_WINDOW, { LPT + 1, 7 })), 0, "just that one");
	default_policy();
	is(dev_grant(fd, LPT, LPT_COUNT, IOPORT_THREAD), 0, "a private copy");
	is(set_param("allow", "none"), 0, "allow nothing");
	is(mismatches(NONE), 0, "reaches private copies");
	default_policy();
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	is(dev_attach(fd, IOPORT_REPLACE), 0, "back");
}

static void test_reserved(void)
{
	int second = dev_open(O_RDWR);
	uint8_t byte, bytes[4];

	is(dev_revoke(fd, 0, IOPORT_PORTS, 0), 0, "no window");
	close(fd);
	fd = dev_open(O_RDWR);
	ok(!ioports_has(": ioport"), "no port is reserved");
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "grant");
	ok(ioports_has("0378-037f : ioport"), "the window is reserved, in one piece");
	is(dev_grant(second, LPT + 4, 4, 0), -1, "(this thread is on the other map)");
	is(pread(second, &byte, 1, LPT + 4), 1, "another file may use it too");
	is(dev_revoke(fd, LPT, 2, 0), 0, "revoke the low end");
	ok(ioports_get("037a-037f : ioport", true), "what is left is reserved");
	is(dev_revoke(fd, LPT + 3, 1, 0), 0, "revoke one in the middle");
	ioports_settle();
	ok(ioports_has("037a-037f : ioport"), "the middle stays with its ends");
	is(dev_revoke(fd, LPT + 2, 1, 0), 0, "revoke up to there");
	ok(ioports_get("037c-037f : ioport", true), "now it went");
	is(dev_revoke(fd, LPT, LPT_COUNT, 0), 0, "revoke all");
	ok(ioports_get("037c-037c : ioport", true), "what the other file used is reserved");
	close(second);
	ok(!ioports_has(": ioport"), "until it is closed");
	is(dev_check(fd, LPT, 3, IOPORT_READ, NULL), IOPORT_REASON_NONE, "CHECK");
	ok(ioports_has("0378-037a : ioport"), "reserves what it found usable");
	is(dev_grant(fd, LPT + 2, 4, 0), 0, "a window that overlaps");
	ok(ioports_has("0378-037a : ioport") && ioports_has("037b-037d : ioport"),
	   "only what was missing is reserved");
	is(dev_revoke(fd, LPT, LPT_COUNT, 0), 0, "revoke");
	ok(ioports_get("037d : ioport", false) && ioports_has("0378-037a : ioport"),
	   "what was checked stays reserved");
	close(fd);
	ok(!ioports_has(": ioport"), "until the file is closed");
	fd = dev_open(O_RDWR);
	is(dev_grant(fd, LPT, LPT_COUNT, IOPORT_THREAD), 0, "a private window");
	is(dev_revoke(fd, LPT, LPT_COUNT, IOPORT_THREAD), 0, "revoked privately");
	ioports_settle();
	ok(ioports_has(": ioport"), "is still reserved");
	is(dev_revoke(fd, LPT, LPT_COUNT, 0), 0, "until it is revoked for all");
	ok(ioports_get(": ioport", false), "no more");
	fails(pread(fd, bytes, 4, LPT + 6), EACCES, "a long over the end of what is allowed");
	ok(!ioports_has(": ioport"), "reserves nothing");
}

/* How long it takes to allow nothing. */
static double allow_none(void)
{
	double t = seconds();

	is(set_param("allow", "none"), 0, "allow nothing");
	return seconds() - t;
}

/*
 * However many files are open, a change of policy waits for transfers once. Beside one
 * file's, as only that says how long a wait is here.
 */
static void test_many_files(void)
{
	enum {
		FILES = 500
	};
	static int files[FILES];
	uint8_t byte;
	int i, failures = 0;
	double one, all;

	is(pread(fd, &byte, 1, LPT), 1, "one file in use");
	one = allow_none();
	default_policy();
	for (i = 0; i < FILES; i++) {
		files[i] = dev_open(O_RDWR);
		failures += pread(files[i], &byte, 1, LPT) != 1;
	}
	is(failures, 0, "%d files in use", FILES);
	all = allow_none();
	ok(all < one * FILES / 4, "waits once, not for each");
	note("%.1f ms with one, %.1f ms with all", one * 1000, all * 1000);
	for (i = 0; i < FILES; i++) {
		failures += pread(files[i], &byte, 1, LPT) != -1;
		close(files[i]);
	}
	is(failures, 0, "and holds for all");
	default_policy();
}

static void test_driver(void)
{
	uint8_t bits[IOPORT_MAP_BYTES], byte;
	uint32_t port;

	run("modprobe parport_pc");
	ok(ioports_has("0378-037a : parport0"), "parport_pc has the port");
	fails(dev_grant(fd, LPT, LPT_COUNT, 0), EBUSY, "GRANT");
	fails(dev_grant(fd, LPT + 2, 1, IOPORT_THREAD), EBUSY, "GRANT THREAD");
	bits_fill(bits, false);
	bits_open(bits, VOID, 8);
	bits_open(bits, LPT + 1, 1);
	fails(dev_set_map(fd, bits, 0), EBUSY, "SET_MAP");
	fails(pread(fd, &byte, 1, LPT), EBUSY, "pread");
	fails(pwrite(fd, &byte, 1, LPT), EBUSY, "pwrite");
	is(dev_check(fd, LPT - 8 + 8, 8, IOPORT_READ, &port), IOPORT_REASON_BUSY, "CHECK");
	is(port, LPT, "the first busy port");
	is(mismatches(NONE), 0, "nothing was opened");
	ok(!ioports_has(": ioport"), "nothing was reserved");
	is(dev_grant(fd, 0x37c, 4, 0), 0, "ports beside it are free");
	is(dev_revoke(fd, 0x37c, 4, 0), 0, "revoke");

	is(set_param("busy", "allow"), 0, "busy=allow");
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "GRANT");
	is(dev_grant(fd, VOID, VOID_COUNT, 0), 0, "and another");
	is(pread(fd, &byte, 1, LPT), 1, "pread");
	is(mismatches(WINDOWS(LPT_WINDOW, VOID_WINDOW)), 0, "both windows");
	ok(!ioports_has(": ioport"), "nothing is reserved");
	is(set_param("busy", "deny"), 0, "busy=deny");
	is(mismatches(WINDOWS({ 0x37b, 5 }, VOID_WINDOW)), 0, "what the driver holds is closed");
	ok(ioports_has("0278-027f : ioport"), "the rest is reserved");
	fails(pread(fd, &byte, 1, LPT), EBUSY, "pread");
	run("rmmod parport_pc");
	is(pread(fd, &byte, 1, LPT), 1, "pread when the driver has gone");

	is(dev_revoke(fd, 0, IOPORT_PORTS, 0), 0, "revoke");
	is(dev_grant(fd, LPT, LPT_COUNT, 0), 0, "a window");
	run("modprobe parport_pc 2>/dev/null");
	ok(!ioports_has("parport"), "the driver does not get the port");
	run("rmmod parport_pc 2>/dev/null");

	is(set_param("allow", "0x2f8+8"), 0, "allow the second serial port");
	fails(dev_grant(fd, 0x2ff, 1, 0), EBUSY, "the kernel's driver has that");
	is(dev_check(fd, 0x2ff, 1, IOPORT_DIRECT, NULL), IOPORT_REASON_BUSY, "CHECK");
}

/* The firmware of QEMU has its debug port in an operation region, and nobody reserves it. */
#define ACPI_PORT 0x402

static void test_acpi(void)
{
	uint32_t port;
	uint8_t byte;

	is(set_param("allow", "0x400-0x40f"), 0, "allow a port that ACPI uses");
	ok(!ioports_has("0402-0402"), "nobody has reserved it");
	fails(dev_grant(fd, ACPI_PORT, 1, 0), EBUSY, "GRANT");
	fails(pread(fd, &byte, 1, ACPI_PORT), EBUSY, "pread");
	is(dev_check(fd, 0x400, 16, IOPORT_READ, &port), IOPORT_REASON_BUSY, "CHECK");
	is(port, ACPI_PORT, "the first busy port");
	is(dev_grant(fd, 0x400, 2, 0), 0, "ports before it are free");
	is(dev_grant(fd, ACPI_PORT + 1, 4, 0), 0, "and after it");
	is(set_param("busy", "allow"), 0, "busy=allow");
	is(dev_grant(fd, ACPI_PORT, 1, 0), 0, "GRANT");
	is(pread(fd, &byte, 1, ACPI_PORT), 1, "pread");
	ok(can_in(ACPI_PORT, 1), "it is open");
	is(set_param("busy", "deny"), 0, "busy=deny");
	ok(!can_in(ACPI_PORT, 1) && can_in(ACPI_PORT + 1, 1), "it alone is closed");
	is(dev_revoke(fd, 0, IOPORT_PORTS, 0), 0, "revoke");
}

static unsigned int pci_ports(const char *device)
{
	FILE *f = fopen("/proc/ioports", "r");
	unsigned int first, last, start = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, device) && sscanf(line, "%x-%x", &first, &last) == 2 &&
		    first >= 0x1000)
			start = first;
	if (f)
		fclose(f);
	return start;
}

/* The bus-master registers of the IDE controller: a PCI resource without a driver. */
#define PCI_DEVICE "0000:00:01.1"

static void test_pci(void)
{
	unsigned int start = pci_ports(PCI_DEVICE);
	char list[64];
	uint8_t byte;

	if (!start) {
		skip("no PCI resource without a driver here");
		return;
	}
	snprintf(list, sizeof(list), "0x%x-0x%x", start - 4, start + 7);
	is(set_param("allow", list), 0, "allow over the border of a PCI resource: %s", list);
	is(dev_grant(fd, start - 4, 12, 0), 0, "that nobody has claimed: it is not busy");
	ok(can_in(start, 1) && can_in(start - 4, 1), "the window");
	is(pread(fd, &byte, 1, start + 1), 1, "mediated access");
	is(dev_revoke(fd, start + 4, 4, 0), 0, "revoke a part");

	run("echo 1 >/sys/bus/pci/devices/" PCI_DEVICE "/remove");
	ok(!pci_ports(PCI_DEVICE), "the device is removed");
	ok(!can_in(start, 1), "its ports are closed");
	ok(can_in(start - 4, 1), "the others are not");
	fails(pread(fd, &byte, 1, start + 1), EACCES, "mediated access");
	fails(dev_grant(fd, start, 4, 0), EACCES, "GRANT");
	is(dev_revoke(fd, start - 4, 12, 0), 0, "revoke the rest");
	ok(ioports_get(": ioport", false), "all is given back");

	run("echo 1 >/sys/bus/pci/rescan");
	start = pci_ports(PCI_DEVICE);
	ok(start, "the device is back");
	snprintf(list, sizeof(list), "0x%x-0x%x", start, start + 7);
	is(set_param("allow", list), 0, "allow %s", list);
	is(dev_grant(fd, start, 4, 0), 0, "its ports can be had");
	ok(can_in(start, 1), "they can be reached");
	is(dev_revoke(fd, start, 8, 0), 0, "revoke");
	ok(ioports_get(": ioport", false), "given back");
}

static void test_everything(void)
{
	uint32_t port;

	is(set_param("allow", "all"), 0, "allow all");
	is(set_param("deny", "none"), 0, "deny none");
	fails(dev_grant(fd, 0, IOPORT_PORTS, 0), EBUSY, "GRANT of everything: drivers hold some");
	is(mismatches(NONE), 0, "nothing was opened");
	ok(!ioports_has(": ioport"), "nothing is reserved");
	is(dev_check(fd, 0, IOPORT_PORTS, IOPORT_READ, &port), IOPORT_REASON_BUSY, "CHECK");
	note("the first busy port is 0x%x", port);
	close(fd);
	fd = dev_open(O_RDWR);
	ok(!ioports_has(": ioport"), "CHECK's reservations went with the file");
}

int main(void)
{
	fd = dev_open(O_RDWR);
	test_presets();
	test_syntax();
	default_policy();
	test_open_maps();
	test_reserved();
	test_many_files();
	test_driver();
	test_acpi();
	test_pci();
	test_everything();
	default_policy();
	return done();
}
