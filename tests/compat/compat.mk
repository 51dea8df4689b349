# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of libioport-compat run: dynamic programs, in 64 and 32 bits, the
# library, and other people's programs. Included by tests/Makefile. The guest has
# the 64-bit libc; the 32-bit one goes with them.

COMPAT := $(OUT)/compat
COMPAT_FLAGS := -std=gnu11 -Wall -Wextra -pthread -MMD -MP -I$(TOP)/module/uapi -I$(SRC) $(CFLAGS)
# Without sanitizers in 32 bit: before the one for addresses has set up its memory it
# calls syscall(), which is the library's own where that is preloaded, and watched.
COMPAT_FLAGS32 := $(filter-out -fsanitize% -fno-sanitize%,$(COMPAT_FLAGS))
CFLAGS32 := $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS))
# Where the guest finds the 32-bit libc.
FLAGS32 := -m32 -Wl,--dynamic-linker=/tests/compat/lib32/ld-linux.so.2 -Wl,-rpath,/tests/compat/lib32
FORTIFIED := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_FILE_OFFSET_BITS=64
# From libc6-i386, which gcc-multilib brings. libpthread and libdl were apart once.
LIBC32 := /lib/ld-linux.so.2 $(addprefix /usr/lib32/,libc.so.6 libpthread.so.0 libdl.so.2)

COMPAT_OWN := ports devport
COMPAT_KERNEL := ioperm iopl
COMPAT_ACCESS := $(OUT)/clients/access.dynamic $(OUT)/clients/access.dynamic.32
COMPAT_PROGRAMS := $(foreach p,$(COMPAT_OWN) $(COMPAT_KERNEL) client linked policy,$(p) $(p).32) devport.fortified
COMPAT_LIBS := $(COMPAT)/lib/libioport-compat.so $(COMPAT)/lib32/libioport-compat.so

compat: $(COMPAT_PROGRAMS:%=$(COMPAT)/%) $(COMPAT_LIBS) $(COMPAT)/preload $(COMPAT_ACCESS) $(COMPAT)/early.so

$(COMPAT)/early.so: $(SRC)/compat/early.c
	@mkdir -p $(@D)
	$(CC) $(COMPAT_FLAGS) -Werror -fPIC -shared -o $@ $<

# What "ioportctl run" preloads in the guest.
$(COMPAT)/preload: $(COMPAT_LIBS)
	$(MAKE) -s -C $(TOP)/userlib BUILD=$(BUILD)/userlib preload
	rm -rf $@
	cp -rL $(BUILD)/userlib/preload $@
	cp -rL $(BUILD)/userlib/preload $@/without32
	cp $(BUILD)/userlib/empty32/libioport-compat.so $@/without32/lib32/

$(COMPAT)/lib/libioport-compat.so: FORCE | userlib
	@mkdir -p $(@D) $(BUILD)
	$(MAKE) -s -C $(TOP)/userlib BUILD=$(BUILD)/userlib compat
	cp -u $(BUILD)/userlib/libioport-compat.so $@

$(COMPAT)/lib32/libioport-compat.so: FORCE | userlib
	@mkdir -p $(@D) $(BUILD)
	CFLAGS="$(CFLAGS32)" $(MAKE) -s -C $(TOP)/userlib BUILD=$(BUILD)/userlib lib32
	cp -u $(BUILD)/userlib/lib32/libioport-compat.so $@
	cp -Lu $(LIBC32) $(@D)/

$(COMPAT_OWN:%=$(COMPAT)/%) $(COMPAT)/policy: $(COMPAT)/%: $(SRC)/compat/%.c
	@mkdir -p $(@D)
	$(CC) $(COMPAT_FLAGS) -Werror -o $@ $<

$(COMPAT)/devport.fortified: $(SRC)/compat/devport.c
	@mkdir -p $(@D)
	$(CC) $(COMPAT_FLAGS) -Werror $(FORTIFIED) -o $@ $<

$(COMPAT_OWN:%=$(COMPAT)/%.32) $(COMPAT)/policy.32: $(COMPAT)/%.32: $(SRC)/compat/%.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS32) $(COMPAT_FLAGS32) -Werror -o $@ $<

# The program of tests/clients, to be run by ld.so.
$(OUT)/clients/access.dynamic: $(SRC)/clients/access.c
	@mkdir -p $(@D)
	$(CC) $(COMPAT_FLAGS) -Werror -o $@ $<

$(OUT)/clients/access.dynamic.32: $(SRC)/clients/access.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS32) $(COMPAT_FLAGS32) -Werror -o $@ $<

# Linked, not preloaded, and with our header.
$(COMPAT)/client: $(SRC)/compat/client.c $(COMPAT)/lib/libioport-compat.so
	$(CC) $(COMPAT_FLAGS) -Werror -I$(TOP)/userlib/include/libioport-compat -o $@ $< \
		-L$(COMPAT)/lib -lioport-compat -Wl,-rpath,/tests/compat/lib

$(COMPAT)/client.32: $(SRC)/compat/client.c $(COMPAT)/lib32/libioport-compat.so
	$(CC) $(FLAGS32) $(COMPAT_FLAGS32) -Werror -I$(TOP)/userlib/include/libioport-compat -o $@ $< \
		-L$(COMPAT)/lib32 -lioport-compat

# The program of tests/clients, linked so.
$(COMPAT)/linked: $(SRC)/clients/access.c $(COMPAT)/lib/libioport-compat.so
	$(CC) $(COMPAT_FLAGS) -Werror -o $@ $< -L$(COMPAT)/lib -lioport-compat \
		-Wl,-rpath,/tests/compat/lib

$(COMPAT)/linked.32: $(SRC)/clients/access.c $(COMPAT)/lib32/libioport-compat.so
	$(CC) $(FLAGS32) $(COMPAT_FLAGS32) -Werror -o $@ $< -L$(COMPAT)/lib32 -lioport-compat

$(COMPAT)/fetched: $(SRC)/compat/fetch
	@mkdir -p $(@D)
	$(SRC)/compat/fetch $(COMPAT)
	touch $@

# The kernel's own, as they are: their warnings are theirs.
$(COMPAT_KERNEL:%=$(COMPAT)/%): $(COMPAT)/%: $(COMPAT)/fetched
	$(CC) -O2 -w -o $@ $@.c

$(COMPAT_KERNEL:%=$(COMPAT)/%.32): $(COMPAT)/%.32: $(COMPAT)/fetched
	$(CC) $(FLAGS32) -O2 -w -o $@ $(COMPAT)/$*.c

FORCE:

.PHONY: compat FORCE
