/*
 * Frames of application/vnd.amazon.eventstream (AWS event stream encoding), as Bedrock sends
 * its streamed answers:
 *
 *   byte 0         4           8         12
 *      | total len | headers len | CRC-32 | headers ... | payload ... | CRC-32 |
 *                     of bytes 0..7 ^                     of all before ^
 *
 * A header is: u8 name length, name, u8 type, value; type 7 is a string (u16 length, text).
 * Lengths and checksums are big-endian; the total counts everything from byte 0.
 *
 * The payload is handed on as it comes. A `chunk` event wraps the model's own JSON as
 * {"bytes":"<base64>"}: it is unwrapped here, so that the consumer sees the model's JSON in
 * either case.
 *
 * A frame whose first checksum or lengths are wrong cannot be stepped over: `broken` is set and
 * the rest of the stream is ignored. A wrong checksum at the end of a frame is only counted; the
 * payload has been handed on by then.
 *
 * Limits: frames of at most AWS_FRAME_MAX bytes, headers of at most AWS_HEADERS_MAX; of a header
 * name 15 bytes and of a value 63 are kept, the rest is read over. Embedded by its owner,
 * constant size, no allocation, not thread-safe. Needs zlib (crc32).
 */
#ifndef WEIR_AWS_EVENTSTREAM_H
#define WEIR_AWS_EVENTSTREAM_H

#include "classify/span.h"
#include "classify/proto/base64.h"
#include "classify/proto/json_walk.h"

enum {
	AWS_FRAME_MAX = 24 << 20,
	AWS_HEADERS_MAX = 128 << 10,
};

enum aws_event {
	AWS_DATA, /* the next piece of the payload (unwrapped when it is a chunk), never empty */
	AWS_END,  /* the frame is complete, checksum right or not */
};

struct aws_eventstream;

/* text is borrowed; event_type and message_type are complete in both events. */
typedef void aws_eventstream_fn(void *arg, const struct aws_eventstream *s, enum aws_event event,
				const uint8_t *text, size_t len);

struct aws_text {
	uint8_t len;
	uint8_t text[63];
};

struct aws_eventstream {
	struct aws_text event_type;   /* messageStart, contentBlockDelta, metadata, chunk ... */
	struct aws_text message_type; /* event, exception, error */
	uint64_t nr_frames;	      /* complete ones */
	uint64_t bad_checksums;	      /* at the end of a frame */
	aws_eventstream_fn *fn;
	void *arg; /* kept */
	uint32_t crc;
	uint32_t headers_left;
	uint32_t payload_left;
	uint32_t value_left;
	struct base64 base64;
	uint8_t state;
	uint8_t header_state;
	uint8_t fixed_len;
	uint8_t name_left;
	bool chunk; /* the current payload is a wrapped one */
	bool broken;
	uint8_t fixed[12];	/* prelude, checksum or length while it gathers */
	struct aws_text name;	/* of the header being read */
	struct aws_text *value; /* where its value goes, or NULL */
	struct json_walk unwrap;
};

void aws_eventstream_init(struct aws_eventstream *s, aws_eventstream_fn *fn, void *arg);
void aws_eventstream_push(struct aws_eventstream *s, const uint8_t *data, size_t len);

static inline struct span
aws_event_type(const struct aws_eventstream *s)
{
	return span_of(s->event_type.text, s->event_type.len);
}

#endif
