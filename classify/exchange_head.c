/*
 * The heads of an exchange's messages: start lines and header fields, as far as its records and
 * those who read the bodies need them.
 */
#include "classify/exchange_state.h"

#include <string.h>

#include "classify/ai/signature.h"
#include "classify/proto/tls.h"

/*
 * What is longer than its place loses its last CUT_BACK bytes as well: a cut could leave half of a
 * value that is no longer recognised as one.
 */
static size_t
keep(char *to, size_t cap, struct span s)
{
	size_t len = s.len;

	if (len > cap)
		len = cap > CUT_BACK ? cap - CUT_BACK : 0;

	if (len != 0)
		memcpy(to, s.p, len);
	return len;
}

/* ------------------------------------------------------------------ start lines */

/* host[:port], also in brackets. */
static void
set_host(struct exchange *x, struct span authority)
{
	size_t end = authority.len, colon;
	unsigned port = 0;

	authority = span_trim(authority);
	end = authority.len;
	for (colon = end;
	     colon > 0 && authority.p[colon - 1] >= '0' && authority.p[colon - 1] <= '9'; colon--)
		;
	if (colon > 0 && colon < end && authority.p[colon - 1] == ':') {
		for (size_t i = colon; i < end && port < 65536; i++)
			port = port * 10 + (authority.p[i] - '0');
		end = colon - 1;
	}
	x->port = port < 65536 ? (uint16_t)port : 0;
	x->host_len = 0;
	for (size_t i = 0; i < end && end <= MAX_HOST; i++)
		x->host[x->host_len++] = (char)authority.p[i];
}

/* At once, so that what is found in the fields behind it is on the right edge. */
static void
name_server(struct exchange *x, struct span authority)
{
	set_host(x, authority);
	conn_set_name(x->env, x->c, NAME_HTTP_HOST, x->host, x->host_len);
	conn_set_service(x->env, x->c, span_of(x->host, x->host_len));
}

/* None where CONNECT names a path: then the Host field says whom it was sent to. */
static struct span
authority_of(struct span target, bool connect)
{
	const uint8_t *mark = target.p;
	size_t len = 0;

	if (!connect) {
		mark = exchange_scheme_end(target);
		if (mark == NULL)
			return span_of(target.p, 0);
		mark += 3;
	}
	while (mark + len < target.p + target.len && mark[len] != '/' && mark[len] != '?' &&
	       mark[len] != ' ')
		len++;
	return span_of(mark, len);
}

void
exchange_method(struct exchange *x, struct span method)
{
	x->method_len = (uint8_t)keep(x->method, MAX_METHOD, method);
}

/* All of it is searched, when it is known whom it was sent to. */
static void
keep_long_target(struct exchange *x, struct span target)
{
	if (x->long_target == NULL)
		x->long_target = slab_take(&x->env->message_buffers);
	if (x->long_target == NULL || target.len > TLS_BUFFER_BYTES) {
		exchange_unread(x, CONN_ORIG);
		return;
	}
	memcpy(x->long_target, target.p, target.len);
	x->long_target_len = target.len;
}

void
exchange_target(struct exchange *x, struct span target)
{
	if (target.len > MAX_TARGET)
		keep_long_target(x, target);
	x->target_known = true;
	x->target_len = (uint16_t)keep(x->target, MAX_TARGET, target);
}

void
exchange_authority(struct exchange *x, struct span authority)
{
	if (authority.len != 0)
		name_server(x, authority);
}

static void
begin_request(struct exchange *x, const char *version, struct span method, struct span authority,
	      struct span target)
{
	struct message *m = &x->message[CONN_ORIG];

	m->begun = true;
	m->begin_us = x->env->now_us;
	x->version = version;
	if (x->c->ai_service == NULL)
		x->c->ai_service = signature_service(x->env->config.providers, exchange_path(x));
	exchange_mcp_begin(x, method, target);
	if (x->llm == NULL) /* else its answer came first */
		exchange_begin_llm(x);
	if (x->llm != NULL)
		llm_request_line(x->llm, method, authority, target);
}

void
exchange_request_begin(struct exchange *x, const char *version)
{
	begin_request(x, version, span_of(x->method, x->method_len), span_of(x->host, x->host_len),
		      span_of(x->target, x->target_len));
}

void
exchange_request(struct exchange *x, struct span method, struct span target, const char *version)
{
	struct span authority;

	exchange_method(x, method);
	exchange_target(x, target);
	authority = authority_of(target, exchange_is_connect(x));
	exchange_authority(x, authority);
	begin_request(x, version, method, authority, target);
}

void
exchange_status(struct exchange *x, unsigned status, const char *version)
{
	struct message *m = &x->message[CONN_RESP];

	m->begun = true;
	m->begin_us = x->env->now_us;
	x->status = status;
	if (x->version == NULL)
		x->version = version;
	/* An answer of a model shows itself, whether or not the mirror has what was asked. */
	if (x->llm == NULL && !x->message[CONN_ORIG].begun && status == 200)
		exchange_begin_llm(x);
	if (x->llm != NULL)
		llm_response_status(x->llm, status);
	if (x->mcp != NULL)
		mcp_status(x->mcp, status);
}

/* ------------------------------------------------------------------ header fields */

