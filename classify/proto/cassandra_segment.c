#include "classify/proto/cassandra_segment.h"

#include "dataplane/port/cursor.h"

enum state {
	NONE,
	HEAD,
	FRAMES,
	CODED,
	TEXT, /* pieces of a frame of which others are compressed */
	TRAILER,
	LOST,	/* by a gap */
	BROKEN, /* no segments, or wrong ones: for good */
};

enum {
	PLAIN_BITS = 3, /* bytes of them */
	LZ4_BITS = 5,
	CHECKSUM = 3,
	TRAILER_BYTES = 4,
	LENGTH = 0x1ffff,
	LENGTH_BITS = 17,
};

#define CRC24_INIT 0x875060u
#define CRC24_POLY 0x1974f0bu

static uint32_t
crc24(const uint8_t *p, unsigned n)
{
	uint32_t crc = CRC24_INIT;

	for (unsigned i = 0; i < n; i++) {
		crc ^= (uint32_t)p[i] << 16;
		for (unsigned bit = 0; bit < 8; bit++) {
			crc <<= 1;
			if ((crc & 0x1000000u) != 0)
				crc ^= CRC24_POLY;
		}
	}
	return crc;
}

static bool
is_head(const uint8_t *p, unsigned bits)
{
	return crc24(p, bits) == read_le(p + bits, CHECKSUM);
}

void
cassandra_segment_begin(struct cassandra_segment *g)
{
	*g = (struct cassandra_segment) { .state = HEAD };
}

/* ------------------------------------------------------------------ LZ4 */

/*
 * A frame's head (lz4_Frame_format.md): magic 4 | version and independent blocks | least of the
 * four sizes of block that is enough | checksum of the two. Then the block's length.
 */
bool
cassandra_lz4_begin(const struct db_out *o, uint32_t coded, uint32_t text)
{
	static const struct {
		uint32_t most;
		uint8_t size, checksum;
	} blocks[] = {
		{ 64u << 10, 0x40, 0x82 },
		{ 256u << 10, 0x50, 0xfb },
		{ 1u << 20, 0x60, 0x51 },
		{ 4u << 20, 0x70, 0x73 },
	};
	uint8_t head[] = { 0x04, 0x22, 0x4d, 0x18, 0x60, 0, 0, 0, 0, 0, 0 };
	uint32_t most = coded > text ? coded : text;
	unsigned i = 0;

	while (i < sizeof(blocks) / sizeof(blocks[0]) && most > blocks[i].most)
		i++;
	if (i == sizeof(blocks) / sizeof(blocks[0]) || coded == 0)
		return false;
	head[5] = blocks[i].size;
	head[6] = blocks[i].checksum;
	for (unsigned b = 0; b < 4; b++)
		head[7 + b] = (uint8_t)(coded >> 8 * b);
	db_tell(o, (struct db_event) { .kind = DB_CODED,
				       .name = DB_CODING_LZ4,
				       .made_up = true,
				       .bytes = span_of(head, sizeof(head)) });
	return true;
}

void
cassandra_lz4_end(const struct db_out *o)
{
	static const uint8_t no_more_blocks[4];

	db_tell(o, (struct db_event) { .kind = DB_CODED,
				       .name = DB_CODING_LZ4,
				       .made_up = true,
				       .bytes = span_of(no_more_blocks, sizeof(no_more_blocks)) });
	db_tell_kind(o, DB_CODED_END);
}

/* ------------------------------------------------------------------ segments */

static void
begin_coded(struct cassandra_segment *g, uint32_t text, const struct db_out *o)
{
	if (o->dir == 0 && !g->loose)
		db_tell(o, (struct db_event) {
			       .kind = DB_REQUEST, .class = DB_OTHER, .unasked = true });
	g->state = cassandra_lz4_begin(o, g->left, text) ? CODED : TEXT;
}

