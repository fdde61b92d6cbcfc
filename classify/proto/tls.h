/*
 * One TLS connection, SSL 3.0 to TLS 1.3 (RFC 8446, RFC 5246), as far as it can be read from
 * outside: records, the two hellos, and then ciphertext that is only counted.
 *
 *   records      type 1 | version 2 | length 2 | fragment ...
 *   messages     type 1 | length 3 | body ...       across fragments, records and pushes
 *
 * A hello is known by the type of its message, never by its direction: a connection picked up
 * with its two ends swapped reads the same. Any split of the input gives the same facts.
 *
 * The facts of a handshake are told once, when both hellos have been seen. Before TLS 1.3 the
 * server's next message is waited for: it is the certificate, of which the first is read (x509.h),
 * or says that a session was resumed. A HelloRetryRequest and the second ClientHello belong to the
 * same handshake; names and fingerprints are those of the first hello. What makes the facts
 * incomplete: the other hello is not seen before the connection ends, before the other direction
 * loses its place, or within TLS_PATIENCE messages and records that are no hello (early data not
 * counted). There is no second telling: handshakes after the first are encrypted.
 *
 * resumed: TLS 1.3: a PSK was chosen; before: the server repeats the client's session id, or goes
 * on without a certificate. early_data: offered by the last ClientHello.
 *
 * Memory: a connection waiting for its second hello holds one buffer of the slab for the facts,
 * each direction another while it has part of a hello. Without a buffer for the facts, what is
 * known is told at once, incomplete; without one for a hello, its first piece is read as it is.
 * Of a hello that is longer than TLS_MESSAGE_BYTES that much is read. A hello that breaks off has
 * no fingerprints.
 *
 * A gap that ends within the record it began in, and leaves no hole in a hello, is harmless. After
 * any other, and where no record begins, the rest of the direction is given up: it is encrypted
 * when a handshake had been told or ciphertext been seen, else unsynced.
 *
 * Limits: the SSL 2.0 form of the ClientHello is not understood. The version of SSL 3.0 is not
 * told (NULL), its fingerprints are. A name with bytes outside 0x21 to 0x7e is left out, so is an
 * ALPN name of that kind or one longer than 64 bytes.
 *
 * Embedded by its owner, constant size. Not thread-safe.
 */
#ifndef WEIR_TLS_H
#define WEIR_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/proto/ja.h"
#include "classify/proto/x509.h"
#include "classify/slab.h"

#define TLS_MESSAGE_BYTES 16384u
#define TLS_BUFFER_BYTES  (TLS_MESSAGE_BYTES + 16u) /* what the slab's objects must have */
#define TLS_MAX_ALPN	  8u			    /* names kept */
#define TLS_ALPN_CAP	  65u			    /* name and NUL */
#define TLS_SNI_CAP	  256u
#define TLS_PATIENCE	  8u

struct tls_facts {
	bool client_hello_seen, server_hello_seen;
	bool resumed, early_data;
	bool ech;	 /* of either kind: GREASE looks the same */
	bool incomplete; /* a hello, or a part of one, was not seen */
	/* What keys are made with; only of whole hellos. */
	bool has_client_random, has_server_random;
	bool compressed, encrypt_then_mac;
	uint8_t client_random[32], server_random[32];
	uint8_t nr_alpn;
	const char *version; /* "1.0" to "1.3", static; NULL when not known */
	const char *cipher;  /* IANA's name, or 0xABCD; NULL when not known */
	char cipher_number[8];
	/* Texts end in NUL and are empty when absent. */
	char sni[TLS_SNI_CAP]; /* as sent, without a last dot */
	char alpn[TLS_MAX_ALPN][TLS_ALPN_CAP];
	char alpn_selected[TLS_ALPN_CAP];
	char ja3[JA3_CAP], ja3s[JA3_CAP], ja4[JA4_CAP];
	struct x509_facts certificate; /* before TLS 1.3, of the server; empty on resumption */
};

/* The facts are borrowed. Not allowed to call back into the same struct tls. */
typedef void tls_facts_fn(void *arg, const struct tls_facts *facts);

/* Indices of counters in struct tls. */
enum tls_event {
	TLS_HELLO_TOO_LONG, /* than TLS_MESSAGE_BYTES */
	TLS_NO_BUFFER,	    /* slab empty */
	TLS_BROKEN_HELLO,   /* breaks off, or a length in it is wrong */
	TLS_BAD_NAME,	    /* SNI left out */
	TLS_LOST,	    /* directions whose place was lost */
	TLS_NR_EVENTS,
};

enum tls_place {
	TLS_RECORDS,   /* reading records */
	TLS_ENCRYPTED, /* nothing but ciphertext from here on */
	TLS_UNSYNCED,  /* where records begin is not known */
};

struct tls_side {
	uint8_t *buffer;       /* the hello being put together; owned, from the slab */
	uint32_t have;	       /* bytes in it */
	uint32_t want;	       /* of the hello at hand; 0: the message is passed over */
	uint32_t message_left; /* of the body of the message at hand */
	uint16_t record_left;
	uint8_t place;	  /* enum tls_place */
	bool ciphered;	  /* ChangeCipherSpec seen: payload is ciphertext */
	bool secret_seen; /* ciphertext has gone by */
	uint8_t header_have, message_have;
	uint8_t header[5];  /* of the record at hand */
	uint8_t message[4]; /* header of the message at hand */
};

struct tls_work;

struct tls {
	struct slab *buffers;  /* kept */
	char transport;	       /* for JA4: t, q or d */
	struct tls_work *work; /* from the first hello until it is told; owned, from the slab */
	struct tls_side side[2];
	/* Every byte pushed is in one of the three. */
	uint64_t clear_bytes; /* record headers and what was sent in the clear */
	uint64_t encrypted_bytes;
	uint64_t unsynced_bytes;
	uint8_t patience; /* left */
	bool told;
	uint16_t events[TLS_NR_EVENTS];
};

/*
 * Objects of the slab have TLS_BUFFER_BYTES; it is kept until tls_fini. transport is the first
 * letter of JA4: t, or q and d where others put the hellos together and tls_message brings them.
 */
void tls_init(struct tls *t, char transport, struct slab *buffers);

/* Gives buffers back without telling. */
void tls_fini(struct tls *t);

/* dir is 0 or 1. */
void tls_push(struct tls *t, unsigned dir, const uint8_t *data, size_t len, tls_facts_fn *fn,
	      void *arg);

/* len bytes of that direction were lost. */
void tls_gap(struct tls *t, unsigned dir, uint64_t len, tls_facts_fn *fn, void *arg);

/* A handshake message without its header, from QUIC or DTLS; cut: its end is not there. */
void tls_message(struct tls *t, unsigned dir, uint8_t type, const uint8_t *body, size_t len,
		 bool cut, tls_facts_fn *fn, void *arg);

/* A hello of another kind, of which only the server's name is read: told at once, incomplete. */
void tls_name_only(struct tls *t, struct span name, tls_facts_fn *fn, void *arg);

/* What the hellos have said so far, until they are told; NULL before the first. */
const struct tls_facts *tls_so_far(const struct tls *t);

/* Nothing more will come: tells what is known, if a hello was seen. */
void tls_end(struct tls *t, tls_facts_fn *fn, void *arg);

#endif
