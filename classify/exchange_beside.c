/* llm records of exchanges beside those with a model: downloads, and calls over gRPC. */
#include "classify/ai/provider.h"
#include "classify/exchange_state.h"

static bool
answered_well(const struct exchange *x)
{
	return x->status == 200 || x->status == 206 || x->status == 302 || x->status == 307;
}

static const struct provider *
hub_of(const struct exchange *x)
{
	const struct provider *p =
	    provider_by_host(x->env->config.providers, span_of(x->host, x->host_len));

	return p != NULL && p->kind == PROVIDER_MODEL_HUB ? p : NULL;
}

/* What all such records begin with. */
static struct record *
begin_record(struct exchange *x, const char *provider, const char *dialect, const char *operation)
{
	struct record *r;

	if (x->c->ai_service == NULL)
		x->c->ai_service = provider;
	r = exchange_begin_ai(x, RECORD_LLM);
	if (r == NULL)
		return NULL;
	record_put_string(r, RF_GEN_AI_PROVIDER_NAME, provider);
	record_put_string(r, RF_GEN_AI_DIALECT, dialect);
	record_put_string(r, RF_GEN_AI_OPERATION_NAME, operation);
	return r;
}

/* And what they end with. */
static void
emit_record(struct exchange *x, struct record *r)
{
	const struct message *req = &x->message[CONN_ORIG], *resp = &x->message[CONN_RESP];

	if (x->status != 0)
		record_put_uint(r, RF_HTTP_STATUS, x->status);
	record_put_uint(r, RF_PROMPT_BYTES, req->body_bytes);
	record_put_uint(r, RF_COMPLETION_BYTES, resp->body_bytes);
	if (resp->end_us >= req->begin_us)
		record_put_uint(r, RF_DURATION_US, resp->end_us - req->begin_us);
	conn_types_put(x->env, &req->types, RF_DATA_TYPES_SENT, r);
	conn_types_put(x->env, &resp->types, RF_DATA_TYPES_RECEIVED, r);
	if (!req->complete || !resp->complete)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(x->env);
}

static void
put_download(struct exchange *x)
{
	const struct provider *hub;
	struct model_download d;
	struct record *r;

	if (!answered_well(x) || !span_is(span_of(x->method, x->method_len), "GET"))
		return;
	hub = hub_of(x);
	if (!model_file_read(&x->model_file, exchange_path(x), hub != NULL, &d))
		return;
	x->env->counters.model_downloads++;
	if (hub != NULL)
		d.provider = hub->name;
	r = begin_record(x, d.provider, d.dialect, "model_download");
	if (r == NULL)
		return;
	record_put_text(r, RF_GEN_AI_REQUEST_MODEL, d.model.p, d.model.len);
	record_put_text(r, RF_MODEL_REVISION, d.tag.p, d.tag.len);
	record_put_text(r, RF_MODEL_FILE, d.file.p, d.file.len);
	record_put_string(r, RF_MODEL_FORMAT, d.format);
	record_put_string(r, RF_DETECTED_BY, hub != NULL ? "host" : "payload");
	emit_record(x, r);
}

static void
put_grpc_call(struct exchange *x)
{
	bool failed = x->has_grpc_status && x->grpc_status != 0;
	struct grpc_call g;
	struct record *r;

	if (!grpc_call_read(&x->grpc_head, exchange_path(x), &g))
		return;
	if (g.provider != NULL)
		x->env->counters.vector_operations++;
	else
		x->env->counters.llm_calls++;
	r = begin_record(x, g.provider, g.dialect, g.operation);
	if (r == NULL)
		return;
	record_put_text(r, RF_GEN_AI_REQUEST_MODEL, g.model.p, g.model.len);
	record_put_text(r, RF_MODEL_REVISION, g.version.p, g.version.len);
	record_put_text(r, RF_VECTOR_COLLECTION, g.collection.p, g.collection.len);
	record_put_string(r, RF_DETECTED_BY, "payload");
	if (failed)
		record_put_uint(r, RF_GRPC_STATUS, x->grpc_status);
	emit_record(x, r);
}

void
exchange_put_beside(struct exchange *x)
{
	if (x->grpc)
		put_grpc_call(x);
	else
		put_download(x);
}
