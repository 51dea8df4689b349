# SPDX-License-Identifier: GPL-2.0-only
# What of the kernel's log is meant by a test, before bad-lines are looked for: the stack in
# the report of the OOM killer on the process that tests/uapi/failsafe has it kill.
/failsafe-eats invoked oom-killer: /,/memory: usage /{
/Call Trace:/d
}
