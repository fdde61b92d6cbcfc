#include "classify/detect/field.h"

#include "classify/detect/validators.h"

enum {
	NAME_MAX = 64,
	USER_REACH = 160, /* how far before the name a user's name may stand */
	TAG_MAX = 40,
};

/* ------------------------------------------------------------------ name */

static bool
is_quote(uint8_t c)
{
	return c == '"' || c == '\'' || c == '`';
}

static bool
is_name_byte(uint8_t c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '$';
}

/* define('DB_PASSWORD', IDENTIFIED BY, --password, mot de passe begin before the name, or have
 * none.
 */
static size_t
skip_statement(const struct field *f, size_t at)
{
	while (at < f->len && f->w[at] == '-')
		at++;

	struct span word = span_of(f->w + at, f->len - at);

	if (word.len > 6 && span_is_nocase(span_of(word.p, 6), "define")) {
		while (at < f->len && !is_quote(f->w[at]))
			at++;
		while (at < f->len &&
		       !span_is_nocase(span_of(f->w + at, f->len - at < 4 ? 0 : 4), "pass"))
			at++;
	} else if (word.len > 7 && span_is_nocase(span_of(word.p, 7), "mot de ")) {
		at += 7;
	} else if (word.len > 11 && span_is_nocase(span_of(word.p, 11), "identified ")) {
		for (at += 10;
		     at + 4 < f->len && !(f->w[at] <= ' ' && f->w[at + 3] <= ' ' &&
					  span_is_nocase(span_of(f->w + at + 1, 2), "by"));
		     at++)
			;
		at++;
	}
	return at;
}

/* api_key, API-KEY */
static bool
joins_name(const struct field *f, size_t at)
{
	return (f->w[at] == '_' || f->w[at] == '-') && at > 0 && is_alnum(f->w[at - 1]) &&
	       at + 1 < f->len && is_alnum(f->w[at + 1]);
}

static void
find_name(struct field *f, size_t start)
{
	f->key = f->key_end = f->name = skip_statement(f, start);
	while (f->key_end < f->len && (is_alnum(f->w[f->key_end]) || f->w[f->key_end] >= 0x80 ||
				       joins_name(f, f->key_end)))
		f->key_end++;
	while (f->name > 0 && f->key - f->name < NAME_MAX && is_name_byte(f->w[f->name - 1]))
		f->name--;
}

/* ------------------------------------------------------------------ value */

/* The name's closing quote and bracket, and marks such as the ** of Markdown. */
static size_t
skip_name_end(const struct field *f)
{
	size_t i = f->key_end;

	while (i < f->len && f->w[i] == '\\')
		i++;
	for (unsigned n = 0; n < 2 && i < f->len && is_quote(f->w[i]); n++)
		i++;
	if (i < f->len && f->w[i] == ']') /* user[password]= */
		i++;
	while (i < f->len && (f->w[i] == '*' || f->w[i] <= ' '))
		i++;
	return i;
}

/*
 * A quote ends the text unless it goes on in the next byte: of JSON the escapes are undone before,
 * so that "p\"ss" comes as "p"ss". Doubled quotes and escaped ones end as they began.
 */
static bool
find_quoted(struct field *f)
{
	const uint8_t *w = f->w;
	uint8_t quote = w[f->from];
	bool escaped = f->from > 0 && w[f->from - 1] == '\\';
	bool twice = f->from + 1 < f->len && w[f->from + 1] == quote;

	f->notation = FIELD_QUOTED;
	f->from += twice ? 2u : 1u;
	for (f->to = f->from; f->to < f->len && w[f->to] >= ' '; f->to++) {
		if (w[f->to] != quote)
			continue;
		if (twice)
			return f->to + 1 < f->len && w[f->to + 1] == quote;
		if (escaped && w[f->to - 1] == '\\')
			f->to--;
		else if (f->to + 1 < f->len && is_alnum(w[f->to + 1]))
			continue;
		break;
	}
	if (twice)
		return false;
	/* "'value'" */
	if (f->to - f->from > 2 && is_quote(w[f->from]) && w[f->to - 1] == w[f->from]) {
		f->from++;
		f->to--;
	}
	return f->to == f->len || w[f->to] >= ' '; /* no text goes over the end of a line */
}

