/*
 * Lists of words, and one index over many lists.
 *
 * A list is what a rule has for `context` or `veto`. It is asked whether a word is in it. Of one
 * value many rules ask for the same words, and nearly always none of their lists has any of them:
 * an index says of one word, by one look-up, in which of up to thousands of lists it is.
 *
 * ASCII case does not count. Words are looked up whole; which parts a word has is for who asks.
 */
#ifndef WEIR_WORD_LIST_H
#define WEIR_WORD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/span.h"

enum { WORD_MAX = 48, WORDS_MAX = 128 };

struct word {
	uint32_t hash;
	uint8_t len;
	bool raw; /* has bytes above 0x7f */
	char text[WORD_MAX];
};

/* Sorted by hash once it is complete. */
struct word_list {
	unsigned nr, nr_raw;
	uint32_t first_letters; /* bit c & 31: most words of a text fail here, */
	uint64_t lengths;	/* or here, before they are hashed */
	struct word *words;	/* owned by the rule set's memory, WORDS_MAX of them */
};

/* False when the list is full or the word too long. */
bool word_list_add(struct word_list *list, struct span text);
void word_list_sort(struct word_list *list);
bool word_list_has(const struct word_list *list, const uint8_t *p, size_t len);

/*
 * Lists by their number, as rows of bits: bit i & 63 of word i / 64 is list i. Built once, then
 * immutable. The lists are kept until word_index_fini.
 */
struct word_index {
	unsigned nr_lists, nr_words;
	uint32_t mask;		   /* of slots, a power of two less one */
	const struct word **words; /* owned; each once */
	uint16_t *slots;	   /* owned; by hash, then the next free one: which word, and 1 */
	uint64_t *rows;		   /* owned; of each word */
	uint64_t *raw;		   /* owned; a row: lists with words that have bytes above 0x7f */
	unsigned reach;		   /* the caller's: how many words from a value one may matter */
	uint64_t lengths[256];	   /* by the first byte: bit n, a word of n bytes begins with it */
};

enum { WORD_INDEX_MAX = 16384 }; /* words of all lists */

/* lists[nr], each of which may be NULL. False without memory or with too many words. */
bool word_index_init(struct word_index *index, const struct word_list *const *lists, unsigned nr);
void word_index_fini(struct word_index *index);
/* Which word of the index it is; -1: it is of no list. */
int word_index_find(const struct word_index *index, const uint8_t *p, size_t len);

/* Words of a row. */
static inline unsigned
word_index_row_words(const struct word_index *index)
{
	return (index->nr_lists + 63) / 64;
}

/* Word w of the row of the word. */
static inline uint64_t
word_index_lists(const struct word_index *index, unsigned word, unsigned w)
{
	return index->rows[(size_t)word * word_index_row_words(index) + w];
}

#endif
