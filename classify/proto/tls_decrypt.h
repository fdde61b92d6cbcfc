/*
 * The cleartext of one TLS connection, from its bytes and the secrets of its session.
 *
 * A record is put together, opened, and only when its tag vouches for it handed out: nothing that
 * a wrong key makes of ciphertext is ever seen by anyone. Which keys a record is under is not read
 * from the handshake but tried, for the same reason: those in force with the number that is due,
 * else those that come next (early data, handshake, traffic, after a KeyUpdate) from their first
 * number on. So it does not matter what of the handshake was seen, nor which of its secrets came.
 *
 *   NONE -> EARLY -> HANDSHAKE -> TRAFFIC -> TRAFFIC, updated -> ...       TLS 1.3, each direction
 *   NONE -> TRAFFIC                                                       before
 *
 * Records are counted from the first, with keys or without. Secrets may come late: from then on
 * records are opened, and those that have gone by are a gap at the beginning.
 *
 * After a gap that ends in the record it began in, only that record is lost. After a longer one the
 * next header is looked for (23, 3, 1..4, a length that can be), and the record is tried with every
 * number that may have come up to it: the gap divided by the shortest record, TLS_DECRYPT_TRIES at
 * most, and less when records are long. What was lost is told to the byte then, but for padding.
 * After TLS_DECRYPT_FAILURES records in a row that do not open, the direction is given up.
 *
 * Early data (0-RTT) come before the suite is known: those that fit the secret are tried. When the
 * server refuses them they are told all the same, and then once more as the client sends them
 * again.
 *
 * Limits: a renegotiation (TLS 1.2) has another secret and ends it; so does compression. The
 * content of handshake messages and alerts is not told.
 *
 * Embedded by its owner, constant size; holds secrets, which tls_decrypt_fini wipes. Not
 * thread-safe.
 */
#ifndef WEIR_TLS_DECRYPT_H
#define WEIR_TLS_DECRYPT_H

#include "classify/proto/tls.h"
#include "classify/proto/tls_open.h"
#include "classify/proto/tls_records.h"

#define TLS_DECRYPT_BUFFER_BYTES TLS_RECORD_MAX_BYTES /* what the slab's objects must have */
#define TLS_DECRYPT_TRIES	 4096u
#define TLS_DECRYPT_TRY_BYTES	 (1u << 20) /* decrypted in vain for one record */
#define TLS_DECRYPT_FAILURES	 32u

/* How cleartext gets out. dir is 0 for the client. */
struct tls_decrypt_out {
	/* Content of the connection, borrowed. */
	void (*data)(void *arg, unsigned dir, const uint8_t *data, size_t len);
	/* That much of it cannot be told. Before the first data: its beginning, however long. */
	void (*gap)(void *arg, unsigned dir, uint64_t len);
	/*
	 * The secrets of the session as far as they are known. Called before records until all that
	 * is needed has come; false when nothing is known or it is too early to ask again.
	 */
	bool (*find)(void *arg, const uint8_t *client_random, struct tls_secrets *secrets);
	void *arg;
};

/* Each is also a counter in struct tls_decrypt. */
enum tls_decrypt_event {
	TLS_DECRYPT_OPENED,
	TLS_DECRYPT_FAILED,    /* records that should have opened */
	TLS_DECRYPT_GIVEN_UP,  /* directions */
	TLS_DECRYPT_NO_BUFFER, /* records lost because the slab was empty */
	TLS_DECRYPT_NR_EVENTS,
};

enum tls_epoch {
	TLS_EPOCH_NONE,
	TLS_EPOCH_EARLY,
	TLS_EPOCH_HANDSHAKE,
	TLS_EPOCH_TRAFFIC,
};

struct tls_decrypt_side {
	uint8_t *buffer; /* the fragment at hand, while it is put together; owned, from the slab */
	uint16_t have, left; /* of the fragment */
	uint8_t header[TLS_RECORD_HEADER_BYTES];
	uint8_t header_have;
	uint8_t epoch; /* enum tls_epoch, of the keys below */
	bool ciphered; /* ChangeCipherSpec has gone by, or a record that can only come after it */
	bool wanted;   /* the fragment at hand is put together */
	bool spoiled;  /* a part of it was lost */
	bool searching;
	bool opened; /* a record has been */
	bool given_up;
	uint8_t nr_failed; /* in a row */
	uint64_t number;   /* of the next record under the keys, or of all so far without keys */
	uint64_t passed;   /* records since the last that was opened */
	uint64_t lost_content;	/* what these held, as far as it is known */
	uint64_t unknown_bytes; /* of records whose number is not known, headers included */
	struct tls_keys keys;
	uint8_t secret[TLS_SECRET_MAX_BYTES]; /* that they are made with, of TLS 1.3 */
	uint8_t chained[16];		      /* the end of the last fragment, for TLS 1.0 */
};

struct tls_decrypt {
	struct slab *buffers;	  /* kept */
	struct tls_cipher cipher; /* suite NULL until the hellos are known */
	bool has_client_random;
	bool has_early_data; /* offered */
	bool complete;	     /* no more secrets are needed */
	uint8_t client_random[TLS_RANDOM_BYTES], server_random[TLS_RANDOM_BYTES];
	struct tls_secrets secrets;
	struct tls_decrypt_side side[2];
	uint64_t opened_bytes; /* of the stream, in records that were opened */
	uint32_t events[TLS_DECRYPT_NR_EVENTS];
};

/* The slab is kept until tls_decrypt_fini. */
void tls_decrypt_init(struct tls_decrypt *d, struct slab *buffers);
void tls_decrypt_fini(struct tls_decrypt *d);

/* A ClientHello that offers early data; the server's answer may be yet to come. */
void tls_decrypt_early(struct tls_decrypt *d, const struct tls_facts *f);

/* Both hellos. False when records of this kind cannot be opened. */
bool tls_decrypt_hellos(struct tls_decrypt *d, const struct tls_facts *f);

/* The bytes of a direction, from its first. What they say of hellos has been told before. */
void tls_decrypt_push(struct tls_decrypt *d, unsigned dir, const uint8_t *data, size_t len,
		      const struct tls_decrypt_out *out);
void tls_decrypt_gap(struct tls_decrypt *d, unsigned dir, uint64_t len,
		     const struct tls_decrypt_out *out);

/* Bytes of records that are not yet whole. */
uint64_t tls_decrypt_held(const struct tls_decrypt *d);

#endif
