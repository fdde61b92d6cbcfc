/*
 * Recursive descent over the tokens of rule_lex: one function per statement, one table of them.
 * An error skips to the next line, so that the rest of the file is still checked.
 */
#include "classify/rules/rule_parse.h"

#include <stdlib.h>

#include "classify/rules/rule_lex.h"

struct parser {
	struct rule_lex lex;
	struct rule_list *list;
	struct rule *rule;
};

enum { WITHIN_DEFAULT = 16, WITHIN_MAX = 64, POINTS_DEFAULT = 20, POINTS_MAX = 100 };

static bool
fail(struct parser *p, const char *expected)
{
	rule_lex_error(&p->lex, expected);
	return false;
}

static const struct token *
current(const struct parser *p)
{
	return &p->lex.token;
}

static bool
is_word(const struct parser *p, const char *word)
{
	return current(p)->kind == TOKEN_WORD && span_is(current(p)->text, word);
}

static bool
take_word(struct parser *p, const char *word)
{
	if (!is_word(p, word))
		return false;
	rule_lex_next(&p->lex);
	return true;
}

/* A decimal number within [min, max] out of a piece of text. */
static bool
number_of(struct span s, unsigned min, unsigned max, unsigned *out)
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

static bool
take_number(struct parser *p, unsigned min, unsigned max, unsigned *out, const char *expected)
{
	if (current(p)->kind != TOKEN_WORD || !number_of(current(p)->text, min, max, out))
		return fail(p, expected);
	rule_lex_next(&p->lex);
	return true;
}

/* Lower case, digits, '_' and '.'; not at the ends. */
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

static bool
take_text(struct parser *p, size_t max, const char **out, const char *expected)
{
	struct span s = current(p)->text;

	if (current(p)->kind != TOKEN_STRING || s.len == 0 || s.len > max ||
	    memchr(s.p, '\0', s.len) != NULL)
		return fail(p, expected);
	*out = (const char *)s.p; /* the lexer's copy ends with a NUL */
	rule_lex_next(&p->lex);
	return true;
}

static bool
take_name(struct parser *p, const char **out, const char *expected)
{
	struct span s = current(p)->text;

	if (current(p)->kind != TOKEN_WORD || !is_name(s))
		return fail(p, expected);
	*out = rule_text_copy(&p->list->memory, s.p, s.len);
	rule_lex_next(&p->lex);
	return *out != NULL;
}

/* The position of a word in a list of names, or -1. */
static int
choice(const struct token *t, const char *const *names, int nr)
{
	for (int i = 0; i < nr; i++) {
		if (t->kind == TOKEN_WORD && span_is(t->text, names[i]))
			return i;
	}
	return -1;
}

/* ------------------------------------------------------------------ statements */

static bool
read_title(struct parser *p)
{
	return take_text(p, RULE_TITLE_MAX, &p->rule->title,
			 "expected a title in quotes, 127 bytes at most");
}

static bool
read_data_type(struct parser *p)
{
	return take_name(p, &p->rule->data_type,
			 "expected a data type such as pii.email: lower case, digits, '_', '.'");
}

static bool
read_severity(struct parser *p)
{
	static const char *const names[] = { "info", "low", "medium", "high", "critical" };
	int i = choice(current(p), names, 5);

	if (i < 0)
		return fail(p, "expected a severity: info low medium high critical");
	p->rule->severity = (enum severity)i;
	rule_lex_next(&p->lex);
	return true;
}

static bool
read_in(struct parser *p)
{
	do {
		uint32_t mask = current(p)->kind == TOKEN_WORD ? buffer_mask(current(p)->text) : 0;

		if (mask == 0)
			return fail(p, "expected the name of a buffer, such as http.body or any");
		p->rule->buffers |= mask;
		rule_lex_next(&p->lex);
	} while (current(p)->kind == TOKEN_WORD);
	return true;
}

