/* Model calls added up by edge and model; ai_edge.h is the manual. */
#include "dataplane/publish/ai_edge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/publish/ai_ledger.h"
#include "dataplane/publish/endpoint.h"
#include "dataplane/publish/id_parts.h"

#define MINUTE_US 60000000u

enum { KEY_BYTES = 16, EDGE_ID_BYTES = 8, TYPE_CAP = 64, WORDS = AI_EDGE_TYPES / 64, NONE = -1 };

struct sum {
	uint64_t n;
	bool known; /* false: nothing went in, which is not 0 */
};

/* A set of classes, by their place in ai_edges.types. */
struct type_set {
	uint64_t word[WORDS];
};

struct edge {
	int32_t next_in_bucket;
	int32_t older, newer; /* by the last call */
	uint8_t key[KEY_BYTES];
	struct record_head *names; /* owned: the fields that do not change */
	bool dirty;		   /* has had calls since its last record */
	uint64_t due_us, since_us, first_us, last_us, nr_records;
	uint64_t calls, errors, without_usage, prompt_bytes, completion_bytes;
	struct sum input, output, cached, estimated_input, estimated_output;
	struct type_set sent, received;
};

struct ai_edges {
	struct ai_edge_config config;
	ai_edge_fn *fn;
	void *arg;
	struct edge *edges;  /* owned: the first nr_used are or were in use */
	int32_t *buckets;    /* owned */
	uint32_t nr_buckets; /* a power of two */
	uint32_t nr_used;
	int32_t oldest, newest;
	uint64_t order_us, next_minute_us;
	struct ai_edge_stats stats;
	unsigned nr_types;
	char types[AI_EDGE_TYPES][TYPE_CAP]; /* the last is for all that no longer fit */
	uint16_t by_name[AI_EDGE_TYPES];     /* the places of types, in the order of their names */
	struct record out;
};

int
ai_edges_create(const struct ai_edge_config *config, ai_edge_fn *fn, void *arg,
		struct ai_edges **out)
{
	struct ai_edges *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	e->config = *config;
	e->fn = fn;
	e->arg = arg;
	e->out.mask = endpoint_copy_masked;
	e->oldest = e->newest = NONE;
	e->nr_buckets = 16;
	while (e->nr_buckets < config->max_edges && e->nr_buckets < 1u << 20)
		e->nr_buckets *= 2;
	e->edges = calloc(config->max_edges, sizeof(*e->edges));
	e->buckets = malloc(e->nr_buckets * sizeof(*e->buckets));
	if (e->edges == NULL || e->buckets == NULL) {
		ai_edges_destroy(e);
		return -ENOMEM;
	}
	memset(e->buckets, 0xff, e->nr_buckets * sizeof(*e->buckets));
	*out = e;
	return 0;
}

void
ai_edges_destroy(struct ai_edges *e)
{
	if (e == NULL)
		return;
	for (uint32_t i = 0; i < e->nr_used; i++)
		free(e->edges[i].names);
	free(e->edges);
	free(e->buckets);
	free(e);
}

const struct ai_edge_stats *
ai_edges_stats(const struct ai_edges *e)
{
	return &e->stats;
}

/* ------------------------------------------------------------------ which edge */

/* The first of two fields that the record has; false when it has neither. */
static bool
find_either(const struct record_head *r, enum record_field first, enum record_field second,
	    struct record_value *v)
{
	v->len = 0;
	return record_find(r, first, v) || record_find(r, second, v);
}

static void
add_value(struct id_parts *parts, const struct record_value *v)
{
	id_parts_add(parts, v->len != 0 ? v->data : NULL, v->len);
}

static void
key_of(const struct record_head *call, uint8_t key[KEY_BYTES])
{
	struct id_parts parts = { .len = 0 };
	struct record_value v;

	id_parts_add_field(&parts, call, RF_SRC_IDENTITY);
	id_parts_add_field(&parts, call, RF_DST_IDENTITY);
	id_parts_add_field(&parts, call, RF_DST_PORT);
	id_parts_add_field(&parts, call, RF_DOMAIN);
	find_either(call, RF_GEN_AI_PROVIDER_NAME, RF_GEN_AI_ENGINE, &v);
	add_value(&parts, &v);
	find_either(call, RF_GEN_AI_REQUEST_MODEL, RF_GEN_AI_RESPONSE_MODEL, &v);
	add_value(&parts, &v);
	id_parts_hash(&parts, key);
}

