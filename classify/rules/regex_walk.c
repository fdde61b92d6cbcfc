/*
 * Where a match begins, found from where it ends: backwards over the tree. Nearly all of it goes
 * from one place to one place; a set of places is kept where there are several.
 */
#include <string.h>

#ifdef __SSE4_1__
#include <smmintrin.h>
#endif

#include "classify/rules/regex_tree.h"

/* Positions of a window: bit p is set when the rest of the pattern matches from p to the end. */
struct places {
	uint64_t bits[REGEX_STARTS_WORDS];
	size_t low, high; /* no bit is outside of [low, high] */
};

struct walk {
	const uint8_t *window;
	size_t len;
};

static void
places_clear(struct places *s)
{
	memset(s->bits, 0, sizeof(s->bits));
	s->low = SIZE_MAX;
	s->high = 0;
}

static bool
places_empty(const struct places *s)
{
	return s->low > s->high;
}

/* From the one place that there is to another, or with SIZE_MAX to none. */
static void
places_move(struct places *s, size_t to)
{
	s->bits[s->low / 64] = 0;
	s->low = to;
	s->high = to == SIZE_MAX ? 0 : to;
	if (to != SIZE_MAX)
		s->bits[to / 64] = 1ull << (to % 64);
}

/* Every place in [from, to]. */
static void
places_add(struct places *s, size_t from, size_t to)
{
	for (size_t w = from / 64; w <= to / 64; w++) {
		unsigned first = w == from / 64 ? (unsigned)(from % 64) : 0;
		unsigned last = w == to / 64 ? (unsigned)(to % 64) : 63;

		s->bits[w] |= (~0ull >> (63 - last)) & (~0ull << first);
	}
	if (from < s->low)
		s->low = from;
	if (to > s->high)
		s->high = to;
}

/* True when that added a place. */
static bool
places_join(struct places *s, const struct places *other)
{
	bool more = false;

	if (places_empty(other))
		return false;
	for (size_t w = other->low / 64; w <= other->high / 64; w++) {
		more = more || (other->bits[w] & ~s->bits[w]) != 0;
		s->bits[w] |= other->bits[w];
	}
	if (other->low < s->low)
		s->low = other->low;
	if (other->high > s->high)
		s->high = other->high;
	return more;
}

/* The greatest place at or below *at, into *at. */
static bool
places_below(const struct places *s, size_t *at)
{
	size_t w = *at / 64;
	uint64_t bits = s->bits[w] & (~0ull >> (63 - *at % 64));

	while (bits == 0) {
		if (w == 0 || w * 64 <= s->low)
			return false;
		bits = s->bits[--w];
	}
	*at = w * 64 + 63 - (size_t)__builtin_clzll(bits);
	return true;
}

#ifdef __SSE4_1__
/* Of the 16 bytes at p, how many at the end are of the set. */
static unsigned
run_of_16(const struct byte_set *set, const uint8_t *p)
{
	const __m128i bit = _mm_set1_epi64x((long long)0x8040201008040201u);
	const __m128i ascii = _mm_loadu_si128((const void *)&set->bits[0]);
	const __m128i rest = _mm_loadu_si128((const void *)&set->bits[2]);
	__m128i v = _mm_loadu_si128((const void *)p);
	__m128i at = _mm_and_si128(_mm_srli_epi16(v, 3), _mm_set1_epi8(15));
	__m128i has = _mm_blendv_epi8(_mm_shuffle_epi8(ascii, at), _mm_shuffle_epi8(rest, at), v);
	__m128i one = _mm_shuffle_epi8(bit, _mm_and_si128(v, _mm_set1_epi8(7)));
	unsigned in = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(has, one), one));

	return (unsigned)__builtin_clz(~(in << 16));
}
#endif

/* Where the bytes of the set begin that reach up to at; max of them at most. */
static size_t
run_begin(const struct walk *w, const struct byte_set *set, size_t at, size_t max)
{
	size_t least = at > max ? at - max : 0, from = at;

#ifdef __SSE4_1__
	while (from - least >= 16) {
		unsigned n = run_of_16(set, w->window + from - 16);

		from -= n;
		if (n < 16)
			return from;
	}
#endif
	while (from > least && set_has(set, w->window[from - 1]))
		from--;
	return from;
}

/* The common case, from one place: in front of it are at most max bytes of the set. */
static void
walk_class_from_one(const struct walk *w, const struct byte_set *set, size_t min, size_t max,
		    struct places *s)
{
	size_t at = s->low, from = run_begin(w, set, at, max);

	s->bits[at / 64] = 0;
	s->low = SIZE_MAX;
	s->high = 0;
	if (at - from >= min)
		places_add(s, from, at - min);
}

