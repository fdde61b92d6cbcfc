/* A model that is downloaded: an llm record of the exchange that carried it. */
#include "classify/ai/provider.h"
#include "classify/ai/signature.h"
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

void
exchange_put_download(struct exchange *x)
{
	const struct message *req = &x->message[CONN_ORIG], *resp = &x->message[CONN_RESP];
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
	if (x->c->ai_service == NULL)
		x->c->ai_service = d.provider;
	r = conn_begin(x->env, x->c, RECORD_LLM);
	if (r == NULL)
		return;
	record_put_uint(r, RF_TRANSACTION, x->ordinal);
	record_put_text(r, RF_URL_HOST, x->host, x->host_len);
	record_put_string(r, RF_GEN_AI_CLIENT,
			  signature_client(x->env->config.providers,
					   span_of(x->agent, x->agent_len)));
	record_put_string(r, RF_GEN_AI_PROVIDER_NAME, d.provider);
	record_put_string(r, RF_GEN_AI_DIALECT, d.dialect);
	record_put_string(r, RF_GEN_AI_OPERATION_NAME, "model_download");
	record_put_text(r, RF_GEN_AI_REQUEST_MODEL, d.model.p, d.model.len);
	record_put_text(r, RF_MODEL_REVISION, d.tag.p, d.tag.len);
	record_put_text(r, RF_MODEL_FILE, d.file.p, d.file.len);
	record_put_string(r, RF_MODEL_FORMAT, d.format);
	record_put_string(r, RF_DETECTED_BY, hub != NULL ? "host" : "payload");
	record_put_uint(r, RF_HTTP_STATUS, x->status);
	record_put_uint(r, RF_PROMPT_BYTES, req->body_bytes);
	record_put_uint(r, RF_COMPLETION_BYTES, resp->body_bytes);
	if (resp->end_us >= req->begin_us)
		record_put_uint(r, RF_DURATION_US, resp->end_us - req->begin_us);
	if (!req->complete || !resp->complete)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(x->env);
}
