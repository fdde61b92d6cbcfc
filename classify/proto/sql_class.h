/*
 * What a statement (SQL, CQL) does to what, by its verb and the names behind its keywords. No
 * parser: of what it cannot know (a view's tables, the body of a function) nothing is told.
 */
#ifndef WEIR_SQL_CLASS_H
#define WEIR_SQL_CLASS_H

#include "classify/proto/db_event.h"

/* *target: the table (or the like) it names first; empty where it names none. Borrowed from text.
 */
enum db_class sql_classify(struct span text, struct span *target);

/* Does a text begin as a statement does: with a verb, and a blank or the end behind it? */
bool sql_begins(struct span text);

#endif
