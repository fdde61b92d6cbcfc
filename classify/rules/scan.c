/*
 * The scanner: Hyperscan and the digit finder over one stream, and the candidates of both.
 *
 * Positions are absolute in the decoded stream. Hyperscan counts from its last reset, which base
 * remembers. A push is taken in pieces; the candidates of a piece are gathered in the order of
 * their ends and judged behind it, so nothing is called back from inside Hyperscan. Those too near
 * to the end of the piece wait in the stream.
 *
 * Hyperscan 5.4 reads up to three bytes past its input where it uses AVX-512. That is harmless but
 * at the end of a mapping, so input that ends near the end of a page is scanned in a copy.
 */
#include "classify/rules/scan.h"

#include <errno.h>
#include <hs/hs.h>
#include <stdlib.h>

#include "classify/cycles.h"
#include "classify/detect/mask.h"
#include "classify/rules/confirm.h"
#include "classify/rules/rule_db.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/unescape.h"
#include "classify/siphash.h"
#include "classify/slab.h"

enum {
	SEAM_CAP = SCAN_LOOK_BEHIND + CONFIRM_LEFT + CONFIRM_RIGHT,
	PIECE = 4096,	    /* of a push */
	SMALL_CAP = 1024,   /* bytes that are gathered from small pushes */
	SMALL_PUSH = 512,   /* pushes below it wait for more */
	MAX_GATHERED = 512, /* candidates of a piece */
	PAGE = 4096,	    /* the smallest there is */
	OVERREAD = 64,	    /* one AVX-512 register, to be safe */
};
enum { EDGE = 8 }; /* bytes that tell whether an escape ends in front of a number */
enum { MAX_CLAIMS = 4, MAX_HEADED = 8 };

/* A rule that found a value with context, and in which column of its line. */
struct headed {
	uint64_t rule_hash;
	int column;
};

/* What a finding was made of: no other rule makes one of the same bytes. */
struct claim {
	uint64_t from, to;
	uint64_t rule_hash;
	enum severity severity;
	bool generic, number;
	bool validated;
	bool alone; /* no letter, digit or mark of a token adjoins it */
};

struct candidate {
	uint64_t end;
	uint64_t first; /* where the shortest match of it ended */
	uint64_t start; /* with has_start */
	uint32_t pattern;
	bool has_start;
};

/* In the order of their ends, then of their patterns. */
struct queue {
	uint32_t nr;
	struct candidate at[MAX_GATHERED];
};

struct scan_stream {
	struct scanner *scanner;
	struct queue *queue; /* of the piece that is being scanned */
	hs_stream_t *hs;     /* NULL: block mode, or no pattern streams */
	scan_found_fn *found;
	scan_value_fn *value; /* instead of found, see scan_values */
	void *arg;
	enum buffer buffer;
	uint64_t pos;	    /* of the push's first byte */
	uint64_t base;	    /* where Hyperscan counts from */
	uint64_t limit;	    /* nothing before it is visible: the last gap */
	uint64_t quiet;	    /* candidates that end before it were judged already */
	unsigned nr_claims; /* so far; the last MAX_CLAIMS are kept */
	struct claim claims[MAX_CLAIMS];
	unsigned nr_headed;
	struct headed headed[MAX_HEADED];
	const uint8_t *push;
	size_t push_len;
	struct digits digits;
	struct unescape unescape;
	bool streaming; /* hs has seen bytes since base */
	uint32_t nr_pending, nr_seen, tail_len, nr_small;
	struct candidate pending[SCAN_MAX_PENDING];
	uint64_t seen[SCAN_MAX_SEEN];
	uint8_t tail[SCAN_LOOK_BEHIND];
	uint8_t small[SMALL_CAP];
};

struct scanner {
	const struct ruleset *set;
	const struct rule_db *db;
	struct slab streams;
	hs_stream_t **hs; /* one per stream of the slab; owned */
	bool *open;
	hs_scratch_t *scratch;
	struct siphash_key key;
	bool live;
	struct scan_counters counters;
	scan_trace_fn *trace; /* NULL: nobody asks */
	void *trace_arg;
	struct scan_profile *profile; /* owned; NULL: costs are not counted */
	struct scan_stream block, values;
	struct queue gathered, gathered_values; /* scan_values may run inside a found callback */
	uint8_t seam[SEAM_CAP];
	uint8_t bounce[SCAN_FIELD_MAX + OVERREAD];
};

/* ------------------------------------------------------------------ what is visible */

