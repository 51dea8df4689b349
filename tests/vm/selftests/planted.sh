#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Does what the argument names, in the kernel, and is itself all right.
case $1 in
kmemleak-off) echo off >/sys/kernel/debug/kmemleak ;;
*) insmod /planted.ko fault="$1" && rmmod planted ;;
esac && echo "ok 1 - $1"
echo 1..1
