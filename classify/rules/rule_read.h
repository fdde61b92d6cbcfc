/*
 * What the readers of rule files share: the parser at its current token, and how words, numbers
 * and texts are taken from it. Not for anyone else.
 *
 * A reader returns false after it told an error; the statement's rest is then skipped.
 */
#ifndef WEIR_RULE_READ_H
#define WEIR_RULE_READ_H

#include "classify/rules/rule_lex.h"
#include "classify/rules/rule_near.h"
#include "classify/rules/rule_parse.h"

struct parser {
	struct rule_lex lex;
	struct rule_list *list;
	/* What is being read. */
	struct rule *rule;
	struct rule_override *override;
	struct rule_suppression *suppression;
	/* Statements of the body, by the first with the same reader; also wrong ones. */
	uint32_t seen;
	uint32_t meant; /* those that a word was near to */
	struct {
		struct rule_pattern patterns[RULE_MAX_PATTERNS];
		const char *tags[RULE_MAX_TAGS];
		struct span tests[RULE_MAX_TESTS];
		struct rule_sample samples[RULE_MAX_SAMPLES];
	} room; /* for the rule's */
};

/* A statement and its reader, called behind its name; once, unless it may be said again. */
struct statement {
	const char *name;
	bool (*read)(struct parser *p);
	bool again;
};

/* Tells what was expected at the current token; false. */
bool parser_fail(struct parser *p, const char *expected);
/* The same, of a place in front of it on its line. */
bool parser_fail_at(struct parser *p, const uint8_t *at, const char *expected);
/* The same; the name that the word is near to is told instead of what expected lists. */
bool parser_fail_near(struct parser *p, struct span word, const char *expected, rule_name_fn *name,
		      const void *names);

/* Tells it where the rule begins: it is about the whole of it. */
void parser_rule_error(struct parser *p, const char *what);

static inline const struct token *
parser_token(const struct parser *p)
{
	return &p->lex.token;
}

bool parser_is_word(const struct parser *p, const char *word);
/* True, and on to the next token, when it is that word. */
bool parser_take_word(struct parser *p, const char *word);
/* A decimal number within [min, max] out of a piece of text. */
bool parser_number_of(struct span s, unsigned min, unsigned max, unsigned *out);
bool parser_take_number(struct parser *p, unsigned min, unsigned max, unsigned *out,
			const char *expected);
/* A string of 1 to max bytes; lives as long as the list. */
bool parser_take_text(struct parser *p, size_t max, const char **out, const char *expected);
/* Lower case, digits, '_', '-' and '.'; not '.' at the ends. */
bool parser_take_name(struct parser *p, const char **out, const char *expected);
/* The position of the current word in a list of names that NULL ends, or -1. */
int parser_choice(const struct parser *p, const char *const *names);

void parser_skip_line_ends(struct parser *p);
/*
 * To the end of a statement of which an error was told, in a body of that depth: also over the
 * lines of a list, not over the brace that ends the body.
 */
void parser_skip_statement(struct parser *p, unsigned depth);
/*
 * '{', statements of the table (32 at most), '}'. expected lists them all; line: where it began.
 * False when it has no beginning or no end: what is missing in it is then of no interest.
 */
bool parser_read_body(struct parser *p, const struct statement *statements, size_t nr,
		      const char *expected, unsigned line);
/* Was one with that reader there, or a word that was meant to be it? */
bool parser_seen(const struct parser *p, const struct statement *statements, size_t nr,
		 bool (*read)(struct parser *p));
/* "rule" and what else stands outside of bodies; NULL behind the last. */
extern const char *const parser_items[];
bool parser_is_item(const struct parser *p);

/* '{', words, strings and @LIST, each given to add, '}'. */
typedef bool parser_add_fn(struct parser *p, void *to, struct span word);
bool parser_read_list(struct parser *p, parser_add_fn *add, void *to);
/* Whether a word ends in a comma, which is then told. */
bool parser_refuse_comma(struct parser *p);

/* A rule that cannot find anything is a mistake; rule_check.c. */
void rule_check_finds(struct parser *p);

/* Statements that rules and overrides have in common; rule_policy.c. */
bool rule_read_severity(struct parser *p, enum severity *out);
bool rule_read_enable(struct parser *p, bool *out);
bool rule_read_threshold(struct parser *p, struct rule_threshold *out);

/* Is the current token @NAME? */
bool rule_is_reference(const struct parser *p);
/* The list that it names. NULL, told: there is none. For parser_read_list. */
const struct rule_named_list *rule_read_reference(struct parser *p);

/* "list", "include", "override", "suppress": behind the word. */
void rule_read_list(struct parser *p);
void rule_read_include(struct parser *p);
void rule_read_override(struct parser *p);
void rule_read_suppress(struct parser *p);

#endif