static uint64_t
visible_from(const struct scan_stream *st)
{
	uint64_t from = st->pos - st->tail_len;

	return from > st->limit ? from : st->limit;
}

/* The bytes [from, to), which must be visible; a copy only where the tail and the push meet. */
static const uint8_t *
view(struct scan_stream *st, uint64_t from, uint64_t to)
{
	if (from >= st->pos)
		return st->push + (from - st->pos);

	const uint8_t *tail = st->tail + st->tail_len - (st->pos - from);

	if (to <= st->pos)
		return tail;
	memcpy(st->scanner->seam, tail, st->pos - from);
	memcpy(st->scanner->seam + (st->pos - from), st->push, to - st->pos);
	return st->scanner->seam;
}

/* The same bytes where reading a little past them does no harm. */
static const char *
readable(struct scanner *s, const uint8_t *data, size_t len)
{
	size_t into_page = ((uintptr_t)data + len) % PAGE;

	if (into_page != 0 && PAGE - into_page >= OVERREAD)
		return (const char *)data;
	memcpy(s->bounce, data, len);
	return (const char *)s->bounce;
}

static void
keep_tail(struct scan_stream *st)
{
	size_t len = st->push_len, keep;

	if (len >= SCAN_LOOK_BEHIND) {
		memcpy(st->tail, st->push + len - SCAN_LOOK_BEHIND, SCAN_LOOK_BEHIND);
		st->tail_len = SCAN_LOOK_BEHIND;
	} else if (len != 0) {
		keep = SCAN_LOOK_BEHIND - len;
		keep = keep < st->tail_len ? keep : st->tail_len;
		memmove(st->tail, st->tail + st->tail_len - keep, keep);
		memcpy(st->tail + keep, st->push, len);
		st->tail_len = (uint32_t)(keep + len);
	}
	st->pos += len;
	st->push = NULL;
	st->push_len = 0;
}

/* ------------------------------------------------------------------ where a match begins */

struct start_search {
	unsigned long long end, start, longest;
	bool found;
};

static int
start_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	struct start_search *s = arg;

	(void)id, (void)flags;
	if (to == s->end && (!s->found || from < s->start)) {
		s->found = true;
		s->start = from;
	}
	return 0;
}

static int
longer_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	struct start_search *s = arg;

	(void)id, (void)flags;
	if (from == s->start && to > s->longest)
		s->longest = to;
	return 0;
}

/* Back over what looks like one token: for patterns too large for start of match. */
static size_t
guess_start(const struct db_pattern *p, const uint8_t *window, size_t end)
{
	size_t from = end;

	while (from > 0 && window[from - 1] == '=')
		from--;
	while (from > 0 && end - from < p->max_width && window[from - 1] > ' ' &&
	       memchr("\"'<>,;:={}[]", window[from - 1], 12) == NULL)
		from--;
	return from;
}

/* By the pattern's own database. */
static bool
search_start(struct scan_stream *st, const struct db_pattern *p, const uint8_t *window, size_t len,
	     size_t end, size_t *start)
{
	struct start_search s = { .end = end };
	hs_scratch_t *scratch = st->scanner->scratch;
	const char *text = readable(st->scanner, window, len);

	*start = guess_start(p, window, end);
	if (p->start == NULL ||
	    hs_scan(p->start, text, (unsigned)len, 0, scratch, start_match, &s) != HS_SUCCESS ||
	    !s.found)
		return *start < end;
	s.longest = end;
	hs_scan(p->start, text, (unsigned)len, 0, scratch, longer_match, &s);
	*start = (size_t)s.start;
	return s.longest == end;
}

/* Sets the start of the match that ends at end, or guesses it. False when there is no match. */
static bool
match_start(struct scan_stream *st, const struct db_pattern *p, const uint8_t *window, size_t len,
	    size_t end, size_t *start)
{
	if (p->regex == NULL && p->width != 0) {
		*start = end >= p->width ? end - p->width : 0;
		return true;
	}
	if (p->regex == NULL)
		return search_start(st, p, window, len, end, start);
	if (regex_start(p->regex, window, len, end, start))
		return true;
	*start = guess_start(p, window, end); /* it begins before the window */
	return !p->cut && *start < end;
}

/*
 * Does a longer match begin at the same place? It is a candidate that waits behind this one; the
 * last byte of the window is left out, because a match that ends there may be told later.
 */
