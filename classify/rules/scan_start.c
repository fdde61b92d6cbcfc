/* Where a match begins, found from where it ends; scan_state.h has the parts of the scanner. */
#include "classify/rules/scan_state.h"

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
	const char *text = scan_readable(st->scanner, window, len);

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
	return !p->cut && p->mark.byte == 0 && *start < end;
}

bool
scan_goes_on(const struct queue *q, const struct candidate *c, const struct db_pattern *p,
	     const uint8_t *window, size_t len, size_t end, size_t start)
{
	size_t other;

	if (p->regex == NULL)
		return false;
	for (const struct candidate *n = c + 1;
	     n < q->at + q->nr && n->end - c->end < CONFIRM_RIGHT; n++) {
		size_t to = end + (size_t)(n->end - c->end);

		if (n->rules != 0 || n->cell != 0 || n->pattern != c->pattern || n->end == c->end ||
		    to > len)
			continue;
		if (c->walked && n->walked
			? n->start == c->start
			: regex_start(p->regex, window, len, to, &other) && other == start)
			return true;
	}
	return false;
}

bool
scan_match_bounds(struct scan_stream *st, const struct candidate *c, const struct span window,
		  uint64_t from, uint64_t ends, size_t *start, size_t *end)
{
	const struct db_pattern *p = &st->scanner->db->patterns[c->pattern];

	if (c->cell != 0)
		return scan_cell_bounds(st, c, window, from, start, end);
	*end = (size_t)(ends - from);
	if (c->walked && ends == c->end) {
		*start = (size_t)(c->start - from);
		return c->start >= from;
	}
	if (!c->has_start)
		return match_start(st, p, window.p, window.len, *end, start);
	if (c->start < from)
		return false;
	*start = (size_t)(c->start - from);
	return p->lead.letters == 0 ||
	       regex_end(p->regex, window.p, window.len, *start, *start + p->max_width, end);
}