static struct rule_pattern *
new_pattern(struct parser *p)
{
	struct rule *r = p->rule;

	if (r->nr_patterns == RULE_MAX_PATTERNS) {
		fail(p, "expected at most 16 match and find lines in a rule");
		return NULL;
	}

	struct rule_pattern *pattern = &r->patterns[r->nr_patterns++];

	pattern->file = p->lex.file;
	pattern->line = current(p)->line;
	pattern->column = rule_lex_column(current(p));
	pattern->line_text = rule_lex_line(&p->lex, current(p));
	return pattern;
}

static bool
read_regex_flags(struct parser *p, struct rule_pattern *pattern, struct span flags)
{
	for (size_t i = 0; i < flags.len; i++) {
		switch (flags.p[i]) {
		case 'i':
			pattern->nocase = true;
			break;
		case 'm':
			pattern->multiline = true;
			break;
		case 's':
			pattern->dotall = true;
			break;
		default:
			return fail(p, "expected no other flags than i, m, s behind the regex");
		}
	}
	return true;
}

static bool
read_match(struct parser *p)
{
	struct rule_pattern *pattern = new_pattern(p);

	if (pattern == NULL)
		return false;
	if (current(p)->kind == TOKEN_STRING) {
		struct span s = current(p)->text;

		if (s.len < 2 || s.len > RULE_TEXT_MAX)
			return fail(p, "expected a literal of 2 to 1024 bytes");
		pattern->kind = PATTERN_LITERAL;
		pattern->text = s;
		rule_lex_next(&p->lex);
		pattern->nocase = take_word(p, "nocase");
		return true;
	}

	struct span flags;

	pattern->kind = PATTERN_REGEX;
	if (!rule_lex_regex(&p->lex, &pattern->text, &flags) ||
	    !read_regex_flags(p, pattern, flags))
		return false;
	if (pattern->text.len > RULE_TEXT_MAX || memchr(pattern->text.p, '\0', pattern->text.len))
		return fail(p, "expected a regex of at most 1024 bytes");
	pattern->text.p =
	    (const uint8_t *)rule_text_copy(&p->list->memory, pattern->text.p, pattern->text.len);
	return pattern->text.p != NULL;
}

/* N..M */
static bool
read_range(struct parser *p, unsigned *min, unsigned *max)
{
	static const char expected[] = "expected a range such as 12..19, within 3..64";
	struct span s = current(p)->text;
	size_t dots = 0;

	while (dots < s.len && s.p[dots] != '.')
		dots++;
	if (current(p)->kind != TOKEN_WORD || s.len - dots < 3 || s.p[dots + 1] != '.' ||
	    !number_of(span_of(s.p, dots), 3, 64, min) ||
	    !number_of(span_of(s.p + dots + 2, s.len - dots - 2), *min, 64, max))
		return fail(p, expected);
	rule_lex_next(&p->lex);
	return true;
}

static bool
read_find(struct parser *p)
{
	struct rule_pattern *pattern = new_pattern(p);

	if (pattern == NULL)
		return false;
	if (take_word(p, "iban")) {
		pattern->kind = PATTERN_IBAN;
		return true;
	}
	if (!take_word(p, "digits"))
		return fail(p, "expected 'digits N..M' or 'iban'");
	pattern->kind = PATTERN_DIGITS;
	if (!read_range(p, &pattern->min_digits, &pattern->max_digits))
		return false;
	if (!take_word(p, "sep"))
		return true;

	struct span s = current(p)->text;

	if (current(p)->kind != TOKEN_STRING || s.len == 0 || s.len > 8)
		return fail(p, "expected the separators in quotes, such as \" -\"");
	for (size_t i = 0; i < s.len; i++) {
		if (is_alnum(s.p[i]) || s.p[i] == '\n')
			return fail(p,
				    "expected separators that are no letters, digits or newlines");
	}
	pattern->separators = s;
	rule_lex_next(&p->lex);
	return true;
}

static bool
read_validate(struct parser *p)
{
	p->rule->validator =
	    current(p)->kind == TOKEN_WORD ? validator_find(current(p)->text) : NULL;
	if (p->rule->validator == NULL)
		return fail(p, "expected the name of a validator, such as card or iban");
	p->rule->hides = true;
	rule_lex_next(&p->lex);
	return true;
}

