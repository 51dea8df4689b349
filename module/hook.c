// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calling ioperm() means leaving the map.
 *
 * On a shared bitmap ioperm() makes a private copy for the caller, and turning
 * off a port that was never on needs no privilege. So an attached thread could
 * take a copy of its map that no later revocation reaches. The hook detaches it
 * before the kernel's code runs, whatever the arguments: it then finds no bitmap
 * to copy.
 *
 * FTRACE_OPS_FL_PERMANENT makes the kernel refuse kernel.ftrace_enabled=0 while
 * the hook is in place, and refuse the hook while that is set. All three
 * functions are needed: the compiler may or may not have put ksys_ioperm() into
 * the two entry points. A second detach finds nothing to do.
 *
 * The callback runs at the start of a system call, in the context of the caller,
 * and nothing that it calls is among the functions filtered for, so it cannot
 * recurse. Processes that do not call ioperm() never meet it.
 */
#include "ioport.h"
#include "compat.h"

#include <linux/ftrace.h>

#if defined(CONFIG_DYNAMIC_FTRACE) && !defined(IOPORT_NO_HOOK)

static void notrace hook(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			 struct ftrace_regs *regs)
{
	ioport_map_detach();
}

static struct ftrace_ops hook_ops = {
	.func = hook,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static const char *const hooked[] = {
	"ksys_ioperm",
	"__x64_sys_ioperm",
#ifdef CONFIG_IA32_EMULATION
	"__ia32_sys_ioperm",
#endif
};

static bool hook_armed;

int ioport_hook_init(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(hooked); i++)
		err = ftrace_set_filter(&hook_ops, (unsigned char *)hooked[i], strlen(hooked[i]),
					0);
	if (!err)
		err = register_ftrace_function(&hook_ops);
	hook_armed = !err;
	if (err)
		ftrace_set_filter(&hook_ops, NULL, 0, 1);
	return err;
}

/* Waits until no thread is in the callback. */
void ioport_hook_exit(void)
{
	if (!hook_armed)
		return;
	unregister_ftrace_function(&hook_ops);
	/* Frees the filter, which ftrace leaves to its owner. */
	ftrace_set_filter(&hook_ops, NULL, 0, 1);
}

#else

int ioport_hook_init(void)
{
	return -EOPNOTSUPP;
}

void ioport_hook_exit(void)
{
}

#endif
