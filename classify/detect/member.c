/* A key is looked at where it ends; what it holds goes on up to a comma or a bracket that closes.
 */
#include "classify/detect/member.h"

#include "classify/detect/columns.h"

enum {
	KEY_REST = 40,	 /* bytes of a key behind a word of it: "phone number (home)" */
	LONG_NUMBER = 9, /* digits; a date has eight */
};

/* Quotes as they are, or behind the backslash of a text within a text. */
static const uint8_t *
skip_quotes(const uint8_t *p, const uint8_t *end)
{
	while (p < end && is_among(*p, "\"'`\\"))
		p++;
	return p;
}

static const uint8_t *
skip_blanks(const uint8_t *p, const uint8_t *end)
{
	while (p < end && is_among(*p, " \t\r\n"))
		p++;
	return p;
}

/* Behind the colon of the key in quotes that the word ends, or goes on to the end of; else NULL. */
static const uint8_t *
behind_colon(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *last = end - p > KEY_REST ? p + KEY_REST : end, *closed;

	while (p < last && (is_alnum(*p) || *p >= 0x80 || is_among(*p, " _-./()")))
		p++;
	closed = skip_quotes(p, end);
	if (closed == p)
		return NULL;
	p = skip_blanks(closed, end);
	return p < end && *p == ':' ? p + 1 : NULL;
}

/* The same for '=', also of user[phone]= and [phone] =>. */
static const uint8_t *
behind_equals(const uint8_t *p, const uint8_t *end)
{
	p = skip_quotes(p, end);
	if (p < end && *p == ']')
		p++;
	p = skip_blanks(p, end);
	return p < end && *p == '=' && (p + 1 == end || p[1] != '=') ? p + 1 : NULL;
}

