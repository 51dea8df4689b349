// SPDX-License-Identifier: GPL-2.0-only
/* Built with our <sys/io.h> and linked with the library: no LD_PRELOAD. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>

int main(void)
{
	unsigned char status[2] = { 0, 0 };

	if (ioperm(0x378, 3, 1))
		return printf("ioperm: %s\n", strerror(errno)), 1;
	outb(0x69, 0x378);
	insb(0x379, status, 2);
	printf("%02x %02x %02x %04x\n", inb(0x378), status[0], inb(0x37a), inw(0x378));
	outsb(0x378, "\x12\x34", 2);
	printf("%02x\n", inb(0x378));
	if (iopl(3))
		return printf("iopl: %s\n", strerror(errno)), 1;
	outl(0x12345678, 0xe0);
	printf("%08x %04x %02x\n", inl(0xe0), inw(0xe0), inb_p(0xe0));
	outw_p(0xabcd, 0xe0);
	printf("%04x\n", inw_p(0xe0));
	return 0;
}