static bool
goes_on(const struct queue *q, const struct candidate *c, const struct db_pattern *p,
	const uint8_t *window, size_t len, size_t end, size_t start)
{
	size_t other;

	if (p->regex == NULL)
		return false;
	for (const struct candidate *n = c + 1;
	     n < q->at + q->nr && n->end - c->end < CONFIRM_RIGHT; n++) {
		size_t to = end + (size_t)(n->end - c->end);

		if (n->pattern == c->pattern && n->end > c->end && to <= len &&
		    regex_start(p->regex, window, len, to, &other) && other == start)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ judging */

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

static bool
is_headed(const struct scan_stream *st, uint64_t rule_hash, int column)
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
	int column = st->nr_headed == 0 ? -1 : words_column(v);

	return column >= 0 && is_headed(st, p->rule_hash, column);
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

/*
 * Generic rules give way to what was found at the same bytes, numbers to what they are a piece of;
 * else the first of those that are as severe stays.
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

/* Where the match is that the candidate stands for, in the window that begins at from. */
static bool
match_bounds(struct scan_stream *st, const struct candidate *c, const struct span window,
	     uint64_t from, uint64_t ends, size_t *start, size_t *end)
{
	const struct db_pattern *p = &st->scanner->db->patterns[c->pattern];

	*end = (size_t)(ends - from);
	if (!c->has_start)
		return match_start(st, p, window.p, window.len, *end, start);
	if (c->start < from)
		return false;
	*start = (size_t)(c->start - from);
	return p->lead.letters == 0 ||
	       regex_end(p->regex, window.p, window.len, *start, *start + p->max_width, end);
}

/*
 * A rule that is not generic also finds something in the value, or round the whole of it. Looked at
 * are matches by their shortest end, inside the window of c: every split of the input shows the
 * same of them.
 */
static bool
named_ahead(struct scan_stream *st, const struct candidate *c, const struct value *v, uint64_t from,
	    const struct claim *mine)
{
	const struct queue *q = st->queue;
	bool whole = mine->number;
	uint64_t last = from + (whole ? v->len : v->end);
	struct value other;

	for (const struct candidate *n = c + 1; n < q->at + q->nr; n++) {
		const struct db_pattern *p = &st->scanner->db->patterns[n->pattern];
		size_t end, start;

		if (p->rule->generic || p->pattern->kind > PATTERN_LITERAL ||
		    n->first <= from + v->start || n->first > last ||
		    (mine->number && !is_piece(mine, p->rule->validator != NULL)))
			continue;
		if (!match_bounds(st, n, span_of(v->window, v->len), from, n->first, &start,
				  &end) &&
		    n->has_start)
			continue;
		value_init(&other, v->window, v->len, start, end);
		if (start < end && (!whole || (start <= v->start && end >= v->end)) &&
		    (p->rule->validator == NULL || p->rule->validator->check(&other) != 0))
			return true;
	}
	return false;
}

static void
tell_finding(struct scan_stream *st, const struct candidate *c, struct value *v, uint64_t from)
{
	const struct db_pattern *p = &st->scanner->db->patterns[c->pattern];
	struct finding f;
	int column;

	if (st->found == NULL ||
	    !confirm_finding(p->rule, p->pattern, v, stands_headed(st, p, v), &f))
		return;
	st->scanner->counters.scan_confirmed++;

	struct claim mine = { .from = from + v->start,
			      .to = from + v->end,
			      .rule_hash = p->rule_hash,
			      .severity = f.severity,
			      .generic = p->rule->generic,
			      .number = p->pattern->kind == PATTERN_DIGITS,
			      .validated = p->rule->validator != NULL,
			      .alone = stands_alone(v) };

	if (is_claimed(st, &mine) ||
	    ((mine.generic || mine.number) && named_ahead(st, c, v, from, &mine)))
		return;
	if (f.severity > SEVERITY_INFO)
		st->claims[st->nr_claims++ % MAX_CLAIMS] = mine;
	column = words_head(&p->rule->context.list, v) ? words_column(v) : -1;
	if (column >= 0 && st->nr_headed < MAX_HEADED && !is_headed(st, p->rule_hash, column))
		st->headed[st->nr_headed++] = (struct headed) { p->rule_hash, column };
	f.value_hash = siphash13(&st->scanner->key, v->norm, v->norm_len);
	if (!remember(st, f.value_hash ^ p->rule_hash))
		return;
	if (f.test_value && !st->scanner->live && f.severity > SEVERITY_LOW)
		f.severity = SEVERITY_LOW;
	f.buffer = st->buffer;
	f.offset = from + v->start;
	mask_value(p->rule, v, f.sample, sizeof(f.sample));
	st->found(st->arg, &f);
}

static void
trace(struct scan_stream *st, const struct db_pattern *p, const struct value *v, uint64_t from)
{
	struct scan_candidate told = { .rule = p->rule, .pattern = p->pattern };
	struct value copy = *v;
	struct finding f = { .buffer = st->buffer };

	told.verdict = confirm_verdict(p->rule, p->pattern, &copy, stands_headed(st, p, v), &f);
	told.finding = told.verdict == CONFIRM_IS_FINDING ? &f : NULL;
	mask_value(p->rule, &copy, f.sample, sizeof(f.sample));
	told.start = from + copy.start;
	told.end = from + copy.end;
	st->scanner->trace(st->scanner->trace_arg, &told);
}

static uint64_t
profile_now(const struct scanner *s)
{
	return s->profile == NULL ? 0 : cycles_now();
}

static void
count_cost(struct scan_profile *costs, uint32_t pattern, uint64_t since, uint64_t confirmed)
{
	costs->pattern[pattern].candidates++;
	costs->pattern[pattern].confirmed += confirmed;
	costs->pattern[pattern].cycles += cycles_now() - since;
}

static void
keep_sample(struct scan_profile *costs, const uint8_t *data, size_t len)
{
	size_t room = SCAN_SAMPLE_MAX - costs->sample_len;

	len = len < room ? len : room;
	if (len != 0)
		memcpy(costs->sample + costs->sample_len, data, len);
	costs->sample_len += len;
}

static void
judge(struct scan_stream *st, const struct candidate *c)
{
	const struct db_pattern *p = &st->scanner->db->patterns[c->pattern];
	uint64_t visible = visible_from(st), avail = st->pos + st->push_len;
	uint64_t from = c->end > CONFIRM_LEFT ? c->end - CONFIRM_LEFT : 0;
	uint64_t to = c->end + CONFIRM_RIGHT;
	struct value v;
	size_t start, end;

	from = from > visible ? from : visible;
	to = to < avail ? to : avail;
	if (c->end <= from || c->end > to || (c->has_start && c->start < from))
		return;

	const uint8_t *window = view(st, from, to);
	size_t len = (size_t)(to - from);

	st->scanner->counters.scan_candidates++;
	if (!match_bounds(st, c, span_of(window, len), from, c->end, &start, &end) ||
	    (!c->has_start && goes_on(st->queue, c, p, window, len, end, start)))
		return;
	value_init(&v, window, len, start, end);
	if (st->scanner->trace != NULL)
		trace(st, p, &v, from);
	if (st->value != NULL)
		tell_value(st, p, &v, from);
	else
		tell_finding(st, c, &v, from);
}

static void
judge_counted(struct scan_stream *st, const struct candidate *c)
{
	struct scanner *s = st->scanner;
	uint64_t since = profile_now(s), confirmed = s->counters.scan_confirmed;

	judge(st, c);
	if (s->profile != NULL)
		count_cost(s->profile, c->pattern, since, s->counters.scan_confirmed - confirmed);
}

/* Judges those with enough to their right, at the end all; how many that were. */
static uint32_t
judge_ready(struct scan_stream *st, bool final)
{
	const struct queue *q = st->queue;
	uint64_t avail = st->pos + st->push_len;
	uint32_t i = 0;

	for (; i < q->nr && (final || q->at[i].end + CONFIRM_RIGHT <= avail); i++)
		judge_counted(st, &q->at[i]);
	return i;
}

static void
take_pending(struct scan_stream *st, struct queue *q)
{
	st->queue = q;
	q->nr = st->nr_pending;
	memcpy(q->at, st->pending, st->nr_pending * sizeof(q->at[0]));
}

/* What could not be judged yet waits in the stream; the last of too many are lost. */
static void
keep_pending(struct scan_stream *st, uint32_t from)
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
	if (old->pattern != c->pattern)
		return false;
	if (c->has_start)
		return old->start == c->start;
	return old->end == c->end || (p->width == 0 && old->end + 1 == c->end);
}

/* Takes out the candidate that c goes on from. */
static void
drop_extended(struct queue *q, const struct db_pattern *p, struct candidate *c)
{
	uint64_t least = c->has_start ? c->start : c->end - 1;

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
	return a->end != b->end ? a->end > b->end : a->pattern > b->pattern;
}

static void
add_candidate(struct scan_stream *st, struct candidate *c)
{
	struct queue *q = st->queue;
	uint32_t i;

	if (c->end + CONFIRM_RIGHT <= st->quiet)
		return;
	c->first = c->end;
	drop_extended(q, &st->scanner->db->patterns[c->pattern], c);
	if (q->nr == MAX_GATHERED) {
		st->scanner->counters.scan_candidates_lost++;
		return;
	}
	for (i = q->nr++; i > 0 && comes_after(&q->at[i - 1], c); i--)
		q->at[i] = q->at[i - 1];
	q->at[i] = *c;
}

/* ------------------------------------------------------------------ candidates */

static bool
wanted(const struct scan_stream *st, const struct db_pattern *p)
{
	return st->value != NULL || st->scanner->trace != NULL ||
	       (p->rule->buffers & 1u << st->buffer) != 0;
}

static int
on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	struct scan_stream *st = arg;
	struct candidate c = { .end = st->base + to, .pattern = id };

	(void)from, (void)flags;
	if (wanted(st, &st->scanner->db->patterns[id]))
		add_candidate(st, &c);
	return 0;
}