/* What a key holds begins at p: does it go on up to the value? */
static bool
holds(const uint8_t *p, const uint8_t *value)
{
	unsigned depth = 0;
	uint8_t quote = 0;

	for (; p < value; p++) {
		if (quote != 0) {
			quote = *p == quote ? 0 : quote;
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (depth == 0 && is_among(*p, ",}]")) {
			return false;
		} else if (*p == '}' || *p == ']') {
			depth--;
		}
	}
	return true;
}

/* Where the '=' stands that gives the value its key; NULL: it has none of this kind. */
static const uint8_t *
own_equals(const struct value *v)
{
	const uint8_t *p = v->window + v->start;

	while (p > v->window && is_among(p[-1], " \t\"'`\\>+(["))
		p--;
	return p > v->window && p[-1] == '=' ? p - 1 : NULL;
}

/* ------------------------------------------------------------------ elements */

/* Where the tag begins whose name the word is, behind a prefix or none; NULL: it is no such name.
 */
static const uint8_t *
tag_of(const struct value *v, const uint8_t *word)
{
	const uint8_t *p = word;

	if (p > v->window && p[-1] == ':') {
		for (p--; p > v->window && (is_alnum(p[-1]) || is_among(p[-1], "-_.")); p--)
			;
	}
	if (p > v->window && p[-1] == '/')
		p--;
	return p > v->window && p[-1] == '<' ? p - 1 : NULL;
}

static bool
is_end_tag(const uint8_t *tag)
{
	return tag[1] == '/';
}

/* The element whose tag begins with <name is over before the value: <name/>, or </name follows. */
static bool
is_over(const uint8_t *tag, const uint8_t *name_end, const uint8_t *value)
{
	const uint8_t *p = memchr(name_end, '>', (size_t)(value - name_end));
	size_t len = (size_t)(name_end - tag) - 1;

	if (p == NULL)
		return false;
	if (p[-1] == '/')
		return true;
	for (; (size_t)(value - p) > len + 2; p++) {
		if (p[0] == '<' && p[1] == '/' && memcmp(p + 2, tag + 1, len) == 0 &&
		    p[len + 2] == '>')
			return true;
	}
	return false;
}

static bool
is_of_other_element(const struct value *v, struct span word, const uint8_t *tag, bool right)
{
	const uint8_t *value = v->window + v->start, *end = word.p + word.len;

	if (is_end_tag(tag))
		return !right;
	return right || is_over(tag, end, value);
}

/* ------------------------------------------------------------------ lines */

/* A line of YAML, or one like it. */
struct line {
	const uint8_t *begin, *text; /* behind the blanks it begins with */
	const uint8_t *key;	     /* behind the dashes of lists; NULL: it has none */
	const uint8_t *colon;
};

static bool
is_dash(const uint8_t *p, const uint8_t *end)
{
	return end - p >= 2 && p[0] == '-' && p[1] == ' ';
}

/* TEL;TYPE=CELL: of a card or a calendar: capitals, and what goes with them; NULL: it is no key. */
static const uint8_t *
capitals_end(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *key = p;

	while (p < end && ((*p >= 'A' && *p <= 'Z') || *p == '-'))
		p++;
	if (p - key < 2)
		return NULL;
	if (p < end && *p == ';') {
		while (p < end && p - key < KEY_REST && !is_among(*p, ":\r\n"))
			p++;
	}
	return p < end && *p == ':' ? p : NULL;
}

/* The colon behind the key at p; NULL: there is no key. */
static const uint8_t *
key_end(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *key = p;

	while (p < end && (is_alnum(*p) || *p >= 0x80 || is_among(*p, "_-./$")))
		p++;
	if (p > key && p < end && *p == ':' && (end - p == 1 || is_among(p[1], " \r\n")))
		return p;
	return capitals_end(key, end);
}

/* The line that p is in; false when its beginning is out of sight. */
static bool
find_line(const struct value *v, const uint8_t *p, struct line *line)
{
	const uint8_t *end = v->window + v->len;

	while (p > v->window && !is_among(p[-1], "\n\x1d\x1e"))
		p--;
	if (p == v->window && v->cut)
		return false;
	line->begin = p;
	while (p < end && *p == ' ')
		p++;
	line->text = p;
	for (; is_dash(p, end); p = p + 2) {
		while (end - p > 2 && p[2] == ' ')
			p++;
	}
	line->key = p;
	line->colon = key_end(p, end);
	if (line->colon == NULL)
		line->key = NULL;
	return true;
}

/* Its value is in lines of its own, farther to the right, or of a list: does it go on up to at? */
static bool
holds_lines(const struct line *key, const uint8_t *at)
{
	ptrdiff_t column = key->key - key->begin;
	const uint8_t *p = memchr(key->colon, '\n', (size_t)(at - key->colon));

	while (p != NULL) {
		const uint8_t *begin = p + 1, *text = begin;

		while (text < at && *text == ' ')
			text++;
		if (!is_among(*text, "\r\n#") && text - begin <= column &&
		    (text - begin < column || !is_dash(text, at)))
			return false;
		p = memchr(text, '\n', (size_t)(at - text));
	}
	return true;
}

/* "Phone:", and what is meant below. */
static bool
is_heading(const struct line *key, const uint8_t *end)
{
	const uint8_t *p = key->colon + 1;

	while (p < end && is_among(*p, " \r"))
		p++;
	return *key->key >= 'A' && *key->key <= 'Z' && p < end && *p == '\n';
}

/* Nothing but the dash of a list, and a quote, is in front of the value. */
static bool
is_item(const struct line *line, const uint8_t *value)
{
	return is_dash(line->text, value) &&
	       skip_quotes(skip_blanks(line->text + 1, value), value) == value;
}

/* Behind the colon of the word's line, when the word is of the key there and the value's line has
 * another; else NULL. */
static const uint8_t *
behind_other_key(const struct value *v, struct span word)
{
	const uint8_t *value = v->window + v->start;
	struct line own, other;

	if (!find_line(v, value, &own) || !find_line(v, word.p, &other) || other.key == NULL ||
	    other.begin == own.begin || word.p < other.key || word.p >= other.colon)
		return NULL;
	if ((own.key == NULL || own.colon >= value) && !is_item(&own, value))
		return NULL;
	if (other.begin < own.begin && (holds_lines(&other, value) || is_heading(&other, value)))
		return NULL;
	return other.colon + 1;
}

/* ------------------------------------------------------------------ any */

static bool
crosses_text_end(const uint8_t *from, const uint8_t *to)
{
	return from < to && memchr(from, VALUE_TEXT_END, (size_t)(to - from)) != NULL;
}

/* What the key of another member holds, from p on, is of another kind than the key's word. */
static enum member
other_of(const uint8_t *p, const uint8_t *end)
{
	unsigned digits = 0;

	p = skip_blanks(p, end);
	if (p < end && *p == '[')
		return MEMBER_OTHER_VOID;
	p = skip_quotes(p, end);
	if (end - p >= 5 && memcmp(p, "false", 5) == 0)
		return MEMBER_OTHER_VOID;
	while (p < end && is_digit(*p++))
		digits++;
	return digits >= LONG_NUMBER ? MEMBER_OTHER_VOID : MEMBER_OTHER;
}

static bool
is_inside(struct span s, const uint8_t *p)
{
	return p >= s.p && p < s.p + s.len;
}

/* Of a list of columns the value's own head speaks for it, and no other. */
static bool
is_of_other_column(const struct value *v, struct span word)
{
	struct span list, head;

	return column_list(v, &list) && is_inside(list, word.p) &&
	       !(column_head(v, &head) && is_inside(head, word.p));
}

enum member
member_of(const struct value *v, struct span word)
{
	const uint8_t *value = v->window + v->start, *end = word.p + word.len;
	bool right = word.p >= v->window + v->end;
	const uint8_t *limit = right ? v->window + v->len : value;
	const uint8_t *held = behind_colon(end, limit), *tag, *own;

	if (right ? crosses_text_end(v->window + v->end, word.p) : crosses_text_end(end, value))
		return MEMBER_OWN;
	if (held != NULL)
		return right || !holds(held, value) ? other_of(held, limit) : MEMBER_OWN;
	tag = tag_of(v, word.p);
	if (tag != NULL)
		return is_of_other_element(v, word, tag, right) ? MEMBER_OTHER : MEMBER_OWN;
	held = behind_other_key(v, word);
	if (held != NULL)
		return other_of(held, limit);
	if (!right && is_of_other_column(v, word))
		return MEMBER_OTHER;
	own = own_equals(v);
	held = own == NULL ? NULL : behind_equals(end, limit);
	if (held == NULL || held == own + 1)
		return MEMBER_OWN;
	return other_of(held, limit);
}
