#include "classify/exchange.h"
#include "classify/exchange_state.h"

#include <string.h>

const size_t exchange_bytes = sizeof(struct exchange);

struct exchange *
exchange_open(struct conn_env *env, struct conn *c, uint64_t ordinal)
{
	struct exchange *x = slab_take(&env->exchanges);

	if (x == NULL) {
		env->counters.http_refused++;
		return NULL;
	}
	memset(x, 0, offsetof(struct exchange, message));
	model_file_init(&x->model_file);
	grpc_call_init(&x->grpc_head);
	exchange_repeats_begin(&x->repeats);
	x->env = env;
	x->c = c;
	x->ordinal = ordinal;
	for (unsigned d = 0; d < 2; d++) {
		memset(&x->message[d], 0, offsetof(struct message, sha));
		x->message[d].x = x;
		x->message[d].dir = (enum conn_dir)d;
		x->message[d].type_buffer = BUFFER_HTTP_BODY;
		if (env->config.body_sha256)
			sha256_init(&x->message[d].sha);
	}
	env->counters.http_exchanges++;
	return x;
}

/* ------------------------------------------------------------------ what is scanned as what */

static void
scan_field(struct message *m, enum buffer where, const uint8_t *text, size_t len)
{
	if (len != 0)
		scan_block(m->x->env->scanner, where, text, len, exchange_found, m);
}

/* A text of a model call, under the name of who speaks; an answer put together over its events. */
static void
on_llm_text(void *arg, enum llm_text_kind kind, unsigned choice, const uint8_t *text, size_t len)
{
	static const enum buffer buffers[] = {
		[LLM_TEXT_SYSTEM] = BUFFER_LLM_PROMPT_SYSTEM,
		[LLM_TEXT_USER] = BUFFER_LLM_PROMPT_USER,
		[LLM_TEXT_TOOL_RESULT] = BUFFER_LLM_PROMPT_TOOL_RESULT,
		[LLM_TEXT_ANSWER] = BUFFER_LLM_COMPLETION,
		[LLM_TEXT_TOOL_CALL] = BUFFER_LLM_TOOL_CALL,
	};
	struct exchange *x = arg;
	struct message *m = &x->message[kind >= LLM_TEXT_ANSWER ? CONN_RESP : CONN_ORIG];

	/* What has no role stays where it is; so does all of what may be no call. */
	if (kind == LLM_TEXT_PROMPT || !llm_is_likely(x->llm))
		return;
	if (kind == LLM_TEXT_ATTACHMENT)
		exchange_leave_out(m, text, len);
	else
		exchange_text(m, choice, buffers[kind], text, len);
}

void
exchange_begin_llm(struct exchange *x)
{
	x->llm = slab_take(&x->env->llm);
	if (x->llm == NULL) {
		x->env->counters.llm_refused++;
		return;
	}
	llm_begin(x->llm, x->env->config.providers);
	llm_set_text(x->llm, on_llm_text, x);
}

static void
drop_llm_if_hopeless(struct exchange *x)
{
	/* Of a WebSocket only its messages say what it is. */
	if (x->llm == NULL || llm_worth_watching(x->llm) || x->upgrade == PROTOCOL_WEBSOCKET)
		return;
	exchange_settle_findings(x, false);
	slab_give(&x->env->llm, x->llm);
	x->llm = NULL;
}

static void
give_long_target(struct exchange *x)
{
	slab_give(&x->env->message_buffers, x->long_target);
	x->long_target = NULL;
	x->long_target_len = 0;
}

/* ------------------------------------------------------------------ bodies */

static bool
is_binary(const struct message *m)
{
	return exchange_binary_type(span_of(m->type, m->type_len));
}

static enum buffer
body_buffer(const struct message *m)
{
	if (m->x->grpc)
		return BUFFER_GRPC_MESSAGE;
	if (m->x->websocket)
		return BUFFER_WS_MESSAGE;
	if (m->x->llm != NULL && llm_is_likely(m->x->llm))
		return m->dir == CONN_ORIG ? BUFFER_LLM_PROMPT : BUFFER_LLM_COMPLETION;
	return m->type_buffer;
}

static void
count_event(void *arg, const struct sse *s, enum sse_event event, const uint8_t *text, size_t len)
{
	(void)arg, (void)s, (void)event, (void)text, (void)len;
}

static void
scan_request_line(struct exchange *x)
{
	struct message *m = &x->message[CONN_ORIG];
	bool is_long = x->long_target_len != 0;
	struct span target = span_of(x->long_target, x->long_target_len);
	struct span path = is_long ? exchange_path_of(target) : exchange_path(x);
	struct span query = is_long ? exchange_query_of(target) : exchange_query(x);
	uint8_t *text = x->env->scratch;

	scan_field(m, BUFFER_HTTP_METHOD, (const uint8_t *)x->method, x->method_len);
	scan_field(m, BUFFER_HTTP_HOST, (const uint8_t *)x->host, x->host_len);
	scan_field(m, BUFFER_HTTP_PATH, text,
		   percent_decode(path.p, path.len, false, text, CONN_SCRATCH_BYTES));
	scan_field(m, BUFFER_HTTP_QUERY, text,
		   percent_decode(query.p, query.len, true, text, CONN_SCRATCH_BYTES));
	give_long_target(x);
}

