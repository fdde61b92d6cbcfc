/* Taking tokens, and bodies of statements: what all readers of rule files do alike. */
#include "classify/rules/rule_read.h"

#include "classify/detect/value.h"

bool
parser_fail(struct parser *p, const char *expected)
{
	rule_lex_error(&p->lex, expected);
	return false;
}

void
parser_rule_error(struct parser *p, const char *what)
{
	p->lex.nr_errors++;
	rule_complain(p->lex.errors, p->rule->file, p->rule->line, p->rule->column,
		      p->rule->line_text, what);
}

bool
parser_is_word(const struct parser *p, const char *word)
{
	return parser_token(p)->kind == TOKEN_WORD && span_is(parser_token(p)->text, word);
}

bool
parser_take_word(struct parser *p, const char *word)
{
	if (!parser_is_word(p, word))
		return false;
	rule_lex_next(&p->lex);
	return true;
}

bool
parser_number_of(struct span s, unsigned min, unsigned max, unsigned *out)
{
	unsigned n = 0;

	if (s.len == 0 || s.len > 6)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.p[i]))
			return false;
		n = n * 10 + s.p[i] - '0';
	}
	*out = n;
	return n >= min && n <= max;
}

bool
parser_take_number(struct parser *p, unsigned min, unsigned max, unsigned *out,
		   const char *expected)
{
	if (parser_token(p)->kind != TOKEN_WORD ||
	    !parser_number_of(parser_token(p)->text, min, max, out))
		return parser_fail(p, expected);
	rule_lex_next(&p->lex);
	return true;
}

static bool
is_name(struct span s)
{
	if (s.len == 0 || s.len > RULE_ID_MAX || s.p[0] == '.' || s.p[s.len - 1] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '_' && c != '.' && c != '-')
			return false;
	}
	return true;
}

bool
parser_take_text(struct parser *p, size_t max, const char **out, const char *expected)
{
	struct span s = parser_token(p)->text;

	if (parser_token(p)->kind != TOKEN_STRING || s.len == 0 || s.len > max ||
	    memchr(s.p, '\0', s.len) != NULL)
		return parser_fail(p, expected);
	*out = (const char *)s.p; /* the lexer's copy ends with a NUL */
	rule_lex_next(&p->lex);
	return true;
}

bool
parser_take_name(struct parser *p, const char **out, const char *expected)
{
	struct span s = parser_token(p)->text;

	if (parser_token(p)->kind != TOKEN_WORD || !is_name(s))
		return parser_fail(p, expected);
	*out = rule_text_copy(&p->list->memory, s.p, s.len);
	rule_lex_next(&p->lex);
	return *out != NULL;
}

int
parser_choice(const struct parser *p, const char *const *names, int nr)
{
	for (int i = 0; i < nr; i++) {
		if (parser_is_word(p, names[i]))
			return i;
	}
	return -1;
}

void
parser_skip_line_ends(struct parser *p)
{
	while (parser_token(p)->kind == TOKEN_LINE_END)
		rule_lex_next(&p->lex);
}

void
parser_skip_line(struct parser *p)
{
	while (parser_token(p)->kind != TOKEN_LINE_END && parser_token(p)->kind != TOKEN_END)
		rule_lex_next(&p->lex);
	p->lex.silent = false;
}

bool
parser_is_item(const struct parser *p)
{
	static const char *const items[] = { "rule", "list", "include", "override", "suppress" };

	return parser_choice(p, items, sizeof(items) / sizeof(items[0])) >= 0;
}

/* Names that mean the same have one reader, and one bit. */
static uint32_t
bit_of(const struct statement *statements, size_t nr, bool (*read)(struct parser *p))
{
	size_t i = 0;

	while (i < nr && statements[i].read != read)
		i++;
	return i < nr ? 1u << i : 0;
}

bool
parser_seen(const struct parser *p, const struct statement *statements, size_t nr,
	    bool (*read)(struct parser *p))
{
	return (p->seen & bit_of(statements, nr, read)) != 0;
}

/* Over a statement that is not read, but not over the brace that ends the body on its line. */
static void
skip_statement(struct parser *p)
{
	unsigned depth = 0;

	for (; parser_token(p)->kind != TOKEN_LINE_END && parser_token(p)->kind != TOKEN_END;
	     rule_lex_next(&p->lex)) {
		if (parser_token(p)->kind == TOKEN_CLOSE && depth == 0)
			break;
		depth += parser_token(p)->kind == TOKEN_OPEN;
		depth -= parser_token(p)->kind == TOKEN_CLOSE;
	}
	p->lex.silent = false;
}

static void
read_statement(struct parser *p, const struct statement *statements, size_t nr,
	       const char *expected)
{
	size_t i = 0;
	uint32_t bit;

	while (i < nr && !parser_is_word(p, statements[i].name))
		i++;
	bit = i == nr ? 0 : bit_of(statements, nr, statements[i].read);
	if (i == nr || ((p->seen & bit) != 0 && !statements[i].again)) {
		parser_fail(p, i == nr ? expected
				       : "expected each statement but once: it was here before");
		skip_statement(p);
		return;
	}
	p->seen |= bit;
	rule_lex_next(&p->lex);
	if (!statements[i].read(p)) {
		parser_skip_line(p);
	} else if (parser_token(p)->kind != TOKEN_LINE_END &&
		   parser_token(p)->kind != TOKEN_CLOSE && parser_token(p)->kind != TOKEN_END) {
		parser_fail(p, "expected the end of the line");
		parser_skip_line(p);
	}
}

bool
parser_read_body(struct parser *p, const struct statement *statements, size_t nr,
		 const char *expected, unsigned line)
{
	char what[80];

	p->seen = 0;
	if (parser_token(p)->kind != TOKEN_OPEN) {
		parser_fail(p, "expected '{'");
		parser_skip_line(p);
		return false;
	}
	rule_lex_next(&p->lex);
	for (parser_skip_line_ends(p); parser_token(p)->kind != TOKEN_CLOSE;
	     parser_skip_line_ends(p)) {
		if (parser_token(p)->kind == TOKEN_END || parser_is_item(p)) {
			snprintf(what, sizeof(what),
				 "expected '}' before this: what begins in line %u has none", line);
			parser_fail(p, what);
			p->lex.silent = false;
			return false;
		}
		read_statement(p, statements, nr, expected);
	}
	rule_lex_next(&p->lex);
	return true;
}
