/*
 * One MongoDB connection (the manual's "Wire Protocol"; bsonspec.org).
 *
 *   message  length 4 | id 4 | id it answers 4 | opcode 4, little endian, then by opcode
 *   OP_MSG   flags 4 | sections: 0 and a document, or 1, length 4, name NUL, documents
 *
 * The first field of a command's document is its name and what it is on; names and strings of all
 * fields are told as values, those of one document behind each other; of answers the code, and
 * documents of a batch as rows. OP_QUERY, OP_REPLY, OP_INSERT, OP_UPDATE and OP_DELETE of older
 * clients are read alike. Messages that are compressed are told as coded bytes, and what becomes of
 * them is read by mongodb_unpacked; a request of which nothing becomes is of class other.
 *
 * What SASL proves is not told, but the user that SCRAM names; nor are passwords of new users.
 *
 * Documents may be nested as deep as one likes: a counter is enough to leave them. Of
 * numbers those are told that are whole and of nine to sixteen digits; dates are not.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_MONGODB_H
#define WEIR_MONGODB_H

#include "classify/proto/db_event.h"

struct mongodb_side {
	struct steps steps;
	uint32_t id, answers, opcode, flags;
	uint32_t depth;	    /* of documents within documents; 1: the outermost */
	uint32_t batch_at;  /* depth of the array whose documents are rows; 0: none */
	uint32_t errors_at; /* of the array of write errors */
	uint64_t behind;    /* bytes of the message behind a section of several documents */
	uint64_t rows;
	int32_t code;  /* of an error */
	uint8_t type;  /* of the field at hand */
	uint8_t field; /* what its name means: enum field */
	bool several;  /* documents in the section */
	bool first;    /* field of the first document */
	bool told;     /* the request */
	bool secret;   /* its strings are */
	bool password; /* it makes users */
	bool getmore, sasl;
	bool failed;
};

struct mongodb {
	struct mongodb_side side[2]; /* 0: the client */
	struct mongodb_side unpacked[2];
};

/* parser is a struct mongodb, zeroed; midstream: that direction's beginning was not seen. */
void mongodb_init(void *parser, const bool midstream[2]);
size_t mongodb_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		    void *arg);
void mongodb_gap(void *parser, unsigned dir, uint64_t len);

/* A db_unpacked_fn: the message that was compressed. */
void mongodb_unpacked(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		      void *arg);

#endif
