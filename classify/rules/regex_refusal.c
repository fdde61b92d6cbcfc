/* Things of PCRE, by the message that Hyperscan has for each. */
#include "classify/rules/regex_refusal.h"

#include <stdlib.h>
#include <string.h>

typedef bool begins_fn(struct span rest);

static bool
is_look_around(struct span rest)
{
	return span_starts(rest, "(?=") || span_starts(rest, "(?!") || span_starts(rest, "(?<=") ||
	       span_starts(rest, "(?<!");
}

static bool
is_reference(struct span rest)
{
	return span_starts(rest, "(?P=") || span_starts(rest, "\\k") || span_starts(rest, "\\g") ||
	       (rest.len > 1 && rest.p[0] == '\\' && rest.p[1] >= '1' && rest.p[1] <= '9');
}

static bool
is_possessive(struct span rest)
{
	return rest.len > 1 && rest.p[1] == '+' && memchr("*+?}", rest.p[0], 4) != NULL;
}

static bool
is_atomic(struct span rest)
{
	return span_starts(rest, "(?>");
}

static bool
is_condition(struct span rest)
{
	return span_starts(rest, "(?(");
}

static const struct {
	const char *message; /* its beginning */
	begins_fn *begins;
	const char *instead;
} refusals[] = {
	{ "Zero-width assertions", is_look_around,
	  "what must or must not be near is said by context, veto, bounded or validate" },
	{ "Back-references", is_reference, "write out what it may be" },
	{ "Possessive quantifiers", is_possessive, "leave out the '+'" },
	{ "Atomic groups", is_atomic, "(?: in its place" },
	{ "Conditional", is_condition, "write a match line for each case" },
};

/* Behind the class that begins at p[at]. A ']' that is its first character is one of it. */
static size_t
over_class(struct span re, size_t at)
{
	at += at + 1 < re.len && re.p[at + 1] == '^' ? 2 : 1;
	at += at < re.len && re.p[at] == ']';
	while (at < re.len && re.p[at] != ']')
		at += re.p[at] == '\\' ? 2 : 1;
	return at + 1;
}

static size_t
find(struct span re, begins_fn *begins)
{
	for (size_t at = 0; at < re.len;) {
		if (begins(span_of(re.p + at, re.len - at)))
			return at;
		if (re.p[at] == '[')
			at = over_class(re, at);
		else
			at += re.p[at] == '\\' ? 2 : 1;
	}
	return 0;
}

static size_t
index_of(struct span re, const char *message)
{
	const char *said = strstr(message, "index ");
	unsigned long at = said == NULL ? 0 : strtoul(said + strlen("index "), NULL, 10);

	return at < re.len ? at : re.len;
}

struct regex_refusal
regex_refusal(struct span regex, const char *message)
{
	struct regex_refusal r = { index_of(regex, message), NULL };

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (strncmp(message, refusals[i].message, strlen(refusals[i].message)) != 0)
			continue;
		r.at = find(regex, refusals[i].begins);
		r.instead = refusals[i].instead;
	}
	return r;
}
