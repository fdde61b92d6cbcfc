/* Of candidates, findings; scan_state.h has the parts of the scanner. */
#include "classify/detect/counted.h"
#include "classify/detect/mask.h"
#include "classify/rules/scan_state.h"

/* False when the value was told before. */
static bool
remember(struct scan_stream *st, uint64_t value)
{
	for (uint32_t i = 0; i < st->nr_seen; i++) {
		if (st->seen[i] == value)
			return false;
	}
	if (st->nr_seen < SCAN_MAX_SEEN)
		st->seen[st->nr_seen++] = value;
	else
		st->scanner->counters.scan_values_forgotten++;
	return true;
}

bool
scan_is_headed(const struct scan_stream *st, uint64_t rule_hash, int column)
{
	for (unsigned i = 0; i < st->nr_headed; i++) {
		if (st->headed[i].rule_hash == rule_hash && st->headed[i].column == column)
			return true;
	}
	return false;
}

static bool
stands_headed(const struct scan_stream *st, const struct db_pattern *p, const struct value *v)
{
	int column = st->nr_headed == 0 ? -1 : column_below(v);

	return column >= 0 && scan_is_headed(st, p->rule_hash, column);
}

static void
tell_value(struct scan_stream *st, const struct db_pattern *p, struct value *v, uint64_t from)
{
	const struct rule *rule = p->rule;
	struct finding f;

	if (!rule->hides)
		return;
	if (rule->weak ? confirm_finding(rule, p->pattern, v, false, &f)
		       : confirm_shape(rule, p->pattern, v, NULL))
		st->value(st->arg, rule, v, (size_t)from);
}

static bool
joins_token(const struct value *v, size_t at)
{
	uint8_t c = v->window[at];

	return is_alnum(c) || c >= 0x80 || memchr("-_.~+/%", c, 7) != NULL;
}

static bool
stands_alone(const struct value *v)
{
	return (v->start == 0 || !joins_token(v, v->start - 1)) &&
	       (v->end == v->len || !joins_token(v, v->end));
}

/*
 * A number is a piece of what is no number: the card in track data, the digits of an IBAN or of a
 * key. But where it passed its check and stands alone, a shape round it that nothing checked, a
 * field's name and its value, say, takes nothing from it.
 */
static bool
is_piece(const struct claim *number, bool validated)
{
	return validated || !number->validated || !number->alone;
}

static int
certainty_of(const struct finding *f)
{
	int points = f->score;

	for (unsigned i = 0; i < f->nr_terms; i++) {
		if (strcmp(f->terms[i].name, "context") == 0 ||
		    strcmp(f->terms[i].name, "column") == 0)
			points -= f->terms[i].points;
	}
	return points;
}

static struct claim
claim_of(const struct db_pattern *p, const struct value *v, uint64_t from, const struct finding *f)
{
	return (struct claim) { .from = from + v->start,
				.to = from + v->end,
				.rule_hash = p->rule_hash,
				.severity = f->severity,
				.certainty = certainty_of(f),
				.generic = p->rule->generic,
				.number = p->pattern->kind == PATTERN_DIGITS,
				.validated = p->rule->validator != NULL,
				.alone = stands_alone(v) };
}

/*
 * Generic rules give way to what was found at the same bytes, numbers to what they are a piece of;
 * else the first of those that are as severe stays: where a better one was in sight, it was taken
 * before that (outranked_ahead).
 */
static bool
is_claimed(const struct scan_stream *st, const struct claim *mine)
{
	unsigned nr = st->nr_claims < MAX_CLAIMS ? st->nr_claims : MAX_CLAIMS;

	for (unsigned i = 0; i < nr; i++) {
		const struct claim *c = &st->claims[i];

		if (c->rule_hash == mine->rule_hash || c->from >= mine->to || mine->from >= c->to)
			continue;
		if (mine->number && !c->number && !c->generic && !is_piece(mine, c->validated))
			continue;
		if (mine->generic || (mine->number && !c->number) ||
		    (!c->generic && mine->severity <= c->severity))
			return true;
	}
	return false;
}

/* What a field holds does not hang on the one before it, which need not have been pushed. */
static bool
crosses_fields(const struct scan_stream *st, const uint8_t *from, const uint8_t *to)
{
	return st->buffer == BUFFER_HTTP_HEADER &&
	       memchr(from, VALUE_FIELD_END, (size_t)(to - from)) != NULL;
}

/*
 * A rule that is not generic also finds something in the value, or round the whole of it. Looked at
 * are the candidates from next on, by their shortest end, inside the window of v: every split of
 * the input shows the same of them.
 */
