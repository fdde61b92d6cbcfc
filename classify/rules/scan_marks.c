/*
 * Patterns that a rare byte leads to; scan_state.h has the parts of the scanner.
 *
 *   "mail ann@example.com, or"      '@' is the mark; behind it what may be of a match is followed
 *            ^|---------|           as far as it goes, at most mark.max bytes, also into the next
 *                                   push; at each end of it the tree is asked, backwards
 *
 * What may stand behind a mark is never the mark's byte, so of each pattern one at a time is
 * followed. An end is told when the byte behind it is there, or the end of the text, which is what
 * an edge of a word hangs on: the same candidates as Hyperscan would give, in any split.
 */
#include "classify/rules/scan_state.h"

enum { FRONT = CONFIRM_LEFT - REGEX_MARK_MAX - 1 }; /* in sight of whoever judges any end */

/* Those of the ends in [least, last] at which a match ends. */
static void
tell_ends(struct scan_stream *st, uint32_t id, uint64_t behind, uint64_t least, uint64_t last)
{
	const struct db_pattern *p = &st->scanner->db->patterns[id];
	uint64_t visible = scan_visible_from(st), avail = st->pos + st->push_len;
	uint64_t left = behind > FRONT ? behind - FRONT : 0;
	uint64_t from = left > visible ? left : visible, to = last < avail ? last + 1 : avail;
	const uint8_t *window;
	size_t start;

	if (least > last || behind <= from)
		return;
	window = scan_view(st, from, to);
	for (uint64_t end = least; end <= last; end++) {
		struct candidate c = { .end = end, .pattern = id, .walked = true };

		if (!regex_start(p->regex, window, (size_t)(to - from), (size_t)(end - from),
				 &start))
			continue;
		c.start = from + start;
		scan_add_candidate(st, &c);
	}
}

/* What is behind a mark, as far as it is in the push. */
static void
follow(struct scan_stream *st, unsigned k, uint64_t behind, bool final)
{
	const struct rule_db *db = st->scanner->db;
	const struct regex_mark *mark = &db->patterns[db->marked[k]].mark;
	uint64_t avail = st->pos + st->push_len;
	uint64_t from = behind > st->pos ? behind : st->pos, run = from, least;
	bool open;

	if (from < avail)
		run += regex_mark_run(mark, (size_t)(from - behind), st->push + (from - st->pos),
				      (size_t)(avail - from));
	open = run == avail && !final;
	least = behind + mark->min > from ? behind + mark->min : from;
	tell_ends(st, db->marked[k], behind, least, open ? avail - 1 : run);
	st->followed[k] = open ? behind : 0;
}

/* The byte at that place of the push, and all that it leads to: mostly nothing, by the next one. */
static void
match_mark(struct scan_stream *st, size_t at, bool final)
{
	const struct rule_db *db = st->scanner->db;
	const uint8_t *byte = st->push + at;
	bool last = at + 1 == st->push_len;

	for (unsigned k = 0; k < db->nr_marked; k++) {
		const struct db_pattern *p = &db->patterns[db->marked[k]];

		if (p->mark.byte == *byte && (last || regex_mark_run(&p->mark, 0, byte + 1, 1)) &&
		    scan_wants(st, p))
			follow(st, k, st->pos + at + 1, final);
	}
}

void
scan_marked(struct scan_stream *st, bool final)
{
	const struct rule_db *db = st->scanner->db;
	size_t at = 0;

	for (unsigned k = 0; k < db->nr_marked; k++) {
		if (st->followed[k] != 0)
			follow(st, k, st->followed[k], final);
	}
	while ((at = rare_bytes_next(&db->marks, st->push, at, st->push_len)) < st->push_len)
		match_mark(st, at++, final);
}
