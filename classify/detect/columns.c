/* By the separators, brackets or tags in front of the value, which are counted from the left. */
#include "classify/detect/columns.h"

enum { ROW_MAX = 400 /* bytes of a row of HTML, or of a tuple, in front of the value */ };

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where what ends at p ends without the blanks behind it. */
static const uint8_t *
before_blanks(const uint8_t *from, const uint8_t *p)
{
	while (p > from && is_blank(p[-1]))
		p--;
	return p;
}

/* The word, in lower case, ends at p. */
static bool
ends_word(const uint8_t *from, const uint8_t *p, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(p - from) >= len && span_is_nocase(span_of(p - len, len), word);
}

/* It begins at p. */
static bool
begins_word(const uint8_t *p, const uint8_t *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - p) >= len && span_is_nocase(span_of(p, len), word);
}

/* ------------------------------------------------------------------ lines */

/* Where the value's line begins: behind a line's end that is in sight. */
static const uint8_t *
line_of(const struct value *v)
{
	const uint8_t *end = memrchr(v->window, '\n', v->start), *value = v->window + v->start;

	if (end == NULL || memrchr(end, VALUE_FIELD_END, (size_t)(value - end)) != NULL)
		return NULL;
	return end + 1;
}

/* How many columns end in [p, end): where there are tabs, other marks are of the text between. */
static int
columns_in(const uint8_t *p, const uint8_t *end, bool tabs)
{
	int columns = 0;

	for (; p < end; p++)
		columns += tabs ? *p == '\t' : column_separates(*p);
	return columns;
}

static bool
has_tabs(const struct value *v, const uint8_t *line)
{
	return memchr(line, '\t', (size_t)(v->window + v->start - line)) != NULL;
}

bool
column_divides(const uint8_t *p, const uint8_t *end)
{
	unsigned hyphens = 0;

	for (; p < end; p++) {
		if (!is_among(*p, "-=+|: \t\r"))
			return false;
		hyphens += *p == '-' || *p == '=';
	}
	return hyphens >= 2;
}

/* Where the line begins whose end is at end. */
static const uint8_t *
line_before(const uint8_t *from, const uint8_t *end)
{
	const uint8_t *p = memrchr(from, '\n', (size_t)(end - from));

	return p == NULL ? from : p + 1;
}

/* The line that heads the one that begins at line. */
static void
find_head_line(struct column_heads *h, const struct value *v, const uint8_t *line)
{
	const uint8_t *from = v->window, *end = line - 1, *p = line_before(from, end);

	if (p > from && column_divides(p, end)) {
		end = p - 1;
		p = line_before(from, end);
	}
	column_heads_init(h, p, end);
	if (h->separator != ',')
		h->separator = has_tabs(v, line) ? '\t' : 0;
}

/* ------------------------------------------------------------------ tuples */

/* Outside quotes: what no list of values has in it. */
static bool
ends_tuple(uint8_t c)
{
	return c == ';' || c == '{' || c == '}' || c == '[' || c == ']' || c == 0 ||
	       c == VALUE_TEXT_END || c == VALUE_FIELD_END;
}

/* How many columns of the tuple end in front of the value; -1: it is in none. */
static int
tuple_column(const uint8_t *from, const uint8_t *value)
{
	const uint8_t *p = value, *before;
	bool quoted = false;
	int column = 0, depth = 0;

	if (value - from > ROW_MAX)
		from = value - ROW_MAX;
	if (p > from && p[-1] == '\'')
		p--;
	for (; p > from && (quoted || depth != 0 || p[-1] != '('); p--) {
		uint8_t c = p[-1];

		if (c == '\n' || (!quoted && ends_tuple(c)))
			return -1;
		quoted = quoted != (c == '\'');
		depth += quoted ? 0 : (c == ')') - (c == '(');
		column += !quoted && depth == 0 && c == ',';
	}
	if (p == from)
		return -1;
	before = before_blanks(from, p - 1);
	if (ends_word(from, before, "values"))
		return column;
	if (before == from || before[-1] != ',')
		return -1;
	before = before_blanks(from, before - 1);
	return before > from && before[-1] == ')' ? column : -1;
}

/* "(a, b) VALUES" in front of the bracket at p. */
static bool
find_list_before(struct column_heads *h, const uint8_t *from, const uint8_t *p)
{
	const uint8_t *open;

	p = before_blanks(from, p);
	if (!ends_word(from, p, "values"))
		return false;
	p = before_blanks(from, p - strlen("values"));
	if (p == from || p[-1] != ')')
		return false;
	open = memrchr(from, '(', (size_t)(p - from));
	if (open == NULL)
		return false;
	*h = (struct column_heads) { open + 1, p - 1, ',', COLUMN_TUPLE };
	return true;
}