static void
skip_line_ends(struct parser *p)
{
	while (current(p)->kind == TOKEN_LINE_END)
		rule_lex_next(&p->lex);
}

static bool
read_within(struct parser *p, struct rule_words *w)
{
	w->within = WITHIN_DEFAULT;
	if (!take_word(p, "within"))
		return true;
	if (!take_number(p, 1, WITHIN_MAX, &w->within, "expected a number of words, 1 to 64"))
		return false;
	return take_word(p, "words") || fail(p, "expected 'words'");
}

/* { word "word" ... } */
static bool
read_words(struct parser *p, struct rule_words *w)
{
	if (current(p)->kind != TOKEN_OPEN)
		return fail(p, "expected '{' and a list of words");
	if (w->list.words == NULL)
		w->list.words = rule_text_take(&p->list->memory, WORDS_MAX * sizeof(struct word));
	if (w->list.words == NULL)
		return fail(p, "expected more memory");
	rule_lex_next(&p->lex);
	for (skip_line_ends(p); current(p)->kind != TOKEN_CLOSE; skip_line_ends(p)) {
		if (current(p)->kind != TOKEN_WORD && current(p)->kind != TOKEN_STRING)
			return fail(p, "expected a word or '}'");
		if (!word_list_add(&w->list, current(p)->text))
			return fail(p, "expected at most 128 words of at most 47 bytes");
		rule_lex_next(&p->lex);
	}
	rule_lex_next(&p->lex);
	word_list_sort(&w->list);
	return true;
}

static bool
read_context(struct parser *p)
{
	struct rule_words *w = &p->rule->context;
	unsigned points = POINTS_DEFAULT;

	w->needed = take_word(p, "needs") || w->needed;

	struct span s = current(p)->text;

	if (current(p)->kind == TOKEN_WORD && s.p[0] == '+') {
		if (!number_of(span_of(s.p + 1, s.len - 1), 1, POINTS_MAX, &points))
			return fail(p, "expected points such as +20, 1 to 100");
		rule_lex_next(&p->lex);
	}
	w->points = (int)points;
	return read_within(p, w) && read_words(p, w);
}

static bool
read_veto(struct parser *p)
{
	return read_within(p, &p->rule->veto) && read_words(p, &p->rule->veto);
}

static bool
read_show(struct parser *p)
{
	static const char *const names[] = { "none",  "bin6last4", "last4", "iban",
					     "email", "phone",	   "prefix" };
	int i = choice(current(p), names, 7);

	if (i < 0)
		return fail(p, "expected a form: none bin6last4 last4 iban email phone prefix");
	p->rule->show = (enum show)i;
	p->rule->hides = true;
	rule_lex_next(&p->lex);
	if (p->rule->show != SHOW_PREFIX)
		return true;
	return take_number(p, 1, 12, &p->rule->show_prefix,
			   "expected how many characters of the prefix, 1 to 12");
}

static bool
read_tags(struct parser *p)
{
	struct rule *r = p->rule;

	do {
		struct span s = current(p)->text;

		if (current(p)->kind != TOKEN_WORD || s.len > RULE_ID_MAX)
			return fail(p, "expected a tag");
		if (r->nr_tags == RULE_MAX_TAGS)
			return fail(p, "expected at most 16 tags");
		r->tags[r->nr_tags++] = rule_text_copy(&p->list->memory, s.p, s.len);
		rule_lex_next(&p->lex);
	} while (current(p)->kind == TOKEN_WORD);
	return true;
}

static bool
read_tests(struct parser *p)
{
	struct rule *r = p->rule;

	if (current(p)->kind != TOKEN_OPEN)
		return fail(p, "expected '{' and a list of values");
	rule_lex_next(&p->lex);
	for (skip_line_ends(p); current(p)->kind != TOKEN_CLOSE; skip_line_ends(p)) {
		struct span s = current(p)->text;

		if (current(p)->kind != TOKEN_WORD && current(p)->kind != TOKEN_STRING)
			return fail(p, "expected a value or '}'");
		if (r->nr_tests == RULE_MAX_TESTS)
			return fail(p, "expected at most 128 test values");
		const uint8_t *copy = (const uint8_t *)rule_text_copy(&p->list->memory, s.p, s.len);

		if (copy == NULL)
			return fail(p, "expected more memory");
		r->tests[r->nr_tests++] = span_of(copy, s.len);
		rule_lex_next(&p->lex);
	}
	rule_lex_next(&p->lex);
	return true;
}

