/*
 * Marks are places of the original text and what stands there instead. A view is the text with
 * something undone, and for each of its bytes the place it came from.
 */
#include "classify/detect/redact.h"

#include <stdio.h>

#include "classify/detect/mask.h"
#include "classify/rules/ascii_fold.h"
#include "classify/rules/scan.h"
#include "classify/rules/unescape.h"

enum { WORD_MIN = 16, DECODED_MAX = 1536, MASK_CAP = 72, ROUNDS = 3, CUT_BACK = 128 };

struct mark {
	size_t from, to;
	bool word; /* made of what a word is when it is decoded */
	char text[MASK_CAP];
};

struct redaction {
	struct scanner *scanner;
	const uint16_t *origin; /* of the view's bytes and its end; NULL: the text itself */
	struct span view;	/* what is being scanned: the text, or it with something undone */
	size_t whole_from, whole_to; /* not 0, 0: mark all of this instead */
	const uint8_t *text;
	size_t text_len;
	bool overflow;
	unsigned nr;
	struct mark marks[REDACT_MAX_MARKS];
};

struct view {
	size_t len;
	uint8_t text[REDACT_MAX];
	uint16_t origin[REDACT_MAX + 1];
};

/* ------------------------------------------------------------------ marks */

static bool
covered(const struct redaction *r, size_t from, size_t to)
{
	for (unsigned i = 0; i < r->nr; i++) {
		if (r->marks[i].from <= from && to <= r->marks[i].to)
			return true;
	}
	return false;
}

/* Nothing is left of the word to decode, or it holds one that was. */
static bool
done_with(const struct redaction *r, size_t from, size_t to)
{
	for (unsigned i = 0; i < r->nr; i++) {
		if (r->marks[i].word && r->marks[i].from < to && from < r->marks[i].to)
			return true;
	}
	return covered(r, from, to);
}

static void
hide_word(struct mark *m, const struct rule *rule)
{
	int len = snprintf(m->text, sizeof(m->text), "[%s]", rule->data_type);

	m->text[len < 0				? 0
		: (size_t)len < sizeof(m->text) ? (size_t)len
						: sizeof(m->text) - 1] = '\0';
}

static bool
is_token_byte(uint8_t c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=';
}

/*
 * Rules end where they know enough, and see no more than a window: what goes on behind the value
 * in the same word is more of it.
 */
static size_t
end_of_word(const struct redaction *r, const struct rule *rule, size_t to)
{
	bool secret = strncmp(rule->data_type, "secret.", 7) == 0;

	for (; to < r->text_len; to++) {
		uint8_t c = r->text[to], next = to + 1 < r->text_len ? r->text[to + 1] : 0;

		if (is_alnum(c) || c == '_' || c == '%')
			continue;
		if (!secret || c == '/' || !(is_token_byte(c) || (c == '.' && is_token_byte(next))))
			break;
	}
	return to;
}

/* A value that begins in front of its window goes on there, as far as its bytes do. */
static size_t
begin_of_word(const struct redaction *r, const struct value *v, size_t from)
{
	if (!value_is_headless(v))
		return from;
	for (; from > 0; from--) {
		uint8_t c = r->view.p[from - 1];

		if (c == '=' || !(is_token_byte(c) || c == '.' || c == '%'))
			break;
	}
	return from;
}

static void
on_value(void *arg, const struct rule *rule, const struct value *v, size_t window_at)
{
	struct redaction *r = arg;
	size_t from = window_at + v->start, to = window_at + v->end;
	bool whole = r->whole_to != 0;

	if (whole) {
		from = r->whole_from;
		to = r->whole_to;
	} else {
		from = begin_of_word(r, v, from);
		from = r->origin == NULL ? from : r->origin[from];
		to = r->origin == NULL ? to : r->origin[to];
	}
	/* A marker opens a block: what follows it is the key. */
	if (v->end - v->start > 5 && memcmp(v->window + v->end - 5, "-----", 5) == 0)
		to = r->text_len;
	else
		to = end_of_word(r, rule, to);
	if (covered(r, from, to))
		return;
	if (r->nr == REDACT_MAX_MARKS) {
		r->overflow = true;
		return;
	}

	struct mark *m = &r->marks[r->nr++];

	m->from = from;
	m->to = to;
	m->word = whole;
	if (whole)
		hide_word(m, rule);
	else
		mask_value(rule, v, m->text, sizeof(m->text));
}

/* ------------------------------------------------------------------ escapes undone */

