/* A recursive descent parser, and walks over its tree. */
#include "classify/rules/regex.h"

#include <string.h>

#include "classify/detect/value.h"

enum { MAX_DEPTH = 32, MAX_COUNT = 32767, NO_LIMIT = -1, WIDE = 64, STRONG_TEXT = 3 };

enum node_kind { NODE_SEQUENCE, NODE_CHOICE, NODE_REPEAT, NODE_CLASS, NODE_ASSERT };

enum assertion {
	AT_WORD_EDGE,
	AT_NO_EDGE,
	AT_START,
	AT_END,
	AT_VERY_END,
	AT_LINE_START,
	AT_LINE_END
};

struct byte_set {
	uint64_t bits[4];
};

struct node {
	enum node_kind kind;
	struct node *next;  /* behind it in a sequence, or the next alternative */
	struct node *child; /* the first */
	struct node *last;  /* and the last */
	size_t at, to;	    /* where it stands in the text */
	int min, max;	    /* of a repeat */
	enum assertion assertion;
	struct byte_set set;
};

struct regex {
	struct node *root; /* a choice of sequences */
	struct span text;
};

/* ------------------------------------------------------------------ sets of bytes */

static void
set_add(struct byte_set *s, unsigned c)
{
	s->bits[c >> 6] |= 1ull << (c & 63);
}

static bool
set_has(const struct byte_set *s, unsigned c)
{
	return (s->bits[c >> 6] >> (c & 63) & 1) != 0;
}

static void
set_add_range(struct byte_set *s, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		set_add(s, c);
}

static void
set_join(struct byte_set *s, const struct byte_set *other)
{
	for (unsigned i = 0; i < 4; i++)
		s->bits[i] |= other->bits[i];
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

static unsigned
set_size(const struct byte_set *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 4; i++)
		n += (unsigned)__builtin_popcountll(s->bits[i]);
	return n;
}

static unsigned
set_first(const struct byte_set *s)
{
	unsigned i = 0;

	while (i < 3 && s->bits[i] == 0)
		i++;
	return s->bits[i] == 0 ? 0 : i * 64 + (unsigned)__builtin_ctzll(s->bits[i]);
}

static bool
is_word_byte(unsigned c)
{
	return is_alnum((uint8_t)c) || c == '_';
}

