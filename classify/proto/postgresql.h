/*
 * One PostgreSQL connection, protocol 3 (the manual's chapter "Frontend/Backend Protocol").
 *
 *   client   start-up: length 4 | code 4 | name NUL value NUL ... NUL
 *            then type 1 | length 4 (of itself and what follows) | fields
 *   server   type | length | fields; but one byte alone answers a wish for TLS
 *
 * Told are: user and database of the start-up, the text of simple and of extended queries, what is
 * bound to their parameters, rows and COPY data, what errors, notices and notifications say, and of
 * each answer its code and row count. A
 * request's id is the number of the Sync or simple query that ends its batch, so that what an error
 * makes the server skip is settled at ReadyForQuery.
 *
 * Numbers in binary format are told as they are written (postgresql_value.h), and the names of
 * columns again in front of rows that come without (postgresql_asked.h).
 *
 * Limits: of portals only the last that was bound is known; names are known by their first 256
 * bytes; GSSAPI encryption is unread.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_POSTGRESQL_H
#define WEIR_POSTGRESQL_H

#include "classify/proto/db_event.h"
#include "classify/proto/postgresql_asked.h"
#include "classify/proto/postgresql_copy.h"

struct postgresql_side {
	struct steps steps;
	uint8_t type;		  /* of the message at hand */
	bool describes_statement; /* not a portal */
	uint8_t statement;	  /* that the list at hand is about, */
	uint16_t count, at;	  /* of so many parameters or columns, and which one is */
};

struct postgresql {
	struct postgresql_side side[2]; /* 0: the client */
	bool started;			/* the client's start-up is over */
	bool tls_asked, gss_asked;
	bool key_known; /* the parameter of the start-up whose value comes */
	bool user_next, database_next;
	uint32_t sync, ready;	  /* batches begun, and answered; ready 0: unknown */
	uint64_t prepared, bound; /* names of statements, */
	uint8_t bound_at;	  /* and where that one is remembered */
	struct postgresql_asked asked;
	struct postgresql_copy copy;
	uint8_t code_len; /* of the error at hand */
	uint8_t code[8];
};

/* parser is a struct postgresql, zeroed; midstream: that direction's beginning was not seen. */
void postgresql_init(void *parser, const bool midstream[2]);

/* The next bytes. Returns how many were taken: all, or up to where TLS begins. */
size_t postgresql_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		       void *arg);
void postgresql_gap(void *parser, unsigned dir, uint64_t len);

/*
 * For a connection whose beginning was missed: are these whole messages of a client's, with a
 * statement, or with a Sync behind what it runs?
 */
bool postgresql_asks(struct span s);

#endif
