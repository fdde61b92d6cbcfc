/* One exchange of agents' messages; mcp.h is the manual. */
#include "classify/ai/mcp.h"

#include "classify/ai/copy_text.h"
#include "classify/ai/mcp_read.h"
#include "classify/ai/mcp_words.h"
#include "classify/detect/validators.h"

void
mcp_begin(struct mcp *m, mcp_message_fn *message, mcp_text_fn *text, void *arg)
{
	/* What comes from there on is written before it is read. */
	memset(m, 0, offsetof(struct mcp, reading));
	m->side[0].message = &m->reading[0];
	m->side[1].message = &m->reading[1];
	m->message_fn = message;
	m->text_fn = text;
	m->arg = arg;
}

/* ------------------------------------------------------------------ start line and headers */

static bool
ends_with(struct span s, const char *end)
{
	size_t len = strlen(end);

	return s.len >= len && memcmp(s.p + s.len - len, end, len) == 0;
}

static bool
contains_nocase(struct span s, const char *text)
{
	size_t len = strlen(text);

	for (; s.len >= len; s.p++, s.len--) {
		if (span_is_nocase(span_of(s.p, len), text))
			return true;
	}
	return false;
}

static void
set_method(struct mcp *m, const char *method)
{
	copy_text(m->header_method, sizeof(m->header_method), span_of(method, strlen(method)));
}

/* A2A's own paths; they count only with a header or media type of A2A beside them. */
static void
a2a_path(struct mcp *m, struct span path)
{
	const uint8_t *tasks = memmem(path.p, path.len, "/tasks/", 7);

	if (ends_with(path, "/message:send") && m->post)
		set_method(m, "SendMessage");
	else if (ends_with(path, "/message:stream") && m->post)
		set_method(m, "SendStreamingMessage");
	else if (ends_with(path, "/tasks") && m->get)
		set_method(m, "ListTasks");
	else if (tasks != NULL && ends_with(path, ":cancel") && m->post)
		set_method(m, "CancelTask");
	else if (tasks != NULL && ends_with(path, ":subscribe"))
		set_method(m, "SubscribeToTask");
	else if (tasks != NULL && m->get)
		set_method(m, "GetTask");
}

/* The gRPC twin says its method in the path, as all of gRPC does. */
static void
a2a_grpc(struct mcp *m, struct span path)
{
	static const char service[] = "a2a.v1.A2AService/";
	const uint8_t *at = memmem(path.p, path.len, service, sizeof(service) - 1);

	if (at == NULL || !m->post || (at != path.p + 1 && at[-1] != '.'))
		return;
	at += sizeof(service) - 1;
	copy_text(m->header_method, sizeof(m->header_method),
		  span_of(at, (size_t)(path.p + path.len - at)));
	m->a2a = m->sure = true;
}

void
mcp_request_line(struct mcp *m, struct span method, struct span path)
{
	for (size_t i = 0; i < path.len; i++) {
		if (path.p[i] == '?' || path.p[i] == '#')
			path.len = i;
	}
	m->post = span_is(method, "POST");
	m->get = span_is(method, "GET");
	m->card = m->get && (ends_with(path, "/.well-known/agent-card.json") ||
			     ends_with(path, "/.well-known/agent.json"));
	m->a2a = m->card;
	if (m->card) {
		set_method(m, "GetAgentCard");
	} else if (path.len != 0) {
		a2a_path(m, path);
		a2a_grpc(m, path);
	}
}

/* =?base64?...?= stands for what a header cannot carry (MCP 2026-07-28). */
static void
put_header_name(struct mcp *m, struct span value)
{
	uint8_t text[MCP_URI_CAP];

	if (!span_starts(value, "=?base64?") || !ends_with(value, "?=") || value.len < 11) {
		copy_text(m->header_name, sizeof(m->header_name), value);
		return;
	}
	copy_text(m->header_name, sizeof(m->header_name),
		  span_of(text,
			  base64_decode(span_of(value.p + 9, value.len - 11), text, sizeof(text))));
}

