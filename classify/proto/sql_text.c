#include "classify/proto/sql_text.h"

/* Where in the text the next byte stands. */
enum {
	PLAIN,	    /* between words */
	WORD,	    /* within a word: keyword, name, @variable, :parameter */
	NUMBER,	    /* within a literal that begins with a digit */
	STRING,	    /* within quotes */
	ESCAPED,    /* behind a backslash in it */
	STRING_END, /* behind a quote: doubled, it goes on */
	NAME,	    /* within quotes that make a name */
	DASH,	    /* behind - or / : a comment, perhaps */
	LINE,	    /* comment up to the end of the line */
	BLOCK,	    /* comment up to its end */
	BLOCK_STAR, /* behind a * in it */
	BLOCK_SLASH,
	DOLLAR, /* the tag of a dollar quote, perhaps */
	BODY,	/* behind it */
};

/* How far a string is a list of numbers. */
enum { NUMBERS_BEGIN, NUMBERS_FIRST, NUMBERS_MORE, NUMBERS_END, NUMBERS_NOT };

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(uint8_t c)
{
	return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || is_digit(c) || c == '_' ||
	       c == '.' || c == '@' || c >= 0x80;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

void
sql_text_init(struct sql_text *s)
{
	memset(s, 0, offsetof(struct sql_text, out));
}

/* ------------------------------------------------------------------ tokens */

static void
end_token(struct sql_text *s)
{
	if (s->word_len != 0)
		s->token(s->token_arg,
			 &(struct sql_token) { .kind = (enum sql_token_kind)s->word_kind,
					       .text = span_of(s->word, s->word_len) });
	s->word_len = 0;
}

static bool
is_operator(uint8_t c)
{
	return c != 0 && strchr("+-*/<>=~!@#%^&|", c) != NULL;
}

/* A byte of the text, with a blank before it or not. */
static void
token_byte(struct sql_text *s, uint8_t c, bool blank)
{
	enum sql_token_kind kind = s->state == NAME || is_word(c) || c == '$' ? SQL_WORD
				   : is_operator(c)			      ? SQL_OPERATOR
									      : SQL_PUNCTUATION;

	if (blank || kind != s->word_kind || kind == SQL_PUNCTUATION)
		end_token(s);
	s->word_kind = (uint8_t)kind;
	if (s->word_len < SQL_WORD_BYTES)
		s->word[s->word_len++] = (char)c;
}

static void
token_literal(struct sql_text *s)
{
	end_token(s);
	if (s->literal == SQL_STRING && s->numbers == NUMBERS_END)
		s->literal = SQL_NUMBERS;
	s->token(s->token_arg, &(struct sql_token) { .kind = (enum sql_token_kind)s->literal,
						     .number = s->number });
}

/* Of a string: [1, -2.5e3]. One number alone is none. */
static void
numbers_byte(struct sql_text *s, uint8_t c)
{
	switch (s->numbers) {
	case NUMBERS_BEGIN:
		s->numbers = c == '[' ? NUMBERS_FIRST : NUMBERS_NOT;
		break;
	case NUMBERS_FIRST:
	case NUMBERS_MORE:
		if (c == ',')
			s->numbers = NUMBERS_MORE;
		else if (c == ']' && s->numbers == NUMBERS_MORE)
			s->numbers = NUMBERS_END;
		else if (!is_digit(c) && c != ' ' && c != '.' && c != '-' && c != '+' && c != 'e' &&
			 c != 'E')
			s->numbers = NUMBERS_NOT;
		break;
	default:
		s->numbers = NUMBERS_NOT;
		break;
	}
}

static void
number_byte(struct sql_text *s, uint8_t c)
{
	if (!is_digit(c) || s->number > (UINT32_MAX - 9) / 10)
		s->number = UINT32_MAX;
	else
		s->number = s->number * 10 + (uint32_t)(c - '0');
}

/* ------------------------------------------------------------------ the text */

static bool
ends_in(const struct sql_text *s, const char *tail)
{
	size_t len = strlen(tail);

	return s->len >= len && memcmp(s->out + s->len - len, tail, len) == 0;
}

static void
put(struct sql_text *s, uint8_t c)
{
	if (s->token != NULL && c != '?')
		token_byte(s, c, s->blank);
	if (s->blank && s->len < SQL_TEXT_BYTES && s->len != 0)
		s->out[s->len++] = ' ';
	s->blank = false;
	if (s->len < SQL_TEXT_BYTES)
		s->out[s->len++] = (char)c;
}

/* One ? stands for a list of them, and one list for several. */
static void
put_literal(struct sql_text *s)
{
	if (s->token != NULL)
		token_literal(s);
	s->blank = s->blank && !ends_in(s, "(");
	if (ends_in(s, "?,"))
		s->len = (uint16_t)(s->len - 1);
	else
		put(s, '?');
	s->blank = false;
}

static void
put_closing(struct sql_text *s)
{
	s->blank = false;
	put(s, ')');
	if (ends_in(s, "(?), (?)"))
		s->len = (uint16_t)(s->len - 5);
	else if (ends_in(s, "(?),(?)"))
		s->len = (uint16_t)(s->len - 4);
}

/* X'..', B'..', N'..', E'..': the letter belongs to the string. */
static uint8_t
take_prefix(struct sql_text *s)
{
	size_t n = s->len;
	uint8_t c = n > 0 ? ascii_lower((uint8_t)s->out[n - 1]) : 0;

	if (s->state != WORD || (c != 'x' && c != 'b' && c != 'n' && c != 'e'))
		return 0;
	if (n > 1 && is_word((uint8_t)s->out[n - 2]))
		return 0;
	s->len = (uint16_t)(n - 1);
	s->word_len = 0;
	if (s->len > 0 && s->out[s->len - 1] == ' ') {
		s->len--;
		s->blank = true;
	}
	return c;
}

static void
open_quote(struct sql_text *s, enum sql_dialect dialect, uint8_t c)
{
	bool name = c == '`' || (c == '"' && dialect != SQL_MYSQL);

	s->backslash = !name && (take_prefix(s) == 'e' || dialect == SQL_MYSQL);
	s->mark = c;
	s->literal = SQL_STRING;
	s->numbers = NUMBERS_BEGIN;
	s->state = name ? NAME : STRING;
	if (name)
		put(s, c);
}

static void
plain(struct sql_text *s, enum sql_dialect dialect, uint8_t c)
{
	bool word = s->state == WORD;

	if (word && (is_word(c) || c == '$')) {
		put(s, c);
		return;
	}
	if (c == '\'' || c == '"' || c == '`') {
		open_quote(s, dialect, c);
		return;
	}
	s->state = PLAIN;
	if (is_blank(c)) {
		s->blank = true;
	} else if (c == ';') {
		s->over = s->len != 0;
	} else if (is_digit(c)) {
		s->state = NUMBER;
		s->literal = SQL_NUMBER;
		s->number = (uint32_t)(c - '0');
	} else if (is_word(c)) {
		put(s, c);
		s->state = WORD;
	} else if (c == '-' || c == '/') {
		s->mark = c;
		s->state = DASH;
	} else if (c == '#' && dialect == SQL_MYSQL) {
		s->state = LINE;
	} else if (c == '$') {
		s->tag_len = 0;
		s->state = DOLLAR;
	} else if (c == '?') {
		s->literal = SQL_PARAMETER;
		put_literal(s);
	} else if (c == ')') {
		put_closing(s);
	} else {
		if (c == ',')
			s->blank = false;
		put(s, c);
	}
}

static void
dash(struct sql_text *s, enum sql_dialect dialect, uint8_t c)
{
	if (s->mark == '-' && c == '-') {
		s->state = LINE;
	} else if (s->mark == '/' && c == '*') {
		s->depth = 1;
		s->state = BLOCK;
	} else {
		put(s, s->mark);
		s->state = PLAIN;
		plain(s, dialect, c);
	}
}

/* Comments hold comments in the standard and in PostgreSQL, not in MySQL. */
static void
comment(struct sql_text *s, enum sql_dialect dialect, uint8_t c)
{
	if (s->state == BLOCK_STAR && c == '/') {
		s->state = --s->depth == 0 ? PLAIN : BLOCK;
		s->blank = true;
	} else if (s->state == BLOCK_SLASH && c == '*' && dialect != SQL_MYSQL &&
		   s->depth < UINT8_MAX) {
		s->depth++;
		s->state = BLOCK;
	} else {
		s->state = c == '*' ? BLOCK_STAR : c == '/' ? BLOCK_SLASH : BLOCK;
	}
}

/* $1 is a parameter, $tag$ a quote, anything else a byte of its own. */
static void
dollar(struct sql_text *s, enum sql_dialect dialect, uint8_t c)
{
	if (c == '$') {
		s->tag_at = 0;
		s->mark = 0;
		s->literal = SQL_STRING;
		s->numbers = NUMBERS_NOT;
		s->state = BODY;
	} else if (s->tag_len == 0 && is_digit(c)) {
		s->literal = SQL_PARAMETER;
		s->state = NUMBER;
	} else if (is_word(c) && c != '.' && c != '@' && s->tag_len < SQL_TAG_BYTES) {
		s->tag[s->tag_len++] = c;
	} else {
		put(s, '$');
		for (unsigned i = 0; i < s->tag_len; i++)
			put(s, s->tag[i]);
		s->state = s->tag_len != 0 ? WORD : PLAIN;
		plain(s, dialect, c);
	}
}

/* mark is set while tag_at bytes of a closing $tag have gone by. */
static void
body(struct sql_text *s, uint8_t c)
{
	if (s->mark != 0 && s->tag_at < s->tag_len && c == s->tag[s->tag_at]) {
		s->tag_at++;
	} else if (s->mark != 0 && s->tag_at == s->tag_len && c == '$') {
		put_literal(s);
		s->state = PLAIN;
	} else {
		s->mark = c == '$';
		s->tag_at = 0;
	}
}

static void
byte(struct sql_text *s, enum sql_dialect dialect, uint8_t c)
{
	switch (s->state) {
	case NUMBER:
		if (is_word(c)) {
			number_byte(s, c);
			break;
		}
		put_literal(s);
		s->state = PLAIN;
		plain(s, dialect, c);
		break;
	case STRING:
		if (c == s->mark)
			s->state = STRING_END;
		else if (c == '\\' && s->backslash)
			s->state = ESCAPED;
		else
			numbers_byte(s, c);
		break;
	case ESCAPED:
		s->numbers = NUMBERS_NOT;
		s->state = STRING;
		break;
	case STRING_END:
		if (c == s->mark) {
			s->numbers = NUMBERS_NOT;
			s->state = STRING;
			break;
		}
		put_literal(s);
		s->state = PLAIN;
		plain(s, dialect, c);
		break;
	case NAME:
		put(s, c);
		if (c == s->mark)
			s->state = PLAIN;
		break;
	case DASH:
		dash(s, dialect, c);
		break;
	case LINE:
		if (c == '\n') {
			s->state = PLAIN;
			s->blank = true;
		}
		break;
	case BLOCK:
	case BLOCK_STAR:
	case BLOCK_SLASH:
		comment(s, dialect, c);
		break;
	case DOLLAR:
		dollar(s, dialect, c);
		break;
	case BODY:
		body(s, c);
		break;
	default:
		plain(s, dialect, c);
		break;
	}
}

size_t
sql_text_push(struct sql_text *s, enum sql_dialect dialect, const uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len && !s->over)
		byte(s, dialect, data[at++]);
	return at;
}

