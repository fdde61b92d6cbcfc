/*
 * gRPC's messages in the body of an HTTP/2 message, one direction:
 *
 *   byte 0       1..4       5...
 *      | flag | length | message |   flag 1: compressed, by itself, with grpc-encoding
 *
 * Push parser, any split, nothing kept but the five bytes. After a gap the place of the next
 * message is not known: the owner stops. Source: PROTOCOL-HTTP2.md of the gRPC project.
 */
#ifndef WEIR_GRPC_H
#define WEIR_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRPC_HEAD_BYTES 5u

struct grpc_handler {
	void (*begin)(void *arg, bool compressed);
	void (*bytes)(void *arg, const uint8_t *data, size_t len);
	void (*end)(void *arg);
};

/* All zero is a valid start. */
struct grpc {
	uint64_t nr_messages; /* begun */
	uint64_t framing_bytes;
	uint32_t left; /* of the message */
	uint8_t head_len;
	uint8_t head[GRPC_HEAD_BYTES];
};

void grpc_push(struct grpc *g, const uint8_t *data, size_t len, const struct grpc_handler *on,
	       void *arg);

/* Is a message, or its head, cut? */
static inline bool
grpc_is_inside(const struct grpc *g)
{
	return g->left != 0 || g->head_len != 0;
}

#endif
