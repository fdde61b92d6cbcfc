/*
 * Patterns that a rare byte leads to; scan_state.h has the parts of the scanner.
 *
 *   "mail ann@example.com, or"
 *        |--|---------|        '@' is the mark; what may be of a match behind it is followed as far
 *       front  behind          as it goes, mark.max bytes at most, also into the next push
 *
 * Where matches end is read forwards, all at once; where they begin backwards, once for all.
 * What may stand behind a mark is never the mark's byte, so of each pattern one at a time is
 * followed. An end is told when the byte behind it is there, or the end of the text, which is what
 * an edge of a word hangs on: the same candidates as Hyperscan would give, in any split.
 */
#include "classify/rules/scan_state.h"

enum { FRONT = CONFIRM_LEFT - REGEX_MARK_MAX - 1 }; /* in sight of whoever judges any end */

/* Where the match begins that goes up to the mark and with it; false: nowhere. */
static bool
find_start(struct scan_stream *st, const struct db_pattern *p, uint64_t behind, uint64_t *start)
{
	uint64_t visible = scan_visible_from(st), avail = st->pos + st->push_len;
	uint64_t left = behind > FRONT ? behind - FRONT : 0;
	uint64_t from = left > visible ? left : visible, to = behind < avail ? behind + 1 : avail;
	size_t at;

	if (behind <= from || !regex_start(p->mark.front, scan_view(st, from, to),
					   (size_t)(to - from), (size_t)(behind - from), &at))
		return false;
	*start = from + at;
	return true;
}

/* Those of the ends in [least, last] at which a match ends. */
static void
tell_ends(struct scan_stream *st, uint32_t id, uint64_t behind, uint64_t least, uint64_t last)
{
	const struct db_pattern *p = &st->scanner->db->patterns[id];
	uint64_t avail = st->pos + st->push_len, to = last < avail ? last + 1 : avail;
	struct candidate c = { .pattern = id, .walked = true };
	uint64_t ends[REGEX_MARK_WORDS], start = UINT64_MAX;

	if (least > last || behind <= scan_visible_from(st))
		return;
	regex_mark_ends(&p->mark, scan_view(st, behind - 1, to), (size_t)(to - behind + 1), ends);
	for (uint64_t i = least - behind; i <= last - behind; i++) {
		if ((ends[i / 64] >> (i % 64) & 1) == 0)
			continue;
		if (start == UINT64_MAX && !find_start(st, p, behind, &start))
			return;
		c.end = behind + i;
		c.start = start;
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
