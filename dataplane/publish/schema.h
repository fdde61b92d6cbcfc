/*
 * What the records look like, for machines and for people, from the table that the writer uses.
 */
#ifndef WEIR_SCHEMA_H
#define WEIR_SCHEMA_H

#include <stdio.h>

#include "dataplane/publish/record.h"

/* The type of that name, or NR_RECORD_TYPES. */
enum record_type schema_type_of(const char *name);

/* JSON Schema (draft 2020-12) of one type. Unknown properties are allowed: fields get added. */
void schema_write(FILE *to, enum record_type type);

/* Markdown tables of all types: the field reference in docs/records.md. */
void schema_write_tables(FILE *to);

#endif
