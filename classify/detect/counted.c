/* The byte in front of a value as its length. */
#include "classify/detect/counted.h"

enum { CBOR_TEXT = 0x60, CBOR_SHORT = 24, LEAST = 8 };

/* No text has it; two of the control bytes stand between texts that weir itself puts together. */
static bool
is_binary(uint8_t c)
{
	if (c >= ' ')
		return c >= 0x7f;
	return c != '\t' && c != '\n' && c != '\r' && c != VALUE_TEXT_END && c != VALUE_FIELD_END;
}

static bool
counts(uint8_t c, size_t len)
{
	return len >= LEAST && (c == len || (len < CBOR_SHORT && c == CBOR_TEXT + len));
}

/* start is not 0. Behind the value may be a tag that looks like a letter, and then a length. */
static bool
stands_in_binary(struct span window, size_t start, size_t end)
{
	return is_binary(window.p[start - 1]) || (start > 1 && is_binary(window.p[start - 2])) ||
	       (end < window.len && is_binary(window.p[end])) ||
	       (end + 1 < window.len && is_binary(window.p[end + 1]));
}

bool
counted_may_be(const struct value *v)
{
	return v->start > 0 && counts(v->window[v->start - 1], v->end - v->start);
}

bool
counted_is(const struct value *v)
{
	return counted_may_be(v) && stands_in_binary(span_of(v->window, v->len), v->start, v->end);
}

size_t
counted_end(struct span window, size_t start, size_t end)
{
	uint8_t c = start > 0 ? window.p[start - 1] : 0;
	size_t to = start + c;

	if (c < LEAST || to >= end || !(is_binary(c) || is_alnum(c)) ||
	    !stands_in_binary(window, start, to))
		return end;
	return to;
}
