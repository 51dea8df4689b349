// SPDX-License-Identifier: GPL-2.0-only
/*
 * A library whose constructor comes before that of libioport-compat: the first key for
 * data of threads is its own, what it keeps there is not to be looked at, and it makes a
 * thread.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static void *greet(void *arg)
{
	printf("a thread before main\n");
	return arg;
}

__attribute__((constructor)) static void begin(void)
{
	void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_key_t key;
	pthread_t thread;

	if (pthread_key_create(&key, NULL) || pthread_setspecific(key, none) ||
	    pthread_create(&thread, NULL, greet, NULL) || pthread_join(thread, NULL))
		abort();
}
