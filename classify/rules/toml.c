/* Forward only, without a tree: toml.h is the manual. */
#include "classify/rules/toml.h"

#include "classify/detect/value.h"

void
toml_init(struct toml *t, struct span text)
{
	*t = (struct toml) { .p = text.p, .end = text.p + text.len, .line = 1 };
	if (span_starts(text, "\xef\xbb\xbf"))
		t->p += 3;
}

bool
toml_value_starts(const struct toml *t, const char *text)
{
	return span_starts(span_of(t->p, (size_t)(t->end - t->p)), text);
}

static void
skip_blanks(struct toml *t, bool lines)
{
	while (t->p < t->end) {
		if (*t->p == '#') {
			while (t->p < t->end && *t->p != '\n')
				t->p++;
		} else if (*t->p == ' ' || *t->p == '\t' || *t->p == '\r' ||
			   (lines && *t->p == '\n')) {
			t->line += *t->p++ == '\n';
		} else {
			return;
		}
	}
}

static void
skip_line(struct toml *t)
{
	while (t->p < t->end && *t->p != '\n')
		t->p++;
}

/* ------------------------------------------------------------------ strings */

struct string_out {
	char *to;
	size_t cap, len;
};

static void
put(struct string_out *o, uint8_t c)
{
	if (o->len + 1 < o->cap)
		o->to[o->len] = (char)c;
	o->len++;
}

