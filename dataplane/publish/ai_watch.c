/* The watch over AI services behind the merge; ai_watch.h is the manual. */
#include "dataplane/publish/ai_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/ai/allow.h"
#include "classify/ai/provider.h"
#include "dataplane/publish/id_parts.h"

enum { BUCKETS = 2 * AI_WATCH_MANIFESTS, DIGEST_BYTES = 32, KEY_BYTES = 16 };

/* One after the other in the order in which they came; a ring when it is full. */
struct manifest {
	int32_t next; /* in its bucket, -1 at the end */
	bool used;
	uint8_t key[KEY_BYTES];
	uint8_t digest[DIGEST_BYTES];
};

struct ai_watch {
	const struct provider_catalogue *providers;
	const struct networks *networks;
	ai_watch_fn *fn;
	void *arg;
	struct ai_watch_stats stats;
	struct ai_ledger ledger;
	uint32_t next; /* manifest to be overwritten */
	int32_t buckets[BUCKETS];
	struct manifest manifests[AI_WATCH_MANIFESTS];
	struct record finding;
};

int
ai_watch_create(const struct provider_catalogue *providers, const struct networks *networks,
		ai_watch_fn *fn, void *arg, struct ai_watch **out)
{
	struct ai_watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -ENOMEM;
	w->providers = providers;
	w->networks = networks;
	w->fn = fn;
	w->arg = arg;
	w->finding.mask = endpoint_copy_masked;
	memset(w->buckets, 0xff, sizeof(w->buckets));
	*out = w;
	return 0;
}

void
ai_watch_set_providers(struct ai_watch *w, const struct provider_catalogue *providers)
{
	w->providers = providers;
}

void
ai_watch_destroy(struct ai_watch *w)
{
	free(w);
}

const struct ai_watch_stats *
ai_watch_stats(const struct ai_watch *w)
{
	return &w->stats;
}

const struct ai_ledger *
ai_watch_ledger(const struct ai_watch *w)
{
	return &w->ledger;
}

uint32_t
ai_watch_types(uint32_t wanted, const struct provider_catalogue *providers, bool may_change)
{
	if ((wanted & (1u << RECORD_FINDING)) != 0) {
		wanted |= 1u << RECORD_MCP;
		if (may_change || allow_list_exists(providers))
			wanted |= 1u << RECORD_FLOW;
	}
	if ((wanted & (1u << RECORD_STATS | 1u << RECORD_EDGE)) != 0)
		wanted |= 1u << RECORD_LLM;
	return wanted;
}

/* ------------------------------------------------------------------ a finding */

static void
copy_value(struct record *r, const struct record_value *v)
{
	switch (record_field_infos[v->field].kind) {
	case RECORD_KIND_UINT:
		record_put_uint(r, v->field, record_value_uint(v));
		break;
	case RECORD_KIND_TEXT:
	case RECORD_KIND_TEXTS:
		record_put_text(r, v->field, v->data, v->len);
		break;
	case RECORD_KIND_IP:
		record_put_ip(r, v->field, v->data, v->len);
		break;
	case RECORD_KIND_HEX:
	case RECORD_KIND_MAC:
		record_put_bytes(r, v->field, v->data, v->len);
		break;
	default:
		break;
	}
}

/* Whatever both kinds of record have: ends, flow, names; how it was found is said anew. */
static struct record *
begin_finding(struct ai_watch *w, const struct record_head *cause, const char *rule,
	      const char *title, bool high)
{
	struct record *r = &w->finding;
	struct record_iter it = record_iter_of(cause);
	struct record_value v;

	record_begin(r, RECORD_FINDING, cause->order_us, cause->time_us, NULL);
	while (record_next(&it, &v)) {
		if ((record_field_infos[v.field].types & (1u << RECORD_FINDING)) != 0 &&
		    v.field != RF_DETECTED_BY)
			copy_value(r, &v);
	}
	record_put_string(r, RF_RULE_ID, rule);
	record_put_uint(r, RF_RULE_REV, 1);
	record_put_string(r, RF_RULE_TITLE, title);
	record_put_string(r, RF_DATA_TYPE, rule);
	record_put_string(r, RF_SEVERITY, high ? "high" : "medium");
	record_put_uint(r, RF_SEVERITY_ID, high ? 4 : 3);
	record_put_string(r, RF_CONFIDENCE, "high");
	return r;
}

