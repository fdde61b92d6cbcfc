#include "classify/proto/base64_text.h"

#include <string.h>

#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

enum state {
	STATE_SEEK,
	STATE_SKIP, /* a run that is no text */
	STATE_TEXT,
	STATE_LINE, /* a text that a line end has interrupted */
};

#define LEAST BASE64_TEXT_LEAST

static bool
is_digit(uint8_t c)
{
	return base64_value(c) >= 0;
}

static bool
is_line_end(uint8_t c)
{
	return c == '\r' || c == '\n';
}

/* UTF-8 without control characters; the last sequence may be cut. */
static bool
is_text(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t more = s[i] >= 0xf0 ? 3 : s[i] >= 0xe0 ? 2 : s[i] >= 0xc2 ? 1 : 0;

		if (s[i] < 0x20 ? s[i] != '\t' && !is_line_end(s[i])
				: s[i] == 0x7f || (s[i] >= 0x80 && s[i] < 0xc2) || s[i] > 0xf4)
			return false;
		for (i++; more > 0 && i < len; more--, i++) {
			if ((s[i] & 0xc0) != 0x80)
				return false;
		}
	}
	return true;
}

/* A run of LEAST digits is in head. */
static void
judge(struct base64_text *t, const struct base64_text_handler *on, void *arg)
{
	uint8_t out[BASE64_ROOM(LEAST)];

	t->nr_head = 0;
	for (size_t skip = 0; skip < 4; skip++) {
		size_t n;

		t->base64 = (struct base64) { 0 };
		n = base64_push(&t->base64, t->head + skip, LEAST - skip, out);
		if (!is_text(out, n))
			continue;
		t->state = STATE_TEXT;
		on->text(arg, out, n);
		return;
	}
	t->state = STATE_SKIP;
}

/*
 * Bit i of 16: is p[i] a digit? Each half of a byte names the rows and the columns of the ASCII
 * table that it may stand in; a digit's two have one in common.
 */
static inline uint64_t
digits_of_16(const uint8_t *p)
{
#ifdef __SSSE3__
	enum { MARKS = 1, NUMBERS = 2, A_TO_O = 4, P_TO_UNDERSCORE = 8, P_TO_Z = 16 };
	const __m128i high = _mm_setr_epi8(0, 0, MARKS, NUMBERS, A_TO_O, P_TO_UNDERSCORE, A_TO_O,
					   P_TO_Z, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m128i low =
	    _mm_setr_epi8(26, 30, 30, 30, 30, 30, 30, 30, 30, 30, 28, 5, 4, 5, 4, 13);
	__m128i v = _mm_loadu_si128((const void *)p);
	__m128i row = _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(15));
	__m128i in = _mm_and_si128(_mm_shuffle_epi8(high, row), _mm_shuffle_epi8(low, v));

	return ~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(in, _mm_setzero_si128())) & 0xffff;
#else
	uint64_t mask = 0;

	for (unsigned i = 0; i < 16; i++)
		mask |= (uint64_t)is_digit(p[i]) << i;
	return mask;
#endif
}

/*
 * The run of digits around at, of which LEAST bytes before it and behind it are there: how many of
 * them end with at, how many follow. A long run has sixteen at one side; most words do not.
 */
static bool
run_around(const uint8_t *data, size_t at, unsigned *before, unsigned *behind)
{
	const uint8_t *p = data + at - (LEAST - 1);
	uint64_t left = digits_of_16(p + 16), right = digits_of_16(p + 32);

	if (left != 0xffff && right != 0xffff)
		return false;
	left = left << 16 | digits_of_16(p);
	right |= digits_of_16(p + 48) << 16;
	*before = (unsigned)__builtin_clzll(~(left << 32));
	*behind = (unsigned)__builtin_ctzll(~right);
	return true;
}

/* The run that ends before at, as far as it lies in data from from on. */
static size_t
run_begin(const uint8_t *data, size_t from, size_t at)
{
	while (at > from && is_digit(data[at - 1]))
		at--;
	return at;
}

/*
 * Looks for LEAST digits in a row, of which the first nr_head came before. Every such run holds a
 * byte whose place is a multiple of LEAST away from where the search begins.
 */
static size_t
seek(struct base64_text *t, const uint8_t *data, size_t len, const struct base64_text_handler *on,
     void *arg)
{
	size_t begin = 0, at;

	/* What goes on from the last push. */
	while (t->nr_head != 0 && begin < len && is_digit(data[begin])) {
		t->head[t->nr_head++] = data[begin++];
		if (t->nr_head == LEAST) {
			judge(t, on, arg);
			return begin;
		}
	}
	if (begin == len)
		return len;
	t->nr_head = 0;
	for (at = begin + LEAST - 1; at < len; at += LEAST) {
		size_t first, end = at;
		unsigned before, behind;

		if (len - at > LEAST) {
			if (!run_around(data, at, &before, &behind))
				continue;
			first = at + 1 - before;
			end = at + 1 + behind;
			end = end - first < LEAST ? end : first + LEAST;
		} else if (!is_digit(data[at])) {
			continue;
		} else {
			first = run_begin(data, begin, at);
			while (end < len && end - first < LEAST && is_digit(data[end]))
				end++;
		}
		if (end - first == LEAST) {
			memcpy(t->head, data + first, LEAST);
			judge(t, on, arg);
			return end;
		}
		if (end == len) {
			begin = first;
			break;
		}
		/* The run was too short; the next one begins behind what ended it. */
		begin = end + 1;
		at = end;
	}
	at = run_begin(data, begin, len);
	t->nr_head = (uint8_t)(len - at);
	memcpy(t->head, data + at, len - at);
	return len;
}

static void
end_text(struct base64_text *t, const struct base64_text_handler *on, void *arg)
{
	uint8_t out[4];
	size_t n = base64_end(&t->base64, out);

	if (n != 0)
		on->text(arg, out, n);
	on->text_end(arg);
	t->state = STATE_SEEK;
}

/* Digits of a text; returns how many bytes were taken. */
static size_t
decode(struct base64_text *t, const uint8_t *data, size_t len, const struct base64_text_handler *on,
       void *arg)
{
	uint8_t out[BASE64_ROOM(1024)];
	size_t n = 0, bytes;

	while (n < len && n < 1024 && is_digit(data[n]))
		n++;
	bytes = base64_push(&t->base64, data, n, out);
	if (bytes != 0)
		on->text(arg, out, bytes);
	if (n == len || n == 1024)
		return n;
	if (is_line_end(data[n]))
		t->state = STATE_LINE;
	else
		end_text(t, on, arg);
	return n;
}

void
base64_text_push(struct base64_text *t, const uint8_t *data, size_t len,
		 const struct base64_text_handler *on, void *arg)
{
	for (size_t at = 0; at < len;) {
		switch ((enum state)t->state) {
		case STATE_SEEK:
			at += seek(t, data + at, len - at, on, arg);
			break;
		case STATE_SKIP:
			while (at < len && is_digit(data[at]))
				at++;
			if (at < len)
				t->state = STATE_SEEK;
			break;
		case STATE_TEXT:
			at += decode(t, data + at, len - at, on, arg);
			break;
		case STATE_LINE:
			if (is_digit(data[at]))
				t->state = STATE_TEXT;
			else if (is_line_end(data[at]))
				at++;
			else
				end_text(t, on, arg);
			break;
		}
	}
}

void
base64_text_end(struct base64_text *t, const struct base64_text_handler *on, void *arg)
{
	if (t->state == STATE_TEXT || t->state == STATE_LINE)
		end_text(t, on, arg);
	t->state = STATE_SEEK;
	t->nr_head = 0;
}
