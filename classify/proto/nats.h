/*
 * One NATS connection (docs.nats.io, "NATS Protocol"): lines of words, CRLF at their end.
 *
 *   PUB SUBJECT [REPLY] BYTES         then so many bytes and CRLF; MSG from the server alike, with
 *   HPUB SUBJECT [REPLY] HEAD BYTES   the subscription's number behind the subject
 *   SUB SUBJECT [QUEUE] NUMBER, UNSUB | CONNECT {...} | INFO {...} | PING | PONG | +OK | -ERR '...'
 *
 * Told are the user of CONNECT (of its first 256 bytes), never what proves it; subjects, headers
 * and payloads; errors by their text. A client that begins with TLS after the server's INFO hands
 * over.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_NATS_H
#define WEIR_NATS_H

#include "classify/proto/db_event.h"

struct nats_side {
	struct steps steps;
};

struct nats {
	struct nats_side side[2]; /* 0: the client */
	bool begun;		  /* the client has */
	bool connecting;	  /* CONNECT is not answered */
};

/* parser is a struct nats, zeroed; midstream: that direction's beginning was not seen. */
void nats_init(void *parser, const bool midstream[2]);

/* The next bytes. Returns how many were taken: all, or none where TLS begins. */
size_t nats_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		 void *arg);
void nats_gap(void *parser, unsigned dir, uint64_t len);

#endif
