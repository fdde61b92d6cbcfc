/*
 * Operations on a database or broker connection, counted by class until they become db records.
 *
 * A db_op is taken from a pool when the first operation of its class is met; where there is none
 * left, operations of that class are not recorded (counted), the rest is. Of targets, statement
 * texts and codes as many different ones are told as fit; what does not fit is counted.
 */
#ifndef WEIR_DB_OP_H
#define WEIR_DB_OP_H

#include "classify/conn_env.h"
#include "classify/proto/db_event.h"

#define DB_NAME_BYTES	 64u
#define DB_TARGETS_BYTES 768u
#define DB_TEXTS_BYTES	 2048u
#define DB_CODES_BYTES	 128u

/* Of one class. Of texts, each different one, behind its length (2 bytes). */
struct db_op {
	uint64_t first_us, last_us;
	uint64_t nr, errors, rows, answered;
	uint64_t response_us, response_max_us;
	struct conn_types types;
	uint16_t targets_len, texts_len, codes_len;
	uint8_t targets[DB_TARGETS_BYTES], texts[DB_TEXTS_BYTES], codes[DB_CODES_BYTES];
};

/* All of a connection. Public because db_flow embeds it. */
struct db_ops {
	struct conn_env *env;
	struct conn *c;
	const char *system;
	struct db_op *of[NR_DB_CLASSES];
	uint64_t settled_until; /* they were told up to here */
	bool torn;		/* a gap since then */
	uint8_t user_len, name_len;
	char user[DB_NAME_BYTES], name[DB_NAME_BYTES]; /* of the database */
};

void db_ops_init(struct db_ops *ops, struct conn_env *env, struct conn *c);

/*
 * A name that is longer than its place is masked before it is cut: half of a value would no longer
 * look like one. One that its parser may have cut is not kept at all. Returns its length.
 */
uint8_t db_ops_keep_name(const struct db_ops *ops, char *to, size_t cap, struct span s);

/* That of a class, NULL when the pool is empty. */
struct db_op *db_ops_of(struct db_ops *ops, enum db_class class);

/* One more; the same. When active_us have passed, those before become records first. */
struct db_op *db_ops_count(struct db_ops *ops, enum db_class class);

/* What it is about, and its statement without literals. */
void db_op_target(struct db_ops *ops, struct db_op *op, struct span target);
void db_op_text(struct db_ops *ops, struct db_op *op, struct span text);

void db_op_answered(struct db_op *op, uint64_t response_us);
void db_op_failed(struct db_ops *ops, struct db_op *op, struct span code);
void db_op_found(struct db_ops *ops, struct db_op *op, const struct conn_types *found);

/* Everything there is becomes records; counting starts anew. */
void db_ops_settle(struct db_ops *ops);

#endif
