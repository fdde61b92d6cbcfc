/* Words and their parts, as words.h says what they are. */
#ifndef WEIR_WORD_PARTS_H
#define WEIR_WORD_PARTS_H

#include "classify/detect/value.h"
#include "classify/detect/word_list.h"

static inline bool
is_word(uint8_t c)
{
	return is_alnum(c) || c == '_' || c == '-' || c >= 0x80;
}

static inline bool
is_joint(uint8_t c)
{
	return c == '_' || c == '-';
}

/* A part ends in front of a joint, and between a small and a capital letter. */
static inline bool
begins_part(const uint8_t *p, size_t i)
{
	return is_joint(p[i]) || (p[i] >= 'A' && p[i] <= 'Z' && p[i - 1] >= 'a' && p[i - 1] <= 'z');
}

static inline struct span
without_joints(const uint8_t *p, size_t len)
{
	while (len > 0 && is_joint(p[0])) {
		p++;
		len--;
	}
	while (len > 0 && is_joint(p[len - 1]))
		len--;
	return span_of(p, len);
}

/* Takes the next part of a word off its front; false behind the last. */
static inline bool
take_part(struct span *word, struct span *part)
{
	size_t to = 1;

	if (word->len == 0)
		return false;
	while (to < word->len && !begins_part(word->p, to))
		to++;

	size_t next = to < word->len && is_joint(word->p[to]) ? to + 1 : to;

	*part = span_of(word->p, to);
	*word = span_of(word->p + next, word->len - next);
	return true;
}

/* The word without the joints inside; empty when it has none, or is of no list. */
static inline struct span
joined_parts(struct span whole, uint8_t out[WORD_MAX])
{
	size_t len = 0;

	if (whole.len >= 2 * WORD_MAX)
		return span_of(out, 0);
	for (size_t i = 0; i < whole.len; i++) {
		if (is_joint(whole.p[i]))
			continue;
		if (len == WORD_MAX)
			return span_of(out, 0);
		out[len++] = whole.p[i];
	}
	return span_of(out, len == whole.len ? 0 : len);
}

/* "\ncard": the letter belongs to the escape. */
static inline bool
begins_with_escape(uint8_t before, const uint8_t *p, size_t len)
{
	return len > 1 && before == '\\' && memchr("nrt", p[0], 3) != NULL;
}

#endif
