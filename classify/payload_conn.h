/*
 * What is recognised but makes no records of its own, and what is not recognised: each direction is
 * scanned as one stream, unless it is ciphertext by nature.
 *
 * A reader stands between the bytes and the scanner where a protocol's text is not what goes over
 * the wire (classify/ldap_conn.c): it is called with all that comes, in any split, hands on
 * text, and says how many bytes it passed over as pictures and the like. Its protocol's state
 * begins with a struct payload_conn.
 */
#ifndef WEIR_PAYLOAD_CONN_H
#define WEIR_PAYLOAD_CONN_H

#include "classify/conn_env.h"
#include "classify/proto/quic.h"

struct payload_conn;

struct payload_reader {
	size_t (*read)(struct payload_conn *p, unsigned dir, const uint8_t *data, size_t len);
	void (*gap)(struct payload_conn *p, unsigned dir, uint64_t len);
	void (*end)(struct payload_conn *p, unsigned dir); /* or NULL */
};

struct payload_conn {
	struct conn_env *env;
	struct conn *c;
	const struct payload_reader *reader; /* NULL: what goes over the wire is text */
	struct scan_stream *scan[2];
	bool refused[2];
	union {
		struct turn turn;	    /* TCP */
		struct quic_guess guess[2]; /* UDP */
	};
};

/* Text of a reader's, of a direction that is being scanned: from read on, until its end. */
void payload_text(struct payload_conn *p, unsigned dir, const uint8_t *data, size_t len);

/* Entry points; state is a struct payload_conn. */
void payload_open(struct conn_env *env, struct conn *c, void *state);
size_t payload_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
		    const uint8_t *data, size_t len);
void payload_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
		 uint64_t len);
void payload_half_close(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir);
void payload_finish(struct conn_env *env, struct conn *c, void *state);

#endif
