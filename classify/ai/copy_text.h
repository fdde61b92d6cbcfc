/*
 * A name or id of the wire in a place of a fixed size, with a NUL: cut between UTF-8 characters,
 * without control characters. What is cut loses COPY_TEXT_CUT_BACK bytes more and the word that its
 * new end would be in, because half a value would not be recognised by whoever masks it.
 */
#ifndef WEIR_COPY_TEXT_H
#define WEIR_COPY_TEXT_H

#include "classify/span.h"

enum { COPY_TEXT_CUT_BACK = 64 };

void copy_text(char *to, size_t cap, struct span from);

#endif