void
sql_text_end(struct sql_text *s)
{
	if (s->state == NUMBER || (s->state >= STRING && s->state <= STRING_END) ||
	    s->state == BODY)
		put_literal(s);
	if (s->token != NULL)
		end_token(s);
	s->state = PLAIN;
	s->over = true;
}

struct span
sql_text_so_far(const struct sql_text *s)
{
	size_t len = s->len;

	if (len < SQL_TEXT_BYTES)
		return span_of(s->out, len);
	len -= SQL_CUT_BACK;
	while (len > 0 && s->out[len - 1] != ' ')
		len--;
	return span_of(s->out, len == 0 ? 0 : len - 1);
}

/* ------------------------------------------------------------------ what it does */

static const struct verb {
	const char *word;
	enum db_class class;
} verbs[] = {
	{ "select", DB_READ },
	{ "insert", DB_WRITE },
	{ "update", DB_WRITE },
	{ "delete", DB_WRITE },
	{ "begin", DB_TRANSACTION },
	{ "commit", DB_TRANSACTION },
	{ "rollback", DB_TRANSACTION },
	{ "start", DB_TRANSACTION },
	{ "savepoint", DB_TRANSACTION },
	{ "release", DB_TRANSACTION },
	{ "abort", DB_TRANSACTION },
	{ "end", DB_TRANSACTION },
	{ "merge", DB_WRITE },
	{ "replace", DB_WRITE },
	{ "upsert", DB_WRITE },
	{ "copy", DB_READ },
	{ "load", DB_WRITE },
	{ "truncate", DB_WRITE },
	{ "show", DB_READ },
	{ "describe", DB_READ },
	{ "desc", DB_READ },
	{ "values", DB_READ },
	{ "table", DB_READ },
	{ "fetch", DB_READ },
	{ "explain", DB_READ },
	{ "list", DB_READ },
	{ "create", DB_SCHEMA },
	{ "alter", DB_SCHEMA },
	{ "drop", DB_SCHEMA },
	{ "rename", DB_SCHEMA },
	{ "comment", DB_SCHEMA },
	{ "reindex", DB_SCHEMA },
	{ "grant", DB_ADMIN },
	{ "revoke", DB_ADMIN },
	{ "set", DB_ADMIN },
	{ "reset", DB_ADMIN },
	{ "vacuum", DB_ADMIN },
	{ "analyze", DB_ADMIN },
	{ "kill", DB_ADMIN },
	{ "flush", DB_ADMIN },
	{ "lock", DB_ADMIN },
	{ "discard", DB_ADMIN },
	{ "apply", DB_TRANSACTION },
};

