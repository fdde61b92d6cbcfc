/*
 * Where in a stream the words of an index stand.
 *
 *   text    ... "order" : "x-17", "phone" : "555-123-4567", ...
 *   place         101       102      103       104            one more with every word
 *   marks                            phone
 *
 * Of thousands of numbers nearly none has a word near that says what it is. The text of a piece is
 * therefore read once, forwards, and the few words that some list has are noted with their places;
 * what stands round a value is then a question of a few comparisons. Words and their parts are
 * those of words.h, but distances are words alone: more may seem near than is, never less.
 *
 * A stream keeps its struct word_trail from one piece to the next; any split gives the same marks.
 * Marks beyond WORD_MARKS of a piece, or WORD_TRAIL that reach into the next one, are lost; then
 * every list counts as near, and who asks has to look for himself.
 */
#ifndef WEIR_WORD_MARKS_H
#define WEIR_WORD_MARKS_H

#include "classify/detect/word_list.h"

enum {
	WORD_MARKS = 512,
	WORD_TRAIL = 24,
	WORD_PIECE_MAX = 65536, /* bytes */
	WORD_BLOCK = 64,
	WORD_RAW = -1,
};

struct word_mark {
	uint64_t place;
	int word; /* of the index; WORD_RAW: some word with bytes above 0x7f, or one too long */
};

struct word_trail {
	uint64_t pos;	   /* read up to here */
	uint64_t nr_words; /* begun so far */
	uint64_t unknown;  /* places up to this one may have marks that were lost; 0: none */
	uint8_t last;	   /* the byte in front of pos */
	bool in_word;	   /* a word goes on at pos: its first bytes are in open */
	uint8_t open_before;
	uint8_t nr_open;
	uint8_t nr_marks;
	uint8_t open[2 * WORD_MAX];
	struct word_mark marks[WORD_TRAIL];
};

/* Of the piece that is at hand, and what the trail had; large, one for many streams. */
struct word_marks {
	unsigned nr;
	uint64_t first;	  /* the place in front of the piece: words begun before it */
	uint64_t unknown; /* as in the trail */
	uint64_t lost;	  /* from this place on marks were lost; UINT64_MAX: none */
	struct word_mark marks[WORD_MARKS];
	struct {
		uint64_t begins; /* bit i: a word begins at byte i of the block */
		uint64_t before; /* words begun before it */
	} block[WORD_PIECE_MAX / WORD_BLOCK];
};

/* At a position in the stream, with nothing in front of it. */
void word_trail_init(struct word_trail *t, uint64_t pos);

/* The next piece of the stream, WORD_PIECE_MAX at most. */
void word_marks_read(struct word_marks *m, struct word_trail *t, const struct word_index *index,
		     const uint8_t *data, size_t len);
/* Nothing follows: the word that goes on is whole. As after an empty piece. */
void word_marks_end(struct word_marks *m, struct word_trail *t, const struct word_index *index);

/* How many words begin before the byte of the piece. */
static inline uint64_t
word_marks_place(const struct word_marks *m, size_t at)
{
	return m->block[at / WORD_BLOCK].before +
	       (unsigned)__builtin_popcountll(m->block[at / WORD_BLOCK].begins &
					      ((1ull << at % WORD_BLOCK) - 1));
}

/* Word w of the row of all lists that have a word in the places [from, to]. */
uint64_t word_marks_lists(const struct word_marks *m, const struct word_index *index, uint64_t from,
			  uint64_t to, unsigned w);

#endif
