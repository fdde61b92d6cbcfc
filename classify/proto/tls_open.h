/*
 * One record of TLS, opened: RFC 8446 section 5.2, RFC 5246 section 6.2.3 with the AEADs of
 * RFC 5288 (GCM), RFC 6655 (CCM), RFC 7905 (ChaCha20-Poly1305), and RFC 7366 (encrypt-then-MAC).
 *
 *   TLS 1.3            content | type 1 | zeros, all of it encrypted | tag
 *   AEAD, TLS 1.2      nonce 8 (not ChaCha20) | encrypted | tag
 *   CBC                IV 16 (not TLS 1.0) | encrypted: content | MAC | padding
 *   CBC, RFC 7366      IV 16 (not TLS 1.0) | encrypted: content | padding | MAC of all before it
 *
 * Nothing is given out that its tag or MAC does not vouch for. Whoever opens records here holds the
 * secret already, so the time that a wrong MAC takes tells nobody anything.
 */
#ifndef WEIR_TLS_OPEN_H
#define WEIR_TLS_OPEN_H

#include "classify/proto/tls_keys.h"

/* What all records of a connection have in common. */
struct tls_cipher {
	const struct tls_suite *suite;
	enum tls_version version;
	bool encrypt_then_mac;
};

/* How many bytes a record has besides its content; of CBC and of padding in TLS 1.3 the least. */
unsigned tls_open_overhead(const struct tls_cipher *c);

/* What a record of TLS 1.0 with CBC leaves as IV for the next: its last block, 16 bytes, or NULL.
 */
const uint8_t *tls_open_chain(const struct tls_cipher *c, const uint8_t *fragment, size_t len);

/* One record, whole, and where its content goes. */
struct tls_sealed {
	uint64_t number;
	const uint8_t *header;	/* 5 bytes */
	const uint8_t *chained; /* what the record before has left, see tls_open_chain */
	const uint8_t *fragment;
	size_t len;
	uint8_t *content; /* room for len bytes */
	size_t content_len;
	uint8_t type; /* of the content, which for TLS 1.3 is inside */
};

/* Sets the content, its length and type, which count only when true is returned. */
bool tls_open(const struct tls_cipher *c, const struct tls_keys *keys, struct tls_sealed *r);

#endif
