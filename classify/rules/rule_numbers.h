/*
 * The rules for numbers, as rows of bits: which of them a number may be of is decided for all of
 * them at once.
 *
 *   by its digits      alone[n], joined[n]    one group of n digits, or n in several
 *   by what joins it   separator[byte]
 *   by where it is     buffer
 *   by the words near  context                of those that are nothing without one
 *
 * Most rules for numbers are weak: without a word that says what they are, a phone number, a
 * medical record and a sort code are any number at all. So a number that waits to be judged takes
 * the row along, and of hundreds of such rules only those whose word stands near look at it.
 *
 * Bit i & 63 of word i / 64 is rule number i: in the order of the rules' patterns, those of rare
 * lengths behind all others. Immutable after rule_numbers_init, part of a rule_db.
 */
#ifndef WEIR_RULE_NUMBERS_H
#define WEIR_RULE_NUMBERS_H

#include "classify/detect/digits.h"
#include "classify/detect/word_list.h"
#include "classify/rules/buffer.h"
#include "classify/rules/rule.h"

enum {
	NUMBER_MAX_DIGITS = 64,
	/* Words between a number that waits and the end of its piece, its own groups included. */
	NUMBERS_REACH = 64,
};

/* Rows; those of separators follow. */
enum {
	NUMBERS_ALONE,
	NUMBERS_JOINED = NUMBERS_ALONE + NUMBER_MAX_DIGITS + 1,
	NUMBERS_BUFFER = NUMBERS_JOINED + NUMBER_MAX_DIGITS + 1,
	NUMBERS_ALL = NUMBERS_BUFFER + NR_BUFFERS,
	NUMBERS_NONE,
	NUMBERS_HIDDEN,		/* their values are masked in records */
	NUMBERS_BY_WORD,	/* no finding without context */
	NUMBERS_HIDDEN_BY_WORD, /* not masked without context */
	NUMBERS_MIXED,		/* several kinds of separators may join one */
	NUMBERS_SEPARATOR,
};

struct rule_numbers {
	unsigned nr, nr_words;	   /* words of a row */
	uint32_t *patterns;	   /* owned; of each, the index in the rule_db */
	uint64_t *rows;		   /* owned */
	uint8_t separator[256];	   /* the row behind NUMBERS_SEPARATOR and 1; 0: it joins nothing */
	struct word_index context; /* of those by word */
	bool has_mixed;
	unsigned within; /* words: the farthest that one of them looks for its context */
};

struct db_pattern;

/*
 * Of the patterns for numbers among the nr; they are kept. Adds to spec what the digit finder is to
 * look for. False without memory.
 */
bool rule_numbers_init(struct rule_numbers *n, const struct db_pattern *patterns, unsigned nr,
		       struct digits_spec *spec);
void rule_numbers_fini(struct rule_numbers *n);

static inline const uint64_t *
rule_numbers_row(const struct rule_numbers *n, unsigned row)
{
	return n->rows + (size_t)row * n->nr_words;
}

/* The pattern of the lowest of the rules in word w. */
static inline uint32_t
rule_numbers_first(const struct rule_numbers *n, unsigned w, uint64_t rules)
{
	return n->patterns[64 * w + (unsigned)__builtin_ctzll(rules)];
}

/* Of so many digits, in one group or joined ones. */
static inline const uint64_t *
rule_numbers_of_length(const struct rule_numbers *n, bool joined, uint64_t digits)
{
	return digits > NUMBER_MAX_DIGITS
		   ? rule_numbers_row(n, NUMBERS_NONE)
		   : rule_numbers_row(n,
				      (joined ? NUMBERS_JOINED : NUMBERS_ALONE) + (unsigned)digits);
}

/* That allow the byte between two groups. */
static inline const uint64_t *
rule_numbers_joined_by(const struct rule_numbers *n, uint8_t byte)
{
	unsigned row = n->separator[byte];

	return rule_numbers_row(n, row == 0 ? NUMBERS_NONE : NUMBERS_SEPARATOR + row - 1);
}

#endif