/* The next word, in quotes or not; dots join names. Empty at the end. */
static struct span
next_word(struct span *s)
{
	size_t at = 0, n;
	uint8_t quote = 0;

	while (at < s->len && !is_word(s->p[at]) && s->p[at] != '"' && s->p[at] != '`')
		at++;
	n = at;
	while (n < s->len) {
		uint8_t c = s->p[n];

		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '`')
			quote = c;
		else if (!is_word(c) && c != '$')
			break;
		n++;
	}
	struct span word = span_of(s->p + at, n - at);

	*s = span_of(s->p + n, s->len - n);
	return word;
}

static struct span
unquoted(struct span w)
{
	if (w.len >= 2 && (w.p[0] == '"' || w.p[0] == '`') && w.p[w.len - 1] == w.p[0] &&
	    memchr(w.p + 1, w.p[0], w.len - 2) == NULL)
		return span_of(w.p + 1, w.len - 2);
	return w;
}

static bool
is_any(struct span w, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (span_is_nocase(w, *words))
			return true;
	}
	return false;
}

/* The name behind the first of these words, whatever fills the place between. */
static struct span
name_behind(struct span text, const char *const *words)
{
	static const char *const filler[] = { "if",    "not",	  "exists", "only",
					      "table", "ignore",  "into",   "from",
					      "local", "lateral", NULL };
	struct span w = next_word(&text);

	while (w.len != 0 && !is_any(w, words))
		w = next_word(&text);
	while (w.len != 0) {
		/* FROM (SELECT ...: the inner one's table is what counts. */
		w = next_word(&text);
		if (span_is_nocase(w, "select"))
			return name_behind(text, words);
		if (!is_any(w, filler))
			break;
	}
	return unquoted(w);
}