static void
request_header(struct mcp *m, const struct http_field *f)
{
	switch (f->is) {
	case HTTP_FIELD_CONTENT_TYPE:
		m->json = contains_nocase(f->value, "json");
		m->a2a = m->a2a || contains_nocase(f->value, "application/a2a+json");
		break;
	case HTTP_FIELD_ACCEPT:
		m->events = contains_nocase(f->value, "text/event-stream");
		break;
	case HTTP_FIELD_MCP_METHOD:
		copy_text(m->header_method, sizeof(m->header_method), f->value);
		m->sure = true;
		break;
	case HTTP_FIELD_MCP_NAME:
		put_header_name(m, f->value);
		m->sure = true;
		break;
	case HTTP_FIELD_A2A_VERSION:
	case HTTP_FIELD_A2A_EXTENSIONS:
		m->a2a = true;
		break;
	default:
		if (f->name.len > 10 && span_is_nocase(span_of(f->name.p, 10), "mcp-param-"))
			m->sure = true;
	}
	m->sure = m->sure || (m->a2a && !m->card);
}

void
mcp_header(struct mcp *m, bool from_server, const struct http_field *f)
{
	if (f->is == HTTP_FIELD_MCP_SESSION_ID) {
		copy_text(m->session, sizeof(m->session), f->value);
		m->sure = true;
		m->by_method = false;
	} else if (f->is == HTTP_FIELD_MCP_PROTOCOL_VERSION) {
		if (mcp_is_date(f->value))
			copy_text(m->version, sizeof(m->version), f->value);
		m->sure = true;
	} else if (!from_server) {
		request_header(m, f);
	} else if (f->is == HTTP_FIELD_CONTENT_TYPE) {
		m->side[1].sse_body = contains_nocase(f->value, "text/event-stream");
	}
}

void
mcp_status(struct mcp *m, unsigned status)
{
	m->status = status;
}

bool
mcp_worth_watching(const struct mcp *m)
{
	if (m->sure)
		return true;
	if (m->post)
		return m->json && !m->side[0].no_rpc;
	if (!m->get || m->side[1].no_rpc)
		return false;
	return m->card || (m->events && (m->status == 0 || m->side[1].sse_body));
}

bool
mcp_is_likely(const struct mcp *m, bool from_server)
{
	const struct mcp_side *side = &m->side[from_server];
	const char *method = side->message->method;
	enum mcp_family family;

	return m->sure ||
	       (side->in_message &&
		mcp_method_known(side, span_of(method, strlen(method)), &family) == MCP_OWN_METHOD);
}

/* ------------------------------------------------------------------ messages */

static void
give_names_of(struct mcp *m, struct mcp_message *message)
{
	if (message->version[0] == '\0')
		memcpy(message->version, m->version, sizeof(message->version));
	/* params.name is a tool's unless the method says that it is a prompt's. */
	if (strcmp(message->method, "prompts/get") == 0 && message->tool[0] != '\0')
		memcpy(message->prompt, message->tool, sizeof(message->prompt));
	if (strcmp(message->method, "tools/call") != 0)
		message->tool[0] = '\0';
}

/*
 * JSON that was read, and is none of JSON-RPC. A word, "Accepted" say, is no answer: that comes on
 * a stream of its own.
 */
static bool
answered_otherwise(const struct mcp *m)
{
	const struct mcp_side *side = &m->side[1];

	return m->status == 200 && !side->sse_body && m->ended[1] && side->started && !side->lost &&
	       !side->walk.broken && !side->is_rpc;
}

static void
told(struct mcp *m, struct mcp_message *message)
{
	if (m->by_method && answered_otherwise(m))
		m->sure = m->by_method = false;
	if (!m->sure)
		return;
	m->told = true;
	give_names_of(m, message);
	m->message_fn(m->arg, m, message);
}

static void
tell_open(struct mcp *m, unsigned i)
{
	struct mcp_message *message = &m->open[i];

	if (!message->answered && message->error[0] == '\0' && m->status >= 400 &&
	    m->status < 600) {
		char text[] = "http_000";

		text[5] = (char)('0' + m->status / 100);
		text[6] = (char)('0' + m->status / 10 % 10);
		text[7] = (char)('0' + m->status % 10);
		memcpy(message->error, text, sizeof(text));
	}
	told(m, message);
	m->nr_open--;
	memmove(message, message + 1, (m->nr_open - i) * sizeof(*message));
}

