/*
 * Decoded bytes of a body on their way to the scanner: as one stream, or part by part (multipart);
 * texts in base64 beside it, each as a stream of its own.
 */
#include <assert.h>
#include <string.h>

#include "classify/exchange_state.h"
#include "classify/proto/multipart.h"
#include "classify/proto/tls.h"

/* ------------------------------------------------------------------ what a type says */

static bool
starts(struct span s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && span_is_nocase(span_of(s.p, len), prefix);
}

/* Without parameters. */
static struct span
bare_type(struct span type)
{
	const uint8_t *mark = type.len == 0 ? NULL : memchr(type.p, ';', type.len);

	return span_trim(mark == NULL ? type : span_of(type.p, (size_t)(mark - type.p)));
}

bool
exchange_binary_type(struct span type)
{
	return starts(type, "image/") || starts(type, "audio/") || starts(type, "video/") ||
	       starts(type, "font/");
}

/* JSON, a value for each line included, and what is written in it (RFC 6839 section 3.1). */
static bool
is_json(struct span type)
{
	static const char *const lines[] = { "ndjson",	   "x-ndjson",	"jsonl",
					     "x-jsonl",	   "jsonlines", "x-jsonlines",
					     "json-lines", "json-seq",	"x-json-stream" };
	struct span bare = bare_type(type);
	size_t name = bare.len;

	while (name > 0 && bare.p[name - 1] != '/' && bare.p[name - 1] != '+')
		name--;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (span_is_nocase(span_of(bare.p + name, bare.len - name), lines[i]))
			return true;
	}
	return starts(bare, "application/json") ||
	       (bare.len > 5 && span_is_nocase(span_of(bare.p + bare.len - 5, 5), "+json"));
}

enum buffer
exchange_type_buffer(struct span type)
{
	if (starts(type, "application/x-www-form-urlencoded"))
		return BUFFER_FORM;
	if (starts(type, "text/event-stream"))
		return BUFFER_SSE_DATA;
	return is_json(type) ? BUFFER_JSON : BUFFER_HTTP_BODY;
}

/* ------------------------------------------------------------------ streams */

static struct wrapped_in
wrapped(struct message *m)
{
	return (struct wrapped_in) { &m->wrapped, m->x->env, m->scan_buffer, exchange_found, m };
}

static bool
open_scan(struct message *m, enum buffer buffer)
{
	m->scan = scan_open(m->x->env->scanner, buffer);
	m->scan_buffer = buffer;
	if (m->scan != NULL)
		return true;
	m->x->env->counters.scan_refused++;
	m->scan_body = false;
	return false;
}

static void
scan_bytes(void *arg, const uint8_t *data, size_t len)
{
	struct message *m = arg;
	struct wrapped_in in = wrapped(m);

	scan_push(m->scan, data, len, exchange_found, m);
	wrapped_text_push(&in, data, len);
}

void
exchange_scan(struct message *m, enum buffer buffer, const uint8_t *data, size_t len)
{
	if (!m->scan_body || scanner_is_idle(m->x->env->scanner) ||
	    (m->scan == NULL && !open_scan(m, buffer)))
		return;
	if (m->protobuf_body) {
		exchange_protobuf(m, data, len);
		return;
	}
	if (m->sse_body)
		sse_join_push(&m->sse_join, data, len, scan_bytes, m);
	else
		scan_bytes(m, data, len);
}

void
exchange_scan_blob(struct message *m, enum buffer as, const uint8_t *data, size_t len)
{
	struct wrapped_in in = wrapped(m);

	in.buffer = as;
	wrapped_text_push(&in, data, len);
}

void
exchange_scan_end(struct message *m)
{
	struct wrapped_in in = wrapped(m);

	exchange_repeats_end(m);
	wrapped_text_end(&in);
	if (m->scan != NULL)
		scan_close(m->scan, exchange_found, m);
	m->scan = NULL;
}

void
exchange_scan_gap(struct message *m)
{
	struct wrapped_in in = wrapped(m);

	exchange_repeats_end(m);
	wrapped_text_end(&in);
	if (m->parts != NULL)
		exchange_parts_gap(m);
	m->sse_join = (struct sse_join) { 0 };
	if (m->scan != NULL)
		scan_gap(m->scan);
}

/* ------------------------------------------------------------------ parts */

enum { PART_NAME_BYTES = 64 }; /* enough for those that mean something here */

struct body_parts {
	struct multipart multipart;
	enum buffer buffer; /* of the part at hand */
	bool skip;	    /* pictures and the like */
	bool file;	    /* it has the name of one */
	bool begun;	    /* its first byte has come */
	uint8_t name_len;
	char name[PART_NAME_BYTES]; /* of the field; empty when longer */
};

