/*
 * Numbers: which rules a chain of digit groups is a candidate of; scan_state.h has the parts of the
 * scanner.
 *
 * Of one number all the rules wait together, as a row of bits. Those that need no context decide at
 * once, by the left edge and their arithmetic, whether they wait at all, and few do. The others
 * wait for the words that follow; only those whose word is near are then asked.
 */
#include "classify/detect/word_parts.h"
#include "classify/rules/scan_state.h"

enum { EDGE = 8 }; /* bytes that tell whether an escape ends in front of a number */

/* The value and a little to its left, which begins at *from. */
static void
view_number(struct scan_stream *st, uint64_t start, uint64_t end, struct value *v, uint64_t *from)
{
	uint64_t visible = scan_visible_from(st);

	*from = start - visible > EDGE ? start - EDGE : visible;
	value_init(v, scan_view(st, *from, end), (size_t)(end - *from), (size_t)(start - *from),
		   (size_t)(end - *from));
}

static bool
number_passes(struct scan_stream *st, const struct rule *rule, uint64_t start, uint64_t end)
{
	struct value v;
	uint64_t from;

	view_number(st, start, end, &v, &from);
	return confirm_left_edge(&v) &&
	       (rule->validator == NULL || rule->validator->check(&v) != 0);
}

/* One that is no candidate: who asks about it should see why. */
static void
trace_number(struct scan_stream *st, const struct db_pattern *p, uint64_t start, uint64_t end)
{
	struct value v;
	uint64_t from;

	if (!scan_wants(st, p))
		return;
	view_number(st, start, end, &v, &from);
	st->scanner->near.window = NULL;
	v.near = &st->scanner->near;
	scan_trace(st, p, &v, from, false, CONFIRM_IS_FINDING);
}

/* Who asks for a trace wants to know of every rule what became of it. */
static const uint64_t *
by_word(const struct scan_stream *st)
{
	return rule_numbers_row(&st->scanner->db->numbers, st->scanner->trace != NULL ? NUMBERS_NONE
							   : st->value != NULL
							       ? NUMBERS_HIDDEN_BY_WORD
							       : NUMBERS_BY_WORD);
}

static const uint64_t *
wanted_here(const struct scan_stream *st)
{
	return rule_numbers_row(&st->scanner->db->numbers, st->value != NULL ? NUMBERS_HIDDEN
							   : st->scanner->trace != NULL
							       ? NUMBERS_ALL
							       : NUMBERS_BUFFER + st->buffer);
}

/* Those of the rules that the number passes. */
static uint64_t
passing(struct scan_stream *st, uint64_t rules, unsigned w, uint64_t start, uint64_t end)
{
	const struct rule_db *db = st->scanner->db;
	uint64_t passed = 0;

	for (; rules != 0; rules &= rules - 1) {
		const struct db_pattern *p =
		    &db->patterns[rule_numbers_first(&db->numbers, w, rules)];

		if (number_passes(st, p->rule, start, end))
			passed |= rules & -rules;
		else if (st->scanner->trace != NULL)
			trace_number(st, p, start, end);
	}
	return passed;
}

/* How many groups, from the last one on to the left, one kind of separator joins. */
static unsigned
nr_joined(const struct digit_group *g, unsigned nr)
{
	unsigned first = nr - 1;

	while (first > 0 && g[first].before == g[nr - 1].before)
		first--;
	return nr - first;
}

static bool
stands_left(struct scan_stream *st, uint64_t start, uint64_t end)
{
	struct value v;
	uint64_t from;

	view_number(st, start, end, &v, &from);
	return confirm_left_edge(&v);
}

/* Of the rules in word w the number [start, end) may be; those that are done with it. */
static uint64_t
add_number(struct scan_stream *st, uint64_t rules, unsigned w, uint64_t start, uint64_t end)
{
	uint64_t later = rules & by_word(st)[w];
	uint64_t passed = rules == later ? 0 : passing(st, rules & ~later, w, start, end);
	struct candidate c = { .end = end, .start = start, .pattern = w, .has_start = true };

	if (later != 0 && !stands_left(st, start, end))
		later = 0;
	c.rules = passed | later;
	st->queue->by_word |= later != 0;
	if (c.rules != 0)
		scan_add_candidate(st, &c);
	return passed;
}