static void
keep_open(struct mcp *m, const struct mcp_message *message, uint64_t now_us)
{
	if (m->nr_open == MCP_OPEN) {
		m->dropped++;
		tell_open(m, 0);
	}
	m->open[m->nr_open] = *message;
	m->open[m->nr_open++].begin_us = now_us;
}

static void
merge(struct mcp_message *request, const struct mcp_message *answer)
{
	request->answered = true;
	request->shape = answer->shape;
	request->nr_tools = answer->nr_tools;
	request->paged = request->paged || answer->paged;
	request->has_digest = answer->has_digest;
	memcpy(request->digest, answer->digest, sizeof(request->digest));
	memcpy(request->error, answer->error, sizeof(request->error));
	memcpy(request->server, answer->server, sizeof(request->server));
	if (answer->version[0] != '\0')
		memcpy(request->version, answer->version, sizeof(request->version));
}

static void
answer_complete(struct mcp *m, struct mcp_message *message)
{
	const char *method;

	for (unsigned i = 0; message->from_server && i < m->nr_open; i++) {
		if (message->id[0] == '\0' || strcmp(m->open[i].id, message->id) != 0)
			continue;
		/* Its params alone had spoken for it. */
		if (m->by_method && message->error[0] == '\0' &&
		    !mcp_may_answer(m->open[i].method, message->shape)) {
			m->sure = m->by_method = false;
			m->side[1].no_rpc = true;
		}
		merge(&m->open[i], message);
		tell_open(m, i);
		return;
	}
	message->kind = MCP_ANSWER;
	method = mcp_method_of(message->shape);
	if (method != NULL)
		copy_text(message->method, sizeof(message->method),
			  span_of(method, strlen(method)));
	told(m, message);
}

static void
card_complete(struct mcp *m, struct mcp_message *message)
{
	copy_text(message->method, sizeof(message->method), span_of("GetAgentCard", 12));
	message->answered = true;
	message->from_server = false;
	told(m, message);
}

static void
judge(struct mcp *m, const struct mcp_side *side, struct mcp_message *message)
{
	enum mcp_family family = message->family;
	enum mcp_certainty certainty =
	    mcp_method_known(side, span_of(message->method, strlen(message->method)), &family);

	if (!m->sure && side->is_rpc && (side->meta || certainty == MCP_OWN_METHOD)) {
		m->sure = true;
		m->by_method = !side->meta && (side->params & MCP_PARAM_CLIENT) == 0;
	}
	/* tasks/get and its kin are both's: MCP names a taskId. */
	if (certainty != MCP_UNKNOWN_METHOD && !(m->a2a && (side->params & MCP_PARAM_TASK_ID) == 0))
		message->family = family;
	m->a2a = m->a2a || (m->sure && message->family == MCP_FAMILY_A2A);
}

void
mcp_message_complete(struct mcp *m, bool from_server)
{
	struct mcp_side *side = &m->side[from_server];
	struct mcp_message *message = side->message;

	side->in_message = false;
	if (m->text_fn != NULL)
		m->text_fn(m->arg, from_server, NULL, 0);
	if (m->card && from_server) {
		card_complete(m, message);
		return;
	}
	if (!side->is_rpc)
		return;
	judge(m, side, message);
	if (message->method[0] == '\0') {
		if (side->has_result)
			answer_complete(m, message);
		return;
	}
	message->kind = side->has_id ? MCP_REQUEST : MCP_NOTIFICATION;
	if (side->has_id && !from_server)
		keep_open(m, message, m->now_us);
	else
		told(m, message);
}

/* ------------------------------------------------------------------ bodies */

static void
client_event(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
	     size_t len)
{
	mcp_event(arg, false, w, event, text, len);
}

static void
server_event(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
	     size_t len)
{
	mcp_event(arg, true, w, event, text, len);
}

