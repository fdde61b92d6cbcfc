/*
 * One HTTP request and its answer, whatever version carried them: takes start lines, header fields
 * and body bytes; decodes, digests and scans the bodies; watches for a model call; at the end makes
 * the http record, and the llm record where it was one.
 *
 * Bounded: fields are kept up to the lengths below, what is longer is cut. State for decoding,
 * scanning and model calls is taken from the environment's pools while a body is in flight.
 */
#ifndef WEIR_EXCHANGE_H
#define WEIR_EXCHANGE_H

#include "classify/conn_env.h"

struct exchange;

extern const size_t exchange_bytes;

/* NULL when the pool is empty. ordinal: of the request in its connection, from 0. */
struct exchange *exchange_open(struct conn_env *env, struct conn *c, uint64_t ordinal);

/* A request line; authority is taken from the target where that has one. */
void exchange_request(struct exchange *x, struct span method, struct span target,
		      const char *version);
/*
 * The same in pieces, as HTTP/2 has them: what is known, in any order, then begin. What is never
 * said stays unknown.
 */
void exchange_method(struct exchange *x, struct span method);
void exchange_target(struct exchange *x, struct span target);
void exchange_authority(struct exchange *x, struct span authority);
void exchange_request_begin(struct exchange *x, const char *version);
void exchange_status(struct exchange *x, unsigned status, const char *version);
void exchange_header(struct exchange *x, enum conn_dir dir, struct span name, struct span value);
/*
 * The next bytes of a field that is too long for one piece, its name and colon first; none: its
 * end. It is only searched; behind a body it is not.
 */
void exchange_long_header(struct exchange *x, enum conn_dir dir, const uint8_t *data, size_t len,
			  bool trailer);
/* Something of the message that should have been read was not. */
void exchange_unread(struct exchange *x, enum conn_dir dir);
/*
 * A field behind the body is searched like one of the head; read is only what a body cannot do
 * without, the status of gRPC: it must not change what the message is.
 */
void exchange_trailer(struct exchange *x, enum conn_dir dir, struct span name, struct span value);
void exchange_headers_end(struct exchange *x, enum conn_dir dir);
void exchange_body(struct exchange *x, enum conn_dir dir, const uint8_t *data, size_t len);
void exchange_body_gap(struct exchange *x, enum conn_dir dir, uint64_t len);
/* The body that is about to end incomplete may be whole to its client: only the last chunk lacks.
 */
void exchange_unended(struct exchange *x, enum conn_dir dir);
void exchange_message_end(struct exchange *x, enum conn_dir dir, bool complete);
/* Nothing more came of it behind last_us; nothing, when it has ended. */
void exchange_message_cut(struct exchange *x, enum conn_dir dir, uint64_t last_us);

/* The answer seen so far was none (101 to HTTP/2): its message begins anew. */
void exchange_expect_answer(struct exchange *x);

/*
 * The two ends have agreed on WebSocket (101): the exchange goes on, and the messages of each
 * direction, without their frames, are its bodies.
 */
void exchange_begin_websocket(struct exchange *x);
void exchange_websocket(struct exchange *x, enum conn_dir dir, const uint8_t *data, size_t len);
void exchange_websocket_gap(struct exchange *x, enum conn_dir dir, uint64_t len);

bool exchange_is_grpc(const struct exchange *x);
bool exchange_is_head(const struct exchange *x);
bool exchange_is_connect(const struct exchange *x);
bool exchange_has_request(const struct exchange *x);
/* What the client asked to go on with (101), as a protocol; PROTOCOL_UNKNOWN for anything else. */
enum protocol exchange_upgrade(const struct exchange *x);
unsigned exchange_status_of(const struct exchange *x);
bool exchange_done(const struct exchange *x, enum conn_dir dir);

/* Makes the records of what was seen and gives everything back. */
void exchange_close(struct exchange *x);

/* Findings of all exchanges that wait to know what they are in are told as things look now. */
void exchange_settle_all(struct conn_env *env);

/* For the owner's list of exchanges in flight. */
struct exchange **exchange_next(struct exchange *x);

#endif
