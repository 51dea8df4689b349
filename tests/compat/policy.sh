#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/compat/policy.sh [32]
here=${0%/*}
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$here/tap.sh"
program=$here/policy${1:+.$1}
LD_PRELOAD=$(library "$program") exec "$program"