/* Groups [i, nr) are joined by one kind of separator, which the pattern allows. */
static bool
joined_alike(const struct rule_pattern *p, const struct digit_group *g, unsigned i, unsigned nr)
{
	uint8_t sep = i + 1 < nr ? g[i + 1].before : 0;

	if (sep != 0 &&
	    (p->separators.len == 0 || memchr(p->separators.p, sep, p->separators.len) == NULL))
		return false;
	for (unsigned k = i + 1; k < nr; k++) {
		if (g[k].before != sep)
			return false;
	}
	return true;
}

/* The left edge and the arithmetic first: few numbers pass, and only those wait. */
static bool
number_passes(struct scan_stream *st, const struct rule *rule, uint64_t start, uint64_t end)
{
	uint64_t visible = visible_from(st);
	uint64_t from = start - visible > EDGE ? start - EDGE : visible;
	struct value v;

	value_init(&v, view(st, from, end), (size_t)(end - from), (size_t)(start - from),
		   (size_t)(end - from));
	return confirm_left_edge(&v) &&
	       (rule->validator == NULL || rule->validator->check(&v) != 0);
}

/* One that is no candidate: who asks about it should see why. */
static void
trace_number(struct scan_stream *st, const struct db_pattern *p, const struct candidate *c)
{
	uint64_t visible = visible_from(st);
	uint64_t from = c->start - visible > EDGE ? c->start - EDGE : visible;
	struct value v;

	value_init(&v, view(st, from, c->end), (size_t)(c->end - from), (size_t)(c->start - from),
		   (size_t)(c->end - from));
	trace(st, p, &v, from);
}