/* In UTF-8. */
static void
put_code_point(struct string_out *o, uint32_t c)
{
	if (c < 0x80) {
		put(o, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		put(o, (uint8_t)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		put(o, (uint8_t)(0xe0 | c >> 12));
		put(o, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	} else {
		put(o, (uint8_t)(0xf0 | (c >> 18 & 7)));
		put(o, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		put(o, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	put(o, (uint8_t)(0x80 | (c & 0x3f)));
}

/* \uHHHH, \UHHHHHHHH: behind the letter. False: they are no such digits. */
static bool
take_code_point(struct toml *t, struct string_out *o, unsigned digits)
{
	uint32_t c = 0;

	if ((size_t)(t->end - t->p) < digits)
		return false;
	for (unsigned i = 0; i < digits; i++) {
		if (hex_value(t->p[i]) < 0)
			return false;
		c = c * 16 + (uint32_t)hex_value(t->p[i]);
	}
	t->p += digits;
	put_code_point(o, c);
	return true;
}

/* A backslash at the end of a line takes the line end and all blanks behind it. */
static bool
skip_line_end(struct toml *t)
{
	const uint8_t *p = t->p;

	while (p < t->end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	if (p == t->end || *p != '\n')
		return false;
	for (; p < t->end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'); p++)
		t->line += *p == '\n';
	t->p = p;
	return true;
}

/* One escape of a basic string; the backslash has been read. */
static void
put_escape(struct toml *t, struct string_out *o, bool triple)
{
	static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\x1b\"\\";
	uint8_t c = *t->p;
	const char *which = c == '\0' ? NULL : strchr(from, c);

	if (triple && skip_line_end(t))
		return;
	t->p++;
	if ((c == 'u' && take_code_point(t, o, 4)) || (c == 'U' && take_code_point(t, o, 8)))
		return;
	put(o, which == NULL ? c : (uint8_t)to[which - from]);
}

/* Up to two quotes may stand in front of the three that end it. */
static void
end_triple(struct toml *t, struct string_out *o, uint8_t quote)
{
	t->p += 3;
	for (unsigned i = 0; i < 2 && t->p < t->end && *t->p == quote; i++)
		put(o, *t->p++);
}

bool
toml_take_string(struct toml *t, char *out, size_t cap, size_t *len)
{
	struct string_out o = { out, cap, 0 };
	uint8_t quote = t->p < t->end ? *t->p : 0;
	bool basic = quote == '"', triple;
	const char *three = basic ? "\"\"\"" : "'''";

	*len = 0;
	if (quote != '"' && quote != '\'')
		return false;
	triple = toml_value_starts(t, three);
	t->p += triple ? 3 : 1;
	if (triple && toml_value_starts(t, "\r\n"))
		t->p++;
	if (triple && t->p < t->end && *t->p == '\n') {
		t->line++;
		t->p++;
	}
	while (t->p < t->end) {
		if (triple ? toml_value_starts(t, three) : *t->p == quote) {
			if (triple)
				end_triple(t, &o, quote);
			else
				t->p++;
			out[o.len < cap ? o.len : cap - 1] = '\0';
			*len = o.len;
			return true;
		}
		if (*t->p == '\n') {
			if (!triple)
				return false;
			t->line++;
		}
		if (basic && *t->p == '\\' && t->end - t->p > 1) {
			t->p++;
			put_escape(t, &o, triple);
		} else {
			put(&o, *t->p++);
		}
	}
	return false;
}

/* ------------------------------------------------------------------ values */

/* Up to the bracket that closes it, or to the end of the line. */
static void
skip_to_depth(struct toml *t, unsigned depth)
{
	char aside[8];
	size_t len;

	do {
		if (t->p == t->end)
			return;
		if (*t->p == '"' || *t->p == '\'') {
			if (!toml_take_string(t, aside, sizeof(aside), &len))
				skip_line(t);
		} else {
			depth += *t->p == '[' || *t->p == '{';
			depth -= depth > 0 && (*t->p == ']' || *t->p == '}');
			t->line += *t->p++ == '\n';
		}
		skip_blanks(t, depth != 0);
	} while (depth != 0 || (t->p < t->end && *t->p != '\n'));
}

void
toml_skip_value(struct toml *t)
{
	skip_to_depth(t, 0);
}

bool
toml_enter_array(struct toml *t)
{
	if (!toml_value_starts(t, "[")) {
		toml_skip_value(t);
		return false;
	}
	t->p++;
	return true;
}

bool
toml_next_element(struct toml *t)
{
	skip_blanks(t, true);
	if (toml_value_starts(t, ",")) {
		t->p++;
		skip_blanks(t, true);
	}
	if (t->p < t->end && (*t->p == '"' || *t->p == '\''))
		return true;
	skip_to_depth(t, 1);
	return false;
}

/* ------------------------------------------------------------------ keys and tables */

/* word . "word" . 'word', into name; false: there is none. */
static bool
take_name(struct toml *t)
{
	char part[TOML_NAME_CAP];
	size_t len = 0, n;

	for (;;) {
		skip_blanks(t, false);
		if (!toml_take_string(t, part, sizeof(part), &n)) {
			const uint8_t *from = t->p;

			while (t->p < t->end && (is_alnum(*t->p) || *t->p == '_' || *t->p == '-'))
				t->p++;
			n = (size_t)(t->p - from);
			if (n == 0)
				return false;
			memcpy(part, from, n < sizeof(part) ? n : sizeof(part));
		}
		len = span_append(t->name, len, sizeof(t->name) - 1,
				  span_of(part, n < sizeof(part) ? n : sizeof(part) - 1));
		t->name[len] = '\0';
		skip_blanks(t, false);
		if (!toml_value_starts(t, "."))
			return true;
		t->p++;
		len = span_append(t->name, len, sizeof(t->name) - 1, span_of(".", 1));
	}
}

enum toml_item
toml_next(struct toml *t)
{
	for (skip_blanks(t, true); t->p < t->end; skip_blanks(t, true)) {
		bool table = *t->p == '[', in_array = toml_value_starts(t, "[[");

		t->p += in_array ? 2 : table;
		t->name[0] = '\0';

		bool named = take_name(t);

		if (table) {
			skip_line(t);
			return in_array ? TOML_TABLE_IN_ARRAY : TOML_TABLE;
		}
		if (named && toml_value_starts(t, "=")) {
			t->p++;
			skip_blanks(t, false);
			return TOML_KEY;
		}
		skip_line(t);
	}
	return TOML_END;
}
