/* What was seen of an exchange, as records. */
#include <string.h>

#include "classify/ai/signature.h"
#include "classify/db_flow.h"
#include "classify/elastic.h"
#include "classify/exchange_state.h"

const uint8_t *
exchange_scheme_end(struct span target)
{
	if (target.len <= 3 || target.p[0] == '/')
		return NULL;
	return memmem(target.p, target.len < 16 ? target.len : 16, "://", 3);
}

struct span
exchange_path_of(struct span target)
{
	const uint8_t *mark, *slash;
	size_t skip = 0;

	mark = exchange_scheme_end(target);
	if (mark != NULL) {
		skip = (size_t)(mark - target.p) + 3;
		slash = memchr(target.p + skip, '/', target.len - skip);
		skip = slash != NULL ? (size_t)(slash - target.p) : target.len;
	}
	target = span_of(target.p + skip, target.len - skip);
	for (const char *end = "?#"; *end != '\0' && target.len != 0; end++) {
		mark = memchr(target.p, *end, target.len);
		if (mark != NULL)
			target.len = (size_t)(mark - target.p);
	}
	return target;
}

static struct span
kept_target(const struct exchange *x)
{
	return span_of((const uint8_t *)x->target, x->target_len);
}

struct span
exchange_path(const struct exchange *x)
{
	return exchange_path_of(kept_target(x));
}

struct span
exchange_query_of(struct span target)
{
	const uint8_t *mark = target.len == 0 ? NULL : memchr(target.p, '?', target.len);

	if (mark == NULL)
		return span_of(target.p, 0);
	return span_of(mark + 1, (size_t)(target.p + target.len - mark - 1));
}

struct span
exchange_query(const struct exchange *x)
{
	return exchange_query_of(kept_target(x));
}

static bool
is_id_like(const uint8_t *s, size_t len)
{
	size_t digits = 0, hex = 0, dashes = 0;

	for (size_t i = 0; i < len; i++) {
		digits += s[i] >= '0' && s[i] <= '9';
		hex += hex_value(s[i]) >= 0;
		dashes += s[i] == '-';
	}
	if (digits == len)
		return len > 0;
	if (len == 36 && dashes == 4 && hex == 32)
		return true;
	return (hex == len && len >= 16) || (len >= 20 && digits >= 4);
}

/* A slash, or what stands up to the next one. */
static struct span
take_part(struct span *path)
{
	struct span part = span_of(path->p, 1);

	if (path->p[0] != '/') {
		while (part.len < path->len && path->p[part.len] != '/')
			part.len++;
	}
	*path = span_of(path->p + part.len, path->len - part.len);
	return part;
}

static size_t
nr_slashes(struct span s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s.len; i++)
		nr += s.p[i] == '/';
	return nr;
}

/*
 * Ids, UUIDs and numbers as {}: /users/42/cards -> /users/{}/cards. Of any other part shown has
 * what is written.
 */
static size_t
write_template(struct span path, struct span shown, uint8_t *out, size_t cap)
{
	size_t n = 0;

	while (path.len != 0 && shown.len != 0) {
		struct span part = take_part(&path), text = take_part(&shown);

		if (is_id_like(part.p, part.len))
			text = span_of((const uint8_t *)"{}", 2);
		if (text.len > cap - n)
			break;
		memcpy(out + n, text.p, text.len);
		n += text.len;
	}
	return n;
}

/*
 * A key may be known by the ids in front of it, so the whole path is masked, and then the ids are
 * taken out of it. Where a mask hides a slash, ids are told by what is shown.
 */
static void
put_template(const struct exchange *x, struct span path, struct record *r)
{
	enum { HALF = CONN_SCRATCH_BYTES / 2 };
	uint8_t *out = x->env->scratch, *masked = out + HALF;
	struct span shown =
	    span_of(masked, conn_env_mask(x->env, path.p, path.len, (char *)masked, HALF));

	if (nr_slashes(shown) != nr_slashes(path))
		path = shown;
	/* The mask works in its own memory, so the scratch space may be handed to it. */
	record_put_text(r, RF_URL_TEMPLATE, out, write_template(path, shown, out, HALF));
}

