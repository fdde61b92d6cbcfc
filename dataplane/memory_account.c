#include "dataplane/memory_account.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/log.h"

void
memory_account_put(void *arg, const char *setting, uint64_t bytes)
{
	struct memory_account *a = arg;

	for (unsigned i = 0; i < a->nr; i++) {
		if (strcmp(a->rows[i].setting, setting) == 0) {
			a->rows[i].bytes += bytes;
			return;
		}
	}
	if (a->nr == MEMORY_ACCOUNT_MAX)
		return;
	a->rows[a->nr].setting = setting;
	a->rows[a->nr++].bytes = bytes;
}

uint64_t
memory_account_given_out(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static int
dearer_first(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, (const uint8_t *)a + sizeof(const char *), sizeof(x));
	memcpy(&y, (const uint8_t *)b + sizeof(const char *), sizeof(y));
	return x < y ? 1 : x > y ? -1 : 0;
}

static double
mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

void
memory_account_tell(struct memory_account *a, uint64_t given_out, uint64_t outside)
{
	uint64_t sum = 0, rest;

	qsort(a->rows, a->nr, sizeof(a->rows[0]), dearer_first);
	for (unsigned i = 0; i < a->nr; i++)
		sum += a->rows[i].bytes;
	rest = given_out + outside > sum ? given_out + outside - sum : 0;
	log_notice("memory: %.0f MiB at most, of which", mib(sum + rest));
	for (unsigned i = 0; i < a->nr; i++) {
		if (a->rows[i].bytes >> 20 != 0)
			log_notice("memory: %9.0f MiB  %s", mib(a->rows[i].bytes),
				   a->rows[i].setting);
	}
	log_notice("memory: %9.0f MiB  rules and all else", mib(rest));
}
