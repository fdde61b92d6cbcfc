/* Patterns that a rare byte leads to: which they are, and what is behind that byte. */
#include "classify/rules/regex_tree.h"

/* SIZE_MAX: without a limit. */
static size_t
max_width(const struct node *n)
{
	size_t sum = 0, most = 0, width;

	switch (n->kind) {
	case NODE_CLASS:
		return 1;
	case NODE_ASSERT:
		return 0;
	case NODE_REPEAT:
		width = max_width(n->child);
		if (width != 0 && (n->max == REGEX_NO_LIMIT || width > REGEX_MARK_MAX))
			return SIZE_MAX;
		return width * (size_t)n->max;
	case NODE_SEQUENCE:
		for (const struct node *c = n->child; c != NULL; c = c->next) {
			width = max_width(c);
			sum = width > SIZE_MAX - sum ? SIZE_MAX : sum + width;
		}
		return sum;
	case NODE_CHOICE:
		for (const struct node *c = n->child; c != NULL; c = c->next) {
			width = max_width(c);
			most = width > most ? width : most;
		}
		return most;
	}
	return 0;
}

/* Does it ask for no more than the bytes next to it? */
static bool
hangs_on_edges(const struct node *n)
{
	if (n->kind == NODE_ASSERT)
		return n->assertion == AT_WORD_EDGE || n->assertion == AT_NO_EDGE;
	for (const struct node *c = n->child; c != NULL; c = c->next) {
		if (!hangs_on_edges(c))
			return false;
	}
	return true;
}

static void
add_bytes(const struct node *n, struct byte_set *set)
{
	if (n->kind == NODE_CLASS)
		set_join(set, &n->set);
	for (const struct node *c = n->child; c != NULL; c = c->next)
		add_bytes(c, set);
}

/* One byte is compared with 64 at a time here: '+' is rare enough for that. */
static bool
leads_alone(const struct node *n)
{
	return is_rare(n) || (is_fixed(n) && set_first(&n->set) == '+');
}

static void
prepend(struct node *parent, struct node *n)
{
	n->prev = NULL;
	n->next = parent->child;
	if (parent->child == NULL)
		parent->last = n;
	else
		parent->child->prev = n;
	parent->child = n;
}

/* A copy that matches what n does, read backwards; edges of words are the same from both sides. */
static struct node *
reversed(const struct node *n, struct rule_text *memory)
{
	struct node *copy = rule_text_take(memory, sizeof(*copy)), *child;

	if (copy == NULL)
		return NULL;
	*copy = *n;
	copy->child = copy->last = NULL;
	for (const struct node *c = n->child; c != NULL; c = c->next) {
		child = reversed(c, memory);
		if (child == NULL)
			return NULL;
		prepend(copy, child);
	}
	return copy;
}

/* A pattern of the one sequence of all from first on, or else up to last. */
static struct regex *
pattern_of(const struct node *first, const struct node *last, struct rule_text *memory)
{
	struct regex *re = rule_text_take(memory, sizeof(*re));
	struct node *nodes = rule_text_take(memory, 2 * sizeof(*nodes));

	if (re == NULL || nodes == NULL)
		return NULL;
	nodes[0].kind = NODE_CHOICE;
	nodes[1].kind = NODE_SEQUENCE;
	node_append(&nodes[0], &nodes[1]);
	for (const struct node *n = first; n != NULL; n = n == last ? NULL : n->next) {
		struct node *copy = rule_text_take(memory, sizeof(*copy));

		if (copy == NULL)
			return NULL;
		*copy = *n;
		node_append(&nodes[1], copy);
	}
	re->root = &nodes[0];
	return re;
}

static struct regex *
backwards(struct regex *re, struct rule_text *memory)
{
	if (re != NULL)
		re->root = reversed(re->root, memory);
	return re == NULL || re->root == NULL ? NULL : re;
}

struct regex_mark
regex_mark(const struct regex *re, struct rule_text *memory)
{
	static const struct regex_mark none = { 0 };
	const struct node *first = re->root->child->child, *byte = first;
	struct regex_mark mark = { 0 };
	struct byte_set *sets;
	bool empty = true;

	if (re->root->child->next != NULL || regex_fixed_text(re) >= REGEX_STRONG_TEXT)
		return none;
	while (byte != NULL && !leads_alone(byte))
		byte = byte->next;
	if (byte == NULL || !hangs_on_edges(re->root))
		return none;
	sets = rule_text_take(memory, 2 * sizeof(*sets));
	if (sets == NULL)
		return none;
	for (const struct node *n = byte->next; n != NULL; n = n->next) {
		size_t width = max_width(n);

		if (width > REGEX_MARK_MAX - mark.max)
			return none;
		mark.max += (uint32_t)width;
		mark.min += (uint32_t)node_min_width(n);
		empty = empty && node_add_first(n, &sets[0]);
		add_bytes(n, &sets[1]);
	}
	mark.byte = (uint8_t)set_first(&byte->set);
	mark.first = &sets[0];
	mark.rest = &sets[1];
	if (empty || set_has(mark.rest, mark.byte))
		return none;
	mark.front = pattern_of(first, byte, memory);
	mark.behind = backwards(pattern_of(byte->next, NULL, memory), memory);
	return mark.front == NULL || mark.behind == NULL ? none : mark;
}

size_t
regex_mark_run(const struct regex_mark *mark, size_t behind, const uint8_t *p, size_t len)
{
	size_t most = mark->max - behind < len ? mark->max - behind : len, n = 0;

	if (most != 0 && behind == 0 && !set_has(mark->first, p[0]))
		return 0;
	while (n < most && set_has(mark->rest, p[n]))
		n++;
	return n;
}

void
regex_mark_ends(const struct regex_mark *mark, const uint8_t *p, size_t len,
		uint64_t ends[REGEX_MARK_WORDS])
{
	uint8_t reverse[REGEX_MARK_MAX + 2] = { 0 };
	uint64_t starts[REGEX_STARTS_WORDS];

	memset(ends, 0, REGEX_MARK_WORDS * sizeof(ends[0]));
	for (size_t i = 0; i < len; i++)
		reverse[len - 1 - i] = p[i];
	if (!regex_starts(mark->behind, reverse, len, len - 1, starts))
		return;
	for (size_t i = 0; i < len; i++) {
		size_t at = len - 1 - i;

		ends[i / 64] |= (starts[at / 64] >> (at % 64) & 1) << (i % 64);
	}
}