static void
match_digits(struct scan_stream *st, uint32_t id, const struct digit_group *g, unsigned nr)
{
	const struct db_pattern *p = &st->scanner->db->patterns[id];
	uint64_t end = g[nr - 1].start + g[nr - 1].len, total = 0;
	unsigned first = nr;

	/* The longest part first: go left as far as the number of digits allows. */
	while (first > 0 && total + g[first - 1].len <= p->pattern->max_digits)
		total += g[--first].len;
	for (; first < nr && total >= p->pattern->min_digits; total -= g[first++].len) {
		struct candidate c = {
			.end = end, .start = g[first].start, .pattern = id, .has_start = true
		};

		if (!joined_alike(p->pattern, g, first, nr) || c.start < visible_from(st))
			continue;
		if (!number_passes(st, p->rule, c.start, c.end)) {
			if (st->scanner->trace != NULL)
				trace_number(st, p, &c);
			continue;
		}
		add_candidate(st, &c);
		return;
	}
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

	if (!is_led(g) || g->start < visible_from(st) + 2)
		return;

	const uint8_t *p = view(st, g->start - 2, g->start + 2);

	if (!is_alpha(p[0]) || (p[0] & 0x20) != (p[1] & 0x20) || !iban_head_ok(p))
		return;
	for (unsigned i = 0; i < db->nr_ibans; i++) {
		struct candidate c = { .end = g->start + 2,
				       .start = g->start - 2,
				       .pattern = db->ibans[i],
				       .has_start = true };

		if (wanted(st, &db->patterns[c.pattern]))
			add_candidate(st, &c);
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

		if (wanted(st, p) && g->len >= p->lead.digits &&
		    g->start >= visible_from(st) + p->lead.letters &&
		    regex_may_begin(&p->lead, view(st, c.start, c.end)))
			add_candidate(st, &c);
	}
}

