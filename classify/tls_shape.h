/*
 * What is told of a connection's ciphertext by its shape (ai/stream_shape.h): fields of the flow's
 * record, and a record of each answer that is likely a model's.
 *
 * Its state comes from a pool. A connection that finds it empty is seen as before, without shape
 * (counted). The handshake is no part of it: of TLS 1.3 the first ciphertext of the client, and
 * what the server sent before, end the handshake and are passed over (with a certificate of the
 * client's there may be more of them, which then count as a first request).
 */
#ifndef WEIR_TLS_SHAPE_H
#define WEIR_TLS_SHAPE_H

#include "classify/ai/stream_shape.h"
#include "classify/conn_env.h"
#include "classify/proto/tls_records.h"
#include "classify/tls_flow.h"

struct tls_shape {
	struct stream_shape shape;
	struct tls_records records[2];
	uint64_t hello_us[2]; /* first record of each side */
	bool seen[2];
	bool handshake_over;
	const struct tls_flow *flow; /* kept */
};

/* flow is open and outlives it. NULL when there is to be none. */
struct tls_shape *tls_shape_open(const struct tls_flow *flow);
struct tls_shape *tls_shape_open_datagrams(const struct tls_flow *flow);

/* All others do nothing for NULL. */

/* Bytes that the flow's own parser has read. */
void tls_shape_push(struct tls_shape *t, enum conn_dir dir, const uint8_t *data, size_t len);

/* A QUIC datagram. */
void tls_shape_datagram(struct tls_shape *t, enum conn_dir dir, const uint8_t *data, size_t len);

void tls_shape_gap(struct tls_shape *t, enum conn_dir dir, uint64_t len);
void tls_shape_half_close(struct tls_shape *t, enum conn_dir dir);
void tls_shape_finish(struct tls_shape *t);
void tls_shape_describe(const struct tls_shape *t, struct record *r);

/* What describe tells begins anew. */
void tls_shape_next_part(struct tls_shape *t);
void tls_shape_close(struct tls_shape *t);

#endif