/*
 * Of the rules in word w those that allow what joins the last i + 1 of nr groups, for each i below
 * nr_fits; the last nr_alike groups are joined by one kind.
 */
static void
find_joined(const struct rule_numbers *n, unsigned w, const struct digit_group *g, unsigned nr,
	    unsigned nr_alike, unsigned nr_fits, uint64_t *joined)
{
	uint64_t by_each = UINT64_MAX;

	joined[0] = UINT64_MAX;
	for (unsigned i = 1; i < nr_fits; i++) {
		by_each &= rule_numbers_joined_by(n, g[nr - i].before)[w];
		joined[i] =
		    i < nr_alike ? by_each : by_each & rule_numbers_row(n, NUMBERS_MIXED)[w];
	}
}

/* The day of 2026-02-28, with an hour behind it: the commonest of numbers that are joined. */
static bool
ends_date(const struct digit_group *g, unsigned i)
{
	return i >= 2 && g[i].len == 2 && g[i - 1].len == 2 && g[i - 2].len == 4 &&
	       g[i].before == g[i - 1].before;
}

void
scan_on_number(struct scan_stream *st, const struct digit_group *g, unsigned nr)
{
	const struct rule_numbers *n = &st->scanner->db->numbers;
	const uint64_t *here = wanted_here(st);
	unsigned nr_alike = nr_joined(g, nr), nr_fits = 0;
	uint64_t end = g[nr - 1].start + g[nr - 1].len, total = 0, joined[DIGITS_MAX_GROUPS];
	bool mixed = n->has_mixed && !ends_date(g, nr - nr_alike);
	const uint64_t *fits[DIGITS_MAX_GROUPS];

	for (unsigned most = mixed ? nr : nr_alike; nr_fits < most; nr_fits++) {
		const struct digit_group *at = &g[nr - 1 - nr_fits];

		total += at->len;
		if (total > NUMBER_MAX_DIGITS || at->start < scan_visible_from(st))
			break;
		fits[nr_fits] = rule_numbers_of_length(n, nr_fits != 0, total);
	}
	/* The longest first: of each rule, only the first that passes. */
	for (unsigned w = 0; w < n->nr_words; w++) {
		uint64_t open = here[w], of_length = 0;

		for (unsigned i = 0; i < nr_fits; i++)
			of_length |= fits[i][w];
		if ((of_length & open) == 0)
			continue;
		find_joined(n, w, g, nr, nr_alike, nr_fits, joined);
		for (unsigned i = nr_fits; i-- > 0;) {
			uint64_t rules = fits[i][w] & open & joined[i];

			if (rules != 0)
				open &= ~add_number(st, rules, w, g[nr - 1 - i].start, end);
		}
	}
}

/* ------------------------------------------------------------------ by the words near */

void
scan_mark_words(struct scan_stream *st, bool final)
{
	const struct word_index *index = &st->scanner->db->numbers.context;
	struct word_marks *m = st->marks;
	struct queue *q = st->queue;

	if (st->trail.pos != st->pos) {
		uint64_t from = scan_visible_from(st);

		word_trail_init(&st->trail, from);
		word_marks_read(m, &st->trail, index, scan_view(st, from, st->pos),
				(size_t)(st->pos - from));
	}
	word_marks_read(m, &st->trail, index, st->push, st->push_len);
	for (uint32_t i = 0; i < q->nr; i++) {
		struct candidate *c = &q->at[i];

		if (c->rules == 0 || c->place != 0)
			continue;

		/* Of one that came in pieces only its own groups are between. */
		c->place = c->start >= st->pos ? word_marks_place(m, (size_t)(c->start - st->pos))
					       : m->first - DIGITS_MAX_GROUPS;
	}
	if (final)
		word_marks_end(m, &st->trail, index);
}