static void
on_group(void *arg, const struct digit_group *g, unsigned nr)
{
	struct scan_stream *st = arg;
	const struct rule_db *db = st->scanner->db;
	uint64_t total = 0, lengths = 0;

	/* Of the last group, of it and the one before it, ... */
	for (unsigned i = nr; i > 0; i--) {
		total += g[i - 1].len;
		lengths |= 1ull << (total < 63 ? total : 63);
	}
	for (unsigned i = 0; i < db->nr_digits; i++) {
		const struct db_digits *d = &db->digits[i];

		if ((d->lengths & lengths) != 0 &&
		    (st->value != NULL || st->scanner->trace != NULL ||
		     (d->buffers & 1u << st->buffer) != 0))
			match_digits(st, d->pattern, g, nr);
	}
	if (db->nr_ibans != 0)
		match_iban(st, &g[nr - 1]);
	if (db->nr_leads != 0)
		match_leads(st, &g[nr - 1]);
}

/* ------------------------------------------------------------------ streams */

static void
stream_init(struct scan_stream *st, struct scanner *s, hs_stream_t *hs, enum buffer buffer)
{
	memset(st, 0, offsetof(struct scan_stream, pending));
	st->scanner = s;
	st->hs = hs;
	st->buffer = buffer;
	digits_init(&st->digits, 0);
	unescape_init(&st->unescape, buffer_coding(buffer));
}

static void
count_stages(struct scan_profile *costs, uint64_t at_start, uint64_t at_finder, uint64_t at_judging)
{
	costs->hyperscan_cycles += at_finder - at_start;
	costs->finder_cycles += at_judging - at_finder;
	costs->judging_cycles += cycles_now() - at_judging;
}

/* The whole of a text needs no stream, which costs more than a short text itself does. */
static bool
run_hyperscan(struct scan_stream *st, const uint8_t *data, size_t len, bool whole)
{
	struct scanner *s = st->scanner;
	const char *text = readable(s, data, len);
	unsigned n = (unsigned)len;

	if (whole)
		return s->db->block == NULL ||
		       hs_scan(s->db->block, text, n, 0, s->scratch, on_match, st) == HS_SUCCESS;
	st->streaming = true;
	return st->hs == NULL ||
	       hs_scan_stream(st->hs, text, n, 0, s->scratch, on_match, st) == HS_SUCCESS;
}

/* whole: nothing came before it and nothing follows. */
static void
scan_piece(struct scan_stream *st, const uint8_t *data, size_t len, bool whole)
{
	struct scanner *s = st->scanner;

	take_pending(st, &s->gathered);
	st->push = data;
	st->push_len = len;
	s->counters.scan_bytes += len;
	if (s->profile != NULL)
		keep_sample(s->profile, data, len);

	uint64_t at_start = profile_now(s);

	if (!run_hyperscan(st, data, len, whole))
		s->counters.scan_errors++;
	uint64_t at_finder = profile_now(s);

	if (s->db->nr_digits + s->db->nr_ibans + s->db->nr_leads != 0)
		digits_push(&st->digits, &s->db->spec, data, len, on_group, st);

	uint64_t at_judging = profile_now(s);

	keep_pending(st, judge_ready(st, false));
	keep_tail(st);
	if (s->profile != NULL)
		count_stages(s->profile, at_start, at_finder, at_judging);
}

static void
scan_small(struct scan_stream *st, bool last)
{
	uint32_t len = st->nr_small;

	st->nr_small = 0;
	if (len != 0)
		scan_piece(st, st->small, len, last && !st->streaming);
}

/*
 * A call of Hyperscan costs as much as a hundred bytes do. What comes field by field, as of a
 * database's rows, is scanned some of it at a time; the end of the text does not wait.
 */
static void
scan_decoded(void *arg, const uint8_t *data, size_t len)
{
	struct scan_stream *st = arg;

	if (len < SMALL_PUSH && len <= SMALL_CAP - st->nr_small) {
		if (len != 0)
			memcpy(st->small + st->nr_small, data, len);
		st->nr_small += (uint32_t)len;
		return;
	}
	scan_small(st, false);
	while (len != 0) {
		size_t n = len < PIECE ? len : PIECE;

		scan_piece(arg, data, n, false);
		data += n;
		len -= n;
	}
}

