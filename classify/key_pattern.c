#include "classify/key_pattern.h"

#include <stdbool.h>
#include <string.h>

static bool
is_separator(uint8_t c)
{
	return c == ':' || c == '/' || c == '|' || c == '{' || c == '}';
}

/* Part of a key that names one of many: with a digit, an @, or what is no plain word. */
static bool
is_particular(struct span part)
{
	if (part.len > 32)
		return true;
	for (size_t i = 0; i < part.len; i++) {
		uint8_t c = part.p[i];

		if ((c >= '0' && c <= '9') || c == '@' || c <= ' ' || c > '~')
			return true;
	}
	return false;
}

struct span
key_pattern(struct span key, uint8_t out[KEY_PATTERN_BYTES])
{
	size_t n = 0, at = 0, end;

	while (at < key.len && n + 2 < KEY_PATTERN_BYTES) {
		for (end = at; end < key.len && !is_separator(key.p[end]);)
			end++;
		if (is_particular(span_of(key.p + at, end - at)) ||
		    end - at > KEY_PATTERN_BYTES - n - 1) {
			out[n++] = '{';
			out[n++] = '}';
		} else {
			memcpy(out + n, key.p + at, end - at);
			n += end - at;
		}
		if (end < key.len)
			out[n++] = key.p[end++];
		at = end;
	}
	return span_of(out, n);
}
