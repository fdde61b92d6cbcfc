/* With one mark to go back to: the last star met. */
#include "classify/detect/glob.h"

bool
glob_matches(struct span glob, struct span text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < text.len) {
		if (g < glob.len && glob.p[g] == '*') {
			star = g++;
			mark = t;
		} else if (g < glob.len && glob.p[g] == text.p[t]) {
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