struct scan_stream *
scan_open(struct scanner *s, enum buffer buffer)
{
	struct scan_stream *st = slab_take(&s->streams);

	if (st == NULL) {
		s->counters.scan_streams_refused++;
		return NULL;
	}

	size_t i = (size_t)((uint8_t *)st - s->streams.memory) / s->streams.object_bytes;

	s->open[i] = true;
	stream_init(st, s, s->hs[i], buffer);
	return st;
}

void
scan_push(struct scan_stream *st, const uint8_t *data, size_t len, scan_found_fn *found, void *arg)
{
	st->found = found;
	st->arg = arg;
	if (len != 0)
		unescape_push(&st->unescape, data, len, scan_decoded, st);
}

/* Ends the text at pos: matches that waited for its end, an open digit group, what waits. */
static void
end_text(struct scan_stream *st)
{
	struct scanner *s = st->scanner;

	unescape_end(&st->unescape, scan_decoded, st);
	scan_small(st, true);
	take_pending(st, &s->gathered);
	if (st->hs != NULL && st->streaming &&
	    hs_reset_stream(st->hs, 0, s->scratch, on_match, st) != HS_SUCCESS)
		s->counters.scan_errors++;
	st->streaming = false;
	digits_end(&st->digits, &s->db->spec, on_group, st);
	judge_ready(st, true);
	st->nr_pending = 0;
}

void
scan_gap(struct scan_stream *st)
{
	end_text(st);
	st->base = st->limit = st->pos;
	st->tail_len = 0;
	digits_init(&st->digits, st->pos);
}

void
scan_close(struct scan_stream *st, scan_found_fn *found, void *arg)
{
	if (st == NULL)
		return;

	struct scanner *s = st->scanner;

	st->found = found;
	st->arg = arg;
	end_text(st);
	s->open[(size_t)((uint8_t *)st - s->streams.memory) / s->streams.object_bytes] = false;
	slab_give(&s->streams, st);
}

/* ------------------------------------------------------------------ short fields */

static void
scan_whole(struct scan_stream *st, struct queue *q, const uint8_t *data, size_t len)
{
	struct scanner *s = st->scanner;

	if (len == 0)
		return;
	q->nr = 0;
	st->queue = q;
	st->push = data;
	st->push_len = len < SCAN_FIELD_MAX ? len : SCAN_FIELD_MAX;
	s->counters.scan_bytes += st->push_len;
	if (s->db->block != NULL &&
	    hs_scan(s->db->block, readable(s, data, st->push_len), (unsigned)st->push_len, 0,
		    s->scratch, on_match, st) != HS_SUCCESS)
		s->counters.scan_errors++;
	digits_push(&st->digits, &s->db->spec, data, st->push_len, on_group, st);
	digits_end(&st->digits, &s->db->spec, on_group, st);
	judge_ready(st, true);
}

void
scan_block(struct scanner *s, enum buffer buffer, const uint8_t *data, size_t len,
	   scan_found_fn *found, void *arg)
{
	stream_init(&s->block, s, NULL, buffer);
	s->block.found = found;
	s->block.arg = arg;
	scan_whole(&s->block, &s->gathered, data, len);
}

void
scan_values(struct scanner *s, const uint8_t *data, size_t len, scan_value_fn *fn, void *arg)
{
	stream_init(&s->values, s, NULL, BUFFER_PAYLOAD);
	s->values.value = fn;
	s->values.arg = arg;
	scan_whole(&s->values, &s->gathered_values, data, len);
}

/* ------------------------------------------------------------------ the scanner */

/* What depends on the rules: scratch and one Hyperscan stream per stream of the pool. */
struct engine {
	hs_scratch_t *scratch;
	hs_stream_t **hs;
};

static void
engine_fini(struct engine *e, uint32_t nr)
{
	for (uint32_t i = 0; e->hs != NULL && i < nr; i++) {
		if (e->hs[i] != NULL)
			hs_close_stream(e->hs[i], NULL, NULL, NULL);
	}
	free(e->hs);
	hs_free_scratch(e->scratch);
}

