/*
 * One direction of a WebSocket connection behind its handshake (RFC 6455 section 5): messages out
 * of frames, unmasked.
 *
 *   byte 0                 1             [2 or 8]   [4]
 *      | FIN RSV opcode | MASK length | extended | mask | payload ...
 *
 * A compressed message (permessage-deflate, RFC 7692) is handed out as it is; its frames say so
 * with RSV1. What control frames carry, also between the pieces of a message, is handed out apart.
 *
 * Push parser, any split, nothing kept but a frame's head. A gap inside a frame keeps the place.
 * Any other loses it for good: nothing in the stream tells where a frame begins. A frame that
 * cannot be (an opcode or a bit without a meaning, a long control frame) loses it, too.
 */
#ifndef WEIR_WEBSOCKET_H
#define WEIR_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEBSOCKET_HEAD_BYTES 14u

/* Every member is required. bytes comes between begin and end, of one message at a
 * time. */
struct websocket_handler {
	void (*begin)(void *arg, bool compressed);
	void (*bytes)(void *arg, const uint8_t *data, size_t len);
	void (*end)(void *arg);
	/* What a ping, pong or close carries; of a close two bytes of code, and then the reason. */
	void (*control)(void *arg, const uint8_t *data, size_t len);
	void (*control_end)(void *arg);
};

/* All zero is a valid start. */
struct websocket {
	uint64_t left;		/* of the frame's payload */
	uint64_t nr_messages;	/* begun */
	uint64_t framing_bytes; /* heads and control frames */
	uint64_t skipped_bytes; /* behind the place where it was lost */
	uint8_t head[WEBSOCKET_HEAD_BYTES];
	uint8_t head_len;
	uint8_t mask_at; /* the mask's next byte */
	bool payload;	 /* the head is whole */
	bool inside;	 /* a message has begun and not ended */
	bool lost;
};

void websocket_push(struct websocket *w, const uint8_t *data, size_t len,
		    const struct websocket_handler *on, void *arg);

/* True when the place was kept: len bytes are missing of the message, or of a control frame. */
bool websocket_gap(struct websocket *w, uint64_t len, const struct websocket_handler *on,
		   void *arg);

#endif
