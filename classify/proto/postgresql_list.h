/*
 * Lists in messages of PostgreSQL's:
 *
 *   values   number 2 | length 4 (-1: NULL), bytes | ...   parameters, a row
 *   types    number 2 | number of a type 4 | ...           of parameters
 *   columns  number 2 | name NUL, table 4, column 2, type 4, size 2, modifier 4, format 2 | ...
 *
 * Numbers in binary format are told as they are written, and the names of columns once more in
 * front of rows that come without.
 *
 * Part of postgresql.c, which reads what is around them.
 */
#ifndef WEIR_POSTGRESQL_LIST_H
#define WEIR_POSTGRESQL_LIST_H

#include "classify/proto/postgresql.h"

/* What the caller asks steps for: one of these states, 2 bytes. All from here on are of lists. */
#define POSTGRESQL_LISTS   64u
#define POSTGRESQL_VALUES  POSTGRESQL_LISTS
#define POSTGRESQL_TYPES   (POSTGRESQL_LISTS + 1u)
#define POSTGRESQL_COLUMNS (POSTGRESQL_LISTS + 2u)

/* side.statement says before what the list is about; of rows it is found out. */
void postgresql_list_step(struct postgresql *p, const struct db_out *o);

/* What is passed on as this is the name of a column. */
#define POSTGRESQL_NAME ((uint8_t)NR_DB_PASSED)
void postgresql_list_name(struct postgresql *p, const struct db_out *o, struct span piece);

#endif
