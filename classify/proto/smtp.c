#include "classify/proto/smtp.h"

#include <strings.h>

#include "classify/proto/probe.h"
#include "classify/span.h"

enum { CLIENT, SERVER };

/* Of CRLF . CRLF; a line of the message begins after DOT_LINE. */
enum { DOT_NONE, DOT_CR, DOT_LINE, DOT_DOT, DOT_DOT_CR };

struct call {
	struct smtp *s;
	unsigned dir;
	smtp_bytes_fn *fn;
	void *arg;
};

static void
tell(struct call *c, enum smtp_bytes kind, const uint8_t *data, size_t len)
{
	if (len != 0)
		c->fn(c->arg, c->dir, kind, data, len);
}

static void
end_message(struct call *c)
{
	if (c->s->begun)
		c->fn(c->arg, CLIENT, SMTP_END, NULL, 0);
	c->s->begun = false;
}

static bool
begins(const struct smtp_side *l, const char *word)
{
	size_t len = strlen(word);

	return l->have >= len && span_is_nocase(span_of(l->head, len), word);
}

/* The word alone, whatever blanks and end of line behind it. */
static bool
is_word(const struct smtp_side *l, const char *word)
{
	size_t at = strlen(word);

	if (!begins(l, word))
		return false;
	while (at < l->have && (l->head[at] == ' ' || l->head[at] == '\r' || l->head[at] == '\n'))
		at++;
	return at == l->have;
}

/* BDAT, how many bytes, and "LAST" behind those that end the message. */
static void
chunk_line(struct call *c, struct smtp_side *l)
{
	struct smtp *s = c->s;
	size_t i;

	s->chunk_left = 0;
	for (i = 5; i < l->have && l->head[i] >= '0' && l->head[i] <= '9'; i++)
		s->chunk_left = s->chunk_left * 10 + (l->head[i] - '0');
	s->last = l->have - i > 4 && span_is_nocase(span_of(l->head + i, 5), " last");
	l->mode = s->chunk_left != 0 ? SMTP_CHUNK : SMTP_COMMANDS;
	if (s->chunk_left == 0 && s->last)
		end_message(c);
}

static void
client_line(struct call *c, struct smtp_side *l)
{
	struct smtp *s = c->s;

	if (is_word(l, "data")) {
		end_message(c);
		l->mode = SMTP_MESSAGE;
		s->dot = DOT_LINE;
	} else if (begins(l, "bdat ")) {
		chunk_line(c, l);
	} else if (is_word(l, "starttls")) {
		s->tls_asked = true;
	}
}

/* The line's kind is known by its first bytes: they are told. */
static void
know(struct call *c, struct smtp_side *l)
{
	struct smtp *s = c->s;

	if (l->known)
		return;
	l->known = true;
	if (c->dir == CLIENT) {
		bool greets = begins(l, "ehlo ") || begins(l, "lhlo ");

		if (begins(l, "mail ") || begins(l, "quit") || greets)
			s->auth = false;
		if (begins(l, "mail ") || begins(l, "rset") || greets)
			end_message(c);
		if (begins(l, "auth "))
			s->auth = true;
		l->secret = s->auth;
	}
	tell(c, l->secret ? SMTP_SECRET : SMTP_LINE, l->head, l->have);
}

/* The client's line at hand ends here, for what the server says: what is held of it is told. */
static void
cut_line(struct call *c)
{
	struct call client = { c->s, CLIENT, c->fn, c->arg };
	struct smtp_side *l = &c->s->side[CLIENT];

	know(&client, l);
	l->have = 0;
	l->known = l->secret = false;
}

/* True when TLS begins with the next byte. */
static bool
server_line(struct call *c, const struct smtp_side *l)
{
	struct smtp *s = c->s;
	bool tls = s->tls_asked && begins(l, "220") && (l->have < 4 || l->head[3] != '-');
	bool message = begins(l, "354") && s->side[CLIENT].mode == SMTP_COMMANDS;

	if (l->have < 3 || l->head[0] < '2' || l->head[0] > '5')
		return false;
	if (message)
		cut_line(c);
	if (!begins(l, "334"))
		s->auth = false;
	/* The message is refused before it has begun. */
	if (l->head[0] >= '4') {
		s->tls_asked = false;
		if (s->side[CLIENT].mode == SMTP_MESSAGE && !s->begun)
			s->side[CLIENT].mode = SMTP_COMMANDS;
	} else if (message) {
		end_message(c);
		s->side[CLIENT].mode = SMTP_MESSAGE;
		s->dot = DOT_LINE;
	}
	return tls;
}

static size_t
line(struct call *c, struct smtp_side *l, const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	size_t n = end == NULL ? len : (size_t)(end - data) + 1, head = 0;

	if (!l->known) {
		head = SMTP_HEAD_BYTES - l->have < n ? SMTP_HEAD_BYTES - l->have : n;
		memcpy(l->head + l->have, data, head);
		l->have = (uint8_t)(l->have + head);
		if (end != NULL || l->have == SMTP_HEAD_BYTES)
			know(c, l);
	}
	tell(c, l->secret ? SMTP_SECRET : SMTP_LINE, data + head, n - head);
	if (end == NULL)
		return n;
	if (c->dir == CLIENT && !l->secret)
		client_line(c, l);
	else if (c->dir == SERVER)
		c->s->tls_begins = server_line(c, l);
	l->have = 0;
	l->known = l->secret = false;
	return n;
}

