#include "classify/proto/mime.h"

#include <string.h>

enum { BLOCK = 1024 };

/* ------------------------------------------------------------------ header fields */

static bool
starts_nocase(struct span s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && span_is_nocase(span_of(s.p, len), prefix);
}

static void
take_type(struct mime *m, struct span value)
{
	struct span boundary = multipart_boundary(value);
	struct mime_boundary *b = &m->boundary[m->depth];

	m->binary = starts_nocase(value, "image/") || starts_nocase(value, "audio/") ||
		    starts_nocase(value, "video/") || starts_nocase(value, "font/");
	m->message = starts_nocase(value, "message/rfc822");
	m->multipart = boundary.len != 0;
	if (!m->multipart)
		return;
	memcpy(b->text, "--", 2);
	memcpy(b->text + 2, boundary.p, boundary.len);
	b->len = (uint8_t)(2 + boundary.len);
}

static void
take_coding(struct mime *m, struct span value)
{
	m->coding = span_is_nocase(value, "base64")		? MULTIPART_BASE64
		    : span_is_nocase(value, "quoted-printable") ? MULTIPART_QUOTED
								: MULTIPART_PLAIN;
}

static void
end_field(struct mime *m)
{
	const uint8_t *colon = memchr(m->line, ':', m->line_len);
	struct span name, value;

	if (colon != NULL && !m->torn) {
		name = span_trim(span_of(m->line, (size_t)(colon - m->line)));
		value = span_trim(span_of(colon + 1, m->line_len - (size_t)(colon - m->line) - 1));
		if (span_is_nocase(name, "content-type"))
			take_type(m, value);
		else if (span_is_nocase(name, "content-transfer-encoding"))
			take_coding(m, value);
	}
	m->field_over = m->torn = false;
	m->line_len = 0;
}

static void
begin_fields(struct mime *m)
{
	m->body = m->binary = m->multipart = m->message = m->inside = m->blank = false;
	m->field_over = m->torn = m->pass_line = false;
	m->coding = MULTIPART_PLAIN;
	m->line_len = 0;
	m->base64 = (struct base64) { 0 };
	m->quoted = (struct quoted_printable) { 0 };
}

static void
fields_are_over(struct mime *m)
{
	if (m->message && m->coding == MULTIPART_PLAIN) {
		begin_fields(m);
		return;
	}
	m->body = true;
	m->inside = false;
	if (!m->multipart)
		return;
	/* The parts have codings, the whole has none. */
	m->coding = MULTIPART_PLAIN;
	m->depth = (uint8_t)(m->depth + (m->depth < MIME_DEPTH));
}

static void
field_byte(struct mime *m, uint8_t b)
{
	if (b == '\r')
		return;
	/* A blank at its beginning makes a line part of the one before it. */
	if (m->field_over && b != ' ' && b != '\t')
		end_field(m);
	m->field_over = false;
	if (b != '\n') {
		if (m->line_len < sizeof(m->line))
			m->line[m->line_len++] = b;
	} else if (m->line_len != 0 || m->torn) {
		m->field_over = true;
	} else {
		fields_are_over(m);
	}
}

static size_t
push_fields(struct mime *m, const uint8_t *data, size_t len, const struct mime_handler *on,
	    void *arg)
{
	size_t n = 0;

	while (n < len && !m->body)
		field_byte(m, data[n++]);
	encoded_word_push(&m->words, data, n, on->text, arg);
	if (m->body)
		encoded_word_end(&m->words, on->text, arg);
	return n;
}

/* ------------------------------------------------------------------ bodies */

/* Of the alphabet of mail. */
static bool
is_base64(uint8_t b)
{
	return (base64_value(b) >= 0 && b != '-' && b != '_') || b == '=';
}

/* Of a line of base64: how far it is one. Blanks may stand at its end. */
static size_t
base64_extent(struct mime *m, const uint8_t *data, size_t len)
{
	size_t n = 0;

	for (; n < len; n++) {
		if (data[n] == '\r' || data[n] == '\n')
			m->blank = false;
		else if (data[n] == ' ' || data[n] == '\t')
			m->blank = true;
		else if (m->blank || !is_base64(data[n]))
			break;
	}
	return n;
}

static void
end_base64(struct mime *m, const struct mime_handler *on, void *arg)
{
	uint8_t out[4];
	size_t n = base64_end(&m->base64, out);

	if (n != 0)
		on->text(arg, out, n);
}

/* What was added behind it, as lists of mail do, or what stands behind a lost boundary, is text. */
static void
base64_content(struct mime *m, const uint8_t *data, size_t len, const struct mime_handler *on,
	       void *arg)
{
	uint8_t out[BASE64_ROOM(BLOCK)];

	while (len > 0) {
		size_t some = len < BLOCK ? len : BLOCK, n = base64_extent(m, data, some);
		size_t bytes = base64_push(&m->base64, data, n, out);

		if (bytes != 0)
			on->text(arg, out, bytes);
		data += n;
		len -= n;
		if (n < some) {
			end_base64(m, on, arg);
			m->coding = MULTIPART_PLAIN;
			on->text(arg, data, len);
			return;
		}
	}
}

/* The rest of a line whose beginning was lost; groups begin anew behind it. */
static size_t
pass_line(struct mime *m, const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);

	m->pass_line = end == NULL;
	return end == NULL ? len : (size_t)(end - data) + 1;
}