static bool
names_next(const struct field *f, size_t at)
{
	size_t i = at + 1;

	while (i < f->len && is_name_byte(f->w[i]))
		i++;
	return i > at + 1 && i < f->len && f->w[i] == '=';
}

/* '&' ends it in a form only, where a name follows. */
static void
find_bare(struct field *f)
{
	const uint8_t *w = f->w;

	f->notation = FIELD_BARE;
	for (f->to = f->from; f->to < f->len && w[f->to] > ' '; f->to++) {
		if (memchr("\"',;\\<>}])", w[f->to], 10) != NULL ||
		    (w[f->to] == '&' && names_next(f, f->to)))
			break;
	}
}

/* Up to the end tag, which is of the same name or of what settings are made of. */
static bool
find_element(struct field *f)
{
	static const char *const tags[] = {
		"pass",	    "pwd",    "key",	  "token",  "secret",	   "value", "property",
		"entry",    "string", "param",	  "env",    "setting",	   "arg",   "item",
		"kennwort", "field",  "contrase", "senha",  "wachtwoord",  "haslo", "has\xc5\x82o",
		"heslo",    "parola", "salasana", "senord", "adgangskode",
	};
	struct span tag;
	size_t at, to;

	f->notation = FIELD_ELEMENT;
	while (f->from < f->len && f->w[f->from] <= ' ')
		f->from++;
	if (span_starts(span_of(f->w + f->from, f->len - f->from), "<![CDATA["))
		f->from += strlen("<![CDATA[");
	for (f->to = f->from; f->to < f->len && f->w[f->to] > ' ' && f->w[f->to] != '<'; f->to++)
		;
	at = f->to;
	if (f->to > f->from + 3 && memcmp(f->w + f->to - 3, "]]>", 3) == 0)
		f->to -= 3;
	while (at < f->len && f->w[at] <= ' ')
		at++;
	if (at + 2 >= f->len || f->w[at] != '<' || f->w[at + 1] != '/')
		return false;
	for (to = at + 2; to < f->len && to - at < TAG_MAX && f->w[to] != '>'; to++)
		;
	tag = span_of(f->w + at + 2, to - at - 2);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (span_has_nocase(tag, tags[i]))
			return true;
	}
	return false;
}

/* A part of what stands between name and value: = := => != ?= || ?? , ** and blanks. */
static bool
separates(const struct field *f, size_t i)
{
	uint8_t c = f->w[i], next = i + 1 < f->len ? f->w[i + 1] : 0,
		before = i > 0 ? f->w[i - 1] : 0;

	if (c == '!' || c == '.' || c == '+')
		return next == '=';
	if (c == '?')
		return next == '=' || next == c || before == c;
	if (c == '|')
		return next == c || before == c;
	if (c == '*')
		return next == '*' || before == '*';
	if (c == '>')
		return before == '=';
	return c == ':' || c == '=' || c == ',' || c == ' ' || (c >= '\t' && c <= '\r');
}

/* The head of a block of YAML at i, "|-" and the end of its line: how long it is; else 0. */
static size_t
block_head(const struct field *f, size_t i)
{
	size_t at = i;

	if (at == f->len || (f->w[at] != '|' && f->w[at] != '>'))
		return 0;
	for (at++; at < f->len && memchr("+-0123456789 \t\r", f->w[at], 15) != NULL; at++)
		;
	while (at < f->len && f->w[at] <= ' ' && f->w[at] != 0)
		at++;
	return memchr(f->w + i, '\n', at - i) == NULL ? 0 : at - i;
}

/* The mark of a literal in front of its quote, b"x", @"x": how many bytes. */
static size_t
literal_mark(const struct field *f, size_t at)
{
	size_t i = at;

	while (i < f->len && i - at < 2 && (is_alpha(f->w[i]) || memchr("@$&", f->w[i], 3) != NULL))
		i++;
	return i < f->len && is_quote(f->w[i]) ? i - at : 0;
}

/* Of password: Option<String> = "x" the place of the '=', where a literal follows; else at. */
static size_t
skip_type(const struct field *f, size_t at, size_t end)
{
	size_t i = at, next;

	if (f->w[i] == '?' || f->w[i] == '!')
		i++;
	if (i >= end || f->w[i] != ':')
		return at;
	for (i++; i < end && (is_alnum(f->w[i]) || memchr(" _.&'<>[]?|", f->w[i], 11) != NULL); i++)
		;
	if (i >= end || f->w[i] != '=')
		return at;
	for (next = i + 1; next < end && f->w[next] == ' '; next++)
		;
	next += literal_mark(f, next);
	return next < end && is_quote(f->w[next]) ? i : at;
}