static int32_t *
bucket_of(struct ai_edges *e, const uint8_t key[KEY_BYTES])
{
	uint32_t h;

	memcpy(&h, key, sizeof(h));
	return &e->buckets[h & (e->nr_buckets - 1)];
}

static int32_t
find_edge(struct ai_edges *e, const uint8_t key[KEY_BYTES])
{
	int32_t i = *bucket_of(e, key);

	while (i != NONE && memcmp(e->edges[i].key, key, KEY_BYTES) != 0)
		i = e->edges[i].next_in_bucket;
	return i;
}

/* The fields that are the same in each of its records; NULL without memory. */
static struct record_head *
names_of(struct ai_edges *e, const struct record_head *call, const uint8_t key[KEY_BYTES])
{
	static const enum record_field kept[] = {
		RF_SRC_IDENTITY, RF_SRC_IDENTITY_CONFIDENCE, RF_SRC_IDENTITY_SOURCE,
		RF_DST_IDENTITY, RF_DST_IDENTITY_CONFIDENCE, RF_DST_IDENTITY_SOURCE
	};
	struct record *r = &e->out;
	struct record_head *names;
	struct record_value v;

	record_begin(r, RECORD_EDGE, call->order_us, call->time_us, NULL);
	record_put_bytes(r, RF_EDGE_ID, key, EDGE_ID_BYTES);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (record_find(call, kept[i], &v))
			record_put_text(r, kept[i], v.data, v.len);
	}
	if (record_find(call, RF_DOMAIN, &v))
		record_put_uint(r, RF_DOMAIN, record_value_uint(&v));
	if (record_find(call, RF_DST_PORT, &v))
		record_put_uint(r, RF_DST_PORT, record_value_uint(&v));
	if (find_either(call, RF_GEN_AI_PROVIDER_NAME, RF_GEN_AI_ENGINE, &v))
		record_put_text(r, RF_AI_SERVICES, v.data, v.len);
	if (find_either(call, RF_GEN_AI_REQUEST_MODEL, RF_GEN_AI_RESPONSE_MODEL, &v))
		record_put_text(r, RF_MODELS, v.data, v.len);
	names = malloc(r->head.len);
	if (names != NULL)
		memcpy(names, r->bytes, r->head.len);
	return names;
}

/* ------------------------------------------------------------------ its record */

static void
put_sum(struct record *r, enum record_field f, const struct sum *s)
{
	if (s->known)
		record_put_uint(r, f, s->n);
}

static void
put_types(const struct ai_edges *e, struct record *r, enum record_field f, const struct type_set *a,
	  const struct type_set *b)
{
	for (unsigned i = 0; i < e->nr_types; i++) {
		unsigned type = e->by_name[i];

		if (((a->word[type / 64] | b->word[type / 64]) >> type % 64 & 1) != 0)
			record_put_string(r, f, e->types[type]);
	}
}

/* Type, sensor, edge, where its sums begin and how often it was published. */
static void
event_id(const struct ai_edges *e, const struct edge *edge, uint8_t id[RECORD_ID_BYTES])
{
	struct id_parts parts = { .len = 0 };

	id_parts_add(&parts, "edge", 4);
	id_parts_add(&parts, e->config.sensor, strlen(e->config.sensor));
	id_parts_add(&parts, edge->key, sizeof(edge->key));
	id_parts_add(&parts, &edge->since_us, sizeof(edge->since_us));
	id_parts_add(&parts, &edge->nr_records, sizeof(edge->nr_records));
	id_parts_hash(&parts, id);
}

