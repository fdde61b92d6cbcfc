/* Ends of paths; path_tail.h is the manual. */
#include "classify/ai/path_tail.h"

struct path_tail
path_tail_of(struct span path)
{
	const uint8_t *mark = path.len == 0 ? NULL : memchr(path.p, '?', path.len);
	size_t end = mark != NULL ? (size_t)(mark - path.p) : path.len;
	struct path_tail tail = { .nr = 0 };

	while (end != 0 && path.p[end - 1] == '/')
		end--;
	tail.last = end != 0 ? path.p[end - 1] : 0;
	while (end != 0 && tail.nr < PATH_TAIL_SEGMENTS) {
		size_t from = end;

		while (from != 0 && path.p[from - 1] != '/')
			from--;
		tail.segments[tail.nr++] = span_of(path.p + from, end - from);
		end = from != 0 ? from - 1 : 0;
	}
	return tail;
}

/* From the last word of a pattern to its first. */
bool
path_tail_matches(const struct path_tail *tail, struct span pattern, struct span *named)
{
	struct span found = *named;
	size_t end = pattern.len;

	for (unsigned i = 0;; i++) {
		size_t from = end;
		struct span word;

		while (from != 0 && pattern.p[from - 1] != ' ')
			from--;
		word = span_of(pattern.p + from, end - from);
		if (i >= tail->nr || tail->segments[i].len == 0)
			return false;
		if (span_is(word, "{}"))
			found = tail->segments[i];
		else if (!span_is(word, "*") &&
			 (word.len != tail->segments[i].len ||
			  memcmp(word.p, tail->segments[i].p, word.len) != 0))
			return false;
		if (from == 0)
			break;
		end = from - 1;
	}
	*named = found;
	return true;
}
