#include "classify/proto/multipart.h"

#include <string.h>

enum state {
	STATE_CONTENT, /* or the preamble */
	STATE_AFTER_BOUNDARY,
	STATE_HEADERS,
	STATE_EPILOGUE,
};

/* ------------------------------------------------------------------ parameters */

struct span
multipart_parameter(struct span value, const char *name)
{
	size_t n = strlen(name), i = 0;

	for (;;) {
		size_t begin, end;
		bool quoted = false;

		while (i < value.len && (quoted || value.p[i] != ';')) {
			quoted ^= value.p[i] == '"';
			i++;
		}
		if (i == value.len)
			return span_of(value.p, 0);
		for (i++; i < value.len && (value.p[i] == ' ' || value.p[i] == '\t'); i++)
			;
		if (value.len - i <= n || value.p[i + n] != '=' ||
		    !span_is_nocase(span_of(value.p + i, n), name))
			continue;
		begin = i + n + 1;
		quoted = begin < value.len && value.p[begin] == '"';
		for (end = begin += quoted; end < value.len; end++) {
			if (value.p[end] == (quoted ? '"' : ';'))
				break;
		}
		return quoted ? span_of(value.p + begin, end - begin)
			      : span_trim(span_of(value.p + begin, end - begin));
	}
}

struct span
multipart_boundary(struct span content_type)
{
	struct span b = { content_type.p, 0 };

	if (content_type.len < 10 || !span_is_nocase(span_of(content_type.p, 10), "multipart/"))
		return b;
	b = multipart_parameter(content_type, "boundary");
	if (b.len > MULTIPART_BOUNDARY_BYTES)
		b.len = 0;
	return b;
}

/* ------------------------------------------------------------------ content */

static void
content(struct multipart *m, const uint8_t *data, size_t len, const struct multipart_handler *on,
	void *arg)
{
	if (len == 0)
		return;
	if (!m->in_part) {
		on->outside(arg, data, len);
		return;
	}
	switch ((enum multipart_coding)m->coding) {
	case MULTIPART_PLAIN:
		on->content(arg, data, len);
		break;
	case MULTIPART_BASE64:
		base64_pass(&m->base64, data, len, on->content, arg);
		break;
	case MULTIPART_QUOTED:
		quoted_printable_pass(&m->quoted, data, len, on->content, arg);
		break;
	}
}

static void
end_part(struct multipart *m, const struct multipart_handler *on, void *arg)
{
	uint8_t out[4];
	size_t n;

	if (!m->in_part)
		return;
	n = m->coding == MULTIPART_BASE64 ? base64_end(&m->base64, out) : 0;
	if (n != 0)
		on->content(arg, out, n);
	m->in_part = false;
	on->part_end(arg);
}

/* What looked like a delimiter is content. */
static void
unmatch(struct multipart *m, const struct multipart_handler *on, void *arg)
{
	size_t from = m->start, end = m->matched;

	m->start = m->matched = 0;
	content(m, (const uint8_t *)m->delimiter + from, end - from, on, arg);
}

/* Looks for the beginning of a delimiter; returns how many bytes are settled. */
static size_t
seek(struct multipart *m, const uint8_t *data, size_t len, const struct multipart_handler *on,
     void *arg)
{
	const uint8_t *lf = memchr(data, '\n', len);
	size_t n = lf == NULL ? len : (size_t)(lf - data);
	bool cr = n > 0 && data[n - 1] == '\r';

	if (lf == NULL && !cr) {
		content(m, data, len, on, arg);
		return len;
	}
	m->start = cr ? 0 : 1;
	m->matched = lf == NULL ? 1 : 2;
	content(m, data, n - cr, on, arg);
	return lf == NULL ? len : n + 1;
}

static size_t
match(struct multipart *m, const uint8_t *data, size_t len, const struct multipart_handler *on,
      void *arg)
{
	if (m->matched == 0)
		return seek(m, data, len, on, arg);
	if (data[0] != (uint8_t)m->delimiter[m->matched]) {
		/* At the body's very beginning there is no line end that could be content. */
		unmatch(m, on, arg);
		return 0;
	}
	if (++m->matched < m->delimiter_len)
		return 1;
	m->start = m->matched = 0;
	m->dash = false;
	m->state = STATE_AFTER_BOUNDARY;
	return 1;
}

