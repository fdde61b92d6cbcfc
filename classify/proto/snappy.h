/*
 * Snappy (github.com/google/snappy, format_description.txt) as Kafka's clients send it: one bare
 * block, or in the framing of snappy-java, a head and then blocks behind their lengths.
 *
 *   bare     length of the text, a varint | elements: literals, and copies of text before them
 *   framed   82 "SNAPPY" 00 | version 4 | compatible version 4 | { length 4, big endian | bare }
 * ...
 *
 * They need no label to tell them apart: read as a bare block the head of the framing would begin
 * with a copy of text from before the text.
 *
 * Not by libsnappy, because that wants a block and its text in one piece each, and a block is as
 * large as its sender likes; here it is decoded as it comes, in SNAPPY_WINDOW_BYTES. Encoders that
 * follow the original copy from the last 64 KiB only; one of Go (franz-go's) from anywhere in the
 * batch, which brokers limit to a MiB unless told otherwise. Copies from farther back end as
 * STAGE_WINDOW. libsnappy is the other opinion in the tests.
 *
 * Behind a bare block everything is ignored. The checksummed framing of snappy's own tools (content
 * type application/x-snappy-framed) is STAGE_BAD.
 */
#ifndef WEIR_SNAPPY_H
#define WEIR_SNAPPY_H

#include "classify/proto/decode_stage.h"

#define SNAPPY_WINDOW_BYTES (1u << 20) /* a power of two */

/* Public only because a decode_stage lies in memory of its caller. */
struct snappy {
	uint8_t phase;
	bool framed;
	uint8_t tag;	   /* of the element at hand */
	uint8_t need;	   /* bytes of number to come */
	uint8_t shift;	   /* where the next one goes */
	uint32_t offset;   /* of the copy at hand: how far back */
	uint64_t number;   /* at hand */
	uint64_t length;   /* of the literal or copy at hand: still to come */
	uint64_t coded;	   /* bytes left of the block; of a bare one more than ever come */
	uint64_t promised; /* text left of the block */
	uint64_t text;	   /* of the block, so far */
	uint64_t end;	   /* text of all blocks; modulo the window's size its place in there */
	uint8_t window[SNAPPY_WINDOW_BYTES];
};

void snappy_init(struct snappy *s);

/* Decodes from in into out; *produced is at most cap. */
enum stage_result snappy_run(struct snappy *s, struct cursor *in, uint8_t *out, size_t cap,
			     size_t *produced);

/* No block is under way. */
bool snappy_is_whole(const struct snappy *s);

#endif
