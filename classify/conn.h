/*
 * One connection's application layer: from bytes in order to records.
 *
 * The dataplane opens a conn when a flow brings its first payload, pushes the bytes of both
 * directions in stream order (gaps told in between) or whole datagrams, and closes it when the
 * flow ends. The conn finds out what is spoken, by first bytes on any port, runs the parser of
 * that protocol, has cleartext scanned, and builds records through the environment's callbacks.
 *
 * One connection must not starve the others of its worker: of its cleartext no more than
 * inspect_bytes_per_s is looked at in a second of packet time, by that connection's own packets, so
 * that the same capture gives the same records. What is beyond is told as not inspected ("budget")
 * and is like a gap to the parser; ciphertext costs nothing and is not counted.
 *
 * Everything comes from pools sized at start. A pool that is empty means that this connection is
 * seen as a flow only; it is counted, and its bytes are told as not inspected.
 *
 * Knows nothing of DPDK; one environment per worker, not shared.
 */
#ifndef WEIR_CONN_H
#define WEIR_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/proto/protocols.h"
#include "dataplane/publish/record.h"

struct conn_totals;
struct key_store;
struct provider_catalogue;
struct ruleset;
struct scanner;

/* 0 is the side that opened (orig, src in records), 1 the one that answered (resp, dst). */
enum conn_dir { CONN_ORIG, CONN_RESP };

struct conn;
struct conn_env;

/* How records get out. begin fills the envelope and the endpoints of the flow. */
struct conn_output {
	/*
	 * A builder with a record of the type begun: envelope, endpoints, flow_uid. part tells
	 * records of one type and flow apart. NULL when records of that type are not wanted.
	 */
	struct record *(*begin)(void *arg, void *flow, enum record_type type, uint64_t part);
	/*
	 * The payload says that the other side opened the flow. False when a handshake said
	 * otherwise; if true, the directions of all further calls are the other way round.
	 */
	bool (*reverse)(void *arg, void *flow);
	/* Hands on what the last begin started. */
	void (*emit)(void *arg);
	void *arg;
};

/* Of which model calls tokens are estimated; the order is that of the setting's words. */
enum conn_estimates {
	CONN_ESTIMATE_OFF,
	CONN_ESTIMATE_MISSING, /* those whose answers do not tell */
	CONN_ESTIMATE_ALL,     /* all, to compare */
};

struct conn_config {
	uint32_t max_conns;		   /* with application state, at a time */
	uint32_t max_states[NR_PROTOCOLS]; /* connections of each protocol with parser state */
	uint32_t max_exchanges, max_pipelined;
	uint32_t max_http2_streams, max_http2_tables;
	uint32_t max_message_buffers; /* for messages that have to be whole: TLS, DNS over TCP */
	uint32_t max_llm, max_mcp;
	/* Of TLS connections whose secrets may be known; without keys there are none. */
	const struct key_store *keys; /* kept; may be NULL */
	const char *const
	    *key_names;	       /* kept: server names, with stars, that they are used for ... */
	unsigned nr_key_names; /* ... 0: for all */
	uint32_t max_held;     /* connections whose secrets are waited for, so long: */
	uint64_t key_wait_us;
	uint32_t max_decrypted, max_sealed; /* connections, records being put together */
	uint32_t max_shapes;		    /* TLS and QUIC connections whose shape is watched */
	uint32_t max_db_ops; /* classes of operations that connections are counting */
	uint32_t max_scan_streams;
	uint32_t max_deflate, max_brotli, max_zstd, max_lz4, max_snappy;
	uint32_t decode_max_ratio;
	uint64_t decode_ratio_after_bytes, decode_max_message_bytes;
	uint64_t active_us; /* what connections count is told at least this often; 0: at the end */
	uint64_t inspect_bytes_per_s; /* of one connection's cleartext; 0: all */
	bool body_sha256;
	bool dns_names_only; /* dns records are for the names of addresses alone: see dns_conn.c */
	enum conn_estimates estimate_tokens;
	bool live_test_values; /* published test values count as real ones */
	unsigned min_severity; /* enum severity: findings below it are nothing */
	const struct provider_catalogue *providers; /* kept until the next
						       conn_env_set_providers; may be NULL */
	const struct ruleset *rules;		    /* kept until the next conn_env_set_rules */
	uint64_t hash_key[2];
	struct conn_output output;
};

