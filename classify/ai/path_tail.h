/*
 * The end of a request's path, segment by segment. Gateways put whatever they like in front, so a
 * path is recognised from its last segment on.
 *
 *   pattern "collections {} points"    path /qdrant/collections/docs/points?wait=true
 *
 * Words stand for themselves, {} for a segment that is handed out, * for any.
 */
#ifndef WEIR_PATH_TAIL_H
#define WEIR_PATH_TAIL_H

#include "classify/span.h"

enum { PATH_TAIL_SEGMENTS = 8 };

/* [0] is the last; without query and slashes at the end. Borrowed from the path. */
struct path_tail {
	struct span segments[PATH_TAIL_SEGMENTS];
	unsigned nr;
	uint8_t last; /* the path's last byte; 0 without segments */
};

struct path_tail path_tail_of(struct span path);

bool path_tail_matches(const struct path_tail *tail, struct span pattern, struct span *named);

/*
 * *named: the segment at {}; left alone where the pattern has none. Every request is held against
 * long tables of these: of most patterns no more than the last byte is looked at.
 */
static inline bool
path_tail_is(const struct path_tail *tail, struct span pattern, struct span *named)
{
	uint8_t last = pattern.p[pattern.len - 1];

	return (last == tail->last || last == '}' || last == '*') &&
	       path_tail_matches(tail, pattern, named);
}

#endif
