// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "instruction.h"

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

bool instruction_can_restart(void)
{
	if (!HAVE_RESTART || !&__rseq_offset || !&__rseq_size || !__rseq_size)
		return false;
	return !membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ);
}

void instruction_barrier(bool restartable)
{
	/* Without restartable sequences only single threads look at all. */
	if (!restartable || single_threaded())
		return;
	while (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ) && errno == EPERM)
		if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ))
			return;
}
