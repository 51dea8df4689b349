# SPDX-License-Identifier: GPL-2.0-only
#
# "make help" lists the targets. Everything that is built goes below build/.

BUILD ?= $(CURDIR)/build
PREFIX ?= /usr/local
DESTDIR ?=
KDIR ?= /lib/modules/$(shell uname -r)/build
# The kernels to test on: names (see tests/vm/kernels list) or "all"; nothing
# means the kernel of this machine's Debian release.
KERNELS ?=
DEB_SUITE ?= bookworm
export BUILD PREFIX DESTDIR KERNELS
# The library's own Makefile builds in a directory of its own.
USERLIB := $(MAKE) -C userlib BUILD=$(BUILD)/userlib

## all: build the library, and the module for the running kernel
all: userlib module

## help: this list
help:
	@echo "Targets:"
	@sed -n 's/^## \([a-z0-9-]*\): /  \1: /p' $(MAKEFILE_LIST) | \
		awk -F': ' '{ printf "%-16s %s\n", $$1, $$2 }'
	@echo "KERNELS=\"6.1 7.2\" or KERNELS=all chooses kernels for check, check-programs, check-dkms, check-install, bench, demo, vm."

## module: build the module for the running kernel, or for KDIR=...
module:
	@test -e $(KDIR)/Makefile || { \
		echo "There are no headers for the running kernel in $(KDIR)."; \
		echo "Install them, or name others with KDIR=; 'make demo' needs none."; exit 1; }
	mkdir -p $(BUILD)/module/running
	cp -ru module VERSION $(BUILD)/module/running
	$(MAKE) -C $(BUILD)/module/running/module KDIR=$(KDIR)

## userlib: build libioport and the examples
userlib:
	$(USERLIB)

## lib32: build libioport-compat for 32-bit programs too
lib32:
	$(USERLIB) lib32

## check: run all tests in virtual machines; sums up in the last line
check:
	@tests/setup test
	@tests/vm/check

## check-programs: ioportctl, libioport-compat, examples, Python, other people's programs
check-programs:
	@tests/setup test
	@tests/vm/check programs

## check-selftest: prove that the virtual machine notices what goes wrong, or a debug kernel (KERNELS=6.1-debug)
check-selftest:
	@tests/setup test
	@tests/vm/selftest $(filter %-debug %-kcsan,$(KERNELS))

## check-debug: everything on a kernel that checks itself: KASAN, lockdep, kmemleak, UBSAN (or BOOTS="main batch"; KERNELS=6.12-debug)
check-debug:
	@tests/setup test
	@KERNELS="$(or $(filter %-debug,$(KERNELS)),6.1-debug)" tests/vm/check $(or $(BOOTS),check programs)

## check-rt: the module's tests on Debian's real-time kernel, PREEMPT_RT (or BOOTS="main races")
check-rt:
	@tests/setup test
	@KERNELS=6.1-rt tests/vm/check $(or $(BOOTS),check)

## check-kcsan: the module's tests on a kernel that watches for data races
check-kcsan:
	@tests/setup test
	@KERNELS=6.1-kcsan tests/vm/check check

## check-races: REVOCATIONS=100000 against writing threads, counted by the device; and other races
# As many CPUs as there are processors: where there are fewer, each revocation waits for the
# writers' turns, and takes 20 ms instead of one half. So with four there are fewer.
REVOCATIONS ?= 100000
RACES := tests/vm/run --memory 1024 $(if $(KERNELS),--kernel $(firstword $(KERNELS)))
check-races:
	@tests/setup test
	@$(MAKE) -s -C tests
	@$(RACES) --smp $(shell n=$$(nproc); echo $$((n < 2 ? 2 : n > 4 ? 4 : n))) \
		root,timeout=14400:"tests/uapi/counted $(REVOCATIONS)"
	@$(RACES) --smp 4 root,timeout=3600:"tests/uapi/counted 5000" root,timeout=3600:"tests/uapi/races 2000"

