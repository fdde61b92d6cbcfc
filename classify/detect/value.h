/*
 * A candidate's value inside the bytes around it: what validators judge and masks are made from.
 *
 *   window [0, len)  ...."card": "4111 1111 1111 1111", "exp"....
 *                                 ^start             ^end
 *
 * A validator may move start and end (a match anchored at '@' grows into the whole address) and
 * writes the normalised form; value_init makes that a plain copy.
 */
#ifndef WEIR_VALUE_H
#define WEIR_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "classify/span.h"

struct token_claims;
struct near_words;

enum {
	VALUE_NORM_CAP = 512,
	/* Between a statement and its parameters: words on the other side may support, but not
	   veto. */
	VALUE_TEXT_END = 0x1e,
	/* Between the header fields of a message: words on the other side say nothing. */
	VALUE_FIELD_END = 0x1d,
};

struct value {
	const uint8_t *window;
	size_t len;
	size_t start, end;
	struct token_claims *claims; /* where a validator puts what a token says; may be NULL */
	struct near_words *near;     /* the judge's, see words.h; NULL where nobody asks */
	bool cut;		     /* more of the text stands in front of the window */
	bool test;		     /* the validator knows it as a test value or a reserved name */
	size_t norm_len;
	uint8_t norm[VALUE_NORM_CAP];
};

static inline struct span
value_span(const struct value *v)
{
	return span_of(v->window + v->start, v->end - v->start);
}

static inline void
value_set_norm(struct value *v, struct span text)
{
	v->norm_len = text.len < VALUE_NORM_CAP ? text.len : VALUE_NORM_CAP;
	if (v->norm_len != 0)
		memcpy(v->norm, text.p, v->norm_len);
}

static inline void
value_init(struct value *v, const uint8_t *window, size_t len, size_t start, size_t end)
{
	v->window = window;
	v->len = len;
	v->start = start;
	v->end = end;
	v->claims = NULL;
	v->near = NULL;
	v->cut = false;
	v->test = false;
	value_set_norm(v, value_span(v));
}

/* It goes back to where the window begins, and so perhaps farther: its first bytes are not in
 * sight. */
static inline bool
value_is_headless(const struct value *v)
{
	return v->cut && v->start == 0;
}

static inline bool
is_among(uint8_t c, const char *set)
{
	return c != 0 && strchr(set, c) != NULL;
}

static inline bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_alpha(uint8_t c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static inline bool
is_alnum(uint8_t c)
{
	return is_digit(c) || is_alpha(c);
}

#endif
