/*
 * Tokens that carry something checkable: a CRC, base64 of user:password.
 *
 *   GitHub, npm   prefix_ | 30 random | 6 = CRC32 of the 30 in base62, padded with '0'
 */
#include "classify/detect/validators.h"

enum { RANDOM = 30, CHECK = 6 };

static uint32_t
crc32_of(const uint8_t *p, size_t len)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (unsigned k = 0; k < 8; k++)
			crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
	}
	return ~crc;
}

int
validate_crc32_base62(struct value *v)
{
	static const char alphabet[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	struct span s = value_span(v);

	if (s.len < RANDOM + CHECK)
		return 0;

	const uint8_t *check = s.p + s.len - CHECK;
	uint32_t crc = crc32_of(check - RANDOM, RANDOM);

	for (unsigned i = CHECK; i > 0; i--) {
		if (check[i - 1] != (uint8_t)alphabet[crc % 62])
			return 0;
		crc /= 62;
	}
	return 30;
}

/* The base64 behind the last blank or quote. */
int
validate_basic(struct value *v)
{
	uint8_t text[VALUE_NORM_CAP];
	size_t from = v->end, to;

	while (from > v->start && v->window[from - 1] == '"')
		from--;
	to = from;
	while (from > v->start && v->window[from - 1] != ' ' && v->window[from - 1] != '"')
		from--;
	while (to < v->len &&
	       (is_alnum(v->window[to]) || memchr("+/=-_", v->window[to], 5) != NULL))
		to++;

	size_t len = base64_decode(span_of(v->window + from, to - from), text, sizeof(text));
	const uint8_t *colon = memchr(text, ':', len);

	if (len < 3 || colon == NULL || colon == text || colon + 1 == text + len)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ')
			return 0;
	}
	v->start = from;
	v->end = to;
	value_set_norm(v, span_of(text, len));
	return 30;
}

/*
 * A PEM marker with a key behind it: base64, over what separates lines in files, strings and JSON
 * (or nothing, where line ends were taken out),
 * or the first header of an encrypted key. Source code that looks for markers has none. The value
 * is the marker; what is no marker is taken as it is.
 */
int
validate_pem_key(struct value *v)
{
	static const char *const headers[] = { "Proc-Type", "Version:", "Comment:", "Charset:" };
	const uint8_t *p = v->window + v->end, *end = v->window + v->len;
	size_t gap = 0, nr = 0;

	if (v->end - v->start < 5 || memcmp(p - 5, "-----", 5) != 0)
		return 20;
	/* "\\n", a line's end, quotes, the plus of a string in two pieces. */
	while (p < end && gap < 24 && memchr("\\ \t\r\n\"'+", *p, 8) != NULL) {
		bool escape = *p == '\\' && end - p > 1 && (p[1] == 'n' || p[1] == 'r');

		p += escape ? 2 : 1;
		gap++;
	}
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (span_starts(span_of(p, (size_t)(end - p)), headers[i]))
			return 20;
	}
	while (p + nr < end && (is_alnum(p[nr]) || p[nr] == '+' || p[nr] == '/' || p[nr] == '='))
		nr++;
	/* Or the text is cut off there. */
	return nr >= 12 || (gap > 0 && nr > 0 && p + nr == end) ? 20 : 0;
}

/*
 * Exactly 64 bytes behind the last '=' or blank of the match: an Azure storage key. The match may
 * leave its padding out.
 */
int
validate_base64_64(struct value *v)
{
	uint8_t key[65];
	size_t from = v->end, to = v->end;

	while (from > v->start && memchr("=\"':; ", v->window[from - 1], 6) != NULL)
		from--;
	while (from > v->start && memchr("=\"':; ", v->window[from - 1], 6) == NULL)
		from--;
	while (to < v->len && v->window[to] == '=')
		to++;
	if ((to < v->len && (is_alnum(v->window[to]) || memchr("+/", v->window[to], 2) != NULL)) ||
	    base64_decode(span_of(v->window + from, to - from), key, sizeof(key)) != 64)
		return 0;
	v->start = from;
	v->end = to;
	value_set_norm(v, value_span(v));
	return 30;
}
