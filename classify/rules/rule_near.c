/* Distance between words as Damerau and Levenshtein count it, each pair of letters changed once. */
#include "classify/rules/rule_near.h"

#include <string.h>

enum { WORD_MAX = 40, SHORT_NAME = 5, FAR = WORD_MAX };

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Three rows of the usual table: two letters that changed places look back over two. */
static unsigned
distance(struct span a, struct span b)
{
	unsigned row[3][WORD_MAX + 1];

	for (unsigned j = 0; j <= b.len; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			uint8_t x = ascii_lower(a.p[i - 1]), y = ascii_lower(b.p[j - 1]);

			now[j] = least(least(before[j], now[j - 1]) + 1, before[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == ascii_lower(b.p[j - 2]) &&
			    y == ascii_lower(a.p[i - 2]))
				now[j] = least(now[j], earlier[j - 2] + 1);
		}
	}
	return row[a.len % 3][b.len];
}

const char *
rule_near(struct span word, rule_name_fn *name, const void *names)
{
	const char *nearest = NULL, *one;
	unsigned best = FAR;

	while (word.len > 1 && memchr(":,=;", word.p[word.len - 1], 4) != NULL)
		word.len--;
	if (word.len == 0 || word.len > WORD_MAX)
		return NULL;
	for (size_t i = 0; (one = name(names, i)) != NULL; i++) {
		size_t len = strlen(one);
		unsigned d = len > WORD_MAX ? FAR : distance(word, span_of(one, len));

		if (d < best && d <= (len < SHORT_NAME ? 1 : 2)) {
			best = d;
			nearest = one;
		}
	}
	return nearest;
}

const char *
rule_name_of_array(const void *names, size_t i)
{
	return ((const char *const *)names)[i];
}