## check-faults: every allocation and copy failing in turn, on the debug kernel; writes docs/faults.md
check-faults:
	@tests/setup test
	@tests/faults/run

## coverage: how much of the module the suite runs, by file; writes docs/coverage.md
coverage:
	@tests/setup test
	@tests/coverage/run

## check-mutants: break the module on purpose, and see the tests fail
check-mutants:
	@tests/setup test
	@tests/mutants/run

## check-sanitize: the tests of the library and tools, built with sanitizers
check-sanitize:
	@tests/setup test
	@tests/sanitize/run

## check-valgrind: the same under valgrind, as far as it is fast enough
check-valgrind:
	@tests/setup test valgrind
	@tests/valgrind/run

## check-fuzz: every input that the fuzzers of the parsers have kept, once
check-fuzz:
	@tests/setup test
	@tests/fuzz/parsers/run replay

## fuzz: the raw interface beside a model, in a virtual machine (SECONDS=300 or CALLS=, SEED=1, BITS=64)
fuzz:
	@tests/setup test
	@SECONDS_EACH=$(SECONDS) CALLS=$(CALLS) SEED="$(SEED)" BITS=$(BITS) tests/fuzz/run

## fuzz-parsers: libFuzzer on each parser (SECONDS=60 for each)
fuzz-parsers:
	@tests/setup test fuzz
	@SECONDS_EACH=$(SECONDS) tests/fuzz/parsers/run

## check-dkms: build, install and remove by DKMS, in a Debian chroot
check-dkms:
	@tests/setup test
	@tests/dkms/run

## check-install: install and uninstall, in a Debian chroot
check-install:
	@tests/setup test
	@tests/install/run

## deb: build the Debian packages, in a Debian chroot (DEB_SUITE=trixie); they are in build/deb
deb:
	@tests/setup test
	@packaging/make-deb --suite $(DEB_SUITE) $(BUILD)/deb
	@cd $(BUILD)/deb && ls *.deb *.dsc

## check-deb: build the Debian packages twice, compare, lintian, install, purge
check-deb:
	@tests/setup test deb
	@tests/deb/run

## check-distro: installed, used, upgraded and purged on Debian 12 and 13, in QEMU
check-distro:
	@tests/setup test
	@tests/distro/run

## check-abi: the interfaces are those that tests/abi has stored
check-abi:
	@tests/setup build abi
	@tests/abi/run

## bench: measure what a call costs, beside ioperm and /dev/port, in a virtual machine
bench:
	@tests/setup bench
	@tests/bench/run

## bench-here: the same on this machine, in ns; reads port 0x378 (PORT=...)
bench-here:
	@tests/setup build
	@tests/bench/run here $(PORT)

## style: static checks: format, shell, spelling, licences, headers, udev rule
style:
	@tests/setup test style
	@tests/style

## vm: a shell in a virtual machine with the module loaded
vm:
	@tests/setup test
	@$(MAKE) -s -C tests
	@tests/vm/run --shell $(if $(KERNELS),--kernel $(firstword $(KERNELS)))

## demo: see what an ordinary user can do with it, in a virtual machine
demo:
	@tests/setup test
	@tests/demo/run

## release: check everything, and make the archive of a release, in build/release
release:
	@tests/setup
	@scripts/release.sh

## setup: install the Debian packages that all of this needs
setup:
	@tests/setup

## install: install all of it on this machine (DESTDIR, PREFIX)
install:
	@scripts/install.sh

## uninstall: remove it again
uninstall:
	@scripts/uninstall.sh

## clean: remove what was built (the cache of kernels stays)
clean:
	rm -rf $(BUILD)

# Every target of the list above.
.PHONY: $(shell sed -n 's/^## \([a-z0-9-]*\): .*/\1/p' $(firstword $(MAKEFILE_LIST)))
