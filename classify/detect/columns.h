/*
 * Columns: which of a table's a value stands in, and what heads it.
 *
 *   nino,name              lines, apart by , ; | or tabs; the head is the line before, or the one
 *   AB123456C,Ann          before a divider of hyphens
 *
 *   COPY t (nino, name) FROM stdin;       lines under the list of a statement
 *   AB123456C	Ann
 *
 *   INSERT INTO t (nino, name) VALUES ('AB123456C', 'Ann'), (...)      tuples behind such a list
 *
 *   <tr><th>NINO</th><th>Name</th></tr>   rows of HTML
 *   <tr><td>AB123456C</td><td>Ann</td></tr>
 *
 * A column is a number, of each kind another: those of tuples begin at COLUMN_TUPLE, those of HTML
 * at COLUMN_HTML. A tuple is on one line. Separators in quotes are known in tuples only.
 *
 * Pure functions over borrowed bytes.
 */
#ifndef WEIR_COLUMNS_H
#define WEIR_COLUMNS_H

#include "classify/detect/value.h"

enum { COLUMN_TUPLE = 1000, COLUMN_HTML = 2000 };

/* What stands between the columns of a line, and at its ends, too. */
static inline bool
column_separates(uint8_t c)
{
	return c == ',' || c == ';' || c == '|' || c == '\t';
}

static inline bool
column_edge(uint8_t c)
{
	return column_separates(c) || c == '\r' || c == '\n';
}

/* The value's; -1: not in sight. */
int column_of(const struct value *v);
/* The same, where what heads it cannot be seen to be something else; else -1. */
int column_below(const struct value *v);
/* The value stands alone in a column, quotes and blanks aside. */
bool column_holds(const struct value *v);
/* What heads the value's column; false: that is not in sight. */
bool column_head(const struct value *v, struct span *head);
/* The list, or row of HTML, that all heads of its columns are in; false: it is in no such table. */
bool column_list(const struct value *v, struct span *list);

/* The heads of a table, taken one by one from the first column on. */
struct column_heads {
	const uint8_t *p, *end;
	uint8_t separator; /* 0: any; '<': tags of HTML */
	int column;	   /* of the next */
};

/* Of the line that begins at p and ends at end, its end of line aside. */
void column_heads_init(struct column_heads *h, const uint8_t *p, const uint8_t *end);
/* The last list of a statement, or row of HTML, that heads what may follow at end; false: none. */
bool column_heads_find(struct column_heads *h, const uint8_t *p, const uint8_t *end);
bool column_heads_take(struct column_heads *h, struct span *head, int *column);
/* A line of hyphens and the like between a head and its rows. */
bool column_divides(const uint8_t *p, const uint8_t *end);

#endif
