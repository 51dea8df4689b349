#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The part of "run" that happens in the guest: Python, the package and the test
# were put there by it.
PYTHONHOME=/usr PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/opt/ioport exec python3.11 /opt/ioport/test_package.py
