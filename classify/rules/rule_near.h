/*
 * Which of some names a word was meant to be that is none of them: for "did you mean" in errors.
 *
 * Near is what one slip makes of a short name and two of one of five letters or more: a letter
 * too many, too few, another one, or two that changed places. Letters' case and a colon, comma or
 * '=' behind the word do not count.
 */
#ifndef WEIR_RULE_NEAR_H
#define WEIR_RULE_NEAR_H

#include <stddef.h>

#include "classify/span.h"

/* The i-th name; NULL behind the last. */
typedef const char *rule_name_fn(const void *names, size_t i);

/* The nearest, of equally near ones the first; NULL: none is near. */
const char *rule_near(struct span word, rule_name_fn *name, const void *names);

/* A rule_name_fn: names is an array of texts with NULL behind the last. */
const char *rule_name_of_array(const void *names, size_t i);

#endif
