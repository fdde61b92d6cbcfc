/* Patterns with stars; glob.h is the manual. */
#include "classify/ai/glob.h"

bool
glob_fits(struct span glob, struct span text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < text.len) {
		if (g < glob.len && glob.p[g] == '*') {
			star = g++;
			mark = t;
		} else if (g < glob.len && ascii_lower(glob.p[g]) == ascii_lower(text.p[t])) {
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
glob_fits_path(struct span glob, struct span path)
{
	while (glob.len != 0 && path.len != 0) {
		struct span want = segment_take(&glob), have = segment_take(&path);

		if (have.len == 0 || !glob_fits(want, have))
			return false;
	}
	return glob.len == 0 && path.len == 0;
}