static int
engine_init(struct engine *e, const struct rule_db *db, uint32_t nr)
{
	*e = (struct engine) { 0 };
	e->hs = calloc(nr == 0 ? 1 : nr, sizeof(hs_stream_t *));
	if (e->hs == NULL)
		return -ENOMEM;
	if (db->stream == NULL && db->block == NULL)
		return 0;
	e->scratch = rule_db_scratch(db);
	if (e->scratch == NULL)
		goto fail;
	for (uint32_t i = 0; db->stream != NULL && i < nr; i++) {
		if (hs_open_stream(db->stream, 0, &e->hs[i]) != HS_SUCCESS)
			goto fail;
	}
	return 0;
fail:
	engine_fini(e, nr);
	return -ENOMEM;
}

static struct engine
swap_engine(struct scanner *s, const struct engine *e, const struct ruleset *set)
{
	struct engine old = { s->scratch, s->hs };

	s->scratch = e->scratch;
	s->hs = e->hs;
	s->set = set;
	s->db = ruleset_db(set);
	return old;
}

struct scanner *
scanner_create(const struct ruleset *set, uint32_t max_streams, const uint64_t hash_key[2])
{
	struct scanner *s = calloc(1, sizeof(*s));
	struct engine e;

	if (s == NULL)
		return NULL;
	s->key = (struct siphash_key) { hash_key[0], hash_key[1] };
	s->open = calloc(max_streams == 0 ? 1 : max_streams, sizeof(bool));
	if (s->open == NULL ||
	    slab_init(&s->streams, max_streams, sizeof(struct scan_stream)) != 0 ||
	    engine_init(&e, ruleset_db(set), max_streams) != 0) {
		slab_fini(&s->streams);
		free(s->open);
		free(s);
		return NULL;
	}
	swap_engine(s, &e, set);
	return s;
}

void
scanner_destroy(struct scanner *s)
{
	if (s == NULL)
		return;

	struct engine e = { s->scratch, s->hs };

	engine_fini(&e, s->streams.nr_objects);
	slab_fini(&s->streams);
	free(s->open);
	if (s->profile != NULL)
		free(s->profile->sample);
	free(s->profile);
	free(s);
}

/* The look-behind again, as if it had just come; what was judged then is not judged again. */
static void
feed_again(struct scan_stream *st, hs_stream_t *hs)
{
	uint8_t tail[SCAN_LOOK_BEHIND];
	uint32_t len = st->tail_len;

	memcpy(tail, st->tail, len);
	st->hs = hs;
	st->nr_pending = 0;
	st->quiet = st->pos;
	st->pos -= len;
	st->base = st->pos;
	st->tail_len = 0;
	digits_init(&st->digits, st->pos);
	if (len != 0)
		scan_piece(st, tail, len, false);
}

int
scanner_set_rules(struct scanner *s, const struct ruleset *set)
{
	struct engine e, old;

	if (engine_init(&e, ruleset_db(set), s->streams.nr_objects) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->streams.nr_objects; i++) {
		if (s->open[i])
			scan_small((void *)(s->streams.memory + i * s->streams.object_bytes),
				   false);
	}
	old = swap_engine(s, &e, set);
	for (uint32_t i = 0; i < s->streams.nr_objects; i++) {
		if (s->open[i])
			feed_again((void *)(s->streams.memory + i * s->streams.object_bytes),
				   s->hs[i]);
	}
	engine_fini(&old, s->streams.nr_objects);
	return 0;
}

void
scanner_test_values_live(struct scanner *s, bool live)
{
	s->live = live;
}

uint64_t
scanner_bytes(const struct scanner *s)
{
	uint64_t nr = s->streams.nr_objects;
	size_t each = 0;

	if (s->db->stream != NULL && hs_stream_size(s->db->stream, &each) != HS_SUCCESS)
		each = 0;
	return slab_bytes(&s->streams) + nr * (each + sizeof(bool) + sizeof(hs_stream_t *));
}

const struct scan_counters *
scanner_counters(const struct scanner *s)
{
	return &s->counters;
}

void
scanner_trace(struct scanner *s, scan_trace_fn *fn, void *arg)
{
	s->trace = fn;
	s->trace_arg = arg;
}

int
scanner_profile(struct scanner *s)
{
	uint32_t nr = s->db->nr_patterns;
	struct scan_profile *costs = calloc(1, sizeof(*costs) + nr * sizeof(costs->pattern[0]));

	if (costs != NULL)
		costs->sample = malloc(SCAN_SAMPLE_MAX);
	if (costs == NULL || costs->sample == NULL) {
		free(costs);
		return -ENOMEM;
	}
	costs->nr_patterns = nr;
	s->profile = costs;
	return 0;
}

const struct scan_profile *
scanner_costs(const struct scanner *s)
{
	return s->profile;
}
