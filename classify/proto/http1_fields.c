#include "classify/proto/http1_fields.h"

#define METHOD_MAX 32u
#define STATUS_MAX 9999u

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_graph(uint8_t c)
{
	return c > 0x20 && c < 0x7f;
}

bool
http1_is_tchar(uint8_t c)
{
	return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z') ||
	       (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static struct span
span_from(struct span s, size_t n)
{
	return span_of(s.p + n, s.len - n);
}

static struct span
without_leading_junk(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] <= 0x20)
		n++;
	return n == 0 ? s : span_from(s, n);
}

/* As far as both go, is s the beginning of text (lower case)? */
static bool
agrees(struct span s, const char *text)
{
	for (size_t i = 0; i < s.len && text[i] != '\0'; i++) {
		if (ascii_lower(s.p[i]) != (uint8_t)text[i])
			return false;
	}
	return true;
}

/* Digits at *at; 0 when there are none. Saturates. */
static unsigned
number_at(struct span s, size_t *at, unsigned max)
{
	unsigned n = 0;

	for (; *at < s.len && is_digit(s.p[*at]); (*at)++) {
		n = n * 10 + (s.p[*at] - '0');
		if (n > max)
			n = max;
	}
	return n;
}

/* "1.1" as minor version of HTTP/1; *at is left behind it. */
static unsigned
version_at(struct span s, size_t *at)
{
	unsigned major = number_at(s, at, 99);
	unsigned minor = 0;

	if (*at < s.len && s.p[*at] == '.') {
		(*at)++;
		minor = number_at(s, at, 99);
	}
	if (major == 1)
		return minor;
	return major > 1 ? 1 : 0;
}

/* HTTP/ version blanks status blanks reason. What is missing or odd reads as 200. */
static bool
status_line(struct span line, struct http1_start *start)
{
	size_t at = 5;

	if (line.len < at || !agrees(line, "http/"))
		return false;
	start->minor_version = version_at(line, &at);
	while (at < line.len && line.p[at] > 0x20)
		at++;
	while (at < line.len && line.p[at] <= 0x20)
		at++;
	bool has_status = at < line.len && is_digit(line.p[at]);

	start->status = has_status ? number_at(line, &at, STATUS_MAX) : 200;
	return true;
}

/* Where the last " HTTP/" of the line begins, or line.len. */
static size_t
version_begin(struct span line)
{
	for (size_t i = line.len; i >= 6; i--) {
		struct span s = span_from(line, i - 6);

		if (s.p[0] == ' ' || s.p[0] == '\t') {
			if (agrees(span_of(s.p + 1, 5), "http/"))
				return i - 6;
		}
	}
	return line.len;
}

/*
 * A method in capitals, and "HTTP/1." somewhere behind it, but no version of its own: without a
 * target, or with none between it and the version. Servers answer to that, if only to refuse it.
 */
static bool
loose_request_line(struct span line, size_t method, struct http1_start *start)
{
	struct span rest = span_from(line, method);

	for (size_t i = 0; i < method; i++) {
		if (!is_upper(line.p[i]) && line.p[i] != '-' && line.p[i] != '_')
			return false;
	}
	if (memmem(rest.p, rest.len, "HTTP/1.", 7) == NULL)
		return false;
	start->method = span_of(line.p, method);
	start->target = span_trim(rest);
	start->minor_version = 0;
	return true;
}

/* method SP target SP HTTP/version; blanks inside the target are tolerated, as some servers do. */
static bool
request_line(struct span line, bool cut, struct http1_start *start)
{
	size_t n = 0;
	size_t end = cut ? line.len : version_begin(line);

	while (n < line.len && n <= METHOD_MAX && http1_is_tchar(line.p[n]))
		n++;
	if (n == 0 || n > METHOD_MAX || n >= line.len || (line.p[n] != ' ' && line.p[n] != '\t'))
		return false;
	if (n >= end || (end == line.len && !cut))
		return loose_request_line(line, n, start);

	start->method = span_of(line.p, n);
	start->target = span_trim(span_of(line.p + n, end - n));
	start->minor_version = 1;
	if (!cut) {
		size_t at = end + 6;

		start->minor_version = version_at(line, &at);
	}
	return start->target.len > 0;
}

bool
http1_start_parse(enum http1_side side, struct span line, bool cut, struct http1_start *start)
{
	*start = (struct http1_start) { 0 };
	line = without_leading_junk(line);
	if (side == HTTP1_RESPONSES)
		return status_line(line, start);
	return request_line(line, cut, start);
}

