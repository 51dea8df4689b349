// SPDX-License-Identifier: GPL-2.0-only
/* In the place of libFuzzer: gives each file that is named to the parser, once. */
#include "fuzz.h"

static uint8_t *load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(1 << 20);

	if (!file || !data) {
		perror(path);
		exit(2);
	}
	*size = fread(data, 1, 1 << 20, file);
	fclose(file);
	return data;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t size;
		uint8_t *data = load(argv[i], &size);

		/* What is printed last names the input that did not come back. */
		fprintf(stderr, "%s\n", argv[i]);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	return argc < 2;
}