static void
content(struct mime *m, const uint8_t *data, size_t len, const struct mime_handler *on, void *arg)
{
	if (m->binary) {
		on->binary(arg, len);
		return;
	}
	if (m->pass_line) {
		size_t n = pass_line(m, data, len);

		on->text(arg, data, n);
		data += n;
		len -= n;
	}
	if (len == 0)
		return;
	if (m->coding == MULTIPART_BASE64)
		base64_content(m, data, len, on, arg);
	else if (m->coding == MULTIPART_QUOTED)
		quoted_printable_pass(&m->quoted, data, len, on->text, arg);
	else
		on->text(arg, data, len);
}

/* ------------------------------------------------------------------ boundaries */

/* Behind a boundary: two dashes or none, then blanks up to the end of the line. */
static bool
is_padding(struct span s)
{
	size_t at = span_starts(s, "--") ? 2 : s.len == 1 && s.p[0] == '-';

	while (at < s.len && (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r'))
		at++;
	return at == s.len || (at + 1 == s.len && s.p[at] == '\n');
}

/* Does what is held begin such a line, or is it one? */
static bool
fits(const struct mime *m, const struct mime_boundary *b)
{
	if (m->nr_held <= b->len)
		return memcmp(m->held, b->text, m->nr_held) == 0;
	return memcmp(m->held, b->text, b->len) == 0 &&
	       is_padding(span_of(m->held + b->len, m->nr_held - (size_t)b->len));
}

static bool
may_be_boundary(const struct mime *m)
{
	bool may = false;

	for (unsigned i = 0; i < m->depth && m->nr_held < MIME_HELD_BYTES; i++)
		may = may || fits(m, &m->boundary[i]);
	return may;
}

static bool
is_boundary(const struct mime *m, const struct mime_boundary *b)
{
	return m->nr_held >= b->len && fits(m, b);
}

static void
at_boundary(struct mime *m, unsigned level, const struct mime_handler *on, void *arg)
{
	const struct mime_boundary *b = &m->boundary[level];
	bool last = m->nr_held >= b->len + 2 && memcmp(m->held + b->len, "--", 2) == 0;

	if (!m->binary)
		end_base64(m, on, arg);
	on->text(arg, m->held, m->nr_held);
	m->nr_held = 0;
	begin_fields(m);
	m->depth = (uint8_t)(last ? level : level + 1);
	m->body = last;
}

static void
release(struct mime *m, const struct mime_handler *on, void *arg)
{
	size_t n = m->nr_held;

	m->nr_held = 0;
	m->inside = true;
	if (n != 0)
		content(m, m->held, n, on, arg);
}

/* The line that is held is over: a boundary, of the innermost parts that have it, or content. */
static void
end_held(struct mime *m, const struct mime_handler *on, void *arg)
{
	for (unsigned i = m->depth; i > 0; i--) {
		if (is_boundary(m, &m->boundary[i - 1])) {
			at_boundary(m, i - 1, on, arg);
			return;
		}
	}
	release(m, on, arg);
}

/* A line that began with a dash. Returns how many bytes were taken. */
static size_t
push_held(struct mime *m, const uint8_t *data, const struct mime_handler *on, void *arg)
{
	m->held[m->nr_held++] = *data;
	if (!may_be_boundary(m)) {
		/* The byte is looked at anew: it may end the line. */
		m->nr_held--;
		release(m, on, arg);
		return 0;
	}
	if (*data == '\n')
		end_held(m, on, arg);
	return 1;
}

/* Up to the next line that begins with a dash. */
static size_t
lines(const struct mime *m, const uint8_t *data, size_t len)
{
	const uint8_t *lf;
	size_t at = 0;

	if (m->depth == 0)
		return len;
	for (;;) {
		lf = memchr(data + at, '\n', len - at);
		if (lf == NULL)
			return len;
		at = (size_t)(lf - data) + 1;
		if (at == len || data[at] == '-')
			return at;
	}
}

static size_t
push_body(struct mime *m, const uint8_t *data, size_t len, const struct mime_handler *on, void *arg)
{
	size_t n;

	if (m->nr_held != 0 || (!m->inside && m->depth != 0 && data[0] == '-'))
		return push_held(m, data, on, arg);
	n = lines(m, data, len);
	m->inside = data[n - 1] != '\n';
	content(m, data, n, on, arg);
	return n;
}

void
mime_push(struct mime *m, const uint8_t *data, size_t len, const struct mime_handler *on, void *arg)
{
	for (size_t at = 0; at < len;) {
		if (m->body)
			at += push_body(m, data + at, len - at, on, arg);
		else
			at += push_fields(m, data + at, len - at, on, arg);
	}
}

void
mime_gap(struct mime *m, const struct mime_handler *on, void *arg)
{
	encoded_word_end(&m->words, on->text, arg);
	release(m, on, arg);
	m->inside = true;
	m->blank = false;
	m->torn = !m->body;
	m->field_over = false;
	m->line_len = 0;
	m->base64 = (struct base64) { 0 };
	m->quoted = (struct quoted_printable) { 0 };
	m->pass_line = m->body && m->coding == MULTIPART_BASE64;
}

void
mime_end(struct mime *m, const struct mime_handler *on, void *arg)
{
	encoded_word_end(&m->words, on->text, arg);
	end_held(m, on, arg);
	end_base64(m, on, arg);
}