/* The lowest and the highest of the places that are left within [low, high]. */
static void
places_fit(struct places *s)
{
	size_t first = s->low / 64, last = s->high / 64;

	while (first <= last && s->bits[first] == 0)
		first++;
	if (first > last) {
		s->low = SIZE_MAX;
		s->high = 0;
		return;
	}
	while (s->bits[last] == 0)
		last--;
	s->low = first * 64 + (size_t)__builtin_ctzll(s->bits[first]);
	s->high = last * 64 + 63 - (size_t)__builtin_clzll(s->bits[last]);
}

/* One byte of the set in front of every place. */
static void
walk_byte(const struct walk *w, const struct byte_set *set, struct places *s)
{
	uint64_t carry = 0; /* of the word above */

	for (size_t i = s->high / 64 + 1; i-- > s->low / 64;) {
		uint64_t kept = 0, one;

		for (uint64_t bits = s->bits[i]; bits != 0; bits &= bits - 1) {
			size_t at = i * 64 + (size_t)__builtin_ctzll(bits);

			one = bits & -bits;
			if (at > 0 && set_has(set, w->window[at - 1]))
				kept |= one;
		}
		s->bits[i] = kept >> 1 | carry;
		carry = kept << 63;
	}
	if (carry != 0)
		s->bits[s->low / 64 - 1] = carry;
	s->low -= s->low > 0;
	places_fit(s);
}

/* min to max bytes of the set in front of every place. */
static void
walk_class(const struct walk *w, const struct byte_set *set, size_t min, size_t max,
	   struct places *s)
{
	struct places out;
	size_t run_from = SIZE_MAX; /* bytes [run_from, at) are of the set */

	if (places_empty(s))
		return;
	if (s->low == s->high) {
		walk_class_from_one(w, set, min, max, s);
		return;
	}
	if (min == 1 && max == 1) {
		walk_byte(w, set, s);
		return;
	}
	places_clear(&out);
	for (size_t at = s->high; places_below(s, &at); at--) {
		run_from = run_from < at ? run_from : at;
		if (at - run_from < max)
			run_from = run_begin(w, set, run_from, max - (at - run_from));

		size_t from = at - run_from > max ? at - max : run_from;

		if (at - from >= min)
			places_add(&out, from, at - min);
		if (at == 0)
			break;
	}
	*s = out;
}

static bool
holds(const struct walk *w, enum assertion a, size_t at)
{
	bool before = at > 0 && is_word_byte(w->window[at - 1]);
	bool behind = at < w->len && is_word_byte(w->window[at]);

	switch (a) {
	case AT_WORD_EDGE:
		return before != behind;
	case AT_NO_EDGE:
		return before == behind;
	case AT_START:
		return at == 0;
	case AT_END:
		return at == w->len || (at + 1 == w->len && w->window[at] == '\n');
	case AT_VERY_END:
		return at == w->len;
	case AT_LINE_START:
		return at == 0 || w->window[at - 1] == '\n';
	case AT_LINE_END:
		return at == w->len || w->window[at] == '\n';
	}
	return false;
}

static void
walk_assertion(const struct walk *w, enum assertion a, struct places *s)
{
	if (places_empty(s))
		return;
	for (size_t i = s->low / 64; i <= s->high / 64; i++) {
		for (uint64_t bits = s->bits[i]; bits != 0; bits &= bits - 1) {
			if (!holds(w, a, i * 64 + (size_t)__builtin_ctzll(bits)))
				s->bits[i] &= ~(bits & -bits);
		}
	}
	places_fit(s);
}

static void walk_node(const struct walk *w, const struct node *n, struct places *s);

static void
walk_repeat(const struct walk *w, const struct node *n, struct places *s)
{
	size_t max = n->max == REGEX_NO_LIMIT ? REGEX_WINDOW_MAX : (size_t)n->max;
	struct places out;

	if (n->child->kind == NODE_CLASS) {
		walk_class(w, &n->child->set, (size_t)n->min, max, s);
		return;
	}
	places_clear(&out);
	if (n->min == 0)
		places_join(&out, s);
	for (size_t k = 1; k <= max && !places_empty(s); k++) {
		walk_node(w, n->child, s);
		if (k >= (size_t)n->min && !places_join(&out, s))
			break;
	}
	*s = out;
}

/*
 * What stands in front of a repeat begins where its run does: a byte that it does not repeat. One
 * that is inside of the run would have to be of both.
 */
static bool
ends_run(const struct node *front, const struct byte_set *run)
{
	return front != NULL && front->kind == NODE_CLASS && !sets_meet(&front->set, run);
}