static void
publish(struct ai_edges *e, struct edge *edge)
{
	struct record *r = &e->out;

	memcpy(r->bytes, edge->names, edge->names->len);
	r->head.time_us = edge->last_us;
	event_id(e, edge, r->head.event_id);
	record_put_uint(r, RF_CALLS, edge->calls);
	record_put_uint(r, RF_ERRORS, edge->errors);
	put_sum(r, RF_GEN_AI_USAGE_INPUT_TOKENS, &edge->input);
	put_sum(r, RF_GEN_AI_USAGE_OUTPUT_TOKENS, &edge->output);
	put_sum(r, RF_GEN_AI_USAGE_CACHED_TOKENS, &edge->cached);
	record_put_uint(r, RF_CALLS_WITHOUT_USAGE, edge->without_usage);
	put_sum(r, RF_ESTIMATED_INPUT_TOKENS, &edge->estimated_input);
	put_sum(r, RF_ESTIMATED_OUTPUT_TOKENS, &edge->estimated_output);
	record_put_uint(r, RF_PROMPT_BYTES, edge->prompt_bytes);
	record_put_uint(r, RF_COMPLETION_BYTES, edge->completion_bytes);
	record_put_uint(r, RF_BYTES, edge->prompt_bytes + edge->completion_bytes);
	put_types(e, r, RF_DATA_TYPES, &edge->sent, &edge->received);
	put_types(e, r, RF_DATA_TYPES_SENT, &edge->sent, &edge->sent);
	put_types(e, r, RF_DATA_TYPES_RECEIVED, &edge->received, &edge->received);
	record_put_uint(r, RF_FIRST_TIME, edge->first_us);
	record_put_uint(r, RF_LAST_TIME, edge->last_us);
	record_put_uint(r, RF_COUNTED_SINCE, edge->since_us);
	record_put_string(r, RF_STATE, edge->nr_records == 0 ? "new" : "active");
	edge->nr_records++;
	edge->dirty = false;
	e->stats.published++;
	e->fn(e->arg, &r->head);
}

void
ai_edges_advance(struct ai_edges *e, uint64_t order_us)
{
	if (order_us > e->order_us)
		e->order_us = order_us;
	if (order_us < e->next_minute_us)
		return;
	for (uint32_t i = 0; i < e->nr_used; i++) {
		if (e->edges[i].dirty && e->edges[i].due_us <= order_us)
			publish(e, &e->edges[i]);
	}
	if (order_us != UINT64_MAX)
		e->next_minute_us = order_us - order_us % MINUTE_US + MINUTE_US;
}

/* ------------------------------------------------------------------ a call */

static void
unlink_edge(struct ai_edges *e, int32_t i)
{
	struct edge *edge = &e->edges[i];

	*(edge->older != NONE ? &e->edges[edge->older].newer : &e->oldest) = edge->newer;
	*(edge->newer != NONE ? &e->edges[edge->newer].older : &e->newest) = edge->older;
}

static void
link_newest(struct ai_edges *e, int32_t i)
{
	struct edge *edge = &e->edges[i];

	edge->older = e->newest;
	edge->newer = NONE;
	*(e->newest != NONE ? &e->edges[e->newest].newer : &e->oldest) = i;
	e->newest = i;
}

/* A place for one more: a fresh one, or that of the edge that was silent longest. */
static int32_t
make_room(struct ai_edges *e)
{
	int32_t i = e->oldest;
	int32_t *link;

	if (e->nr_used < e->config.max_edges)
		return (int32_t)e->nr_used++;
	if (e->edges[i].dirty)
		publish(e, &e->edges[i]);
	link = bucket_of(e, e->edges[i].key);
	while (*link != i)
		link = &e->edges[*link].next_in_bucket;
	*link = e->edges[i].next_in_bucket;
	unlink_edge(e, i);
	free(e->edges[i].names);
	e->stats.forgotten++;
	return i;
}

static int32_t
open_edge(struct ai_edges *e, const struct record_head *call, const uint8_t key[KEY_BYTES])
{
	int32_t *bucket = bucket_of(e, key), i;
	struct record_head *names = names_of(e, call, key);

	if (names == NULL) {
		e->stats.refused++;
		return NONE;
	}
	i = make_room(e);
	e->edges[i] = (struct edge) { .next_in_bucket = *bucket,
				      .names = names,
				      .due_us = e->order_us - e->order_us % MINUTE_US + MINUTE_US,
				      .since_us = call->time_us,
				      .first_us = call->time_us };
	memcpy(e->edges[i].key, key, KEY_BYTES);
	*bucket = i;
	link_newest(e, i);
	return i;
}

static bool
add_uint(struct sum *s, const struct record_head *call, enum record_field f)
{
	struct record_value v;

	if (!record_find(call, f, &v))
		return false;
	s->n += record_value_uint(&v);
	s->known = true;
	return true;
}

