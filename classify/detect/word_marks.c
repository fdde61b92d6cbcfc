/* Words by bit masks, 64 bytes at a time; a word is looked up where a list could have it. */
#include "classify/detect/word_marks.h"

#include "classify/detect/word_parts.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	FIRST_PLACE = 1024, /* so that no reach goes below 0 */
	TOO_LONG = 2 * WORD_MAX,
};

/* Of 64 bytes. */
struct masks {
	uint64_t word, raw, joint, upper, lower;
};

#ifdef __SSE2__
static inline __m128i
in_range(__m128i v, char low, char span)
{
	__m128i at = _mm_sub_epi8(v, _mm_set1_epi8(low));

	return _mm_cmpeq_epi8(_mm_min_epu8(at, _mm_set1_epi8(span)), at);
}

static inline uint64_t
bits_of(__m128i v, unsigned at)
{
	return (uint64_t)(uint32_t)_mm_movemask_epi8(v) << at;
}

static struct masks
masks_of(const uint8_t *p)
{
	struct masks m = { 0 };

	for (unsigned at = 0; at < WORD_BLOCK; at += 16) {
		__m128i v = _mm_loadu_si128((const void *)(p + at));
		__m128i upper = in_range(v, 'A', 25), lower = in_range(v, 'a', 25);
		__m128i joint = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('-')),
					     _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
		__m128i digit = in_range(v, '0', 9);

		m.raw |= bits_of(v, at);
		m.joint |= bits_of(joint, at);
		m.upper |= bits_of(upper, at);
		m.lower |= bits_of(lower, at);
		m.word |= bits_of(_mm_or_si128(_mm_or_si128(upper, lower),
					       _mm_or_si128(_mm_or_si128(joint, digit), v)),
				  at);
	}
	return m;
}
#else
static struct masks
masks_of(const uint8_t *p)
{
	struct masks m = { 0 };

	for (unsigned i = 0; i < WORD_BLOCK; i++) {
		uint64_t bit = 1ull << i;

		m.raw |= p[i] >= 0x80 ? bit : 0;
		m.joint |= is_joint(p[i]) ? bit : 0;
		m.upper |= p[i] >= 'A' && p[i] <= 'Z' ? bit : 0;
		m.lower |= p[i] >= 'a' && p[i] <= 'z' ? bit : 0;
		m.word |= is_word(p[i]) ? bit : 0;
	}
	return m;
}
#endif

void
word_trail_init(struct word_trail *t, uint64_t pos)
{
	t->pos = pos;
	t->nr_words = FIRST_PLACE;
	t->unknown = 0;
	t->last = t->open_before = 0;
	t->in_word = false;
	t->nr_open = t->nr_marks = 0;
}

/* ------------------------------------------------------------------ a word */

static void
add_mark(struct word_marks *m, uint64_t place, int word)
{
	if (m->nr == WORD_MARKS) {
		m->lost = place < m->lost ? place : m->lost;
		return;
	}
	m->marks[m->nr++] = (struct word_mark) { place, word };
}

static void
look_up(struct word_marks *m, const struct word_index *index, uint64_t place, struct span part)
{
	int word = part.len == 0 ? -1 : word_index_find(index, part.p, part.len);

	if (word >= 0)
		add_mark(m, place, word);
}

static void
look_up_parts(struct word_marks *m, const struct word_index *index, uint64_t place,
	      struct span whole)
{
	struct span rest = whole, part;

	look_up(m, index, place, whole);
	while (take_part(&rest, &part)) {
		if (part.len < whole.len)
			look_up(m, index, place, part);
	}
}

/* A word that may have parts, joints at its ends, or an escape's letter in front. */
static void
mark_word(struct word_marks *m, const struct word_index *index, uint64_t place, struct span word,
	  uint8_t before)
{
	struct span whole = without_joints(word.p, word.len);
	uint8_t high = 0;

	if (whole.len >= TOO_LONG) {
		add_mark(m, place, WORD_RAW);
		return;
	}
	for (size_t i = 0; i < whole.len; i++)
		high |= whole.p[i];
	if (high >= 0x80)
		add_mark(m, place, WORD_RAW);
	look_up_parts(m, index, place, whole);
	if (begins_with_escape(before, word.p, word.len))
		look_up_parts(m, index, place, without_joints(word.p + 1, word.len - 1));
}

/* ------------------------------------------------------------------ from piece to piece */

static void
take_trail(struct word_marks *m, const struct word_trail *t)
{
	m->nr = t->nr_marks;
	m->first = t->nr_words;
	m->unknown = t->unknown;
	m->lost = UINT64_MAX;
	memcpy(m->marks, t->marks, t->nr_marks * sizeof(m->marks[0]));
}

/* What the next piece may ask for. */
static void
keep_trail(const struct word_marks *m, struct word_trail *t, uint64_t reach)
{
	unsigned from = m->nr;

	while (from > 0 && m->marks[from - 1].place + reach >= t->nr_words)
		from--;
	if (m->nr - from > WORD_TRAIL) {
		from = m->nr - WORD_TRAIL;
		t->unknown = m->marks[from - 1].place;
	}
	if (m->lost != UINT64_MAX)
		t->unknown = t->nr_words;
	t->nr_marks = (uint8_t)(m->nr - from);
	memcpy(t->marks, m->marks + from, t->nr_marks * sizeof(m->marks[0]));
}

