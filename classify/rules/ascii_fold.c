/* Most text has none of these characters: a look at 64 bytes at a time says so. */
#include "classify/rules/ascii_fold.h"

#include <string.h>

#include "classify/detect/value.h"

enum { BLOCK = SIMD_BLOCK, OUT_CAP = 4096 };

void
ascii_fold_init(struct ascii_fold *f, enum simd simd)
{
	*f = (struct ascii_fold) { .simd = simd };
}

/* ------------------------------------------------------------------ one character */

/* E2 80 xx: the blanks and dashes of U+2000..U+203F. */
static uint8_t
general_punctuation(const uint8_t *p, size_t len, uint8_t before, size_t *took)
{
	uint8_t c = p[2];

	*took = 3;
	if (c <= 0x8a || c == 0xaf)
		return ' ';
	if (c >= 0x90 && c <= 0x92)
		return '-';
	if (c >= 0x93 && c <= 0x95) {
		if (is_digit(before) && len == 3)
			*took = 0;
		return is_digit(before) && len > 3 && is_digit(p[3]) ? '-' : ' ';
	}
	*took = 1;
	return p[0];
}

/* Of a character of three bytes that begins with the two at p. */
static uint8_t
three_bytes(const uint8_t *p, size_t len, uint8_t before, size_t *took)
{
	uint8_t c = len > 2 ? p[2] : 0;

	*took = len > 2 ? 3 : 0;
	if (len == 2)
		return p[0];
	if (p[0] == 0xe2 && p[1] == 0x80)
		return general_punctuation(p, len, before, took);
	if (p[0] == 0xe2 && c == 0x92)
		return '-';
	if (p[0] == 0xe3 && c == 0x80)
		return ' ';
	if (p[0] == 0xef && c == 0x8d)
		return '-';
	if (p[0] == 0xef && c >= 0x90 && c <= 0x99)
		return (uint8_t)('0' + (c - 0x90));
	*took = 1;
	return p[0];
}

static bool
leads(uint8_t c)
{
	return c == 0xc2 || c == 0xe2 || c == 0xe3 || c == 0xef;
}

static bool
leads_three(uint8_t a, uint8_t b)
{
	return (a == 0xe2 && (b == 0x80 || b == 0x88)) || (a == 0xe3 && b == 0x80) ||
	       (a == 0xef && b == 0xbc);
}

uint8_t
ascii_fold_one(const uint8_t *p, size_t len, uint8_t before, size_t *took)
{
	*took = 1;
	if (!leads(p[0]))
		return p[0];
	if (len == 1) {
		*took = 0;
		return p[0];
	}
	if (leads_three(p[0], p[1]))
		return three_bytes(p, len, before, took);
	if (p[0] != 0xc2 || p[1] != 0xa0)
		return p[0];
	*took = 2;
	return ' ';
}

/* ------------------------------------------------------------------ where they are */

/* By their first two bytes; reads one behind the block. */
static ALWAYS_INLINE uint64_t
pairs_in(const uint8_t *p, range_mask_fn *range)
{
	const char c2 = (char)0xc2, e2 = (char)0xe2, e3 = (char)0xe3, ef = (char)0xef;

	if (range(p, 0, c2, (char)(0xef - 0xc2)) == 0)
		return 0;
	return (range(p, 0, c2, 0) & range(p + 1, 0, (char)0xa0, 0)) |
	       ((range(p, 0, e2, 0) | range(p, 0, e3, 0)) & range(p + 1, 0, (char)0x80, 0)) |
	       (range(p, 0, e2, 0) & range(p + 1, 0, (char)0x88, 0)) |
	       (range(p, 0, ef, 0) & range(p + 1, 0, (char)0xbc, 0));
}

/* Short fields are many: they are told by a few words of eight bytes, the last of which overlap. */
static inline bool
is_ascii(const uint8_t *p, size_t len)
{
	uint64_t word, all = 0;
	size_t at = 0;

	for (; len - at > sizeof(word); at += sizeof(word)) {
		memcpy(&word, p + at, sizeof(word));
		all |= word;
	}
	if (len >= sizeof(word)) {
		memcpy(&word, p + len - sizeof(word), sizeof(word));
		all |= word;
	} else {
		for (; at < len; at++)
			all |= p[at];
	}
	return (all & 0x8080808080808080) == 0;
}