static enum db_class
class_of(struct span verb)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (span_is_nocase(verb, verbs[i].word))
			return verbs[i].class;
	}
	return DB_OTHER;
}

/* WITH x AS (...) SELECT: the verb that stands outside of all brackets. */
static struct span
outer_verb(struct span text, struct span *behind)
{
	static const char *const words[] = { "select", "insert", "update", "delete",
					     "merge",  "values", NULL };
	unsigned depth = 0;

	while (text.len != 0) {
		if (depth == 0 && (is_word(text.p[0]) || text.p[0] == '"')) {
			struct span w = next_word(&text);

			if (is_any(w, words)) {
				*behind = text;
				return w;
			}
			continue;
		}
		depth += text.p[0] == '(';
		depth -= text.p[0] == ')' && depth > 0;
		text = span_of(text.p + 1, text.len - 1);
	}
	*behind = text;
	return text;
}

static enum db_class
classify_schema(struct span rest, struct span *target)
{
	static const char *const accounts[] = { "user", "role", "group", "database", NULL };
	static const char *const on[] = { "on", NULL };
	static const char *const things[] = { "table",	      "view",	  "schema", "database",
					      "keyspace",     "sequence", "type",   "function",
					      "columnfamily", NULL };
	struct span look = rest, kind = next_word(&look);

	while (kind.len != 0 &&
	       (span_is_nocase(kind, "unique") || span_is_nocase(kind, "or") ||
		span_is_nocase(kind, "replace") || span_is_nocase(kind, "temporary") ||
		span_is_nocase(kind, "temp") || span_is_nocase(kind, "unlogged")))
		kind = next_word(&look);
	*target = span_is_nocase(kind, "index") ? name_behind(rest, on) : name_behind(rest, things);
	return is_any(kind, accounts) && !span_is_nocase(kind, "database") ? DB_ADMIN : DB_SCHEMA;
}

