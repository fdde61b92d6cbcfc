/*
 * From the secrets of a TLS session to the keys of its records: RFC 8446 section 7 for TLS 1.3,
 * RFC 5246 section 6.3 for TLS 1.2, RFC 4346 section 6.3 for TLS 1.1 and 1.0.
 *
 * A suite is known by the end of its name, which is all that matters for records: how keys are
 * agreed and who signs is in the part before it.
 */
#ifndef WEIR_TLS_KEYS_H
#define WEIR_TLS_KEYS_H

#include "classify/proto/key_log.h"

enum tls_version {
	TLS_1_0,
	TLS_1_1,
	TLS_1_2,
	TLS_1_3,
	TLS_VERSION_OTHER, /* or not known */
};

enum tls_cipher_kind { TLS_GCM, TLS_CHACHA20, TLS_CCM, TLS_CBC };

struct tls_suite {
	const char *name; /* its end, behind TLS_ or _WITH_ */
	enum tls_cipher_kind kind;
	uint8_t key_bytes;
	uint8_t tag_bytes;  /* of an AEAD; of CBC the MAC's */
	uint8_t hash_bytes; /* of what keys are made with, from TLS 1.2 on */
};

/* Of one direction. */
struct tls_keys {
	uint8_t key[32];
	uint8_t mac[48]; /* of CBC */
	uint8_t iv[16];	 /* as much of it as the suite has */
};

/* "1.0" to "1.3"; NULL is another. */
enum tls_version tls_version_of(const char *name);

/* By IANA's name; NULL when its records cannot be opened. */
const struct tls_suite *tls_suite_of(const char *name, enum tls_version version);

/* TLS 1.3, from a traffic secret of suite->hash_bytes. */
void tls_keys_13(const struct tls_suite *suite, const uint8_t *secret, struct tls_keys *out);

/* The secret that follows a KeyUpdate; in place is fine. */
void tls_keys_update(const struct tls_suite *suite, const uint8_t *secret, uint8_t *out);

/* Before TLS 1.3: of the client, then of the server. */
void tls_keys_12(const struct tls_suite *suite, enum tls_version version, const uint8_t *master,
		 const uint8_t *client_random, const uint8_t *server_random,
		 struct tls_keys out[2]);

#endif
