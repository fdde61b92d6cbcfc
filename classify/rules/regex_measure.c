/* What a pattern costs and says: widths, fixed text, first bytes, and itself in words. */
#include "classify/rules/regex_tree.h"

enum { WIDE = 64 };

/* ------------------------------------------------------------------ what it costs */

size_t
node_min_width(const struct node *n)
{
	size_t sum = 0, least = SIZE_MAX;

	switch (n->kind) {
	case NODE_CLASS:
		return 1;
	case NODE_ASSERT:
		return 0;
	case NODE_REPEAT:
		return (size_t)n->min * node_min_width(n->child);
	case NODE_SEQUENCE:
		for (const struct node *c = n->child; c != NULL; c = c->next)
			sum += node_min_width(c);
		return sum;
	case NODE_CHOICE:
		for (const struct node *c = n->child; c != NULL; c = c->next) {
			size_t width = node_min_width(c);

			least = width < least ? width : least;
		}
		return least;
	}
	return 0;
}

/* The longest run of fixed text so far, and the one that goes on. */
struct runs {
	size_t longest, open;
};

static void
end_run(struct runs *r)
{
	r->longest = r->open > r->longest ? r->open : r->longest;
	r->open = 0;
}

static void
measure_runs(const struct node *n, struct runs *r)
{
	size_t least = SIZE_MAX;

	switch (n->kind) {
	case NODE_CLASS:
		if (is_fixed(n))
			r->open++;
		else
			end_run(r);
		return;
	case NODE_ASSERT:
		return;
	case NODE_REPEAT:
		if (n->min == n->max && is_fixed(n->child)) {
			r->open += (size_t)n->min;
			return;
		}
		if (n->min > 0)
			measure_runs(n->child, r);
		end_run(r);
		return;
	case NODE_SEQUENCE:
		for (const struct node *c = n->child; c != NULL; c = c->next)
			measure_runs(c, r);
		return;
	case NODE_CHOICE:
		if (n->child->next == NULL) {
			measure_runs(n->child, r);
			return;
		}
		end_run(r);
		for (const struct node *c = n->child; c != NULL; c = c->next) {
			struct runs one = { 0 };

			measure_runs(c, &one);
			end_run(&one);
			least = one.longest < least ? one.longest : least;
		}
		r->longest = least > r->longest ? least : r->longest;
		return;
	}
}

size_t
regex_fixed_text(const struct regex *re)
{
	struct runs r = { 0 };

	measure_runs(re->root, &r);
	end_run(&r);
	return r.longest;
}

bool
node_add_first(const struct node *n, struct byte_set *set)
{
	bool empty = true;

	switch (n->kind) {
	case NODE_CLASS:
		set_join(set, &n->set);
		return false;
	case NODE_ASSERT:
		return true;
	case NODE_REPEAT:
		return n->max == 0 || node_add_first(n->child, set) || n->min == 0;
	case NODE_SEQUENCE:
		for (const struct node *c = n->child; empty && c != NULL; c = c->next)
			empty = node_add_first(c, set);
		return empty;
	case NODE_CHOICE:
		empty = false;
		for (const struct node *c = n->child; c != NULL; c = c->next)
			empty = node_add_first(c, set) || empty;
		return empty;
	}
	return true;
}

unsigned
regex_first_bytes(const struct regex *re)
{
	struct byte_set set = { 0 };

	return node_add_first(re->root, &set) ? 256 : set_size(&set);
}

/* ------------------------------------------------------------------ letters, then digits */

static struct byte_set
set_of_range(unsigned from, unsigned to)
{
	struct byte_set s = { 0 };

	for (unsigned c = from; c <= to; c++)
		set_add(&s, c);
	return s;
}

static bool
set_within(const struct byte_set *s, const struct byte_set *other)
{
	uint64_t out = 0;

	for (unsigned i = 0; i < 4; i++)
		out |= s->bits[i] & ~other->bits[i];
	return out == 0;
}

/* The bytes that the element takes each time, or NULL when it is no class and no repeat of one. */
static const struct byte_set *
element_set(const struct node *n, size_t *min, size_t *max)
{
	*min = *max = 1;
	if (n->kind == NODE_CLASS)
		return &n->set;
	if (n->kind != NODE_REPEAT || n->child->kind != NODE_CLASS)
		return NULL;
	*min = (size_t)n->min;
	*max = n->max == REGEX_NO_LIMIT ? SIZE_MAX : (size_t)n->max;
	return &n->child->set;
}

/* The first element that takes bytes; NULL where there are alternatives. */
static const struct node *
first_element(const struct regex *re)
{
	const struct node *n = re->root->child->child;

	if (re->root->child->next != NULL)
		return NULL;
	while (n != NULL && n->kind == NODE_ASSERT)
		n = n->next;
	return n;
}

