/* Digit groups by bit mask: SSE2 where there is one, plain C elsewhere. */
#include "classify/detect/digits.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 64 };

void
digits_init(struct digits *d, uint64_t pos)
{
	memset(d, 0, sizeof(*d));
	d->pos = pos;
}

#ifdef __SSE2__
/* Bit i is set when byte i is a digit; 64 bytes. */
static uint64_t
digit_mask(const uint8_t *p)
{
	const __m128i zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);
	uint64_t mask = 0;

	for (unsigned i = 0; i < 4; i++) {
		__m128i v = _mm_sub_epi8(_mm_loadu_si128((const void *)(p + 16 * i)), zero);
		__m128i is = _mm_cmpeq_epi8(_mm_min_epu8(v, nine), v);

		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(is) << (16 * i);
	}
	return mask;
}
#endif

static uint64_t
digit_mask_short(const uint8_t *p, unsigned len)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < len; i++)
		mask |= (uint64_t)((uint8_t)(p[i] - '0') <= 9) << i;
	return mask;
}

static void
append_group(struct digits *d, const struct digits_spec *spec)
{
	const struct digit_group *last = d->nr_groups == 0 ? NULL : &d->groups[d->nr_groups - 1];

	if (last != NULL &&
	    (last->start + last->len + 1 != d->open_start || !spec->separator[d->open_before]))
		d->nr_groups = 0;
	if (d->nr_groups == DIGITS_MAX_GROUPS) {
		memmove(d->groups, d->groups + 1, (DIGITS_MAX_GROUPS - 1) * sizeof(d->groups[0]));
		d->nr_groups--;
	}
	d->groups[d->nr_groups++] =
	    (struct digit_group) { d->open_start, d->open_len, d->open_before };
}

static void
close_group(struct digits *d, const struct digits_spec *spec, digits_fn *fn, void *arg)
{
	uint64_t total = 0;

	append_group(d, spec);
	for (unsigned i = 0; i < d->nr_groups; i++)
		total += d->groups[i].len;
	if (total >= spec->min_digits ||
	    (spec->led_by_letter && d->open_len >= 2 && (d->open_before | 0x20) >= 'a' &&
	     (d->open_before | 0x20) <= 'z'))
		fn(arg, d->groups, d->nr_groups);
	d->open_len = 0;
}

/* One block of n bytes at p; the mask has no bit at n or above. */
static void
walk(struct digits *d, const struct digits_spec *spec, const uint8_t *p, unsigned n, uint64_t mask,
     digits_fn *fn, void *arg)
{
	unsigned at = 0;

	if (d->open_len != 0 && (mask & 1) == 0)
		close_group(d, spec, fn, arg);
	while (mask != 0) {
		unsigned skip = (unsigned)__builtin_ctzll(mask);
		uint64_t rest = ~(mask >> skip);
		unsigned run = rest == 0 ? BLOCK : (unsigned)__builtin_ctzll(rest);

		at = skip;
		if (d->open_len == 0) {
			d->open_start = d->pos + at;
			d->open_before = at == 0 ? d->last : p[at - 1];
		}
		d->open_len += run;
		at += run;
		if (at >= n)
			break;
		close_group(d, spec, fn, arg);
		mask &= ~0ull << at;
	}
	d->last = p[n - 1];
	d->pos += n;
}

void
digits_push(struct digits *d, const struct digits_spec *spec, const uint8_t *data, size_t len,
	    digits_fn *fn, void *arg)
{
#ifdef __SSE2__
	for (; len >= BLOCK; data += BLOCK, len -= BLOCK) {
		uint64_t mask = digit_mask(data);

		if (mask != 0 || d->open_len != 0) {
			walk(d, spec, data, BLOCK, mask, fn, arg);
		} else {
			d->last = data[BLOCK - 1];
			d->pos += BLOCK;
		}
	}
#endif
	while (len != 0) {
		unsigned n = len < BLOCK ? (unsigned)len : BLOCK;

		walk(d, spec, data, n, digit_mask_short(data, n), fn, arg);
		data += n;
		len -= n;
	}
}

void
digits_end(struct digits *d, const struct digits_spec *spec, digits_fn *fn, void *arg)
{
	if (d->open_len != 0)
		close_group(d, spec, fn, arg);
	d->nr_groups = 0;
}
