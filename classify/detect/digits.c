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
	if (d->nr_groups == 0)
		d->total = 0;
	d->total += d->open_len;
	if (d->nr_groups == DIGITS_MAX_GROUPS) {
		d->total -= d->groups[0].len;
		memmove(d->groups, d->groups + 1, (DIGITS_MAX_GROUPS - 1) * sizeof(d->groups[0]));
		d->nr_groups--;
	}
	d->groups[d->nr_groups++] =
	    (struct digit_group) { d->open_start, d->open_len, d->open_before };
}

/* By a byte that a group of two digits is told for. */
static bool
is_led(const struct digits_spec *spec, uint8_t before)
{
	return spec->led_by_letter && (before | 0x20) >= 'a' && (before | 0x20) <= 'z';
}

static void
close_group(struct digits *d, const struct digits_spec *spec, digits_fn *fn, void *arg)
{
	append_group(d, spec);
	if (d->total >= spec->min_digits || (d->open_len >= 2 && is_led(spec, d->open_before)))
		fn(arg, d->groups, d->nr_groups);
	d->open_len = 0;
}

/* Nothing is joined to the open group, and by itself it is nothing. */
static bool
stands_alone(const struct digits *d, const struct digits_spec *spec, uint8_t after)
{
	return d->nr_groups == 0 && !spec->separator[after] && d->open_len < spec->min_digits &&
	       !(d->open_len >= 2 && is_led(spec, d->open_before));
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
		if (stands_alone(d, spec, p[at]))
			d->open_len = 0;
		else
			close_group(d, spec, fn, arg);
		if (!spec->separator[p[at]])
			d->nr_groups = 0;
		mask &= ~0ull << at;
	}
	d->last = p[n - 1];
	d->pos += n;
}

#ifdef __SSE2__
/* A group of two or more digits in the block has a letter in front of it. */
static bool
has_led_group(const struct digits *d, const struct digits_spec *spec, const uint8_t *p,
	      uint64_t mask)
{
	uint64_t starts = mask & ~(mask << 1) & mask >> 1;

	for (; starts != 0; starts &= starts - 1) {
		unsigned at = (unsigned)__builtin_ctzll(starts);
		uint8_t before = at == 0 ? d->last : p[at - 1];

		if (is_led(spec, before))
			return true;
	}
	return false;
}

/*
 * Most blocks hold a few digits that are no part of anything: too few of them for a number, and
 * none so near to an edge that it could be joined to what is in the blocks beside it. Whether a
 * block is passed over depends on where the input was cut, what is told does not.
 */
static bool
holds_nothing(const struct digits *d, const struct digits_spec *spec, const uint8_t *p,
	      uint64_t mask)
{
	const struct digit_group *last = d->nr_groups == 0 ? NULL : &d->groups[d->nr_groups - 1];
	bool joins = last != NULL && last->start + last->len + 1 >= d->pos;

	return d->open_len == 0 && (mask >> (BLOCK - 2)) == 0 && !(joins && (mask & 3) != 0) &&
	       (unsigned)__builtin_popcountll(mask) < spec->min_digits &&
	       !(spec->led_by_letter && has_led_group(d, spec, p, mask));
}
#endif

void
digits_push(struct digits *d, const struct digits_spec *spec, const uint8_t *data, size_t len,
	    digits_fn *fn, void *arg)
{
#ifdef __SSE2__
	for (; len >= BLOCK; data += BLOCK, len -= BLOCK) {
		uint64_t mask = digit_mask(data);

		if (!holds_nothing(d, spec, data, mask)) {
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
