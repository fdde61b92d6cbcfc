/*
 * Recursive descent over the tokens of rule_lex: one function per statement, one table of them.
 * An error skips to the next line, so that the rest of the file is still checked.
 */
#include "classify/rules/rule_parse.h"

#include <stdlib.h>

#include "classify/rules/rule_read.h"

enum { WITHIN_DEFAULT = 16, WITHIN_MAX = 64, POINTS_DEFAULT = 20, POINTS_MAX = 100 };

/* ------------------------------------------------------------------ statements */

static bool
read_title(struct parser *p)
{
	return parser_take_text(p, RULE_TITLE_MAX, &p->rule->title,
				"expected a title in quotes, 127 bytes at most");
}

static bool
read_data_type(struct parser *p)
{
	return parser_take_name(
	    p, &p->rule->data_type,
	    "expected a data type such as pii.email: lower case, digits, '_', '.'");
}

static bool
read_severity(struct parser *p)
{
	return rule_read_severity(p, &p->rule->severity);
}

static bool
read_enable(struct parser *p)
{
	return rule_read_enable(p, &p->rule->enabled);
}

static bool
read_threshold(struct parser *p)
{
	return rule_read_threshold(p, &p->rule->threshold);
}

static const char *
name_of_buffer(const void *names, size_t i)
{
	return i < NR_BUFFERS ? buffer_name((enum buffer)i)
			      : rule_name_of_array(names, i - NR_BUFFERS);
}

static bool
read_in(struct parser *p)
{
	static const char *const groups[] = { "any", "http", "llm", "mcp", NULL };

	do {
		uint32_t mask =
		    parser_token(p)->kind == TOKEN_WORD ? buffer_mask(parser_token(p)->text) : 0;

		if (mask == 0)
			return parser_fail_near(
			    p, parser_token(p)->text,
			    "expected the name of a buffer, such as http.body or any",
			    name_of_buffer, groups);
		p->rule->buffers |= mask;
		rule_lex_next(&p->lex);
	} while (parser_token(p)->kind == TOKEN_WORD);
	return true;
}

static struct rule_pattern *
new_pattern(struct parser *p)
{
	struct rule *r = p->rule;

	if (r->nr_patterns == RULE_MAX_PATTERNS) {
		parser_fail(p, "expected at most 16 match and find lines in a rule");
		return NULL;
	}

	struct rule_pattern *pattern = &r->patterns[r->nr_patterns++];

	pattern->file = p->lex.file;
	pattern->line = parser_token(p)->line;
	pattern->column = rule_lex_column(parser_token(p));
	pattern->line_text = rule_lex_line(&p->lex, parser_token(p));
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
			return parser_fail_at(p, flags.p + i,
					      "expected no other flags than i, m, s behind the "
					      "regex");
		}
	}
	return true;
}

static bool
read_text_or_regex(struct parser *p)
{
	struct rule_pattern *pattern = new_pattern(p);

	if (pattern == NULL)
		return false;
	if (parser_token(p)->kind == TOKEN_STRING) {
		struct span s = parser_token(p)->text;

		if (s.len < 2 || s.len > RULE_TEXT_MAX)
			return parser_fail(p, "expected a literal of 2 to 1024 bytes");
		pattern->kind = PATTERN_LITERAL;
		pattern->text = s;
		rule_lex_next(&p->lex);
		pattern->nocase = parser_take_word(p, "nocase");
		return true;
	}

	struct span flags;

	pattern->kind = PATTERN_REGEX;
	if (!rule_lex_regex(&p->lex, &pattern->text, &flags) ||
	    !read_regex_flags(p, pattern, flags))
		return false;
	if (pattern->text.len > RULE_TEXT_MAX || memchr(pattern->text.p, '\0', pattern->text.len))
		return parser_fail_at(p, pattern->text.p, "expected a regex of at most 1024 bytes");
	pattern->text.p =
	    (const uint8_t *)rule_text_copy(&p->list->memory, pattern->text.p, pattern->text.len);
	return pattern->text.p != NULL;
}

