/* With one mark to go back to: the last star met. */
#include "classify/glob.h"

static bool
same(uint8_t a, uint8_t b, bool nocase)
{
	return a == b || (nocase && ascii_lower(a) == ascii_lower(b));
}

static bool
matches(struct span glob, struct span text, bool nocase)
{
	size_t g = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < text.len) {
		if (g < glob.len && glob.p[g] == '*') {
			star = g++;
			mark = t;
		} else if (g < glob.len && same(glob.p[g], text.p[t], nocase)) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.p[g] == '*')
		g++;
	return g == glob.len;
}

bool
glob_matches(struct span glob, struct span text)
{
	return matches(glob, text, false);
}

bool
glob_matches_nocase(struct span glob, struct span text)
{
	return matches(glob, text, true);
}

/* Cuts the first segment off, and the slash in front of it. */
static struct span
segment_take(struct span *path)
{
	const uint8_t *slash;
	struct span segment;

	if (path->len != 0 && path->p[0] == '/') {
		path->p++;
		path->len--;
	}
	slash = path->len == 0 ? NULL : memchr(path->p, '/', path->len);
	segment = span_of(path->p, slash == NULL ? path->len : (size_t)(slash - path->p));
	path->p += segment.len;
	path->len -= segment.len;
	return segment;
}

bool
glob_matches_path(struct span glob, struct span path)
{
	while (glob.len != 0 && path.len != 0) {
		struct span want = segment_take(&glob), have = segment_take(&path);

		if (have.len == 0 || !matches(want, have, true))
			return false;
	}
	return glob.len == 0 && path.len == 0;
}
