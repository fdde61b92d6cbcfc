/* Borrowed bytes with a length: how parsers hand out pieces of their caller's buffer. */
#ifndef WEIR_SPAN_H
#define WEIR_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;
	size_t len;
};

/* Of a string literal, in tables that are gone through often. */
#define SPAN_LITERAL(text)                                \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static inline struct span
span_of(const void *p, size_t len)
{
	return (struct span) { p, len };
}

/* As much of s as fits goes behind the have bytes in to. Returns how many there are then. */
static inline size_t
span_append(void *to, size_t have, size_t cap, struct span s)
{
	size_t n = s.len < cap - have ? s.len : cap - have;

	if (n != 0)
		memcpy((uint8_t *)to + have, s.p, n);
	return have + n;
}

static inline uint8_t
ascii_lower(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') ? (uint8_t)(c | 0x20) : c;
}

static inline bool
span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && (s.len == 0 || memcmp(s.p, text, s.len) == 0);
}

static inline bool
span_contains(struct span s, const char *text)
{
	size_t len = strlen(text);

	for (size_t at = 0; at + len <= s.len; at++) {
		if (memcmp(s.p + at, text, len) == 0)
			return true;
	}
	return false;
}

/* Does it hold text, which is in lower case? */
static inline bool
span_has_nocase(struct span s, const char *text)
{
	size_t len = strlen(text), same;

	for (size_t at = 0; at + len <= s.len; at++) {
		for (same = 0; same < len && ascii_lower(s.p[at + same]) == (uint8_t)text[same];)
			same++;
		if (same == len)
			return true;
	}
	return false;
}

/* ASCII letters only; text must be lower case. */
static inline bool
span_is_nocase(struct span s, const char *text)
{
	if (s.len != strlen(text))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (ascii_lower(s.p[i]) != (uint8_t)text[i])
			return false;
	}
	return true;
}

static inline bool
span_starts(struct span s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && (len == 0 || memcmp(s.p, text, len) == 0);
}

/* The next segment of a path, which loses it and the slashes before it. */
static inline struct span
span_next_segment(struct span *path)
{
	size_t at = 0, to;
	struct span segment;

	while (at < path->len && path->p[at] == '/')
		at++;
	for (to = at; to < path->len && path->p[to] != '/';)
		to++;
	segment = span_of(path->p + at, to - at);
	*path = span_of(path->p + to, path->len - to);
	return segment;
}

/* 0 to 15, or -1 for what is no hexadecimal digit. */
static inline int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Without blanks and tabs at either end. */
static inline struct span
span_trim(struct span s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* The words of a line, apart by blanks and control characters; at most max of them. Returns how
 * many. */
static inline size_t
span_words(struct span line, struct span *words, size_t max)
{
	size_t nr = 0, at = 0, n;

	while (nr < max) {
		while (at < line.len && line.p[at] <= ' ')
			at++;
		for (n = at; n < line.len && line.p[n] > ' ';)
			n++;
		if (n == at)
			break;
		words[nr++] = span_of(line.p + at, n - at);
		at = n;
	}
	return nr;
}

/* A number in decimal digits and nothing else, of at most max (below 10^11). */
static inline bool
span_number(struct span s, uint64_t max, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || i > 10)
			return false;
		*v = *v * 10 + (uint64_t)(s.p[i] - '0');
	}
	return s.len != 0 && *v <= max;
}

#endif
