/* Tokenising outwards from a value; one hash and a binary search per part of a word. */
#include "classify/detect/words.h"

#include <stdlib.h>

static uint32_t
hash_of(const uint8_t *p, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ ascii_lower(p[i])) * 16777619u;
	return h;
}

bool
word_list_add(struct word_list *list, struct span text)
{
	if (list->nr == WORDS_MAX || text.len == 0 || text.len >= WORD_MAX)
		return false;

	struct word *w = &list->words[list->nr++];

	w->len = (uint8_t)text.len;
	w->hash = hash_of(text.p, text.len);
	w->raw = false;
	for (size_t i = 0; i < text.len; i++) {
		w->text[i] = (char)ascii_lower(text.p[i]);
		w->raw = w->raw || text.p[i] >= 0x80;
	}
	w->text[text.len] = '\0';
	list->nr_raw += w->raw;
	list->first_letters |= 1u << (text.p[0] & 31);
	list->lengths |= 1ull << text.len;
	return true;
}

static int
by_hash(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

void
word_list_sort(struct word_list *list)
{
	if (list->nr != 0)
		qsort(list->words, list->nr, sizeof(list->words[0]), by_hash);
}

static bool
same_text(const struct word *w, const uint8_t *p, size_t len)
{
	if (w->len != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (ascii_lower(p[i]) != (uint8_t)w->text[i])
			return false;
	}
	return true;
}

static bool
in_list(const struct word_list *list, const uint8_t *p, size_t len)
{
	/* Letters of either case share their lower five bits. */
	if (len >= WORD_MAX || (list->first_letters >> (p[0] & 31) & 1) == 0 ||
	    (list->lengths >> len & 1) == 0)
		return false;

	uint32_t hash = hash_of(p, len);
	unsigned lo = 0, hi = list->nr;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (list->words[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < list->nr && list->words[lo].hash == hash; lo++) {
		if (same_text(&list->words[lo], p, len))
			return true;
	}
	return false;
}

static bool
is_word(uint8_t c)
{
	return is_alnum(c) || c == '_' || c == '-' || c >= 0x80;
}

static bool
is_joint(uint8_t c)
{
	return c == '_' || c == '-';
}

/* A part ends in front of a joint, and between a small and a capital letter. */
static size_t
part_end(const uint8_t *p, size_t from, size_t len)
{
	size_t i = from + 1;

	while (i < len && !is_joint(p[i]) &&
	       !(p[i] >= 'A' && p[i] <= 'Z' && p[i - 1] >= 'a' && p[i - 1] <= 'z'))
		i++;
	return i;
}

/* 0: no match. Else how many bytes of the word stand behind the last part that matches, and 1. */
static unsigned
word_matches(const struct word_list *list, const uint8_t *p, size_t len)
{
	unsigned behind = 0;

	while (len > 0 && is_joint(p[0])) {
		p++;
		len--;
	}
	while (len > 0 && is_joint(p[len - 1]))
		len--;
	if (len == 0 || len >= 2 * WORD_MAX)
		return 0;
	if (in_list(list, p, len))
		return 1;
	for (size_t from = 0; from < len;) {
		size_t to = part_end(p, from, len);

		if (to - from < len && in_list(list, p + from, to - from))
			behind = (unsigned)(len - to) + 1;
		from = to < len && is_joint(p[to]) ? to + 1 : to;
	}
	return behind;
}

static bool
has_raw(const struct word_list *list, const uint8_t *p, size_t len)
{
	for (unsigned i = 0; i < list->nr; i++) {
		const struct word *w = &list->words[i];

		for (size_t at = 0; w->raw && w->len <= len && at <= len - w->len; at++) {
			if (memcmp(p + at, w->text, w->len) == 0)
				return true;
		}
	}
	return false;
}

/* The word that ends at or before at, going left; false at the window's edge. */
static bool
word_left(const struct value *v, size_t *at, struct span *word)
{
	size_t to = *at, from;

	while (to > 0 && !is_word(v->window[to - 1]))
		to--;
	for (from = to; from > 0 && is_word(v->window[from - 1]); from--)
		;
	/* "\ncard": the letter belongs to the escape. */
	if (from > 0 && to - from > 1 && v->window[from - 1] == '\\' &&
	    memchr("nrt", v->window[from], 3) != NULL)
		from++;
	*at = from;
	*word = span_of(v->window + from, to - from);
	return to > from;
}

static bool
word_right(const struct value *v, size_t *at, struct span *word)
{
	size_t from = *at, to;

	while (from < v->len && !is_word(v->window[from]))
		from++;
	for (to = from; to < v->len && is_word(v->window[to]); to++)
		;
	*at = to;
	*word = span_of(v->window + from, to - from);
	return to > from;
}

/* How near the word at this place is, 0 when it is not of the list or more of the other. */
static unsigned
nearness(const struct word_list *list, const struct word_list *other, struct span word,
	 unsigned place)
{
	unsigned behind = word_matches(list, word.p, word.len);

	if (behind == 0 && list->nr_raw != 0 && has_raw(list, word.p, word.len))
		behind = 1;
	if (behind != 0 && other != NULL && other->nr != 0) {
		unsigned theirs = word_matches(other, word.p, word.len);

		if (theirs != 0 && theirs <= behind)
			return 0;
	}
	return behind == 0 ? 0 : place * 2 * WORD_MAX + behind;
}

/* Narrows [from, to) to what the value stands in between two such marks. */
static void
between_marks(const struct value *v, uint8_t mark, size_t *from, size_t *to)
{
	const uint8_t *before = memrchr(v->window + *from, mark, v->start - *from);
	const uint8_t *behind = memchr(v->window + v->end, mark, *to - v->end);

	if (before != NULL)
		*from = (size_t)(before - v->window);
	if (behind != NULL)
		*to = (size_t)(behind - v->window);
}

/* What the bytes between two words add to their distance: a comma one, a line's end three. */
static unsigned
toll(const uint8_t *p, const uint8_t *end)
{
	unsigned more = 0;

	for (; p < end; p++)
		more += *p == ',' ? 1 : *p == '\n' ? 3 : 0;
	return more;
}

static unsigned
nearer(unsigned a, unsigned b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

unsigned
words_near(const struct word_list *list, const struct word_list *other, const struct value *v,
	   unsigned within, bool own)
{
	size_t left = v->start, right = v->end, from = 0, to = v->len;
	unsigned place_left = 0, place_right = 0, best = 0;
	bool more_left = true, more_right = true;
	struct span word;

	if (list->nr == 0)
		return 0;
	between_marks(v, VALUE_FIELD_END, &from, &to);
	if (own)
		between_marks(v, VALUE_TEXT_END, &from, &to);
	for (unsigned i = 1; i <= within && (best == 0 || best >= 4 * i * WORD_MAX); i++) {
		while (more_left && place_left < i) {
			const uint8_t *behind = v->window + left;

			more_left = word_left(v, &left, &word) && word.p >= v->window + from;
			if (!more_left)
				break;
			place_left += 1 + toll(word.p + word.len, behind);
			if (place_left <= within)
				best = nearer(best, nearness(list, other, word, 2 * place_left));
		}
		while (more_right && place_right < i) {
			const uint8_t *before = v->window + right;

			more_right = word_right(v, &right, &word) && word.p < v->window + to;
			if (!more_right)
				break;
			place_right += 1 + toll(before, word.p);
			if (place_right <= within)
				best =
				    nearer(best, nearness(list, other, word, 2 * place_right + 1));
		}
	}
	return best;
}

/* ------------------------------------------------------------------ columns */

static bool
is_separator(uint8_t c)
{
	return c == ',' || c == ';' || c == '|' || c == '\t';
}

int
words_column(const struct value *v)
{
	size_t at = v->start;
	int column = 0;

	while (at > 0 && v->window[at - 1] != '\n' && v->window[at - 1] != VALUE_FIELD_END)
		column += is_separator(v->window[--at]);
	return at == 0 || v->window[at - 1] != '\n' ? -1 : column;
}

bool
words_head(const struct word_list *list, const struct value *v)
{
	int column = list->nr == 0 ? -1 : words_column(v);
	const uint8_t *line, *p, *end;

	if (column < 0)
		return false;
	line = memrchr(v->window, '\n', v->start);
	p = memrchr(v->window, '\n', (size_t)(line - v->window));
	for (p = p == NULL ? v->window : p + 1; p < line && column > 0; p++)
		column -= is_separator(*p);
	for (end = p; end < line && !is_separator(*end); end++)
		;
	while (p < end) {
		const uint8_t *from = p;

		while (p < end && is_word(*p))
			p++;
		if (p > from && (word_matches(list, from, (size_t)(p - from)) != 0 ||
				 (list->nr_raw != 0 && has_raw(list, from, (size_t)(p - from)))))
			return true;
		p += p == from;
	}
	return false;
}