/* One round over text; false when nothing changed. blank: '+', '/' or what is none. */
static bool
undo(struct view *v, const uint8_t *text, size_t len, const uint16_t *origin, char blank)
{
	bool changed = false;

	v->len = 0;
	for (size_t i = 0; i < len;) {
		uint8_t out[6];
		size_t took = 1, n = 1;

		out[0] = text[i];
		if (text[i] == '/' && blank == '/')
			out[0] = ' ';
		else if (text[i] == '%' || (text[i] == '+' && blank == '+'))
			n = unescape_one(CODING_FORM, text + i, len - i, out, &took);
		else if (text[i] == '\\' && i + 1 < len && is_digit(text[i + 1]))
			n = unescape_one(CODING_DNS, text + i, len - i, out, &took);
		else if (text[i] == '\\')
			n = unescape_one(CODING_JSON, text + i, len - i, out, &took);
		else if (text[i] >= 0x80)
			out[0] = ascii_fold_one(text + i, len - i,
						v->len == 0 ? 0 : v->text[v->len - 1], &took);
		if (took == 0) { /* cut off: as it is */
			out[0] = text[i];
			took = n = 1;
		}
		changed = changed || took != n || out[0] != text[i];
		for (size_t k = 0; k < n; k++) {
			v->text[v->len] = out[k];
			v->origin[v->len++] = origin == NULL ? (uint16_t)i : origin[i];
		}
		i += took;
	}
	v->origin[v->len] = origin == NULL ? (uint16_t)len : origin[len];
	return changed;
}

/* ------------------------------------------------------------------ coded words */

static bool
mostly_text(const uint8_t *p, size_t len)
{
	size_t odd = 0;

	for (size_t i = 0; i < len; i++)
		odd += (p[i] < ' ' && p[i] != '\n' && p[i] != '\r' && p[i] != '\t') || p[i] >= 0x7f;
	return len >= 7 && odd * 8 <= len;
}

static size_t
hex_decode(struct span s, uint8_t *out)
{
	size_t n = 0;

	for (; n < DECODED_MAX && s.len >= 2; n++, s.p += 2, s.len -= 2) {
		if (hex_value(s.p[0]) < 0 || hex_value(s.p[1]) < 0)
			break;
		out[n] = (uint8_t)(hex_value(s.p[0]) * 16 + hex_value(s.p[1]));
	}
	return n;
}

/* Wrong alignments and random bytes end here, before they cost a scan. */
static void
scan_decoded_word(struct redaction *r, const uint8_t *out, size_t n)
{
	if (mostly_text(out, n))
		scan_values(r->scanner, out, n, on_value, r);
}

static void
scan_word(struct redaction *r, struct span word)
{
	uint8_t out[DECODED_MAX];
	unsigned before = r->nr;

	for (size_t skip = 0; skip < 4 && skip < word.len && r->nr == before; skip++) {
		struct span rest = span_of(word.p + skip, word.len - skip);

		scan_decoded_word(r, out, base64_decode(rest, out, sizeof(out)));
		if (skip < 2 && r->nr == before)
			scan_decoded_word(r, out, hex_decode(rest, out));
	}
}

/* Of letters, digits and marks of a token: shorter ones are not taken for coded. */
static bool
has_long_word(const uint8_t *text, size_t len)
{
	size_t run = 0;

	for (size_t i = 0; i < len && run < WORD_MIN; i++)
		run = is_token_byte(text[i]) ? run + 1 : 0;
	return run == WORD_MIN;
}

/* What stands between slashes, then words with them, then what stands between hyphens and so on. */
static void
scan_words(struct redaction *r, const uint8_t *text, size_t len, const uint16_t *origin)
{
	static const char *const cuts[] = { "/", "", "/=+-_" };

	if (!has_long_word(text, len))
		return;
	for (unsigned k = 0; k < 3; k++) {
		for (size_t i = 0; i < len;) {
			size_t to = i;

			while (to < len && is_token_byte(text[to]) &&
			       strchr(cuts[k], text[to]) == NULL)
				to++;
			if (to - i >= WORD_MIN) {
				r->whole_from = origin == NULL ? i : origin[i];
				r->whole_to = origin == NULL ? to : origin[to];
				if (!done_with(r, r->whole_from, r->whole_to))
					scan_word(r, span_of(text + i, to - i));
			}
			i = to + 1;
		}
	}
	r->whole_from = r->whole_to = 0;
}

/* ------------------------------------------------------------------ writing */