/* ------------------------------------------------------------------ the allow-list */

static struct span
text_of(const struct record_head *record, enum record_field f)
{
	struct record_value v;

	return record_find(record, f, &v) ? span_of(v.data, v.len) : span_of("", 0);
}

static bool
is_allowed(const struct ai_watch *w, const struct record_head *record, struct span service,
	   struct span engine)
{
	struct record_value src, dst;
	struct allow_use use = { .service = service,
				 .engine = engine,
				 .identity = text_of(record, RF_SRC_IDENTITY) };

	if (record_find(record, RF_SRC_IP, &src)) {
		use.addr = src.data;
		use.addr_len = src.len;
	}
	if (record_find(record, RF_DST_IP, &dst))
		use.internal = networks_contain(w->networks, dst.data, dst.len);
	return allow_list_has(w->providers, &use);
}

/* What is only inferred is no entry of a ledger, and of who is not known nothing is said. */
static void
watch_call(struct ai_watch *w, struct record *record)
{
	struct span service = text_of(&record->head, RF_GEN_AI_PROVIDER_NAME);
	struct span engine = text_of(&record->head, RF_GEN_AI_ENGINE);
	struct record_value v;
	bool inferred = record_find(&record->head, RF_LLM_STREAM_LIKELY, &v);

	if (!inferred)
		ai_ledger_add(&w->ledger, &record->head);
	if (allow_list_exists(w->providers) && (!inferred || service.len != 0))
		record_put_bool(record, RF_SANCTIONED,
				is_allowed(w, &record->head, service, engine));
}

/* By its name, if that is one of the service's; else by what was said. */
static const char *
recognised_by(const struct ai_watch *w, const struct record_head *flow, struct span service)
{
	const struct provider *p = provider_by_host(w->providers, text_of(flow, RF_SERVER_NAME));
	struct span source = text_of(flow, RF_SERVER_NAME_SOURCE);

	if (p == NULL || !span_is(service, p->name))
		return "payload";
	if (span_is(source, "dns") || span_is(source, "ip_list"))
		return span_is(source, "dns") ? "dns" : "ip";
	return span_is(source, "http_host") ? "host" : "sni";
}

/* A name that only DNS gave is no less a provider's. */
static void
name_service(const struct ai_watch *w, struct record *flow)
{
	struct span name = text_of(&flow->head, RF_SERVER_NAME);
	const struct provider *p;
	struct record_value v;

	if (name.len == 0 || record_find(&flow->head, RF_AI_SERVICE, &v))
		return;
	p = provider_by_host(w->providers, name);
	if (p != NULL && p->kind != PROVIDER_PLATFORM)
		record_put_string(flow, RF_AI_SERVICE, p->name);
}

/* What is known by its shape has that for its reason already. */
static void
say_how(const struct ai_watch *w, struct record *flow)
{
	struct span service = text_of(&flow->head, RF_AI_SERVICE);
	struct record_value v;

	if (service.len != 0 && !record_find(&flow->head, RF_DETECTED_BY, &v))
		record_put_string(flow, RF_DETECTED_BY, recognised_by(w, &flow->head, service));
}

static void
watch_flow(struct ai_watch *w, const struct record_head *flow)
{
	struct span service = text_of(flow, RF_AI_SERVICE);
	struct record_iter it = record_iter_of(flow);
	struct record_value v;
	struct record *r;

	if (service.len == 0 || !allow_list_exists(w->providers) ||
	    is_allowed(w, flow, service, span_of("", 0)))
		return;
	r = begin_finding(w, flow, "ai.shadow", "AI service that is not on the allow-list",
			  record_find(flow, RF_DATA_TYPES, &v));
	record_put_string(r, RF_DST_KIND, "ai_shadow");
	record_put_string(r, RF_DETECTED_BY, recognised_by(w, flow, service));
	while (record_next(&it, &v)) {
		if (v.field == RF_DATA_TYPES)
			record_put_text(r, RF_DATA_TYPES_SENT, v.data, v.len);
	}
	if (record_find(flow, RF_SRC_PAYLOAD_BYTES, &v))
		record_put_uint(r, RF_ADD_BYTES, record_value_uint(&v));
	w->fn(w->arg, &r->head);
}

/* ------------------------------------------------------------------ tool lists */

