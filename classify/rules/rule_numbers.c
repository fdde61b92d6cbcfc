/* Rules -> rows of bits, at load. */
#include "classify/rules/rule_numbers.h"

#include <stdlib.h>

#include "classify/rules/rule_db.h"

static void
set_bit(struct rule_numbers *n, unsigned row, unsigned i)
{
	n->rows[(size_t)row * n->nr_words + i / 64] |= 1ull << i % 64;
}

/*
 * Few numbers have so many digits, and of so few hardly any is joined. Rules for them come last, so
 * that most numbers are a candidate of the first word of bits alone.
 */
static bool
has_rare_length(const struct rule_pattern *p)
{
	enum { COMMON_LEAST = 7, COMMON_MOST = 13 };

	return p->min_digits > COMMON_MOST || p->max_digits < COMMON_LEAST;
}

/* Gives every separator its row; how many there are. */
static unsigned
list_separators(struct rule_numbers *n, const struct db_pattern *patterns)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < n->nr; i++) {
		struct span s = patterns[n->patterns[i]].pattern->separators;

		for (size_t k = 0; k < s.len; k++) {
			if (n->separator[s.p[k]] == 0)
				n->separator[s.p[k]] = (uint8_t)++nr;
		}
	}
	return nr;
}

static void
fill_rows(struct rule_numbers *n, unsigned i, const struct db_pattern *p)
{
	const struct rule *rule = p->rule;
	bool grouped = rule->validator != NULL && rule->validator->grouped;

	for (unsigned digits = p->pattern->min_digits;
	     digits <= p->pattern->max_digits && digits <= NUMBER_MAX_DIGITS; digits++) {
		if (!grouped)
			set_bit(n, NUMBERS_ALONE + digits, i);
		set_bit(n, NUMBERS_JOINED + digits, i);
	}
	for (unsigned b = 0; b < NR_BUFFERS; b++) {
		if ((rule->buffers >> b & 1) != 0)
			set_bit(n, NUMBERS_BUFFER + b, i);
	}
	set_bit(n, NUMBERS_ALL, i);
	if (rule->hides)
		set_bit(n, NUMBERS_HIDDEN, i);
	if (p->pattern->mixed) {
		set_bit(n, NUMBERS_MIXED, i);
		n->has_mixed = true;
	}
	for (size_t k = 0; k < p->pattern->separators.len; k++)
		set_bit(n, NUMBERS_SEPARATOR + n->separator[p->pattern->separators.p[k]] - 1u, i);
}

static void
fill_spec(struct digits_spec *spec, const struct db_pattern *p)
{
	const struct rule_pattern *pattern = p->pattern;

	if ((p->rule->validator == NULL || !p->rule->validator->grouped) &&
	    pattern->min_digits < spec->min_alone)
		spec->min_alone = pattern->min_digits;
	if (pattern->min_digits < spec->min_digits)
		spec->min_digits = pattern->min_digits;
	for (size_t k = 0; k < pattern->separators.len; k++)
		digits_join(spec, pattern->separators.p[k]);
}

/* A rule for whose words there is no more room is judged by itself, as those without any are. */
static bool
index_context(struct rule_numbers *n, const struct db_pattern *patterns)
{
	const struct word_list **lists = calloc(n->nr + 1, sizeof(*lists));
	unsigned nr_words = 0;
	bool good;

	if (lists == NULL)
		return false;
	for (unsigned i = 0; i < n->nr; i++) {
		const struct rule *rule = patterns[n->patterns[i]].rule;

		if ((!rule->weak && !rule->context.needed) ||
		    rule->context.list.nr > WORD_INDEX_MAX - nr_words)
			continue;
		nr_words += rule->context.list.nr;
		lists[i] = &rule->context.list;
		set_bit(n, NUMBERS_BY_WORD, i);
		if (rule->weak && rule->hides)
			set_bit(n, NUMBERS_HIDDEN_BY_WORD, i);
		if (rule->context.within > n->within)
			n->within = rule->context.within;
	}
	good = word_index_init(&n->context, lists, n->nr);
	n->context.reach = n->within + NUMBERS_REACH;
	free(lists);
	return good;
}

bool
rule_numbers_init(struct rule_numbers *n, const struct db_pattern *patterns, unsigned nr,
		  struct digits_spec *spec)
{
	*n = (struct rule_numbers) { 0 };
	n->patterns = calloc(nr + 1, sizeof(n->patterns[0]));
	if (n->patterns == NULL)
		return false;
	for (unsigned rare = 0; rare < 2; rare++) {
		for (unsigned i = 0; i < nr; i++) {
			if (patterns[i].pattern->kind == PATTERN_DIGITS &&
			    has_rare_length(patterns[i].pattern) == (rare != 0))
				n->patterns[n->nr++] = i;
		}
	}
	n->nr_words = (n->nr + 63) / 64;
	n->rows =
	    calloc((size_t)(NUMBERS_SEPARATOR + list_separators(n, patterns)) * n->nr_words + 1,
		   sizeof(n->rows[0]));
	if (n->rows == NULL) {
		rule_numbers_fini(n);
		return false;
	}
	for (unsigned i = 0; i < n->nr; i++) {
		fill_rows(n, i, &patterns[n->patterns[i]]);
		fill_spec(spec, &patterns[n->patterns[i]]);
	}
	if (index_context(n, patterns))
		return true;
	rule_numbers_fini(n);
	return false;
}

void
rule_numbers_fini(struct rule_numbers *n)
{
	free(n->patterns);
	free(n->rows);
	word_index_fini(&n->context);
	*n = (struct rule_numbers) { 0 };
}
