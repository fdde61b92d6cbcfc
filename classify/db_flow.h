/*
 * What a database or broker connection says, made into records and scanned text.
 *
 *   parser ── db_event ── db_flow ─┬─ statements, values ── scanner (db.text)
 *                                  ├─ class, target, text, latency, errors ── db_op.h
 *                                  └─ every active_us and at the end ── db records
 *
 * Requests wait for their answers in a ring of DB_MAX_PENDING. When it is full, the oldest is taken
 * as never answered where answers name their request; else those beyond are answered without being
 * timed. Prepared statements are remembered by a hash of their name, DB_MAX_PREPARED
 * of them; one that is forgotten counts as an operation of class other.
 *
 * What a statement of PostgreSQL does with vectors (ai/pgvector.h) is an llm record of its own,
 * made when it is answered, or when no answer can come. Classes of data are in it when it was the
 * only request under way.
 *
 * What belongs together (a statement and its parameters, one command, one message) is one scan
 * stream, so that a column's name is context for the value; values that are compressed and texts
 * in base64 (in answers of SQL those in large values) are streams beside it. Values are told apart
 * by a newline, those of a result's row by tabs: the names of its columns are a line above them, as
 * in a table. In front of values for a statement that was prepared before stands its text, in front
 * of an answer what was asked about.
 */
#ifndef WEIR_DB_FLOW_H
#define WEIR_DB_FLOW_H

#include "classify/ai/pgvector.h"
#include "classify/db_op.h"
#include "classify/proto/db_event.h"
#include "classify/proto/length_marks.h"
#include "classify/proto/sql_text.h"
#include "classify/wrapped_text.h"

#define DB_MAX_PENDING	 32u
#define DB_MAX_PREPARED	 16u
#define DB_PREPARED_TEXT 160u

struct db_pending {
	uint64_t id, asked_us, ordinal;
	enum db_class class;
	struct pgvector_operation vector;
	uint8_t target_len;
	char target[DB_NAME_BYTES - 18];
};

struct db_prepared {
	uint64_t id;
	enum db_class class;
	uint8_t target_len, text_len;
	char target[DB_NAME_BYTES];
	struct pgvector_operation vector;
	char text[DB_PREPARED_TEXT]; /* its names are context for the values it is run with */
};

enum db_decoding { DB_DECODING_NONE, DB_DECODING, DB_DECODING_FAILED };

/* Of one direction: how it begins says whether it is compressed. */
struct db_value {
	bool begun; /* it said so */
	uint8_t compression;
	uint8_t nr; /* bytes that wait, */
	uint8_t begin[COMPRESSION_BYTES];
};

struct db_flow {
	struct conn_env *env;
	struct conn *c;
	enum sql_dialect dialect;
	struct db_ops ops;
	struct scan_stream *scan[2];
	struct wrapped_text wrapped[2]; /* of what is in base64, or compressed */
	struct db_value value[2];
	struct length_marks lengths[2];
	struct decode *decode[2];
	db_unpacked_fn *unpacked; /* reads what was compressed; NULL: it is one text */
	void *parser;		  /* that it belongs to */
	uint8_t decoding[2];	  /* enum db_decoding */
	bool large;		  /* the value at hand is known to be */
	bool delivering;	  /* the server brings a message that nobody asked for just now */
	enum db_class class, delivered_class; /* of the request at hand, of the message */
	uint8_t delivered_len;
	uint64_t answering; /* id of the request whose answer is at hand; 0: the oldest */
	bool refused[2];

	uint8_t nr_pending, oldest;
	uint32_t overflow; /* requests that found no room in pending, behind those that did */
	uint8_t next_prepared, last_prepared;
	uint8_t target_len;
	char target[DB_NAME_BYTES];	     /* of the request at hand */
	char delivered[DB_NAME_BYTES];	     /* of the message */
	size_t unread, unscanned, undecoded; /* of the bytes at hand */
	bool handover;
	struct conn_types types[2]; /* found since the last message's end */
	struct db_pending pending[DB_MAX_PENDING];
	struct db_prepared prepared[DB_MAX_PREPARED];
	bool torn; /* bytes of the statement at hand were lost */
	struct sql_text sql;
	struct pgvector pgvector;	   /* of the statement at hand */
	struct pgvector_operation vector;  /* that the request at hand is */
	struct conn_types vector_types[2]; /* found in it, and in its answer */
	uint64_t nr_requests;
};

/* Zeroed. Afterwards unpacked and parser may be set. */
void db_flow_init(struct db_flow *f, struct conn_env *env, struct conn *c);

/* A db_event_fn; arg is the db_flow. */
void db_flow_event(void *arg, const struct db_event *e);

/* An operation that another parser has read, with its answer (code is empty where that is good). */
struct db_operation {
	enum db_class class;
	struct span target, code;
	bool answered, failed;
	uint64_t response_us;
	const struct conn_types *types[2]; /* found in question and answer */
};

void db_flow_operation(struct db_flow *f, const struct db_operation *o);

/* Bytes of that direction were lost: what was scanned no longer adjoins what comes. */
void db_flow_gap(struct db_flow *f, unsigned dir);

/* Ends what is open and makes the records. May be called again. */
void db_flow_finish(struct db_flow *f);

#endif
