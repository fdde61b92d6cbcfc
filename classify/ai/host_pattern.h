/*
 * A host pattern against a host name, label by label; provider.h says what `*` means.
 * Both sides must be lower case already.
 */
#ifndef WEIR_HOST_PATTERN_H
#define WEIR_HOST_PATTERN_H

#include "classify/span.h"

/*
 * Lower-cases host into text[cap], without port and trailing dot. The length, or 0 when it is no
 * DNS name (empty, an address in brackets, longer than cap).
 */
size_t host_normalise(struct span host, char *text, size_t cap);

/* The last two labels of a normalised name, or an empty span when it has only one. */
struct span host_last_two_labels(struct span host);

bool host_pattern_fits(struct span pattern, struct span host);

/* NULL when the pattern is well formed, else what was expected. */
const char *host_pattern_error(struct span pattern);

#endif
