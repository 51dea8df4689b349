#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The Python package's tests, by Debian's Python (tests/python/image). The library, the
# package and the test were put beside this by tests/Makefile.
here=$(dirname "$0")
export LD_LIBRARY_PATH="$here" PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/test_package.py"