/* N..M */
static bool
read_range(struct parser *p, unsigned *min, unsigned *max)
{
	static const char expected[] = "expected a range such as 12..19, within 3..64";
	struct span s = parser_token(p)->text;
	size_t dots = 0;

	while (dots < s.len && s.p[dots] != '.')
		dots++;
	if (parser_token(p)->kind != TOKEN_WORD || s.len - dots < 3 || s.p[dots + 1] != '.' ||
	    !parser_number_of(span_of(s.p, dots), 3, 64, min) ||
	    !parser_number_of(span_of(s.p + dots + 2, s.len - dots - 2), *min, 64, max))
		return parser_fail(p, expected);
	rule_lex_next(&p->lex);
	return true;
}

static bool
read_finder(struct parser *p)
{
	struct rule_pattern *pattern = new_pattern(p);

	if (pattern == NULL)
		return false;
	if (parser_take_word(p, "iban")) {
		pattern->kind = PATTERN_IBAN;
		return true;
	}
	if (!parser_take_word(p, "digits"))
		return parser_fail(p, "expected 'digits N..M' or 'iban'");
	pattern->kind = PATTERN_DIGITS;
	if (!read_range(p, &pattern->min_digits, &pattern->max_digits))
		return false;
	if (!parser_take_word(p, "sep"))
		return true;
	pattern->mixed = parser_take_word(p, "mixed");

	struct span s = parser_token(p)->text;

	if (parser_token(p)->kind != TOKEN_STRING || s.len == 0 || s.len > 8)
		return parser_fail(p, "expected the separators in quotes, such as \" -\"");
	for (size_t i = 0; i < s.len; i++) {
		if (is_alnum(s.p[i]) || s.p[i] == '\n')
			return parser_fail(
			    p, "expected separators that are no letters, digits or newlines");
	}
	pattern->separators = s;
	rule_lex_next(&p->lex);
	return true;
}

/* Of one that is wrong nothing is kept. */
static bool
read_match(struct parser *p)
{
	unsigned before = p->rule->nr_patterns;
	bool good = read_text_or_regex(p);

	p->rule->nr_patterns = good ? p->rule->nr_patterns : before;
	return good;
}

static bool
read_find(struct parser *p)
{
	unsigned before = p->rule->nr_patterns;
	bool good = read_finder(p);

	p->rule->nr_patterns = good ? p->rule->nr_patterns : before;
	return good;
}

static const char *
name_of_validator(const void *names, size_t i)
{
	const struct validator *v = validator_at(i);

	(void)names; /* there is one table of them */
	return v == NULL ? NULL : v->name;
}

static bool
read_validate(struct parser *p)
{
	p->rule->validator =
	    parser_token(p)->kind == TOKEN_WORD ? validator_find(parser_token(p)->text) : NULL;
	if (p->rule->validator == NULL)
		return parser_fail_near(
		    p, parser_token(p)->text,
		    "expected the name of a validator: weir rules list --validators has them",
		    name_of_validator, NULL);
	p->rule->hides = true;
	rule_lex_next(&p->lex);
	return true;
}

static bool
read_within(struct parser *p, struct rule_words *w)
{
	w->within = WITHIN_DEFAULT;
	if (!parser_take_word(p, "within"))
		return true;
	if (!parser_take_number(p, 1, WITHIN_MAX, &w->within,
				"expected a number of words, 1 to 64"))
		return false;
	return parser_take_word(p, "words") || parser_fail(p, "expected 'words'");
}

static bool
add_word(struct parser *p, void *to, struct span word)
{
	return word_list_add(to, word) ||
	       parser_fail(p,
			   "expected at most 192 words of at most 47 bytes, one of several parts "
			   "being three");
}

/* { word "word" @list ... } */
static bool
read_words(struct parser *p, struct rule_words *w)
{
	bool good;

	if (w->list.words == NULL)
		w->list.words = rule_text_take(&p->list->memory, WORDS_MAX * sizeof(struct word));
	if (w->list.words == NULL)
		return parser_fail(p, "expected more memory");
	good = parser_read_list(p, add_word, &w->list);
	word_list_sort(&w->list);
	return good;
}