static bool
read_weak(struct parser *p)
{
	p->rule->weak = true;
	return true;
}

static bool
read_bounded(struct parser *p)
{
	p->rule->bounded = true;
	return true;
}

static bool
read_rev(struct parser *p)
{
	return take_number(p, 1, 99999, &p->rule->rev, "expected a revision, 1 to 99999");
}

static bool
read_sample(struct parser *p)
{
	struct rule *r = p->rule;

	if (r->nr_samples == RULE_MAX_SAMPLES)
		return fail(p, "expected at most 32 samples");

	struct rule_sample *s = &r->samples[r->nr_samples];

	s->positive = is_word(p, "+");
	if (!take_word(p, "+") && !take_word(p, "-"))
		return fail(p, "expected + or - and a text in quotes");
	if (current(p)->kind != TOKEN_STRING || current(p)->text.len > RULE_TEXT_MAX)
		return fail(p, "expected the sample in quotes, 1024 bytes at most");
	s->text = current(p)->text;
	s->file = p->lex.file;
	s->line = current(p)->line;
	s->column = rule_lex_column(current(p));
	s->line_text = rule_lex_line(&p->lex, current(p));
	r->nr_samples++;
	rule_lex_next(&p->lex);
	return true;
}

static const struct statement {
	const char *name;
	bool (*read)(struct parser *p);
} statements[] = {
	{ "title", read_title },
	{ "data_type", read_data_type },
	{ "class", read_data_type },
	{ "severity", read_severity },
	{ "in", read_in },
	{ "match", read_match },
	{ "find", read_find },
	{ "validate", read_validate },
	{ "bounded", read_bounded },
	{ "context", read_context },
	{ "veto", read_veto },
	{ "show", read_show },
	{ "test_values", read_tests },
	{ "tags", read_tags },
	{ "weak", read_weak },
	{ "rev", read_rev },
	{ "sample", read_sample },
};

/* ------------------------------------------------------------------ rules */

static void
skip_line(struct parser *p)
{
	while (current(p)->kind != TOKEN_LINE_END && current(p)->kind != TOKEN_END)
		rule_lex_next(&p->lex);
	p->lex.silent = false;
}

static void
read_statement(struct parser *p)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (!take_word(p, statements[i].name))
			continue;
		if (!statements[i].read(p)) {
			skip_line(p);
		} else if (current(p)->kind != TOKEN_LINE_END && current(p)->kind != TOKEN_CLOSE &&
			   current(p)->kind != TOKEN_END) {
			fail(p, "expected the end of the line");
			skip_line(p);
		}
		return;
	}
	fail(p, "expected a statement: title data_type severity in match find validate bounded "
		"context veto show test_values tags weak rev sample");
	skip_line(p);
}