void
exchange_decode_begin(struct message *m, struct span coding)
{
	enum decode_result r = decode_take(m->x->env->decoders, coding, &m->decode);

	m->coding_unknown = r == DECODE_UNKNOWN_CODING;
	m->decode_failed = r != DECODE_OK && !m->coding_unknown;
}

/* That of the content was put on first, that of the transfer around it. */
static void
begin_codings(struct message *m)
{
	char codings[MAX_CODING + MAX_TRANSFER];
	size_t len = m->coding_len;

	memcpy(codings, m->coding, len);
	memcpy(codings + len, m->transfer, m->transfer_len);
	len += m->transfer_len;
	if (m->x->grpc)
		exchange_grpc_outer(m, span_of(codings, len));
	else
		exchange_decode_begin(m, span_of(codings, len));
}

void
exchange_headers_end(struct exchange *x, enum conn_dir dir)
{
	struct message *m = &x->message[dir];

	m->headers_done = true;
	exchange_text_end(m);
	if (dir == CONN_ORIG)
		scan_request_line(x);
	if (dir == CONN_ORIG || !x->message[CONN_ORIG].begun)
		drop_llm_if_hopeless(x);
	exchange_mcp_drop_if_hopeless(x);
	/* gRPC's own coding is of each message by itself. */
	if (x->grpc)
		exchange_grpc_begin(m);
	begin_codings(m);
	m->sse_body = dir == CONN_RESP && exchange_type_starts(m, "text/event-stream");
	if (m->sse_body)
		sse_init(&x->sse, count_event, x);
	m->scan_body = !is_binary(m);
	if (!x->grpc)
		exchange_parts_begin(m);
}

/* Whoever makes something of a body's content. */
static void
read_body(struct message *m, const uint8_t *data, size_t len)
{
	struct exchange *x = m->x;

	if (m->sse_body)
		sse_push(&x->sse, data, len);
	if (x->mcp != NULL)
		mcp_body(x->mcp, m->dir == CONN_RESP, data, len, x->env->now_us);
	exchange_mcp_drop_if_hopeless(x);
	if (x->llm == NULL)
		return;
	if (m->dir == CONN_RESP) {
		llm_response_body(x->llm, data, len);
		if (x->held_first != NULL && llm_is_certain(x->llm))
			exchange_settle_findings(x, true);
	} else if (m->parts == NULL) /* else it has read them part by part */
		llm_request_body(x->llm, data, len);
}

void
exchange_decoded(void *arg, const uint8_t *data, size_t len)
{
	struct message *m = arg;
	struct exchange *x = m->x;

	m->body_bytes += len;
	if (m->dir == CONN_ORIG && x->grpc && grpc_call_wants(&x->grpc_head))
		grpc_call_push(&x->grpc_head, data, len);
	if (m->dir == CONN_RESP && model_file_wants(&x->model_file))
		model_file_push(&x->model_file, data, len);
	if (x->env->config.body_sha256)
		sha256_update(&m->sha, len, data);
	exchange_raw_begin(m, body_buffer(m), data, m->parts == NULL ? len : 0);
	if (m->parts != NULL)
		exchange_parts(m, data, len);
	read_body(m, data, len);
	exchange_raw_end(m);
}

/* failed: so many of them were not decoded. */
static void
account_body(const struct message *m, size_t len, size_t failed)
{
	struct conn_env *env = m->x->env;
	struct conn *c = m->x->c;

	/* Inside another coding they are not those that came. */
	if (m->outer != NULL)
		return;
	if (failed != 0)
		conn_skipped(env, c, CONN_SKIP_DECODE_FAILED, failed);
	if (m->scan_body)
		conn_inspected(env, c, len - failed);
	else if (len != failed)
		conn_skipped(env, c, is_binary(m) ? CONN_SKIP_BINARY : CONN_SKIP_LIMIT,
			     len - failed);
}

/* What has a coding that nobody knows is searched all the same: it may be none. */
void
exchange_decode(struct message *m, const uint8_t *data, size_t len)
{
	if (m->decode_failed || m->coding_unknown) {
		account_body(m, len, len);
		if (!m->decode_failed)
			exchange_decoded(m, data, len);
	} else if (m->decode == NULL) {
		account_body(m, len, 0);
		exchange_decoded(m, data, len);
	} else {
		m->decode_failed =
		    decode_push(m->decode, data, len, exchange_decoded, m) != DECODE_OK;
		account_body(m, len, m->decode_failed ? decode_unread(m->decode) : 0);
	}
}