/* One byte, in whatever case. */
static bool
is_fixed(const struct node *n)
{
	unsigned c = set_first(&n->set), size = set_size(&n->set);

	return n->kind == NODE_CLASS &&
	       (size == 1 || (size == 2 && is_alpha((uint8_t)c) && set_has(&n->set, c | 0x20)));
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

static void
append(struct node *parent, struct node *n)
{
	if (parent->last == NULL)
		parent->child = n;
	else
		parent->last->next = n;
	parent->last = n;
}

static bool
take_byte(struct regex_parser *p, char c)
{
	if (p->at == p->len || p->text[p->at] != (uint8_t)c)
		return false;
	p->at++;
	return true;
}

/* \d \w \s and their opposites. */
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
	static const char from[] = "nrtfvae", to[] = "\n\r\t\f\v\a\x1b";
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
			*max = NO_LIMIT;
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
	*max = NO_LIMIT;
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

		if (repeat == NULL || n->kind == NODE_ASSERT || (max != NO_LIMIT && max < min) ||
		    take_byte(p, '+'))
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
		append(sequence, n);
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
		append(choice, sequence);
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

/* ------------------------------------------------------------------ walking backwards */

enum { SET_WORDS = (REGEX_WINDOW_MAX + 1) / 64 };

/* Positions of a window: bit p is set when the rest of the pattern matches from p to the end. */
struct places {
	uint64_t bits[SET_WORDS];
	size_t low, high; /* no bit is outside of [low, high] */
};

struct walk {
	const uint8_t *window;
	size_t len;
};

static void
places_clear(struct places *s)
{
	memset(s->bits, 0, sizeof(s->bits));
	s->low = SIZE_MAX;
	s->high = 0;
}

static bool
places_empty(const struct places *s)
{
	return s->low > s->high;
}

/* Every place in [from, to]. */
static void
places_add(struct places *s, size_t from, size_t to)
{
	for (size_t w = from / 64; w <= to / 64; w++) {
		unsigned first = w == from / 64 ? (unsigned)(from % 64) : 0;
		unsigned last = w == to / 64 ? (unsigned)(to % 64) : 63;

		s->bits[w] |= (~0ull >> (63 - last)) & (~0ull << first);
	}
	if (from < s->low)
		s->low = from;
	if (to > s->high)
		s->high = to;
}

/* True when that added a place. */
static bool
places_join(struct places *s, const struct places *other)
{
	bool more = false;

	if (places_empty(other))
		return false;
	for (size_t w = other->low / 64; w <= other->high / 64; w++) {
		more = more || (other->bits[w] & ~s->bits[w]) != 0;
		s->bits[w] |= other->bits[w];
	}
	if (other->low < s->low)
		s->low = other->low;
	if (other->high > s->high)
		s->high = other->high;
	return more;
}

/* The greatest place at or below *at, into *at. */
static bool
places_below(const struct places *s, size_t *at)
{
	size_t w = *at / 64;
	uint64_t bits = s->bits[w] & (~0ull >> (63 - *at % 64));

	while (bits == 0) {
		if (w == 0 || w * 64 <= s->low)
			return false;
		bits = s->bits[--w];
	}
	*at = w * 64 + 63 - (size_t)__builtin_clzll(bits);
	return true;
}

/* The common case, from one place: in front of it are at most max bytes of the set. */
static void
walk_class_from_one(const struct walk *w, const struct byte_set *set, size_t min, size_t max,
		    struct places *s)
{
	size_t at = s->low, from = at;

	while (from > 0 && at - from < max && set_has(set, w->window[from - 1]))
		from--;
	s->bits[at / 64] = 0;
	s->low = SIZE_MAX;
	s->high = 0;
	if (at - from >= min)
		places_add(s, from, at - min);
}

/* min to max bytes of the set in front of every place. */
static void
walk_class(const struct walk *w, const struct byte_set *set, size_t min, size_t max,
	   struct places *s)
{
	struct places out;
	size_t run_from = SIZE_MAX; /* bytes [run_from, at) are of the set */

	if (s->low == s->high) {
		walk_class_from_one(w, set, min, max, s);
		return;
	}
	places_clear(&out);
	for (size_t at = s->high; !places_empty(s) && places_below(s, &at); at--) {
		run_from = run_from < at ? run_from : at;
		while (run_from > 0 && at - run_from < max && set_has(set, w->window[run_from - 1]))
			run_from--;

		size_t from = at - run_from > max ? at - max : run_from;

		if (at - from >= min)
			places_add(&out, from, at - min);
		if (at == 0)
			break;
	}
	*s = out;
}

static bool
holds(const struct walk *w, enum assertion a, size_t at)
{
	bool before = at > 0 && is_word_byte(w->window[at - 1]);
	bool behind = at < w->len && is_word_byte(w->window[at]);

	switch (a) {
	case AT_WORD_EDGE:
		return before != behind;
	case AT_NO_EDGE:
		return before == behind;
	case AT_START:
		return at == 0;
	case AT_END:
		return at == w->len || (at + 1 == w->len && w->window[at] == '\n');
	case AT_VERY_END:
		return at == w->len;
	case AT_LINE_START:
		return at == 0 || w->window[at - 1] == '\n';
	case AT_LINE_END:
		return at == w->len || w->window[at] == '\n';
	}
	return false;
}

static void
walk_assertion(const struct walk *w, enum assertion a, struct places *s)
{
	struct places out;

	if (s->low == s->high) {
		if (!holds(w, a, s->low))
			places_clear(s);
		return;
	}
	places_clear(&out);
	for (size_t at = s->high; !places_empty(s) && places_below(s, &at); at--) {
		if (holds(w, a, at))
			places_add(&out, at, at);
		if (at == 0)
			break;
	}
	*s = out;
}

static void walk_node(const struct walk *w, const struct node *n, struct places *s);

static void
walk_repeat(const struct walk *w, const struct node *n, struct places *s)
{
	size_t max = n->max == NO_LIMIT ? REGEX_WINDOW_MAX : (size_t)n->max;
	struct places out;

	if (n->child->kind == NODE_CLASS) {
		walk_class(w, &n->child->set, (size_t)n->min, max, s);
		return;
	}
	places_clear(&out);
	if (n->min == 0)
		places_join(&out, s);
	for (size_t k = 1; k <= max && !places_empty(s); k++) {
		walk_node(w, n->child, s);
		if (k >= (size_t)n->min && !places_join(&out, s))
			break;
	}
	*s = out;
}

/* From the last element to the first. */
static void
walk_sequence(const struct walk *w, const struct node *first, struct places *s)
{
	if (first == NULL || places_empty(s))
		return;
	walk_sequence(w, first->next, s);
	if (!places_empty(s))
		walk_node(w, first, s);
}

/* Most alternatives are out by their last byte. */
static bool
may_end(const struct walk *w, const struct node *sequence, const struct places *s)
{
	const struct node *last = sequence->last;

	if (last == NULL || last->kind != NODE_CLASS || s->low != s->high)
		return true;
	return s->low > 0 && set_has(&last->set, w->window[s->low - 1]);
}

static void
walk_choice(const struct walk *w, const struct node *n, struct places *s)
{
	struct places out;

	if (n->child->next == NULL) {
		walk_sequence(w, n->child->child, s);
		return;
	}
	places_clear(&out);
	for (const struct node *c = n->child; c != NULL; c = c->next) {
		struct places one;

		if (!may_end(w, c, s))
			continue;
		one = *s;
		walk_sequence(w, c->child, &one);
		places_join(&out, &one);
	}
	*s = out;
}

static void
walk_node(const struct walk *w, const struct node *n, struct places *s)
{
	switch (n->kind) {
	case NODE_CLASS:
		walk_class(w, &n->set, 1, 1, s);
		break;
	case NODE_ASSERT:
		walk_assertion(w, n->assertion, s);
		break;
	case NODE_REPEAT:
		walk_repeat(w, n, s);
		break;
	case NODE_SEQUENCE:
		walk_sequence(w, n->child, s);
		break;
	case NODE_CHOICE:
		walk_choice(w, n, s);
		break;
	}
}

bool
regex_start(const struct regex *re, const uint8_t *window, size_t len, size_t end, size_t *start)
{
	const struct walk w = { window, len };
	struct places s;

	if (len > REGEX_WINDOW_MAX)
		return false;
	places_clear(&s);
	places_add(&s, end, end);
	walk_node(&w, re->root, &s);
	*start = s.low;
	return !places_empty(&s);
}

/* ------------------------------------------------------------------ what it costs */

static size_t
min_width(const struct node *n)
{
	size_t sum = 0, least = SIZE_MAX;

	switch (n->kind) {
	case NODE_CLASS:
		return 1;
	case NODE_ASSERT:
		return 0;
	case NODE_REPEAT:
		return (size_t)n->min * min_width(n->child);
	case NODE_SEQUENCE:
		for (const struct node *c = n->child; c != NULL; c = c->next)
			sum += min_width(c);
		return sum;
	case NODE_CHOICE:
		for (const struct node *c = n->child; c != NULL; c = c->next) {
			size_t width = min_width(c);

			least = width < least ? width : least;
		}
		return least;
	}
	return 0;
}

/* The longest run of fixed text so far, and the one that goes on. */
struct runs {
	size_t longest, open;
};

static void
end_run(struct runs *r)
{
	r->longest = r->open > r->longest ? r->open : r->longest;
	r->open = 0;
}

static void
measure_runs(const struct node *n, struct runs *r)
{
	size_t least = SIZE_MAX;

	switch (n->kind) {
	case NODE_CLASS:
		if (is_fixed(n))
			r->open++;
		else
			end_run(r);
		return;
	case NODE_ASSERT:
		return;
	case NODE_REPEAT:
		if (n->min == n->max && is_fixed(n->child)) {
			r->open += (size_t)n->min;
			return;
		}
		if (n->min > 0)
			measure_runs(n->child, r);
		end_run(r);
		return;
	case NODE_SEQUENCE:
		for (const struct node *c = n->child; c != NULL; c = c->next)
			measure_runs(c, r);
		return;
	case NODE_CHOICE:
		if (n->child->next == NULL) {
			measure_runs(n->child, r);
			return;
		}
		end_run(r);
		for (const struct node *c = n->child; c != NULL; c = c->next) {
			struct runs one = { 0 };

			measure_runs(c, &one);
			end_run(&one);
			least = one.longest < least ? one.longest : least;
		}
		r->longest = least > r->longest ? least : r->longest;
		return;
	}
}

size_t
regex_fixed_text(const struct regex *re)
{
	struct runs r = { 0 };

	measure_runs(re->root, &r);
	end_run(&r);
	return r.longest;
}

/* Adds what a match of the node may begin with; true when it may also match nothing. */
static bool
add_first(const struct node *n, struct byte_set *set)
{
	bool empty = true;

	switch (n->kind) {
	case NODE_CLASS:
		set_join(set, &n->set);
		return false;
	case NODE_ASSERT:
		return true;
	case NODE_REPEAT:
		return n->max == 0 || add_first(n->child, set) || n->min == 0;
	case NODE_SEQUENCE:
		for (const struct node *c = n->child; empty && c != NULL; c = c->next)
			empty = add_first(c, set);
		return empty;
	case NODE_CHOICE:
		empty = false;
		for (const struct node *c = n->child; c != NULL; c = c->next)
			empty = add_first(c, set) || empty;
		return empty;
	}
	return true;
}

unsigned
regex_first_bytes(const struct regex *re)
{
	struct byte_set set = { 0 };

	return add_first(re->root, &set) ? 256 : set_size(&set);
}

static ptrdiff_t
wide_repeat(const struct node *n, bool more)
{
	if (n->kind == NODE_REPEAT && more && (n->max == NO_LIMIT || n->max > WIDE))
		return (ptrdiff_t)n->at;
	if (n->kind == NODE_REPEAT)
		return wide_repeat(n->child, more);
	for (const struct node *c = n->child; c != NULL; c = c->next) {
		bool rest = more || (n->kind == NODE_SEQUENCE && c->next != NULL);
		ptrdiff_t at = wide_repeat(c, rest);

		if (at >= 0)
			return at;
	}
	return -1;
}

ptrdiff_t
regex_wide_repeat(const struct regex *re)
{
	return wide_repeat(re->root, false);
}

/*
 * Hyperscan needs a few bytes of fixed text to skip what cannot match; without them each byte of
 * the input goes through an automaton. A rare byte is as good, when the pattern begins with it.
 */
size_t
regex_cut(const struct regex *re)
{
	const struct node *first = re->root->child->child;
	size_t left = 0;

	if (re->root->child->next != NULL || regex_fixed_text(re) >= STRONG_TEXT)
		return 0;
	for (const struct node *n = first; n != NULL; n = n->next)
		left += min_width(n);
	for (const struct node *n = first; n != NULL; n = n->next) {
		bool flags = n->kind == NODE_SEQUENCE; /* they would be cut off */
		bool edge = n->kind == NODE_ASSERT && n->assertion == AT_WORD_EDGE;

		if (flags || (n->kind == NODE_ASSERT && !edge) || left <= STRONG_TEXT)
			return 0;
		if (is_fixed(n))
			return strchr("@#$!~^|`", (int)set_first(&n->set)) != NULL && n != first
				   ? n->at
				   : 0;
		left -= min_width(n);
	}
	return 0;
}

/* ------------------------------------------------------------------ in words */

static void
explain_bytes(const struct regex *re, const struct node *n, FILE *to)
{
	fputc('`', to);
	for (size_t i = n->at; i < re->text.len && i < n->to; i++) {
		uint8_t c = re->text.p[i];

		fputc(c < ' ' || c == 0x7f ? '?' : c, to);
	}
	fputc('`', to);
}

static void explain_sequence(const struct regex *re, const struct node *first, FILE *to);

static void
explain_node(const struct regex *re, const struct node *n, FILE *to)
{
	static const char *const assertions[] = { "an edge of a word", "no edge of a word",
						  "the beginning",     "the end",
						  "the very end",      "the beginning of a line",
						  "the end of a line" };

	switch (n->kind) {
	case NODE_CLASS:
		explain_bytes(re, n, to);
		break;
	case NODE_ASSERT:
		fputs(assertions[n->assertion], to);
		break;
	case NODE_REPEAT:
		if (n->min == 0 && n->max == 1)
			fputs("perhaps ", to);
		else if (n->max == NO_LIMIT)
			fprintf(to, "%d or more of ", n->min);
		else if (n->min == n->max)
			fprintf(to, "%d of ", n->min);
		else
			fprintf(to, "%d to %d of ", n->min, n->max);
		explain_node(re, n->child, to);
		break;
	case NODE_SEQUENCE:
		explain_sequence(re, n->child, to);
		break;
	case NODE_CHOICE:
		if (n->child->next != NULL)
			fputs("either ", to);
		for (const struct node *c = n->child; c != NULL; c = c->next) {
			explain_sequence(re, c->child, to);
			if (c->next != NULL)
				fputs(" or ", to);
		}
		break;
	}
}

/* Bytes that stand for themselves are shown together. */
static void
explain_sequence(const struct regex *re, const struct node *first, FILE *to)
{
	for (const struct node *n = first; n != NULL; n = n->next) {
		struct node together = *n;

		if (n != first)
			fputs(", ", to);
		while (is_fixed(n) && n->next != NULL && is_fixed(n->next)) {
			n = n->next;
			together.to = n->to;
		}
		explain_node(re, &together, to);
	}
}

void
regex_explain(const struct regex *re, FILE *to)
{
	explain_node(re, re->root, to);
}
