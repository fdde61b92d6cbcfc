/*
 * Values in the binary form of MySQL's protocol: parameters of prepared statements, attributes of
 * queries, rows of what prepared statements select.
 *
 *   parameters  [number 1] | NULL bits | types follow 1 | types 2 each, [names] | values
 *   row         NULL bits, of which the first two are unused | values
 *   value       by its type: a number of 1 to 8 bytes, or text or a date behind its length
 *
 * What stands in brackets is there where both sides can do query attributes, which their greeting
 * and log-in say: of a connection joined later, values are told as they stand there, and so are
 * those of statements that are not among the last MYSQL_MAX_PREPARED to be prepared, or have more
 * than MYSQL_MAX_VALUES. Types are sent once and remembered. Texts are told as they are, numbers of
 * nine to sixteen digits in decimal, dates and fractions not.
 *
 * Part of mysql.c, which reads what is around values.
 */
#ifndef WEIR_MYSQL_BINARY_H
#define WEIR_MYSQL_BINARY_H

#include "classify/proto/mysql.h"

/* States from here on are of values; in mysql.c: the text of a query behind its attributes. */
#define MYSQL_BINARY	    64u
#define MYSQL_QUERY_FOLLOWS 63u

/* The answer to a prepared statement has come. */
void mysql_binary_prepared(struct mysql *p, uint32_t id, unsigned nr_parameters);
/* This parameter is sent by itself, and is not among those that follow. */
void mysql_binary_sent_apart(struct mysql *p, uint32_t id, unsigned parameter);
/* The type of a column of the rows to come. */
void mysql_binary_column(struct mysql *p, uint64_t at, uint64_t nr, uint8_t type);

/* What comes next of the packet is this; false: it cannot be told apart, nothing was asked for. */
bool mysql_binary_parameters(struct mysql *p, uint32_t id, uint8_t flags, const struct db_out *o);
bool mysql_binary_attributes(struct mysql *p, unsigned nr);
bool mysql_binary_row(struct mysql *p);

void mysql_binary_step(struct mysql *p, const struct db_out *o);

#endif
