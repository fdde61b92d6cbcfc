/*
 * Statements of PostgreSQL that look up, write or index vectors of pgvector, from their words.
 *
 *   SELECT ... ORDER BY embedding <-> '[3,1,2]' LIMIT 5           vector_query
 *   INSERT INTO items (embedding) VALUES ($1::vector)             vector_upsert
 *   DELETE FROM items WHERE embedding <-> '[3,1,2]' < 1           vector_delete
 *   CREATE INDEX ON items USING hnsw (embedding vector_l2_ops)    vector_index
 *
 * A distance operator alone says little: <-> is also of points, PostGIS, pg_trgm and phrases, <#>
 * of PostGIS, all but <+> of cube, <=> of RUM. So one operand has to be a vector's: cast to a type
 * of pgvector, a string that is a list of numbers, or a column that is called after an embedding.
 * Other casts, functions and literals speak against it. Only ORDER BY column <=> $1 (and <+>)
 * counts without, because hardly anybody else writes that. What is written counts with a cast, or
 * with a list of numbers beside such a column. Text within strings and comments is no word.
 *
 * Not told: writes whose vectors are parameters without a cast, COPY, ORDER BY column <-> $1 of a
 * column of any other name, distances as functions (cosine_distance), tables and their columns.
 *
 * One statement at a time; constant size, embedded by its owner. All zero is the beginning of one.
 */
#ifndef WEIR_PGVECTOR_H
#define WEIR_PGVECTOR_H

#include "classify/proto/sql_text.h"

/* What an operand is, a set. */
enum pgvector_sign {
	PGVECTOR_TYPE = 1 << 0,	   /* cast to a type of pgvector */
	PGVECTOR_OTHER = 1 << 1,   /* another cast, a function, another literal */
	PGVECTOR_NUMBERS = 1 << 2, /* '[1,2,3]' */
	PGVECTOR_NAMED = 1 << 3,   /* a column that is called after an embedding */
	PGVECTOR_PARAMETER = 1 << 4,
	PGVECTOR_NAME = 1 << 5, /* a column of any name */
};

struct pgvector {
	uint8_t left,
	    right;	  /* enum pgvector_sign, of the operand before the operator and at hand */
	uint8_t depth;	  /* brackets open in the operand at hand */
	uint8_t distance; /* the operator whose right operand is at hand; 0: none */
	uint8_t before;	  /* what the last token was */
	uint8_t verb;	  /* the first word */
	bool order;	  /* within ORDER BY */
	bool any;	  /* a token has come */
	bool numbers;	  /* the last token was such a string */
	bool known;	  /* it was the name of a function that has to do with vectors */
	bool named, measures, indexes;
	uint32_t nr_casts, nr_numbers, limit;
};

/* A sql_token_fn; arg is the pgvector. */
void pgvector_token(void *arg, const struct sql_token *t);

struct pgvector_operation {
	const char *name; /* vector_query ...; static, NULL: none */
	uint32_t limit;	  /* of a query, 0: not known */
	uint32_t count;	  /* vectors that were sent, 0: not known */
};

/* The statement is over; class as sql_classify has it. Starts anew. */
struct pgvector_operation pgvector_end(struct pgvector *p, enum db_class class);

#endif
