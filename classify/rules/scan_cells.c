/*
 * Cells of a table under the head that names them; rule_cells.h says of which rules, scan_state.h
 * has the parts of the scanner.
 *
 *   nino,name           a line without numbers may be a head: its words name the columns
 *   AB123456C,Ann       a group of digits leads to its cell, and the column to the rules
 *   ,Bob
 *   CE765432A,Cy        columns once named are remembered, the head need not be in sight
 *
 * All of that hangs on the bytes in front of the group alone, CONFIRM_LEFT at most. What the cell
 * goes on with is seen when it is judged.
 */
#include "classify/rules/scan_state.h"

enum { CELL_MAX = 40 }; /* bytes of it in front of the end of its first group */

static bool
is_cell_byte(uint8_t c)
{
	return is_alnum(c) || (c != '\0' && strchr(" -./()+&", c) != NULL);
}

static bool
is_edge(uint8_t c)
{
	return c == ',' || c == ';' || c == '|' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the cell begins that v begins in, behind an edge and blanks, perhaps in quotes. */
static bool
find_cell(struct value *v)
{
	size_t at = v->start, least = at > CELL_MAX ? at - CELL_MAX : 0, edge;

	while (at > least && is_cell_byte(v->window[at - 1]))
		at--;
	for (edge = at; edge > 0 && (v->window[edge - 1] == '"' || v->window[edge - 1] == ' ');)
		edge--;
	if (edge == 0 || !is_edge(v->window[edge - 1]))
		return false;
	while (at < v->start && v->window[at] == ' ')
		at++;
	v->start = at;
	return true;
}

static unsigned
nr_lines(const uint8_t *p, const uint8_t *end)
{
	unsigned nr = 0;

	while (nr < 2 && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		nr++;
		p++;
	}
	return nr;
}

static void
forget_columns(struct scan_stream *st)
{
	memset(st->named, 0, sizeof(st->named));
	st->nr_named = 0;
}

void
scan_cells_init(struct scan_stream *st)
{
	forget_columns(st);
	st->group_end = st->cell = 0;
	st->under_head = false;
}

/*
 * A table ends where its text does, or where no number is in sight any more. from: where what is
 * in sight begins.
 */
static void
enter_row(struct scan_stream *st, const struct value *v, uint64_t from)
{
	const uint8_t *group = v->window + v->start, *last = v->window;
	bool near = st->group_end != 0 && st->group_end >= from;
	unsigned lines;

	if (near)
		last += st->group_end - from;
	if (!near ||
	    (st->nr_named != 0 && memchr(last, VALUE_TEXT_END, (size_t)(group - last)) != NULL))
		forget_columns(st);
	lines = nr_lines(last, group);
	if (lines != 0)
		st->under_head = !near || lines > 1;
}

static uint64_t
rules_named(const struct scan_stream *st, int column)
{
	uint64_t rules = 0;

	for (unsigned i = 0; i < MAX_NAMED; i++)
		rules |= st->named[i].column == column ? st->named[i].rules : 0;
	return rules;
}

static void
name_column(struct scan_stream *st, int column, uint64_t rules)
{
	if ((rules & ~rules_named(st, column)) != 0)
		st->named[st->nr_named++ % MAX_NAMED] = (struct named) { rules, column };
}

/* Names the columns of the row by the line before it, which must be in sight from its beginning. */
static void
read_head(struct scan_stream *st, const struct value *v, uint64_t from)
{
	const struct rule_cells *cells = &st->scanner->db->cells;
	const uint8_t *row = memrchr(v->window, '\n', v->start), *head, *end;
	bool tabs;

	if (row == NULL)
		return;
	head = memrchr(v->window, '\n', (size_t)(row - v->window));
	if (head == NULL && from != st->limit)
		return;
	head = head == NULL ? v->window : head + 1;
	tabs = memchr(head, '\t', (size_t)(row - head)) != NULL;
	for (int column = 0; head <= row; head = end + 1, column++) {
		for (end = head; end < row && (tabs ? *end != '\t' : !is_edge(*end)); end++)
			;
		name_column(st, column,
			    rule_cells_named(cells, span_of(head, (size_t)(end - head))));
	}
}

void
scan_on_cell(struct scan_stream *st, const struct digit_group *g)
{
	const struct rule_db *db = st->scanner->db;
	uint64_t from, end = g->start + g->len;
	struct value v;

	if (g->len > CONFIRM_RIGHT)
		return;
	from = g->start - st->limit > CONFIRM_LEFT ? g->start - CONFIRM_LEFT : st->limit;
	value_init(&v, scan_view(st, from, end), (size_t)(end - from), (size_t)(g->start - from),
		   (size_t)(end - from));
	enter_row(st, &v, from);
	st->group_end = end;
	if ((!st->under_head && st->nr_named == 0) || !find_cell(&v) || st->cell == from + v.start)
		return;
	st->cell = from + v.start;
	if (st->under_head)
		read_head(st, &v, from);
	st->under_head = false; /* it is read */
	for (uint64_t rest = rules_named(st, words_column(&v)); rest != 0; rest &= rest - 1) {
		unsigned rule = (unsigned)__builtin_ctzll(rest);
		struct candidate c = { .end = end,
				       .start = from + v.start,
				       .pattern = db->cells.first[rule],
				       .has_start = true,
				       .cell = (uint8_t)(rule + 1) };

		if (scan_wants(st, &db->patterns[c.pattern]))
			scan_add_candidate(st, &c);
	}
}

bool
scan_cell_bounds(const struct scan_stream *st, const struct candidate *c, struct span window,
		 uint64_t from, size_t *start, size_t *end)
{
	size_t to = (size_t)(c->end - from);

	if (c->start < from)
		return false;
	*start = (size_t)(c->start - from);
	while (to < window.len && is_cell_byte(window.p[to]))
		to++;
	while (window.p[to - 1] == ' ')
		to--;
	*end = to;
	return rule_cells_fits(&st->scanner->db->cells, c->cell - 1u,
			       span_of(window.p + *start, to - *start));
}
