/*
 * The text of a statement (SQL, CQL) with a ? for every literal. What it does: sql_class.h.
 *
 *   INSERT INTO pay (card, n) VALUES ('4111...', 7), ('5500...', 8)
 *   INSERT INTO pay (card, n) VALUES (?)
 *
 * Strings, numbers, dollar quotes and parameters become ?, comments vanish, blanks and lists of
 * literals shrink to one. Any split of the input gives the same text. Of long statements the first
 * SQL_TEXT_BYTES of it are kept, but the end is still found, and so is each `;` between two.
 *
 * Whoever wants to know more of a statement than its text, also behind what is kept of it, sets
 * `token` and is told each word, operator and literal as it ends.
 *
 * Dialects differ in what quotes mean: in MySQL "x" is a string and \ escapes, elsewhere "x" is a
 * name and \ is only a byte but in E'x' of PostgreSQL. Modes that a server was set to
 * (ANSI_QUOTES, NO_BACKSLASH_ESCAPES, standard_conforming_strings off) are not known.
 */
#ifndef WEIR_SQL_TEXT_H
#define WEIR_SQL_TEXT_H

#include "classify/proto/db_event.h"

#define SQL_TEXT_BYTES 512u
#define SQL_TAG_BYTES  16u
#define SQL_CUT_BACK   128u
#define SQL_WORD_BYTES 48u

enum sql_dialect { SQL_STANDARD, SQL_MYSQL };

enum sql_token_kind {
	SQL_WORD,     /* keyword, number of names joined by dots, each perhaps in quotes */
	SQL_OPERATOR, /* a run of its characters */
	SQL_PUNCTUATION,
	SQL_PARAMETER,
	SQL_NUMBER,
	SQL_STRING,
	SQL_NUMBERS, /* a string that is a list of numbers in square brackets */
};

struct sql_token {
	enum sql_token_kind kind;
	struct span text; /* of the first three, its first SQL_WORD_BYTES bytes; borrowed */
	uint32_t number;  /* of a whole one, UINT32_MAX of another */
};

typedef void sql_token_fn(void *arg, const struct sql_token *t);

struct sql_text {
	sql_token_fn *token; /* set behind sql_text_init, or NULL */
	void *token_arg;
	uint32_t number;
	uint8_t literal;  /* enum sql_token_kind of the literal at hand */
	uint8_t numbers;  /* how far it is a list of numbers */
	uint8_t word_len; /* of the token at hand, which may be longer than what is kept */
	uint8_t word_kind;
	char word[SQL_WORD_BYTES];
	uint16_t len;
	uint8_t state;
	uint8_t mark;	/* the quote, or the byte before */
	uint8_t depth;	/* of comments within comments */
	bool backslash; /* escapes in the string at hand */
	bool blank;	/* one is owed before the next word */
	bool over;	/* a `;` has ended it */
	uint8_t tag_len, tag_at;
	uint8_t tag[SQL_TAG_BYTES]; /* of a dollar quote */
	char out[SQL_TEXT_BYTES];
};

void sql_text_init(struct sql_text *s);

/* Returns how many bytes were taken: all, or up to the `;` that ends the statement (over is set).
 */
size_t sql_text_push(struct sql_text *s, enum sql_dialect dialect, const uint8_t *data, size_t len);

/* Its last byte has come; what it was in the middle of is a literal. */
void sql_text_end(struct sql_text *s);

/*
 * The text so far, without a blank at its end. One that was cut also loses its last SQL_CUT_BACK
 * bytes, and the rest of the word there: a name could be half of a value.
 */
struct span sql_text_so_far(const struct sql_text *s);

/* Of a keyword, a name, names joined by dots, a @variable. */
static inline bool
sql_is_word(uint8_t c)
{
	return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '@' || c >= 0x80;
}

static inline bool
sql_is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

#endif