static struct rule *
new_rule(struct parser *p, const struct token *at)
{
	struct rule_text *m = &p->list->memory;
	struct rule *r = rule_text_take(m, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->patterns = rule_text_take(m, RULE_MAX_PATTERNS * sizeof(r->patterns[0]));
	r->tags = rule_text_take(m, RULE_MAX_TAGS * sizeof(r->tags[0]));
	r->tests = rule_text_take(m, RULE_MAX_TESTS * sizeof(r->tests[0]));
	r->samples = rule_text_take(m, RULE_MAX_SAMPLES * sizeof(r->samples[0]));
	r->severity = SEVERITY_MEDIUM;
	r->rev = 1;
	r->file = rule_text_copy(m, p->lex.file, strlen(p->lex.file));
	r->line = at->line;
	r->column = rule_lex_column(at);
	r->line_text = rule_lex_line(&p->lex, at);
	if (r->patterns == NULL || r->tags == NULL || r->tests == NULL || r->samples == NULL ||
	    r->file == NULL)
		return NULL;
	return r;
}

/* Errors about a whole rule are told where it begins. */
static void
rule_error(struct parser *p, const char *what)
{
	p->lex.nr_errors++;
	rule_complain(p->lex.errors, p->rule->file, p->rule->line, p->rule->column,
		      p->rule->line_text, what);
}

static bool
id_taken(const struct rule_list *list, const char *id)
{
	for (unsigned i = 0; i < list->nr; i++) {
		if (strcmp(list->rules[i]->id, id) == 0)
			return true;
	}
	return false;
}

static void
check_rule(struct parser *p)
{
	const struct rule *r = p->rule;

	if (r->title == NULL)
		rule_error(p, "expected a title in this rule");
	if (r->data_type == NULL)
		rule_error(p, "expected a data_type in this rule");
	if (r->buffers == 0)
		rule_error(p, "expected 'in' with at least one buffer in this rule");
	if (r->nr_patterns == 0)
		rule_error(p, "expected 'match' or 'find' in this rule");
	if (r->weak && r->context.list.nr == 0)
		rule_error(p, "expected a context: a weak rule never reports without one");
	for (unsigned i = 0; i < r->nr_patterns; i++) {
		if (r->patterns[i].kind == PATTERN_IBAN && r->validator == NULL)
			rule_error(p, "expected 'validate iban' with 'find iban'");
	}
}

static bool
list_add(struct rule_list *list, struct rule *r)
{
	if (list->nr == list->cap) {
		unsigned cap = list->cap == 0 ? 64 : list->cap * 2;
		struct rule **more =
		    cap > RULES_MAX ? NULL : realloc(list->rules, cap * sizeof(*more));

		if (more == NULL)
			return false;
		list->rules = more;
		list->cap = cap;
	}
	list->rules[list->nr++] = r;
	return true;
}

static void
read_body(struct parser *p)
{
	rule_lex_next(&p->lex);
	for (skip_line_ends(p); current(p)->kind != TOKEN_CLOSE; skip_line_ends(p)) {
		if (current(p)->kind == TOKEN_END) {
			fail(p, "expected '}' at the end of the rule");
			return;
		}
		read_statement(p);
	}
	rule_lex_next(&p->lex);
}

static void
read_rule(struct parser *p)
{
	if (!take_word(p, "rule")) {
		fail(p, "expected 'rule ID {'");
		skip_line(p);
		return;
	}
	p->rule = new_rule(p, current(p));
	if (p->rule == NULL ||
	    !take_name(p, &p->rule->id, "expected an id: lower case, digits, '_', '.', '-'")) {
		if (p->rule == NULL)
			fail(p, "expected more memory");
		skip_line(p);
		return;
	}
	if (id_taken(p->list, p->rule->id)) {
		rule_error(p, "expected an id that no other rule has");
	}
	if (current(p)->kind != TOKEN_OPEN) {
		fail(p, "expected '{'");
		skip_line(p);
		return;
	}

	unsigned before = p->lex.nr_errors;

	read_body(p);
	if (p->lex.nr_errors == before)
		check_rule(p);
	if (p->lex.nr_errors == before && !list_add(p->list, p->rule))
		rule_error(p, "expected fewer rules");
}

unsigned
rule_parse(struct rule_list *list, const char *file, const uint8_t *text, size_t len, FILE *errors)
{
	struct parser p = { .list = list };
	const char *name = rule_text_copy(&list->memory, file, strlen(file));

	if (name == NULL)
		return 1;
	rule_lex_init(&p.lex, name, text, len, &list->memory, errors);
	for (skip_line_ends(&p); current(&p)->kind != TOKEN_END; skip_line_ends(&p))
		read_rule(&p);
	return p.lex.nr_errors;
}

void
rule_list_fini(struct rule_list *list)
{
	free(list->rules);
	rule_text_fini(&list->memory);
	*list = (struct rule_list) { 0 };
}
