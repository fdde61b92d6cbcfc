/* By AVX-512, AVX2 or SSE2 where the processor has it, else byte by byte. */
#include "classify/detect/rare_bytes.h"

#include <string.h>

enum { BLOCK = SIMD_BLOCK };

/* Bit i is set where p[i] is one of the first nr bytes; the others of four are as the first. */
typedef uint64_t block_fn(const uint8_t *p, const uint8_t *byte, unsigned nr);

bool
rare_bytes_add(struct rare_bytes *r, uint8_t byte)
{
	if (r->nr != 0 && memchr(r->byte, byte, r->nr) != NULL)
		return true;
	if (r->nr == RARE_BYTES_MAX)
		return false;
	if (r->nr == 0)
		memset(r->byte, byte, sizeof(r->byte));
	r->byte[r->nr++] = byte;
	return true;
}

#ifdef __SSE2__
static ALWAYS_INLINE uint64_t
in_block(const uint8_t *p, const uint8_t *byte, unsigned nr)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const void *)(p + 16 * i));
		__m128i is = _mm_setzero_si128();

		for (unsigned k = 0; k < nr; k++)
			is = _mm_or_si128(is, _mm_cmpeq_epi8(v, _mm_set1_epi8((char)byte[k])));
		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(is) << (16 * i);
	}
	return mask;
}

__attribute__((target("avx2"))) static inline uint64_t
in_block_avx2(const uint8_t *p, const uint8_t *byte, unsigned nr)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 2; i++) {
		__m256i v = _mm256_loadu_si256((const void *)(p + 32 * i));
		__m256i is = _mm256_setzero_si256();

		for (unsigned k = 0; k < nr; k++)
			is = _mm256_or_si256(is,
					     _mm256_cmpeq_epi8(v, _mm256_set1_epi8((char)byte[k])));
		mask |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is) << (32 * i);
	}
	return mask;
}

__attribute__((target("avx512bw"))) static inline uint64_t
in_block_avx512(const uint8_t *p, const uint8_t *byte, unsigned nr)
{
	__m512i v = _mm512_loadu_si512(p);
	uint64_t mask = 0;

	for (unsigned k = 0; k < nr; k++)
		mask |= _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)byte[k]));
	return mask;
}
#else
static ALWAYS_INLINE uint64_t
in_block(const uint8_t *p, const uint8_t *byte, unsigned nr)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < BLOCK; i++) {
		for (unsigned k = 0; k < nr; k++)
			mask |= (uint64_t)(p[i] == byte[k]) << i;
	}
	return mask;
}
#endif

static ALWAYS_INLINE size_t
next_of(const uint8_t *byte, unsigned nr, const uint8_t *p, size_t at, size_t len, block_fn *block)
{
	uint8_t rest[BLOCK];
	uint64_t mask;

	for (; len - at >= BLOCK; at += BLOCK) {
		mask = block(p + at, byte, nr);
		if (mask != 0)
			return at + (size_t)__builtin_ctzll(mask);
	}
	if (at == len)
		return len;
	memset(rest, 0, sizeof(rest));
	memcpy(rest, p + at, len - at);
	mask = block(rest, byte, nr) & ~(~0ull << (len - at));
	return mask == 0 ? len : at + (size_t)__builtin_ctzll(mask);
}

static ALWAYS_INLINE size_t
next_of_all(const struct rare_bytes *r, const uint8_t *p, size_t at, size_t len, block_fn *block)
{
	return r->nr <= 2 ? next_of(r->byte, 2, p, at, len, block)
			  : next_of(r->byte, RARE_BYTES_MAX, p, at, len, block);
}

#ifdef __SSE2__
__attribute__((target("avx2,bmi,lzcnt"))) static size_t
next_avx2(const struct rare_bytes *r, const uint8_t *p, size_t at, size_t len)
{
	return next_of_all(r, p, at, len, in_block_avx2);
}

__attribute__((target("avx512bw,bmi,lzcnt"))) static size_t
next_avx512(const struct rare_bytes *r, const uint8_t *p, size_t at, size_t len)
{
	return next_of_all(r, p, at, len, in_block_avx512);
}
#endif

size_t
rare_bytes_next(const struct rare_bytes *r, const uint8_t *p, size_t at, size_t len)
{
	if (r->nr == 0)
		return len;
#ifdef __SSE2__
	switch (r->simd) {
	case SIMD_AVX512:
		return next_avx512(r, p, at, len);
	case SIMD_AVX2:
		return next_avx2(r, p, at, len);
	default:
		break;
	}
#endif
	return next_of_all(r, p, at, len, in_block);
}
