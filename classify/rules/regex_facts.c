/*
 * What every match of a pattern holds, and where it is bound: for whoever puts a pattern of others
 * into another place. Where it is not certain, the answer is the careful one.
 */
#include "classify/rules/regex_tree.h"

/* ------------------------------------------------------------------ text that must be there */

/*
 * All ways through the pattern are followed at once. Of each is known how far it has come in the
 * texts, which stand behind each other: a bit for each byte that may be next. There are few ways
 * that differ in that; where there are more, nothing is certain.
 */
enum { TEXTS_MAX = 512, TEXT_WORDS = TEXTS_MAX / 64, WAYS_MAX = 48, NARROW = 16 };

struct search {
	bool nocase, narrow; /* narrow: a small class counts as the byte, when it has it */
	bool lost;	     /* too many ways */
	size_t len;
	uint8_t bytes[TEXTS_MAX];
	uint64_t first[TEXT_WORDS], last[TEXT_WORDS]; /* which are a text's first and last */
};

struct way {
	uint64_t next[TEXT_WORDS];
	bool found;
};

struct ways {
	unsigned nr;
	struct way way[WAYS_MAX];
};

static bool
has_bit(const uint64_t *bits, size_t i)
{
	return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void
set_bit(uint64_t *bits, size_t i)
{
	bits[i / 64] |= 1ull << (i % 64);
}

static bool
search_init(struct search *s, const struct span *texts, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		if (texts[i].len == 0 || texts[i].len > TEXTS_MAX - s->len)
			return false;
		set_bit(s->first, s->len);
		memcpy(s->bytes + s->len, texts[i].p, texts[i].len);
		s->len += texts[i].len;
		set_bit(s->last, s->len - 1);
	}
	return true;
}

/* Is it that byte each time, or the same letter? */
static bool
fits(const struct search *s, const struct byte_set *set, uint8_t c)
{
	struct byte_set other = { 0 };

	set_add(&other, c);
	if (s->nocase && is_alpha(c)) {
		set_add(&other, c & ~0x20u);
		set_add(&other, c | 0x20u);
	}
	/* Of a name's dots those who write the pattern often forget the backslash. */
	if (s->narrow)
		return (set_size(set) <= NARROW || !is_alnum(c)) && sets_meet(set, &other);
	for (unsigned i = 0; i < 4; i++) {
		if ((set->bits[i] & ~other.bits[i]) != 0)
			return false;
	}
	return set_size(set) != 0;
}

/* True when it was not there already. */
static bool
add_way(struct search *s, struct ways *ways, const struct way *way)
{
	for (unsigned i = 0; i < ways->nr; i++) {
		if (memcmp(&ways->way[i], way, sizeof(*way)) == 0)
			return false;
	}
	if (ways->nr == WAYS_MAX) {
		s->lost = true;
		return false;
	}
	ways->way[ways->nr++] = *way;
	return true;
}

static bool
add_ways(struct search *s, struct ways *to, const struct ways *from)
{
	bool more = false;

	for (unsigned i = 0; i < from->nr; i++)
		more = add_way(s, to, &from->way[i]) || more;
	return more;
}

static void
step(const struct search *s, struct way *way, const struct byte_set *set)
{
	struct way next;

	memset(&next, 0, sizeof(next)); /* compared as it lies in memory */
	memcpy(next.next, s->first, sizeof(next.next));
	next.found = way->found;
	for (size_t i = 0; i < s->len && !next.found; i++) {
		if (!has_bit(way->next, i) || !fits(s, set, s->bytes[i]))
			continue;
		if (has_bit(s->last, i))
			next.found = true;
		else
			set_bit(next.next, i + 1);
	}
	if (next.found)
		memcpy(next.next, s->first, sizeof(next.next));
	*way = next;
}

static void follow(struct search *s, const struct node *n, struct ways *ways);

static void
follow_class(struct search *s, const struct node *n, struct ways *ways)
{
	struct ways from = *ways;

	ways->nr = 0;
	for (unsigned i = 0; i < from.nr; i++) {
		step(s, &from.way[i], &n->set);
		add_way(s, ways, &from.way[i]);
	}
}

