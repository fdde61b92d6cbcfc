/* Tokens of a rule file; the whole file is in memory. */
#include "classify/rules/rule_lex.h"

#include <stdlib.h>

enum { SHOWN_LINE_MAX = 200 };

void
rule_lex_init(struct rule_lex *l, const char *file, const uint8_t *text, size_t len,
	      struct rule_text *memory, FILE *errors)
{
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

void
rule_complain(FILE *errors, const char *file, unsigned line, unsigned column, const char *line_text,
	      const char *what)
{
	if (errors == NULL)
		return;
	fprintf(errors, "%s:%u:%u: %s\n", file, line, column, what);
	if (line_text != NULL)
		fprintf(errors, "  %s\n  %*s\n", line_text, (int)column, "^");
}

unsigned
rule_lex_column(const struct token *t)
{
	return (unsigned)(t->at - t->line_start) + 1;
}

const char *
rule_lex_line(struct rule_lex *l, const struct token *t)
{
	size_t len = 0;

	while (t->line_start + len < l->end && t->line_start[len] != '\n' && len < SHOWN_LINE_MAX)
		len++;

	char *line = rule_text_copy(l->memory, t->line_start, len);

	for (size_t i = 0; line != NULL && i < len; i++) {
		if ((uint8_t)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	}
	return line;
}

void
rule_lex_error(struct rule_lex *l, const char *expected)
{
	l->nr_errors++;
	if (l->silent)
		return;
	l->silent = true;
	rule_complain(l->errors, l->file, l->token.line, rule_lex_column(&l->token),
		      rule_lex_line(l, &l->token), expected);
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

void
rule_lex_next(struct rule_lex *l)
{
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
		rule_lex_error(l, "expected the delimiter again at the end of the regex");
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
