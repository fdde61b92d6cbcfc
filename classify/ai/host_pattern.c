/* Label-wise host patterns; host_pattern.h is the manual. */
#include "classify/ai/host_pattern.h"

enum { WIDE_MAX = 2 }; /* whole-label stars: the matcher recurses once for each */

size_t
host_normalise(struct span host, char *text, size_t cap)
{
	const uint8_t *colon = host.len == 0 ? NULL : memchr(host.p, ':', host.len);
	size_t len = colon == NULL ? host.len : (size_t)(colon - host.p);

	if (len != 0 && host.p[len - 1] == '.')
		len--;
	if (len == 0 || len > cap || host.p[0] == '[')
		return 0;
	for (size_t i = 0; i < len; i++)
		text[i] = (char)ascii_lower(host.p[i]);
	return len;
}

struct span
host_last_two_labels(struct span host)
{
	size_t nr_dots = 0;

	for (size_t i = host.len; i > 0; i--) {
		if (host.p[i - 1] != '.')
			continue;
		nr_dots++;
		if (nr_dots == 2)
			return span_of(host.p + i, host.len - i);
	}
	return nr_dots == 1 ? host : span_of(NULL, 0);
}

/* Cuts the first label off. */
static struct span
label_take(struct span *name)
{
	const uint8_t *dot = name->len == 0 ? NULL : memchr(name->p, '.', name->len);
	struct span label = span_of(name->p, dot == NULL ? name->len : (size_t)(dot - name->p));
	size_t used = label.len + (dot == NULL ? 0 : 1);

	name->p += used;
	name->len -= used;
	return label;
}

static bool
label_fits(struct span pattern, struct span label)
{
	const uint8_t *star = memchr(pattern.p, '*', pattern.len);

	if (star == NULL)
		return pattern.len == label.len && memcmp(pattern.p, label.p, label.len) == 0;

	size_t before = (size_t)(star - pattern.p);
	size_t after = pattern.len - before - 1;

	return label.len > before + after && memcmp(pattern.p, label.p, before) == 0 &&
	       memcmp(star + 1, label.p + label.len - after, after) == 0;
}

bool
host_pattern_fits(struct span pattern, struct span host)
{
	while (pattern.len != 0 && host.len != 0) {
		struct span want = label_take(&pattern);
		struct span have = label_take(&host);

		if (!span_is(want, "*")) {
			if (have.len == 0 || !label_fits(want, have))
				return false;
			continue;
		}
		/* One label is taken; every further one may be, too. */
		while (have.len != 0 && !host_pattern_fits(pattern, host) && host.len != 0)
			have = label_take(&host);
		return have.len != 0 && host.len != 0 && pattern.len != 0;
	}
	return pattern.len == 0 && host.len == 0;
}

static const char *
label_error(struct span label)
{
	size_t nr_stars = 0;

	if (label.len == 0 || label.len > 63)
		return "expected a label of 1 to 63 characters between dots";
	for (size_t i = 0; i < label.len; i++) {
		uint8_t c = label.p[i];

		nr_stars += c == '*';
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' &&
		    c != '*')
			return "expected letters, digits, '-', '_', '*' and dots in a host pattern";
	}
	return nr_stars > 1 ? "expected at most one '*' in a label" : NULL;
}

const char *
host_pattern_error(struct span pattern)
{
	struct span tail = host_last_two_labels(pattern);
	struct span rest = pattern;
	unsigned nr_wide = 0;

	if (tail.len == 0 || memchr(tail.p, '*', tail.len) != NULL)
		return "expected a pattern whose last two labels are literal";
	if (pattern.p[pattern.len - 1] == '.')
		return "expected a pattern without a trailing dot";
	while (rest.len != 0) {
		struct span label = label_take(&rest);
		const char *error = label_error(label);

		if (error != NULL)
			return error;
		nr_wide += span_is(label, "*");
	}
	return nr_wide > WIDE_MAX ? "expected at most two labels that are only '*'" : NULL;
}