/* password for the stage is Zx9kQ2p. The last word of the match, without the end of a sentence. */
static bool
find_said(struct field *f, size_t at, size_t end)
{
	const uint8_t *w = f->w;

	if (at >= end)
		return false;
	f->said = true;
	for (f->from = end; f->from > at && w[f->from - 1] > ' ' && !is_quote(w[f->from - 1]);
	     f->from--)
		;
	if (f->from == at)
		return false;
	if (is_quote(w[f->from - 1])) {
		f->from--;
		return find_quoted(f);
	}
	find_bare(f);
	while (f->to > f->from && memchr(".?:", w[f->to - 1], 3) != NULL)
		f->to--;
	return true;
}

/* From a separator on, or what stands in its place, to the value. */
static bool
find_assigned(struct field *f, size_t at, size_t end)
{
	const uint8_t *w = f->w;
	size_t from = at;

	while (from < end && separates(f, from)) {
		f->colon = f->colon || w[from] == ':';
		f->negated = f->negated || w[from] == '!';
		f->tight = f->tight && w[from] > ' ';
		from++;
	}
	from += f->colon ? block_head(f, from) : 0;
	while (from < end && w[from] == '\\')
		from++;
	f->from = from + literal_mark(f, from);
	if (f->from < f->len && is_quote(w[f->from]))
		return find_quoted(f);
	find_bare(f);
	/* Authorization: Bearer KEY. The match goes on behind the first word. */
	return f->to >= end || w[f->to] != ' ' || find_said(f, f->to, end);
}

/* Behind the length that PHP writes between a name and its value, ;s:11: before "hunter2Zx9k". */
static size_t
skip_php_length(const struct field *f, size_t at)
{
	size_t i = at;

	if (f->len - at < 5 || memcmp(f->w + at, ";s:", 3) != 0)
		return at;
	for (i += 3; i < f->len && is_digit(f->w[i]); i++)
		;
	return i < f->len && f->w[i] == ':' ? i : at;
}

/* An element's text begins behind the last '>': of its own tag, or of <value><string> in it. */
static size_t
find_tag_end(const struct field *f, size_t at, size_t end)
{
	const uint8_t *w = f->w;
	bool hash = f->key > 0 && w[f->key - 1] == '#';
	bool attribute =
	    at < end && at > f->key_end && is_alpha(w[at]) && memchr(w + at, '=', end - at) != NULL;
	size_t i = end;

	if (at >= end || !(w[at] == '>' || w[at] == '<' || hash || attribute))
		return 0;
	while (i > at && w[i - 1] != '>')
		i--;
	return i > at && !(i >= 2 && w[i - 2] == '=') ? i : 0;
}

/* A list's "name": "x", "value": "y"; else a call's or a statement's next word. */
static bool
find_next(struct field *f, size_t at, size_t end)
{
	const uint8_t *w = f->w;

	for (size_t i = at; i < end && !is_quote(w[i]) && i - at < 2; i++) {
		f->listed = f->listed || w[i] == ',';
		if (w[i] == ',')
			at = i + 1;
	}
	for (size_t i = at; i < end; i++) {
		if (end - i > 5 && ascii_lower(w[i]) == 'v' &&
		    span_has_nocase(span_of(w + i, 5), "value")) {
			f->listed = false;
			for (i += 5; i < end && w[i] != ':' && w[i] != '='; i++)
				;
			return i < end && find_assigned(f, i, end);
		}
		if (is_quote(w[i]) &&
		    !(end - i > 6 && span_has_nocase(span_of(w + i + 1, 5), "value"))) {
			f->from = i;
			return find_quoted(f);
		}
	}
	return find_said(f, at, end);
}

/*
 * What is behind the name says which notation it is:
 *
 *   password: password= password","value":  password</key><string>  PASSWORD 'x'  #PasswordText">
 *   --password x   ["password"] = 'x'   password: str = 'x'   setPassword("x")   password is x
 */
