// SPDX-License-Identifier: GPL-2.0-only
/* What programs did until now: ask for the ports with ioperm(). */
#include <stdio.h>
#include <sys/io.h>

int main(void)
{
	if (ioperm(0x378, 3, 1)) {
		perror("ioperm(0x378, 3, 1)");
		return 1;
	}
	printf("ioperm(0x378, 3, 1): granted\n");
	return 0;
}
