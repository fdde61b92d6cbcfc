/* Word and value are cut out of the pattern's text, which has the filler between them. */
#include "classify/rules/rule_cells.h"

#include <stdlib.h>
#include <string.h>

#include "classify/rules/rule_db.h"

/* Behind the class that begins at p; NULL where none does, or it has no end. */
static const uint8_t *
skip_class(const uint8_t *p, const uint8_t *end)
{
	if (p == end || *p != '[')
		return NULL;
	for (p++; p < end && *p != ']'; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
	}
	return p < end ? p + 1 : NULL;
}

/* Behind the "{0,32}" that begins at p. */
static const uint8_t *
skip_repeat(const uint8_t *p, const uint8_t *end)
{
	if (end - p < 4 || memcmp(p, "{0,", 3) != 0)
		return NULL;
	for (p += 3; p < end && is_digit(*p); p++)
		;
	return p < end && *p == '}' ? p + 1 : NULL;
}

/* Its word and its value, around the last filler and mark; both are empty where there is none. */
static void
split_pattern(struct span text, struct span *word, struct span *value)
{
	const uint8_t *p = text.p, *end = text.p + text.len;

	*word = *value = span_of(end, 0);
	while (p != NULL && p < end) {
		const uint8_t *behind = *p == '[' ? skip_class(p, end) : p + 1;
		const uint8_t *mark = *p == '[' ? skip_repeat(behind, end) : NULL;
		const uint8_t *from = mark == NULL ? NULL : skip_class(mark, end);

		if (from != NULL) {
			*word = span_of(text.p, (size_t)(p - text.p));
			*value = span_of(from, (size_t)(end - from));
		}
		p = *p == '\\' ? p + 2 : behind;
	}
}

/* False: it is none of these. */
static bool
read_pattern(const struct db_pattern *p, struct rule_text *memory, struct cell_pattern *out)
{
	const struct rule *rule = p->rule;
	unsigned flags = p->pattern->nocase ? REGEX_NOCASE : 0u;
	struct span word, value;

	if (p->pattern->kind != PATTERN_REGEX || !rule->bounded || rule->validator == NULL ||
	    !rule->context.needed)
		return false;
	split_pattern(p->pattern->text, &word, &value);
	if (word.len == 0 || value.len == 0)
		return false;
	out->word = regex_parse(memory, word, flags);
	out->value = regex_parse(memory, value, flags);
	return out->word != NULL && out->value != NULL;
}

static void
add_pattern(struct rule_cells *c, const struct db_pattern *patterns, uint32_t i,
	    const struct cell_pattern *cell)
{
	if (c->nr == 0 || patterns[c->first[c->nr - 1]].rule != patterns[i].rule) {
		if (c->nr == RULE_CELLS_MAX)
			return;
		c->first[c->nr++] = i;
	}
	c->patterns[c->nr_patterns] = *cell;
	c->patterns[c->nr_patterns++].rule = c->nr - 1;
}

bool
rule_cells_init(struct rule_cells *c, const struct db_pattern *patterns, unsigned nr,
		struct rule_text *memory, struct digits_spec *spec)
{
	const struct word_list *lists[RULE_CELLS_MAX];
	unsigned nr_words = 0;

	*c = (struct rule_cells) { 0 };
	c->patterns = calloc(nr + 1, sizeof(c->patterns[0]));
	if (c->patterns == NULL)
		return false;
	for (uint32_t i = 0; i < nr; i++) {
		struct cell_pattern cell = { 0 };

		if (read_pattern(&patterns[i], memory, &cell))
			add_pattern(c, patterns, i, &cell);
	}
	for (unsigned i = 0; i < c->nr; i++) {
		const struct word_list *list = &patterns[c->first[i]].rule->context.list;

		lists[i] = list->nr > WORD_INDEX_MAX - nr_words ? NULL : list;
		nr_words += lists[i] == NULL ? 0 : list->nr;
	}
	if (c->nr != 0)
		spec->led_by_letters = spec->led_by_small = spec->led_at_edge = true;
	if (word_index_init(&c->heads, lists, c->nr))
		return true;
	rule_cells_fini(c);
	return false;
}

void
rule_cells_fini(struct rule_cells *c)
{
	free(c->patterns);
	word_index_fini(&c->heads);
	*c = (struct rule_cells) { 0 };
}

static bool
holds_match(const struct regex *re, struct span text)
{
	size_t start;

	for (size_t end = 1; end <= text.len; end++) {
		if (regex_start(re, text.p, text.len, end, &start))
			return true;
	}
	return false;
}

uint64_t
rule_cells_named(const struct rule_cells *c, struct span head)
{
	uint64_t rules = head.len > CELL_HEAD_MAX ? 0 : words_lists(&c->heads, head, 0), named = 0;

	for (unsigned i = 0; rules != 0 && i < c->nr_patterns; i++) {
		uint64_t bit = 1ull << c->patterns[i].rule;

		if ((rules & bit & ~named) != 0 && holds_match(c->patterns[i].word, head))
			named |= bit;
	}
	return named;
}

bool
rule_cells_fits(const struct rule_cells *c, unsigned rule, struct span cell)
{
	size_t start;

	for (unsigned i = 0; i < c->nr_patterns; i++) {
		if (c->patterns[i].rule == rule &&
		    regex_start(c->patterns[i].value, cell.p, cell.len, cell.len, &start) &&
		    start == 0)
			return true;
	}
	return false;
}