static ALWAYS_INLINE size_t
find(const uint8_t *p, size_t len, range_mask_fn *range)
{
	uint8_t rest[2 * BLOCK] = { 0 };
	uint64_t mask;
	size_t at = 0;

	for (; len - at > BLOCK; at += BLOCK) {
		mask = pairs_in(p + at, range);
		if (mask != 0)
			return at + (size_t)__builtin_ctzll(mask);
	}
	if (is_ascii(p + at, len - at))
		return len;
	memcpy(rest, p + at, len - at);
	mask = pairs_in(rest, range);
	if (mask != 0)
		return at + (size_t)__builtin_ctzll(mask);
	return leads(p[len - 1]) ? len - 1 : len;
}

#ifdef __SSE2__
__attribute__((target("avx2,bmi,lzcnt"))) static size_t
find_avx2(const uint8_t *p, size_t len)
{
	return find(p, len, range_mask_avx2);
}

__attribute__((target("avx512bw,bmi,lzcnt"))) static size_t
find_avx512(const uint8_t *p, size_t len)
{
	return find(p, len, range_mask_avx512);
}
#endif

size_t
ascii_fold_find(enum simd simd, const uint8_t *p, size_t len)
{
	if (len <= BLOCK && is_ascii(p, len))
		return len;
#ifdef __SSE2__
	switch (simd) {
	case SIMD_AVX512:
		return find_avx512(p, len);
	case SIMD_AVX2:
		return find_avx2(p, len);
	default:
		break;
	}
#endif
	(void)simd;
	return find(p, len, range_mask);
}

/* ------------------------------------------------------------------ a text in pieces */

static void
pass_on(struct ascii_fold *f, const uint8_t *data, size_t len, ascii_fold_fn *fn, void *arg)
{
	if (len == 0)
		return;
	f->last = data[len - 1];
	fn(arg, data, len);
}

static size_t
one_character(const void *arg, const uint8_t *p, size_t len, uint8_t *out, size_t *took)
{
	const struct ascii_fold *f = arg;

	out[0] = ascii_fold_one(p, len, f->last, took);
	return 1;
}

/* Text with something to fold, gathered into pieces of some size. */
static void
push_gathered(struct ascii_fold *f, const uint8_t *data, size_t len, ascii_fold_fn *fn, void *arg)
{
	uint8_t out[OUT_CAP];
	size_t nr = 0;

	while (len != 0) {
		size_t run = ascii_fold_find(f->simd, data, len), took = run;

		if (nr == OUT_CAP) {
			pass_on(f, out, nr, fn, arg);
			nr = 0;
		}
		if (run != 0) {
			took = run < OUT_CAP - nr ? run : OUT_CAP - nr;
			memcpy(out + nr, data, took);
			nr += took;
		} else {
			out[nr] = ascii_fold_one(data, len, nr == 0 ? f->last : out[nr - 1], &took);
			if (took == 0)
				break;
			nr++;
		}
		data += took;
		len -= took;
	}
	pass_on(f, out, nr, fn, arg);
	carry_hold(&f->carry, span_of(data, len));
}

bool
ascii_fold_passes(struct ascii_fold *f, const uint8_t *data, size_t len)
{
	if (f->carry.nr != 0 || ascii_fold_find(f->simd, data, len) != len)
		return false;
	if (len != 0)
		f->last = data[len - 1];
	return true;
}

void
ascii_fold_push(struct ascii_fold *f, const uint8_t *data, size_t len, ascii_fold_fn *fn, void *arg)
{
	struct span rest = span_of(data, len);
	uint8_t out[CARRY_OUT];

	while (f->carry.nr != 0 && rest.len != 0)
		pass_on(f, out, carry_finish(&f->carry, &rest, one_character, f, out), fn, arg);
	if (rest.len == 0)
		return;
	if (ascii_fold_passes(f, rest.p, rest.len))
		fn(arg, rest.p, rest.len);
	else
		push_gathered(f, rest.p, rest.len, fn, arg);
}

/* Three bytes wait for what stands behind a dash: nothing. */
void
ascii_fold_end(struct ascii_fold *f, ascii_fold_fn *fn, void *arg)
{
	static const uint8_t blank = ' ';

	if (f->carry.nr == 3)
		fn(arg, &blank, 1);
	else if (f->carry.nr != 0)
		fn(arg, f->carry.byte, f->carry.nr);
	f->carry.nr = 0;
}