static void
key_of(const struct record_head *list, uint8_t key[KEY_BYTES])
{
	static const enum record_field fields[] = { RF_SRC_IDENTITY, RF_DST_IDENTITY, RF_DST_PORT,
						    RF_URL_HOST,     RF_URL_PATH,     RF_DOMAIN };
	struct id_parts parts = { .len = 0 };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		id_parts_add_field(&parts, list, fields[i]);
	id_parts_hash(&parts, key);
}

static int32_t *
bucket_of(struct ai_watch *w, const uint8_t key[KEY_BYTES])
{
	uint32_t h;

	memcpy(&h, key, sizeof(h));
	return &w->buckets[h % BUCKETS];
}

static struct manifest *
find_manifest(struct ai_watch *w, const uint8_t key[KEY_BYTES])
{
	for (int32_t i = *bucket_of(w, key); i >= 0; i = w->manifests[i].next) {
		if (memcmp(w->manifests[i].key, key, KEY_BYTES) == 0)
			return &w->manifests[i];
	}
	return NULL;
}

static void
remember(struct ai_watch *w, const uint8_t key[KEY_BYTES], const uint8_t *digest)
{
	struct manifest *m = &w->manifests[w->next];
	int32_t *link = bucket_of(w, m->key);

	if (m->used) {
		while (*link != (int32_t)w->next)
			link = &w->manifests[*link].next;
		*link = m->next;
		w->stats.manifests_forgotten++;
	}
	m->used = true;
	memcpy(m->key, key, KEY_BYTES);
	memcpy(m->digest, digest, DIGEST_BYTES);
	link = bucket_of(w, key);
	m->next = *link;
	*link = (int32_t)w->next;
	w->next = (w->next + 1) % AI_WATCH_MANIFESTS;
}

static void
tell_change(struct ai_watch *w, const struct record_head *list, const uint8_t *before,
	    const uint8_t *after)
{
	struct record *r = begin_finding(w, list, "mcp.tools_changed",
					 "Tool list of an MCP server has changed", false);
	struct span server = text_of(list, RF_MCP_SERVER), dst = text_of(list, RF_DST_IDENTITY);
	struct span src = text_of(list, RF_SRC_IDENTITY), path = text_of(list, RF_URL_PATH);
	char text[512];
	int len;

	record_put_string(r, RF_WHERE, "mcp.result");
	len = snprintf(text, sizeof(text),
		       "the tools that %.*s%s%.*s%s offers to %.*s at %.*s are others than before "
		       "(%02x%02x%02x%02x, now %02x%02x%02x%02x)",
		       (int)dst.len, (const char *)dst.p, server.len != 0 ? " (" : "",
		       (int)server.len, (const char *)server.p, server.len != 0 ? ")" : "",
		       (int)(src.len < 128 ? src.len : 128), (const char *)src.p,
		       (int)(path.len < 128 ? path.len : 128), (const char *)path.p, before[0],
		       before[1], before[2], before[3], after[0], after[1], after[2], after[3]);
	if (len > 0)
		record_put_text(r, RF_REASON, text,
				(size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
	w->fn(w->arg, &r->head);
}

static void
watch_tools(struct ai_watch *w, const struct record_head *list)
{
	uint8_t key[KEY_BYTES], before[DIGEST_BYTES];
	struct record_value digest, v;
	struct manifest *m;

	if (!record_find(list, RF_TOOLS_DIGEST, &digest) || digest.len != DIGEST_BYTES ||
	    record_find(list, RF_MCP_PAGED, &v) || record_find(list, RF_INCOMPLETE, &v))
		return;
	key_of(list, key);
	m = find_manifest(w, key);
	if (m == NULL) {
		remember(w, key, digest.data);
	} else if (memcmp(m->digest, digest.data, DIGEST_BYTES) != 0) {
		memcpy(before, m->digest, DIGEST_BYTES);
		memcpy(m->digest, digest.data, DIGEST_BYTES);
		tell_change(w, list, before, m->digest);
	}
}

void
ai_watch_push(struct ai_watch *w, struct record *record)
{
	switch (record->head.type) {
	case RECORD_LLM:
		watch_call(w, record);
		break;
	case RECORD_FLOW:
		name_service(w, record);
		say_how(w, record);
		watch_flow(w, &record->head);
		break;
	case RECORD_MCP:
		watch_tools(w, &record->head);
		break;
	default:
		break;
	}
}
