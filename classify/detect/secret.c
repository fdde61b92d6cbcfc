/*
 * Secrets without a checksum: what separates a key from a placeholder, a word, or a hash.
 *
 * Entropy is a filter for a known alphabet and length, never a detector: identifiers score like
 * keys. Means of random text per character: 40 of base64 4.78 (1st percentile 4.47), 36 of
 * base62 4.66; `my-application-secret-name` has 3.69.
 */
#include <math.h>

#include "classify/detect/validators.h"

static double
entropy(struct span s)
{
	uint16_t count[256] = { 0 };
	double bits = 0;

	for (size_t i = 0; i < s.len; i++)
		count[s.p[i]]++;
	for (unsigned i = 0; i < 256; i++) {
		if (count[i] != 0)
			bits -= count[i] * log2((double)count[i] / (double)s.len);
	}
	return s.len == 0 ? 0 : bits / (double)s.len;
}

int
validate_token(struct value *v)
{
	struct span s = value_span(v);

	return is_placeholder(s) || entropy(s) < 2.5 ? 0 : 10;
}

/* Four letters and sixteen of A-Z2-7; the documentation's keys hold the word EXAMPLE. */
int
validate_aws_key(struct value *v)
{
	struct span s = value_span(v);

	if (s.len != 20)
		return 0;
	for (size_t i = 4; i < s.len; i++) {
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && !(s.p[i] >= '2' && s.p[i] <= '7'))
			return 0;
	}
	v->test = memcmp(s.p + 13, "EXAMPLE", 7) == 0;
	return v->test || entropy(span_of(s.p + 4, 16)) >= 2.5 ? 20 : 0;
}

static bool
is_base64(uint8_t c)
{
	return is_alnum(c) || c == '+' || c == '/';
}

/* The last forty characters of base64 in the match, not part of a longer run. */
int
validate_aws_secret(struct value *v)
{
	size_t to = v->end;
	bool upper = false, lower = false, digit = false;

	while (to > v->start && !is_base64(v->window[to - 1]))
		to--;
	if (to - v->start < 40 || (to < v->len && (is_base64(v->window[to]))))
		return 0;

	struct span s = span_of(v->window + to - 40, 40);

	for (size_t i = 0; i < s.len; i++) {
		if (!is_base64(s.p[i]))
			return 0;
		upper = upper || (s.p[i] >= 'A' && s.p[i] <= 'Z');
		lower = lower || (s.p[i] >= 'a' && s.p[i] <= 'z');
		digit = digit || is_digit(s.p[i]);
	}
	if (!upper || !lower || !digit || entropy(s) < 4.25)
		return 0;
	v->test = memcmp(s.p + 30, "EXAMPLEKEY", 10) == 0;
	v->start = to - 40;
	v->end = to;
	value_set_norm(v, s);
	return 30;
}

/* user:password@ behind "://": both there, the password no stand-in. The value is the password. */
int
validate_url_password(struct value *v)
{
	const uint8_t *w = v->window;
	size_t at = v->end - 1;
	size_t colon;

	if (w[at] != '@')
		return 0;
	for (colon = at; colon > v->start && w[colon - 1] != ':'; colon--)
		;
	if (colon <= v->start + 1 || colon == at || w[colon - 2] == '/' || w[colon - 2] == ':')
		return 0;

	struct span password = span_of(w + colon, at - colon);

	if (password.p[0] == '$' || password.p[0] == '{' || password.p[0] == '<' ||
	    password.p[0] == '*' || password.p[0] == '%' || span_is_nocase(password, "password"))
		return 0;
	v->start = colon;
	v->end = at;
	value_set_norm(v, password);
	return 20;
}

/* key = value or "key": "value": the value is what follows the last separator and its quote. */
int
validate_assigned(struct value *v)
{
	static const char *const no_values[] = { "null",     "none",	  "true",     "false",
						 "string",   "undefined", "password", "secret",
						 "required", "token" };
	const uint8_t *w = v->window;
	size_t from = v->start;

	while (from < v->end && w[from] != ':' && w[from] != '=')
		from++;
	while (from < v->end && memchr(":= \t\"'\\>", w[from], 8) != NULL)
		from++;

	size_t to = v->end;

	while (to < v->len && w[to] > ' ' && memchr("\"',;&\\<>}])", w[to], 11) == NULL)
		to++;

	struct span s = span_of(w + from, to - from);

	if (s.len < 4 || s.p[0] == '$' || s.p[0] == '%' || is_placeholder(s))
		return 0;
	for (size_t i = 0; i < sizeof(no_values) / sizeof(no_values[0]); i++) {
		if (span_is_nocase(s, no_values[i]))
			return 0;
	}
	v->start = from;
	v->end = to;
	value_set_norm(v, s);
	return 10;
}

/* A key's value has digits and letters, and no more order than chance gives. */
int
validate_assigned_key(struct value *v)
{
	bool digit = false, letter = false;

	if (validate_assigned(v) == 0)
		return 0;

	struct span s = value_span(v);

	for (size_t i = 0; i < s.len; i++) {
		digit = digit || is_digit(s.p[i]);
		letter = letter || is_alpha(s.p[i]);
	}
	return s.len >= 16 && digit && letter && entropy(s) >= 3.0 ? 10 : 0;
}