/* version (2) - trace-id (32) - parent (16) - flags (2), W3C Trace Context section 3.2 */
static bool
is_traceparent(struct span s)
{
	if (s.len < 55)
		return false;
	for (size_t i = 0; i < 55; i++) {
		bool dash = i == 2 || i == 35 || i == 52;

		if (dash ? s.p[i] != '-' : hex_value(s.p[i]) < 0)
			return false;
	}
	return true;
}

/* Without a blank the whole value is a credential, not a scheme. */
static void
keep_scheme(struct exchange *x, struct span value)
{
	const uint8_t *blank = memchr(value.p, ' ', value.len);

	if (blank != NULL)
		x->auth_len =
		    (uint8_t)keep(x->auth, MAX_METHOD, span_of(value.p, (size_t)(blank - value.p)));
}

static void
request_header(struct exchange *x, const struct http_field *f)
{
	switch (f->is) {
	case HTTP_FIELD_HOST:
		if (x->host_len == 0)
			name_server(x, f->value);
		break;
	case HTTP_FIELD_USER_AGENT:
		x->agent_len = (uint16_t)keep(x->agent, MAX_AGENT, f->value);
		break;
	case HTTP_FIELD_AUTHORIZATION:
		keep_scheme(x, f->value);
		break;
	case HTTP_FIELD_TRACEPARENT:
		if (is_traceparent(f->value))
			x->trace_len =
			    (uint8_t)keep(x->trace, MAX_TRACE, span_of(f->value.p + 3, 32));
		break;
	case HTTP_FIELD_UPGRADE:
		if (span_is_nocase(f->value, "websocket"))
			x->upgrade = PROTOCOL_WEBSOCKET;
		else if (span_is_nocase(f->value, "h2c"))
			x->upgrade = PROTOCOL_HTTP2;
		break;
	default:
		break;
	}
}

/* Chunks have been taken off; what else is named there, and is a coding, is still on. */
static void
keep_transfer(struct message *m, struct span value)
{
	static const char *const codings[] = { "gzip",	     "x-gzip", "deflate", "compress",
					       "x-compress", "br",     "zstd" };

	while (value.len > 0) {
		const uint8_t *comma = memchr(value.p, ',', value.len);
		size_t len = comma == NULL ? value.len : (size_t)(comma - value.p);
		struct span name = span_trim(span_of(value.p, len));

		value = span_of(value.p + len, value.len - len);
		if (comma != NULL)
			value = span_of(value.p + 1, value.len - 1);
		for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
			if (!span_is_nocase(name, codings[i]) ||
			    name.len + 1 > MAX_TRANSFER - (size_t)m->transfer_len)
				continue;
			m->transfer[m->transfer_len++] = ',';
			memcpy(m->transfer + m->transfer_len, name.p, name.len);
			m->transfer_len = (uint8_t)(m->transfer_len + name.len);
		}
	}
}

static void
message_header(struct message *m, const struct http_field *f)
{
	struct exchange *x = m->x;

	switch (f->is) {
	case HTTP_FIELD_CONTENT_TYPE:
		m->type_len = (uint8_t)keep(m->type, MAX_TYPE, f->value);
		m->type_buffer = exchange_type_buffer(span_of(m->type, m->type_len));
		x->grpc = x->grpc || exchange_type_starts(m, "application/grpc");
		break;
	case HTTP_FIELD_GRPC_ENCODING:
		m->grpc_coding_len = (uint8_t)keep(m->grpc_coding, MAX_TRANSFER, f->value);
		break;
	case HTTP_FIELD_TRANSFER_ENCODING:
		keep_transfer(m, f->value);
		break;
	case HTTP_FIELD_GRPC_STATUS:
		x->has_grpc_status = grpc_status_of(f->value, &x->grpc_status);
		break;
	case HTTP_FIELD_CONTENT_ENCODING:
		if (m->coding_len != 0 && m->coding_len < MAX_CODING)
			m->coding[m->coding_len++] = ',';
		m->coding_len =
		    (uint8_t)(m->coding_len + keep(m->coding + m->coding_len,
						   MAX_CODING - m->coding_len, f->value));
		break;
	default:
		if (m->dir == CONN_ORIG) {
			request_header(x, f);
			break;
		}
		if (f->is == HTTP_FIELD_SEC_WEBSOCKET_EXTENSIONS)
			exchange_websocket_extensions(x, f->value);
		model_file_header(&x->model_file, f);
		x->elastic = x->elastic || f->is == HTTP_FIELD_X_ELASTIC_PRODUCT;
	}
}

void
exchange_unread(struct exchange *x, enum conn_dir dir)
{
	x->message[dir].unread = true;
}

bool
exchange_type_starts(const struct message *m, const char *prefix)
{
	size_t len = strlen(prefix);

	for (size_t i = 0; i < len; i++) {
		if (i >= m->type_len || ascii_lower((uint8_t)m->type[i]) != (uint8_t)prefix[i])
			return false;
	}
	return true;
}

void
exchange_header(struct exchange *x, enum conn_dir dir, struct span name, struct span value)
{
	struct message *m = &x->message[dir];
	struct http_field f = http_field_of(name, value);

	message_header(m, &f);
	exchange_search_header(m, name, value);
	if (x->mcp != NULL)
		mcp_header(x->mcp, dir == CONN_RESP, &f);
	if (x->llm == NULL)
		return;
	if (dir == CONN_ORIG)
		llm_request_header(x->llm, &f);
	else
		llm_response_header(x->llm, &f);
}