static void
put_query_keys(const struct exchange *x, struct record *r)
{
	struct span q = exchange_query(x);
	unsigned nr = 0;

	for (size_t i = 0; i < q.len && nr < MAX_QUERY_KEYS;) {
		size_t eq = i, end;

		while (eq < q.len && q.p[eq] != '=' && q.p[eq] != '&' && q.p[eq] != '#')
			eq++;
		/* A parameter without '=' may be a value: only names of values are told. */
		if (eq > i && eq < q.len && q.p[eq] == '=') {
			record_put_text(r, RF_URL_QUERY_KEYS, q.p + i, eq - i);
			nr++;
		}
		for (end = eq; end < q.len && q.p[end] != '&'; end++)
			;
		i = end + 1;
	}
}

static void
put_digest(const struct message *m, enum record_field f, struct record *r)
{
	struct sha256_ctx sha = m->sha;
	uint8_t digest[SHA256_DIGEST_SIZE];

	if (!m->x->env->config.body_sha256 || !m->body_seen || m->body_bytes == 0)
		return;
	sha256_digest(&sha, sizeof(digest), digest);
	record_put_bytes(r, f, digest, sizeof(digest));
}

static void
put_both_types(const struct exchange *x, struct record *r)
{
	struct conn_types all = x->message[CONN_ORIG].credentials;
	const struct conn_types *const more[] = { &x->message[CONN_ORIG].types,
						  &x->message[CONN_RESP].types };

	for (unsigned k = 0; k < 2; k++) {
		for (unsigned i = 0; i < more[k]->nr; i++)
			conn_types_add(x->env, &all, x->env->types[more[k]->id[i]]);
	}
	conn_types_put(x->env, &all, RF_DATA_TYPES, r);
}

