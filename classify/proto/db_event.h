/*
 * What the parsers of databases and brokers tell: one vocabulary for all of them, so that records,
 * scanning and pairing are written once (classify/db_flow.h) and a parser is only its protocol.
 *
 * A request is told in this order; all but the first line may be absent or repeated:
 *
 *   DB_REQUEST                     its class and the id that its answer will have
 *   DB_TARGET                      table, collection, key, topic, queue
 *   DB_VALUE ... DB_VALUE_END      pieces of a value; a value is what has its own meaning
 *   DB_MESSAGE_END                 what was told up to here belongs together
 *
 * Of statements in a language (SQL, CQL) class and targets are found by whoever listens:
 *
 *   DB_STATEMENT ... DB_STATEMENT_END (flags)
 *
 * Bytes are borrowed for the call. Only DB_STATEMENT and DB_VALUE may come in any pieces; all other
 * text is whole, or its first bytes where it is longer than the parser keeps.
 *
 * What proves who somebody is (passwords, tokens, challenges) is never told.
 */
#ifndef WEIR_DB_EVENT_H
#define WEIR_DB_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "classify/proto/steps.h"
#include "classify/span.h"

/* What an operation does: db_operation of records. */
#define DB_CLASSES(X)                                                             \
	X(READ, "read")		      /* looks at data */                         \
	X(WRITE, "write")	      /* changes data */                          \
	X(SCHEMA, "schema")	      /* changes what data looks like */          \
	X(ADMIN, "admin")	      /* users, rights, settings, the server */   \
	X(AUTH, "auth")		      /* logging in */                            \
	X(TRANSACTION, "transaction") /* begin, commit, roll back, acknowledge */ \
	X(PUBLISH, "publish")	      /* messages into a broker */                \
	X(CONSUME, "consume")	      /* messages out of it, and subscribing */   \
	X(OTHER, "other")

enum db_class {
#define DB_CLASS_ID(id, name) DB_##id,
	DB_CLASSES(DB_CLASS_ID)
#undef DB_CLASS_ID
	    NR_DB_CLASSES,
};

enum db_event_kind {
	DB_USER,
	DB_DATABASE,
	DB_REQUEST,
	DB_TARGET,
	DB_VALUE,
	DB_VALUE_END,
	DB_CELL_END, /* the value, or none, of a column; its name in the first row of a result */
	DB_ROW_END,
	DB_STATEMENT,
	DB_STATEMENT_END, /* prepared: it is not run, but kept under name */
	DB_PREPARED_AS,	  /* what was prepared last, or as id where that is not 0, is called name */
	DB_BIND,	  /* values for what was prepared under name follow; DB_RUN says so, too */
	DB_RUN,		  /* a request to run what was prepared under name */
	DB_MESSAGE_END,
	DB_CODED, /* piece of values that are compressed: name is the enum db_coding */
	DB_CODED_END,
	DB_ANSWER_BEGINS, /* what is told of the server from here on answers the request of that id
			   */
	DB_ANSWER,	  /* to the request of that id, or to the oldest where id is 0 */
	DB_SETTLED,	  /* no more answers to requests of that id; 0: of any */
	DB_UNREAD,	  /* rows: so many bytes that the parser could not look into */
	DB_HANDOVER,	  /* TLS from here on */
	DB_FORGOTTEN,	  /* rows: so many statements and requests that there was no room for */
};

enum db_coding {
	DB_CODING_GZIP,
	DB_CODING_ZSTD,
	DB_CODING_ZLIB,
	DB_CODING_LZ4,
	DB_CODING_SNAPPY,
	NR_DB_CODINGS,
};

/* Of fewer bytes nothing is wrapped in a value, and most have fewer. */
#define DB_LARGE 64u

struct db_event {
	enum db_event_kind kind;
	uint8_t dir; /* 0: the client */
	enum db_class class;
	uint64_t id;
	uint64_t name; /* of what was prepared: DB_RUN, DB_STATEMENT_END with prepared set */
	uint64_t rows; /* DB_ANSWER: rows, documents, messages that it brought or changed */
	bool failed;   /* DB_ANSWER; bytes: the code */
	bool prepared; /* DB_STATEMENT_END */
	bool torn;     /* DB_STATEMENT: bytes of it were lost in front of these */
	bool unasked;  /* DB_REQUEST: nothing answers it */
	bool key;      /* DB_TARGET: names one thing among many; only its pattern is kept */
	bool large;    /* DB_VALUE: is known to have DB_LARGE bytes, or more */
	bool made_up;  /* DB_CODED: what the coding needs and the wire did not have */
	struct span bytes;
};

