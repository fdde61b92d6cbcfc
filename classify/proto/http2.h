/*
 * One direction of an HTTP/2 connection (RFC 9113): bytes in order go in, frames of streams come
 * out, header blocks decoded (hpack.h).
 *
 *   frame   | length (3) | type | flags | stream (4) | payload ...
 *
 * Push parser: any split of the input gives the same events; nothing is buffered but the header of
 * a frame. Padding and priorities are removed, CONTINUATION is joined. What a stream is, and what
 * a message, is the owner's business.
 *
 * After a gap, or joined in the middle: a gap inside a DATA frame is told and the place is kept.
 * Any other loses the place; the parser then looks for a frame where a push begins, since segments
 * tend to begin with frames, and believes it when the headers that follow one another are all
 * possible (http2_frames). The header table is forgotten.
 *
 * Limits: HTTP2_MAX_CONTINUATIONS frames to a header block, after which the block is read no
 * further and its table forgotten; a frame longer than HTTP2_MAX_FRAME means that the place was
 * wrong. PUSH_PROMISE, PRIORITY, PING, WINDOW_UPDATE, ALTSVC and unknown types are skipped; the
 * header block of a promise is decoded to keep the table in step.
 */
#ifndef WEIR_HTTP2_H
#define WEIR_HTTP2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/proto/detect.h"
#include "classify/proto/hpack.h"

#define HTTP2_PREFACE		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define HTTP2_PREFACE_BYTES	24u
#define HTTP2_HEAD_BYTES	9u
#define HTTP2_MAX_FRAME		(1u << 20)
#define HTTP2_MAX_STREAMS	128u		  /* followed at a time, see http2_conn.c ... */
#define HTTP2_MAX_CANCELLED	8u		  /* ... and of these, reset by the client, ... */
#define HTTP2_CANCELLED_US	UINT64_C(1000000) /* ... for so long behind their last frame */
#define HTTP2_MAX_CONTINUATIONS 32u

enum http2_frame {
	HTTP2_DATA,
	HTTP2_HEADERS,
	HTTP2_PRIORITY,
	HTTP2_RST_STREAM,
	HTTP2_SETTINGS,
	HTTP2_PUSH_PROMISE,
	HTTP2_PING,
	HTTP2_GOAWAY,
	HTTP2_WINDOW_UPDATE,
	HTTP2_CONTINUATION,
};

/*
 * Every member is required; none may call back into the same parser. A block of fields stands
 * between headers_begin and headers_end, and is told for the stream it opens or ends; field spans
 * are NULL where HPACK cannot know. data comes in pieces of one frame. Stream 0 is none: a promise
 * of a number that no server has.
 */
struct http2_handler {
	/* Lends the text that a block needs, or NULL; taken back at headers_end. */
	struct hpack_text *(*headers_begin)(void *arg, uint32_t stream);
	/*
	 * The same for a request that the server promises to answer on that stream; whatever else
	 * is told of the stream until headers_end is of this request.
	 */
	struct hpack_text *(*promise_begin)(void *arg, uint32_t stream);
	void (*field)(void *arg, uint32_t stream, struct span name, struct span value);
	/* whole: false when fields were lost, by a gap or a limit. */
	void (*headers_end)(void *arg, uint32_t stream, bool end_stream, bool whole);
	void (*data)(void *arg, uint32_t stream, const uint8_t *data, size_t len);
	void (*data_gap)(void *arg, uint32_t stream, uint64_t len);
	void (*data_end)(void *arg, uint32_t stream, bool end_stream);
	void (*reset)(void *arg, uint32_t stream);
};

/* Each is the index of a counter. */
enum http2_event {
	HTTP2_RESYNC,	    /* times the place was lost */
	HTTP2_BAD_FRAME,    /* a frame that cannot be */
	HTTP2_BAD_BLOCK,    /* a header block that HPACK refuses */
	HTTP2_CAPPED_BLOCK, /* beyond a limit of HPACK's, or too many CONTINUATIONs */
	HTTP2_NR_EVENTS,
};

/* Public only because a connection embeds two of them. */
struct http2 {
	struct hpack hpack;
	uint64_t framing_bytes; /* all but DATA payload and what was skipped */
	uint64_t data_bytes;
	uint64_t skipped_bytes; /* passed over while looking for a frame */
	uint32_t events[HTTP2_NR_EVENTS];
	uint32_t left;	       /* of the frame's payload */
	uint32_t stream;       /* of the frame at hand */
	uint32_t block_stream; /* whose header block is open; 0: none */
	uint8_t head[HTTP2_HEAD_BYTES];
	uint8_t head_len;
	uint8_t preface_left;
	uint8_t type, flags;
	uint8_t state;
	uint8_t prefix_left; /* bytes before the fragment: pad length, priority, promised stream */
	uint8_t continuations;
	uint32_t padding;
	bool block_ends_stream;
	bool block_whole;
	bool block_promised; /* of a PUSH_PROMISE, of the stream: */
	uint32_t promised;
};

/* preface: the direction is seen from its start, and it is the client's. */
void http2_init(struct http2 *h, bool preface, bool joined_late);

void http2_push(struct http2 *h, const uint8_t *data, size_t len, const struct http2_handler *on,
		void *arg);
void http2_gap(struct http2 *h, uint64_t len, const struct http2_handler *on, void *arg);

/* The direction is over: a block that is open ends, not whole. */
void http2_end(struct http2 *h, const struct http2_handler *on, void *arg);

/*
 * Do these bytes look like frames from their first byte on? The number of frame headers that
 * follow one another and are possible, 0 when one is not. sure: enough of them to go by.
 */
unsigned http2_frames(struct span s, bool *sure);

enum http2_sender { HTTP2_UNKNOWN, HTTP2_CLIENT, HTTP2_SERVER };

/*
 * Who sent these frames: the first field of a header block is :method (or another of a request) or
 * :status, and nearly always written by its index in the static table.
 */
enum http2_sender http2_sender(struct span frames);

/* The client's preface; of a connection joined late, frames in a row. */
probe_fn http2_probe;

#endif