/*
 * From the one place that there is, as long as there is one: literal text, assertions, repeats that
 * leave no choice. The node that needs more, or NULL at the front; s is empty when nothing matches.
 */
static const struct node *
walk_single(const struct walk *w, const struct node *n, struct places *s)
{
	size_t at = s->low;

	for (; n != NULL; n = n->prev) {
		if (n->kind == NODE_CLASS) {
			if (at == 0 || !set_has(&n->set, w->window[at - 1]))
				goto none;
			at--;
		} else if (n->kind == NODE_ASSERT) {
			if (!holds(w, n->assertion, at))
				goto none;
		} else if (n->kind == NODE_REPEAT && n->child->kind == NODE_CLASS) {
			const struct byte_set *set = &n->child->set;
			size_t max = n->max == REGEX_NO_LIMIT ? SIZE_MAX : (size_t)n->max;
			size_t min = (size_t)n->min, from = run_begin(w, set, at, max);

			if (at - from < min)
				goto none;
			if (at - from != min && !ends_run(n->prev, set))
				break;
			at = from;
		} else {
			break;
		}
	}
	places_move(s, at);
	return n;
none:
	places_move(s, SIZE_MAX);
	return NULL;
}

/* From the last element to the first. */
static void
walk_sequence(const struct walk *w, const struct node *last, struct places *s)
{
	const struct node *n = last;

	while (n != NULL && !places_empty(s)) {
		if (s->low == s->high)
			n = walk_single(w, n, s);
		if (n == NULL)
			return;
		walk_node(w, n, s);
		n = n->prev;
	}
}

/* By what the sequence ends with: at most places it is clear that it does not. */
static bool
may_end(const struct walk *w, const struct node *sequence, size_t at)
{
	const struct node *n = sequence->last;

	for (; n != NULL && n->kind == NODE_ASSERT; n = n->prev) {
		if (!holds(w, n->assertion, at))
			return false;
	}
	if (n != NULL && n->kind == NODE_REPEAT && n->min > 0)
		n = n->child;
	return n == NULL || n->kind != NODE_CLASS ||
	       (at > 0 && set_has(&n->set, w->window[at - 1]));
}

static void
walk_choice(const struct walk *w, const struct node *n, struct places *s)
{
	struct places out;

	if (n->child->next == NULL) {
		walk_sequence(w, n->child->last, s);
		return;
	}
	places_clear(&out);
	for (const struct node *c = n->child; c != NULL; c = c->next) {
		struct places one;

		if (s->low == s->high && !may_end(w, c, s->low))
			continue;
		one = *s;
		walk_sequence(w, c->last, &one);
		places_join(&out, &one);
	}
	*s = out;
}

static void
walk_node(const struct walk *w, const struct node *n, struct places *s)
{
	switch (n->kind) {
	case NODE_CLASS:
		walk_class(w, &n->set, 1, 1, s);
		break;
	case NODE_ASSERT:
		walk_assertion(w, n->assertion, s);
		break;
	case NODE_REPEAT:
		walk_repeat(w, n, s);
		break;
	case NODE_SEQUENCE:
		walk_sequence(w, n->last, s);
		break;
	case NODE_CHOICE:
		walk_choice(w, n, s);
		break;
	}
}

bool
regex_end(const struct regex *re, const uint8_t *window, size_t len, size_t start, size_t limit,
	  size_t *end)
{
	size_t from;

	for (size_t to = limit < len ? limit : len; to > start; to--) {
		if (regex_start(re, window, len, to, &from) && from == start) {
			*end = to;
			return true;
		}
	}
	return false;
}

static bool
walk(const struct regex *re, const uint8_t *window, size_t len, size_t end, struct places *s)
{
	const struct node *choice = re->root->child;
	const struct walk w = { window, len };

	if (len > REGEX_WINDOW_MAX || (choice->next == NULL && !may_end(&w, choice, end)))
		return false;
	places_clear(s);
	places_add(s, end, end);
	walk_node(&w, re->root, s);
	return !places_empty(s);
}

bool
regex_start(const struct regex *re, const uint8_t *window, size_t len, size_t end, size_t *start)
{
	struct places s;

	if (!walk(re, window, len, end, &s))
		return false;
	*start = s.low;
	return true;
}

bool
regex_starts(const struct regex *re, const uint8_t *window, size_t len, size_t end,
	     uint64_t starts[REGEX_STARTS_WORDS])
{
	struct places s;

	if (!walk(re, window, len, end, &s))
		return false;
	memcpy(starts, s.bits, sizeof(s.bits));
	return true;
}
