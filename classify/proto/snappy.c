#include "classify/proto/snappy.h"

enum phase {
	CHUNK_LEN, /* framed: of the block that follows */
	HEAD,	   /* the rest of the framing's head: number bytes */
	TEXT_LEN,
	TAG,
	LITERAL_LEN,
	LITERAL,
	OFFSET,
	COPY,
};

/* The low bits of a tag; for the others also the bytes of the offset. */
enum { TAG_LITERAL = 0, TAG_COPY_1 = 1, TAG_COPY_2 = 2, TAG_COPY_4 = 3 };

/* The head of the framing: its first two bytes as the length of a text, and all four of a length.
 */
#define HEAD_AS_TEXT_LEN  (0x02u | 0x53u << 7)
#define HEAD_AS_CHUNK_LEN 0x82534e41u

enum {
	HEAD_BYTES = 16,
	LONG_LITERAL = 60,     /* from here on the length is in the next tag - 59 bytes */
	REPEAT_AT_ONCE = 4096, /* a short copy of itself is doubled up to so much */
};

struct run {
	struct cursor *in;
	uint8_t *out;
	size_t room;
	enum stage_result result;
};

void
snappy_init(struct snappy *s)
{
	s->framed = false;
	s->phase = TEXT_LEN;
	s->number = 0;
	s->shift = 0;
	s->need = 0;
	s->coded = UINT64_MAX;
	s->text = s->end = 0;
	s->promised = 0;
}

/* Each step is done (true), or waits for input or room, or has failed. */
static bool
fail(struct run *r, enum stage_result result)
{
	r->result = result;
	return false;
}

static bool
next_byte(struct snappy *s, struct run *r, uint8_t *b)
{
	if (s->coded == 0)
		return fail(r, STAGE_BAD);
	if (!cursor_u8(r->in, b))
		return false;
	s->coded--;
	return true;
}

static void
await_number(struct snappy *s, uint8_t phase, unsigned bytes)
{
	s->phase = phase;
	s->number = 0;
	s->shift = 0;
	s->need = (uint8_t)bytes;
}

/* Little endian. */
static bool
read_number(struct snappy *s, struct run *r)
{
	uint8_t b;

	for (; s->need > 0; s->need--) {
		if (!next_byte(s, r, &b))
			return false;
		s->number |= (uint64_t)b << s->shift;
		s->shift = (uint8_t)(s->shift + 8);
	}
	return true;
}

/* ------------------------------------------------------------------ blocks */

static bool
begin_block(struct snappy *s, uint64_t coded)
{
	await_number(s, TEXT_LEN, 0);
	s->coded = coded;
	s->text = 0;
	return true;
}

static void
await_chunk(struct snappy *s)
{
	await_number(s, CHUNK_LEN, 4);
	s->coded = UINT64_MAX;
}

static bool
read_head(struct snappy *s, uint64_t bytes)
{
	await_number(s, HEAD, 0);
	s->number = bytes;
	s->coded = UINT64_MAX;
	s->framed = true;
	return true;
}

static bool
skip_head(struct snappy *s, struct run *r)
{
	size_t n = cursor_left(r->in);

	n = n < s->number ? n : (size_t)s->number;
	r->in->p += n;
	s->number -= n;
	if (s->number > 0)
		return false;
	await_chunk(s);
	return true;
}

/* Streams that were put behind each other have a head before each. */
static bool
chunk_len(struct snappy *s, struct run *r)
{
	uint32_t len;

	if (!read_number(s, r))
		return false;
	len = __builtin_bswap32((uint32_t)s->number);
	if (len == HEAD_AS_CHUNK_LEN)
		return read_head(s, HEAD_BYTES - 4);
	if (len != 0)
		return begin_block(s, len);
	await_chunk(s);
	return true;
}

static bool
text_len(struct snappy *s, struct run *r)
{
	uint8_t b;

	do {
		if (!next_byte(s, r, &b))
			return false;
		if (s->shift == 28 && b > 0x0f)
			return fail(r, STAGE_BAD);
		s->number |= (uint64_t)(b & 0x7f) << s->shift;
		s->shift = (uint8_t)(s->shift + 7);
	} while ((b & 0x80) != 0);
	s->promised = s->number;
	s->phase = TAG;
	return true;
}

static bool
end_block(struct snappy *s, struct run *r)
{
	if (!s->framed)
		return fail(r, STAGE_ENDED);
	if (s->coded != 0)
		return fail(r, STAGE_BAD);
	await_chunk(s);
	return true;
}

/* ------------------------------------------------------------------ elements */

static bool
begin_element(struct snappy *s, struct run *r, uint8_t phase, uint64_t length)
{
	if (length > s->promised)
		return fail(r, STAGE_BAD);
	s->length = length;
	s->phase = phase;
	return true;
}

