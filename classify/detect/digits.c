/* Digit groups by bit mask: AVX-512 or AVX2 where the processor has it, else SSE2 or plain C. */
#include "classify/detect/digits.h"

#include <string.h>

enum { BLOCK = SIMD_BLOCK };

void
digits_join(struct digits_spec *spec, uint8_t separator)
{
	if (spec->separator[separator])
		return;
	spec->separator[separator] = true;
	if (spec->nr_joints < sizeof(spec->joints))
		spec->joints[spec->nr_joints] = separator;
	spec->nr_joints++;
}

void
digits_init(struct digits *d, uint64_t pos)
{
	memset(d, 0, sizeof(*d));
	d->pos = pos;
}

/* Without the bits of out, the others moved together; or as it is, where that is not quick. */
typedef uint64_t compress_fn(uint64_t mask, uint64_t out);

#ifdef __SSE2__
__attribute__((target("bmi2"))) static inline uint64_t
compress_bmi2(uint64_t mask, uint64_t out)
{
	return _pext_u64(mask, ~out);
}
#endif

static ALWAYS_INLINE uint64_t
compress_not(uint64_t mask, uint64_t out)
{
	(void)out;
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

static bool
leads(const struct digits_spec *spec, uint8_t c)
{
	return (uint8_t)((spec->led_by_small ? c | 0x20 : c + 0x20) - 'a') <= 'z' - 'a';
}

/* What may stand in front of a cell: blanks, quotes, brackets, separators, the end of a tag. */
static bool
is_edge(uint8_t c)
{
	return (c >= '\t' && c <= '\r') || (c >= ' ' && c <= ',') || (c >= ';' && c <= '>') ||
	       c == '|';
}

static bool
is_led(const struct digits_spec *spec, uint8_t before, uint8_t second)
{
	return spec->led_by_letters && leads(spec, before) &&
	       (leads(spec, second) || (spec->led_at_edge && is_edge(second)));
}

static void
close_group(struct digits *d, const struct digits_spec *spec, digits_fn *fn, void *arg)
{
	append_group(d, spec);
	if (d->total >= (d->nr_groups == 1 ? spec->min_alone : spec->min_digits) ||
	    (d->open_len >= 2 && d->open_led))
		fn(arg, d->groups, d->nr_groups);
	d->open_len = 0;
}

/* Nothing is joined to the open group, and by itself it is nothing. */
static bool
stands_alone(const struct digits *d, const struct digits_spec *spec, uint8_t after)
{
	return d->nr_groups == 0 && !spec->separator[after] && d->open_len < spec->min_alone &&
	       !(d->open_len >= 2 && d->open_led);
}

static void
move_on(struct digits *d, const uint8_t *p, size_t n)
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
			d->open_led = is_led(spec, before, second);
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

/* Of the places that single bytes take between two digits, those whose byte may join groups. */
static ALWAYS_INLINE uint64_t
joint_mask(const struct digits_spec *spec, const uint8_t *p, uint64_t between, range_mask_fn *range)
{
	uint64_t joints = 0;

	if (between == 0)
		return 0;
	if (spec->nr_joints <= sizeof(spec->joints)) {
		for (unsigned i = 0; i < spec->nr_joints; i++)
			joints |= range(p, 0, (char)spec->joints[i], 0);
		return joints & between;
	}
	for (; between != 0; between &= between - 1) {
		unsigned at = (unsigned)__builtin_ctzll(between);

		joints |= (uint64_t)spec->separator[p[at]] << at;
	}
	return joints;
}

/* Of the bytes two in front of each, those that are edges. */
static ALWAYS_INLINE uint64_t
edges_before(const uint8_t *p, uint8_t second_last, uint8_t last, range_mask_fn *range)
{
	uint64_t edges = range(p, 0, '\t', '\r' - '\t') | range(p, 0, ' ', ',' - ' ') |
			 range(p, 0, ';', '>' - ';') | range(p, 0, '|', 0);

	return edges << 2 | (uint64_t)is_edge(last) << 1 | is_edge(second_last);
}

/* Of the places where groups of two or more digits begin, those that letters lead. */
static ALWAYS_INLINE uint64_t
led_mask(const struct digits_spec *spec, const uint8_t *p, uint64_t starts, uint8_t second_last,
	 uint8_t last, range_mask_fn *range)
{
	uint64_t letters, first, second;

	if (starts == 0 || !spec->led_by_letters)
		return 0;
	letters = spec->led_by_small ? range(p, 0x20, 'a', 'z' - 'a') : range(p, 0, 'A', 'Z' - 'A');
	first = letters << 1 | leads(spec, last);
	second = first << 1 | leads(spec, second_last);
	starts &= first;
	if (spec->led_at_edge && (starts & ~second) != 0)
		second |= edges_before(p, second_last, last, range);
	return starts & second;
}

/* Where so many bits in a row begin. */
static inline uint64_t
long_runs(uint64_t mask, unsigned length)
{
	unsigned have = 1;

	if (length > BLOCK)
		return 0;
	for (; 2 * have <= length; have *= 2)
		mask &= mask >> have;
	return have < length ? mask & mask >> (length - have) : mask;
}

/* The run of bits that this one is in. */
static inline uint64_t
run_around(uint64_t mask, unsigned at)
{
	uint64_t below = ~mask & ((1ull << at) - 1);
	unsigned from = below == 0 ? 0 : BLOCK - (unsigned)__builtin_clzll(below);

	return mask & ~(mask + (1ull << from)); /* which carries to behind the run */
}

/* The digits of chains, which are bits in a row, that hold enough of them or are led. */
static ALWAYS_INLINE uint64_t
told_digits(const struct digits_spec *spec, uint64_t chains, uint64_t digits, uint64_t led)
{
	uint64_t seeds = led | long_runs(chains, spec->min_digits), told = 0;

	while (seeds != 0) {
		uint64_t chain = run_around(chains, (unsigned)__builtin_ctzll(seeds));
		uint64_t run = chain & digits;
		unsigned least = run == chain ? spec->min_alone : spec->min_digits;

		if ((run & led) != 0 || (unsigned)__builtin_popcountll(run) >= least)
			told |= run;
		seeds &= ~chain;
	}
	return told;
}

/* The digits of a block that nothing reaches into or out of, as far as they are to be told. */
static ALWAYS_INLINE uint64_t
telling_mask(const struct digits *d, const struct digits_spec *spec, const uint8_t *p,
	     uint64_t digits, range_mask_fn *range, compress_fn *compress)
{
	uint64_t starts = digits & ~(digits << 1) & digits >> 1;
	uint64_t led = led_mask(spec, p, starts, d->second_last, d->last, range);
	uint64_t between = ~digits & digits << 1 & digits >> 1, joints, chains;

	/* Most blocks end here: not even if all that may be a joint were one. */
	if (led == 0 && long_runs(digits | between, spec->min_digits) == 0)
		return 0;
	joints = joint_mask(spec, p, between, range);
	chains = digits | joints;
	/* Dates and identifiers end here. */
	if (led == 0 && long_runs(digits, spec->min_alone) == 0 &&
	    (joints == 0 || long_runs(compress(chains, joints), spec->min_digits) == 0))
		return 0;
	return told_digits(spec, chains, digits, led);
}

/* The last group ended so shortly before that the next byte may join another to it. */
static inline bool
may_join(const struct digits *d)
{
	const struct digit_group *last = d->nr_groups == 0 ? NULL : &d->groups[d->nr_groups - 1];

	return last != NULL && last->start + last->len + 1 >= d->pos;
}

/*
 * How many of the n bytes at p end behind two that are no digits, so that nothing is joined across
 * that place; 0 where there is none, or something is open from before.
 */
static unsigned
closed_part(const struct digits *d, unsigned n, uint64_t digits)
{
	uint64_t quiet = ~digits & ~(digits << 1) & ~0ull >> (BLOCK - n);

	if (d->open_len != 0 || (may_join(d) && (digits & 3) != 0) || quiet == 0)
		return 0;
	return BLOCK - (unsigned)__builtin_clzll(quiet);
}

/* How many bits in a row are set from the lowest on, and up to the highest. */
static inline unsigned
ones_low(uint64_t mask)
{
	return mask == ~0ull ? BLOCK : (unsigned)__builtin_ctzll(~mask);
}

static inline unsigned
ones_high(uint64_t mask)
{
	return mask == ~0ull ? BLOCK : (unsigned)__builtin_clzll(~mask);
}

/*
 * The blocks of a long text, up to one with a chain to tell that goes on in the next; returns how
 * many bytes were taken. Where a block begins does not hang on what the one before it held, so the
 * processor need not wait for that: quicker than take_block.
 */
static ALWAYS_INLINE size_t
take_blocks(struct digits *d, const struct digits_spec *spec, const uint8_t *data, size_t len,
	    digits_fn *fn, void *arg, range_mask_fn *range)
{
	uint64_t before = 0; /* the digits of the last block */
	unsigned open = 0;   /* how much of its end may be one chain with what follows */
	size_t taken = 0;
	size_t closed = 0; /* behind the last two that are no digits: nothing is joined across */

	if (d->open_len != 0 || may_join(d))
		return 0;
	for (size_t at = 0; len - at >= BLOCK; at += BLOCK) {
		const uint8_t *p = data + at;
		uint64_t digits = range(p, 0, '0', 9);
		uint64_t behind = digits << 1 | before >> (BLOCK - 1);
		uint64_t ahead = digits >> 1 | 1ull << (BLOCK - 1); /* of the next one, at worst */
		uint64_t chains = digits | (behind & ahead), told, led;
		uint64_t quiet = ~digits & ~behind;
		unsigned here = quiet == 0 ? 0 : BLOCK - (unsigned)__builtin_clzll(quiet);

		led = led_mask(spec, p, digits & ~behind & ahead, at == 0 ? d->second_last : p[-2],
			       at == 0 ? d->last : p[-1], range);
		if (led != 0 || open + (unsigned)__builtin_popcountll(chains) >= spec->min_digits) {
			chains = digits | joint_mask(spec, p, behind & ahead & ~digits, range);
			told = told_digits(spec, chains, digits, led);
			if (open != 0 && open + ones_low(chains) >= spec->min_digits)
				break;
			if (here < BLOCK && told >> here != 0)
				break;
			if (told != 0) {
				if (at > taken)
					move_on(d, data + taken, at - taken);
				walk(d, spec, p, here, told, fn, arg);
				taken = at + here;
			}
		}
		if (here != 0)
			closed = at + here;
		open = ones_high(chains) + (chains == ~0ull ? open : 0);
		before = digits;
	}
	if (closed > taken)
		move_on(d, data + taken, closed - taken);
	return closed;
}

/*
 * The block of n bytes at p; returns how many of them were taken. Most digits that there are, in
 * JSON, time stamps, ids, are passed over by their masks. Which are depends on where the input was
 * cut, what is told does not.
 */
static ALWAYS_INLINE unsigned
take_block(struct digits *d, const struct digits_spec *spec, const uint8_t *p, unsigned n,
	   digits_fn *fn, void *arg, range_mask_fn *range, compress_fn *compress)
{
	uint64_t digits = range(p, 0, '0', 9) & ~0ull >> (BLOCK - n);
	unsigned closed = closed_part(d, n, digits);

	if (closed != 0) {
		n = closed;
		digits = telling_mask(d, spec, p, digits & ~0ull >> (BLOCK - n), range, compress);
	}
	if (closed != 0 && digits == 0)
		move_on(d, p, n);
	else
		walk(d, spec, p, n, digits, fn, arg);
	return n;
}

static ALWAYS_INLINE void
push(struct digits *d, const struct digits_spec *spec, const uint8_t *data, size_t len,
     digits_fn *fn, void *arg, range_mask_fn *range, compress_fn *compress)
{
	uint8_t rest[2 * BLOCK];

	while (len >= BLOCK) {
		size_t n = take_blocks(d, spec, data, len, fn, arg, range);

		if (len - n >= BLOCK)
			n += take_block(d, spec, data + n, BLOCK, fn, arg, range, compress);
		data += n;
		len -= n;
	}
	if (len == 0)
		return;
	memcpy(rest, data, len);
	memset(rest + len, 0, BLOCK);
	for (size_t at = 0; at < len;)
		at +=
		    take_block(d, spec, rest + at, (unsigned)(len - at), fn, arg, range, compress);
}

#ifdef __SSE2__
__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))) static void
push_avx2(struct digits *d, const struct digits_spec *spec, const uint8_t *data, size_t len,
	  digits_fn *fn, void *arg)
{
	push(d, spec, data, len, fn, arg, range_mask_avx2, compress_bmi2);
}

__attribute__((target("avx512bw,bmi,bmi2,lzcnt,popcnt"))) static void
push_avx512(struct digits *d, const struct digits_spec *spec, const uint8_t *data, size_t len,
	    digits_fn *fn, void *arg)
{
	push(d, spec, data, len, fn, arg, range_mask_avx512, compress_bmi2);
}
#endif

void
digits_push(struct digits *d, const struct digits_spec *spec, const uint8_t *data, size_t len,
	    digits_fn *fn, void *arg)
{
#ifdef __SSE2__
	switch (spec->simd) {
	case SIMD_AVX512:
		push_avx512(d, spec, data, len, fn, arg);
		return;
	case SIMD_AVX2:
		push_avx2(d, spec, data, len, fn, arg);
		return;
	default:
		break;
	}
#endif
	push(d, spec, data, len, fn, arg, range_mask, compress_not);
}

void
digits_end(struct digits *d, const struct digits_spec *spec, digits_fn *fn, void *arg)
{
	if (d->open_len != 0)
		close_group(d, spec, fn, arg);
	d->nr_groups = 0;
}
