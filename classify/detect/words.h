/*
 * Words around a value: what `context` and `veto` are decided by.
 *
 * A word is a run of letters, digits, '_', '-' and bytes above 0x7f. It matches a list's word as a
 * whole, or by one of its parts: "card_number" and "cardNumber" are also card and number. A list's
 * word of several parts is also met as so many words with blanks between, a phrase, all of which
 * must be near and which is as near as its nearest word: social_security in "social security".
 * ASCII case does not count. A list's word with bytes above 0x7f is looked for as it is, because
 * such scripts often write without blanks.
 *
 * Distance is in words, from the value outwards on both sides, 1 being the nearest; a comma between
 * counts as one more, the end of a line as three. Nearness is finer: of two words equally far the
 * left one is nearer, for it is the value's key, and of two parts of one word the later: a card_id
 * is an id, an order_card is a card. Whose key a word is, member.h says.
 */
#ifndef WEIR_WORDS_H
#define WEIR_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/detect/value.h"
#include "classify/detect/word_list.h"

/*
 * Words on both sides of a value, nearest first, as far as they were asked for: of one place many
 * rules ask. Belongs to whoever judges, who resets it when the window's bytes may be others.
 */
enum { NEAR_WORDS = 64 };

struct near_word {
	const uint8_t *p;
	uint16_t len;
	uint16_t place;		/* in words from the value, the toll of what is between included */
	bool raw;		/* has bytes above 0x7f */
	uint8_t member;		/* enum member, once it was asked */
	uint32_t first_letters; /* of the word and of each of its parts, as in a list */
	uint64_t lengths;
};

struct near_words {
	bool cut[2];	       /* left, right: the text goes on beyond the window */
	const uint8_t *window; /* NULL: nothing is known */
	size_t len, start, end;
	struct near_side {
		bool ended;
		unsigned nr, place;
		size_t at;
		struct near_word words[NEAR_WORDS];
	} side[2]; /* left, right */
};

/* Which words count. */
enum {
	WORDS_OF_TEXT = 1,   /* none beyond a VALUE_TEXT_END */
	WORDS_OF_MEMBER = 2, /* no key of another member, see member.h */
	WORDS_THAT_SAY = 4,  /* none whose member is void */
};

/*
 * The nearness of the nearest word of the list within so many words, NEAR_WORDS at most: smaller is
 * nearer, 0 is none. A word that is also of the other list, by the
 * same part or a later one, does not count: near a card_id nothing is a card for that. other may be
 * NULL.
 */
unsigned words_near(struct near_words *near, const struct word_list *list,
		    const struct word_list *other, const struct value *v, unsigned within,
		    unsigned which);

/* A word of the list heads the value's column, see columns.h. */
bool words_head(const struct word_list *list, const struct value *v);
/* Word w of the row of all lists that have a word of the text. */
uint64_t words_lists(const struct word_index *index, struct span text, unsigned w);

#endif
