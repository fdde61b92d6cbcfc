/* A recursive descent parser; regex.h is the manual. */
#include "classify/rules/regex.h"

#include <string.h>

#include "classify/detect/value.h"
#include "classify/rules/regex_tree.h"

enum { MAX_DEPTH = 32, MAX_COUNT = 32767 };

/* ------------------------------------------------------------------ sets of bytes */

static void
set_add_range(struct byte_set *s, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		set_add(s, c);
}

static void
set_invert(struct byte_set *s)
{
	for (unsigned i = 0; i < 4; i++)
		s->bits[i] = ~s->bits[i];
}

static void
set_fold_case(struct byte_set *s)
{
	for (unsigned c = 'a'; c <= 'z'; c++) {
		if (set_has(s, c) || set_has(s, c - 'a' + 'A')) {
			set_add(s, c);
			set_add(s, c - 'a' + 'A');
		}
	}
}

/* ------------------------------------------------------------------ parsing */

struct regex_parser {
	struct rule_text *memory;
	const uint8_t *text;
	size_t len, at;
	unsigned flags;
	unsigned depth;
	bool failed;
};

static struct node *
fail(struct regex_parser *p)
{
	p->failed = true;
	return NULL;
}

static struct node *
new_node(struct regex_parser *p, enum node_kind kind, size_t at)
{
	struct node *n = rule_text_take(p->memory, sizeof(*n));

	if (n == NULL)
		return fail(p);
	n->kind = kind;
	n->at = at;
	return n;
}

static bool
take_byte(struct regex_parser *p, char c)
{
	if (p->at == p->len || p->text[p->at] != (uint8_t)c)
		return false;
	p->at++;
	return true;
}

/* \d \w \s, blanks that go down (\v) and along (\h), and their opposites. */
static bool
shorthand(uint8_t c, struct byte_set *set)
{
	*set = (struct byte_set) { 0 };
	switch (ascii_lower(c)) {
	case 'd':
		set_add_range(set, '0', '9');
		break;
	case 'w':
		for (unsigned b = 0; b < 128; b++) {
			if (is_word_byte(b))
				set_add(set, b);
		}
		break;
	case 's':
		set_add_range(set, '\t', '\r');
		set_add(set, ' ');
		break;
	case 'v':
		set_add_range(set, '\n', '\r');
		set_add(set, 0x85);
		break;
	case 'h':
		set_add(set, '\t');
		set_add(set, ' ');
		set_add(set, 0xa0);
		break;
	default:
		return false;
	}
	if (c < 'a')
		set_invert(set);
	return true;
}

/* The byte that the escape behind the backslash stands for; false: it is none that is known. */
static bool
escaped_byte(struct regex_parser *p, unsigned *out)
{
	static const char from[] = "nrtfae", to[] = "\n\r\t\f\a\x1b";
	uint8_t c = p->at < p->len ? p->text[p->at] : '0';
	const char *which;

	if (c == 'x') {
		if (p->len - p->at < 3 || hex_value(p->text[p->at + 1]) < 0 ||
		    hex_value(p->text[p->at + 2]) < 0)
			return false;
		*out =
		    (unsigned)(hex_value(p->text[p->at + 1]) * 16 + hex_value(p->text[p->at + 2]));
		p->at += 3;
		return true;
	}
	which = c == '\0' ? NULL : strchr(from, c);
	if (which == NULL && (is_alnum(c) || c >= 0x80))
		return false;
	*out = which == NULL ? c : (unsigned)(uint8_t)to[which - from];
	p->at++;
	return true;
}

/* One member of a class: a set of its own, or a byte that may begin a range. */
static bool
class_member(struct regex_parser *p, struct byte_set *set, unsigned *byte, bool *is_byte)
{
	uint8_t c = p->text[p->at++];

	*is_byte = true;
	*byte = c;
	if (c == '[' && p->at < p->len && memchr(":.=", p->text[p->at], 3) != NULL)
		return false;
	if (c != '\\')
		return true;
	if (p->at < p->len && shorthand(p->text[p->at], set)) {
		p->at++;
		*is_byte = false;
		return true;
	}
	if (take_byte(p, 'b')) {
		*byte = '\b';
		return true;
	}
	return escaped_byte(p, byte);
}

