/*
 * Where the records of one direction of a TLS connection begin, and how long they are (RFC 8446
 * section 5.1): for whoever wants sizes of ciphertext, long after tls.h has read the hellos.
 *
 *   type 1 | version 2 | length 2 | fragment ...
 *
 * Fragments are stepped over, never looked at. A gap that ends within the record it began in is
 * harmless, its length is known; after any other, and where no record begins, the direction is
 * lost and nothing more is told of it.
 *
 * Takes any split of the input. Constant size, embedded by its owner, all zero is the beginning.
 */
#ifndef WEIR_TLS_RECORDS_H
#define WEIR_TLS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_RECORD_HEADER_BYTES 5u
#define TLS_RECORD_MAX_BYTES	(16384u + 2048u) /* RFC 5246 section 6.2.3; TLS 1.3 has less */

enum tls_record_type {
	TLS_CHANGE_CIPHER_SPEC = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION_DATA = 23,
	TLS_HEARTBEAT = 24,
};

struct tls_records {
	uint16_t left; /* of the fragment at hand */
	uint8_t header_have;
	bool lost;
	uint8_t header[TLS_RECORD_HEADER_BYTES];
};

/* A record whose header is complete; len is that of its fragment. */
typedef void tls_record_fn(void *arg, uint8_t type, uint16_t len);

void tls_records_push(struct tls_records *t, const uint8_t *data, size_t len, tls_record_fn *fn,
		      void *arg);

/* len bytes were lost. */
void tls_records_gap(struct tls_records *t, uint64_t len);

#endif