static void
restart_walk(struct mcp *m, bool from_server)
{
	struct mcp_side *side = &m->side[from_server];

	json_walk_init(&side->walk, &mcp_vocabulary, from_server ? server_event : client_event, m);
	side->array = side->in_message = false;
	side->section_at = side->keys_at = side->quiet_at = side->digest_at = 0;
	side->text_len = 0;
}

/* Each event of a stream is a value of its own; the first of an old stream names a path. */
static void
sse_piece(void *arg, const struct sse *s, enum sse_event event, const uint8_t *text, size_t len)
{
	struct mcp *m = arg;
	struct mcp_side *side = &m->side[1];
	bool endpoint =
	    m->get && !m->endpoint_said && s->nr_events <= 1 && span_is(sse_name(s), "endpoint");

	if (event == SSE_DATA && endpoint) {
		if (side->text_len < 4)
			for (size_t i = 0; i < len && side->text_len < 4; i++)
				side->text[side->text_len++] = text[i];
	} else if (event == SSE_DATA) {
		json_walk_push(&side->walk, text, len);
	} else {
		struct span start = span_of(side->text, side->text_len);

		if (endpoint && (span_starts(start, "/") || span_is(start, "http")))
			m->sure = m->endpoint_said = true;
		else if (!m->sure && side->walk.broken)
			side->no_rpc = true;
		restart_walk(m, true);
	}
}

void
mcp_body(struct mcp *m, bool from_server, const uint8_t *data, size_t len, uint64_t now_us)
{
	struct mcp_side *side = &m->side[from_server];

	m->now_us = now_us;
	if (len == 0 || side->lost)
		return;
	if (!side->started) {
		side->started = true;
		restart_walk(m, from_server);
		if (side->sse_body)
			sse_init(&m->sse, sse_piece, m);
	}
	if (side->sse_body)
		sse_push(&m->sse, data, len);
	else
		json_walk_push(&side->walk, data, len);
	if (side->walk.broken && !side->sse_body && !m->sure)
		side->no_rpc = true;
}

void
mcp_gap(struct mcp *m, bool from_server)
{
	struct mcp_side *side = &m->side[from_server];

	m->cut = true;
	if (!side->sse_body) {
		side->lost = true;
		side->in_message = false;
	} else if (side->started) {
		/* What was open is no JSON any more; a comment takes the rest of its line. */
		restart_walk(m, true);
		sse_push(&m->sse, (const uint8_t *)"\n\n:", 3);
	}
}

/* Headers said what the body, unseen or not JSON-RPC, did not. */
static void
tell_by_headers(struct mcp *m)
{
	struct mcp_message *message = &m->open[0];

	memset(message, 0, sizeof(*message));
	message->family = m->a2a ? MCP_FAMILY_A2A : MCP_FAMILY_MCP;
	message->kind =
	    span_starts(span_of(m->header_method, strlen(m->header_method)), "notifications/")
		? MCP_NOTIFICATION
		: MCP_REQUEST;
	memcpy(message->method, m->header_method, sizeof(message->method));
	if (strcmp(m->header_method, "resources/read") == 0)
		memcpy(message->resource, m->header_name, sizeof(message->resource));
	else
		copy_text(message->tool, sizeof(message->tool),
			  span_of(m->header_name, strlen(m->header_name)));
	m->nr_open = 1;
	tell_open(m, 0);
}

void
mcp_end(struct mcp *m, bool from_server, bool complete, uint64_t now_us)
{
	struct mcp_side *side = &m->side[from_server];

	m->now_us = now_us;
	if (m->ended[from_server])
		return;
	m->ended[from_server] = true;
	m->cut = m->cut || !complete;
	if (side->started && side->sse_body)
		sse_end(&m->sse);
	if (side->started && !side->lost)
		(void)json_walk_end(&side->walk);
	if (!m->ended[0] || !m->ended[1])
		return;
	while (m->nr_open != 0)
		tell_open(m, 0);
	if (!m->told && !m->card && m->header_method[0] != '\0')
		tell_by_headers(m);
}
