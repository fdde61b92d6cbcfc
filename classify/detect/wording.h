/*
 * What a short text reads like: words, as people and programmers write them, or chance.
 *
 *   Forgot your password?    form.password.data    $uperS3cret    kQ9]vT2m
 *   words                    words, joined         mixed          no words
 *
 * Without a dictionary: words of any language are long between one change of case and the next,
 * and have vowels. Bytes above ASCII count as letters.
 */
#ifndef WEIR_WORDING_H
#define WEIR_WORDING_H

#include "classify/span.h"

struct wording {
	size_t letters, digits, marks, blanks;
	size_t words;	   /* pieces between what is no letter and changes of case */
	size_t consonants; /* the longest run, in lower case */
	bool upper;	   /* a capital letter of ASCII is there */
	bool foreign;	   /* a letter above ASCII */
	bool wide;	   /* a character nobody types into a password field: ideographs, bullets */
	bool mixed;	   /* one of $ @ ! % & ^ + ~ # between two letters or digits */
	size_t signs;	   /* how many of $ @ % & ^ + ~ # there are */
};

struct wording wording_of(struct span s);

/* Its letters are those of words; digits and marks may stand between them. */
bool wording_is_words(const struct wording *w);

/* Digits and what stands between digits: 1532, 99.7%, 1024/1024, 2024-01-02. */
bool wording_is_number(const struct wording *w);

#endif
