/*
 * Lines of a key log (RFC 9850, once NSS Key Log Format): the secrets of TLS sessions, as programs
 * write them for SSLKEYLOGFILE.
 *
 *   LABEL SP client random, 64 hex SP secret, hex LF          "#": a comment; CR before LF is fine
 *
 * Takes any split of the input. A line is told when its end has come, the last one by
 * key_log_end: half a line is none. What is not a line of this kind, or has a secret of a length
 * that its label cannot have, is counted and passed over, so are labels that are not used: secrets
 * after a KeyUpdate follow from those before, exporter and ECH secrets open no record.
 *
 * Constant size, embedded by its owner. The line at hand holds a secret: key_log_fini wipes it.
 */
#ifndef WEIR_KEY_LOG_H
#define WEIR_KEY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_RANDOM_BYTES     32u
#define TLS_SECRET_MAX_BYTES 48u /* of SHA-384, and a master secret */

/* What a secret opens. */
enum tls_secret_label {
	TLS_SECRET_MASTER, /* CLIENT_RANDOM: before TLS 1.3, both directions */
	TLS_SECRET_CLIENT_EARLY,
	TLS_SECRET_CLIENT_HANDSHAKE,
	TLS_SECRET_SERVER_HANDSHAKE,
	TLS_SECRET_CLIENT_TRAFFIC,
	TLS_SECRET_SERVER_TRAFFIC,
	TLS_NR_SECRETS,
};

/* Every secret of a session that is known; len 0: not. */
struct tls_secrets {
	uint8_t len[TLS_NR_SECRETS];
	uint8_t secret[TLS_NR_SECRETS][TLS_SECRET_MAX_BYTES];
};

struct key_log_line {
	enum tls_secret_label label;
	uint8_t client_random[TLS_RANDOM_BYTES];
	uint8_t secret[TLS_SECRET_MAX_BYTES];
	uint8_t secret_len;
};

#define KEY_LOG_LINE_BYTES 256u /* the longest label known, and all behind it, is 206 */

struct key_log {
	uint64_t nr_lines, nr_unused, nr_malformed; /* comments and empty lines are none of them */
	uint16_t have;
	bool too_long; /* the rest of the line is passed over */
	char line[KEY_LOG_LINE_BYTES];
};

/* The line is borrowed. */
typedef void key_log_fn(void *arg, const struct key_log_line *line);

void key_log_init(struct key_log *k);
void key_log_push(struct key_log *k, const uint8_t *data, size_t len, key_log_fn *fn, void *arg);

/* Nothing more will come: a last line without its LF. */
void key_log_end(struct key_log *k, key_log_fn *fn, void *arg);
void key_log_fini(struct key_log *k);

#endif