/* The class whose name stands behind the last one; returns its place. */
static unsigned
add_type(struct ai_edges *e)
{
	unsigned type = e->nr_types, at = type;

	while (at > 0 && strcmp(e->types[e->by_name[at - 1]], e->types[type]) > 0) {
		e->by_name[at] = e->by_name[at - 1];
		at--;
	}
	e->by_name[at] = (uint16_t)type;
	return e->nr_types++;
}

static unsigned
type_id(struct ai_edges *e, const struct record_value *name)
{
	static const char other[] = "other";
	struct record_value v = *name;

	if (v.len >= TYPE_CAP)
		v.len = TYPE_CAP - 1;
	for (unsigned i = 0; i < e->nr_types; i++) {
		if (strlen(e->types[i]) == v.len && memcmp(e->types[i], v.data, v.len) == 0)
			return i;
	}
	if (e->nr_types == AI_EDGE_TYPES)
		return AI_EDGE_TYPES - 1;
	if (e->nr_types == AI_EDGE_TYPES - 1) {
		v.data = (const uint8_t *)other;
		v.len = sizeof(other) - 1;
	}
	memcpy(e->types[e->nr_types], v.data, v.len);
	return add_type(e);
}

static void
add_types(struct ai_edges *e, struct edge *edge, const struct record_head *call)
{
	struct record_iter it = record_iter_of(call);
	struct record_value v;

	while (record_next(&it, &v)) {
		if (v.field != RF_DATA_TYPES_SENT && v.field != RF_DATA_TYPES_RECEIVED)
			continue;

		struct type_set *set =
		    v.field == RF_DATA_TYPES_SENT ? &edge->sent : &edge->received;
		unsigned id = type_id(e, &v);

		set->word[id / 64] |= UINT64_C(1) << id % 64;
	}
}

/* Tokens of one direction: what was reported, or else the estimate. */
static bool
add_tokens(struct sum *reported, enum record_field f, struct sum *estimated,
	   enum record_field estimate, const struct record_head *call)
{
	if (add_uint(reported, call, f))
		return true;
	add_uint(estimated, call, estimate);
	return false;
}

static void
add_call(struct ai_edges *e, struct edge *edge, const struct record_head *call)
{
	struct sum status = { 0 }, sent = { 0 }, received = { 0 };
	bool reported;

	edge->calls += !ai_ledger_is_fetch(call);
	add_uint(&status, call, RF_HTTP_STATUS);
	edge->errors += status.n >= 400;
	reported = add_tokens(&edge->input, RF_GEN_AI_USAGE_INPUT_TOKENS, &edge->estimated_input,
			      RF_ESTIMATED_INPUT_TOKENS, call);
	reported |= add_tokens(&edge->output, RF_GEN_AI_USAGE_OUTPUT_TOKENS,
			       &edge->estimated_output, RF_ESTIMATED_OUTPUT_TOKENS, call);
	reported |= add_uint(&edge->cached, call, RF_GEN_AI_USAGE_CACHED_TOKENS);
	edge->without_usage += !reported && ai_ledger_has_tokens(call);
	add_uint(&sent, call, RF_PROMPT_BYTES);
	add_uint(&received, call, RF_COMPLETION_BYTES);
	edge->prompt_bytes += sent.n;
	edge->completion_bytes += received.n;
	add_types(e, edge, call);
	if (call->time_us < edge->first_us)
		edge->first_us = edge->since_us = call->time_us;
	if (call->time_us > edge->last_us)
		edge->last_us = call->time_us;
}

void
ai_edges_push(struct ai_edges *e, const struct record_head *call)
{
	uint64_t interval_us = e->config.interval_us;
	uint8_t key[KEY_BYTES];
	struct edge *edge;
	int32_t i;

	if (call->type != RECORD_LLM)
		return;
	ai_edges_advance(e, call->order_us);
	key_of(call, key);
	i = find_edge(e, key);
	if (i == NONE)
		i = open_edge(e, call, key);
	if (i == NONE)
		return;
	unlink_edge(e, i);
	link_newest(e, i);
	edge = &e->edges[i];
	e->stats.kept = e->nr_used;
	if (!edge->dirty && edge->nr_records != 0)
		edge->due_us = e->order_us - e->order_us % interval_us + interval_us;
	edge->dirty = true;
	add_call(e, edge, call);
}
