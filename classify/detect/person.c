/*
 * People: e-mail addresses (RFC 5321 section 4.5.3.1 lengths), telephone numbers (E.164), US social
 * security and taxpayer numbers.
 *
 * An address is matched at its '@' and grows in both directions; labels with digits at its end, as
 * in the subject notify.ann@corp.io.created.v1, are none of its domain. What looks like one and is
 * not: git@host:path, user@host inside a URL (user:password is another rule's), image@2x.png, npm
 * and container names with @version or @sha256:.
 */
#include "classify/detect/validators.h"

enum { LOCAL_MAX = 64, DOMAIN_MAX = 253, PHONE_MIN = 7, PHONE_MAX = 15 };

static bool
is_local(uint8_t c)
{
	return is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' || c == '\'';
}

static bool
is_domain(uint8_t c)
{
	return is_alnum(c) || c == '-' || c == '.';
}

/* In "\nann@..." the n belongs to an escape, not to the name. */
static size_t
skip_escape(const struct value *v, size_t from, size_t at)
{
	if (from > 0 && v->window[from - 1] == '\\' && at - from > 1 &&
	    strchr("nrtbf", v->window[from]) != NULL)
		return from + 1;
	return from;
}

static bool
is_file_name(struct span tld)
{
	static const char *const endings[] = { "png", "jpg", "jpeg", "gif",  "svg", "webp",
					       "css", "js",  "json", "html", "tsx", "yaml" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (span_is_nocase(tld, endings[i]))
			return true;
	}
	return false;
}

/* Labels of 1 to 63 letters, digits and hyphens; the last has letters only, two at least. */
static bool
domain_ok(struct span d)
{
	size_t label = 0, dots = 0, last = 0;

	for (size_t i = 0; i < d.len; i++) {
		if (d.p[i] != '.') {
			label++;
			continue;
		}
		if (label == 0 || label > 63)
			return false;
		dots++;
		label = 0;
		last = i + 1;
	}
	for (size_t i = last; i < d.len; i++) {
		if (!is_alpha(d.p[i]))
			return false;
	}
	return dots > 0 && label >= 2 && label <= 24 && d.p[0] != '-' &&
	       !is_file_name(span_of(d.p + last, d.len - last));
}

/* Without the labels at its end that a domain cannot end in: those of a subject, "v1", "42". */
static struct span
domain_in(struct span d)
{
	for (unsigned i = 0; i < 3 && d.len != 0 && is_alpha(d.p[0]); i++) {
		const uint8_t *dot = memrchr(d.p, '.', d.len), *end = d.p + d.len, *digit;

		if (dot == NULL)
			break;
		for (digit = dot + 1; digit < end && !is_digit(*digit); digit++)
			;
		if (digit == end)
			break;
		d.len = (size_t)(dot - d.p);
	}
	return d;
}

static bool
domain_reserved(struct span d)
{
	static const char *const names[] = { "example.com", "example.org", "example.net",
					     ".example",    ".test",	   ".invalid",
					     ".local" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (d.len >= len && span_is_nocase(span_of(d.p + d.len - len, len), names[i]))
			return true;
	}
	return false;
}

/*
 * The '@' of scheme://user:password@host, or scheme://user@host (RFC 3986 section 3.2): from is
 * where its word starts. An authority ends at the first slash, so that in the path it is a name.
 */
static bool
in_authority(const struct value *v, size_t from)
{
	size_t back = from > 80 ? from - 80 : 0;

	if (from == 0 || (v->window[from - 1] != ':' && v->window[from - 1] != '/'))
		return false;
	for (; from > back; from--) {
		uint8_t c = v->window[from - 1];

		if (c == '/')
			return from > 1 && v->window[from - 2] == '/';
		if (c <= ' ' || c == '"' || c == '?' || c == '#')
			return false;
	}
	return false;
}

