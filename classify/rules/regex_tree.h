/*
 * What a pattern is made of: the tree that regex.c parses, regex_walk.c goes backwards over,
 * regex_measure.c and regex_mark.c read. Nodes live in the memory of the rule set and never change
 * once parsed.
 */
#ifndef WEIR_REGEX_TREE_H
#define WEIR_REGEX_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "classify/detect/value.h"
#include "classify/rules/regex.h"

enum {
	REGEX_NO_LIMIT = -1,
	REGEX_STRONG_TEXT = 3, /* bytes of fixed text that Hyperscan can skip by */
};

enum node_kind { NODE_SEQUENCE, NODE_CHOICE, NODE_REPEAT, NODE_CLASS, NODE_ASSERT };

enum assertion {
	AT_WORD_EDGE,
	AT_NO_EDGE,
	AT_START,
	AT_END,
	AT_VERY_END,
	AT_LINE_START,
	AT_LINE_END
};

struct byte_set {
	uint64_t bits[4];
};

struct node {
	enum node_kind kind;
	struct node *next;  /* behind it in a sequence, or the next alternative */
	struct node *prev;  /* and in front of it */
	struct node *child; /* the first */
	struct node *last;  /* and the last */
	size_t at, to;	    /* where it stands in the text */
	int min, max;	    /* of a repeat */
	enum assertion assertion;
	struct byte_set set;
};

struct regex {
	struct node *root; /* a choice of sequences */
	struct span text;
};

enum { REGEX_STARTS_WORDS = (REGEX_WINDOW_MAX + 1) / 64 };

/*
 * regex_walk.c: where all matches begin that end there, a bit for each place of the window. False:
 * there is none, and nothing is set.
 */
bool regex_starts(const struct regex *re, const uint8_t *window, size_t len, size_t end,
		  uint64_t starts[REGEX_STARTS_WORDS]);

/* regex_measure.c: the least bytes of a match. */
size_t node_min_width(const struct node *n);
/* Adds what a match may begin with; true when it may also match nothing. */
bool node_add_first(const struct node *n, struct byte_set *set);

static inline void
node_append(struct node *parent, struct node *n)
{
	n->prev = parent->last;
	n->next = NULL;
	if (parent->last == NULL)
		parent->child = n;
	else
		parent->last->next = n;
	parent->last = n;
}

static inline void
set_add(struct byte_set *s, unsigned c)
{
	s->bits[c >> 6] |= 1ull << (c & 63);
}

static inline bool
set_has(const struct byte_set *s, unsigned c)
{
	return (s->bits[c >> 6] >> (c & 63) & 1) != 0;
}

static inline void
set_join(struct byte_set *s, const struct byte_set *other)
{
	for (unsigned i = 0; i < 4; i++)
		s->bits[i] |= other->bits[i];
}

static inline bool
sets_meet(const struct byte_set *a, const struct byte_set *b)
{
	return ((a->bits[0] & b->bits[0]) | (a->bits[1] & b->bits[1]) | (a->bits[2] & b->bits[2]) |
		(a->bits[3] & b->bits[3])) != 0;
}

static inline unsigned
set_size(const struct byte_set *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 4; i++)
		n += (unsigned)__builtin_popcountll(s->bits[i]);
	return n;
}

static inline unsigned
set_first(const struct byte_set *s)
{
	unsigned i = 0;

	while (i < 3 && s->bits[i] == 0)
		i++;
	return s->bits[i] == 0 ? 0 : i * 64 + (unsigned)__builtin_ctzll(s->bits[i]);
}

static inline bool
is_word_byte(unsigned c)
{
	return is_alnum((uint8_t)c) || c == '_';
}

/* One byte, in whatever case. */
static inline bool
is_fixed(const struct node *n)
{
	unsigned c = set_first(&n->set), size = set_size(&n->set);

	return n->kind == NODE_CLASS &&
	       (size == 1 || (size == 2 && is_alpha((uint8_t)c) && set_has(&n->set, c | 0x20)));
}

/* A byte that few texts have; '+' is none, for base64 has it. */
static inline bool
is_rare(const struct node *n)
{
	unsigned c = set_first(&n->set);

	return is_fixed(n) && c != 0 && strchr("@#$!~^|`", (int)c) != NULL;
}

#endif
