/*
 * Candidates: what Hyperscan and the digit finder stop at, in the order of their ends; scan_state.h
 * has the parts of the scanner.
 */
#include "classify/rules/scan_state.h"

/* ------------------------------------------------------------------ their queue */

void
scan_take_pending(struct scan_stream *st, struct queue *q)
{
	st->queue = q;
	st->marks = &st->scanner->marks;
	q->by_word = false;
	q->nr = st->nr_pending;
	for (uint32_t i = 0; i < st->nr_pending; i++)
		q->by_word |= st->pending[i].place != 0;
	memcpy(q->at, st->pending, st->nr_pending * sizeof(q->at[0]));
}

/* What could not be judged yet waits in the stream; the last of too many are lost. */
void
scan_keep_pending(struct scan_stream *st, uint32_t from)
{
	uint32_t nr = st->queue->nr - from;

	if (nr > SCAN_MAX_PENDING) {
		st->scanner->counters.scan_candidates_lost += nr - SCAN_MAX_PENDING;
		nr = SCAN_MAX_PENDING;
	}
	memcpy(st->pending, st->queue->at + from, nr * sizeof(st->pending[0]));
	st->nr_pending = nr;
}

/* The same value, seen to go on: a repeat that takes one more byte, a number one more group. */
static bool
extends(const struct db_pattern *p, const struct candidate *old, const struct candidate *c)
{
	if (old->pattern != c->pattern || old->rules != 0 || old->cell != 0 || c->cell != 0)
		return false;
	if (c->has_start)
		return old->start == c->start;
	return old->end == c->end || (p->width == 0 && old->end + 1 == c->end);
}

/* Its last byte is the end of a header field: what ends in front of it is whole. */
static bool
ends_field(const struct scan_stream *st, uint64_t end)
{
	return st->buffer == BUFFER_HTTP_HEADER && end > st->pos &&
	       st->push[end - 1 - st->pos] == '\n';
}

/* Takes out the candidate that c goes on from. */
static void
drop_extended(struct scan_stream *st, const struct db_pattern *p, struct candidate *c)
{
	struct queue *q = st->queue;
	uint64_t least = c->has_start ? c->start : c->end - 1;

	if (ends_field(st, c->end))
		return;
	for (uint32_t i = q->nr; i > 0 && q->at[i - 1].end >= least; i--) {
		if (!extends(p, &q->at[i - 1], c))
			continue;
		c->first = q->at[i - 1].first;
		q->nr--;
		memmove(q->at + i - 1, q->at + i, (q->nr - i + 1) * sizeof(q->at[0]));
		return;
	}
}

static bool
comes_after(const struct candidate *a, const struct candidate *b)
{
	if (a->end != b->end)
		return a->end > b->end;
	if ((a->rules != 0) != (b->rules != 0))
		return a->rules != 0;
	if (a->rules != 0 && a->start != b->start)
		return a->start > b->start;
	return a->pattern != b->pattern ? a->pattern > b->pattern : a->cell > b->cell;
}

void
scan_add_candidate(struct scan_stream *st, struct candidate *c)
{
	struct queue *q = st->queue;
	uint32_t i;

	scan_holds_candidate(st, c->end);
	if (c->end + CONFIRM_RIGHT <= st->quiet)
		return;
	c->first = c->end;
	if (c->rules == 0)
		drop_extended(st, &st->scanner->db->patterns[c->pattern], c);
	if (q->nr == MAX_GATHERED) {
		st->scanner->counters.scan_candidates_lost++;
		return;
	}
	for (i = q->nr++; i > 0 && comes_after(&q->at[i - 1], c); i--)
		q->at[i] = q->at[i - 1];
	q->at[i] = *c;
}

/* ------------------------------------------------------------------ where they come from */

int
scan_on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
	      void *arg)
{
	struct scan_stream *st = arg;
	struct candidate c = { .end = st->base + to, .pattern = id };

	(void)from, (void)flags;
	if (scan_wants(st, &st->scanner->db->patterns[id]))
		scan_add_candidate(st, &c);
	return 0;
}

/*
 * By a letter, and short enough to be a part of what it leads to. What goes on longer is no number
 * of anything, and could be out of sight by the time that its end is seen.
 */
static bool
is_led(const struct digit_group *g)
{
	return g->len >= 2 && g->len <= CONFIRM_RIGHT && is_alpha(g->before);
}

static void
match_iban(struct scan_stream *st, const struct digit_group *g)
{
	const struct rule_db *db = st->scanner->db;

	if (!is_led(g) || g->start < scan_visible_from(st) + 2)
		return;

	const uint8_t *p = scan_view(st, g->start - 2, g->start + 2);

	if (!is_alpha(p[0]) || (p[0] & 0x20) != (p[1] & 0x20) || !iban_head_ok(p))
		return;
	for (unsigned i = 0; i < db->nr_ibans; i++) {
		struct candidate c = { .end = g->start + 2,
				       .start = g->start - 2,
				       .pattern = db->ibans[i],
				       .has_start = true };

		if (scan_wants(st, &db->patterns[c.pattern]))
			scan_add_candidate(st, &c);
	}
}

/* Letters and digits that a regex begins with; how far it goes is seen when it is judged. */
static void
match_leads(struct scan_stream *st, const struct digit_group *g)
{
	const struct rule_db *db = st->scanner->db;

	if (!is_led(g))
		return;
	for (unsigned i = 0; i < db->nr_leads; i++) {
		const struct db_pattern *p = &db->patterns[db->leads[i]];
		struct candidate c = { .end = g->start + p->lead.digits,
				       .start = g->start - p->lead.letters,
				       .pattern = db->leads[i],
				       .has_start = true };

		if (scan_wants(st, p) && g->len >= p->lead.digits &&
		    g->start >= scan_visible_from(st) + p->lead.letters &&
		    regex_may_begin(&p->lead, scan_view(st, c.start, c.end)))
			scan_add_candidate(st, &c);
	}
}

void
scan_on_group(void *arg, const struct digit_group *g, unsigned nr)
{
	struct scan_stream *st = arg;
	const struct rule_db *db = st->scanner->db;

	if (db->numbers.nr != 0)
		scan_on_number(st, g, nr);
	if (db->nr_ibans != 0)
		match_iban(st, &g[nr - 1]);
	if (db->nr_leads != 0)
		match_leads(st, &g[nr - 1]);
	if (db->cells.nr != 0 && st->value == NULL)
		scan_on_cell(st, &g[nr - 1]);
}
