/*
 * Protocol Buffers without a schema: the strings of one message, as it streams by
 * (https://protobuf.dev/programming-guides/encoding).
 *
 *   message   tag | value | tag | value ...        tag = field number << 3 | wire type, a varint
 *   value     0: varint   1: 8 bytes   2: length (varint) and bytes   5: 4 bytes
 *
 * Wire type 2 is a string, bytes, or a message in the message, and nothing says which. Its first
 * PROTOBUF_WINDOW bytes decide: text is text, unless it is also fields of wire type 2 from end to
 * end; what is no text is a message if it parses as one, else bytes. Text and bytes are handed out,
 * so nothing that could be text is lost to a wrong guess but a tag and a length. The guess is made
 * of the same bytes whatever the split of the input.
 *
 * The outermost message is judged alike: another codec's text is handed out whole.
 *
 * A message that breaks off, in a field number 0, an unknown wire type, or a length beyond its end,
 * was none: its rest is handed out as bytes. Groups (wire types 3, 4) are read as if their fields
 * stood in the message itself.
 *
 * Bounded: PROTOBUF_MAX_DEPTH messages in each other, what is deeper is bytes; of the window every
 * byte is looked at again once for each level it lies in.
 *
 * Embedded, constant size, no allocation.
 */
#ifndef WEIR_PROTOBUF_H
#define WEIR_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/span.h"

#define PROTOBUF_WINDOW	   64u
#define PROTOBUF_MAX_DEPTH 16u

struct protobuf_handler {
	/* The next piece of a text, never empty. */
	void (*text)(void *arg, const uint8_t *data, size_t len);
	/* It is complete. */
	void (*text_end)(void *arg);
};

/* All zero is a valid start. */
struct protobuf {
	uint64_t varint;
	uint32_t value_left; /* of a value of known length */
	uint8_t state;
	uint8_t shift; /* of the varint's next seven bits */
	uint8_t depth; /* messages open inside the outermost */
	uint8_t window_len;
	uint8_t window[PROTOBUF_WINDOW];   /* the value's first bytes, until its kind is known */
	uint32_t left[PROTOBUF_MAX_DEPTH]; /* [n]: of the message at depth n + 1 */
};

void protobuf_push(struct protobuf *p, const uint8_t *data, size_t len,
		   const struct protobuf_handler *on, void *arg);

/* Bytes were lost: what is still to come of the outermost message is handed out as one text. */
void protobuf_gap(struct protobuf *p, const struct protobuf_handler *on, void *arg);

/*
 * Of a message's first len bytes: the first value of wire type 2 (a text, say) of the outermost
 * field of that number; empty where it is not there whole.
 */
struct span protobuf_find(const uint8_t *data, size_t len, uint32_t number);

/* The message is over; a text that it cuts off is ended. The next one begins. */
void protobuf_end(struct protobuf *p, const struct protobuf_handler *on, void *arg);

#endif