/* Behind '['. */
static bool
parse_class(struct regex_parser *p, struct byte_set *out)
{
	bool inverted = take_byte(p, '^'), first = true;

	for (; p->at < p->len && (first || p->text[p->at] != ']'); first = false) {
		struct byte_set set;
		unsigned from, to;
		bool is_byte;

		if (!class_member(p, &set, &from, &is_byte))
			return false;
		if (!is_byte) {
			set_join(out, &set);
			continue;
		}
		to = from;
		if (p->len - p->at > 1 && p->text[p->at] == '-' && p->text[p->at + 1] != ']') {
			p->at++;
			if (!class_member(p, &set, &to, &is_byte) || !is_byte || to < from)
				return false;
		}
		set_add_range(out, from, to);
	}
	if (!take_byte(p, ']'))
		return false;
	if ((p->flags & REGEX_NOCASE) != 0)
		set_fold_case(out);
	if (inverted)
		set_invert(out);
	return true;
}

static struct node *
new_assertion(struct regex_parser *p, enum assertion a, size_t at)
{
	struct node *n = new_node(p, NODE_ASSERT, at);

	if (n != NULL)
		n->assertion = a;
	return n;
}

static struct node *
new_class(struct regex_parser *p, const struct byte_set *set, size_t at)
{
	struct node *n = new_node(p, NODE_CLASS, at);

	if (n != NULL)
		n->set = *set;
	return n;
}

static struct node *
new_byte(struct regex_parser *p, unsigned c, size_t at)
{
	struct byte_set set = { 0 };

	set_add(&set, c);
	if ((p->flags & REGEX_NOCASE) != 0)
		set_fold_case(&set);
	return new_class(p, &set, at);
}

/* Behind a backslash, outside of a class. */
static struct node *
parse_escape(struct regex_parser *p, size_t at)
{
	static const char asserts[] = "bBAzZ";
	static const enum assertion kinds[] = { AT_WORD_EDGE, AT_NO_EDGE, AT_START, AT_VERY_END,
						AT_END };
	uint8_t c = p->at < p->len ? p->text[p->at] : 0;
	const char *which = c == 0 ? NULL : strchr(asserts, c);
	struct byte_set set;
	unsigned byte;

	if (which != NULL) {
		p->at++;
		return new_assertion(p, kinds[which - asserts], at);
	}
	if (shorthand(c, &set)) {
		p->at++;
		return new_class(p, &set, at);
	}
	return escaped_byte(p, &byte) ? new_byte(p, byte, at) : fail(p);
}

static struct node *parse_choice(struct regex_parser *p);

/* Behind "(?": flags for the rest of the group around it, or "flags:" or ":" for this group. */
static bool
parse_flags(struct regex_parser *p, unsigned *flags, bool *group)
{
	bool off = false;

	for (; p->at < p->len; p->at++) {
		uint8_t c = p->text[p->at];
		unsigned bit = c == 'i'	  ? REGEX_NOCASE
			       : c == 's' ? REGEX_DOTALL
			       : c == 'm' ? REGEX_MULTILINE
					  : 0u;

		if (c == ':' || c == ')') {
			p->at++;
			*group = c == ':';
			return true;
		}
		if (c == '-' && !off)
			off = true;
		else if (bit == 0)
			return false;
		else
			*flags = off ? *flags & ~bit : *flags | bit;
	}
	return false;
}

static struct node *
parse_group(struct regex_parser *p, size_t at)
{
	unsigned outer = p->flags, flags = p->flags;
	bool group = true;
	struct node *n;

	if (take_byte(p, '?') && !parse_flags(p, &flags, &group))
		return fail(p);
	p->flags = flags;
	if (!group)
		return new_node(p, NODE_SEQUENCE, at); /* in force to the end of what is around */
	if (++p->depth > MAX_DEPTH)
		return fail(p);
	n = parse_choice(p);
	p->depth--;
	p->flags = outer;
	if (n == NULL || !take_byte(p, ')'))
		return fail(p);
	n->at = at;
	return n;
}

