/*
 * Tokens that carry something checkable: a CRC, base64 of JSON, base64 of user:password.
 *
 *   GitHub, npm   prefix_ | 30 random | 6 = CRC32 of the 30 in base62, padded with '0'
 *   JWT           base64url({"alg":...}) . base64url({claims}) . signature     RFC 7519
 *
 * A JWT is longer than the window may be: its match ends a little behind the first dot, and what
 * is judged is the header and as much of the claims as the window shows.
 */
#include "classify/detect/validators.h"

enum { RANDOM = 30, CHECK = 6, JWT_HEAD_MAX = 256 };

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

static bool
is_base64url(uint8_t c)
{
	return is_alnum(c) || c == '-' || c == '_';
}

/* memmem for text that is not terminated. */
static bool
holds(const uint8_t *p, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; n <= len && i <= len - n; i++) {
		if (memcmp(p + i, word, n) == 0)
			return true;
	}
	return false;
}

/* Where the header begins: back from the dot over base64url. */
static size_t
jwt_start(const struct value *v, size_t dot)
{
	size_t from = dot;

	while (from > 0 && dot - from < JWT_HEAD_MAX && is_base64url(v->window[from - 1]))
		from--;
	/* "Bearer_eyJ", "\neyJ": the header begins with an encoded '{'. */
	while (from < dot && memcmp(v->window + from, "eyJ", 3) != 0 &&
	       memcmp(v->window + from, "ewo", 3) != 0)
		from++;
	return from;
}

/* Spans the header and what is visible of the claims; the claims' text into claims. */
static size_t
jwt_read(struct value *v, uint8_t *claims, size_t cap)
{
	size_t dot = v->end, to = v->end;
	uint8_t head[JWT_HEAD_MAX];

	while (dot > v->start && v->window[dot - 1] != '.')
		dot--;
	if (dot <= v->start + 1 || v->end - dot < 3)
		return 0;
	dot--;

	size_t from = jwt_start(v, dot);
	size_t len = base64_decode(span_of(v->window + from, dot - from), head, sizeof(head));

	if (len < 10 || head[0] != '{' || !holds(head, len, "\"alg\""))
		return 0;
	while (to < v->len && (is_base64url(v->window[to]) || v->window[to] == '.'))
		to++;
	v->start = from;
	v->end = to;
	value_set_norm(v, value_span(v));
	return base64_decode(span_of(v->window + dot + 1, to - dot - 1), claims, cap);
}

int
validate_jwt(struct value *v)
{
	uint8_t claims[VALUE_NORM_CAP];
	size_t len = jwt_read(v, claims, sizeof(claims));

	return len >= 8 && claims[0] == '{' ? 30 : 0;
}

int
validate_k8s_jwt(struct value *v)
{
	uint8_t claims[VALUE_NORM_CAP];
	size_t len = jwt_read(v, claims, sizeof(claims));

	return len >= 8 && claims[0] == '{' && holds(claims, len, "kubernetes") ? 40 : 0;
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

/* Exactly 64 bytes behind the last '=' or blank of the match: an Azure storage key. */
int
validate_base64_64(struct value *v)
{
	uint8_t key[65];
	size_t from = v->end;

	while (from > v->start && memchr("=\"':; ", v->window[from - 1], 6) != NULL)
		from--;
	while (from > v->start && memchr("=\"':; ", v->window[from - 1], 6) == NULL)
		from--;
	if (base64_decode(span_of(v->window + from, v->end - from), key, sizeof(key)) != 64)
		return 0;
	v->start = from;
	value_set_norm(v, value_span(v));
	return 30;
}
