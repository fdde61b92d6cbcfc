/*
 * Is it HTTP? A request line or a status line, as strict as RFC 9112 has it, and request lines that
 * are none but which servers answer to.
 */
#include "classify/proto/probe.h"

#define MAX_METHOD 24u

/* How much of a request line's method, and one too many, then of its target, there is. */
static size_t
method_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && n <= MAX_METHOD &&
	       ((s.p[n] >= 'A' && s.p[n] <= 'Z') || s.p[n] == '-' || s.p[n] == '_'))
		n++;
	return n;
}

static size_t
target_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] > ' ' && s.p[n] != 0x7f)
		n++;
	return n;
}

/*
 * What servers take for a request line, or answer to in HTTP, although it is none: a method, and
 * "HTTP/1." anywhere behind it in the same line of text.
 */
static enum probe_answer
loose_request(struct span s, bool full)
{
	size_t end = 0;

	while (end < s.len && (s.p[end] >= ' ' || s.p[end] == '\t') && s.p[end] != 0x7f)
		end++;
	if (span_contains(span_of(s.p, end), "HTTP/1."))
		return PROBE_YES;
	return end < s.len || full ? PROBE_NO : PROBE_MAYBE;
}

/*
 * RFC 9112 section 3: "METHOD SP target SP HTTP/", empty lines before it allowed. When the target
 * runs past what is kept it has to look like a path or a URL.
 */
static enum probe_answer
http_request(struct span s)
{
	struct span line;
	size_t n;

	if (s.len == 0)
		return PROBE_NO;
	bool full = s.len >= DETECT_BYTES;

	while (s.len > 0 && (s.p[0] == '\r' || s.p[0] == '\n'))
		s = probe_from(s, 1);
	line = s;
	n = method_len(s);
	if (n > MAX_METHOD)
		return PROBE_NO;
	if (n == s.len)
		return full ? PROBE_NO : PROBE_MAYBE;
	if (n < 3)
		return PROBE_NO;
	/* A status line is no request: who sends it is the server. */
	if (probe_matches(line, "HTTP/") == PROBE_YES)
		return PROBE_NO;
	if (s.p[n] != ' ')
		return loose_request(line, full);
	s = probe_from(s, n + 1);
	n = target_len(s);
	if (n == s.len && full)
		return probe_matches(s, "/") == PROBE_YES || probe_matches(s, "http") == PROBE_YES
			   ? PROBE_YES
			   : PROBE_NO;
	if (n == s.len)
		return PROBE_MAYBE;
	if (n == 0 || s.p[n] != ' ' || probe_matches(probe_from(s, n + 1), "HTTP/") == PROBE_NO)
		return loose_request(line, full);
	return probe_matches(probe_from(s, n + 1), "HTTP/");
}

static enum probe_answer
http_response(struct span s)
{
	enum probe_answer a = probe_begins(s, "HTTP/");

	if (a != PROBE_YES)
		return a;
	if (s.len < 6)
		return PROBE_MAYBE;
	return s.p[5] >= '0' && s.p[5] <= '9' ? PROBE_YES : PROBE_NO;
}

/* "HTTP/x.y 101", as far as it goes: what follows is of the protocol that the client asked for. */
static bool
may_switch_protocols(struct span s)
{
	static const char status[] = "HTTP/?.? 101";
	size_t i = 0;

	while (i < s.len && status[i] != '\0' && (status[i] == '?' || s.p[i] == (uint8_t)status[i]))
		i++;
	return i == s.len || status[i] == '\0';
}

enum probe_answer
http_probe(const struct detect_input *in)
{
	enum probe_answer server = http_response(in->resp);

	if (server == PROBE_YES && probe_question_may_come(in) && may_switch_protocols(in->resp))
		return PROBE_MAYBE;
	return probe_either(http_request(in->orig), server);
}