static_assert(sizeof(struct body_parts) <= TLS_BUFFER_BYTES, "it has to fit a message buffer");

static void
part_begin(void *arg)
{
	struct message *m = arg;

	exchange_scan_end(m);
	m->parts->buffer = BUFFER_HTTP_BODY;
	m->parts->skip = m->parts->file = m->parts->begun = false;
	m->parts->name_len = 0;
}

static void
part_disposition(struct body_parts *p, struct span value)
{
	struct span name = multipart_parameter(value, "name");

	p->file = multipart_parameter(value, "filename").len != 0;
	if (p->file && p->buffer == BUFFER_HTTP_BODY)
		p->buffer = BUFFER_FILE;
	p->name_len = name.len <= sizeof(p->name) ? (uint8_t)name.len : 0;
	if (p->name_len != 0)
		memcpy(p->name, name.p, name.len);
}

/* Who reads a model call; NULL for what no client sends. */
static struct llm_call *
reader_of(const struct message *m)
{
	return m->dir == CONN_ORIG ? m->x->llm : NULL;
}

static void
part_header(void *arg, struct span name, struct span value)
{
	struct message *m = arg;
	struct body_parts *p = m->parts;

	exchange_scan_header(m, name, value);
	if (span_is_nocase(name, "content-type")) {
		p->skip = exchange_binary_type(value);
		if (exchange_type_buffer(value) != BUFFER_HTTP_BODY)
			p->buffer = exchange_type_buffer(value);
	} else if (span_is_nocase(name, "content-disposition")) {
		part_disposition(p, value);
	}
}

static void
part_headers_end(void *arg)
{
	const struct message *m = arg;
	const struct body_parts *p = m->parts;

	if (reader_of(m) != NULL)
		llm_request_part(reader_of(m), span_of(p->name, p->name_len), p->file);
}

/* The name of a form's field is the key of what it holds: it comes to the rules as name=value. */
static void
scan_part_name(struct message *m)
{
	const struct body_parts *p = m->parts;

	if (p->name_len == 0 || p->file || p->skip || p->buffer != BUFFER_HTTP_BODY ||
	    !m->scan_body || scanner_is_idle(m->x->env->scanner) ||
	    (m->scan == NULL && !open_scan(m, p->buffer)))
		return;
	scan_push(m->scan, (const uint8_t *)p->name, p->name_len, exchange_found, m);
	scan_push(m->scan, (const uint8_t *)"=", 1, exchange_found, m);
}

static void
part_content(void *arg, const uint8_t *data, size_t len)
{
	struct message *m = arg;
	struct body_parts *p = m->parts;
	struct llm_call *llm = reader_of(m);

	if (len == 0)
		return;
	if (llm != NULL && !p->begun && llm_reads_part(llm, data[0]))
		p->buffer = BUFFER_LLM_PROMPT;
	if (!p->begun)
		scan_part_name(m);
	p->begun = true;
	exchange_raw_begin(m, p->buffer, data, p->skip ? 0 : len);
	if (llm != NULL)
		llm_request_part_body(llm, data, len);
	exchange_raw_end(m);
}

static void
part_end(void *arg)
{
	struct message *m = arg;

	if (reader_of(m) != NULL)
		llm_request_part_end(reader_of(m));
	exchange_text_end(m);
	exchange_scan_end(m);
}

static void
part_outside(void *arg, const uint8_t *data, size_t len)
{
	exchange_scan(arg, BUFFER_HTTP_BODY, data, len);
}

static const struct multipart_handler parts_handler = {
	.part = part_begin,
	.header = part_header,
	.headers_end = part_headers_end,
	.content = part_content,
	.part_end = part_end,
	.outside = part_outside,
};

/* Without a buffer the body is scanned as it is, boundaries and all. */
void
exchange_parts_begin(struct message *m)
{
	struct span boundary = multipart_boundary(span_of(m->type, m->type_len));

	if (boundary.len == 0 || m->parts != NULL)
		return;
	m->parts = slab_take(&m->x->env->message_buffers);
	if (m->parts != NULL)
		multipart_init(&m->parts->multipart, boundary);
}

void
exchange_parts(struct message *m, const uint8_t *data, size_t len)
{
	multipart_push(&m->parts->multipart, data, len, &parts_handler, m);
}

void
exchange_parts_gap(struct message *m)
{
	multipart_gap(&m->parts->multipart, &parts_handler, m);
}

void
exchange_parts_end(struct message *m)
{
	if (m->parts == NULL)
		return;
	multipart_end(&m->parts->multipart, &parts_handler, m);
	slab_give(&m->x->env->message_buffers, m->parts);
	m->parts = NULL;
}