enum db_class
sql_classify(struct span text, struct span *target)
{
	static const char *const from[] = { "from", NULL };
	static const char *const into[] = { "into", "from", NULL };
	static const char *const table[] = { "table", "on", NULL };
	struct span whole = text, verb = next_word(&text), look;
	enum db_class class;

	*target = span_of(NULL, 0);
	if (span_is_nocase(verb, "with"))
		verb = outer_verb(text, &text);
	class = class_of(verb);
	if (span_is_nocase(verb, "explain")) {
		sql_classify(text, target);
		return DB_READ;
	}
	switch (class) {
	case DB_READ:
		*target = name_behind(text, from);
		if (!span_is_nocase(verb, "copy"))
			break;
		look = text;
		*target = unquoted(next_word(&look));
		for (struct span w = next_word(&look); w.len != 0; w = next_word(&look)) {
			if (span_is_nocase(w, "from"))
				return DB_WRITE;
		}
		break;
	case DB_WRITE:
		if (span_is_nocase(verb, "update") || span_is_nocase(verb, "truncate"))
			/* The verb itself is what the name stands behind. */
			*target = name_behind(whole,
					      (const char *const[]) { "update", "truncate", NULL });
		else
			*target = name_behind(text, into);
		break;
	case DB_SCHEMA:
		return classify_schema(text, target);
	case DB_ADMIN:
		*target = name_behind(text, table);
		break;
	default:
		break;
	}
	return class;
}

bool
sql_begins(struct span text)
{
	struct span word;

	while (text.len > 0 && (is_blank(text.p[0]) || text.p[0] == '('))
		text = span_of(text.p + 1, text.len - 1);
	if (text.len == 0 || !is_word(text.p[0]))
		return false;
	word = next_word(&text);
	return class_of(word) != DB_OTHER &&
	       (text.len == 0 || is_blank(text.p[0]) || text.p[0] == ';' || text.p[0] == '(' ||
		text.p[0] == '*');
}
