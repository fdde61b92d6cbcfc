/*
 * One DTLS connection, 1.0 to 1.3 (RFC 9147, RFC 6347), as far as it can be read from outside: the
 * hellos and before 1.3 the certificate; then ciphertext that is only counted.
 *
 *   datagram   record | record | ...
 *   record     type 1 | version 2 | epoch 2 | number 6 | length 2 | fragment
 *   message    type 1 | length 3 | sequence 2 | offset 3 | length 3 | a piece of it
 *
 * Pieces of a message are put together by offset, one message of a direction at a time: with the
 * first piece of another, what was missing of the one before is given up. A message in one piece
 * is read where it lies. What is told, and when, is tls.h's. After a HelloVerifyRequest the client
 * says its hello again; the first counts.
 *
 * Memory: a direction with a message in pieces holds a buffer of the slab, another holds the facts
 * until they are told.
 */
#ifndef WEIR_DTLS_H
#define WEIR_DTLS_H

#include "classify/proto/offset_buffer.h"
#include "classify/proto/tls.h"

enum dtls_event {
	DTLS_BROKEN,	/* datagrams with something that is no record */
	DTLS_NO_BUFFER, /* slab empty */
	DTLS_TOO_LONG,	/* messages longer than a buffer */
	DTLS_NR_EVENTS,
};

struct dtls_side {
	struct offset_buffer *pieces; /* owned, from the slab */
	uint32_t len;		      /* of the message being put together */
	uint16_t sequence;
	uint8_t type;
};

struct dtls {
	struct slab *buffers; /* kept */
	struct tls tls;	      /* reads the hellos; its records are not used */
	struct dtls_side side[2];
	uint64_t clear_bytes, encrypted_bytes; /* every byte pushed is in one of the two */
	uint16_t events[DTLS_NR_EVENTS];
};

/* As tls_init. */
void dtls_init(struct dtls *d, struct slab *buffers);
void dtls_fini(struct dtls *d);

/* One datagram; dir is 0 or 1. */
void dtls_push(struct dtls *d, unsigned dir, const uint8_t *data, size_t len, tls_facts_fn *fn,
	       void *arg);

/* Nothing more will come: tells what is known, if a hello was seen. */
void dtls_end(struct dtls *d, tls_facts_fn *fn, void *arg);

#endif
