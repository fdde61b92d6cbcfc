/*
 * One BSON document of a MongoDB message (bsonspec.org), and those inside it, field by field.
 *
 *   document  length 4 | fields | 0
 *   field     type 1 | name NUL | value
 *
 * The first field of a command is its name, and its value what it is on; names, strings and whole
 * numbers of nine to sixteen digits of all others are told as values. Lengths of documents are not
 * relied on: a type 0 leaves one, and the message's end all of them. Part of mongodb.c, which reads
 * what is around documents.
 */
#ifndef WEIR_MONGODB_DOCUMENT_H
#define WEIR_MONGODB_DOCUMENT_H

#include "classify/proto/mongodb.h"

/* What the caller asks steps for to begin one: this state, 4 bytes. All behind it are a document's.
 */
#define MONGODB_DOCUMENT 32u

enum mongodb_document_result {
	MONGODB_GOES_ON,
	MONGODB_ENDS,	    /* the outermost one: nothing was asked of steps */
	MONGODB_UNREADABLE, /* likewise: what follows cannot be told */
};

enum mongodb_document_result mongodb_document_step(struct mongodb_side *side,
						   const struct db_out *o);

/* In mongodb.c: the message at hand is a request of this class. */
void mongodb_request(struct mongodb_side *side, const struct db_out *o, enum db_class class);

#endif