static bool
named_ahead(struct scan_stream *st, const struct candidate *next, const struct value *v,
	    uint64_t from, const struct claim *mine)
{
	const struct queue *q = st->queue;
	bool whole = mine->number;
	uint64_t last = from + (whole ? v->len : v->end);
	struct value other;

	for (const struct candidate *n = next; n < q->at + q->nr; n++) {
		if (n->rules != 0 || n->cell != 0)
			continue;

		const struct db_pattern *p = &st->scanner->db->patterns[n->pattern];
		size_t end, start;

		if (p->rule->generic || p->rule->switched_off || !scan_wants(st, p) ||
		    p->pattern->kind > PATTERN_LITERAL || n->first <= from + v->start ||
		    n->first > last ||
		    (mine->number && !is_piece(mine, p->rule->validator != NULL)))
			continue;
		if (!scan_match_bounds(st, n, span_of(v->window, v->len), from, n->first, &start,
				       &end) &&
		    n->has_start)
			continue;
		value_init(&other, v->window, v->len, start, end);
		if (start < end && (!whole || (start <= v->start && end >= v->end)) &&
		    !crosses_fields(st, v->window + start, v->window + end) &&
		    (p->rule->validator == NULL || p->rule->validator->check(&other) != 0))
			return true;
	}
	return false;
}

/* The outer one has a name in front of what the inner one is: "iban": "DE89..." and DE89... */
static bool
is_field_of(const struct claim *outer, const struct claim *inner, const struct value *v,
	    uint64_t from)
{
	enum { MOST_BEHIND = 2 }; /* a quote */

	if (outer->from < from || outer->from >= inner->from || outer->to < inner->to ||
	    outer->to - inner->to > MOST_BEHIND)
		return false;

	const uint8_t *name = v->window + (outer->from - from);
	size_t len = (size_t)(inner->from - outer->from);

	return memchr(name, ':', len) != NULL || memchr(name, '=', len) != NULL;
}

/* Of two that are found at the same bytes, in the window of v, the other is the better one. */
static bool
outranks(const struct claim *other, const struct claim *mine, const char *other_id,
	 const char *my_id, const struct value *v, uint64_t from)
{
	uint64_t other_len = other->to - other->from, len = mine->to - mine->from;

	if (other->generic != mine->generic)
		return mine->generic;
	if (other->number != mine->number)
		return mine->number && is_piece(mine, other->validated);
	if (other->severity != mine->severity)
		return other->severity > mine->severity;
	if (other->validated != mine->validated)
		return other->validated;
	if (other->certainty != mine->certainty)
		return other->certainty > mine->certainty;
	if (is_field_of(mine, other, v, from) || is_field_of(other, mine, v, from))
		return other_len < len;
	return other_len != len ? other_len > len : strcmp(other_id, my_id) < 0;
}

/* Seen without a look at the match, which saves most of them. */
static bool
cannot_outrank(const struct db_pattern *p, const struct candidate *n, const struct claim *mine)
{
	if (n->has_start && n->start >= mine->to)
		return true;
	return p->rule->severity < mine->severity && p->rule->generic == mine->generic &&
	       (p->pattern->kind == PATTERN_DIGITS) == mine->number;
}

/* The candidate's match is a finding of the pattern, at the same bytes as mine, and a better one.
 */
static bool
beats(struct scan_stream *st, const struct db_pattern *p, const struct candidate *n,
      const struct db_pattern *my_pattern, const struct value *v, uint64_t from,
      const struct claim *mine)
{
	struct claim claim;
	struct value other;
	struct finding f;
	size_t start, end;

	if (p->rule == my_pattern->rule || cannot_outrank(p, n, mine) || p->rule->switched_off ||
	    !scan_wants(st, p) || n->first > from + v->len ||
	    !scan_match_bounds(st, n, span_of(v->window, v->len), from, n->first, &start, &end) ||
	    start >= end || crosses_fields(st, v->window + start, v->window + end))
		return false;
	value_init(&other, v->window, v->len, start, end);
	other.cut = v->cut;
	other.near = v->near;
	if (!confirm_finding(p->rule, p->pattern, &other, stands_headed(st, p, &other), &f) ||
	    f.severity == SEVERITY_INFO)
		return false;
	claim = claim_of(p, &other, from, &f);
	return claim.from < mine->to && mine->from < claim.to && !is_claimed(st, &claim) &&
	       outranks(&claim, mine, p->rule->id, my_pattern->rule->id, v, from);
}

/* Of the number's rules, one. */
static bool
beats_as_number(struct scan_stream *st, const struct candidate *n, uint64_t rules,
		const struct db_pattern *p, const struct value *v, uint64_t from,
		const struct claim *mine)
{
	const struct rule_db *db = st->scanner->db;
	struct candidate one = *n;

	one.rules = 0;
	for (uint64_t rest = rules; rest != 0; rest &= rest - 1) {
		uint32_t i = rule_numbers_first(&db->numbers, n->pattern, rest);

		if (beats(st, &db->patterns[i], &one, p, v, from, mine))
			return true;
	}
	return false;
}

