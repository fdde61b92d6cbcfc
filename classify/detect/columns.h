/*
 * Columns: which of a table's a value stands in, and what heads it.
 *
 *   nino,name              lines, apart by , ; | or tabs
 *   AB123456C,Ann          the first column, nino
 *
 * Pure functions over the window.
 */
#ifndef WEIR_COLUMNS_H
#define WEIR_COLUMNS_H

#include "classify/detect/value.h"

/* How many separators (, ; | tab) stand in front of the value in its line; -1: not in sight. */
int column_of(const struct value *v);
/* The value stands between two of the characters that separate columns, quotes aside. */
bool column_holds(const struct value *v);
/* The same column of the line before, as far as it is in sight; false: there is no such line. */
bool column_head(const struct value *v, struct span *head);

#endif
