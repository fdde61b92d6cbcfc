/*
 * One memcached connection over TCP: the text protocol with its meta commands (protocol.txt), or
 * the binary one.
 *
 *   text    get KEY ... | set KEY FLAGS EXPIRY BYTES [noreply], then so many bytes and CRLF
 *           the server: VALUE KEY FLAGS BYTES, then bytes, ..., END; or one line
 *   binary  0x80 (0x81: an answer) | code 1 | key 2 | extras 1 | 0 | status 2 | body 4 | id 4 | cas
 * 8
 *
 * Told are commands by class, the pattern of their first key, values and keys; of answers values,
 * and errors by their first word or status. What SASL proves is not told.
 *
 * Limits: lines are known by their first 256 bytes; quiet binary commands are answered only when
 * they fail, and so count as not answered; the older protocol over UDP is not read.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_MEMCACHED_H
#define WEIR_MEMCACHED_H

#include "classify/proto/db_event.h"
#include "classify/proto/detect.h"

struct memcached_side {
	struct steps steps;
	uint8_t code, extras; /* of a binary message */
	uint16_t key, status;
	uint32_t body, id;
};

struct memcached {
	struct memcached_side side[2]; /* 0: the client */
	bool binary, known;
	uint64_t rows; /* values of the answer at hand */
};

/* parser is a struct memcached, zeroed; midstream: that direction's beginning was not seen. */
void memcached_init(void *parser, const bool midstream[2]);
size_t memcached_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		      void *arg);
void memcached_gap(void *parser, unsigned dir, uint64_t len);

probe_fn memcached_probe;

#endif