/*
 * Which of several rules comes first in its file does not matter, nor which match ends first:
 * looked at are the other rules of the same number, and the candidates ahead by their shortest end,
 * as far as every split of the input shows the same of them. next is as for scan_judge_one.
 */
static bool
outranked_ahead(struct scan_stream *st, const struct db_pattern *p, const struct candidate *next,
		const struct value *v, uint64_t from, const struct claim *mine)
{
	const struct candidate *self = next - 1, *end = st->queue->at + st->queue->nr;

	for (const struct candidate *n = self; n < end; n++) {
		uint64_t numbers = n == self && n->rules != 0 ? scan_number_rules(st, n) : n->rules;

		if (n->first >= self->end + CONFIRM_RIGHT)
			continue;
		if (n->rules != 0 ? beats_as_number(st, n, numbers, p, v, from, mine)
				  : n != self && beats(st, &st->scanner->db->patterns[n->pattern],
						       n, p, v, from, mine))
			return true;
	}
	return false;
}

static void
remember_column(struct scan_stream *st, const struct db_pattern *p, const struct value *v)
{
	int column = words_head(&p->rule->context.list, v) ? column_of(v) : -1;

	if (column >= 0 && st->nr_headed < MAX_HEADED && !scan_is_headed(st, p->rule_hash, column))
		st->headed[st->nr_headed++] = (struct headed) { p->rule_hash, column };
}

/* What becomes of a finding; one of a rule that is off takes nothing from others. */
static enum confirm_verdict
settle_finding(struct scan_stream *st, const struct db_pattern *p, const struct candidate *next,
	       const struct value *v, uint64_t from, struct finding *f)
{
	struct claim mine = claim_of(p, v, from, f);

	if (is_claimed(st, &mine) ||
	    ((mine.generic || mine.number) && named_ahead(st, next, v, from, &mine)) ||
	    outranked_ahead(st, p, next, v, from, &mine))
		return CONFIRM_CLAIMED;
	if (p->rule->switched_off)
		return CONFIRM_IS_FINDING;
	if (f->severity > SEVERITY_INFO)
		st->claims[st->nr_claims++ % MAX_CLAIMS] = mine;
	remember_column(st, p, v);
	f->value_hash = siphash13(&st->scanner->key, v->norm, v->norm_len);
	return remember(st, f->value_hash ^ p->rule_hash) ? CONFIRM_IS_FINDING : CONFIRM_REPEATED;
}

static enum confirm_verdict
tell_finding(struct scan_stream *st, const struct db_pattern *p, const struct candidate *next,
	     struct value *v, uint64_t from, bool headed)
{
	enum confirm_verdict verdict;
	struct finding f;

	if ((st->found == NULL && st->scanner->trace == NULL) ||
	    !confirm_finding(p->rule, p->pattern, v, headed, &f))
		return CONFIRM_IS_FINDING;
	st->scanner->counters.scan_confirmed++;
	verdict = settle_finding(st, p, next, v, from, &f);
	if (st->found == NULL || verdict != CONFIRM_IS_FINDING)
		return verdict;
	if (f.test_value && !st->scanner->live && f.severity > SEVERITY_LOW)
		f.severity = SEVERITY_LOW;
	f.buffer = st->buffer;
	f.offset = from + v->start;
	mask_value(p->rule, v, f.sample, sizeof(f.sample));
	st->found(st->arg, &f);
	return verdict;
}

void
scan_trace(struct scan_stream *st, const struct db_pattern *p, const struct value *v, uint64_t from,
	   bool headed, enum confirm_verdict found)
{
	struct scan_candidate told = { .rule = p->rule, .pattern = p->pattern };
	struct value copy = *v;
	struct finding f = { .buffer = st->buffer };

	told.verdict = confirm_verdict(p->rule, p->pattern, &copy, headed, &f);
	if (told.verdict == CONFIRM_IS_FINDING) {
		told.verdict = found;
		told.finding = &f;
	}
	mask_value(p->rule, &copy, f.sample, sizeof(f.sample));
	told.start = from + copy.start;
	told.end = from + copy.end;
	st->scanner->trace(st->scanner->trace_arg, &told);
}

static void
tell_and_trace(struct scan_stream *st, const struct db_pattern *p, const struct candidate *next,
	       const struct value *v, uint64_t from, bool headed)
{
	struct value copy = *v;
	enum confirm_verdict found = tell_finding(st, p, next, &copy, from, headed);

	scan_trace(st, p, v, from, headed, found);
}

