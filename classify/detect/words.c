/* Tokenising outwards from a value; a word is looked up whole and part by part. */
#include "classify/detect/words.h"

#include "classify/detect/columns.h"
#include "classify/detect/member.h"
#include "classify/detect/word_parts.h"

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
	uint8_t joined[WORD_MAX];
	struct span word = without_joints(near->p, near->len), rest = word, part;
	unsigned behind = 0;

	if (word_list_has(list, word.p, word.len))
		return 1;
	part = joined_parts(word, joined);
	if (part.len != 0 && word_list_has(list, part.p, part.len))
		return 1;
	while (take_part(&rest, &part)) {
		if (part.len < word.len && word_list_has(list, part.p, part.len))
			behind = (unsigned)(word.p + word.len - (part.p + part.len)) + 1;
	}
	return behind;
}

/* ------------------------------------------------------------------ several words */

static bool
is_gap(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\'';
}

/* "social security", "driver's licence", as a list writes it: with _ for what stands between. */
static bool
is_phrase(const struct word_list *list, const uint8_t *p, const uint8_t *end)
{
	uint8_t text[WORD_MAX];
	size_t len = 0;

	while (p < end) {
		if (len == sizeof(text))
			return false;
		text[len++] = is_gap(*p) || is_joint(*p) ? '_' : *p;
		for (p++; p < end && is_gap(*p) && is_gap(p[-1]); p++)
			;
	}
	return word_list_has_phrase(list, text, len);
}

/* A phrase of the text ends with the word, and has at most so many in front of it. */
static bool
ends_phrase(const struct word_list *list, struct span text, struct span word, unsigned more)
{
	const uint8_t *p = word.p, *end = word.p + word.len, *q;

	if ((list->phrase_ends >> (end[-1] & 31) & 1) == 0)
		return false;
	for (unsigned i = 0; i < more; i++) {
		for (q = p; q > text.p && is_gap(q[-1]); q--)
			;
		if (q == p || q == text.p || !is_word(q[-1]))
			return false;
		for (p = q; p > text.p && end - p <= 2 * WORD_MAX && is_word(p[-1]); p--)
			;
		if (is_phrase(list, p, end))
			return true;
	}
	return false;
}

