/*
 * An event stream as it is searched: the data lines of one event are joined with LF (WHATWG HTML
 * section 9.2.6), so that a value over several of them stands in one piece. All bytes are handed on
 * as they come, but the "data: " of an event's second data line and of those behind it.
 *
 * Any split gives the same bytes. What may be such a name is held back; at most four bytes of it
 * are lost where the stream ends in the middle of one.
 */
#ifndef WEIR_SSE_JOIN_H
#define WEIR_SSE_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is a valid start, also behind a gap. */
struct sse_join {
	uint8_t state;
	uint8_t matched; /* of "data:", at the start of a line */
	bool has_data;	 /* the event at hand */
	bool after_cr;	 /* a LF now belongs to the CR before it */
};

typedef void sse_join_fn(void *arg, const uint8_t *data, size_t len);

void sse_join_push(struct sse_join *j, const uint8_t *data, size_t len, sse_join_fn *out,
		   void *arg);

#endif