/* /package.Service/Method, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
static void
put_grpc(const struct exchange *x, struct span path, struct record *r)
{
	const uint8_t *slash;
	size_t len;

	if (!x->grpc || path.len < 2 || path.p[0] != '/')
		return;
	slash = memrchr(path.p, '/', path.len);
	len = (size_t)(slash - path.p);
	if (len < 2)
		return;
	record_put_text(r, RF_GRPC_SERVICE, path.p + 1, len - 1);
	record_put_text(r, RF_GRPC_METHOD, slash + 1, path.len - len - 1);
}

static void
put_request(const struct exchange *x, struct record *r)
{
	struct span path = exchange_path(x);

	record_put_text(r, RF_HTTP_REQUEST_METHOD, x->method, x->method_len);
	record_put_text(r, RF_URL_HOST, x->host, x->host_len);
	if (x->port != 0)
		record_put_uint(r, RF_URL_PORT, x->port);
	if (path.len == 0 && x->target_known)
		record_put_string(r, RF_URL_PATH, "/");
	record_put_text(r, RF_URL_PATH, path.p, path.len);
	put_template(x, path, r);
	put_grpc(x, path, r);
	put_query_keys(x, r);
	record_put_text(r, RF_USER_AGENT, x->agent, x->agent_len);
	record_put_text(r, RF_AUTH_SCHEME, x->auth, x->auth_len);
	record_put_text(r, RF_TRACE_ID, x->trace, x->trace_len);
}

static void
http_record(struct exchange *x)
{
	const struct message *req = &x->message[CONN_ORIG], *resp = &x->message[CONN_RESP];
	struct record *r = conn_begin(x->env, x->c, RECORD_HTTP);
	uint64_t first = req->begun ? req->begin_us : resp->begin_us;
	uint64_t last = resp->end_us;

	if (r == NULL)
		return;
	record_put_uint(r, RF_TRANSACTION, x->ordinal);
	record_put_string(r, RF_HTTP_VERSION, x->version);
	if (req->begun)
		put_request(x, r);
	if (x->status != 0)
		record_put_uint(r, RF_HTTP_STATUS, x->status);
	record_put_uint(r, RF_HTTP_REQUEST_BODY_BYTES, req->body_bytes);
	record_put_uint(r, RF_HTTP_RESPONSE_BODY_BYTES, resp->body_bytes);
	record_put_text(r, RF_HTTP_REQUEST_CONTENT_TYPE, req->type, req->type_len);
	record_put_text(r, RF_HTTP_RESPONSE_CONTENT_TYPE, resp->type, resp->type_len);
	if (resp->coding_len == 0 && x->grpc)
		record_put_text(r, RF_HTTP_RESPONSE_CONTENT_ENCODING, resp->grpc_coding,
				resp->grpc_coding_len);
	else
		record_put_text(r, RF_HTTP_RESPONSE_CONTENT_ENCODING, resp->coding,
				resp->coding_len);
	put_digest(req, RF_HTTP_REQUEST_BODY_SHA256, r);
	put_digest(resp, RF_HTTP_RESPONSE_BODY_SHA256, r);
	if (last >= first)
		record_put_uint(r, RF_DURATION_US, last - first);
	if (req->done && resp->begun && resp->begin_us >= req->end_us)
		record_put_uint(r, RF_TTFB_US, resp->begin_us - req->end_us);
	if (x->has_grpc_status)
		record_put_uint(r, RF_GRPC_STATUS, x->grpc_status);
	if (resp->sse_body)
		record_put_uint(r, RF_STREAM_EVENTS, x->sse.nr_events);
	else if (x->websocket)
		record_put_uint(r, RF_STREAM_EVENTS,
				req->websocket.nr_messages + resp->websocket.nr_messages);
	else if (x->grpc)
		record_put_uint(r, RF_STREAM_EVENTS,
				req->grpc.nr_messages + resp->grpc.nr_messages);
	put_both_types(x, r);
	if (!req->complete || !resp->complete)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(x->env);
}

static bool
is_json(const struct message *m)
{
	struct span type = span_of(m->type, m->type_len);

	for (size_t i = 0; i + 4 <= type.len; i++) {
		if (memcmp(type.p + i, "json", 4) == 0)
			return true;
	}
	return false;
}

/* The connection's sum of what it asks a database; NULL without room for one. */
static struct db_flow *
db_of(struct exchange *x)
{
	struct conn *c = x->c;

	if (c->db != NULL)
		return c->db;
	c->db = slab_take(&x->env->db_flows);
	if (c->db == NULL) {
		x->env->counters.db_ops_refused++;
		return NULL;
	}
	memset(c->db, 0, db_flow_bytes);
	db_flow_init(c->db, x->env, c);
	return c->db;
}

static void
database_record(struct exchange *x)
{
	const struct message *req = &x->message[CONN_ORIG], *resp = &x->message[CONN_RESP];
	char code[3] = { (char)('0' + x->status / 100 % 10), (char)('0' + x->status / 10 % 10),
			 (char)('0' + x->status % 10) };
	struct elastic_request r = { .method = span_of(x->method, x->method_len),
				     .path = exchange_path(x),
				     .user_agent = span_of(x->agent, x->agent_len),
				     .product = x->elastic,
				     .json = is_json(req) || is_json(resp) };
	struct elastic_operation e;
	struct db_flow *f;

	if (!req->begun || !elastic_read(&r, &e))
		return;
	f = db_of(x);
	if (f == NULL)
		return;
	f->ops.system = e.system;
	db_flow_operation(f, &(struct db_operation) { .class = e.class,
						      .target = e.index,
						      .code = span_of(code, sizeof(code)),
						      .answered = x->status != 0 &&
								  resp->begin_us >= req->begin_us,
						      .failed = x->status >= 400,
						      .response_us = resp->begin_us - req->begin_us,
						      .types = { &req->types, &resp->types } });
}