static struct node *
parse_atom(struct regex_parser *p)
{
	bool lines = (p->flags & REGEX_MULTILINE) != 0;
	struct byte_set set = { 0 };
	size_t at = p->at;
	uint8_t c = p->text[p->at++];

	switch (c) {
	case '(':
		return parse_group(p, at);
	case '[':
		return parse_class(p, &set) ? new_class(p, &set, at) : fail(p);
	case '\\':
		return parse_escape(p, at);
	case '.':
		if ((p->flags & REGEX_DOTALL) == 0)
			set_add(&set, '\n');
		set_invert(&set);
		return new_class(p, &set, at);
	case '^':
		return new_assertion(p, lines ? AT_LINE_START : AT_START, at);
	case '$':
		return new_assertion(p, lines ? AT_LINE_END : AT_END, at);
	case '*':
	case '+':
	case '?':
		return fail(p);
	default:
		return new_byte(p, c, at);
	}
}

static bool
parse_number(struct regex_parser *p, int *out)
{
	size_t at = p->at;

	*out = 0;
	while (p->at < p->len && is_digit(p->text[p->at]) && *out <= MAX_COUNT)
		*out = *out * 10 + p->text[p->at++] - '0';
	return p->at > at;
}

/* {n} {n,} {n,m}; anything else behind '{' is text. */
static bool
parse_braces(struct regex_parser *p, int *min, int *max)
{
	size_t at = p->at;

	if (take_byte(p, '{') && parse_number(p, min)) {
		*max = *min;
		if (take_byte(p, ',') && !parse_number(p, max))
			*max = REGEX_NO_LIMIT;
		if (take_byte(p, '}'))
			return true;
	}
	p->at = at;
	return false;
}

static bool
parse_count(struct regex_parser *p, int *min, int *max)
{
	*min = 0;
	*max = REGEX_NO_LIMIT;
	if (take_byte(p, '*'))
		return true;
	if (take_byte(p, '?')) {
		*max = 1;
		return true;
	}
	*min = 1;
	return take_byte(p, '+') || parse_braces(p, min, max);
}

static struct node *
parse_repeated(struct regex_parser *p)
{
	struct node *n = parse_atom(p);
	int min, max;

	if (n != NULL)
		n->to = p->at;
	while (n != NULL && parse_count(p, &min, &max)) {
		struct node *repeat = new_node(p, NODE_REPEAT, n->at);

		if (repeat == NULL || n->kind == NODE_ASSERT ||
		    (max != REGEX_NO_LIMIT && max < min) || take_byte(p, '+'))
			return fail(p);
		take_byte(p, '?'); /* lazy: the same set of matches */
		repeat->min = min;
		repeat->max = max;
		repeat->child = n;
		n = repeat;
	}
	if (n != NULL)
		n->to = p->at;
	return n;
}

static struct node *
parse_sequence(struct regex_parser *p)
{
	struct node *sequence = new_node(p, NODE_SEQUENCE, p->at);

	while (sequence != NULL && p->at < p->len && p->text[p->at] != '|' &&
	       p->text[p->at] != ')') {
		struct node *n = parse_repeated(p);

		if (n == NULL)
			return NULL;
		node_append(sequence, n);
	}
	return sequence;
}

static struct node *
parse_choice(struct regex_parser *p)
{
	struct node *choice = new_node(p, NODE_CHOICE, p->at);

	do {
		struct node *sequence = choice == NULL ? NULL : parse_sequence(p);

		if (sequence == NULL)
			return fail(p);
		node_append(choice, sequence);
	} while (take_byte(p, '|'));
	return choice;
}

const struct regex *
regex_parse(struct rule_text *memory, struct span text, unsigned flags)
{
	struct regex_parser p = {
		.memory = memory, .text = text.p, .len = text.len, .flags = flags
	};
	struct regex *re = rule_text_take(memory, sizeof(*re));

	if (re == NULL)
		return NULL;
	re->root = parse_choice(&p);
	re->text = text;
	return p.failed || p.at != p.len ? NULL : re;
}
