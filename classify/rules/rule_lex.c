/* Tokens of a rule file; the whole file is in memory. */
#include "classify/rules/rule_lex.h"

#include <stdlib.h>

enum { KEPT_LINE_MAX = 8192, SHOWN_LINE_MAX = 200, SHOWN_BEFORE = 100 };

void
rule_lex_init(struct rule_lex *l, const char *file, const uint8_t *text, size_t len,
	      struct rule_text *memory, FILE *errors)
{
	size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	text = len == 0 ? text : text + mark;
	len -= mark;
	*l = (struct rule_lex) {
		.file = file,
		.p = text,
		.end = len == 0 ? text : text + len,
		.line_start = text,
		.line = 1,
		.memory = memory,
		.errors = errors,
	};
	rule_lex_next(l);
}

static bool
is_inner_byte(uint8_t c)
{
	return (c & 0xc0) == 0x80; /* of a character in UTF-8 */
}

/* How many cells of a terminal the character that begins there takes: two of East Asian ones. */
static int
cells_at(struct span line, size_t at)
{
	uint32_t c = line.p[at];

	if (is_inner_byte(line.p[at]))
		return 0;
	if (c < 0xe0 || line.len - at < 3)
		return 1;
	if (c >= 0xf0)
		return c == 0xf0 && (line.p[at + 1] == 0x9f || line.p[at + 1] >= 0xa0) ? 2 : 1;
	c = (c & 0xf) << 12 | (line.p[at + 1] & 0x3fu) << 6 | (line.p[at + 2] & 0x3fu);
	return (c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) ||
		       (c >= 0xac00 && c < 0xd7a4) || (c >= 0xf900 && c < 0xfb00) ||
		       (c >= 0xff01 && c < 0xff61)
		   ? 2
		   : 1;
}

/* The part of it around the column, and a caret below. */
static void
show_line(FILE *errors, struct span line, unsigned column)
{
	size_t at = column - 1 < line.len ? column - 1 : line.len;
	size_t from = at < SHOWN_LINE_MAX - SHOWN_BEFORE / 2 ? 0 : at - SHOWN_BEFORE;
	size_t to = line.len - from < SHOWN_LINE_MAX ? line.len : from + SHOWN_LINE_MAX;
	int caret = from == 0 ? 3 : 6;

	while (from > 0 && from < at && is_inner_byte(line.p[from]))
		from++;
	while (to > at && to < line.len && is_inner_byte(line.p[to]))
		to--;
	fprintf(errors, "  %s", from == 0 ? "" : "...");
	for (size_t i = from; i < to; i++) {
		fputc(line.p[i] < ' ' || line.p[i] == 0x7f ? ' ' : line.p[i], errors);
		caret += i < at ? cells_at(line, i) : 0;
	}
	fprintf(errors, "%s\n%*s\n", to < line.len ? "..." : "", caret, "^");
}

void
rule_complain(FILE *errors, const char *file, unsigned line, unsigned column, const char *line_text,
	      const char *what)
{
	if (errors == NULL)
		return;
	fprintf(errors, "%s:%u:%u: %s\n", file, line, column, what);
	if (line_text != NULL)
		show_line(errors, span_of(line_text, strlen(line_text)), column);
}

unsigned
rule_lex_column(const struct token *t)
{
	return (unsigned)(t->at - t->line_start) + 1;
}

static struct span
whole_line(const struct rule_lex *l, const struct token *t)
{
	const uint8_t *stop = t->line_start == l->end
				  ? NULL
				  : memchr(t->line_start, '\n', (size_t)(l->end - t->line_start));

	return span_of(t->line_start, (size_t)((stop == NULL ? l->end : stop) - t->line_start));
}

const char *
rule_lex_line(struct rule_lex *l, const struct token *t)
{
	struct span line = whole_line(l, t);
	size_t len = line.len < KEPT_LINE_MAX ? line.len : KEPT_LINE_MAX;
	char *kept = rule_text_copy(l->memory, line.p, len);

	for (size_t i = 0; kept != NULL && i < len; i++)
		kept[i] = kept[i] == '\0' ? ' ' : kept[i];
	return kept;
}

void
rule_lex_error(struct rule_lex *l, const char *expected)
{
	l->nr_errors++;
	if (l->silent)
		return;
	l->silent = true;
	if (l->errors == NULL)
		return;
	fprintf(l->errors, "%s:%u:%u: %s\n", l->file, l->token.line, rule_lex_column(&l->token),
		expected);
	show_line(l->errors, whole_line(l, &l->token), rule_lex_column(&l->token));
}

static void
skip_blanks(struct rule_lex *l)
{
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\t' || *l->p == '\r'))
		l->p++;
	if (l->p < l->end && *l->p == '#') {
		while (l->p < l->end && *l->p != '\n')
			l->p++;
	}
}

static bool
ends_word(uint8_t c)
{
	return c <= ' ' || c == '"' || c == '{' || c == '}' || c == 0x7f;
}

