/*
 * Encoded words in the header fields of mail (RFC 2047), undone as they stream by:
 *
 *   =? charset ? B or Q ? text ?=
 *
 * Blanks and line ends between two of them are not part of the text. What is none comes out as it
 * is. No charset is converted: what a detector looks for is written alike in nearly all of them.
 *
 * Any split gives the same text; a word that may be one is held, up to ENCODED_WORD_BYTES (the RFC
 * allows 75), and longer ones are none.
 */
#ifndef WEIR_ENCODED_WORD_H
#define WEIR_ENCODED_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENCODED_WORD_BYTES  192u
#define ENCODED_WORD_BLANKS 8u /* between two words */

/* All zero is a valid start. */
struct encoded_word {
	uint8_t marks;	/* question marks that were held */
	uint8_t blanks; /* held behind a word */
	uint8_t len;
	bool behind; /* a word has just ended */
	uint8_t blank[ENCODED_WORD_BLANKS];
	uint8_t word[ENCODED_WORD_BYTES];
};

typedef void encoded_word_fn(void *arg, const uint8_t *data, size_t len);

void encoded_word_push(struct encoded_word *w, const uint8_t *data, size_t len, encoded_word_fn *fn,
		       void *arg);
/* The fields are over, or bytes of them were lost: what is held comes out as it is. */
void encoded_word_end(struct encoded_word *w, encoded_word_fn *fn, void *arg);

#endif
