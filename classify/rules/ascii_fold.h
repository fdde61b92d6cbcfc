/*
 * The blanks, hyphens and digits of office texts as those of ASCII, on the way into the scanner.
 *
 *   4012 8888 8888 1881, copied from a page, has U+00A0 between its groups
 *   536‑22‑8726 has U+2011, 536–22–8726 an en dash that a word processor made of a hyphen
 *
 * A rule for numbers cannot know them all, and a word of its context must end in front of them. So
 * rules see a blank for U+00A0, U+2000..U+200A, U+202F and U+3000, a hyphen for U+2010..U+2012,
 * U+2212 and U+FF0D, and the digits U+FF10..U+FF19 as ASCII. A dash (U+2013..U+2015) is a hyphen
 * between two digits; else it is punctuation, "number—4012", and becomes a blank. All else, also
 * what is no UTF-8, passes as it is; text without any of these is not copied.
 *
 * What is folded is shorter than it was: places in a stream are of the folded text.
 */
#ifndef WEIR_ASCII_FOLD_H
#define WEIR_ASCII_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/detect/simd.h"
#include "classify/rules/carry.h"

struct ascii_fold {
	enum simd simd;
	uint8_t last;	    /* the byte passed on last */
	struct carry carry; /* of a character that is not complete */
};

typedef void ascii_fold_fn(void *arg, const uint8_t *data, size_t len);

void ascii_fold_init(struct ascii_fold *f, enum simd simd);
void ascii_fold_push(struct ascii_fold *f, const uint8_t *data, size_t len, ascii_fold_fn *fn,
		     void *arg);
/* Would a push pass it on as it is, at once? Then it counts as pushed, and nothing was copied. */
bool ascii_fold_passes(struct ascii_fold *f, const uint8_t *data, size_t len);
/* Passes on what is held: nothing follows. */
void ascii_fold_end(struct ascii_fold *f, ascii_fold_fn *fn, void *arg);

/* Where the first character to fold may stand, also one that the end cuts; len: there is none. */
size_t ascii_fold_find(enum simd simd, const uint8_t *p, size_t len);

/*
 * The byte that stands for the character at p, and in *took how long that is; p[0] and 1 where it
 * stands for itself. before: the byte in front, 0 for none. *took is 0 where more must be seen.
 */
uint8_t ascii_fold_one(const uint8_t *p, size_t len, uint8_t before, size_t *took);

#endif
