/*
 * Where in a regular expression that is what Hyperscan refuses, and what does the same.
 *
 * Hyperscan says what it does not support and mostly not where. Of the things that people bring
 * along from PCRE the first one is looked for, outside of classes and escapes.
 */
#ifndef WEIR_REGEX_REFUSAL_H
#define WEIR_REGEX_REFUSAL_H

#include <stddef.h>

#include "classify/span.h"

struct regex_refusal {
	size_t at;	     /* 0 where nothing is known of it */
	const char *instead; /* NULL: nothing better to say */
};

/* message: Hyperscan's, with or without "at index N". */
struct regex_refusal regex_refusal(struct span regex, const char *message);

#endif
