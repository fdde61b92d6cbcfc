/*
 * What the files behind conn.h share: the environment's pools and the connection itself. Not for
 * anyone else.
 */
#ifndef WEIR_CONN_ENV_H
#define WEIR_CONN_ENV_H

#include "classify/conn.h"
#include "classify/conn_counters.h"
#include "classify/detect/finding.h"
#include "classify/proto/content_decode.h"
#include "classify/proto/detect.h"
#include "classify/proto/dns.h"
#include "classify/proto/turn.h"
#include "classify/rules/scan.h"
#include "classify/slab.h"
#include "classify/span.h"

#define CONN_MAX_TYPES	   12  /* data classes told per flow and per message */
#define CONN_TYPES_KNOWN   512 /* names of data classes an environment keeps */
#define CONN_TYPE_NAME	   64
#define CONN_SCRATCH_BYTES 16384
#define CONN_MAX_TURNS	   4 /* changes of protocol within one connection */

enum { NR_NAME_SIZES = 2 };

struct conn_env {
	struct conn_config config;
	struct provider_catalogue *providers; /* a view, which config.providers points to */
	struct slab conns, conns_over, conns_resting, prologues, early, carries, exchanges,
	    message_buffers, llm, mcp, db_ops, db_flows, findings_held;
	struct held_finding *newest_held; /* of all exchanges; see exchange_finding.c */
	struct slab names[NR_NAME_SIZES]; /* of servers, the shorter ones first */
	struct slab dns_queries;	  /* that wait for an answer */
	struct slab shapes;		  /* of TLS and QUIC */
	struct slab decrypts, sealed,
	    held; /* of TLS: connections, records, those without keys yet */
	struct slab http2_streams, http2_texts, http2_tables;
	struct http2_tables *http2_newest, *http2_oldest; /* in use, by when */
	struct slab states[NR_PROTOCOLS];		  /* of each protocol's parser ... */
	uint8_t state_pool[NR_PROTOCOLS]; /* ... the one that it takes: a first one's */
	struct scanner *scanner;
	struct decode_pool *decoders;
	struct conn_counters counters;
	uint64_t now_us;
	uint32_t nr_types;
	char types[CONN_TYPES_KNOWN][CONN_TYPE_NAME];
	struct dns_message dns_at_hand;
	uint8_t scratch[CONN_SCRATCH_BYTES]; /* of one function at a time */
};

/* A small set of data classes, by their index in the environment's list. */
struct conn_types {
	uint16_t nr;
	uint16_t id[CONN_MAX_TYPES];
};

/*
 * A protocol's entry points. state is its own, state_bytes of it, zeroed before open; the
 * connection takes it from a pool and gives it back. Where open sets all that is read behind
 * zeroed_bytes, no more than these are zeroed. Entry points may be NULL where there is nothing to
 * do; push must be there.
 */
struct conn_proto {
	size_t state_bytes;
	size_t zeroed_bytes; /* 0: all */
	void (*open)(struct conn_env *env, struct conn *c, void *state);
	/*
	 * The next bytes of a direction, or one datagram. Returns how many were taken: all, or
	 * fewer when it has called conn_become; then the rest belongs to what comes.
	 */
	size_t (*push)(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
		       const uint8_t *data, size_t len);
	/* len bytes were lost before what is pushed next. */
	void (*gap)(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
		    uint64_t len);
	/* That direction has sent its last byte. */
	void (*half_close)(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir);
	/*
	 * Both are over: what is open is ended and told. Nothing is pushed after it. When both have
	 * sent their last byte and nothing is to be described, it comes then and close behind it: a
	 * flow is kept for seconds longer than its parser is of use.
	 */
	void (*finish)(struct conn_env *env, struct conn *c, void *state);
	/*
	 * No message of that direction is under way: what the other one was seen to say too early
	 * may follow. NULL: always.
	 */
	bool (*between)(const void *state, enum conn_dir dir);
	/* Fields for the flow record; also after finish. */
	void (*describe)(const struct conn_env *env, const struct conn *c, const void *state,
			 struct record *r);
	/* False: there is nothing to describe, nor will there be. NULL: as if true with describe.
	 */
	bool (*describes)(const void *state);
	/*
	 * Over UDP: nothing is waited for, and open would make the state anew (c->resumed says so).
	 * Then a connection that is quiet is no larger than one that is over. NULL: never.
	 */
	bool (*rests)(const void *state);
	/* A record has told what describe says: counts begin anew. */
	void (*next_part)(void *state);
	/* Gives back what the state holds. */
	void (*close)(struct conn_env *env, struct conn *c, void *state);
};

/* Of what conn.c keeps: a connection's first bytes, a server's name by its length. */
extern const size_t conn_prologue_bytes, conn_name_sizes[NR_NAME_SIZES];

/* Of what db_flow.c keeps in pools of its own. */
extern const size_t db_op_bytes, db_flow_bytes;

/* Of what exchange_finding.c keeps. */
extern const size_t held_finding_bytes;

/* Of what http2_conn.c keeps in pools of its own. */
extern const size_t http2_stream_bytes, http2_tables_bytes;

#define PROTOCOL_ENTRY(id, name, transport, probe, entry) extern const struct conn_proto entry;
PROTOCOLS(PROTOCOL_ENTRY)
#undef PROTOCOL_ENTRY

enum name_source { NAME_NONE, NAME_SNI, NAME_SNI_OUTER, NAME_HTTP_HOST };

struct prologue;

