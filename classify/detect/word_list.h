/*
 * Lists of words, and one index over many lists.
 *
 * A list is what a rule has for `context` or `veto`. It is asked whether a word is in it. Of one
 * value many rules ask for the same words, and nearly always none of their lists has any of them:
 * an index says of one word, by one look-up, in which of up to thousands of lists it is.
 *
 * ASCII case does not count. Words are looked up whole; which parts a word has is for who asks.
 *
 * A word of several parts, social_security, is also a phrase: it is met in "social security". Of
 * that an index knows one word, the phrase's lead, here security: the longest of its parts, but
 * rather bank than account or number, which are everywhere.
 */
#ifndef WEIR_WORD_LIST_H
#define WEIR_WORD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "classify/detect/simd.h"
#include "classify/span.h"

enum {
	WORD_MAX = 48,
	WORDS_MAX = 192,
	WORD_ROOM = 16,
	PHRASE_WORDS = 4, /* of a text, that are one word of a list */
	LEAD_MIN = 4,	  /* letters: shorter ones are everywhere */
};

struct word {
	uint32_t hash;
	uint8_t len;
	bool raw;    /* has bytes above 0x7f */
	bool phrase; /* it has several parts, of which one may lead */
	bool lead;   /* of a phrase: in no list, but in its index */
	char text[WORD_MAX];
};

/* Sorted by hash once it is complete. */
struct word_list {
	unsigned nr, nr_raw, nr_phrases;
	uint32_t phrase_begins, phrase_ends; /* their first and last letters, by bit c & 31 */
	uint32_t first_letters;		     /* bit c & 31: most words of a text fail here, */
	uint64_t lengths;		     /* or here, before they are hashed */
	struct word *words;		     /* owned by the rule set's memory, WORDS_MAX of them */
};

/*
 * False when the list is full or the word too long. One of several parts, sort_code, is up to
 * three: it is met in sortCode as well, and its lead.
 */
bool word_list_add(struct word_list *list, struct span text);
void word_list_sort(struct word_list *list);
bool word_list_has(const struct word_list *list, const uint8_t *p, size_t len);
/* Only as one of several parts, with _ between them. */
bool word_list_has_phrase(const struct word_list *list, const uint8_t *p, size_t len);

/*
 * Lists by their number, as rows of bits: bit i & 63 of word i / 64 is list i. Built once, then
 * immutable. The lists are kept until word_index_fini.
 */
struct word_index {
	unsigned nr_lists, nr_words;
	uint32_t mask;		   /* of slots, a power of two less one */
	const struct word **words; /* owned; each once */
	uint16_t *slots;	   /* owned; by hash, then the next free one: which word, and 1 */
	uint64_t *bits;	     /* owned; one bit for each word, by its hash: few others have it */
	unsigned bits_shift; /* of a hash */
	uint64_t *rows;	     /* owned; of each word */
	uint64_t *raw;	     /* owned; a row: lists with words that have bytes above 0x7f */
	enum simd simd;	     /* how word_marks.h reads: simd_best() */
	unsigned reach;	     /* the caller's: how many words from a value one may matter */
};

enum { WORD_INDEX_MAX = 16384 }; /* words of all lists */

/* lists[nr], each of which may be NULL. False without memory or with too many words. */
bool word_index_init(struct word_index *index, const struct word_list *const *lists, unsigned nr);
void word_index_fini(struct word_index *index);
/* Which word of the index it is; -1: it is of no list. */
int word_index_find(const struct word_index *index, const uint8_t *p, size_t len);
/* The same, with the word's hash. */
int word_index_look_up(const struct word_index *index, uint32_t hash, const uint8_t *p, size_t len);

/*
 * The hash of a word: of its length and its first 16 bytes. Bit 5 is set in every byte: letters of
 * either case are the same, and a few others are as well.
 */
static inline uint32_t
word_hash_mix(uint64_t first, uint64_t second, size_t len)
{
	first = ((first | 0x2020202020202020u) + len) * 0x9e3779b97f4a7c15u;
	second = (second | 0x2020202020202020u) * 0xc2b2ae3d27d4eb4fu;
	return (uint32_t)(((first ^ first >> 32) + second) * 0x9fb21c651e98df25u >> 32);
}

/* Of a word of at least one byte. */
uint32_t word_hash(const uint8_t *p, size_t len);

/* The same where WORD_ROOM bytes can be read at p: the same steps for a word of any length. */
static inline uint32_t
word_hash_with_room(const uint8_t *p, size_t len)
{
	size_t nr_first = len < 8 ? len : 8, nr_second = (len < 16 ? len : 16) - nr_first;
	uint64_t first, second;

	memcpy(&first, p, sizeof(first));
	memcpy(&second, p + 8, sizeof(second));
	first &= ~0ull >> (64 - 8 * nr_first);
	second &= nr_second == 0 ? 0 : ~0ull >> (64 - 8 * nr_second);
	return word_hash_mix(first, second, len);
}

/* False: no word with this hash is in it. */
static inline bool
word_index_may_have(const struct word_index *index, uint32_t hash)
{
	uint32_t bit = hash >> index->bits_shift;

	return (index->bits[bit / 64] >> bit % 64 & 1) != 0;
}

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
