/*
 * Cells of a table under the head that names them; rule_cells.h says of which rules, scan_state.h
 * has the parts of the scanner.
 *
 *   nino,name           a line without numbers may be a head: its words name the columns
 *   AB123456C,Ann       a group of digits leads to its cell, and the column to the rules
 *   ,Bob
 *   CE765432A,Cy        columns once named are remembered, the head need not be in sight
 *
 * The other tables that columns.h knows have a list or a row that names their columns.
 *
 * All of that hangs on the bytes in front of the group alone, CONFIRM_LEFT at most. What the cell
 * goes on with is seen when it is judged. Most groups are in no cell, which a few bytes in front of
 * them tell.
 */
#include "classify/rules/scan_state.h"

/* Bytes of a cell in front of its first group, of a vehicle's number 11, with quotes and the edge.
 */
enum { CELL_FRONT = 16, TAG_FRONT = 64 /* of a cell's tag in HTML */ };

static bool
is_cell_byte(uint8_t c)
{
	static const bool marks[128] = { [' '] = true, ['-'] = true, ['.'] = true, ['/'] = true,
					 ['('] = true, [')'] = true, ['+'] = true, ['&'] = true };

	return is_alnum(c) || (c < 0x80 && marks[c]);
}

static bool
is_quote(uint8_t c)
{
	return c == '"' || c == '\'';
}

/* By the byte in front of the group: find_cell goes over no other. Numbers of JSON are in none. */
static inline bool
may_be_in_cell(uint8_t before)
{
	return is_cell_byte(before) || column_edge(before) || is_quote(before) || before == '>';
}

typedef uint8_t bytes __attribute__((vector_size(CELL_FRONT)));

static inline bool
is_any(bytes v)
{
	uint64_t any[CELL_FRONT / sizeof(uint64_t)];

	memcpy(any, &v, sizeof(any));
	return (any[0] | any[1]) != 0;
}

/* Among the bytes in front of a group, all looked at at once: most groups have none. */
static bool
holds_edge(const uint8_t p[CELL_FRONT])
{
	bytes v;

	memcpy(&v, p, sizeof(v));
	return is_any((bytes)(v - '\t' <= '\r' - '\t') | (bytes)(v == ',') | (bytes)(v == ';') |
		      (bytes)(v == '|') | (bytes)(v == '(') | (bytes)(v == '>'));
}

/* What ends there is the tag of a cell in HTML. */
static bool
is_cell_tag(struct scan_stream *st, uint64_t end)
{
	uint64_t from = end - st->limit > TAG_FRONT ? end - TAG_FRONT : st->limit;
	const uint8_t *p = scan_view(st, from, end);
	const uint8_t *tag = memrchr(p, '<', (size_t)(end - from));

	return tag != NULL && end - from - (uint64_t)(tag - p) >= 4 &&
	       span_is_nocase(span_of(tag, 3), "<td");
}

/* Where the cell begins that the group is in: behind an edge and blanks, perhaps in quotes. */
static bool
find_cell(struct scan_stream *st, uint64_t group, uint64_t *cell)
{
	size_t room = group - st->limit < CELL_FRONT ? (size_t)(group - st->limit) : CELL_FRONT;
	const uint8_t *p = scan_view(st, group - room, group);
	size_t at = room, edge;

	if (room == CELL_FRONT && !holds_edge(p))
		return false;
	while (at > 0 && is_cell_byte(p[at - 1]))
		at--;
	for (edge = at; edge > 0 && (is_quote(p[edge - 1]) || p[edge - 1] == ' '); edge--)
		;
	if (edge == 0 || (!column_edge(p[edge - 1]) && p[edge - 1] != '(' && p[edge - 1] != '>'))
		return false;
	while (at < room && p[at] == ' ')
		at++;
	*cell = group - room + at;
	return p[edge - 1] != '>' || is_cell_tag(st, group - room + edge);
}