/* Not inside a UTF-8 sequence. */
static size_t
utf8_cut(const char *text, size_t len)
{
	size_t back = len;

	while (back > 0 && len - back < 3 && ((uint8_t)text[back - 1] & 0xc0) == 0x80)
		back--;
	if (back == 0 || (uint8_t)text[back - 1] < 0xc0)
		return len;

	uint8_t lead = (uint8_t)text[back - 1];
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	return len - back + 1 < need ? back - 1 : len;
}

struct writer {
	char *out;
	size_t len, cap;
	bool cut;
};

static void
put(struct writer *w, const void *p, size_t len)
{
	size_t n = len < w->cap - w->len ? len : w->cap - w->len;

	if (n != 0)
		memcpy(w->out + w->len, p, n);
	w->len += n;
	w->cut = w->cut || n < len;
}

static void
sort_marks(struct redaction *r)
{
	for (unsigned i = 1; i < r->nr; i++) {
		struct mark m = r->marks[i];
		unsigned k = i;

		for (; k > 0 && (r->marks[k - 1].from > m.from ||
				 (r->marks[k - 1].from == m.from && r->marks[k - 1].to < m.to));
		     k--)
			r->marks[k] = r->marks[k - 1];
		r->marks[k] = m;
	}
}

/* Marks that overlap become one hole, filled with what the first of them says. */
static size_t
write_out(const struct redaction *r, const uint8_t *in, size_t len, char *out, size_t cap)
{
	struct writer w = { .out = out, .cap = cap };
	size_t at = 0;

	for (unsigned i = 0; i < r->nr; i++) {
		const struct mark *m = &r->marks[i];

		if (m->to <= at)
			continue;
		if (m->from >= at) {
			put(&w, in + at, m->from - at);
			put(&w, m->text, strlen(m->text));
		}
		at = m->to;
	}
	put(&w, in + at, len - at);
	return w.cut ? utf8_cut(out, w.len) : w.len;
}

/* Too long a text loses its end, and with it the word that the cut goes through. */
static size_t
cut_long(const uint8_t *in)
{
	size_t len = REDACT_MAX, least = len - CUT_BACK;

	while (len > least && in[len - 1] > ' ' && in[len - 1] != '/' && in[len - 1] != '&')
		len--;
	return utf8_cut((const char *)in, len);
}

static size_t
copy_clean(const uint8_t *in, size_t len, char *out, size_t cap)
{
	struct writer w = { .out = out, .cap = cap };

	put(&w, in, len);
	return w.cut ? utf8_cut(out, w.len) : w.len;
}

/* Looks at text with its escapes undone again and again; false when no '+' was met. */
static bool
scan_undone(struct redaction *r, const uint8_t *text, size_t len, char blank)
{
	struct view views[2];
	const uint16_t *origin = NULL;
	bool met = memchr(text, '+', len) != NULL;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct view *v = &views[i & 1];

		if (!undo(v, text, len, origin, blank))
			break;
		if (blank == '/')
			blank = '\0'; /* those that were coded are data */
		text = v->text;
		len = v->len;
		r->origin = origin = v->origin;
		r->view = span_of(text, len);
		met = met || memchr(text, '+', len) != NULL;
		scan_values(r->scanner, text, len, on_value, r);
		scan_words(r, text, len, origin);
	}
	return met;
}

size_t
redact_text(struct scanner *s, const uint8_t *in, size_t len, char *out, size_t cap)
{
	static const char everything[] = "[masked]";
	struct redaction r;

	if (len > REDACT_MAX)
		len = cut_long(in);
	if (len == 0 || scanner_is_idle(s))
		return copy_clean(in, len, out, cap);

	uint64_t id = scan_text_id(s, SCAN_USE_REDACT, in, len);
	uint64_t errors = scanner_counters(s)->scan_errors;

	if (scan_holds_nothing(s, id, len))
		return copy_clean(in, len, out, cap);
	r.scanner = s;
	r.origin = NULL;
	r.whole_from = r.whole_to = 0;
	r.text = in;
	r.text_len = len;
	r.view = span_of(in, len);
	r.overflow = false;
	r.nr = 0;
	scan_values(s, in, len, on_value, &r);
	scan_words(&r, in, len, NULL);
	/* In a query '+' is a blank, in a path and in base64 it is itself; '/' is between parts of
	 * a path. */
	if (scan_undone(&r, in, len, '\0'))
		scan_undone(&r, in, len, '+');
	if (in[0] == '/')
		scan_undone(&r, in, len, '/');
	if (r.overflow)
		return copy_clean((const uint8_t *)everything, strlen(everything), out, cap);
	if (r.nr == 0 && scanner_counters(s)->scan_errors == errors)
		scan_remember(s, id);
	sort_marks(&r);
	return write_out(&r, in, len, out, cap);
}