static bool
certain_status(struct span s)
{
	if (s.len < 12 || memcmp(s.p, "HTTP/1.", 7) != 0 || !is_digit(s.p[7]) || s.p[8] != ' ')
		return false;
	return is_digit(s.p[9]) && is_digit(s.p[10]) && is_digit(s.p[11]) &&
	       (s.len == 12 || s.p[12] == ' ');
}

static bool
certain_request(struct span s)
{
	if (s.len < 14 || memcmp(s.p + s.len - 9, " HTTP/1.", 8) != 0 || !is_digit(s.p[s.len - 1]))
		return false;

	const uint8_t *blank = memchr(s.p, ' ', s.len);
	const uint8_t *end = s.p + s.len - 9;

	if (!http1_start_possible(HTTP1_REQUESTS, s, true) || blank == NULL || end - blank < 2)
		return false;
	return memchr(blank + 1, ' ', (size_t)(end - blank - 1)) == NULL;
}

bool
http1_start_is_certain(enum http1_side side, struct span line)
{
	return side == HTTP1_RESPONSES ? certain_status(line) : certain_request(line);
}

bool
http1_start_possible(enum http1_side side, struct span so_far, bool certain)
{
	size_t n = 0;

	if (!certain)
		so_far = without_leading_junk(so_far);
	if (so_far.len == 0)
		return true;
	if (side == HTTP1_RESPONSES) {
		if (certain)
			return memcmp(so_far.p, "HTTP/1.", so_far.len < 7 ? so_far.len : 7) == 0;
		return agrees(so_far, "http/");
	}
	while (n < so_far.len && n <= METHOD_MAX && http1_is_tchar(so_far.p[n])) {
		if (certain && !is_upper(so_far.p[n]) && so_far.p[n] != '-' && so_far.p[n] != '_')
			return false;
		n++;
	}
	if (n == so_far.len)
		return n <= METHOD_MAX;
	return n > 0 && n <= METHOD_MAX &&
	       (so_far.p[n] == ' ' || (!certain && so_far.p[n] == '\t'));
}

static bool
is_edge(uint8_t c)
{
	return c <= 0x20 || c == 0x7f || c == 0xa0;
}

static struct span
trim_edges(struct span s)
{
	while (s.len > 0 && is_edge(s.p[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_edge(s.p[0]))
		s = span_from(s, 1);
	return s;
}

bool
http1_field_split(struct span line, struct span *name, struct span *value)
{
	const uint8_t *colon = line.len == 0 ? NULL : memchr(line.p, ':', line.len);

	if (colon == NULL)
		return false;
	size_t len = (size_t)(colon - line.p);

	*name = trim_edges(span_of(line.p, len));
	line = trim_edges(span_from(line, len + 1));
	while (line.len > 0 && line.p[0] == ':')
		line = trim_edges(span_from(line, 1));
	*value = line;
	return name->len > 0;
}

/* How many bytes of s, from at on, it takes to read word; 0 when it is not there. */
static size_t
word_at(struct span s, size_t at, const char *word)
{
	size_t from = at;

	for (; at < s.len && *word != '\0'; at++) {
		if (!is_graph(s.p[at]))
			continue;
		if (ascii_lower(s.p[at]) != (uint8_t)*word)
			return 0;
		word++;
	}
	return *word == '\0' ? at - from : 0;
}

bool
http1_field_is(struct span name, const char *want)
{
	size_t n = word_at(name, 0, want);

	for (; n > 0 && n < name.len; n++) {
		if (is_graph(name.p[n]))
			return false;
	}
	return n > 0;
}

bool
http1_field_mentions(struct span value, const char *word)
{
	for (size_t at = 0; at < value.len; at++) {
		if (ascii_lower(value.p[at]) == (uint8_t)word[0] && word_at(value, at, word) > 0)
			return true;
	}
	return false;
}

bool
http1_field_largest(struct span value, uint64_t *number)
{
	uint64_t n = 0;
	bool found = false;

	*number = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (!is_digit(value.p[i])) {
			n = 0;
			continue;
		}
		n = n >= HTTP1_LENGTH_MAX / 10 ? HTTP1_LENGTH_MAX : n * 10 + (value.p[i] - '0');
		if (n > *number)
			*number = n;
		found = true;
	}
	return found;
}
