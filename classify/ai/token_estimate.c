/* Tokens of a text by the shape of its runs; token_estimate.h is the manual. */
#include "classify/ai/token_estimate.h"

#include <stdbool.h>

enum token_class {
	NONE,
	LOWER,
	UPPER,
	WIDE_LETTER, /* first of two bytes: accents, Cyrillic, Greek, Arabic ... */
	DIGIT,
	WIDE,  /* first of three bytes */
	EMOJI, /* first of four bytes */
	PUNCTUATION,
	BLANK,
	LINE_END,
	INSIDE, /* of a character */
};

static enum token_class
class_of(uint8_t c)
{
	if (c >= 'a' && c <= 'z')
		return LOWER;
	if (c == ' ')
		return BLANK;
	if (c >= 'A' && c <= 'Z')
		return UPPER;
	if (c >= '0' && c <= '9')
		return DIGIT;
	if (c < ' ')
		return LINE_END;
	if (c < 0x80)
		return PUNCTUATION;
	if (c < 0xc0)
		return INSIDE;
	return c < 0xe0 ? WIDE_LETTER : c < 0xf0 ? WIDE : EMOJI;
}

static uint32_t
cost(enum token_class class, uint32_t n)
{
	switch (class) {
	case LOWER:
	case WIDE_LETTER:
		return (n + 9) / 10;
	case UPPER:
	case DIGIT:
		return (n + 2) / 3;
	case WIDE:
		return (3 * n + 3) / 4;
	case EMOJI:
		return 2 * n;
	case PUNCTUATION:
		return (n + 1) / 2;
	case BLANK:
		return n > 1;
	case LINE_END:
		return 1;
	default:
		return 0;
	}
}

static bool is_word(enum token_class class)
{
	return class == LOWER || class == WIDE_LETTER;
}

static void
begin(struct token_estimate *e, enum token_class class, uint32_t weight)
{
	/* A capital and what follows it are one word; of several the last begins the next. */
	if (is_word(class) && e->class == UPPER) {
		e->tokens += cost(UPPER, e->run - 1);
		weight++;
	} else {
		e->tokens += cost((enum token_class)e->class, e->run);
	}
	e->class = (uint8_t) class;
	e->run = weight;
}

void
token_estimate_push(struct token_estimate *e, const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		enum token_class class = class_of(text[i]);
		uint32_t weight = class == WIDE_LETTER ? 2 : 1;

		if (class == INSIDE)
			continue;
		if (class == e->class || (is_word(class) && is_word((enum token_class)e->class)))
			e->run += weight;
		else
			begin(e, class, weight);
	}
}

uint64_t
token_estimate_count(const struct token_estimate *e)
{
	return e->tokens + cost((enum token_class)e->class, e->run);
}
