# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libioport-compat.so, for this machine and (lib32) for 32-bit programs. Included by
# userlib/Makefile.

COMPAT := $(SRC)/compat
COMPAT_SOURCES := $(sort $(wildcard $(COMPAT)/*.c))
# It defines the functions with and without 64-bit offsets, and the checking ones;
# the headers must not replace one by the other.
COMPAT_FLAGS := -U_FILE_OFFSET_BITS -U_TIME_BITS -U_FORTIFY_SOURCE -D_GNU_SOURCE -I$(TOP)/module/uapi \
		-fvisibility=hidden -fno-builtin -fPIC -shared -Wl,-soname,libioport-compat.so \
		-Wl,--version-script,$(COMPAT)/libioport-compat.map -Wl,-z,defs -Wl,-z,relro -Wl,-z,now

compat: $(OUT)/libioport-compat.so preload
lib32: $(OUT)/lib32/libioport-compat.so

$(OUT)/libioport-compat.so: $(COMPAT_SOURCES) $(wildcard $(COMPAT)/*.h $(COMPAT)/*.map) | $(OUT)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(COMPAT_FLAGS) -o $@ $(COMPAT_SOURCES) -ldl

$(OUT)/lib32/libioport-compat.so: $(COMPAT_SOURCES) $(wildcard $(COMPAT)/*.h $(COMPAT)/*.map)
	mkdir -p $(@D)
	$(CC) -m32 $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(COMPAT_FLAGS) -o $@ $(COMPAT_SOURCES) -ldl

# Loads and does nothing: for 32-bit programs under "ioportctl run", where ld.so would
# else complain. Needs no 32-bit libraries to be built with.
$(OUT)/empty32/libioport-compat.so:
	mkdir -p $(@D)
	$(CC) -m32 -shared -nostdlib -Wl,-z,noexecstack -Wl,-soname,libioport-compat.so -o $@ \
		-x assembler /dev/null

# What "ioportctl run" preloads: below $(1), by the names that $$LIB of ld.so has for 64
# and for 32 bits. $(2) is the 64-bit library, by a path from $(1).
define install_preload
	$(INSTALL) -d $(1)/lib/x86_64-linux-gnu $(1)/lib64 $(1)/lib/i386-linux-gnu $(1)/lib32
	ln -sf ../../$(2) $(1)/lib/x86_64-linux-gnu/libioport-compat.so
	ln -sf ../$(2) $(1)/lib64/libioport-compat.so
	for dir in lib32 empty32; do [ ! -f $(OUT)/$$dir/libioport-compat.so ] || break; done; \
		$(INSTALL) -m 0755 $(OUT)/$$dir/libioport-compat.so $(1)/lib32/libioport-compat.so
	ln -sf ../../lib32/libioport-compat.so $(1)/lib/i386-linux-gnu/libioport-compat.so
endef

preload: $(OUT)/libioport-compat.so $(OUT)/empty32/libioport-compat.so
	$(call install_preload,$(OUT)/preload,../libioport-compat.so)

# The directory for 32-bit libraries is Debian's; it is filled only if there is one.
LIBDIR32 ?= $(PREFIX)/lib32

install-compat: compat
	$(INSTALL) -d $(DESTDIR)$(LIBDIR) $(DESTDIR)$(INCLUDEDIR)/libioport-compat/sys
	$(INSTALL) -m 0755 $(OUT)/libioport-compat.so $(DESTDIR)$(LIBDIR)
	$(call install_preload,$(DESTDIR)$(LIBDIR)/ioport,../libioport-compat.so)
	$(INSTALL) -m 0644 $(SRC)/include/libioport-compat/sys/io.h \
		$(DESTDIR)$(INCLUDEDIR)/libioport-compat/sys
	if [ -f $(OUT)/lib32/libioport-compat.so ]; then \
		$(INSTALL) -d $(DESTDIR)$(LIBDIR32); \
		$(INSTALL) -m 0755 $(OUT)/lib32/libioport-compat.so $(DESTDIR)$(LIBDIR32); \
	fi

uninstall-compat:
	rm -f $(DESTDIR)$(LIBDIR)/libioport-compat.so $(DESTDIR)$(LIBDIR32)/libioport-compat.so
	rm -rf $(DESTDIR)$(INCLUDEDIR)/libioport-compat $(DESTDIR)$(LIBDIR)/ioport

.PHONY: compat preload lib32 install-compat uninstall-compat
