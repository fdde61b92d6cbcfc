/* Inputs that are lines of text and then bytes. */
#ifndef WEIR_TEST_FUZZ_LINES_H
#define WEIR_TEST_FUZZ_LINES_H

#include <stdlib.h>

#include "classify/span.h"

/* The next line, without its end; rest loses it. */
static inline struct span
fuzz_line(struct span *rest)
{
	const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);
	size_t len = end == NULL ? rest->len : (size_t)(end - rest->p);
	size_t past = end == NULL ? len : len + 1;
	struct span line = span_of(rest->p, len);

	*rest = span_of(rest->p + past, rest->len - past);
	return line;
}

/* What is told lies where it was read. */
static inline void
fuzz_within(struct span what, const uint8_t *from, size_t len)
{
	if (what.len != 0 &&
	    (what.p < from || what.len > len || (size_t)(what.p - from) > len - what.len))
		abort();
}

static inline bool
fuzz_same(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

#endif