static void
count_cost(struct scan_profile *costs, uint32_t pattern, uint64_t since, uint64_t confirmed)
{
	costs->pattern[pattern].candidates++;
	costs->pattern[pattern].confirmed += confirmed;
	costs->pattern[pattern].cycles += cycles_now() - since;
}

/* What is known of the words of a window still holds where it begins at the same place. */
static struct near_words *
near_words_of(struct scanner *s, const struct candidate *c, uint64_t from, uint64_t to)
{
	if (s->near_from != from)
		s->near.window = NULL;
	s->near_from = from;
	s->near.cut[0] = c->end - from == CONFIRM_LEFT;
	s->near.cut[1] = to - c->end == CONFIRM_RIGHT;
	return &s->near;
}

bool
scan_judged_window(const struct scan_stream *st, const struct candidate *c, uint64_t *from,
		   uint64_t *to)
{
	uint64_t visible = scan_visible_from(st), avail = st->pos + st->push_len;
	uint64_t left = c->end > CONFIRM_LEFT ? c->end - CONFIRM_LEFT : 0;
	uint64_t right = c->end + CONFIRM_RIGHT;

	*from = left > visible ? left : visible;
	*to = right < avail ? right : avail;
	return c->end > *from && c->end <= *to;
}

/* Of a window, what is in sight of a candidate that ends there: of a header, its field. */
static size_t
field_end(const struct scan_stream *st, const uint8_t *window, size_t len, size_t end)
{
	const uint8_t *p = NULL;

	if (st->buffer == BUFFER_HTTP_HEADER && end < len)
		p = memchr(window + end, '\n', len - end);
	return p == NULL ? len : (size_t)(p - window);
}

/* A match that goes on as far as it can may take the tag or length of the next field along. */
static size_t
end_by_length(const struct db_pattern *p, struct span window, size_t start, size_t end)
{
	size_t to = p->rule->bounded && p->regex != NULL ? counted_end(window, start, end) : end;
	size_t other;

	return to < end && regex_start(p->regex, window.p, to, to, &other) && other == start ? to
											     : end;
}

static void
judge(struct scan_stream *st, const struct candidate *c, const struct candidate *next)
{
	const struct db_pattern *p = &st->scanner->db->patterns[c->pattern];
	uint64_t from, to;
	struct value v;
	size_t start, end;
	bool headed;

	if (!scan_wants(st, p) || !scan_judged_window(st, c, &from, &to) ||
	    (c->has_start && c->start < from))
		return;

	const uint8_t *window = scan_view(st, from, to);
	size_t len = field_end(st, window, (size_t)(to - from), (size_t)(c->end - from));

	st->scanner->counters.scan_candidates++;
	if (!scan_match_bounds(st, c, span_of(window, len), from, c->end, &start, &end) ||
	    (!c->has_start && scan_goes_on(st->queue, c, p, window, len, end, start)) ||
	    crosses_fields(st, window + start, window + end))
		return;
	end = end_by_length(p, span_of(window, len), start, end);
	value_init(&v, window, len, start, end);
	v.cut = from > st->limit;
	v.near = near_words_of(st->scanner, c, from, to);
	headed = c->cell != 0 || stands_headed(st, p, &v);
	if (st->value != NULL)
		tell_value(st, p, &v, from);
	else if (st->scanner->trace != NULL)
		tell_and_trace(st, p, next, &v, from, headed);
	else
		tell_finding(st, p, next, &v, from, headed);
}

void
scan_judge_one(struct scan_stream *st, const struct candidate *c, const struct candidate *next)
{
	struct scanner *s = st->scanner;
	uint64_t since = scan_profile_now(s), confirmed = s->counters.scan_confirmed;

	judge(st, c, next);
	if (s->profile != NULL)
		count_cost(s->profile, c->pattern, since, s->counters.scan_confirmed - confirmed);
}

/* Enough is in sight to its right, or the rest of its header field. */
static bool
is_ready(const struct scan_stream *st, const struct candidate *c)
{
	uint64_t from = c->end > st->pos ? c->end : st->pos, avail = st->pos + st->push_len;

	if (c->end + CONFIRM_RIGHT <= avail)
		return true;
	return st->buffer == BUFFER_HTTP_HEADER && from < avail &&
	       memchr(st->push + (from - st->pos), '\n', (size_t)(avail - from)) != NULL;
}

uint32_t
scan_judge_ready(struct scan_stream *st, bool final)
{
	const struct queue *q = st->queue;
	uint32_t i = 0;

	st->scanner->near.window = NULL;
	for (; i < q->nr && (final || is_ready(st, &q->at[i])); i++) {
		if (q->at[i].rules != 0)
			scan_judge_number(st, &q->at[i]);
		else
			scan_judge_one(st, &q->at[i], &q->at[i + 1]);
	}
	st->scanner->near.window = NULL;
	return i;
}