static bool
tag(struct snappy *s, struct run *r)
{
	if (s->promised == 0)
		return end_block(s, r);
	if (!next_byte(s, r, &s->tag))
		return false;
	if (!s->framed && s->text == 0 && s->promised == HEAD_AS_TEXT_LEN && s->tag == 'N')
		return read_head(s, HEAD_BYTES - 3);

	unsigned kind = s->tag & 3, high = s->tag >> 2;

	if (kind == TAG_LITERAL && high < LONG_LITERAL)
		return begin_element(s, r, LITERAL, high + 1);
	if (kind == TAG_LITERAL)
		await_number(s, LITERAL_LEN, high - LONG_LITERAL + 1);
	else
		await_number(s, OFFSET, kind == TAG_COPY_4 ? 4 : kind);
	return true;
}

static bool
offset(struct snappy *s, struct run *r)
{
	unsigned kind = s->tag & 3, high = s->tag >> 2;

	if (!read_number(s, r))
		return false;
	s->offset = (uint32_t)s->number;
	if (kind == TAG_COPY_1)
		s->offset |= (high >> 3) << 8;
	if (s->offset == 0 || s->offset > s->text)
		return fail(r, STAGE_BAD);
	if (s->offset > SNAPPY_WINDOW_BYTES)
		return fail(r, STAGE_WINDOW);
	return begin_element(s, r, COPY, kind == TAG_COPY_1 ? 4 + (high & 7) : high + 1);
}

static size_t
place(uint64_t at)
{
	return (size_t)(at % SNAPPY_WINDOW_BYTES);
}

/* How much of a literal or copy may go to the window's place for it without a break. */
static size_t
piece(const struct snappy *s, const struct run *r)
{
	size_t n = SNAPPY_WINDOW_BYTES - place(s->end);

	n = n < r->room ? n : r->room;
	return n < s->length ? n : (size_t)s->length;
}

/* n bytes were put into the window. */
static void
hand_out(struct snappy *s, struct run *r, size_t n)
{
	memcpy(r->out, s->window + place(s->end), n);
	r->out += n;
	r->room -= n;
	s->end += n;
	s->text += n;
	s->promised -= n;
	s->length -= n;
}

static bool
literal(struct snappy *s, struct run *r)
{
	while (s->length > 0) {
		size_t n = piece(s, r);

		n = n < s->coded ? n : (size_t)s->coded;
		n = n < cursor_left(r->in) ? n : cursor_left(r->in);
		if (n == 0)
			return s->coded == 0 ? fail(r, STAGE_BAD) : false;
		memcpy(s->window + place(s->end), r->in->p, n);
		r->in->p += n;
		s->coded -= n;
		hand_out(s, r, n);
	}
	s->phase = TAG;
	return true;
}

/*
 * A copy may reach into itself: then what lies between source and end is repeated, and as long as
 * that is short, twice as much of it can be taken each time.
 *
 *   window   ... | from ... end |             behind = end - from, a multiple of offset
 *                | from ... end | from ... end' |
 */
static bool
copy(struct snappy *s, struct run *r)
{
	uint64_t from = s->end - s->offset;

	while (s->length > 0) {
		size_t behind = (size_t)(s->end - from);
		size_t n = piece(s, r);

		n = n < behind ? n : behind;
		n = n < SNAPPY_WINDOW_BYTES - place(from) ? n : SNAPPY_WINDOW_BYTES - place(from);
		if (n == 0)
			return false;
		/* In a full window the end may lie just before what is copied. */
		memmove(s->window + place(s->end), s->window + place(from), n);
		hand_out(s, r, n);
		if (n < behind || behind >= REPEAT_AT_ONCE)
			from += n;
	}
	s->phase = TAG;
	return true;
}

static bool
step(struct snappy *s, struct run *r)
{
	switch ((enum phase)s->phase) {
	case CHUNK_LEN:
		return chunk_len(s, r);
	case HEAD:
		return skip_head(s, r);
	case TEXT_LEN:
		return text_len(s, r);
	case TAG:
		return tag(s, r);
	case LITERAL_LEN:
		return read_number(s, r) && begin_element(s, r, LITERAL, s->number + 1);
	case LITERAL:
		return literal(s, r);
	case OFFSET:
		return offset(s, r);
	case COPY:
		return copy(s, r);
	}
	return false;
}

enum stage_result
snappy_run(struct snappy *s, struct cursor *in, uint8_t *out, size_t cap, size_t *produced)
{
	struct run r = { in, out, cap, STAGE_MORE };

	while (step(s, &r))
		;
	*produced = cap - r.room;
	return r.result;
}

bool
snappy_is_whole(const struct snappy *s)
{
	return s->phase == CHUNK_LEN && s->need == 4;
}