int
validate_email(struct value *v)
{
	const uint8_t *w = v->window;
	size_t at = v->start;

	while (at < v->end && w[at] != '@')
		at++;
	if (at == v->end)
		return 0;

	size_t from = at, to = at + 1;

	while (from > 0 && is_local(w[from - 1]) && at - from <= LOCAL_MAX)
		from--;
	from = skip_escape(v, from, at);
	while (from < at && (w[from] == '.' || w[from] == '\'' || w[from] == '-'))
		from++;
	while (to < v->len && is_domain(w[to]) && to - at <= DOMAIN_MAX)
		to++;
	while (to > at + 1 && (w[to - 1] == '.' || w[to - 1] == '-'))
		to--;

	struct span domain = domain_in(span_of(w + at + 1, to - at - 1));

	to = at + 1 + domain.len;
	if (from == at || at - from > LOCAL_MAX || w[at - 1] == '.' || !domain_ok(domain) ||
	    in_authority(v, from))
		return 0;
	if (span_is(span_of(w + from, at - from), "git") && to < v->len && w[to] == ':')
		return 0;
	v->start = from;
	v->end = to;
	v->test = domain_reserved(domain);
	value_set_norm(v, value_span(v));
	for (size_t i = 0; i < v->norm_len; i++)
		v->norm[i] = ascii_lower(v->norm[i]);
	return 20;
}

/* More digits stand behind one separator: this is a piece of a longer number. */
static bool
is_piece(const struct value *v)
{
	const uint8_t *w = v->window;

	return (v->start >= 2 && memchr(" -.", w[v->start - 1], 3) != NULL &&
		is_digit(w[v->start - 2])) ||
	       (v->len - v->end >= 2 && memchr(" -.", w[v->end], 3) != NULL &&
		is_digit(w[v->end + 1]));
}

int
validate_phone(struct value *v)
{
	uint8_t d[PHONE_MAX];
	size_t len = value_digits(value_span(v), d, PHONE_MAX);

	if (len < PHONE_MIN || is_piece(v) || looks_made_up(span_of(d, len)))
		return 0;
	if (v->start > 0 && v->window[v->start - 1] == '+' && d[0] == '0')
		return 0;
	value_set_norm(v, span_of(d, len));
	return 10;
}

static bool
ssn_ranges(const uint8_t d[9], bool *test)
{
	static const char *const published[] = { "078051120", "219099999", "457555462",
						 "123456789" };
	bool reserved = memcmp(d, "98765432", 8) == 0;

	/* 111-22-3333 is how people who explain write one. */
	*test = reserved || (d[0] == d[1] && d[1] == d[2] && d[3] == d[4] && d[5] == d[6] &&
			     d[6] == d[7] && d[7] == d[8]);
	for (unsigned i = 0; i < sizeof(published) / sizeof(published[0]); i++)
		*test = *test || memcmp(d, published[i], 9) == 0;
	return reserved || (memcmp(d, "000", 3) != 0 && memcmp(d, "666", 3) != 0 && d[0] != '9' &&
			    memcmp(d + 3, "00", 2) != 0 && memcmp(d + 5, "0000", 4) != 0);
}

int
validate_ssn(struct value *v)
{
	struct span s = value_span(v);
	uint8_t d[9];

	if (s.len != 11 || is_digit(s.p[3]) || s.p[3] != s.p[6] ||
	    value_digits(s, d, sizeof(d)) != 9 || !ssn_ranges(d, &v->test) || value_in_row(v))
		return 0;
	value_set_norm(v, span_of(d, 9));
	return 20;
}

int
validate_ssn_bare(struct value *v)
{
	struct span s = value_span(v);
	uint8_t d[10];

	if (value_digits(s, d, sizeof(d)) != 9 || !ssn_ranges(d, &v->test) ||
	    (s.len != 9 && value_in_row(v)))
		return 0;
	value_set_norm(v, span_of(d, 9));
	return 5;
}

/* 9AA-GG-SSSS with GG in 50-65, 70-88, 90-92, 94-99. */
static bool
take_itin(struct value *v)
{
	uint8_t d[10];

	if (value_digits(value_span(v), d, sizeof(d)) != 9 || d[0] != '9')
		return false;

	unsigned group = (unsigned)(d[3] - '0') * 10 + d[4] - '0';

	value_set_norm(v, span_of(d, 9));
	return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
	       (group >= 90 && group != 93);
}

int
validate_itin(struct value *v)
{
	struct span s = value_span(v);

	return s.len == 11 && !is_digit(s.p[3]) && s.p[3] == s.p[6] && take_itin(v) ? 20 : 0;
}

int
validate_itin_bare(struct value *v)
{
	return take_itin(v) ? 5 : 0;
}
