/* Lists of words that parsers of databases know commands by. */
#ifndef WEIR_DB_WORDS_H
#define WEIR_DB_WORDS_H

#include "classify/proto/db_event.h"

/* Is the name one of the words, which stand in lower case with a blank between? */
bool db_is_among(struct span name, const char *words);

#endif
