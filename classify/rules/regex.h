/*
 * A regular expression as a tree: what Hyperscan does not tell about a pattern.
 *
 *   - where a match begins, by walking backwards from its end: a set of positions, carried from the
 *     last element to the first. Hyperscan's own start of match doubles the cost of a scan and
 *     multiplies its state; a database per pattern costs memory, and microseconds a candidate;
 *   - where a pattern that begins with a class of characters could begin instead, so that it does
 *     not make the whole set slow: "[\w.]{1,40}@[\w-]{1,40}\.[a-z]{2}" is searched for from its
 *     '@' on, and the rest is what the walk back decides;
 *   - what it costs and what it says, for `weir rules lint` and `explain`.
 *
 * Read is what Hyperscan has in common with everybody: bytes, classes, groups, alternatives,
 * repeats, the flags i s m also as (?i) and (?i:...), \b \B ^ $ \A \z. Anything else (\p, POSIX
 * classes, \Q, ...) is not an error here: there is no tree, and the caller does without.
 *
 * Immutable once parsed; lives in the memory it was parsed into.
 */
#ifndef WEIR_REGEX_H
#define WEIR_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "classify/rules/rule_text.h"
#include "classify/span.h"

enum {
	REGEX_NOCASE = 1,
	REGEX_DOTALL = 2,
	REGEX_MULTILINE = 4,
	REGEX_WINDOW_MAX = 1023, /* bytes that a walk may go over */
};

struct regex;

/* NULL: out of the subset, or out of memory. */
const struct regex *regex_parse(struct rule_text *memory, struct span text, unsigned flags);

/*
 * The leftmost start of a match that ends at end, in a window of at most REGEX_WINDOW_MAX bytes
 * whose edges count as the text's. False when none ends there.
 */
bool regex_start(const struct regex *re, const uint8_t *window, size_t len, size_t end,
		 size_t *start);

/*
 * How many bytes of the text can be left out in front, so that what stays begins with a byte that
 * is rare and still finds the end of every match; 0: it should be searched for as it is.
 */
size_t regex_cut(const struct regex *re);

/*
 * A pattern that begins with so many letters and then digits, at least two of each, and has hardly
 * any fixed text, as account numbers, policies and passports do. Such a one is not for an
 * automaton, which goes byte by byte where nothing can be skipped: groups of digits lead to it.
 */
struct byte_set;

enum { REGEX_LEAD_MAX = 8 };

struct regex_lead {
	unsigned letters;			       /* 0: the pattern is none of these */
	unsigned digits;			       /* the least */
	bool small;				       /* the letters may be small ones */
	const struct byte_set *letter[REGEX_LEAD_MAX]; /* of the tree */
};

struct regex_lead regex_lead(const struct regex *re);
/* May a match begin with the letters at p? */
bool regex_may_begin(const struct regex_lead *lead, const uint8_t *p);
/* The furthest end in (start, limit] of a match that begins at start. */
bool regex_end(const struct regex *re, const uint8_t *window, size_t len, size_t start,
	       size_t limit, size_t *end);

/*
 * A pattern with next to no fixed text but one byte that is rare, as '@' in an address or '+' in
 * front of a telephone number: that byte leads to it. Behind it are only bytes that it is none of,
 * so what is being followed ends where the next such byte stands.
 */
enum { REGEX_MARK_MAX = 128, REGEX_MARK_WORDS = REGEX_MARK_MAX / 64 + 1 };

struct regex_mark {
	uint8_t byte;		      /* 0: the pattern is none of these */
	uint32_t min, max;	      /* bytes of a match behind it, REGEX_MARK_MAX at most */
	const struct byte_set *first; /* what may stand right behind it, */
	const struct byte_set *rest;  /* and anywhere behind it */
	const struct regex *front;    /* up to the byte and with it */
	const struct regex *behind;   /* what is behind it, from the last to the first */
};

/* Its parts live in the memory given, or where re does. */
struct regex_mark regex_mark(const struct regex *re, struct rule_text *memory);
/* Of the len bytes at p, how many may be of a match, so many bytes behind the mark. */
size_t regex_mark_run(const struct regex_mark *mark, size_t behind, const uint8_t *p, size_t len);
/*
 * Where a match may end: bit i is set for i bytes behind the mark, which p begins with. len is
 * REGEX_MARK_MAX + 2 at most; the edges count as the text's.
 */
void regex_mark_ends(const struct regex_mark *mark, const uint8_t *p, size_t len,
		     uint64_t ends[REGEX_MARK_WORDS]);

/* Bytes of the longest run of fixed text that every match contains. */
size_t regex_fixed_text(const struct regex *re);
/* Of how many byte values the first byte of a match is one. */
unsigned regex_first_bytes(const struct regex *re);
/* The repeat without an end, or above 64, with something behind it; its place in the text, or -1.
 */
ptrdiff_t regex_wide_repeat(const struct regex *re);

/*
 * Does every match hold that text, in whatever case? False when it is not certain: regex_facts.c.
 */
bool regex_needs(const struct regex *re, struct span text, bool nocase);
/* How many of the matches hold one of the words, in whatever case: about, for small classes count.
 */
enum regex_share { REGEX_SHARE_NONE, REGEX_SHARE_SOME, REGEX_SHARE_ALL };

enum regex_share regex_share(const struct regex *re, const struct span *words, unsigned nr);
/* May a byte of a match be c? Is there a place where it is nothing else? */
bool regex_may_hold(const struct regex *re, uint8_t c);
bool regex_names(const struct regex *re, uint8_t c);

/* Where beginning and end of the text, or of a line, are asked for. */
enum { REGEX_BOUND_FRONT = 1, REGEX_BOUND_END = 2, REGEX_BOUND_INSIDE = 4 };

unsigned regex_bounds(const struct regex *re);

/* In words, on one line. */
void regex_explain(const struct regex *re, FILE *to);

#endif
