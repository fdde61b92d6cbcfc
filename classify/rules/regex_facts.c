/*
 * What every match of a pattern holds, and where it is bound: for whoever puts a pattern of others
 * into another place. Where it is not certain, the answer is the careful one.
 */
#include "classify/rules/regex_tree.h"

/* ------------------------------------------------------------------ text that must be there */

enum { RUN_MAX = 2048 };

/* The bytes that follow each other in every match, up to here. */
struct run {
	struct span text;
	bool nocase, found;
	size_t len;
	const struct byte_set *sets[RUN_MAX];
};

/* Is it that byte each time, or the same letter? */
static bool
is_only(const struct byte_set *set, uint8_t c, bool nocase)
{
	struct byte_set other = { 0 };

	set_add(&other, c);
	if (nocase && is_alpha(c)) {
		set_add(&other, c & ~0x20u);
		set_add(&other, c | 0x20u);
	}
	for (unsigned i = 0; i < 4; i++) {
		if ((set->bits[i] & ~other.bits[i]) != 0)
			return false;
	}
	return set_size(set) != 0;
}

static void
add_to_run(struct run *run, const struct byte_set *set)
{
	size_t from;

	if (run->len == RUN_MAX)
		run->len = 0;
	run->sets[run->len++] = set;
	if (run->len < run->text.len)
		return;
	from = run->len - run->text.len;
	for (size_t i = 0; i < run->text.len; i++) {
		if (!is_only(run->sets[from + i], run->text.p[i], run->nocase))
			return;
	}
	run->found = true;
}

static void follow(const struct node *n, struct run *run);

/* All alternatives have it, or none of them counts. */
static void
follow_choice(const struct node *n, struct run *run)
{
	bool all = true;

	if (n->child->next == NULL) {
		follow(n->child, run);
		return;
	}
	for (const struct node *c = n->child; c != NULL; c = c->next) {
		bool before = run->found;

		run->len = 0;
		run->found = false;
		follow(c, run);
		all = all && run->found;
		run->found = before;
	}
	run->len = 0;
	run->found = run->found || all;
}

static void
follow(const struct node *n, struct run *run)
{
	switch (n->kind) {
	case NODE_CLASS:
		add_to_run(run, &n->set);
		return;
	case NODE_ASSERT:
		return;
	case NODE_REPEAT:
		if (n->child->kind == NODE_CLASS) {
			for (int i = 0; i < n->min && i < RUN_MAX; i++)
				add_to_run(run, &n->child->set);
		} else if (n->min > 0) {
			follow(n->child, run);
			run->len = 0;
		}
		if (n->max != n->min)
			run->len = 0;
		return;
	case NODE_SEQUENCE:
		for (const struct node *c = n->child; c != NULL; c = c->next)
			follow(c, run);
		return;
	case NODE_CHOICE:
		follow_choice(n, run);
		return;
	}
}

bool
regex_needs(const struct regex *re, struct span text, bool nocase)
{
	struct run run = { .text = text, .nocase = nocase };

	if (text.len == 0 || text.len > RUN_MAX)
		return false;
	follow(re->root, &run);
	return run.found;
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
