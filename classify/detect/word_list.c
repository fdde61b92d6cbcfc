/*
 * A list: one hash and a binary search. An index: a hash table with open addressing, and in front
 * of it a table of bits that most words of a text fail by.
 */
#include "classify/detect/word_list.h"

#include <stdlib.h>

enum { BITS_A_WORD = 16 }; /* of an index's table of bits */

static inline uint64_t
load(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, p, len);
	return v;
}

uint32_t
word_hash(const uint8_t *p, size_t len)
{
	uint64_t first, second = 0;

	if (len >= 16) {
		first = load(p, 8);
		second = load(p + 8, 8);
	} else if (len >= 8) {
		first = load(p, 8);
		second = len == 8 ? 0 : load(p + len - 8, 8) >> 8 * (16 - len);
	} else if (len >= 4) {
		first = load(p, 4) | load(p + len - 4, 4) << 8 * (len - 4);
	} else {
		first = p[0] | (uint64_t)p[len / 2] << 8 * (len / 2) |
			(uint64_t)p[len - 1] << 8 * (len - 1);
	}
	return word_hash_mix(first, second, len);
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

/* ------------------------------------------------------------------ a list */

static bool
add_as_it_is(struct word_list *list, struct span text)
{
	if (list->nr == WORDS_MAX || text.len == 0 || text.len >= WORD_MAX)
		return false;

	struct word *w = &list->words[list->nr++];

	*w = (struct word) { .len = (uint8_t)text.len, .hash = word_hash(text.p, text.len) };
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

static bool
is_joint(uint8_t c)
{
	return c == '_' || c == '-';
}

/* Words that so much of what programs say to each other has in it that they lead to little. */
static bool
is_everywhere(struct span part)
{
	static const char *const words[] = { "number", "account", "name", "code", "date" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_is_nocase(part, words[i]))
			return true;
	}
	return false;
}

/*
 * The longest part, the first of those that are as long, and rather one that is not everywhere;
 * empty when none is long enough.
 */
static struct span
lead_of(struct span text)
{
	struct span lead = span_of(text.p, 0);
	bool rare = false;
	size_t from = 0;

	for (size_t i = 0; i <= text.len; i++) {
		struct span part = span_of(text.p + from, i - from);
		bool better;

		if (i < text.len && !is_joint(text.p[i]))
			continue;
		better = is_everywhere(part) ? !rare && part.len > lead.len
					     : !rare || part.len > lead.len;
		if (part.len >= LEAD_MIN && better) {
			rare = !is_everywhere(part);
			lead = part;
		}
		from = i + 1;
	}
	return lead;
}

/* The word was added last. */
static bool
add_lead(struct word_list *list, struct span text)
{
	struct span lead = lead_of(text);

	if (lead.len == 0)
		return true;
	list->words[list->nr - 1].phrase = true;
	list->nr_phrases++;
	list->phrase_begins |= 1u << (text.p[0] & 31);
	list->phrase_ends |= 1u << (text.p[text.len - 1] & 31);
	if (!add_as_it_is(list, lead))
		return false;
	list->words[list->nr - 1].lead = true;
	return true;
}

bool
word_list_add(struct word_list *list, struct span text)
{
	uint8_t joined[WORD_MAX];
	size_t len = 0;

	if (!add_as_it_is(list, text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_joint(text.p[i]))
			joined[len++] = text.p[i];
	}
	if (len == text.len || len == 0)
		return true;
	return add_lead(list, text) && add_as_it_is(list, span_of(joined, len));
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

static const struct word *
find_word(const struct word_list *list, const uint8_t *p, size_t len, bool phrase)
{
	/* Letters of either case share their lower five bits. */
	if (len >= WORD_MAX || (list->first_letters >> (p[0] & 31) & 1) == 0 ||
	    (list->lengths >> len & 1) == 0)
		return NULL;

	uint32_t hash = word_hash(p, len);
	unsigned lo = 0, hi = list->nr;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (list->words[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < list->nr && list->words[lo].hash == hash; lo++) {
		const struct word *w = &list->words[lo];

		if (!w->lead && (w->phrase || !phrase) && same_text(w, p, len))
			return w;
	}
	return NULL;
}

bool
word_list_has(const struct word_list *list, const uint8_t *p, size_t len)
{
	return find_word(list, p, len, false) != NULL;
}

bool
word_list_has_phrase(const struct word_list *list, const uint8_t *p, size_t len)
{
	return find_word(list, p, len, true) != NULL;
}

/* ------------------------------------------------------------------ an index */

/* The slot of the word, or the free one where it would be. */
static uint32_t
slot_of(const struct word_index *index, uint32_t hash, const uint8_t *p, size_t len)
{
	uint32_t at = hash & index->mask;

	while (index->slots[at] != 0) {
		const struct word *w = index->words[index->slots[at] - 1];

		if (w->hash == hash && same_text(w, p, len))
			break;
		at = (at + 1) & index->mask;
	}
	return at;
}

static void
add_word(struct word_index *index, const struct word *w, unsigned list)
{
	uint32_t at = slot_of(index, w->hash, (const uint8_t *)w->text, w->len);
	unsigned row_words = word_index_row_words(index), bit;

	if (index->slots[at] == 0) {
		index->words[index->nr_words++] = w;
		index->slots[at] = (uint16_t)index->nr_words;
		bit = w->hash >> index->bits_shift;
		index->bits[bit / 64] |= 1ull << bit % 64;
	}
	index->rows[(index->slots[at] - 1u) * row_words + list / 64] |= 1ull << list % 64;
	if (w->raw)
		index->raw[list / 64] |= 1ull << list % 64;
}

bool
word_index_init(struct word_index *index, const struct word_list *const *lists, unsigned nr)
{
	size_t nr_words = 0, row_words = (nr + 63) / 64, nr_bits = 64;

	*index = (struct word_index) {
		.nr_lists = nr, .mask = 1, .bits_shift = 32 - 6, .simd = simd_best()
	};
	for (unsigned i = 0; i < nr; i++)
		nr_words += lists[i] == NULL ? 0 : lists[i]->nr;
	if (nr_words > WORD_INDEX_MAX)
		return false;
	while (index->mask < 2 * nr_words)
		index->mask = 2 * index->mask + 1;
	for (; nr_bits < BITS_A_WORD * nr_words; nr_bits *= 2)
		index->bits_shift--;
	index->words = calloc(nr_words + 1, sizeof(index->words[0]));
	index->slots = calloc(index->mask + 1, sizeof(index->slots[0]));
	index->bits = calloc(nr_bits / 64, sizeof(index->bits[0]));
	index->rows = calloc((nr_words + 1) * (row_words + 1), sizeof(index->rows[0]));
	index->raw = calloc(row_words + 1, sizeof(index->raw[0]));
	if (index->words == NULL || index->slots == NULL || index->bits == NULL ||
	    index->rows == NULL || index->raw == NULL) {
		word_index_fini(index);
		return false;
	}
	for (unsigned i = 0; i < nr; i++) {
		for (unsigned k = 0; lists[i] != NULL && k < lists[i]->nr; k++)
			add_word(index, &lists[i]->words[k], i);
	}
	return true;
}

void
word_index_fini(struct word_index *index)
{
	free(index->words);
	free(index->slots);
	free(index->bits);
	free(index->rows);
	free(index->raw);
	*index = (struct word_index) { 0 };
}

int
word_index_look_up(const struct word_index *index, uint32_t hash, const uint8_t *p, size_t len)
{
	return (int)index->slots[slot_of(index, hash, p, len)] - 1;
}

int
word_index_find(const struct word_index *index, const uint8_t *p, size_t len)
{
	uint32_t hash;

	if (len >= WORD_MAX)
		return -1;
	hash = word_hash(p, len);
	return word_index_may_have(index, hash) ? word_index_look_up(index, hash, p, len) : -1;
}