void
exchange_body(struct exchange *x, enum conn_dir dir, const uint8_t *data, size_t len)
{
	struct message *m = &x->message[dir];

	if (x->grpc)
		exchange_grpc(m, data, len);
	else
		exchange_decode(m, data, len);
}

void
exchange_readers_gap(struct exchange *x, enum conn_dir dir)
{
	struct message *m = &x->message[dir];

	exchange_scan_gap(m);
	exchange_text_gap(m);
	if (x->llm != NULL && dir == CONN_ORIG)
		llm_request_gap(x->llm);
	else if (x->llm != NULL)
		llm_response_gap(x->llm);
}

void
exchange_body_gap(struct exchange *x, enum conn_dir dir, uint64_t len)
{
	struct message *m = &x->message[dir];

	m->gap = true;
	if (x->grpc)
		exchange_grpc_gap(m, len);
	/* A coded body cannot be taken up again behind a hole. */
	if (m->decode != NULL)
		m->decode_failed = true;
	exchange_readers_gap(x, dir);
	if (x->mcp != NULL)
		mcp_gap(x->mcp, dir == CONN_RESP);
}

void
exchange_unended(struct exchange *x, enum conn_dir dir)
{
	x->message[dir].unended = true;
}

void
exchange_message_end(struct exchange *x, enum conn_dir dir, bool complete)
{
	struct message *m = &x->message[dir];
	bool seen;

	if (m->done)
		return;
	m->done = true;
	m->end_us = x->env->now_us;
	if (m->decode != NULL) {
		/* The stream of a WebSocket is only ever flushed. */
		if (!m->decode_failed && decode_finish(m->decode, exchange_decoded, m) != DECODE_OK)
			m->decode_failed = !x->websocket;
		/* Coded data says itself where it ends, also when the message around it is cut. */
		complete = complete ||
			   (!m->decode_failed && !x->websocket && !decode_was_plain(m->decode));
		decode_give(x->env->decoders, m->decode);
		m->decode = NULL;
	}
	if (x->grpc)
		exchange_grpc_end(m);
	seen = !m->gap && !m->decode_failed && !m->message_failed && !m->coding_unknown &&
	       !(x->grpc && grpc_is_inside(&m->grpc)) && !m->websocket.lost;
	m->complete = complete && seen && !m->unread;
	m->body_seen = (complete || m->unended) && seen;
	if (m->sse_body)
		sse_end(&x->sse);
	/* What is known under its own name first: the body's stream may have it as well. */
	exchange_text_end(m);
	exchange_parts_end(m);
	exchange_control_end(m);
	exchange_scan_end(m);
	if (x->mcp != NULL)
		mcp_end(x->mcp, dir == CONN_RESP, m->complete, x->env->now_us);
	if (x->llm != NULL && dir == CONN_ORIG) {
		llm_request_end(x->llm, m->complete);
		drop_llm_if_hopeless(x);
	} else if (x->llm != NULL)
		llm_response_end(x->llm, m->complete);
	exchange_text_end(m);
}

void
exchange_message_cut(struct exchange *x, enum conn_dir dir, uint64_t last_us)
{
	struct message *m = &x->message[dir];

	if (m->done)
		return;
	exchange_message_end(x, dir, false);
	m->end_us = last_us;
}

void
exchange_expect_answer(struct exchange *x)
{
	struct message *m = &x->message[CONN_RESP];

	x->status = 0;
	m->begun = m->headers_done = m->done = m->complete = m->coding_unknown = false;
	m->type_len = m->coding_len = m->transfer_len = m->grpc_coding_len = 0;
	m->type_buffer = BUFFER_HTTP_BODY;
}

/* ------------------------------------------------------------------ the end */

void
exchange_close(struct exchange *x)
{
	struct conn_env *env = x->env;

	for (unsigned d = 0; d < 2; d++) {
		if (!x->message[d].done)
			exchange_message_end(x, (enum conn_dir)d, false);
	}
	exchange_settle_findings(x, x->llm != NULL && llm_is_call(x->llm));
	exchange_put_records(x);
	give_long_target(x);
	slab_give(&env->llm, x->llm);
	slab_give(&env->mcp, x->mcp);
	slab_give(&env->exchanges, x);
}

bool
exchange_is_grpc(const struct exchange *x)
{
	return x->grpc;
}

bool
exchange_is_head(const struct exchange *x)
{
	return span_is(span_of(x->method, x->method_len), "HEAD");
}

bool
exchange_is_connect(const struct exchange *x)
{
	return span_is(span_of(x->method, x->method_len), "CONNECT");
}

bool
exchange_has_request(const struct exchange *x)
{
	return x->message[CONN_ORIG].begun;
}

enum protocol
exchange_upgrade(const struct exchange *x)
{
	return x->upgrade;
}

unsigned
exchange_status_of(const struct exchange *x)
{
	return x->status;
}

bool
exchange_done(const struct exchange *x, enum conn_dir dir)
{
	return x->message[dir].done;
}

struct exchange **
exchange_next(struct exchange *x)
{
	return &x->next;
}
