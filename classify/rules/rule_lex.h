/*
 * A rule file as words, strings, braces and regular expressions, each with its place.
 *
 *   word      letters, digits and anything but blanks, quotes, braces and a leading '#'
 *   "string"  escapes \n \t \r \" \\ \xHH; ends on its line
 *   /regex/   any punctuation but '"', '{', '}', '#' delimits; raw, only \DELIMITER is known; flags
 * follow # comment to the end of the line, where a word could begin
 *
 * A byte order mark in front is passed over.
 */
#ifndef WEIR_RULE_LEX_H
#define WEIR_RULE_LEX_H

#include <stdbool.h>
#include <stdio.h>

#include "classify/rules/rule_text.h"
#include "classify/span.h"

enum token_kind { TOKEN_WORD, TOKEN_STRING, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_LINE_END, TOKEN_END };

struct token {
	enum token_kind kind;
	struct span text; /* of a string: unescaped */
	const uint8_t *at;
	unsigned line;
	const uint8_t *line_start;
};

struct rule_lex {
	const char *file; /* for errors */
	const uint8_t *p, *end;
	const uint8_t *line_start;
	unsigned line;
	struct token token; /* the current one */
	unsigned depth;	    /* of the braces it stands in; its own does not count */
	struct rule_text *memory;
	FILE *errors; /* may be NULL */
	unsigned nr_errors;
	bool silent; /* one error a statement is enough */
};

void rule_lex_init(struct rule_lex *l, const char *file, const uint8_t *text, size_t len,
		   struct rule_text *memory, FILE *errors);
/* Moves on to the next token. */
void rule_lex_next(struct rule_lex *l);
/* Moves on to the end of the line, whatever stands there. */
void rule_lex_skip_line(struct rule_lex *l);
/* Is the next thing behind the line ends a '{'? */
bool rule_lex_opens_below(const struct rule_lex *l);
/* Reads a regular expression where the current token begins, and its flags; false after an error.
 */
bool rule_lex_regex(struct rule_lex *l, struct span *regex, struct span *flags);
/* At the current token: "file:line:column: message", the line, and a caret below it. */
void rule_lex_error(struct rule_lex *l, const char *expected);

/* The line the token stands on as text of its own; NULL: no memory. */
const char *rule_lex_line(struct rule_lex *l, const struct token *t);
unsigned rule_lex_column(const struct token *t);
/*
 * Prints an error in the form above for a place that was kept. Of a long line it is the part around
 * the place; the caret counts cells of a terminal, the column bytes.
 */
void rule_complain(FILE *errors, const char *file, unsigned line, unsigned column,
		   const char *line_text, const char *what);

#endif