/* The dot at hand is none of the message's: what came before it is told. */
static void
tell_dot(struct call *c, const uint8_t *data, size_t from, size_t at)
{
	tell(c, SMTP_BODY, data + from, at - from);
	tell(c, SMTP_DOT, data + at, 1);
}

/* Up to the end of the message, if it is there. */
static size_t
message(struct call *c, struct smtp_side *l, const uint8_t *data, size_t len)
{
	struct smtp *s = c->s;
	size_t i = 0, from = 0;

	s->begun = true;
	while (i < len && l->mode == SMTP_MESSAGE) {
		uint8_t b = data[i++];

		switch (s->dot) {
		case DOT_CR:
			s->dot = b == '\n' ? DOT_LINE : b == '\r' ? DOT_CR : DOT_NONE;
			break;
		case DOT_LINE:
			s->dot = b == '.' ? DOT_DOT : b == '\r' ? DOT_CR : DOT_NONE;
			if (b == '.') {
				tell_dot(c, data, from, i - 1);
				from = i;
			}
			break;
		case DOT_DOT:
			s->dot = b == '\r' ? DOT_DOT_CR : DOT_NONE;
			break;
		case DOT_DOT_CR:
			if (b == '\n')
				l->mode = SMTP_COMMANDS;
			s->dot = b == '\r' ? DOT_CR : DOT_NONE;
			break;
		default: {
			const uint8_t *cr = memchr(data + i - 1, '\r', len - i + 1);

			i = cr == NULL ? len : (size_t)(cr - data) + 1;
			s->dot = cr == NULL ? DOT_NONE : DOT_CR;
			break;
		}
		}
	}
	tell(c, SMTP_BODY, data + from, i - from);
	if (l->mode == SMTP_COMMANDS)
		end_message(c);
	return i;
}

static size_t
chunk(struct call *c, struct smtp_side *l, const uint8_t *data, size_t len)
{
	size_t n = len < c->s->chunk_left ? len : (size_t)c->s->chunk_left;

	c->s->begun = true;
	tell(c, SMTP_BODY, data, n);
	c->s->chunk_left -= n;
	if (c->s->chunk_left != 0)
		return n;
	l->mode = SMTP_COMMANDS;
	if (c->s->last)
		end_message(c);
	return n;
}

static size_t
skip(struct call *c, struct smtp_side *l, const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	size_t n = end == NULL ? len : (size_t)(end - data) + 1;

	tell(c, SMTP_LOST, data, n);
	if (end != NULL)
		l->mode = SMTP_COMMANDS;
	return n;
}

size_t
smtp_push(struct smtp *s, unsigned dir, const uint8_t *data, size_t len, smtp_bytes_fn *fn,
	  void *arg)
{
	struct call c = { s, dir, fn, arg };
	struct smtp_side *l = &s->side[dir];
	size_t at = 0;

	while (at < len && !s->tls_begins) {
		switch (l->mode) {
		case SMTP_MESSAGE:
			at += message(&c, l, data + at, len - at);
			break;
		case SMTP_CHUNK:
			at += chunk(&c, l, data + at, len - at);
			break;
		case SMTP_SKIPPING:
			at += skip(&c, l, data + at, len - at);
			break;
		default:
			at += line(&c, l, data + at, len - at);
			break;
		}
	}
	return at;
}

void
smtp_gap(struct smtp *s, unsigned dir)
{
	struct smtp_side *l = &s->side[dir];

	s->dot = dir == CLIENT ? DOT_NONE : s->dot;
	if (l->mode == SMTP_MESSAGE)
		return;
	l->mode = SMTP_SKIPPING;
	l->have = 0;
	l->known = l->secret = false;
	if (dir == CLIENT)
		s->chunk_left = 0;
}

/* Commands of mail are taken in any case (RFC 5321 section 2.4). */
static enum probe_answer
begins_as_command(struct span s, const char *command)
{
	size_t len = strlen(command), n = s.len < len ? s.len : len;

	if (n == 0 || strncasecmp((const char *)s.p, command, n) != 0)
		return PROBE_NO;
	return n == len ? PROBE_YES : PROBE_MAYBE;
}

/*
 * RFC 5321: the server greets first. FTP greets alike, so the greeting has to say SMTP, or the
 * client to answer as for SMTP; on SMTP's ports the greeting will do.
 */
enum probe_answer
smtp_probe(const struct detect_input *in)
{
	enum probe_answer client =
	    probe_either(probe_either(begins_as_command(in->orig, "EHLO "),
				      begins_as_command(in->orig, "HELO ")),
			 begins_as_command(in->orig, "LHLO ")); /* LMTP, RFC 2033 */
	enum probe_answer server =
	    probe_either(probe_begins(in->resp, "220 "), probe_begins(in->resp, "220-"));

	if (in->resp.len == 0)
		return client;
	if (server != PROBE_YES)
		return server;
	if (probe_port_is(in, 25) || probe_port_is(in, 587) || probe_port_is(in, 2525))
		return PROBE_YES;
	/* Whatever the greeting will say, a client that has not waited for it is known already. */
	if (in->orig.len != 0)
		return client;
	if (span_contains(in->resp, "SMTP") || span_contains(in->resp, "LMTP"))
		return PROBE_YES;
	return in->resp.len < DETECT_BYTES ? PROBE_MAYBE : PROBE_NO;
}