/* Bytes of the word that goes on into the next piece; what it begins with counts. */
static void
keep_open(struct word_trail *t, const uint8_t *p, size_t len)
{
	for (; t->nr_open == 0 && len > 0 && is_joint(p[0]); len--)
		p++;
	t->nr_open = (uint8_t)span_append(t->open, t->nr_open, sizeof(t->open), span_of(p, len));
}

/* One that is longer than there is room for may have any part. */
static void
end_open(struct word_marks *m, struct word_trail *t, const struct word_index *index)
{
	if (t->nr_open == sizeof(t->open))
		m->unknown = t->unknown = t->nr_words;
	else
		mark_word(m, index, t->nr_words, span_of(t->open, t->nr_open), t->open_before);
	t->nr_open = 0;
	t->in_word = false;
}

/* ------------------------------------------------------------------ a piece */

/* A word of the piece is open: where it began; or the trail's is. */
enum { NO_WORD = -1, THE_TRAILS = -2 };

struct reader {
	struct word_marks *m;
	struct word_trail *t;
	const struct word_index *index;
	const uint8_t *data;
	ptrdiff_t open;
	bool was_word, was_lower; /* the last byte of the block before */
};

static uint8_t
byte_before(const struct reader *r, size_t at)
{
	return at == 0 ? r->t->last : r->data[at - 1];
}

/* parts: of the block, what makes more of a word than letters and digits. */
static void
end_word(struct reader *r, size_t base, unsigned end, uint64_t parts)
{
	size_t to = base + end;
	uint8_t before;

	if (r->open == THE_TRAILS) {
		keep_open(r->t, r->data, to);
		end_open(r->m, r->t, r->index);
		return;
	}

	size_t from = (size_t)r->open;
	struct span word = span_of(r->data + from, to - from);

	before = byte_before(r, from);
	if (from < base || (parts >> (from - base) << (WORD_BLOCK - word.len)) != 0 ||
	    before == '\\')
		mark_word(r->m, r->index, r->t->nr_words, word, before);
	else
		look_up(r->m, r->index, r->t->nr_words, word);
}

static void
read_block(struct reader *r, size_t base, const uint8_t *p)
{
	struct masks k = masks_of(p);
	uint64_t follows = k.word << 1 | r->was_word;
	uint64_t begins = k.word & ~follows, ends = ~k.word & follows;
	uint64_t parts = k.joint | k.raw | (k.upper & (k.lower << 1 | r->was_lower));

	r->m->block[base / WORD_BLOCK].begins = begins;
	r->m->block[base / WORD_BLOCK].before = r->t->nr_words;
	r->was_word = k.word >> 63;
	r->was_lower = k.lower >> 63;
	for (;;) {
		if (r->open == NO_WORD) {
			if (begins == 0)
				return;
			r->open = (ptrdiff_t)base + __builtin_ctzll(begins);
			r->t->nr_words++;
			begins &= begins - 1;
		}
		if (ends == 0)
			return;
		end_word(r, base, (unsigned)__builtin_ctzll(ends), parts);
		r->open = NO_WORD;
		ends &= ends - 1;
	}
}

/* The word at the end of the piece goes on into the next one. */
static void
leave_open(struct reader *r, size_t len)
{
	struct word_trail *t = r->t;

	t->in_word = true;
	if (r->open == THE_TRAILS) {
		keep_open(t, r->data, len);
		return;
	}
	t->open_before = byte_before(r, (size_t)r->open);
	keep_open(t, r->data + r->open, len - (size_t)r->open);
}

void
word_marks_read(struct word_marks *m, struct word_trail *t, const struct word_index *index,
		const uint8_t *data, size_t len)
{
	struct reader r = { m,
			    t,
			    index,
			    data,
			    t->in_word ? THE_TRAILS : NO_WORD,
			    t->in_word,
			    t->in_word && t->last >= 'a' && t->last <= 'z' };
	uint8_t rest[WORD_BLOCK];
	size_t at = 0;

	take_trail(m, t);
	if (len == 0)
		return;
	for (; len - at >= WORD_BLOCK; at += WORD_BLOCK)
		read_block(&r, at, data + at);
	if (at < len) {
		memcpy(rest, data + at, len - at);
		/* As if the word went on: what ends it is not here. */
		memset(rest + (len - at), is_word(data[len - 1]) ? 'a' : 0,
		       sizeof(rest) - (len - at));
		read_block(&r, at, rest);
	}
	if (is_word(data[len - 1]))
		leave_open(&r, len);
	t->last = data[len - 1];
	t->pos += len;
	keep_trail(m, t, index->reach);
}

void
word_marks_end(struct word_marks *m, struct word_trail *t, const struct word_index *index)
{
	take_trail(m, t);
	if (t->in_word)
		end_open(m, t, index);
	keep_trail(m, t, index->reach);
}

uint64_t
word_marks_lists(const struct word_marks *m, const struct word_index *index, uint64_t from,
		 uint64_t to, unsigned w)
{
	unsigned lo = 0, hi = m->nr;
	uint64_t lists = 0;

	if (m->unknown >= from || m->lost <= to)
		return UINT64_MAX;
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (m->marks[mid].place < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < m->nr && m->marks[lo].place <= to; lo++)
		lists |= m->marks[lo].word == WORD_RAW
			     ? index->raw[w]
			     : word_index_lists(index, (unsigned)m->marks[lo].word, w);
	return lists;
}