static void
follow_choice(struct search *s, const struct node *n, struct ways *ways)
{
	const struct ways from = *ways;

	ways->nr = 0;
	for (const struct node *c = n->child; c != NULL; c = c->next) {
		struct ways one = from;

		follow(s, c, &one);
		add_ways(s, ways, &one);
	}
}

/* Once more, until it makes no difference. */
static void
follow_repeat(struct search *s, const struct node *n, struct ways *ways)
{
	struct ways now = *ways, before;
	int i = 0;

	for (; i < n->min && !s->lost; i++) {
		before = now;
		follow(s, n->child, &now);
		if (now.nr == before.nr &&
		    memcmp(now.way, before.way, now.nr * sizeof(now.way[0])) == 0)
			break;
	}
	*ways = now;
	for (i = n->min; (n->max == REGEX_NO_LIMIT || i < n->max) && !s->lost; i++) {
		follow(s, n->child, &now);
		if (!add_ways(s, ways, &now))
			break;
	}
}

static void
follow(struct search *s, const struct node *n, struct ways *ways)
{
	switch (n->kind) {
	case NODE_CLASS:
		follow_class(s, n, ways);
		return;
	case NODE_ASSERT:
		return;
	case NODE_REPEAT:
		follow_repeat(s, n, ways);
		return;
	case NODE_SEQUENCE:
		for (const struct node *c = n->child; c != NULL && !s->lost; c = c->next)
			follow(s, c, ways);
		return;
	case NODE_CHOICE:
		follow_choice(s, n, ways);
		return;
	}
}

static enum regex_share
share_of(struct search *s, const struct regex *re)
{
	struct ways ways = { .nr = 1 };
	unsigned found = 0;

	memset(&ways.way[0], 0, sizeof(ways.way[0]));
	memcpy(ways.way[0].next, s->first, sizeof(s->first));
	follow(s, re->root, &ways);
	for (unsigned i = 0; i < ways.nr; i++)
		found += ways.way[i].found;
	if (s->lost)
		return REGEX_SHARE_SOME;
	return found == 0	  ? REGEX_SHARE_NONE
	       : found == ways.nr ? REGEX_SHARE_ALL
				  : REGEX_SHARE_SOME;
}

bool
regex_needs(const struct regex *re, struct span text, bool nocase)
{
	struct search s = { .nocase = nocase };

	return search_init(&s, &text, 1) && share_of(&s, re) == REGEX_SHARE_ALL;
}

enum regex_share
regex_share(const struct regex *re, const struct span *words, unsigned nr)
{
	struct search s = { .nocase = true, .narrow = true };

	return search_init(&s, words, nr) ? share_of(&s, re) : REGEX_SHARE_SOME;
}

/* ------------------------------------------------------------------ single bytes */

static bool
any_class(const struct node *n, uint8_t c, bool alone)
{
	if (n->kind == NODE_CLASS)
		return set_has(&n->set, c) && (!alone || set_size(&n->set) == 1);
	for (const struct node *k = n->child; k != NULL; k = k->next) {
		if (any_class(k, c, alone))
			return true;
	}
	return false;
}

bool
regex_may_hold(const struct regex *re, uint8_t c)
{
	return any_class(re->root, c, false);
}

bool
regex_names(const struct regex *re, uint8_t c)
{
	return any_class(re->root, c, true);
}

/* ------------------------------------------------------------------ where it is bound */

static unsigned
bound(const struct node *n, const struct node *first, const struct node *last)
{
	unsigned found = 0;

	if (n->kind == NODE_ASSERT) {
		bool start = n->assertion == AT_START || n->assertion == AT_LINE_START;
		bool edge = n->assertion == AT_WORD_EDGE || n->assertion == AT_NO_EDGE;

		if (edge)
			return 0;
		if (start)
			return n == first ? REGEX_BOUND_FRONT : REGEX_BOUND_INSIDE;
		return n == last ? REGEX_BOUND_END : REGEX_BOUND_INSIDE;
	}
	for (const struct node *k = n->child; k != NULL; k = k->next)
		found |= bound(k, first, last);
	return found;
}

unsigned
regex_bounds(const struct regex *re)
{
	const struct node *only = re->root->child->next == NULL ? re->root->child : NULL;

	return bound(re->root, only == NULL ? NULL : only->child, only == NULL ? NULL : only->last);
}
