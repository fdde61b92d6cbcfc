/* Words by bit masks, 64 bytes at a time; a word is looked up where a list could have it. */
#include "classify/detect/word_marks.h"

#include "classify/detect/simd.h"
#include "classify/detect/word_parts.h"

enum {
	FIRST_PLACE = 1024, /* so that no reach goes below 0 */
	TOO_LONG = 2 * WORD_MAX,
};

/* Of 64 bytes. */
struct masks {
	uint64_t word, raw, joint, upper, lower;
};

/* Of the 64 bytes of a block and of those in front of it. */
struct two_blocks {
	uint64_t before, here;
};

static ALWAYS_INLINE struct masks
masks_of(const uint8_t *p, range_mask_fn *range)
{
	struct masks m = {
		.raw = range(p, 0, (char)0x80, 0x7f),
		.joint = range(p, 0, '-', 0) | range(p, 0, '_', 0),
		.upper = range(p, 0, 'A', 'Z' - 'A'),
		.lower = range(p, 0, 'a', 'z' - 'a'),
	};

	m.word = m.raw | m.joint | m.upper | m.lower | range(p, 0, '0', 9);
	return m;
}

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
	uint8_t joined[WORD_MAX];
	struct span rest = whole, part;

	look_up(m, index, place, whole);
	look_up(m, index, place, joined_parts(whole, joined));
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
	const uint8_t *last_with_room; /* see word_hash_with_room; NULL: there is none */
	ptrdiff_t open;
	bool was_word, was_lower; /* the last byte of the block before */
	struct two_blocks parts;  /* bytes at which a part of a word may end */
	struct two_blocks raw;	  /* bytes above 0x7f */
};

static uint8_t
byte_before(const struct reader *r, size_t at)
{
	return at == 0 ? r->t->last : r->data[at - 1];
}

/*
 * Of the bytes from `from` on, as far as 64 bits go; base is where the block begins, from the block
 * or the one before.
 */
static inline uint64_t
bits_from(struct two_blocks m, size_t base, size_t from)
{
	return from >= base ? m.here >> (from - base)
			    : m.before >> (WORD_BLOCK - (base - from)) | m.here << (base - from);
}

/* A word of the piece, or a part of one: as look_up. */
static inline void
look_up_here(struct reader *r, struct span part)
{
	uint32_t hash;
	int word;

	if (part.p > r->last_with_room) {
		look_up(r->m, r->index, r->t->nr_words, part);
		return;
	}
	if (part.len == 0 || part.len >= WORD_MAX)
		return;
	hash = word_hash_with_room(part.p, part.len);
	if (!word_index_may_have(r->index, hash))
		return;
	word = word_index_look_up(r->index, hash, part.p, part.len);
	if (word >= 0)
		add_mark(r->m, r->t->nr_words, word);
}

/* ends: bit i, a part of the word ends in front of its byte i; as take_part has it. */
static void
mark_parts(struct reader *r, struct span word, uint64_t ends)
{
	uint8_t joined[WORD_MAX];
	struct span whole = without_joints(word.p, word.len);
	size_t from = 0;

	look_up_here(r, whole);
	look_up(r->m, r->index, r->t->nr_words, joined_parts(whole, joined));
	ends = ends >> (whole.p - word.p) & ((1ull << whole.len) - 1);
	for (; ends != 0; ends &= ends - 1) {
		size_t at = (size_t)__builtin_ctzll(ends);

		if (at == from)
			continue;
		look_up_here(r, span_of(whole.p + from, at - from));
		from = at + is_joint(whole.p[at]);
	}
	if (from != 0)
		look_up_here(r, span_of(whole.p + from, whole.len - from));
}

static void
end_word(struct reader *r, size_t base, unsigned end)
{
	size_t to = base + end;

	if (r->open == THE_TRAILS) {
		keep_open(r->t, r->data, to);
		end_open(r->m, r->t, r->index);
		return;
	}

	size_t from = (size_t)r->open;
	struct span word = span_of(r->data + from, to - from);
	uint8_t before = byte_before(r, from);

	if (word.len >= WORD_BLOCK || before == '\\') {
		mark_word(r->m, r->index, r->t->nr_words, word, before);
		return;
	}

	uint64_t whole = (1ull << word.len) - 1;
	uint64_t parts = bits_from(r->parts, base, from) & whole;

	if ((bits_from(r->raw, base, from) & whole) != 0)
		mark_word(r->m, r->index, r->t->nr_words, word, before);
	else if (parts != 0)
		mark_parts(r, word, parts);
	else
		look_up_here(r, word);
}

static ALWAYS_INLINE void
read_block(struct reader *r, size_t base, const uint8_t *p, range_mask_fn *range)
{
	struct masks k = masks_of(p, range);
	uint64_t follows = k.word << 1 | r->was_word;
	uint64_t begins = k.word & ~follows, ends = ~k.word & follows;

	r->parts = (struct two_blocks) { r->parts.here,
					 k.joint | (k.upper & (k.lower << 1 | r->was_lower)) };
	r->raw = (struct two_blocks) { r->raw.here, k.raw };
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
		end_word(r, base, (unsigned)__builtin_ctzll(ends));
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

static ALWAYS_INLINE void
read_blocks(struct reader *r, size_t len, range_mask_fn *range)
{
	uint8_t rest[WORD_BLOCK];
	size_t at = 0;

	for (; len - at >= WORD_BLOCK; at += WORD_BLOCK)
		read_block(r, at, r->data + at, range);
	if (at == len)
		return;
	memcpy(rest, r->data + at, len - at);
	/* As if the word went on: what ends it is not here. */
	memset(rest + (len - at), is_word(r->data[len - 1]) ? 'a' : 0, sizeof(rest) - (len - at));
	read_block(r, at, rest, range);
}

#ifdef __SSE2__
__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))) static void
read_blocks_avx2(struct reader *r, size_t len)
{
	read_blocks(r, len, range_mask_avx2);
}

__attribute__((target("avx512bw,bmi,bmi2,lzcnt,popcnt"))) static void
read_blocks_avx512(struct reader *r, size_t len)
{
	read_blocks(r, len, range_mask_avx512);
}
#endif

static void
read_piece(struct reader *r, size_t len, enum simd simd)
{
#ifdef __SSE2__
	switch (simd) {
	case SIMD_AVX512:
		read_blocks_avx512(r, len);
		return;
	case SIMD_AVX2:
		read_blocks_avx2(r, len);
		return;
	default:
		break;
	}
#endif
	read_blocks(r, len, range_mask);
}

void
word_marks_read(struct word_marks *m, struct word_trail *t, const struct word_index *index,
		const uint8_t *data, size_t len)
{
	struct reader r = {
		.m = m,
		.t = t,
		.index = index,
		.data = data,
		.last_with_room = len < WORD_ROOM ? NULL : data + (len - WORD_ROOM),
		.open = t->in_word ? THE_TRAILS : NO_WORD,
		.was_word = t->in_word,
		.was_lower = t->in_word && t->last >= 'a' && t->last <= 'z',
	};

	take_trail(m, t);
	if (len == 0)
		return;
	read_piece(&r, len, index->simd);
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
