#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: no-restart.sh TEST: runs a test of the library where the C library does
# not register restartable sequences, as an old one or valgrind would not.
GLIBC_TUNABLES=glibc.pthread.rseq=0 exec "$(dirname "$0")/$1"