/* One escape behind the backslash at p; how many bytes it took, 0 when it is none. */
static size_t
unescape(const uint8_t *p, const uint8_t *end, uint8_t *out)
{
	static const char from[] = "ntr\"\\", to[] = "\n\t\r\"\\";

	if (end - p < 1 || *p == '\0')
		return 0;
	if (*p == 'x') {
		if (end - p < 3 || hex_value(p[1]) < 0 || hex_value(p[2]) < 0)
			return 0;
		*out = (uint8_t)(hex_value(p[1]) * 16 + hex_value(p[2]));
		return 3;
	}

	const char *which = strchr(from, *p);

	if (which == NULL)
		return 0;
	*out = (uint8_t)to[which - from];
	return 1;
}

static void
read_string(struct rule_lex *l)
{
	const uint8_t *stop = l->p + 1;

	while (stop < l->end && *stop != '"' && *stop != '\n')
		stop += *stop == '\\' && l->end - stop > 1 && stop[1] != '\n' ? 2 : 1;

	uint8_t *out = rule_text_take(l->memory, (size_t)(stop - l->p) + 1);
	size_t len = 0;

	l->token.kind = TOKEN_STRING;
	l->token.text = span_of(out, 0);
	if (out == NULL || stop >= l->end || *stop != '"') {
		rule_lex_error(l, "expected '\"' at the end of the string");
		l->p = stop < l->end ? stop : l->end;
		return;
	}
	for (const uint8_t *p = l->p + 1; p < stop; len++) {
		size_t took = *p == '\\' ? unescape(p + 1, stop, &out[len]) : 0;

		if (*p != '\\') {
			out[len] = *p++;
		} else if (took != 0) {
			p += 1 + took;
		} else {
			l->token.at = p;
			rule_lex_error(l, "expected an escape: \\n \\t \\r \\\" \\\\ \\xHH");
			break;
		}
	}
	l->token.text.len = len;
	l->p = stop + 1;
}

static void
count_brace(struct rule_lex *l)
{
	if (l->token.kind == TOKEN_OPEN)
		l->depth++;
	if (l->token.kind == TOKEN_CLOSE && l->depth != 0)
		l->depth--;
}

void
rule_lex_skip_line(struct rule_lex *l)
{
	if (l->token.kind == TOKEN_LINE_END || l->token.kind == TOKEN_END)
		return;
	while (l->p < l->end && *l->p != '\n')
		l->p++;
	l->token.kind = TOKEN_WORD;
	rule_lex_next(l);
}

bool
rule_lex_opens_below(const struct rule_lex *l)
{
	const uint8_t *p = l->p;

	while (p < l->end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p < l->end && *p == '{';
}

void
rule_lex_next(struct rule_lex *l)
{
	count_brace(l);
	skip_blanks(l);

	struct token *t = &l->token;

	t->at = l->p;
	t->line = l->line;
	t->line_start = l->line_start;
	t->text = span_of(l->p, l->p < l->end ? 1 : 0);
	if (l->p == l->end) {
		t->kind = TOKEN_END;
		return;
	}
	switch (*l->p) {
	case '\n':
		t->kind = TOKEN_LINE_END;
		l->line++;
		l->line_start = ++l->p;
		return;
	case '{':
	case '}':
		t->kind = *l->p++ == '{' ? TOKEN_OPEN : TOKEN_CLOSE;
		return;
	case '"':
		read_string(l);
		return;
	default:
		t->kind = TOKEN_WORD;
		while (l->p < l->end && !ends_word(*l->p))
			l->p++;
		if (l->p == t->at)
			l->p++; /* a control character: a word of its own, refused by whoever reads
				 */
		t->text.len = (size_t)(l->p - t->at);
	}
}

bool
rule_lex_regex(struct rule_lex *l, struct span *regex, struct span *flags)
{
	const uint8_t *p = l->token.at;
	uint8_t delimiter = l->token.kind == TOKEN_WORD ? *p : 0;

	if (delimiter <= ' ' || delimiter >= 0x7f || delimiter == '\\' ||
	    (delimiter >= '0' && delimiter <= '9') ||
	    (ascii_lower(delimiter) >= 'a' && ascii_lower(delimiter) <= 'z')) {
		rule_lex_error(l, "expected /regex/ or \"literal\"");
		return false;
	}

	const uint8_t *from = ++p;

	while (p < l->end && *p != delimiter && *p != '\n')
		p += *p == '\\' && l->end - p > 1 && p[1] != '\n' ? 2 : 1;
	if (p >= l->end || *p != delimiter || p == from) {
		char what[80];

		snprintf(what, sizeof(what), "expected %s'%c' at the end of the regex",
			 p == from ? "something, and " : "", delimiter);
		rule_lex_error(l, what);
		rule_lex_skip_line(l);
		return false;
	}
	*regex = span_of(from, (size_t)(p - from));
	l->p = p + 1;
	while (l->p < l->end && !ends_word(*l->p))
		l->p++;
	*flags = span_of(p + 1, (size_t)(l->p - p) - 1);
	rule_lex_next(l);
	return true;
}