void
scan_cells_init(struct scan_stream *st)
{
	memset(st->named, 0, sizeof(st->named));
	st->nr_named = 0;
	st->cell = 0;
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

/* Two digits in a row: what rows have, and heads do not. */
static bool
holds_number(const uint8_t *p, const uint8_t *end)
{
	for (; end - p > CELL_FRONT; p += CELL_FRONT) {
		bytes v, next;

		memcpy(&v, p, sizeof(v));
		memcpy(&next, p + 1, sizeof(next));
		if (is_any((bytes)(v - '0' <= 9) & (bytes)(next - '0' <= 9)))
			return true;
	}
	for (; end - p > 1; p++) {
		if (is_digit(p[0]) && is_digit(p[1]))
			return true;
	}
	return false;
}

static void
name_columns(struct scan_stream *st, struct column_heads *heads)
{
	struct span head;
	int column;

	while (column_heads_take(heads, &head, &column))
		name_column(st, column, rule_cells_named(&st->scanner->db->cells, head));
}

/*
 * Names the columns of a row by the line that ends in front of it, or the one before a divider, if
 * all of that is in sight.
 */
static void
read_head(struct scan_stream *st, uint64_t from, uint64_t line_end)
{
	const uint8_t *window = scan_view(st, from, line_end), *end = window + (line_end - from);
	const uint8_t *head = memrchr(window, '\n', (size_t)(end - window));
	struct column_heads heads;

	if (head != NULL && column_divides(head + 1, end)) {
		end = head;
		head = memrchr(window, '\n', (size_t)(end - window));
	}
	if (head == NULL && from != st->limit)
		return;
	head = head == NULL ? window : head + 1;
	column_heads_init(&heads, head, end);
	if (heads.separator == ',' || !holds_number(head, end))
		name_columns(st, &heads);
}

/* A list or row that stands in [since, cell) names others than were known before. */
static void
read_list(struct scan_stream *st, uint64_t from, uint64_t since, uint64_t cell)
{
	const uint8_t *p = scan_view(st, from, cell), *end = p + (cell - from);
	const uint8_t *recent = p + (since - from);
	struct column_heads heads;

	if (memchr(recent, '(', (size_t)(end - recent)) == NULL &&
	    memchr(recent, '<', (size_t)(end - recent)) == NULL)
		return;
	if (!column_heads_find(&heads, p, end) || heads.end < recent)
		return;
	scan_cells_init(st);
	name_columns(st, &heads);
}

/* Of the rules that head the cell's column; end: of the group. */
static void
add_cell(struct scan_stream *st, const struct value *v, uint64_t from, uint64_t end)
{
	const struct rule_db *db = st->scanner->db;

	for (uint64_t rest = rules_named(st, column_of(v)); rest != 0; rest &= rest - 1) {
		unsigned rule = (unsigned)__builtin_ctzll(rest);
		struct candidate c = { .end = end,
				       .start = from + v->start,
				       .pattern = db->cells.first[rule],
				       .has_start = true,
				       .cell = (uint8_t)(rule + 1) };

		if (scan_wants(st, &db->patterns[c.pattern]))
			scan_add_candidate(st, &c);
	}
}

/*
 * The first cell of a row has the end of a line in front of it. A table ends where its text does,
 * or where no cell is in sight any more: from on.
 */
static void
look_at_cell(struct scan_stream *st, uint64_t from, uint64_t cell, uint64_t end)
{
	bool near = st->cell != 0 && st->cell >= from;
	uint64_t since = near ? st->cell : from;
	size_t len = (size_t)(cell - since);
	const uint8_t *p = scan_view(st, since, cell), *line;
	struct value v;

	if (st->nr_named != 0 && (!near || memchr(p, VALUE_TEXT_END, len) != NULL))
		scan_cells_init(st);
	line = memrchr(p, '\n', len);
	if (line != NULL)
		read_head(st, from, since + (uint64_t)(line - p));
	read_list(st, from, since, cell);
	st->cell = cell;
	if (st->nr_named == 0)
		return;
	value_init(&v, scan_view(st, from, end), (size_t)(end - from), (size_t)(cell - from),
		   (size_t)(end - from));
	add_cell(st, &v, from, end);
}

void
scan_on_cell(struct scan_stream *st, const struct digit_group *g)
{
	uint64_t from, cell;

	if (g->len > CONFIRM_RIGHT || !may_be_in_cell(g->before) ||
	    !find_cell(st, g->start, &cell) || cell == st->cell)
		return;
	from = g->start - st->limit > CONFIRM_LEFT ? g->start - CONFIRM_LEFT : st->limit;
	look_at_cell(st, from, cell, g->start + g->len);
}

/* A bracket that closes at the end, and was not opened in the cell. */
static bool
is_end_bracket(struct span window, size_t start, size_t to)
{
	return window.p[to - 1] == ')' && memchr(window.p + start, '(', to - start) == NULL;
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
	while (window.p[to - 1] == ' ' || is_end_bracket(window, *start, to))
		to--;
	*end = to;
	return rule_cells_fits(&st->scanner->db->cells, c->cell - 1u,
			       span_of(window.p + *start, to - *start));
}
