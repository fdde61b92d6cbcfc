/* Texts of the wire into places of a fixed size; copy_text.h is the manual. */
#include "classify/ai/copy_text.h"

#include "classify/detect/value.h"

/* Does a character start at p[i]? RFC 3629: what does not look like 10xxxxxx. */
static bool
character_starts(const uint8_t *p, size_t i)
{
	return (p[i] & 0xc0) != 0x80;
}

/* The byte in front of p[i] and that one may be of one value: a token, an address, a card. */
static bool
within_value(const uint8_t *p, size_t i)
{
	uint8_t c = p[i - 1];

	if (c == ' ')
		return i >= 2 && is_digit(p[i - 2]) && is_digit(p[i]);
	return is_alnum(c) || c >= 0x80 || memchr("_-+=.@%~", c, 8) != NULL;
}

void
copy_text(char *to, size_t cap, struct span from)
{
	size_t len = from.len;
	size_t n = 0;

	/*
	 * A cut could leave half of a value that masking no longer recognises: more is cut off,
	 * and what the new end would be in.
	 */
	if (len > cap - 1) {
		len = cap - 1 > COPY_TEXT_CUT_BACK ? cap - 1 - COPY_TEXT_CUT_BACK : 0;
		while (len > 0 && (!character_starts(from.p, len) || within_value(from.p, len)))
			len--;
	}
	for (size_t i = 0; i < len; i++) {
		if (from.p[i] >= 0x20 && from.p[i] != 0x7f)
			to[n++] = (char)from.p[i];
	}
	to[n] = '\0';
}