static bool
begins_phrase(const struct word_list *list, struct span text, struct span word, unsigned more)
{
	const uint8_t *p = word.p + word.len, *end = text.p + text.len, *q;

	if ((list->phrase_begins >> (word.p[0] & 31) & 1) == 0)
		return false;
	for (unsigned i = 0; i < more; i++) {
		for (q = p; q < end && is_gap(*q); q++)
			;
		if (q == p || q == end || !is_word(*q))
			return false;
		for (p = q; p < end && p - word.p <= 2 * WORD_MAX && is_word(*p); p++)
			;
		if (is_phrase(list, word.p, p))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ one word */

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
	*at = from;
	if (from > 0 && begins_with_escape(v->window[from - 1], v->window + from, to - from))
		from++;
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

/* Where words are looked for, and how far from the value. */
struct sight {
	struct span text;
	unsigned within;
};

/* It is one of a phrase that goes on in the text, away from the value. */
static bool
is_of_phrase(const struct word_list *list, const struct sight *in, const struct near_word *word,
	     unsigned side)
{
	struct span s = span_of(word->p, word->len);
	unsigned more = in->within - word->place;

	if (more > PHRASE_WORDS - 1)
		more = PHRASE_WORDS - 1;
	return side == 0 ? ends_phrase(list, in->text, s, more)
			 : begins_phrase(list, in->text, s, more);
}

/* How near the word is on its side, 0 when it is not of the list or more of the other. */
static inline unsigned
nearness(const struct word_list *list, const struct word_list *other, const struct sight *in,
	 const struct near_word *word, unsigned side)
{
	unsigned behind = may_match(list, word) ? word_matches(list, word) : 0;

	if (behind == 0 && list->nr_phrases != 0 && is_of_phrase(list, in, word, side))
		return nearness_of(word, side) + 1;

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
	size_t part = 0, nr_joints = 0;
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
		nr_joints += is_joint(c);
		if (i == part || !begins_part(whole.p, i))
			continue;
		note_length(word, whole.p + part, i - part);
		part = i + is_joint(c);
	}
	if (part != 0)
		note_length(word, whole.p + part, whole.len - part);
	if (nr_joints != 0)
		note_length(word, whole.p, whole.len - nr_joints);
	word->raw = high >= 0x80;
}

/* The words of a side that stand within so many; of one that the window cuts only a part is there.
 */
static void
look_further(struct near_words *near, const struct value *v, unsigned right, unsigned within)
{
	struct near_side *side = &near->side[right];

	while (!side->ended && side->place < within && side->nr < NEAR_WORDS) {
		const uint8_t *before = v->window + side->at;
		struct span word;

		side->ended = !(right ? word_right : word_left)(v, &side->at, &word) ||
			      (near->cut[right] && side->at == (right ? v->len : 0));
		if (side->ended)
			return;
		side->place += 1 + (right ? toll(before, word.p) : toll(word.p + word.len, before));
		note_word(&side->words[side->nr++], word, side->place);
	}
}

static bool
is_of(const struct near_words *near, const struct value *v)
{
	return near->window == v->window && near->len == v->len && near->start == v->start &&
	       near->end == v->end;
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

/* Whose key it is; many rules ask of one word. */
static bool
counts(const struct value *v, struct near_word *word, unsigned which)
{
	if ((which & (WORDS_OF_MEMBER | WORDS_THAT_SAY)) == 0)
		return true;
	if (word->member == 0)
		word->member = (uint8_t)member_of(v, span_of(word->p, word->len));
	return word->member == MEMBER_OWN ||
	       (word->member == MEMBER_OTHER && (which & WORDS_OF_MEMBER) == 0);
}

unsigned
words_near(struct near_words *near, const struct word_list *list, const struct word_list *other,
	   const struct value *v, unsigned within, unsigned which)
{
	size_t from = 0, to = v->len;
	unsigned best = 0;
	struct sight in;

	if (list->nr == 0)
		return 0;
	if (!is_of(near, v))
		begin_at(near, v);
	between_marks(v, VALUE_FIELD_END, &from, &to);
	if ((which & WORDS_OF_TEXT) != 0)
		between_marks(v, VALUE_TEXT_END, &from, &to);
	in = (struct sight) { span_of(v->window + from, to - from), within };
	for (unsigned right = 0; right < 2; right++) {
		struct near_side *side = &near->side[right];

		look_further(near, v, right, within);
		for (unsigned i = 0; i < side->nr; i++) {
			struct near_word *word = &side->words[i];
			unsigned found;

			if (word->place > within || word->p < v->window + from ||
			    word->p >= v->window + to ||
			    (best != 0 && nearness_of(word, right) >= best))
				break;
			found = nearness(list, other, &in, word, right);
			if (found != 0 && counts(v, word, which))
				best = nearer(best, found);
		}
	}
	return best;
}

/* ------------------------------------------------------------------ heads of columns */

/* Takes the next word off a head; false behind the last. */
static bool
take_word(struct span *head, struct near_word *word)
{
	const uint8_t *p = head->p, *end = p + head->len, *from;

	while (p < end && !is_word(*p))
		p++;
	for (from = p; p < end && is_word(*p); p++)
		;
	note_word(word, span_of(from, (size_t)(p - from)), 0);
	*head = span_of(p, (size_t)(end - p));
	return p > from;
}

bool
words_head(const struct word_list *list, const struct value *v)
{
	struct near_word word;
	struct sight in;
	struct span head, rest;

	if (list->nr == 0 || !column_head(v, &head))
		return false;
	rest = head;
	in = (struct sight) { head, PHRASE_WORDS };
	while (take_word(&rest, &word)) {
		if (nearness(list, NULL, &in, &word, 1) != 0)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ of many lists */

static uint64_t
lists_of(const struct word_index *index, struct span part, unsigned w)
{
	int word = part.len == 0 ? -1 : word_index_find(index, part.p, part.len);

	return word < 0 ? 0 : word_index_lists(index, (unsigned)word, w);
}

uint64_t
words_lists(const struct word_index *index, struct span text, unsigned w)
{
	struct near_word word;
	struct span part;
	uint64_t lists = 0;

	while (take_word(&text, &word)) {
		uint8_t joined[WORD_MAX];
		struct span whole = without_joints(word.p, word.len), rest = whole;

		lists |= lists_of(index, whole, w) |
			 lists_of(index, joined_parts(whole, joined), w) |
			 (word.raw ? index->raw[w] : 0);
		while (take_part(&rest, &part))
			lists |= lists_of(index, part, w);
	}
	return lists;
}
