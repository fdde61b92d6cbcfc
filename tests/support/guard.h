/*
 * Copies whose last byte is the last of a page, with an unreadable page behind it: a parser that
 * reads one byte past its input crashes the test instead of passing by luck. What the sanitizers
 * see in heap memory this shows in every build.
 */
#ifndef WEIR_TEST_GUARD_H
#define WEIR_TEST_GUARD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The copy lives until the process ends. len may be 0. */
static inline uint8_t *
guard_copy(const void *data, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (len + page - 1) / page * page;
	uint8_t *map =
	    mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0)
		abort();
	if (len != 0)
		memcpy(map + room - len, data, len);
	return map + room - len;
}

#endif