static void
put_count(struct record *r, enum record_field f, const struct llm_count *count)
{
	if (count->known)
		record_put_uint(r, f, count->n);
}

/* An estimate stands beside what is reported, never in its place. */
static bool
put_estimate(enum conn_estimates wanted, enum record_field f, const struct llm_count *reported,
	     const struct llm_count *estimated, struct record *r)
{
	if (!estimated->known || wanted == CONN_ESTIMATE_OFF ||
	    (wanted == CONN_ESTIMATE_MISSING && reported->known))
		return false;
	record_put_uint(r, f, estimated->n);
	return true;
}

static void
put_usage(const struct exchange *x, const struct llm_facts *f, struct record *r)
{
	enum conn_estimates wanted = x->env->config.estimate_tokens;
	bool estimated;

	put_count(r, RF_GEN_AI_USAGE_INPUT_TOKENS, &f->input_tokens);
	put_count(r, RF_GEN_AI_USAGE_OUTPUT_TOKENS, &f->output_tokens);
	put_count(r, RF_GEN_AI_USAGE_CACHED_TOKENS, &f->cached_tokens);
	estimated = put_estimate(wanted, RF_ESTIMATED_INPUT_TOKENS, &f->input_tokens,
				 &f->estimated_input_tokens, r);
	estimated |= put_estimate(wanted, RF_ESTIMATED_OUTPUT_TOKENS, &f->output_tokens,
				  &f->estimated_output_tokens, r);
	if (f->usage_reported)
		record_put_string(r, RF_USAGE_SOURCE, "reported");
	else if (estimated)
		record_put_string(r, RF_USAGE_SOURCE, "estimated");
}

void
exchange_put_signals(const struct exchange *x, struct record *r)
{
	struct conn_types all = x->message[CONN_ORIG].signals;
	const struct conn_types *more = &x->message[CONN_RESP].signals;

	for (unsigned i = 0; i < more->nr; i++)
		conn_types_add(x->env, &all, x->env->types[more->id[i]]);
	conn_types_put(x->env, &all, RF_SIGNALS, r);
}

static void
put_vectors(const struct llm_facts *f, struct record *r)
{
	record_put_text(r, RF_VECTOR_COLLECTION, f->collection, strlen(f->collection));
	put_count(r, RF_VECTOR_COUNT, &f->vectors_sent);
	put_count(r, RF_VECTOR_LIMIT, &f->vector_limit);
	put_count(r, RF_VECTOR_RESULTS, &f->vectors_found);
}

static void
put_batch(const struct llm_batch_facts *f, struct record *r)
{
	record_put_text(r, RF_FILE_ID, f->file_id, strlen(f->file_id));
	record_put_string(r, RF_FILE_PURPOSE, f->purpose);
	put_count(r, RF_FILE_BYTES, &f->file_bytes);
	record_put_text(r, RF_BATCH_ID, f->id, strlen(f->id));
	record_put_string(r, RF_BATCH_STATUS, f->status);
	put_count(r, RF_BATCH_REQUESTS, &f->requests);
	put_count(r, RF_BATCH_COMPLETED, &f->completed);
	put_count(r, RF_BATCH_FAILED, &f->failed);
}

static void
count_call(struct exchange *x)
{
	struct conn_counters *c = &x->env->counters;

	if (llm_is_vector_operation(x->llm))
		c->vector_operations++;
	else if (llm_is_batch_operation(x->llm))
		c->batch_operations++;
	else if (llm_facts(x->llm)->operation != LLM_RESPONSE_FETCH)
		c->llm_calls++;
}

