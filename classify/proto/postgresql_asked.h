/*
 * Which statement an answer of PostgreSQL's is about, and what is known of its values.
 *
 *   client   Parse s1   Describe s1 | Sync |  Bind s1  Execute | Sync
 *                            |         |                  |      |
 *   asked               DESCRIBE s1  SYNC           RUN s1     SYNC
 *                            |                           |
 *   server         types, T: names and types           D: rows, without names
 *
 * Clients have a statement described once and then only run it. So the names and types of its
 * columns are remembered, and what waits for an answer, in order: the server's messages take it
 * from there. An error is settled at ReadyForQuery, which answers a Sync or a simple query.
 *
 * POSTGRESQL_STATEMENTS statements are remembered; a new one takes the place of one that was not
 * bound lately. Of a statement known are the types of the first parameters and columns, and of the
 * names of columns as many as fit. Where more waits than there is room for (runs of one statement
 * in a row are one), what an answer is about is unknown until all of that is answered, and so are
 * the types of its values. The same behind a gap, and where an answer does not fit what was asked.
 */
#ifndef WEIR_POSTGRESQL_ASKED_H
#define WEIR_POSTGRESQL_ASKED_H

#include "classify/proto/db_event.h"

#define POSTGRESQL_STATEMENTS	   8u
#define POSTGRESQL_PARAMETER_TYPES 24u
#define POSTGRESQL_COLUMN_TYPES	   40u
#define POSTGRESQL_NAMES	   172u
#define POSTGRESQL_ASKED	   48u

/* Of a simple query, or one that nobody remembers: behind the others. */
#define POSTGRESQL_NO_STATEMENT POSTGRESQL_STATEMENTS

struct postgresql_statement {
	uint64_t name;
	bool known; /* it was prepared */
	bool bound; /* since a place was last looked for */
	uint8_t names_len;
	uint16_t nr_columns; /* all that it has; 0: unknown */
	uint8_t parameters[POSTGRESQL_PARAMETER_TYPES],
	    columns[POSTGRESQL_COLUMN_TYPES]; /* types */
	uint8_t names[POSTGRESQL_NAMES];      /* of columns, a NUL behind each */
};

enum postgresql_wish { POSTGRESQL_DESCRIBE, POSTGRESQL_RUN, POSTGRESQL_QUERY, POSTGRESQL_SYNC };

struct postgresql_asked {
	struct postgresql_statement statements[POSTGRESQL_STATEMENTS + 1];
	struct {
		uint8_t wish, statement;
		uint16_t times;
	} waiting[POSTGRESQL_ASKED];
	uint8_t oldest, nr_waiting;
	uint8_t next;	    /* place of the next statement, unless that was bound */
	uint8_t headed;	    /* the statement whose columns were named last in this answer */
	bool overflowed;    /* by the batch at hand, whose Sync is to come */
	uint32_t beyond;    /* batches to be answered before what waits is */
	uint32_t forgotten; /* statements and requests; the owner tells them, and sets it to 0 */
};

void postgresql_asked_init(struct postgresql_asked *a);

/* The client prepares that statement, or binds it. Returns its number. */
uint8_t postgresql_asked_prepare(struct postgresql_asked *a, uint64_t name);
uint8_t postgresql_asked_find(struct postgresql_asked *a, uint64_t name);

void postgresql_asked_push(struct postgresql_asked *a, enum postgresql_wish wish,
			   uint8_t statement);

/* The statement that the server describes, or whose row this is, of so many columns. */
uint8_t postgresql_asked_described(struct postgresql_asked *a);
uint8_t postgresql_asked_row(struct postgresql_asked *a, uint16_t nr_columns);

/* A wish of that kind is granted, all of a batch are. */
void postgresql_asked_granted(struct postgresql_asked *a, enum postgresql_wish wish);
void postgresql_asked_settled(struct postgresql_asked *a);

/* Bytes were lost: nobody knows what waits. */
void postgresql_asked_gap(struct postgresql_asked *a);

/* The columns of a statement are told anew: none so far. */
void postgresql_asked_columns(struct postgresql_asked *a, uint8_t statement, uint16_t nr);
/* A piece of the name of the column at hand, and what ends it. */
void postgresql_asked_name(struct postgresql_asked *a, uint8_t statement, struct span piece);

#endif