static bool
read_context(struct parser *p)
{
	struct rule_words *w = &p->rule->context;
	unsigned points = POINTS_DEFAULT;

	w->needed = parser_take_word(p, "needs") || w->needed;
	w->own = parser_take_word(p, "own") || w->own;

	struct span s = parser_token(p)->text;

	if (parser_token(p)->kind == TOKEN_WORD && s.p[0] == '+') {
		if (!parser_number_of(span_of(s.p + 1, s.len - 1), 1, POINTS_MAX, &points))
			return parser_fail(p, "expected points such as +20, 1 to 100");
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
	static const char *const names[] = { "none",  "bin6last4", "last4",  "iban",
					     "email", "phone",	   "prefix", NULL };
	int i = parser_choice(p, names);

	if (i < 0)
		return parser_fail_near(
		    p, parser_token(p)->text,
		    "expected a form: none bin6last4 last4 iban email phone prefix",
		    rule_name_of_array, names);
	p->rule->show = (enum show)i;
	p->rule->hides = true;
	rule_lex_next(&p->lex);
	if (p->rule->show != SHOW_PREFIX)
		return true;
	return parser_take_number(p, 1, 12, &p->rule->show_prefix,
				  "expected how many characters of the prefix, 1 to 12");
}

static bool
read_tags(struct parser *p)
{
	struct rule *r = p->rule;

	do {
		struct span s = parser_token(p)->text;

		if (parser_token(p)->kind != TOKEN_WORD || s.len > RULE_ID_MAX)
			return parser_fail(p, "expected a tag of at most 63 bytes, without quotes");
		if (parser_refuse_comma(p))
			return false;
		if (r->nr_tags == RULE_MAX_TAGS)
			return parser_fail(p, "expected at most 16 tags");
		r->tags[r->nr_tags++] = rule_text_copy(&p->list->memory, s.p, s.len);
		rule_lex_next(&p->lex);
	} while (parser_token(p)->kind == TOKEN_WORD);
	return true;
}

static bool
add_test(struct parser *p, void *to, struct span value)
{
	struct rule *r = to;
	const void *copy = rule_text_copy(&p->list->memory, value.p, value.len);

	if (r->nr_tests == RULE_MAX_TESTS)
		return parser_fail(p, "expected at most 128 test values");
	if (copy == NULL)
		return parser_fail(p, "expected more memory");
	r->tests[r->nr_tests++] = span_of(copy, value.len);
	return true;
}

static bool
read_tests(struct parser *p)
{
	return parser_read_list(p, add_test, p->rule);
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
read_generic(struct parser *p)
{
	p->rule->generic = true;
	return true;
}

static bool
read_rev(struct parser *p)
{
	return parser_take_number(p, 1, 99999, &p->rule->rev, "expected a revision, 1 to 99999");
}

static bool
read_sample(struct parser *p)
{
	struct rule *r = p->rule;

	if (r->nr_samples == RULE_MAX_SAMPLES)
		return parser_fail(p, "expected at most 32 samples");

	struct rule_sample *s = &r->samples[r->nr_samples];

	s->positive = parser_is_word(p, "+");
	if (!parser_take_word(p, "+") && !parser_take_word(p, "-"))
		return parser_fail(p, "expected + or - and a text in quotes");
	if (parser_token(p)->kind != TOKEN_STRING || parser_token(p)->text.len > RULE_TEXT_MAX)
		return parser_fail(p, "expected the sample in quotes, 1024 bytes at most");
	s->text = parser_token(p)->text;
	s->file = p->lex.file;
	s->line = parser_token(p)->line;
	s->column = rule_lex_column(parser_token(p));
	s->line_text = rule_lex_line(&p->lex, parser_token(p));
	r->nr_samples++;
	rule_lex_next(&p->lex);
	return true;
}

static const struct statement statements[] = {
	{ "title", read_title, false },
	{ "data_type", read_data_type, false },
	{ "class", read_data_type, false },
	{ "severity", read_severity, false },
	{ "in", read_in, true },
	{ "match", read_match, true },
	{ "find", read_find, true },
	{ "validate", read_validate, false },
	{ "bounded", read_bounded, false },
	{ "generic", read_generic, false },
	{ "context", read_context, false },
	{ "veto", read_veto, false },
	{ "show", read_show, false },
	{ "test_values", read_tests, true },
	{ "tags", read_tags, true },
	{ "weak", read_weak, false },
	{ "threshold", read_threshold, false },
	{ "enable", read_enable, false },
	{ "rev", read_rev, false },
	{ "sample", read_sample, true },
};

/* ------------------------------------------------------------------ rules */

static const char one_of_them[] =
    "expected a statement: title data_type severity in match find validate bounded generic context "
    "veto show test_values tags weak threshold enable rev sample";

/* What may repeat is read into room for the most there may be, and kept in no more than it needs.
 */
static struct rule *
new_rule(struct parser *p, const struct token *at)
{
	struct rule_text *m = &p->list->memory;
	struct rule *r = rule_text_take(m, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->patterns = p->room.patterns;
	r->tags = p->room.tags;
	r->tests = p->room.tests;
	r->samples = p->room.samples;
	memset(&p->room, 0, sizeof(p->room));
	r->severity = SEVERITY_MEDIUM;
	r->enabled = true;
	r->rev = 1;
	r->file = p->lex.file;
	r->line = at->line;
	r->column = rule_lex_column(at);
	r->line_text = rule_lex_line(&p->lex, at);
	return r;
}

static void *
keep_array(struct parser *p, const void *from, size_t bytes)
{
	void *to = rule_text_take(&p->list->memory, bytes);

	if (to != NULL && bytes != 0)
		memcpy(to, from, bytes);
	return to;
}

/* False without memory. */
static bool
keep_rule(struct parser *p)
{
	struct rule *r = p->rule;

	r->patterns = keep_array(p, r->patterns, r->nr_patterns * sizeof(r->patterns[0]));
	r->tags = keep_array(p, r->tags, r->nr_tags * sizeof(r->tags[0]));
	r->tests = keep_array(p, r->tests, r->nr_tests * sizeof(r->tests[0]));
	r->samples = keep_array(p, r->samples, r->nr_samples * sizeof(r->samples[0]));
	return r->patterns != NULL && r->tags != NULL && r->tests != NULL && r->samples != NULL;
}

static size_t
place_of(const struct rule_list *list, const char *id)
{
	size_t cap = 2 * (size_t)list->cap, at = 2166136261u;

	for (const char *c = id; *c != '\0'; c++)
		at = (at ^ (uint8_t)*c) * 16777619u;
	at %= cap;
	while (list->by_id[at] != NULL && strcmp(list->by_id[at]->id, id) != 0)
		at = (at + 1) % cap;
	return at;
}

struct rule *
rule_list_find(const struct rule_list *list, const char *id)
{
	return list->cap == 0 ? NULL : list->by_id[place_of(list, id)];
}

enum { NR_STATEMENTS = sizeof(statements) / sizeof(statements[0]) };

static bool
seen(const struct parser *p, bool (*read)(struct parser *p))
{
	return parser_seen(p, statements, NR_STATEMENTS, read);
}

/* What is there but wrong has been told. */
static void
check_rule(struct parser *p, bool sound)
{
	if (!seen(p, read_title))
		parser_rule_error(p, "expected a title in this rule");
	if (!seen(p, read_data_type))
		parser_rule_error(p, "expected a data_type in this rule");
	if (!seen(p, read_in))
		parser_rule_error(p, "expected 'in' with at least one buffer in this rule");
	if (!seen(p, read_match) && !seen(p, read_find))
		parser_rule_error(p, "expected 'match' or 'find' in this rule");
	if (sound)
		rule_check_finds(p);
}

static bool
list_grow(struct rule_list *list)
{
	unsigned cap = list->cap == 0 ? 64 : list->cap * 2;
	struct rule **more = cap > RULES_MAX ? NULL : realloc(list->rules, cap * sizeof(*more));

	if (more == NULL)
		return false;
	list->rules = more;
	free(list->by_id);
	list->by_id = calloc(2 * (size_t)cap, sizeof(list->by_id[0]));
	list->cap = list->by_id == NULL ? 0 : cap;
	for (unsigned i = 0; list->cap != 0 && i < list->nr; i++)
		list->by_id[place_of(list, list->rules[i]->id)] = list->rules[i];
	return list->cap != 0;
}

static bool
list_add(struct rule_list *list, struct rule *r)
{
	if (list->nr == list->cap && !list_grow(list))
		return false;
	list->by_id[place_of(list, r->id)] = r;
	list->rules[list->nr++] = r;
	return true;
}

static void
keep_broken(struct parser *p)
{
	if (!keep_rule(p))
		return;
	p->rule->next_broken = p->list->broken;
	p->list->broken = p->rule;
}

/* The other one may have come with an upgrade. */
static void
refuse_same_id(struct parser *p, const struct rule *other)
{
	char what[160];

	if (other == NULL)
		return;
	snprintf(what, sizeof(what), "expected an id that no other rule has: %s has it in line %u",
		 other->file, other->line);
	parser_rule_error(p, strlen(what) + 1 < sizeof(what)
				 ? what
				 : "expected an id that no other rule has");
}

static void
read_rule(struct parser *p)
{
	unsigned before = p->lex.nr_errors;

	p->rule = new_rule(p, parser_token(p));
	if (p->rule == NULL) {
		parser_fail(p, "expected more memory");
		parser_skip_statement(p, 0);
		return;
	}
	if (!parser_take_name(p, &p->rule->id,
			      "expected an id: lower case, digits, '_', '.', '-'")) {
		p->rule->id = "";
		while (parser_token(p)->kind != TOKEN_OPEN &&
		       parser_token(p)->kind != TOKEN_LINE_END &&
		       parser_token(p)->kind != TOKEN_END)
			rule_lex_next(&p->lex);
		p->lex.silent = false;
	} else {
		refuse_same_id(p, rule_list_find(p->list, p->rule->id));
	}
	if (parser_read_body(p, statements, NR_STATEMENTS, one_of_them, p->rule->line))
		check_rule(p, p->lex.nr_errors == before);
	p->lex.silent = false;
	if (p->lex.nr_errors != before)
		keep_broken(p);
	else if (!keep_rule(p) || !list_add(p->list, p->rule))
		parser_rule_error(p, "expected fewer rules");
}

/*
 * What is no item. What follows is part of the same mistake, up to one, or to what was meant as
 * one.
 */
static void
refuse_item(struct parser *p)
{
	parser_fail_near(p, parser_token(p)->text,
			 "expected 'rule ID {', or a list, include, override or suppress",
			 rule_name_of_array, parser_items);
	do {
		rule_lex_next(&p->lex);
		parser_skip_statement(p, 0);
		p->lex.silent = true;
		parser_skip_line_ends(p);
	} while (parser_token(p)->kind != TOKEN_END && !parser_is_item(p) &&
		 rule_near(parser_token(p)->text, rule_name_of_array, parser_items) == NULL);
	p->lex.silent = false;
}

static void
read_item(struct parser *p)
{
	static const struct {
		const char *word;
		void (*read)(struct parser *p);
	} items[] = { { "rule", read_rule },
		      { "list", rule_read_list },
		      { "include", rule_read_include },
		      { "override", rule_read_override },
		      { "suppress", rule_read_suppress } };

	p->lex.depth = 0;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		if (parser_take_word(p, items[i].word)) {
			items[i].read(p);
			return;
		}
	}
	refuse_item(p);
}

/* By its byte order mark. */
static bool
is_utf16(const uint8_t *text, size_t len)
{
	return len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

unsigned
rule_parse(struct rule_list *list, const char *file, const uint8_t *text, size_t len, FILE *errors)
{
	struct parser *p = calloc(1, sizeof(*p));
	const char *name = rule_text_copy(&list->memory, file, strlen(file));
	unsigned nr_errors = 1;

	if (is_utf16(text, len)) {
		rule_complain(errors, file, 1, 1, NULL, "expected text in UTF-8, this is UTF-16");
	} else if (p != NULL && name != NULL) {
		p->list = list;
		rule_lex_init(&p->lex, name, text, len, &list->memory, errors);
		for (parser_skip_line_ends(p); parser_token(p)->kind != TOKEN_END;
		     parser_skip_line_ends(p))
			read_item(p);
		nr_errors = p->lex.nr_errors;
	}
	free(p);
	return nr_errors;
}

void
rule_list_fini(struct rule_list *list)
{
	free(list->rules);
	free(list->by_id);
	rule_text_fini(&list->memory);
	*list = (struct rule_list) { 0 };
}
