#include "classify/proto/base64_text.h"

#include <string.h>

#include "classify/span.h"

#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

enum state {
	STATE_SEEK,
	STATE_SKIP, /* a run that is no text */
	STATE_TEXT,
	STATE_LINE,   /* a text that a line end has interrupted */
	STATE_ESCAPE, /* or a backslash or percent sign */
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

/* ASCII, and a zero behind each. */
static bool
is_utf16(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (i % 2 != 0 ? s[i] != 0 : s[i] >= 0x80 || !is_text(s + i, 1))
			return false;
	}
	return true;
}

/* Is it anything that anybody would look at? */
static bool
is_wanted(struct base64_text *t, struct span s, size_t skip)
{
	enum compression c = compression_of(s);

	/* Two bytes are no chance only where the run begins with them. */
	t->compression = (uint8_t)(c == COMPRESSION_ZLIB && skip != 0 ? COMPRESSION_NONE : c);
	if (t->compression != COMPRESSION_NONE)
		t->kind = BASE64_TEXT_COMPRESSED;
	else
		t->kind = is_text(s.p, s.len) ? BASE64_TEXT_PLAIN : BASE64_TEXT_UTF16;
	return t->kind != BASE64_TEXT_UTF16 || is_utf16(s.p, s.len);
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
		if (!is_wanted(t, span_of(out, n), skip))
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
	if (at - from >= 16) {
		uint64_t others = ~digits_of_16(data + at - 16) & 0xffff;

		if (others != 0)
			return at - 16 + (64 - (unsigned)__builtin_clzll(others));
		at -= 16;
	}
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

/* ------------------------------------------------------------------ escapes */

enum { ESCAPE_MORE = 0, ESCAPE_NONE = 1 }; /* no bytes that stand in base64 */

static bool
begins_escape(struct base64_text *t, uint8_t c)
{
	if (c != '\\' && c != '%')
		return false;
	t->escape[0] = c;
	t->nr_escape = 1;
	t->state = STATE_ESCAPE;
	return true;
}

/* Two hexadecimal digits, as far as they are there. */
static uint8_t
hex_stands_for(struct span s)
{
	uint8_t c;

	if (s.len < 2)
		return s.len == 1 && hex_value(s.p[0]) < 0 ? ESCAPE_NONE : ESCAPE_MORE;
	if (hex_value(s.p[0]) < 0 || hex_value(s.p[1]) < 0)
		return ESCAPE_NONE;
	c = (uint8_t)(hex_value(s.p[0]) << 4 | hex_value(s.p[1]));
	return c < ' ' && !is_line_end(c) ? ESCAPE_NONE : c;
}

/* 00 and two more. */
static uint8_t
unicode_stands_for(struct span s)
{
	for (size_t i = 0; i < 2 && i < s.len; i++) {
		if (s.p[i] != '0')
			return ESCAPE_NONE;
	}
	return s.len <= 2 ? ESCAPE_MORE : hex_stands_for(span_of(s.p + 2, s.len - 2));
}

/* The byte that it stands for, a line end for tabs, or one of the two above. */
static uint8_t
escape_stands_for(const uint8_t *p, size_t len)
{
	size_t i = 0;

	if (p[0] == '%')
		return hex_stands_for(span_of(p + 1, len - 1));
	while (i < len && p[i] == '\\')
		i++;
	if (i == len)
		return len <= 4 ? ESCAPE_MORE : ESCAPE_NONE;
	if (i > 4)
		return ESCAPE_NONE;
	switch (p[i++]) {
	case 'n':
	case 'r':
	case 't':
		return '\n';
	case '/':
		return '/';
	case 'u':
		return unicode_stands_for(span_of(p + i, len - i));
	default:
		return ESCAPE_NONE;
	}
}

/* ------------------------------------------------------------------ texts */

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
	else if (!begins_escape(t, data[n]))
		end_text(t, on, arg);
	return t->state == STATE_ESCAPE ? n + 1 : n;
}

/* What has interrupted a text. Returns how many bytes were taken: one, or none where it is over. */
static size_t
interrupted(struct base64_text *t, uint8_t c, const struct base64_text_handler *on, void *arg)
{
	if (is_digit(c)) {
		t->state = STATE_TEXT;
		return 0;
	}
	if (is_line_end(c) || c == ' ' || c == '\t' || begins_escape(t, c))
		return 1;
	end_text(t, on, arg);
	return 0;
}

static size_t
escaped(struct base64_text *t, uint8_t c, const struct base64_text_handler *on, void *arg)
{
	uint8_t out[BASE64_ROOM(1)];
	size_t bytes;

	t->escape[t->nr_escape++] = c;
	c = escape_stands_for(t->escape, t->nr_escape);
	if (c == ESCAPE_MORE)
		return 1;
	if (is_line_end(c)) {
		t->state = STATE_LINE;
		return 1;
	}
	if (c == ESCAPE_NONE || !is_digit(c)) {
		end_text(t, on, arg);
		return 0;
	}
	t->state = STATE_TEXT;
	bytes = base64_push(&t->base64, &c, 1, out);
	if (bytes != 0)
		on->text(arg, out, bytes);
	return 1;
}

void
base64_text_push(struct base64_text *t, const uint8_t *data, size_t len,
		 const struct base64_text_handler *on, void *arg)
{
	/* Of a database's values most are shorter than any text in base64. */
	if (t->state == STATE_SEEK && t->nr_head == 0 && len < LEAST) {
		size_t first = run_begin(data, 0, len);

		t->nr_head = (uint8_t)(len - first);
		memcpy(t->head, data + first, len - first);
		return;
	}
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
			at += interrupted(t, data[at], on, arg);
			break;
		case STATE_ESCAPE:
			at += escaped(t, data[at], on, arg);
			break;
		}
	}
}

void
base64_text_end(struct base64_text *t, const struct base64_text_handler *on, void *arg)
{
	if (t->state == STATE_TEXT || t->state == STATE_LINE || t->state == STATE_ESCAPE)
		end_text(t, on, arg);
	t->state = STATE_SEEK;
	t->nr_head = 0;
}
