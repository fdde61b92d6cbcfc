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
/* Bit i is set when low <= byte i | fold <= low + span; 64 bytes. */
static uint64_t
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
#else
static uint64_t
range_mask(const uint8_t *p, char fold, char low, char span)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		mask |= (uint64_t)((uint8_t)((p[i] | fold) - low) <= (uint8_t)span) << i;
	return mask;
}
#endif

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

static bool
is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') <= 'z' - 'a';
}

static void
close_group(struct digits *d, const struct digits_spec *spec, digits_fn *fn, void *arg)
{
	append_group(d, spec);
	if (d->total >= spec->min_digits || (d->open_len >= 2 && d->open_led))
		fn(arg, d->groups, d->nr_groups);
	d->open_len = 0;
}

/* Nothing is joined to the open group, and by itself it is nothing. */
static bool
stands_alone(const struct digits *d, const struct digits_spec *spec, uint8_t after)
{
	return d->nr_groups == 0 && !spec->separator[after] && d->open_len < spec->min_digits &&
	       !(d->open_len >= 2 && d->open_led);
}

static void
move_on(struct digits *d, const uint8_t *p, unsigned n)
{
	d->second_last = n > 1 ? p[n - 2] : d->last;
	d->last = p[n - 1];
	d->pos += n;
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
			uint8_t before = at == 0 ? d->last : p[at - 1];
			uint8_t second = at == 0 ? d->second_last : at == 1 ? d->last : p[at - 2];

			d->open_start = d->pos + at;
			d->open_before = before;
			d->open_led =
			    spec->led_by_letters && is_letter(before) && is_letter(second);
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
	move_on(d, p, n);
}

/* Bytes that may join two groups and stand between two digits. */
static uint64_t
joint_mask(const struct digits_spec *spec, const uint8_t *p, uint64_t digits)
{
	uint64_t between = ~digits & digits << 1 & digits >> 1, joints = 0;

	for (; between != 0; between &= between - 1) {
		unsigned at = (unsigned)__builtin_ctzll(between);

		joints |= (uint64_t)spec->separator[p[at]] << at;
	}
	return joints;
}

/* A chain, which is bits in a row, holds so many digits. */
static bool
has_chain(uint64_t digits, uint64_t joints, unsigned least)
{
	uint64_t chains = digits | joints;

	while (chains != 0) {
		unsigned from = (unsigned)__builtin_ctzll(chains);
		uint64_t end = chains + (1ull << from); /* carries to behind the lowest run */
		uint64_t run = chains & ~end;

		if ((unsigned)__builtin_popcountll(run & digits) >= least)
			return true;
		chains &= end;
	}
	return false;
}

/* A group of two or more digits has two letters in front of it. */
static bool
has_led_group(const struct digits *d, const uint8_t *p, uint64_t mask)
{
	uint64_t starts = mask & ~(mask << 1) & mask >> 1, letters, first, second;

	if (starts == 0)
		return false;
	letters = range_mask(p, 0x20, 'a', 'z' - 'a');
	first = letters << 1 | is_letter(d->last);
	second = first << 1 | is_letter(d->second_last);
	return (starts & first & second) != 0;
}

/*
 * How many of the first n bytes hold nothing: digits, but no number, and none so near to an edge
 * that it could be joined to what is beside it. Most of what there is, JSON, time stamps, ids, goes
 * by like this. What is passed over depends on where the input was cut, what is told does not.
 */
static unsigned
nothing_in(const struct digits *d, const struct digits_spec *spec, const uint8_t *p, unsigned n,
	   uint64_t mask)
{
	const struct digit_group *last = d->nr_groups == 0 ? NULL : &d->groups[d->nr_groups - 1];
	bool joins = last != NULL && last->start + last->len + 1 >= d->pos;
	uint64_t quiet = ~mask & ~(mask << 1) & ~0ull >> (BLOCK - n);

	if (d->open_len != 0 || (joins && (mask & 3) != 0) || quiet == 0)
		return 0;

	/* The end of two bytes that are no digits. */
	unsigned to = BLOCK - (unsigned)__builtin_clzll(quiet);

	mask &= ~0ull >> (BLOCK - to);
	if ((unsigned)__builtin_popcountll(mask) >= spec->min_digits &&
	    has_chain(mask, joint_mask(spec, p, mask), spec->min_digits))
		return 0;
	return spec->led_by_letters && has_led_group(d, p, mask) ? 0 : to;
}

/* The block of n bytes at p; returns how many of them were taken. */
static unsigned
take_block(struct digits *d, const struct digits_spec *spec, const uint8_t *p, unsigned n,
	   digits_fn *fn, void *arg)
{
	uint64_t mask = range_mask(p, 0, '0', 9) & ~0ull >> (BLOCK - n);
	unsigned quiet = nothing_in(d, spec, p, n, mask);

	if (quiet == 0) {
		walk(d, spec, p, n, mask, fn, arg);
		return n;
	}
	move_on(d, p, quiet);
	return quiet;
}

void
digits_push(struct digits *d, const struct digits_spec *spec, const uint8_t *data, size_t len,
	    digits_fn *fn, void *arg)
{
	uint8_t rest[2 * BLOCK];

	while (len >= BLOCK) {
		unsigned n = take_block(d, spec, data, BLOCK, fn, arg);

		data += n;
		len -= n;
	}
	memcpy(rest, data, len);
	memset(rest + len, 0, BLOCK);
	for (size_t at = 0; at < len;)
		at += take_block(d, spec, rest + at, (unsigned)(len - at), fn, arg);
}

void
digits_end(struct digits *d, const struct digits_spec *spec, digits_fn *fn, void *arg)
{
	if (d->open_len != 0)
		close_group(d, spec, fn, arg);
	d->nr_groups = 0;
}
