#include "classify/proto/fetched_mail.h"

#include "classify/proto/probe.h"

enum { CLIENT, SERVER };
enum { INSIDE, LINE_BEGIN, BEHIND_DOT };

/* ------------------------------------------------------------------ lines */

/* Keeps the last bytes of the server's line. */
static void
keep_tail(struct fetched_mail *m, struct span s)
{
	size_t most = sizeof(m->tail), keep;

	if (s.len > most)
		s = span_of(s.p + s.len - most, most);
	keep = m->have[SERVER] < most - s.len ? m->have[SERVER] : most - s.len;
	memmove(m->tail, m->tail + m->have[SERVER] - keep, keep);
	m->have[SERVER] = (uint8_t)span_append(m->tail, keep, most, s);
}

/* "BODY[] {1234}": a whole message, or its beginning, follows. Otherwise 0. */
static uint64_t
literal(struct span line)
{
	uint64_t n = 0, unit = 1;
	size_t at = line.len;

	while (at > 0 && (line.p[at - 1] == '\r' || line.p[at - 1] == '\n'))
		at--;
	if (at == 0 || line.p[--at] != '}')
		return 0;
	for (; at > 0 && line.p[at - 1] >= '0' && line.p[at - 1] <= '9' && unit < 1000000000;
	     unit *= 10)
		n += unit * (line.p[--at] - '0');
	if (at == 0 || line.p[at - 1] != '{')
		return 0;
	line.len = at;
	return span_has_nocase(line, "body[] {") || span_has_nocase(line, "body[]<") ||
		       span_has_nocase(line, "rfc822 {") || span_has_nocase(line, "body[header")
		   ? n
		   : 0;
}

/* A line of the server's is over. */
static void
server_line(struct fetched_mail *m)
{
	struct span line = span_of(m->tail, m->have[SERVER]);

	m->have[SERVER] = 0;
	m->line[SERVER] = false;
	if (m->imap) {
		m->left = literal(line);
		m->message = m->left != 0;
	} else if (m->asked != 0) {
		m->asked--;
		m->message = m->ok;
		m->dot = LINE_BEGIN;
	}
}

static size_t
lines(struct fetched_mail *m, const uint8_t *data, size_t len, fetched_mail_fn *fn, void *arg)
{
	const uint8_t *end = memchr(data, '\n', len);
	size_t n = end != NULL ? (size_t)(end - data) + 1 : len;

	if (!m->line[SERVER])
		m->ok = data[0] == '+';
	m->line[SERVER] = true;
	keep_tail(m, span_of(data, n));
	fn(arg, FETCHED_LINE, data, n);
	if (end != NULL)
		server_line(m);
	return n;
}

/* What the client asks for: its lines by their first four letters. */
static void
client(struct fetched_mail *m, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			m->have[CLIENT] = 0;
		} else if (m->have[CLIENT] < sizeof(m->head)) {
			struct span head;

			m->head[m->have[CLIENT]++] = data[i];
			head = span_of(m->head, m->have[CLIENT]);
			m->asked = (uint16_t)(m->asked + (m->asked < UINT16_MAX &&
							  (span_is_nocase(head, "retr") ||
							   span_is_nocase(head, "top "))));
		}
	}
}

/* ------------------------------------------------------------------ messages */

static void
end_message(struct fetched_mail *m, fetched_mail_fn *fn, void *arg)
{
	m->message = false;
	m->left = 0;
	fn(arg, FETCHED_END, NULL, 0);
}

/* At the beginning of a line, or behind a dot there. Returns how many bytes were taken. */
static size_t
line_begin(struct fetched_mail *m, uint8_t c, fetched_mail_fn *fn, void *arg)
{
	if (m->dot == LINE_BEGIN) {
		m->dot = c == '.' ? BEHIND_DOT : INSIDE;
		return c == '.';
	}
	if (c == '\n')
		end_message(m, fn, arg);
	else if (c != '\r')
		m->dot = INSIDE;
	return c == '\n' || c == '\r';
}

static size_t
dotted(struct fetched_mail *m, const uint8_t *data, size_t len, fetched_mail_fn *fn, void *arg)
{
	const uint8_t *end;
	size_t n;

	if (m->dot != INSIDE)
		return line_begin(m, data[0], fn, arg);
	end = memchr(data, '\n', len);
	n = end != NULL ? (size_t)(end - data) + 1 : len;
	if (end != NULL)
		m->dot = LINE_BEGIN;
	fn(arg, FETCHED_MESSAGE, data, n);
	return n;
}

static size_t
counted(struct fetched_mail *m, const uint8_t *data, size_t len, fetched_mail_fn *fn, void *arg)
{
	size_t n = len < m->left ? len : (size_t)m->left;

	m->left -= n;
	fn(arg, FETCHED_MESSAGE, data, n);
	if (m->left == 0)
		end_message(m, fn, arg);
	return n;
}

void
fetched_mail_push(struct fetched_mail *m, unsigned dir, const uint8_t *data, size_t len,
		  fetched_mail_fn *fn, void *arg)
{
	if (dir == CLIENT) {
		client(m, data, len);
		return;
	}
	for (size_t at = 0; at < len;) {
		if (!m->message)
			at += lines(m, data + at, len - at, fn, arg);
		else if (m->imap)
			at += counted(m, data + at, len - at, fn, arg);
		else
			at += dotted(m, data + at, len - at, fn, arg);
	}
}

void
fetched_mail_gap(struct fetched_mail *m, unsigned dir, fetched_mail_fn *fn, void *arg)
{
	if (dir == SERVER && m->message)
		end_message(m, fn, arg);
	m->have[dir] = 0;
	m->line[dir] = false;
	m->asked = 0;
}

/* ------------------------------------------------------------------ probes */

/* Both greet: a client that has spoken before the greeting is another protocol's. */
enum probe_answer
imap_probe(const struct detect_input *in)
{
	if (in->orig.len != 0 || in->resp_midstream)
		return PROBE_NO;
	return probe_either(probe_begins(in->resp, "* OK "), probe_begins(in->resp, "* PREAUTH "));
}

enum probe_answer
pop3_probe(const struct detect_input *in)
{
	if (in->orig.len != 0 || in->resp_midstream)
		return PROBE_NO;
	return probe_begins(in->resp, "+OK ");
}
