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
static bool
begins_part(const uint8_t *p, size_t i)
{
	return is_joint(p[i]) || (p[i] >= 'A' && p[i] <= 'Z' && p[i - 1] >= 'a' && p[i - 1] <= 'z');
}

static size_t
part_end(const uint8_t *p, size_t from, size_t len)
{
	size_t i = from + 1;

	while (i < len && !begins_part(p, i))
		i++;
	return i;
}

static struct span
without_joints(const uint8_t *p, size_t len)
{
	while (len > 0 && is_joint(p[0])) {
		p++;
		len--;
	}
	while (len > 0 && is_joint(p[len - 1]))
		len--;
	return span_of(p, len);
}

/* Takes the next part of a word off its front; false behind the last. */
static bool
take_part(struct span *word, struct span *part)
{
	if (word->len == 0)
		return false;

	size_t to = part_end(word->p, 0, word->len);
	size_t next = to < word->len && is_joint(word->p[to]) ? to + 1 : to;

	*part = span_of(word->p, to);
	*word = span_of(word->p + next, word->len - next);
	return true;
}

/* By its masks. */
static inline bool
may_match(const struct word_list *list, const struct near_word *word)
{
	return (list->first_letters & word->first_letters) != 0 &&
	       (list->lengths & word->lengths) != 0;
}

/* 0: no match. Else how many bytes of the word stand behind the last part that matches, and 1. */
static unsigned
word_matches(const struct word_list *list, const struct near_word *near)
{
	struct span word = without_joints(near->p, near->len), rest = word, part;
	unsigned behind = 0;

	if (in_list(list, word.p, word.len))
		return 1;
	while (take_part(&rest, &part)) {
		if (part.len < word.len && in_list(list, part.p, part.len))
			behind = (unsigned)(word.p + word.len - (part.p + part.len)) + 1;
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

/* Of a word at whose end the match stands. */
static unsigned
nearness_of(const struct near_word *word, unsigned side)
{
	return (2u * word->place + side) * 2 * WORD_MAX;
}

/* How near the word is on its side, 0 when it is not of the list or more of the other. */
static inline unsigned
nearness(const struct word_list *list, const struct word_list *other, const struct near_word *word,
	 unsigned side)
{
	unsigned behind = may_match(list, word) ? word_matches(list, word) : 0;

	if (behind == 0 && word->raw && list->nr_raw != 0 && has_raw(list, word->p, word->len))
		behind = 1;
	if (behind != 0 && other != NULL && other->nr != 0 && may_match(other, word)) {
		unsigned theirs = word_matches(other, word);

		if (theirs != 0 && theirs <= behind)
			return 0;
	}
	return behind == 0 ? 0 : nearness_of(word, side) + behind;
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

/* ------------------------------------------------------------------ what is near */

static void
note_length(struct near_word *word, const uint8_t *from, size_t len)
{
	if (len == 0 || len >= WORD_MAX)
		return;
	word->first_letters |= 1u << (from[0] & 31);
	word->lengths |= 1ull << len;
}

/* What word_matches looks up: the word and, where it has several, each of its parts. */
static void
note_word(struct near_word *word, struct span text, unsigned place)
{
	struct span whole = without_joints(text.p, text.len);
	size_t part = 0;
	uint8_t high = 0;

	*word =
	    (struct near_word) { .p = text.p, .len = (uint16_t)text.len, .place = (uint16_t)place };
	if (whole.len >= 2 * WORD_MAX) { /* of no list, but for what has_raw looks for */
		word->raw = true;
		return;
	}
	note_length(word, whole.p, whole.len);
	for (size_t i = 0; i < whole.len; i++) {
		uint8_t c = whole.p[i];

		high |= c;
		if (i == part || !begins_part(whole.p, i))
			continue;
		note_length(word, whole.p + part, i - part);
		part = i + is_joint(c);
	}
	if (part != 0)
		note_length(word, whole.p + part, whole.len - part);
	word->raw = high >= 0x80;
}

/* The words of a side that stand within so many. */
static void
look_further(struct near_side *side, const struct value *v, bool right, unsigned within)
{
	while (!side->ended && side->place < within && side->nr < NEAR_WORDS) {
		const uint8_t *before = v->window + side->at;
		struct span word;

		side->ended = !(right ? word_right : word_left)(v, &side->at, &word);
		if (side->ended)
			return;
		side->place += 1 + (right ? toll(before, word.p) : toll(word.p + word.len, before));
		note_word(&side->words[side->nr++], word, side->place);
	}
}

static void
begin_at(struct near_words *near, const struct value *v)
{
	near->window = v->window;
	near->len = v->len;
	near->start = v->start;
	near->end = v->end;
	for (unsigned i = 0; i < 2; i++) {
		near->side[i].ended = false;
		near->side[i].nr = near->side[i].place = 0;
		near->side[i].at = i == 0 ? v->start : v->end;
	}
}

static unsigned
nearer(unsigned a, unsigned b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

unsigned
words_near(struct near_words *near, const struct word_list *list, const struct word_list *other,
	   const struct value *v, unsigned within, bool own)
{
	size_t from = 0, to = v->len;
	unsigned best = 0;

	if (list->nr == 0)
		return 0;
	if (near->window != v->window || near->len != v->len || near->start != v->start ||
	    near->end != v->end)
		begin_at(near, v);
	between_marks(v, VALUE_FIELD_END, &from, &to);
	if (own)
		between_marks(v, VALUE_TEXT_END, &from, &to);
	for (unsigned right = 0; right < 2; right++) {
		struct near_side *side = &near->side[right];

		look_further(side, v, right, within);
		for (unsigned i = 0; i < side->nr; i++) {
			const struct near_word *word = &side->words[i];

			if (word->place > within || word->p < v->window + from ||
			    word->p >= v->window + to ||
			    (best != 0 && nearness_of(word, right) >= best))
				break;
			best = nearer(best, nearness(list, other, word, right));
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
	struct near_word word;

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
		if (p == from) {
			p++;
			continue;
		}
		note_word(&word, span_of(from, (size_t)(p - from)), 0);
		if (nearness(list, NULL, &word, 1) != 0)
			return true;
	}
	return false;
}