/* ------------------------------------------------------------------ headers */

static void
begin_part(struct multipart *m, const struct multipart_handler *on, void *arg)
{
	m->state = STATE_HEADERS;
	m->coding = MULTIPART_PLAIN;
	m->quoted = (struct quoted_printable) { 0 };
	m->line_len = 0;
	m->line_over = false;
	m->base64 = (struct base64) { 0 };
	m->in_part = true;
	m->parts++;
	on->part(arg);
}

/* Behind the boundary: "--" ends the body, anything else up to the end of the line is padding. */
static void
after_boundary(struct multipart *m, uint8_t b, const struct multipart_handler *on, void *arg)
{
	if (b == '-' && m->dash) {
		end_part(m, on, arg);
		m->state = STATE_EPILOGUE;
	} else if (b == '\n') {
		end_part(m, on, arg);
		begin_part(m, on, arg);
	}
	m->dash = b == '-';
}

static void
take_coding(struct multipart *m, struct span value)
{
	if (span_is_nocase(value, "base64"))
		m->coding = MULTIPART_BASE64;
	else if (span_is_nocase(value, "quoted-printable"))
		m->coding = MULTIPART_QUOTED;
}

static void
end_line(struct multipart *m, const struct multipart_handler *on, void *arg)
{
	const uint8_t *colon = memchr(m->line, ':', m->line_len);
	struct span name, value;

	m->line_over = false;
	if (colon != NULL) {
		size_t at = (size_t)(colon - m->line);

		name = span_trim(span_of(m->line, at));
		value = span_trim(span_of(colon + 1, m->line_len - at - 1));
		if (span_is_nocase(name, "content-transfer-encoding"))
			take_coding(m, value);
		on->header(arg, name, value);
	}
	m->line_len = 0;
}

static void
header_byte(struct multipart *m, uint8_t b, const struct multipart_handler *on, void *arg)
{
	if (b == '\r')
		return;
	/* A blank at its beginning makes a line part of the one before it. */
	if (m->line_over && b != ' ' && b != '\t')
		end_line(m, on, arg);
	m->line_over = false;
	if (b != '\n') {
		if (m->line_len < sizeof(m->line))
			m->line[m->line_len++] = b;
		return;
	}
	if (m->line_len != 0) {
		m->line_over = true;
		return;
	}
	on->headers_end(arg);
	m->state = STATE_CONTENT;
	/* The line end before a delimiter may be the one that ends the headers. */
	m->start = m->matched = 2;
}

/* ------------------------------------------------------------------ all of it */

void
multipart_init(struct multipart *m, struct span boundary)
{
	memset(m, 0, offsetof(struct multipart, delimiter));
	memcpy(m->delimiter, "\r\n--", 4);
	memcpy(m->delimiter + 4, boundary.p, boundary.len);
	m->delimiter_len = (uint8_t)(4 + boundary.len);
	m->start = m->matched = 2;
}

void
multipart_push(struct multipart *m, const uint8_t *data, size_t len,
	       const struct multipart_handler *on, void *arg)
{
	for (size_t at = 0; at < len;) {
		switch ((enum state)m->state) {
		case STATE_CONTENT:
			at += match(m, data + at, len - at, on, arg);
			break;
		case STATE_AFTER_BOUNDARY:
			after_boundary(m, data[at++], on, arg);
			break;
		case STATE_HEADERS:
			header_byte(m, data[at++], on, arg);
			break;
		case STATE_EPILOGUE:
			on->outside(arg, data + at, len - at);
			return;
		}
	}
}

void
multipart_gap(struct multipart *m, const struct multipart_handler *on, void *arg)
{
	if (m->state == STATE_CONTENT)
		unmatch(m, on, arg);
	/* A line with a hole is no header; the next ones are. */
	m->line_len = 0;
	m->line_over = false;
	m->quoted = (struct quoted_printable) { 0 };
	m->base64 = (struct base64) { 0 };
}

void
multipart_end(struct multipart *m, const struct multipart_handler *on, void *arg)
{
	if (m->state == STATE_CONTENT)
		unmatch(m, on, arg);
	if (m->state == STATE_HEADERS && m->line_len != 0)
		end_line(m, on, arg);
	end_part(m, on, arg);
	m->state = STATE_EPILOGUE;
}
