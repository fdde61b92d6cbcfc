/* By the separators of the value's line, and the line before it. */
#include "classify/detect/columns.h"

static bool
is_separator(uint8_t c)
{
	return c == ',' || c == ';' || c == '|' || c == '\t';
}

static bool
is_column_edge(uint8_t c)
{
	return is_separator(c) || c == '\r' || c == '\n';
}

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
		columns += tabs ? *p == '\t' : is_separator(*p);
	return columns;
}

static bool
has_tabs(const uint8_t *line, const struct value *v)
{
	return memchr(line, '\t', (size_t)(v->window + v->start - line)) != NULL;
}

int
column_of(const struct value *v)
{
	const uint8_t *line = line_of(v);

	return line == NULL ? -1 : columns_in(line, v->window + v->start, has_tabs(line, v));
}

bool
column_head(const struct value *v, struct span *head)
{
	const uint8_t *line = line_of(v), *p, *end, *last;
	bool tabs;
	int column;

	if (line == NULL)
		return false;
	tabs = has_tabs(line, v);
	column = columns_in(line, v->window + v->start, tabs);
	last = line - 1;
	p = memrchr(v->window, '\n', (size_t)(last - v->window));
	for (p = p == NULL ? v->window : p + 1; p < last && column > 0; p++)
		column -= columns_in(p, p + 1, tabs);
	for (end = p; end < last && columns_in(end, end + 1, tabs) == 0; end++)
		;
	*head = span_of(p, (size_t)(end - p));
	return true;
}

bool
column_holds(const struct value *v)
{
	size_t from = v->start, to = v->end;

	while (from > 0 && (v->window[from - 1] == '"' || v->window[from - 1] == ' '))
		from--;
	while (to < v->len && (v->window[to] == '"' || v->window[to] == ' '))
		to++;
	return from > 0 && is_column_edge(v->window[from - 1]) &&
	       (to == v->len || is_column_edge(v->window[to]));
}
