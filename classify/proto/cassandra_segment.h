/*
 * Segments: how version 5 of Cassandra's protocol packs frames behind the log-in
 * (native_protocol_v5.spec, section 2).
 *
 *   plain   length 17 bits | self-contained 1 | 6         checksum 3 bytes | payload | checksum 4
 *   LZ4     length 17 | length of the text 17 | 1 | 5     checksum 3 bytes | payload | checksum 4
 *
 * Bits and numbers are little endian. A segment is self-contained when it holds whole frames; a
 * frame that does not fit is cut into segments that are not. Where LZ4 was agreed on, a text length
 * of zero says that the payload is not compressed. The first checksum tells the two forms apart, so
 * that what was agreed on need not have been seen.
 *
 * Payload that is plain is the frames' parser's. What is compressed is told as coded bytes, each
 * segment or run of pieces of a frame as a request of class other. After a gap that reaches beyond
 * a payload the next segment is looked for at the beginning of a push.
 */
#ifndef WEIR_CASSANDRA_SEGMENT_H
#define WEIR_CASSANDRA_SEGMENT_H

#include "classify/proto/db_event.h"

#define CASSANDRA_SEGMENT_HEADER 8u

/* One direction's. All zero: no segments, frames follow each other. */
struct cassandra_segment {
	uint8_t state;
	uint8_t have; /* of head */
	bool self_contained;
	bool fresh; /* nothing of its frames was taken yet */
	bool lz4;   /* one with that header was seen */
	bool loose; /* pieces of a frame were told, and its end not */
	uint8_t head[CASSANDRA_SEGMENT_HEADER];
	uint32_t left; /* of the payload, or of what is behind it */
};

enum cassandra_segment_part {
	SEGMENT_TAKEN, /* told, or of no interest */
	SEGMENT_FRAMES,
};

static inline bool
cassandra_segment_on(const struct cassandra_segment *g)
{
	return g->state != 0;
}

/* From here on there are segments. */
void cassandra_segment_begin(struct cassandra_segment *g);

/*
 * What the next bytes are: *len is how many of them, at least one. Frames are for the caller to
 * take; *fresh is set where the first of them begins one.
 */
enum cassandra_segment_part cassandra_segment_next(struct cassandra_segment *g, const uint8_t *data,
						   size_t *len, bool *fresh,
						   const struct db_out *o);

enum cassandra_segment_gap {
	SEGMENT_GAP_FRAMES, /* in a payload of frames */
	SEGMENT_GAP_TOLD,   /* in one of other bytes */
	SEGMENT_GAP_LOST,   /* beyond: the frame at hand has no end */
};

enum cassandra_segment_gap cassandra_segment_gap(struct cassandra_segment *g, uint64_t len);

/*
 * LZ4 by blocks, which is what Cassandra sends, as LZ4 by frames, which is what is decoded: what
 * stands before a block of so many bytes and of so much text, and behind it. False when no frame
 * holds that.
 */
bool cassandra_lz4_begin(const struct db_out *o, uint32_t coded, uint32_t text);
void cassandra_lz4_end(const struct db_out *o);

#endif