struct record *
exchange_begin_ai(struct exchange *x, enum record_type type)
{
	struct record *r = conn_begin(x->env, x->c, type);

	if (r == NULL)
		return NULL;
	record_put_uint(r, RF_TRANSACTION, x->ordinal);
	record_put_text(r, RF_URL_HOST, x->host, x->host_len);
	record_put_string(r, RF_GEN_AI_CLIENT,
			  signature_client(x->env->config.providers,
					   span_of(x->agent, x->agent_len)));
	return r;
}

static void
llm_record(struct exchange *x)
{
	const struct message *req = &x->message[CONN_ORIG], *resp = &x->message[CONN_RESP];
	const struct llm_facts *f = llm_facts(x->llm);
	struct record *r;

	count_call(x);
	x->c->ai_service = f->provider != NULL ? f->provider : f->engine;
	r = exchange_begin_ai(x, RECORD_LLM);
	if (r == NULL)
		return;
	record_put_string(r, RF_GEN_AI_PROVIDER_NAME, f->provider);
	record_put_string(r, RF_GEN_AI_ENGINE, f->engine);
	record_put_string(r, RF_GEN_AI_DIALECT, llm_dialect_name(f->dialect));
	record_put_string(r, RF_GEN_AI_OPERATION_NAME, llm_operation_name(f->operation));
	record_put_string(r, RF_GEN_AI_REQUEST_MODEL, f->request_model);
	record_put_string(r, RF_GEN_AI_RESPONSE_MODEL, f->response_model);
	if (llm_names_version(f))
		record_put_string(r, RF_MODEL_REVISION, f->model_version);
	if (llm_is_vector_operation(x->llm))
		put_vectors(f, r);
	else if (llm_is_batch_operation(x->llm))
		put_batch(&f->batch, r);
	else
		record_put_bool(r, RF_GEN_AI_REQUEST_STREAM, f->request_stream);
	record_put_string(r, RF_GEN_AI_RESPONSE_ID, f->response_id);
	if (f->nr_choices > 1)
		record_put_uint(r, RF_GEN_AI_RESPONSE_CHOICES, f->nr_choices);
	for (unsigned i = 0; i < f->nr_finish_reasons; i++)
		record_put_string(r, RF_GEN_AI_RESPONSE_FINISH_REASONS, f->finish_reasons[i]);
	put_usage(x, f, r);
	for (unsigned i = 0; i < f->nr_tools; i++)
		record_put_string(r, RF_GEN_AI_TOOL_NAMES, llm_tool_name(f, i));
	if (f->tools_offered != 0)
		record_put_uint(r, RF_GEN_AI_TOOLS_OFFERED, f->tools_offered);
	if (f->attachments != 0)
		record_put_uint(r, RF_ATTACHMENTS, f->attachments);
	record_put_string(r, RF_DETECTED_BY, f->detected_by == LLM_BY_HOST ? "host" : "payload");
	if (x->status != 0)
		record_put_uint(r, RF_HTTP_STATUS, x->status);
	record_put_uint(r, RF_PROMPT_BYTES, req->body_bytes);
	record_put_uint(r, RF_COMPLETION_BYTES, resp->body_bytes);
	if (req->done && resp->begun && resp->begin_us >= req->end_us)
		record_put_uint(r, RF_TTFT_US, resp->begin_us - req->end_us);
	if (req->begun && resp->begun && resp->end_us >= req->begin_us)
		record_put_uint(r, RF_DURATION_US, resp->end_us - req->begin_us);
	conn_types_put(x->env, &req->types, RF_DATA_TYPES_SENT, r);
	conn_types_put(x->env, &resp->types, RF_DATA_TYPES_RECEIVED, r);
	exchange_put_signals(x, r);
	if (!req->complete || !resp->complete)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(x->env);
}

void
exchange_put_records(struct exchange *x)
{
	http_record(x);
	database_record(x);
	if (x->llm != NULL && llm_is_call(x->llm))
		llm_record(x);
	else
		exchange_put_beside(x);
}
