/*
 * What a parser told, as one number: runs over the same bytes in other pieces must come to the same
 * one. FNV-1a.
 */
#ifndef WEIR_TEST_FUZZ_SUM_H
#define WEIR_TEST_FUZZ_SUM_H

#include <stddef.h>
#include <stdint.h>

static inline void
fuzz_mix(uint64_t *hash, uint64_t v)
{
	*hash = (*hash ^ v) * UINT64_C(0x100000001b3);
}

static inline void
fuzz_mix_bytes(uint64_t *hash, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		fuzz_mix(hash, p[i]);
}

#endif
