# SPDX-License-Identifier: GPL-2.0-only
#
# The programs that stand in the documents, static as the tests are, and what of the
# documents is commands, which the tests type. Included by tests/Makefile.

DOCUMENTS := $(OUT)/documents
PAGES := $(TOP)/README.md $(wildcard $(TOP)/userlib/man/*.[34])
DOCUMENT_FILES := $(TOP)/README.md $(TOP)/udev/ioport.modprobe $(TOP)/userlib/man/ioportctl-run.1

documents: $(DOCUMENTS)/stamp

$(DOCUMENTS)/stamp: $(PAGES) $(DOCUMENT_FILES) $(TOP)/userlib/include/libioport.h $(LIBIOPORT) \
		$(SRC)/documents/extract $(SRC)/documents/header.c
	rm -rf $(@D)
	mkdir -p $(@D)/code
	for page in $(PAGES) $(TOP)/userlib/include/libioport.h; do \
		$(SRC)/documents/extract $$page $(@D)/code || exit; \
	done
	set -e; for page in $(notdir $(PAGES)); do \
		for code in $(@D)/code/$$page.*.c; do \
			$(CC) $(filter-out -MMD -MP,$(TEST_FLAGS)) $(STATIC) -I$(TOP)/userlib/include \
				-o $(@D)/$$(basename $$code .c) $$code $(LIBIOPORT); \
		done; \
	done
	$(CC) $(filter-out -MMD -MP,$(TEST_FLAGS)) $(STATIC) -I$(TOP)/userlib/include -I$(@D)/code \
		-o $(@D)/libioport.h.1 $(SRC)/documents/header.c $(LIBIOPORT)
	cp $(DOCUMENT_FILES) $(@D)
	touch $@

.PHONY: documents
