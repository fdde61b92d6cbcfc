/* Taking tokens, and bodies of statements: what all readers of rule files do alike. */
#include "classify/rules/rule_read.h"

#include "classify/detect/value.h"

bool
parser_fail(struct parser *p, const char *expected)
{
	rule_lex_error(&p->lex, expected);
	return false;
}

bool
parser_fail_at(struct parser *p, const uint8_t *at, const char *expected)
{
	p->lex.token.at = at;
	return parser_fail(p, expected);
}

bool
parser_fail_near(struct parser *p, struct span word, const char *expected, rule_name_fn *name,
		 const void *names)
{
	const char *near = rule_near(word, name, names), *list = strstr(expected, ": ");
	char what[200];

	if (near == NULL)
		return parser_fail(p, expected);
	snprintf(what, sizeof(what), "%.*s; did you mean '%s'?",
		 list == NULL ? 120 : (int)(list - expected), expected, near);
	return parser_fail(p, what);
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
parser_choice(const struct parser *p, const char *const *names)
{
	for (int i = 0; names[i] != NULL; i++) {
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
parser_skip_statement(struct parser *p, unsigned depth)
{
	const struct token *t = parser_token(p);

	if (t->kind == TOKEN_OPEN && p->lex.depth > depth)
		p->lex.depth = depth; /* the list that it stands in was left open */
	for (; t->kind != TOKEN_END; rule_lex_next(&p->lex)) {
		bool inside = p->lex.depth > depth;

		if (!inside && (t->kind == TOKEN_LINE_END || t->kind == TOKEN_CLOSE))
			break;
		if (inside && t->at == t->line_start && parser_is_item(p))
			break;
	}
	p->lex.silent = false;
}

const char *const parser_items[] = { "rule", "list", "include", "override", "suppress", NULL };

bool
parser_is_item(const struct parser *p)
{
	return parser_choice(p, parser_items) >= 0;
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
	return ((p->seen | p->meant) & bit_of(statements, nr, read)) != 0;
}

struct statements {
	const struct statement *of;
	size_t nr;
};

static const char *
statement_name(const void *names, size_t i)
{
	const struct statements *s = names;

	return i < s->nr ? s->of[i].name : NULL;
}

static bool
may_be_regex(const struct token *t)
{
	uint8_t c = t->kind == TOKEN_WORD ? t->text.p[0] : 'a';

	return c < 0x80 && !is_alnum(c) && memchr("+-@*_.", c, 6) == NULL;
}

/* One that is not there. What it was meant to be is not told as missing besides. */
static void
refuse_statement(struct parser *p, const struct statement *statements, size_t nr,
		 const char *expected, unsigned depth)
{
	const struct statements all = { statements, nr };
	const char *near = rule_near(parser_token(p)->text, statement_name, &all);

	for (size_t i = 0; near != NULL && i < nr; i++) {
		if (statements[i].name == near)
			p->meant |= bit_of(statements, nr, statements[i].read);
	}
	parser_fail_near(p, parser_token(p)->text, expected, statement_name, &all);
	rule_lex_next(&p->lex);
	if (may_be_regex(parser_token(p)))
		rule_lex_skip_line(&p->lex); /* its braces are none */
	parser_skip_statement(p, depth);
}

static size_t
find_statement(const struct parser *p, const struct statement *statements, size_t nr)
{
	size_t i = 0;

	while (i < nr && !parser_is_word(p, statements[i].name))
		i++;
	return i;
}

static bool
ends_statement(const struct token *t)
{
	return t->kind == TOKEN_LINE_END || t->kind == TOKEN_CLOSE || t->kind == TOKEN_END;
}

/* Of several on a line each is read, and the line is told once. */
static void
read_statement(struct parser *p, const struct statement *statements, size_t nr,
	       const char *expected, unsigned depth)
{
	size_t i = find_statement(p, statements, nr);
	uint32_t bit;

	if (i == nr) {
		refuse_statement(p, statements, nr, expected, depth);
		return;
	}
	bit = bit_of(statements, nr, statements[i].read);
	if ((p->seen & bit) != 0 && !statements[i].again) {
		parser_fail(p, "expected each statement but once: it was here before");
		parser_skip_statement(p, depth);
		return;
	}
	p->seen |= bit;
	rule_lex_next(&p->lex);
	if (!statements[i].read(p)) {
		parser_skip_statement(p, depth);
	} else if (!ends_statement(parser_token(p))) {
		parser_fail(p, "expected the end of the line");
		p->meant = UINT32_MAX; /* what is missing may be behind it */
		if (find_statement(p, statements, nr) == nr)
			parser_skip_statement(p, depth);
	}
}

bool
parser_read_body(struct parser *p, const struct statement *statements, size_t nr,
		 const char *expected, unsigned line)
{
	char what[80];
	unsigned depth;

	p->seen = p->meant = 0;
	if (parser_token(p)->kind == TOKEN_LINE_END && rule_lex_opens_below(&p->lex))
		parser_skip_line_ends(p);
	if (parser_token(p)->kind != TOKEN_OPEN) {
		parser_fail(p, "expected '{'");
		parser_skip_statement(p, 0);
		return false;
	}
	rule_lex_next(&p->lex);
	depth = p->lex.depth;
	for (parser_skip_line_ends(p); parser_token(p)->kind != TOKEN_CLOSE;
	     parser_skip_line_ends(p)) {
		if (parser_token(p)->kind == TOKEN_END || parser_is_item(p)) {
			p->lex.silent = false;
			snprintf(what, sizeof(what),
				 "expected '}' before this: what begins in line %u has none", line);
			parser_fail(p, what);
			p->lex.silent = false;
			return false;
		}
		read_statement(p, statements, nr, expected, depth);
		if (parser_token(p)->kind == TOKEN_LINE_END)
			p->lex.silent = false;
	}
	rule_lex_next(&p->lex);
	p->lex.silent = false;
	return true;
}

/* ------------------------------------------------------------------ lists in braces */

/* "a, b" is not two words but "a," and one. */
bool
parser_refuse_comma(struct parser *p)
{
	const struct token *t = parser_token(p);

	if (t->kind != TOKEN_WORD || t->text.p[t->text.len - 1] != ',')
		return false;
	parser_fail(p, "expected blanks between words, no commas; in quotes a comma is meant");
	return true;
}

/* A string without an end, which was told. */
static bool
is_open(const struct rule_lex *l)
{
	return l->token.kind == TOKEN_STRING && l->silent && l->token.text.len == 0 &&
	       (l->p == l->end || *l->p == '\n');
}

/* It has taken the brace that closes the list. */
static bool
took_brace(struct rule_lex *l)
{
	if (memchr(l->token.at, '}', (size_t)(l->p - l->token.at)) == NULL)
		return false;
	l->depth--;
	return true;
}

bool
parser_read_list(struct parser *p, parser_add_fn *add, void *to)
{
	bool good = true;

	if (parser_token(p)->kind != TOKEN_OPEN)
		return parser_fail(p, "expected '{' and a list of words");
	rule_lex_next(&p->lex);
	for (parser_skip_line_ends(p); parser_token(p)->kind != TOKEN_CLOSE;
	     parser_skip_line_ends(p)) {
		const struct rule_named_list *list = NULL;
		struct span word = parser_token(p)->text;

		if (parser_token(p)->kind != TOKEN_WORD && parser_token(p)->kind != TOKEN_STRING)
			return parser_fail(p, "expected a word, @LIST or '}'");
		if (is_open(&p->lex)) {
			good = false;
			if (took_brace(&p->lex))
				return false;
		} else if (parser_refuse_comma(p)) {
			good = false;
		} else if (rule_is_reference(p)) {
			list = rule_read_reference(p);
			good = good && list != NULL;
			p->lex.silent = false; /* each that is not there is told */
			for (unsigned i = 0; list != NULL && i < list->nr; i++)
				good = add(p, to, list->words[i]) && good;
		} else {
			good = add(p, to, word) && good;
		}
		rule_lex_next(&p->lex);
	}
	rule_lex_next(&p->lex);
	return good;
}
