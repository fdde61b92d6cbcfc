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
	enum sql_token_kind kind = s->state == NAME || sql_is_word(c) || c == '$' ? SQL_WORD
				   : is_operator(c)				  ? SQL_OPERATOR
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
	if (n > 1 && sql_is_word((uint8_t)s->out[n - 2]))
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

	if (word && (sql_is_word(c) || c == '$')) {
		put(s, c);
		return;
	}
	if (c == '\'' || c == '"' || c == '`') {
		open_quote(s, dialect, c);
		return;
	}
	s->state = PLAIN;
	if (sql_is_blank(c)) {
		s->blank = true;
	} else if (c == ';') {
		s->over = s->len != 0;
	} else if (is_digit(c)) {
		s->state = NUMBER;
		s->literal = SQL_NUMBER;
		s->number = (uint32_t)(c - '0');
	} else if (sql_is_word(c)) {
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
	} else if (sql_is_word(c) && c != '.' && c != '@' && s->tag_len < SQL_TAG_BYTES) {
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
		if (sql_is_word(c)) {
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