/* 0, or a negative errno. */
int conn_env_create(const struct conn_config *config, struct conn_env **out);
void conn_env_destroy(struct conn_env *env);

/*
 * New rules from here on. Streams that are open go on in the new set from their next byte. 0, or
 * negative errno and the old rules stay.
 */
int conn_env_set_rules(struct conn_env *env, const struct ruleset *rules);

/* Another catalogue from here on, also in the middle of exchanges; may be NULL. */
void conn_env_set_providers(struct conn_env *env, const struct provider_catalogue *providers);

/* The environment's scanner, for tools: see scanner_profile. */
struct scanner *conn_env_scanner(struct conn_env *env);

/* Packet time, before each group of calls; also the time of the records they make. */
void conn_env_set_time(struct conn_env *env, uint64_t now_us);

/* Masks one string for a record; the mask function of every builder (record_mask_fn). */
size_t conn_env_mask(void *env, const uint8_t *in, size_t len, char *out, size_t cap);

struct conn_info {
	bool udp;
	bool midstream[2]; /* the beginning of that direction was not seen */
	uint16_t port[2];
	const uint8_t *addr[2]; /* addr_len bytes each, as long as the flow; NULL: not known */
	uint8_t addr_len;	/* 4 or 16; 0: not known */
	void *flow;		/* kept: handed back to the output callbacks */
};

/* NULL when the pool is empty. */
struct conn *conn_open(struct conn_env *env, const struct conn_info *info);

/* Counts len bytes of a connection that nobody is to look into, and that has no conn. */
void conn_none(struct conn_env *env, uint64_t len);

/* The next bytes of a direction; gap bytes were lost just before them. data may be empty. */
void conn_push(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
	       size_t len, uint64_t gap);

/* One UDP payload. */
void conn_datagram(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
		   size_t len);

/* That direction has sent its last byte (FIN). */
void conn_half_close(struct conn_env *env, struct conn *c, enum conn_dir dir);

/*
 * Call after conn_half_close and conn_datagram, not from within a parser. A closed connection is
 * kept for seconds of which only its record knows, and one of UDP for a minute after its answer:
 * when nothing more is to come of it, a quarter of its size in the place of c, which is no more;
 * when nothing is waited for, two fifths; else c itself.
 */
struct conn *conn_let_go(struct conn_env *env, struct conn *c);

/* Whether it has to be resumed before the next conn_datagram. */
bool conn_rests(const struct conn *c);

/* In the place of c, as it was; c itself, which passes over what comes, when the pool is empty. */
struct conn *conn_resume(struct conn_env *env, struct conn *c, const struct conn_info *info);

/*
 * Both directions are over: ends what is open and makes its records. conn_describe may still be
 * called; nothing may be pushed any more.
 */
void conn_finish(struct conn_env *env, struct conn *c);

/* Puts into a flow record what the application layer knows of the flow. */
void conn_describe(const struct conn_env *env, const struct conn *c, struct record *r);

/* After a flow record that is not the last one: what it counted begins anew. */
void conn_next_part(struct conn *c);

/* Frees the conn. NULL does nothing. */
void conn_close(struct conn_env *env, struct conn *c);

/* Adds what it has counted. */
void conn_env_counters(const struct conn_env *env, struct conn_totals *sum);

/* What is taken from its pools: nothing, when no connection is open. */
uint64_t conn_env_taken(const struct conn_env *env);

/* Bytes that each setting of the application layer takes, by its dotted name. */
void conn_env_memory(const struct conn_env *env,
		     void (*put)(void *arg, const char *setting, uint64_t bytes), void *arg);

#endif
