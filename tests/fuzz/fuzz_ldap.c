/* The first byte says how the rest is split: the text must not depend on it. */
#include <stdlib.h>

#include "classify/proto/ldap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
on_text(void *arg, const uint8_t *data, size_t len)
{
	uint64_t *hash = arg;

	for (size_t i = 0; i < len; i++)
		*hash = (*hash ^ data[i]) * UINT64_C(0x100000001b3);
}

static uint64_t
walk(const uint8_t *data, size_t len, size_t step)
{
	struct ldap_side side = { .tag = 0 };
	uint64_t hash = 0;

	for (size_t at = 0; at < len; at += step)
		ldap_push(&side, data + at, step < len - at ? step : len - at, on_text, &hash);
	return hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	if (walk(data + 1, len - 1, SIZE_MAX / 2) != walk(data + 1, len - 1, data[0] % 16 + 1u))
		abort();
	return 0;
}
