/*
 * What is inside a TLS connection whose secrets are at hand: opened by proto/tls_decrypt.h, then a
 * connection of its own (tunnel.h), with records and findings as in the clear.
 *
 * It is there for every TLS connection while there is a key store: secrets may come at any time,
 * and records have to be counted until then. Its state comes from a pool; a connection that finds
 * it empty is seen as before, counted. One that is not to be looked into (tls.keylog_names), or has
 * a cipher suite that is not supported, gives it back once the hellos have told.
 *
 * Where secrets are read from files that grow, they come a little after the packets: what is sent
 * meanwhile is held (proto/tls_hold.h), for key_wait_us of packet time at most, and 64 KiB. Then,
 * or when no block is free, it goes by unopened.
 */
#ifndef WEIR_TLS_INSIDE_H
#define WEIR_TLS_INSIDE_H

#include "classify/conn_env.h"
#include "classify/proto/tls_decrypt.h"
#include "classify/proto/tls_hold.h"
#include "classify/tunnel.h"

struct tls_inside {
	struct tls_decrypt decrypt;
	struct tls_hold *hold; /* while secrets are waited for; owned, from the slab; else NULL */
	struct tunnel tunnel;
	struct conn_env *env;
	struct conn *c;		/* the TLS connection */
	uint64_t asked_us;	/* when the store was asked last; 0: never */
	uint64_t sealed_bytes;	/* ciphertext that is not yet told as inspected or not */
	uint64_t opened_bytes;	/* of it, as far as that is told */
	uint64_t content_bytes; /* handed to the connection inside, and not yet told here */
	bool hellos_seen;
	bool http2; /* by ALPN */
};

/* NULL when there is no key store, or no room. */
struct tls_inside *tls_inside_open(struct conn_env *env, struct conn *c);

/* All others do nothing for NULL. */

/* The hellos: NULL when there is nothing to be opened after all. */
struct tls_inside *tls_inside_hellos(struct tls_inside *t, const struct tls_facts *f);

/*
 * Bytes that the flow's own parser has read, which knows the hellos so far; sealed is how many of
 * them are ciphertext to it. They are told as inspected as far as they are opened, the others as
 * encrypted. NULL when there is nothing to be opened: the connection was joined behind its hellos.
 */
struct tls_inside *tls_inside_push(struct tls_inside *t, const struct tls_facts *so_far,
				   enum conn_dir dir, const uint8_t *data, size_t len,
				   uint64_t sealed);
void tls_inside_gap(struct tls_inside *t, enum conn_dir dir, uint64_t len);
void tls_inside_half_close(struct tls_inside *t, enum conn_dir dir);
void tls_inside_finish(struct tls_inside *t);

/* Are there secrets for it? */
bool tls_inside_has_secrets(const struct tls_inside *t);

/* Was anything opened? */
bool tls_inside_is_open(const struct tls_inside *t);
void tls_inside_describe(const struct tls_inside *t, struct record *r);
void tls_inside_next_part(struct tls_inside *t);
void tls_inside_close(struct tls_inside *t);

#endif
