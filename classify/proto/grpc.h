/*
 * gRPC's messages in the body of an HTTP/2 message, one direction:
 *
 *   byte 0       1..4       5...
 *      | flags | length | message |   bit 0: compressed, by itself, with grpc-encoding
 *
 * gRPC-Web, which also goes over HTTP/1, has the trailers as a last message: bit 7. They are handed
 * out as they come, and the status is read. Its text form is the same in base64, each piece padded
 * by itself.
 *
 * Push parser, any split, nothing kept but the five bytes. A gap inside a message keeps the place;
 * after any other that of the next message is not known: the owner stops. Sources:
 * PROTOCOL-HTTP2.md and PROTOCOL-WEB.md of the gRPC project.
 */
#ifndef WEIR_GRPC_H
#define WEIR_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/span.h"

#define GRPC_HEAD_BYTES	   5u
#define GRPC_TRAILER_BYTES 64u /* kept of each line */

struct grpc_handler {
	void (*begin)(void *arg, bool compressed);
	void (*bytes)(void *arg, const uint8_t *data, size_t len);
	void (*end)(void *arg);
	void (*trailers)(void *arg, const uint8_t *data, size_t len);
};

/* All zero is a valid start. */
struct grpc {
	uint64_t nr_messages; /* begun */
	uint64_t framing_bytes;
	uint32_t left; /* of the message */
	uint8_t head_len;
	uint8_t head[GRPC_HEAD_BYTES];
	bool trailers; /* the message at hand is */
	bool has_status;
	uint8_t status;
	uint8_t line_len; /* of the trailer at hand */
	uint8_t line[GRPC_TRAILER_BYTES];
};

/* One or two digits, as in the field grpc-status; false for anything else. */
bool grpc_status_of(struct span value, uint8_t *status);

void grpc_push(struct grpc *g, const uint8_t *data, size_t len, const struct grpc_handler *on,
	       void *arg);

/* True when the place was kept: len bytes are missing of a message, which may end with them. */
bool grpc_gap(struct grpc *g, uint64_t len, const struct grpc_handler *on, void *arg);

/* Is a message, or its head, cut? */
static inline bool
grpc_is_inside(const struct grpc *g)
{
	return g->left != 0 || g->head_len != 0;
}

#endif
