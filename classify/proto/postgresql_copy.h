/*
 * What COPY carries in its binary format, over CopyData messages that may be cut anywhere:
 *
 *   PGCOPY\n\377\r\n\0 | flags 4 | length 4, extension | rows | -1 2
 *   row      number of fields 2 | length 4 (-1: NULL), bytes | ...
 *
 * Numbers are told as they are written, of types that nobody names. What does not begin like that,
 * and what comes behind a gap, is told as it is, and so is COPY in its other formats.
 *
 * Part of postgresql.c, which reads the messages.
 */
#ifndef WEIR_POSTGRESQL_COPY_H
#define WEIR_POSTGRESQL_COPY_H

#include "classify/proto/db_event.h"

struct postgresql_copy {
	bool binary;
	uint16_t fields; /* of the row at hand, to come */
	struct steps steps;
};

/*
 * A COPY may begin. A client does not wait for the server's word on it, and so may be binary until
 * its first bytes say otherwise.
 */
void postgresql_copy_begin(struct postgresql_copy *copy, bool binary);
/* The client has sent all. */
void postgresql_copy_end(struct postgresql_copy *copy, const struct db_out *o);
/* Bytes of CopyData were lost. */
void postgresql_copy_gap(struct postgresql_copy *copy);

void postgresql_copy_push(struct postgresql_copy *copy, const struct db_out *o, struct span data);

#endif