struct regex_lead
regex_lead(const struct regex *re)
{
	static const struct regex_lead none = { 0 };
	struct byte_set letters = set_of_range('a', 'z'), digits = set_of_range('0', '9');
	struct byte_set capitals = set_of_range('A', 'Z');
	struct regex_lead lead = { 0 };
	const struct node *n = first_element(re);
	const struct byte_set *set;
	size_t min, max;

	if (regex_fixed_text(re) >= REGEX_STRONG_TEXT)
		return none;
	set_join(&letters, &capitals);
	for (; n != NULL && (set = element_set(n, &min, &max)) != NULL; n = n->next) {
		if (!set_within(set, &letters) || min != max)
			break;
		if (lead.letters + min > REGEX_LEAD_MAX)
			return none;
		for (size_t i = 0; i < min; i++)
			lead.letter[lead.letters++] = set;
		lead.small = lead.small || !set_within(set, &capitals);
	}
	for (; n != NULL && (set = element_set(n, &min, &max)) != NULL; n = n->next) {
		if (!set_within(set, &digits))
			break;
		lead.digits += (unsigned)min;
		if (min != max)
			break;
	}
	return lead.letters >= 2 && lead.digits >= 2 ? lead : none;
}

bool
regex_may_begin(const struct regex_lead *lead, const uint8_t *p)
{
	for (unsigned i = 0; i < lead->letters; i++) {
		if (!set_has(lead->letter[i], p[i]))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ what is unwise */

static ptrdiff_t
wide_repeat(const struct node *n, bool more)
{
	if (n->kind == NODE_REPEAT && more && (n->max == REGEX_NO_LIMIT || n->max > WIDE))
		return (ptrdiff_t)n->at;
	if (n->kind == NODE_REPEAT)
		return wide_repeat(n->child, more);
	for (const struct node *c = n->child; c != NULL; c = c->next) {
		bool rest = more || (n->kind == NODE_SEQUENCE && c->next != NULL);
		ptrdiff_t at = wide_repeat(c, rest);

		if (at >= 0)
			return at;
	}
	return -1;
}

ptrdiff_t
regex_wide_repeat(const struct regex *re)
{
	return wide_repeat(re->root, false);
}

/*
 * Hyperscan needs a few bytes of fixed text to skip what cannot match; without them each byte of
 * the input goes through an automaton. A rare byte is as good, when the pattern begins with it.
 */
size_t
regex_cut(const struct regex *re)
{
	const struct node *first = re->root->child->child;
	size_t left = 0;

	if (re->root->child->next != NULL || regex_fixed_text(re) >= REGEX_STRONG_TEXT)
		return 0;
	for (const struct node *n = first; n != NULL; n = n->next)
		left += node_min_width(n);
	for (const struct node *n = first; n != NULL; n = n->next) {
		bool flags = n->kind == NODE_SEQUENCE; /* they would be cut off */
		bool edge = n->kind == NODE_ASSERT && n->assertion == AT_WORD_EDGE;

		if (flags || (n->kind == NODE_ASSERT && !edge) || left <= REGEX_STRONG_TEXT)
			return 0;
		if (is_fixed(n))
			return is_rare(n) && n != first ? n->at : 0;
		left -= node_min_width(n);
	}
	return 0;
}

/* ------------------------------------------------------------------ in words */

static void
explain_bytes(const struct regex *re, const struct node *n, FILE *to)
{
	fputc('`', to);
	for (size_t i = n->at; i < re->text.len && i < n->to; i++) {
		uint8_t c = re->text.p[i];

		fputc(c < ' ' || c == 0x7f ? '?' : c, to);
	}
	fputc('`', to);
}

static void explain_sequence(const struct regex *re, const struct node *first, FILE *to);

static void
explain_node(const struct regex *re, const struct node *n, FILE *to)
{
	static const char *const assertions[] = { "an edge of a word", "no edge of a word",
						  "the beginning",     "the end",
						  "the very end",      "the beginning of a line",
						  "the end of a line" };

	switch (n->kind) {
	case NODE_CLASS:
		explain_bytes(re, n, to);
		break;
	case NODE_ASSERT:
		fputs(assertions[n->assertion], to);
		break;
	case NODE_REPEAT:
		if (n->min == 0 && n->max == 1)
			fputs("perhaps ", to);
		else if (n->max == REGEX_NO_LIMIT)
			fprintf(to, "%d or more of ", n->min);
		else if (n->min == n->max)
			fprintf(to, "%d of ", n->min);
		else
			fprintf(to, "%d to %d of ", n->min, n->max);
		explain_node(re, n->child, to);
		break;
	case NODE_SEQUENCE:
		explain_sequence(re, n->child, to);
		break;
	case NODE_CHOICE:
		if (n->child->next != NULL)
			fputs("either ", to);
		for (const struct node *c = n->child; c != NULL; c = c->next) {
			explain_sequence(re, c->child, to);
			if (c->next != NULL)
				fputs(" or ", to);
		}
		break;
	}
}

/* Bytes that stand for themselves are shown together. */
static void
explain_sequence(const struct regex *re, const struct node *first, FILE *to)
{
	for (const struct node *n = first; n != NULL; n = n->next) {
		struct node together = *n;

		if (n != first)
			fputs(", ", to);
		while (is_fixed(n) && n->next != NULL && is_fixed(n->next)) {
			n = n->next;
			together.to = n->to;
		}
		explain_node(re, &together, to);
	}
}

void
regex_explain(const struct regex *re, FILE *to)
{
	explain_node(re, re->root, to);
}