static bool
find_value(struct field *f, size_t end)
{
	const uint8_t *w = f->w;
	size_t at = skip_name_end(f);

	f->tight = at == f->key_end || (at == f->key_end + 1 && w[f->key_end] == ']');
	at = skip_php_length(f, at);
	f->from = find_tag_end(f, at, end);
	if (f->from != 0)
		return find_element(f);
	if (at < end && w[at] == ']') {
		while (at < end && (w[at] == ']' || w[at] == ' '))
			at++;
	}
	if (at < end)
		at = skip_type(f, at, end);
	if (at < end && (w[at] == ':' || w[at] == '=' || (w[at] != ',' && separates(f, at))))
		return find_assigned(f, at, end);

	f->tight = false;
	if (at < end && f->name < f->key && w[f->name] == '-' && w[f->key_end] == ' ' &&
	    !is_quote(w[at])) {
		f->from = at;
		find_bare(f);
		return true;
	}
	return find_next(f, at, end);
}

/* ------------------------------------------------------------------ what the place says */

bool
field_ends_line(const struct field *f)
{
	size_t i = f->to;

	while (i < f->len && (f->w[i] == ' ' || f->w[i] == '\t' || f->w[i] == '\r'))
		i++;
	return i == f->len || f->w[i] == '\n' || (f->w[i] == '#' && i > f->to);
}

bool
field_begins_line(const struct field *f)
{
	size_t i = f->name;

	return i == 0 || f->w[i - 1] == '\n';
}

/* DB_PASSWORD=value to the end of the line. */
bool
field_is_environment(const struct field *f)
{
	if (f->notation != FIELD_BARE || !f->tight || f->colon || f->name == f->key)
		return false;
	for (size_t i = f->name; i < f->key_end; i++) {
		if (f->w[i] >= 'a' && f->w[i] <= 'z')
			return false;
	}
	return field_ends_line(f);
}

/* ?password=value, password=value&next=, user[password]=value */
bool
field_is_form(const struct field *f)
{
	if (f->notation != FIELD_BARE || !f->tight || f->colon)
		return false;
	if (f->w[f->key_end] == ']' && f->name > 0 && f->w[f->name - 1] == '[')
		return true;
	return (f->name > 0 && (f->w[f->name - 1] == '&' || f->w[f->name - 1] == '?')) ||
	       (f->to < f->len && f->w[f->to] == '&');
}

/*
 * A plain value at i, with what may stand in front of it: = 'ann', ": "ann". Behind a colon one
 * with a capital may be a label, "user": "Benutzer".
 */
static bool
is_plain_value(const struct field *f, size_t i, size_t end)
{
	size_t from;
	bool separated = false;

	while (i < end && (is_name_byte(f->w[i]) && f->w[i] != '.'))
		i++;
	while (i < end && memchr("\"' \t:=>\\", f->w[i], 8) != NULL) {
		separated = separated || f->w[i] == ':' || f->w[i] == '=';
		i++;
	}
	for (from = i; i < end && (is_alnum(f->w[i]) || memchr("_-.@+", f->w[i], 5) != NULL); i++)
		;
	if (f->colon && from < end && f->w[from] >= 'A' && f->w[from] <= 'Z' &&
	    memchr(f->w + from, '@', i - from) == NULL)
		return false;
	return separated && i - from >= 2 && i < end &&
	       memchr("\"'`,;&\r\n \\", f->w[i], 9) != NULL &&
	       (memchr(f->w + from, '.', i - from) == NULL ||
		memchr(f->w + from, '@', i - from) != NULL);
}

/* user = 'ann' stands before it. */
bool
field_follows_user(const struct field *f)
{
	static const char *const names[] = { "user", "login", "email", "uid", "account" };
	size_t reach = f->name < USER_REACH ? f->name : USER_REACH;

	for (size_t i = f->name - reach; i < f->name; i++) {
		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
			size_t len = strlen(names[n]);

			if (ascii_lower(f->w[i]) == (uint8_t)names[n][0] && f->name - i > len &&
			    span_is_nocase(span_of(f->w + i, len), names[n]) &&
			    is_plain_value(f, i + len, f->name))
				return true;
		}
	}
	return false;
}

bool
field_find(struct field *f, const struct value *v)
{
	*f = (struct field) { .w = v->window, .len = v->len };
	find_name(f, v->start);
	return find_value(f, v->end) && f->from < f->to;
}