/* A longer number that ends there too, or goes on from the same place, passes the same rule. */
static bool
goes_farther(struct scan_stream *st, const struct candidate *c, uint64_t bit,
	     const struct rule *rule)
{
	const struct queue *q = st->queue;
	const struct candidate *n = c;

	while (n > q->at && n[-1].end == c->end)
		n--;
	for (; n < q->at + q->nr && n->end - c->end < CONFIRM_RIGHT; n++) {
		bool longer = n->end == c->end ? n->start < c->start : n->start == c->start;

		if (longer && n->pattern == c->pattern && (n->rules & bit) != 0 &&
		    number_passes(st, rule, n->start, n->end))
			return true;
	}
	return false;
}

/* A part of a word, of which the marks know only the whole. */
static bool
adjoins_word(const struct value *v)
{
	return (v->start > 0 && is_word(v->window[v->start - 1])) ||
	       (v->end < v->len && is_word(v->window[v->end]));
}

/* Rules that found values with context in the value's column. */
static uint64_t
headed_by(const struct scan_stream *st, const struct candidate *c, const struct value *v)
{
	const struct rule_db *db = st->scanner->db;
	int column = st->nr_headed == 0 ? -1 : column_below(v);
	uint64_t rules = 0;

	for (uint64_t rest = column < 0 ? 0 : c->rules; rest != 0; rest &= rest - 1) {
		uint32_t p = rule_numbers_first(&db->numbers, c->pattern, rest);

		if (scan_is_headed(st, db->patterns[p].rule_hash, column))
			rules |= rest & -rest;
	}
	return rules;
}

/* Those with a word of the line before in their list; from is where the value's window begins. */
static uint64_t
named_by_head(const struct scan_stream *st, const struct candidate *c, const struct value *v,
	      uint64_t from)
{
	const struct word_index *index = &st->scanner->db->numbers.context;
	const struct word_marks *m = st->marks;
	struct span head;
	uint64_t first, last;
	size_t at;

	if (!column_head(v, &head))
		return 0;
	from += (uint64_t)(head.p - v->window);
	if (from < st->pos)
		return words_lists(index, head, c->pattern);
	at = (size_t)(from - st->pos);
	first = word_marks_place(m, at) + 1;
	last = word_marks_place(m, at + head.len);
	return last < first ? 0 : word_marks_lists(m, index, first, last, c->pattern);
}

/* Of the rules that wait for a word, those for which one may speak. */
static uint64_t
spoken_for(struct scan_stream *st, const struct candidate *c, uint64_t waiting)
{
	const struct rule_numbers *n = &st->scanner->db->numbers;
	uint64_t from, to, rules;
	struct value v;

	if (waiting == 0 || !scan_judged_window(st, c, &from, &to) || c->start < from)
		return 0;
	value_init(&v, scan_view(st, from, to), (size_t)(to - from), (size_t)(c->start - from),
		   (size_t)(c->end - from));
	if (!confirm_number_edges(&v))
		return 0;
	if (adjoins_word(&v))
		return waiting;
	rules = word_marks_lists(st->marks, &n->context, c->place - n->within,
				 c->place + n->within + 2 * DIGITS_MAX_GROUPS, c->pattern);
	if (column_holds(&v))
		rules |= named_by_head(st, c, &v, from) | headed_by(st, c, &v);
	return waiting & rules;
}

uint64_t
scan_number_rules(struct scan_stream *st, const struct candidate *c)
{
	uint64_t waiting = c->rules & by_word(st)[c->pattern];

	return (c->rules & ~waiting) | spoken_for(st, c, waiting);
}

void
scan_judge_number(struct scan_stream *st, const struct candidate *c)
{
	const struct rule_db *db = st->scanner->db;
	uint64_t waiting = c->rules & by_word(st)[c->pattern];
	uint64_t rest = scan_number_rules(st, c);

	for (; rest != 0; rest &= rest - 1) {
		uint64_t bit = rest & -rest;
		struct candidate one = *c;

		one.pattern = rule_numbers_first(&db->numbers, c->pattern, bit);
		one.rules = 0;

		const struct rule *rule = db->patterns[one.pattern].rule;

		if (((bit & waiting) == 0 || number_passes(st, rule, c->start, c->end)) &&
		    !goes_farther(st, c, bit, rule))
			scan_judge_one(st, &one, c + 1);
	}
}