/* The last one in front of end. */
static bool
find_list(struct column_heads *h, const uint8_t *from, const uint8_t *end)
{
	const uint8_t *p = end;

	while ((p = memrchr(from, '(', (size_t)(p - from))) != NULL) {
		if (find_list_before(h, from, p))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ HTML */

/* The tag, "<td" or the like, begins at p. */
static bool
is_tag(const uint8_t *p, const uint8_t *end, const char *tag)
{
	size_t len = strlen(tag);

	return begins_word(p, end, tag) && (size_t)(end - p) > len &&
	       (p[len] == '>' || is_blank(p[len]));
}

/* How many cells of the row end in front of the value; -1: it is in none. */
static int
html_column(const uint8_t *from, const uint8_t *value)
{
	const uint8_t *p = before_blanks(from, value), *end = p;
	int column = -1;

	if (value - from > ROW_MAX)
		from = value - ROW_MAX;
	if (p <= from || p[-1] != '>')
		return -1;
	while ((p = memrchr(from, '<', (size_t)(p - from))) != NULL) {
		bool cell = is_tag(p, end, "<td") || is_tag(p, end, "<th");

		if (is_tag(p, end, "<tr"))
			return column;
		if (!cell && column < 0)
			return -1;
		column += cell;
	}
	return -1;
}

/* The last row in front of end that has a cell of a head. */
static bool
find_html_head(struct column_heads *h, const uint8_t *from, const uint8_t *end)
{
	const uint8_t *p = end, *behind = NULL;

	while ((p = memrchr(from, '<', (size_t)(p - from))) != NULL) {
		if (is_tag(p, end, "<th") && behind == NULL)
			behind = p;
		if (is_tag(p, end, "<tr") && behind != NULL)
			break;
	}
	if (p == NULL)
		return false;
	for (behind++; behind < end && !is_tag(behind, end, "<tr"); behind++)
		;
	*h = (struct column_heads) { p + 1, behind, '<', COLUMN_HTML };
	return behind < end;
}

/* ------------------------------------------------------------------ heads */

/* "COPY t (a, b) FROM stdin;" */
static bool
find_copy_list(struct column_heads *h, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *open, *close;

	if (!begins_word(p, end, "copy "))
		return false;
	open = memchr(p, '(', (size_t)(end - p));
	close = open == NULL ? NULL : memchr(open, ')', (size_t)(end - open));
	if (close == NULL || !begins_word(close + 1, end, " from"))
		return false;
	*h = (struct column_heads) { open + 1, close, ',', 0 };
	return true;
}

void
column_heads_init(struct column_heads *h, const uint8_t *p, const uint8_t *end)
{
	bool tabs = memchr(p, '\t', (size_t)(end - p)) != NULL;

	if (!find_copy_list(h, p, end))
		*h = (struct column_heads) { p, end, tabs ? '\t' : 0, 0 };
}

bool
column_heads_find(struct column_heads *h, const uint8_t *p, const uint8_t *end)
{
	return find_list(h, p, end) || find_html_head(h, p, end);
}

static bool
take_html(struct column_heads *h, struct span *head)
{
	const uint8_t *p = h->p, *from, *to;

	while ((p = memchr(p, '<', (size_t)(h->end - p))) != NULL && !is_tag(p, h->end, "<th") &&
	       !is_tag(p, h->end, "<td"))
		p++;
	from = p == NULL ? NULL : memchr(p, '>', (size_t)(h->end - p));
	to = from == NULL ? NULL : memchr(from, '<', (size_t)(h->end - from));
	if (to == NULL)
		return false;
	*head = span_of(from + 1, (size_t)(to - from) - 1);
	h->p = to;
	return true;
}

bool
column_heads_take(struct column_heads *h, struct span *head, int *column)
{
	const uint8_t *to = h->p;

	if (h->separator == '<') {
		if (!take_html(h, head))
			return false;
	} else {
		if (to == NULL)
			return false;
		while (to < h->end &&
		       (h->separator == 0 ? !column_separates(*to) : *to != h->separator))
			to++;
		*head = span_of(h->p, (size_t)(to - h->p));
		h->p = to < h->end ? to + 1 : NULL;
	}
	*column = h->column++;
	return true;
}

/* ------------------------------------------------------------------ of a value */

int
column_of(const struct value *v)
{
	const uint8_t *value = v->window + v->start, *line;
	int column = tuple_column(v->window, value);

	if (column >= 0)
		return COLUMN_TUPLE + column;
	column = html_column(v->window, value);
	if (column >= 0)
		return COLUMN_HTML + column;
	line = line_of(v);
	return line == NULL ? -1 : columns_in(line, v->window + v->start, has_tabs(v, line));
}

/* Of the column, which is not a line's: the list or row is in sight. */
static bool
find_far_head(struct column_heads *h, const struct value *v, int column)
{
	const uint8_t *value = v->window + v->start, *from = v->window, *mark;

	mark = memrchr(from, VALUE_FIELD_END, v->start);
	from = mark == NULL ? from : mark + 1;
	return column >= COLUMN_HTML ? find_html_head(h, from, value) : find_list(h, from, value);
}

int
column_below(const struct value *v)
{
	struct column_heads heads;
	int column = column_of(v);

	return column >= COLUMN_TUPLE && find_far_head(&heads, v, column) ? -1 : column;
}

bool
column_list(const struct value *v, struct span *list)
{
	struct column_heads heads;
	int column = column_of(v);

	if (column < COLUMN_TUPLE || !find_far_head(&heads, v, column))
		return false;
	*list = span_of(heads.p, (size_t)(heads.end - heads.p));
	return true;
}

bool
column_head(const struct value *v, struct span *head)
{
	int column = column_of(v), at;
	struct column_heads heads;

	if (column < 0)
		return false;
	if (column < COLUMN_TUPLE)
		find_head_line(&heads, v, line_of(v));
	else if (!find_far_head(&heads, v, column))
		return false;
	while (column_heads_take(&heads, head, &at)) {
		if (at == column)
			return true;
	}
	return false;
}

bool
column_holds(const struct value *v)
{
	size_t from = v->start, to = v->end;
	uint8_t left, right;

	while (from > 0 && is_among(v->window[from - 1], "\"' "))
		from--;
	while (to < v->len && is_among(v->window[to], "\"' "))
		to++;
	if (from == 0)
		return false;
	left = v->window[from - 1];
	right = to == v->len ? '\n' : v->window[to];
	if (column_edge(left) && column_edge(right))
		return true;
	return (column_edge(left) || left == '(' || left == '>') &&
	       (column_edge(right) || right == ')' || right == '<') && column_of(v) >= COLUMN_TUPLE;
}