typedef void db_event_fn(void *arg, const struct db_event *e);

/*
 * What became of coded bytes, and len 0 at their end, back to the parser that told them: it tells
 * their values as of any message.
 */
typedef void db_unpacked_fn(void *parser, unsigned dir, const uint8_t *data, size_t len,
			    db_event_fn *fn, void *arg);

/* Whom a parser tells, of which direction. */
struct db_out {
	void *parser;
	uint8_t dir;
	db_event_fn *fn;
	void *arg;
};

static inline void
db_tell(const struct db_out *o, struct db_event e)
{
	e.dir = o->dir;
	o->fn(o->arg, &e);
}

static inline void
db_tell_kind(const struct db_out *o, enum db_event_kind kind)
{
	db_tell(o, (struct db_event) { .kind = kind });
}

static inline void
db_tell_bytes(const struct db_out *o, enum db_event_kind kind, struct span s)
{
	if (s.len != 0)
		db_tell(o, (struct db_event) { .kind = kind, .bytes = s });
}

/* What steps hand on (their `what`); what a parser has of its own comes behind these. */
enum db_passed {
	DB_PASSED_IGNORED = STEPS_IGNORED,
	DB_PASSED_VALUE,
	DB_PASSED_LARGE, /* a value of DB_LARGE bytes */
	DB_PASSED_UNREAD,
	DB_PASSED_CODED, /* and an enum db_coding: compressed values */
	NR_DB_PASSED = DB_PASSED_CODED + NR_DB_CODINGS,
};

/* What a value of that length is passed as. */
static inline uint8_t
db_passed_value(uint64_t len)
{
	return len >= DB_LARGE ? DB_PASSED_LARGE : DB_PASSED_VALUE;
}

/* A steps_bytes_fn, arg is the db_out: tells values, and how much was unread. */
static inline void
db_tell_passed(void *arg, struct steps *s, const uint8_t *data, size_t len)
{
	if (s->what == DB_PASSED_VALUE || s->what == DB_PASSED_LARGE)
		db_tell(arg, (struct db_event) { .kind = DB_VALUE,
						 .bytes = span_of(data, len),
						 .large = s->what == DB_PASSED_LARGE });
	else if (s->what == DB_PASSED_UNREAD)
		db_tell(arg, (struct db_event) { .kind = DB_UNREAD, .rows = len });
	else if (s->what >= DB_PASSED_CODED && s->what < NR_DB_PASSED)
		db_tell(arg, (struct db_event) { .kind = DB_CODED,
						 .name = s->what - (unsigned)DB_PASSED_CODED,
						 .bytes = span_of(data, len) });
}

/*
 * The user in a client's first message of SASL, and nothing else of it: PLAIN (RFC 4616) is
 * [who] NUL user NUL password, SCRAM (RFC 5802) n,[a=who],n=user,r=nonce.
 */
void db_tell_sasl_user(const struct db_out *o, struct span message);

#define DB_DECIMAL_BYTES 11u

/* A code of an error as text, written to the end of `to`, which is borrowed. */
struct span db_decimal(char to[DB_DECIMAL_BYTES], int32_t v);

#define DB_NUMBER_BYTES 16u

/*
 * A number of the wire's binary form as it would be written, to the end of `to`, which is borrowed.
 * Nothing where it has fewer than nine digits, of which none is anybody's, or more than a card's
 * sixteen, which are mostly made up.
 */
struct span db_number(uint8_t to[DB_NUMBER_BYTES], uint64_t v);

/* FNV-1a: what a name is remembered by. */
static inline uint64_t
db_hash(struct span s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* Could a message of that direction begin here? Asked where the last one's end is not known. */
typedef bool db_begins_fn(unsigned dir, struct span s);

/*
 * One direction's steps. While they are lost, what a push holds is told as DB_VALUE, until one
 * begins with a message; but where no byte was missing and they are broken all the same, no more
 * messages are looked for: then the answer is the same for any split. arg of step and bytes is o.
 */
size_t db_steps_push(struct steps *s, const uint8_t *data, size_t len, steps_fn *step,
		     steps_bytes_fn *bytes, db_begins_fn *begins, struct db_out *o);

#endif