/*
 * What a flow's record tells of it comes first: of one that is over, no more is left; of one that
 * rests, also how many records it has had, and how much of its second's budget.
 */
struct conn {
	const struct conn_proto *proto; /* NULL while the protocol is being found out */
	char *name;			/* owned, from names; undefined without a name_source */
	const char *ai_service;		/* static, or from the catalogue */
	uint64_t inspected_bytes;
	uint32_t nr_findings;
	enum protocol protocol;
	struct conn_types types;
	uint8_t name_source; /* enum name_source */
	uint8_t name_len;
	bool encrypted;
	bool over; /* what follows skipped_bytes is not there, ... */
	bool rests;
	uint8_t skipped_why;	/* ... enum conn_skip: */
	uint64_t skipped_bytes; /* then these stand for skipped; undefined before */

	uint32_t nr_records[NR_RECORD_TYPES];
	uint64_t budget_s;    /* the second of packet time that is under way */
	uint64_t budget_used; /* bytes inspected in it */

	struct conn_info info;
	struct conn *outer; /* that this one runs inside of (CONNECT), or NULL */
	void *state;
	struct slab *pool;	   /* that state came from */
	struct prologue *prologue; /* the first bytes, until the protocol is known */
	struct prologue *waiting;  /* what a side said before its turn, or NULL */
	bool pushed[2];
	bool closed[2];
	bool late;     /* the protocol is unknown until the client says its first words */
	bool resumed;  /* it has rested */
	bool becomes;  /* another protocol from here on, named by next */
	uint8_t turns; /* how often it has */
	enum protocol next;
	uint8_t nr_held; /* bytes that come first for the next protocol */
	uint8_t held[TURN_HELLO_BYTES];
	struct db_flow *db; /* of a database that is asked over HTTP, or NULL */
	struct span field;  /* what the finding at hand is in; only while one is made */
	uint64_t skipped[NR_CONN_SKIPS];
};

enum {
	CONN_OVER_BYTES = offsetof(struct conn, nr_records),
	CONN_REST_BYTES = offsetof(struct conn, info),
};

/* The protocol's entry points; those that only scan for PROTOCOL_UNKNOWN. */
const struct conn_proto *conn_proto_of(enum protocol protocol);

/*
 * From within push: what follows the bytes that this push takes, in both directions, is of another
 * protocol (STARTTLS, Upgrade). PROTOCOL_UNKNOWN: it is found out by its first bytes.
 */
void conn_become(struct conn *c, enum protocol protocol);

/* The same, with bytes of this direction that earlier pushes took: they come first. */
void conn_become_with(struct conn *c, enum protocol protocol, const uint8_t *held, size_t len);

/* Before the first push: the protocol is known, and not found out. */
void conn_start_as(struct conn_env *env, struct conn *c, enum protocol protocol);

/* For a connection inside another: bytes that the outer one has told as lost. */
void conn_lost(struct conn_env *env, struct conn *c, enum conn_dir dir, uint64_t len);

/*
 * The payload says that the other side opened the connection. False when a handshake said
 * otherwise; if true, all further calls have the directions the other way round, and so has the
 * rest of the call at hand.
 */
bool conn_reverse(struct conn_env *env, struct conn *c);

static inline void
conn_inspected(struct conn_env *env, struct conn *c, uint64_t len)
{
	for (; c != NULL; c = c->outer)
		c->inspected_bytes += len;
	env->counters.inspected_bytes += len;
}

static inline void
conn_skipped(struct conn_env *env, struct conn *c, enum conn_skip why, uint64_t len)
{
	for (; c != NULL; c = c->outer)
		c->skipped[why] += len;
	env->counters.not_inspected_bytes[why] += len;
}

/* The connection that has a flow's record: itself, or what it runs inside of. */
static inline struct conn *
conn_outermost(struct conn *c)
{
	while (c->outer != NULL)
		c = c->outer;
	return c;
}

/* The first name of the better source stays: what the client asked TLS for, then a Host header. */
void conn_set_name(struct conn_env *env, struct conn *c, enum name_source source, const void *name,
		   size_t len);

/* The AI service behind a host name, where the catalogue knows one. */
void conn_set_service(const struct conn_env *env, struct conn *c, struct span host);

/* Does it run inside TLS? Then it was decrypted, else it would not be there. */
bool conn_is_decrypted(const struct conn *c);

/* Starts a record of the type for this connection, or NULL. */
struct record *conn_begin(struct conn_env *env, struct conn *c, enum record_type type);
void conn_emit(struct conn_env *env);

/* "name:n" into a list of texts; name is short. */
void conn_put_counted(struct record *r, enum record_field field, const char *name, uint64_t n);

/* Takes a finding's class into a set; false when it was there. */
bool conn_types_add(struct conn_env *env, struct conn_types *set, const char *data_type);
void conn_types_put(const struct conn_env *env, const struct conn_types *set,
		    enum record_field field, struct record *r);

/*
 * A finding: counts it, makes its record. types are the sets it joins besides the connection's;
 * NULLs are skipped. Below the configured severity it is nothing.
 */
void conn_finding(struct conn_env *env, struct conn *c, const struct finding *f,
		  struct conn_types *types);

/* One of a rule whose class begins with "signal.": see rules/ai-signals.rules. */
bool conn_is_signal(const struct finding *f);

/* Percent-decodes into out, at most cap bytes; '+' becomes a blank when plus is set. */
size_t percent_decode(const uint8_t *in, size_t len, bool plus, uint8_t *out, size_t cap);

#endif