static void
begin(struct cassandra_segment *g, unsigned bits, const struct db_out *o)
{
	uint64_t head = read_le(g->head, bits);
	uint32_t text = bits == LZ4_BITS ? (uint32_t)(head >> LENGTH_BITS) & LENGTH : 0;

	g->have = 0;
	g->left = (uint32_t)head & LENGTH;
	g->self_contained = (head >> (bits == LZ4_BITS ? 2 * LENGTH_BITS : LENGTH_BITS) & 1) != 0;
	g->lz4 = g->lz4 || bits == LZ4_BITS;
	if (g->self_contained && g->loose) {
		db_tell_kind(o, DB_MESSAGE_END);
		g->loose = false;
	}
	if (text != 0)
		begin_coded(g, text, o);
	else
		g->state = g->lz4 && !g->self_contained ? TEXT : FRAMES;
	g->fresh = g->state == FRAMES && g->self_contained;
}

static void
end_payload(struct cassandra_segment *g, const struct db_out *o)
{
	if (g->state == CODED)
		cassandra_lz4_end(o);
	if (g->state != FRAMES && g->self_contained)
		db_tell_kind(o, DB_MESSAGE_END);
	else if (g->state != FRAMES)
		g->loose = true;
	g->state = TRAILER;
	g->left = TRAILER_BYTES;
}

/* What is at hand is no header: it was held back for nothing. */
static void
lose(struct cassandra_segment *g, const struct db_out *o)
{
	g->state = BROKEN;
	db_tell_bytes(o, DB_VALUE, span_of(g->head, g->have));
	g->have = 0;
}

static size_t
read_head(struct cassandra_segment *g, const uint8_t *data, size_t len, const struct db_out *o)
{
	size_t n = 0;

	while (n < len && g->state == HEAD) {
		g->head[g->have++] = data[n++];
		if (g->have == PLAIN_BITS + CHECKSUM && is_head(g->head, PLAIN_BITS))
			begin(g, PLAIN_BITS, o);
		else if (g->have == LZ4_BITS + CHECKSUM && is_head(g->head, LZ4_BITS))
			begin(g, LZ4_BITS, o);
		else if (g->have == LZ4_BITS + CHECKSUM)
			lose(g, o);
	}
	return n;
}

static bool
found_again(const uint8_t *data, size_t len)
{
	return len >= CASSANDRA_SEGMENT_HEADER &&
	       (is_head(data, PLAIN_BITS) || is_head(data, LZ4_BITS));
}

static void
end_what_is_over(struct cassandra_segment *g, const struct db_out *o)
{
	if (g->left != 0)
		return;
	if (g->state == FRAMES || g->state == CODED || g->state == TEXT)
		end_payload(g, o);
	else if (g->state == TRAILER)
		g->state = HEAD;
}

static void
tell(const struct cassandra_segment *g, struct span s, const struct db_out *o)
{
	if (g->state == CODED)
		db_tell(o,
			(struct db_event) { .kind = DB_CODED, .name = DB_CODING_LZ4, .bytes = s });
	else if (g->state != TRAILER)
		db_tell_bytes(o, DB_VALUE, s);
}

enum cassandra_segment_part
cassandra_segment_next(struct cassandra_segment *g, const uint8_t *data, size_t *len, bool *fresh,
		       const struct db_out *o)
{
	*fresh = false;
	if (g->state == LOST && found_again(data, *len)) {
		db_tell_kind(o, DB_MESSAGE_END);
		g->loose = false;
		g->state = HEAD;
	}
	end_what_is_over(g, o);
	if (g->state == LOST || g->state == BROKEN) {
		tell(g, span_of(data, *len), o);
		return SEGMENT_TAKEN;
	}
	if (g->state == HEAD) {
		*len = read_head(g, data, *len, o);
		return SEGMENT_TAKEN;
	}
	*fresh = g->fresh;
	g->fresh = false;
	if (*len > g->left)
		*len = g->left;
	g->left -= (uint32_t)*len;
	if (g->state == FRAMES)
		return SEGMENT_FRAMES;
	tell(g, span_of(data, *len), o);
	end_what_is_over(g, o);
	return SEGMENT_TAKEN;
}

enum cassandra_segment_gap
cassandra_segment_gap(struct cassandra_segment *g, uint64_t len)
{
	bool payload = g->state == FRAMES || g->state == CODED || g->state == TEXT;

	if (payload && len <= g->left) {
		g->left -= (uint32_t)len;
		return g->state == FRAMES ? SEGMENT_GAP_FRAMES : SEGMENT_GAP_TOLD;
	}
	if (g->state != BROKEN)
		g->state = LOST;
	g->have = 0;
	g->fresh = false;
	return SEGMENT_GAP_LOST;
}
