/*
 * Sixty-four bytes at a time: which of them lie in a range, as a mask of bits.
 *
 * Each finder has its loop once, as an ALWAYS_INLINE function that takes the mask functions as
 * arguments, and is made anew from it for each kind of processor: none of them is a call then.
 */
#ifndef WEIR_SIMD_H
#define WEIR_SIMD_H

#include <stdint.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

enum { SIMD_BLOCK = 64 };

/* How the masks are made: all find the same, the later ones sooner. */
enum simd {
	SIMD_PLAIN, /* SSE2 or plain C: any processor */
	SIMD_AVX2,
	SIMD_AVX512, /* its byte instructions (BW) */
};

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Bit i of 64 is set when low <= byte i | fold <= low + span, all taken as unsigned. */
typedef uint64_t range_mask_fn(const uint8_t *p, char fold, char low, char span);

/* The best that this processor can, with the bit operations that all with AVX2 have. */
static inline enum simd
simd_best(void)
{
#ifdef __SSE2__
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2"))
		return SIMD_PLAIN;
	return __builtin_cpu_supports("avx512bw") ? SIMD_AVX512 : SIMD_AVX2;
#else
	return SIMD_PLAIN;
#endif
}

#ifdef __SSE2__
static ALWAYS_INLINE uint64_t
range_mask(const uint8_t *p, char fold, char low, char span)
{
	const __m128i bits = _mm_set1_epi8(fold), base = _mm_set1_epi8(low);
	const __m128i most = _mm_set1_epi8(span);
	uint64_t mask = 0;

	for (unsigned i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const void *)(p + 16 * i));
		__m128i at = _mm_sub_epi8(_mm_or_si128(v, bits), base);
		__m128i is = _mm_cmpeq_epi8(_mm_min_epu8(at, most), at);

		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(is) << (16 * i);
	}
	return mask;
}

__attribute__((target("avx2"))) static inline uint64_t
range_mask_avx2(const uint8_t *p, char fold, char low, char span)
{
	const __m256i bits = _mm256_set1_epi8(fold), base = _mm256_set1_epi8(low);
	const __m256i most = _mm256_set1_epi8(span);
	uint64_t mask = 0;

	for (unsigned i = 0; i < 2; i++) {
		__m256i v = _mm256_loadu_si256((const void *)(p + 32 * i));
		__m256i at = _mm256_sub_epi8(_mm256_or_si256(v, bits), base);
		__m256i is = _mm256_cmpeq_epi8(_mm256_min_epu8(at, most), at);

		mask |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is) << (32 * i);
	}
	return mask;
}

__attribute__((target("avx512bw"))) static inline uint64_t
range_mask_avx512(const uint8_t *p, char fold, char low, char span)
{
	__m512i v = _mm512_or_si512(_mm512_loadu_si512(p), _mm512_set1_epi8(fold));

	return _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(low)),
				      _mm512_set1_epi8(span));
}
#else
static ALWAYS_INLINE uint64_t
range_mask(const uint8_t *p, char fold, char low, char span)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < SIMD_BLOCK; i++)
		mask |= (uint64_t)((uint8_t)((p[i] | fold) - low) <= (uint8_t)span) << i;
	return mask;
}
#endif

#endif
