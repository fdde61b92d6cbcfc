/*
 * One QUIC connection (RFC 9000, 9001, 9369), as far as it can be read from outside: the Initial
 * packets of both sides, which carry the TLS hellos, and then ciphertext that is only counted.
 *
 *   datagram   packet | packet | ...                         coalesced, RFC 9000 section 12.2
 *   Initial    first 1 | version 4 | id <1> | id <1> | token <v> | length v | number | frames
 *   CRYPTO     6 | offset v | length v | bytes               a piece of the TLS handshake
 *
 * The pieces are put together by offset: a hello may lie in several Initials, shuffled and in
 * crumbs. What is read of hellos, and when it is told, is tls.h's; the hellos of QUIC are its too.
 *
 * Keys derive from the connection id that the client chose first. Who is the client is not taken
 * from the direction: it is whose Initial opens with keys made of its own destination id. After a
 * Retry, or with another connection on the same addresses, an Initial of the client opens only with
 * keys made of its new id; then everything before is forgotten. A server may answer in another
 * version than it was asked in (RFC 9368): the keys are then of that version and the first id.
 *
 * Google's Q0xx versions have a handshake of their own: of its CHLO the server name is read, where
 * it is in the clear (Q043, Q046) or in an Initial (Q050).
 *
 * Memory: each side one buffer of the slab, from its first CRYPTO frame until its hello is whole;
 * one for the facts until they are told. All are given back when the facts are told, and Initials
 * after that are not opened any more. At most QUIC_MAX_INITIALS packets of a connection are opened:
 * a flood of what looks like one costs no more. After QUIC_PATIENCE packets that are no Initials
 * the other hello is given up.
 *
 * Limits: packets longer than the scratch are not opened; nothing joins a connection that changes
 * its addresses with what it was before; HTTP/3 is ciphertext.
 */
#ifndef WEIR_QUIC_H
#define WEIR_QUIC_H

#include "classify/proto/offset_buffer.h"
#include "classify/proto/quic_keys.h"
#include "classify/proto/tls.h"

#define QUIC_PORT	  443u
#define QUIC_MAX_ID	  20u
#define QUIC_MAX_INITIALS 64u
#define QUIC_PATIENCE	  16u
#define QUIC_VERSION_CAP  12u

enum quic_event {
	QUIC_UNREADABLE, /* Initials that did not open, or of a version without known keys */
	QUIC_BAD_FRAME,	 /* Initials that broke off at a frame that is not allowed there */
	QUIC_NO_BUFFER,	 /* slab empty */
	QUIC_TOO_LONG,	 /* handshakes longer than a buffer */
	QUIC_NR_EVENTS,
};

struct quic_side {
	struct offset_buffer *crypto; /* owned, from the slab */
	struct quic_keys keys;
	uint32_t version; /* of the keys; 0: none */
	uint32_t read;	  /* bytes of the handshake before what crypto holds */
};

struct quic {
	struct slab *buffers; /* kept */
	uint8_t *scratch;     /* kept; for one packet at a time */
	size_t scratch_len;
	struct tls tls; /* reads the hellos; its records are not used */
	struct quic_side side[2];
	uint32_t version; /* of the last Initial that was readable, else of the first packet */
	uint8_t id_len;
	uint8_t id[QUIC_MAX_ID]; /* that the keys are made of */
	uint8_t client;		 /* direction; meaningful when any keys are */
	uint8_t nr_opened;
	uint8_t patience; /* left */
	bool retry;
	uint64_t clear_bytes, encrypted_bytes; /* every byte pushed is in one of the two */
	uint16_t events[QUIC_NR_EVENTS];
};

/* As tls_init; scratch is written to during quic_push and may be anyone's else in between. */
void quic_init(struct quic *q, struct slab *buffers, uint8_t *scratch, size_t scratch_len);
void quic_fini(struct quic *q);

/* One datagram; dir is 0 or 1. */
void quic_push(struct quic *q, unsigned dir, const uint8_t *data, size_t len, tls_facts_fn *fn,
	       void *arg);

/* Nothing more will come: tells what is known, if a hello was seen. */
void quic_end(struct quic *q, tls_facts_fn *fn, void *arg);

/*
 * Joined midway, a connection shows short headers only (RFC 9000 section 17.3): 0 1 and six bits
 * that header protection makes random, then the receiver's connection id, which stays, then what
 * looks random. Two datagrams of a direction with the same four bytes behind different first ones
 * are such a pair; others on the port keep their first byte with the id that follows it (OpenVPN's
 * peer id, TURN's channels). Of ids shorter than four bytes, often the client's, nothing is said.
 */
struct quic_guess {
	uint8_t first; /* byte of the last datagram with a short header; 0: none yet */
	uint8_t id[4];
};

/* One datagram of a direction, all of the same one; true: this is QUIC. Zero is a valid start. */
bool quic_guess(struct quic_guess *g, const uint8_t *data, size_t len);

/* "1", "2", "draft-29", "Q046", or 0x and eight digits. */
const char *quic_version_text(uint32_t version, char out[QUIC_VERSION_CAP]);

#endif
