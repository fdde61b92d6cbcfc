#include "dataplane/publish/aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/publish/id_parts.h"
#include "dataplane/publish/reason.h"

/* Open addressing, grown by halves up to AGGREGATE_MAX_VALUES values; 0 stands for empty. */
struct values {
	uint64_t *slot; /* owned */
	uint32_t cap;	/* a power of two, or 0 */
	uint32_t nr;
	bool zero; /* the value 0 itself is in the set */
	bool saturated;
};

/*
 * An open aggregate. All are in one list in the order in which they were opened, which is also the
 * order of their windows, and in a hash table by key.
 */
struct open_aggregate {
	struct open_aggregate *next_opened; /* towards the newest */
	struct open_aggregate *next_in_bucket;
	struct record_head *finding; /* owned: the weightiest so far */
	uint64_t window_us;	     /* where its window starts */
	uint64_t opened_early;	     /* early publications before it: part of its event_id */
	uint64_t count, first_us, last_us;
	uint64_t bytes;
	uint64_t threshold; /* of times, or of distinct values */
	bool threshold_values;
	uint8_t edge[8];
	uint8_t key[16]; /* of rule, edge and window */
	struct values values;
};

struct aggregate {
	struct aggregate_config config;
	aggregate_emit_fn *emit;
	void *emit_arg;
	struct open_aggregate *oldest, *newest;
	struct open_aggregate **buckets; /* owned */
	uint32_t nr_buckets;		 /* a power of two */
	uint32_t nr_open;
	uint64_t order_us; /* never goes back */
	struct aggregate_stats stats;
	struct record out;
};

int
aggregate_create(const struct aggregate_config *config, aggregate_emit_fn *emit, void *arg,
		 struct aggregate **out)
{
	struct aggregate *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return -ENOMEM;
	a->config = *config;
	a->emit = emit;
	a->emit_arg = arg;
	a->out.mask = endpoint_copy_masked;
	a->nr_buckets = 16;
	while (a->nr_buckets < config->max_open && a->nr_buckets < 1u << 20)
		a->nr_buckets *= 2;
	a->buckets = calloc(a->nr_buckets, sizeof(struct open_aggregate *));
	if (a->buckets == NULL) {
		free(a);
		return -ENOMEM;
	}
	*out = a;
	return 0;
}

static void
free_open(struct open_aggregate *o)
{
	free(o->values.slot);
	free(o->finding);
	free(o);
}

void
aggregate_destroy(struct aggregate *a)
{
	if (a == NULL)
		return;
	while (a->oldest != NULL) {
		struct open_aggregate *next = a->oldest->next_opened;

		free_open(a->oldest);
		a->oldest = next;
	}
	free(a->buckets);
	free(a);
}

static void
values_place(uint64_t *slot, uint32_t cap, uint64_t v)
{
	uint32_t i = (uint32_t)v & (cap - 1);

	while (slot[i] != 0 && slot[i] != v)
		i = (i + 1) & (cap - 1);
	slot[i] = v;
}

static bool
values_hold(const struct values *s, uint64_t v)
{
	uint32_t i = (uint32_t)v & (s->cap - 1);

	if (s->cap == 0)
		return false;
	while (s->slot[i] != 0 && s->slot[i] != v)
		i = (i + 1) & (s->cap - 1);
	return s->slot[i] == v;
}

/* Keeps the table at most half full. */
static bool
values_grow(struct values *s)
{
	uint32_t cap = s->cap == 0 ? 8 : s->cap * 2;
	uint64_t *slot;

	if (s->nr * 2 < s->cap)
		return true;
	slot = calloc(cap, sizeof(*slot));
	if (slot == NULL)
		return false;
	for (uint32_t i = 0; i < s->cap; i++) {
		if (s->slot[i] != 0)
			values_place(slot, cap, s->slot[i]);
	}
	free(s->slot);
	s->slot = slot;
	s->cap = cap;
	return true;
}

static void
values_add(struct values *s, uint64_t v)
{
	if (v == 0 ? s->zero : values_hold(s, v))
		return;
	if (s->nr == AGGREGATE_MAX_VALUES || (v != 0 && !values_grow(s))) {
		s->saturated = true;
		return;
	}
	if (v == 0)
		s->zero = true;
	else
		values_place(s->slot, s->cap, v);
	s->nr++;
}

static void
hash_edge(const struct record_head *finding, uint8_t edge[8])
{
	struct id_parts m = { .len = 0 };
	struct record_value domain;
	uint8_t full[16];

	id_parts_add_field(&m, finding, RF_SRC_IDENTITY);
	id_parts_add_field(&m, finding, RF_DST_IDENTITY);
	id_parts_add_field(&m, finding, RF_DST_PORT);
	if (record_find(finding, RF_DOMAIN, &domain)) /* the same addresses elsewhere are others */
		id_parts_add(&m, domain.data, domain.len);
	id_parts_hash(&m, full);
	memcpy(edge, full, 8);
}

static void
hash_key(const struct record_head *finding, const uint8_t edge[8], uint64_t window_us,
	 uint8_t key[16])
{
	struct id_parts m = { .len = 0 };

	id_parts_add_field(&m, finding, RF_RULE_ID);
	id_parts_add(&m, edge, 8);
	id_parts_add(&m, &window_us, sizeof(window_us));
	id_parts_hash(&m, key);
}

static void
hash_event_id(const struct aggregate *a, const struct open_aggregate *o, uint8_t id[16])
{
	struct id_parts m = { .len = 0 };

	id_parts_add(&m, "finding", 7);
	id_parts_add(&m, a->config.sensor, strlen(a->config.sensor));
	id_parts_add(&m, o->key, sizeof(o->key));
	id_parts_add(&m, &o->opened_early, sizeof(o->opened_early));
	id_parts_hash(&m, id);
}

static struct open_aggregate **
bucket_of(const struct aggregate *a, const uint8_t key[16])
{
	uint32_t h;

	memcpy(&h, key, sizeof(h));
	return &a->buckets[h & (a->nr_buckets - 1)];
}

static struct open_aggregate *
find_open(const struct aggregate *a, const uint8_t key[16])
{
	struct open_aggregate *o = *bucket_of(a, key);

	while (o != NULL && memcmp(o->key, key, sizeof(o->key)) != 0)
		o = o->next_in_bucket;
	return o;
}

static const char *
dst_kind(const struct aggregate *a, const struct record_head *finding)
{
	struct record_value ip;

	if (!record_find(finding, RF_DST_IP, &ip))
		return NULL;
	return networks_contain(a->config.networks, ip.data, ip.len) ? "internal" : "external";
}

static void
build(struct aggregate *a, const struct open_aggregate *o)
{
	struct record *r = &a->out;
	uint32_t distinct = o->values.nr;
	struct record_value v;
	char reason[512];
	size_t len;

	memcpy(r->bytes, o->finding, o->finding->len);
	r->head.time_us = o->last_us;
	hash_event_id(a, o, r->head.event_id);
	if (!record_find(&r->head, RF_DST_KIND, &v))
		record_put_string(r, RF_DST_KIND, dst_kind(a, o->finding));
	record_put_uint(r, RF_COUNT, o->count);
	if (distinct != 0)
		record_put_uint(r, RF_DISTINCT_VALUES, distinct);
	record_put_uint(r, RF_FIRST_TIME, o->first_us);
	record_put_uint(r, RF_LAST_TIME, o->last_us);
	record_put_bytes(r, RF_EDGE_ID, o->edge, sizeof(o->edge));
	if (o->bytes != 0)
		record_put_uint(r, RF_BYTES_SENT, o->bytes);
	if (record_find(&r->head, RF_REASON, &v))
		return; /* whoever made it knew better */
	len = reason_write(&r->head, distinct != 0 ? distinct : o->count, reason, sizeof(reason));
	record_put_text(r, RF_REASON, reason, len);
}

static void
publish_oldest(struct aggregate *a)
{
	struct open_aggregate *o = a->oldest;
	struct open_aggregate **link = bucket_of(a, o->key);

	while (*link != o)
		link = &(*link)->next_in_bucket;
	*link = o->next_in_bucket;
	a->oldest = o->next_opened;
	if (a->oldest == NULL)
		a->newest = NULL;
	a->nr_open--;

	if ((o->threshold_values ? o->values.nr : o->count) < o->threshold) {
		a->stats.few++;
		free_open(o);
		return;
	}
	build(a, o);
	a->stats.published++;
	if (o->values.saturated)
		a->stats.saturated++;
	free_open(o);
	a->emit(a->emit_arg, &a->out.head);
}

void
aggregate_advance(struct aggregate *a, uint64_t order_us)
{
	if (order_us > a->order_us)
		a->order_us = order_us;
	while (a->oldest != NULL && a->oldest->window_us <= a->order_us &&
	       a->order_us - a->oldest->window_us >= a->config.window_us)
		publish_oldest(a);
	while (a->oldest != NULL && a->order_us == UINT64_MAX)
		publish_oldest(a);
}

static struct record_head *
copy_of(const struct record_head *record)
{
	struct record_head *copy = malloc(record->len);

	if (copy != NULL)
		memcpy(copy, record, record->len);
	return copy;
}

static struct open_aggregate *
open_new(struct aggregate *a, const struct record_head *finding, uint64_t window_us,
	 const uint8_t edge[8], const uint8_t key[16])
{
	struct open_aggregate *o = calloc(1, sizeof(*o));
	struct open_aggregate **bucket = bucket_of(a, key);

	if (o == NULL)
		return NULL;
	o->finding = copy_of(finding);
	if (o->finding == NULL) {
		free(o);
		return NULL;
	}
	o->window_us = window_us;
	o->opened_early = a->stats.early;
	o->first_us = o->last_us = finding->time_us;
	memcpy(o->edge, edge, sizeof(o->edge));
	memcpy(o->key, key, sizeof(o->key));
	o->next_in_bucket = *bucket;
	*bucket = o;
	if (a->newest != NULL)
		a->newest->next_opened = o;
	else
		a->oldest = o;
	a->newest = o;
	a->nr_open++;
	return o;
}

static uint64_t
uint_field(const struct record_head *r, enum record_field f, uint64_t otherwise)
{
	struct record_value v;

	return record_find(r, f, &v) ? record_value_uint(&v) : otherwise;
}

/* As texts sort; a text that is missing sorts first. */
static int
compare_texts(const struct record_head *a, const struct record_head *b, enum record_field f)
{
	struct record_value x = { .len = 0 }, y = { .len = 0 };
	int c = 0;

	record_find(a, f, &x);
	record_find(b, f, &y);
	if (x.len != 0 && y.len != 0)
		c = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);
	return c != 0 ? c : (x.len > y.len) - (x.len < y.len);
}

/*
 * By what was found and never by when: two findings of one packet have one time, and another cut of
 * the same bytes gives them two.
 */
static bool
outweighs(const struct record_head *finding, const struct record_head *kept)
{
	static const enum record_field weights[] = { RF_SEVERITY_ID, RF_SCORE };

	for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
		uint64_t mine = uint_field(finding, weights[i], 1);
		uint64_t its = uint_field(kept, weights[i], 1);

		if (mine != its)
			return mine > its;
	}

	int c = compare_texts(finding, kept, RF_SAMPLE_MASKED);

	return c != 0 ? c < 0 : compare_texts(finding, kept, RF_WHERE) < 0;
}

static void
count_in(struct open_aggregate *o, const struct record_head *finding)
{
	struct record_value value;

	if (o->count != 0 && outweighs(finding, o->finding)) {
		struct record_head *copy = copy_of(finding);

		if (copy != NULL) {
			free(o->finding);
			o->finding = copy;
		}
	}
	o->count++;
	o->threshold = uint_field(finding, RF_THRESHOLD, 0);
	o->threshold_values = record_find(finding, RF_THRESHOLD_VALUES, &value);
	o->bytes += uint_field(finding, RF_ADD_BYTES, 0);
	if (finding->time_us < o->first_us)
		o->first_us = finding->time_us;
	if (finding->time_us > o->last_us)
		o->last_us = finding->time_us;
	if (record_find(finding, RF_VALUE_HASH, &value))
		values_add(&o->values, record_value_uint(&value));
}

void
aggregate_push(struct aggregate *a, const struct record_head *finding)
{
	uint64_t severity = uint_field(finding, RF_SEVERITY_ID, 1);
	struct open_aggregate *o;
	uint8_t edge[8], key[16];
	uint64_t window_us;

	a->stats.findings++;
	if (severity < a->config.min_severity_id) {
		a->stats.below++;
		return;
	}
	aggregate_advance(a, finding->order_us);
	window_us = a->order_us - a->order_us % a->config.window_us;
	hash_edge(finding, edge);
	hash_key(finding, edge, window_us, key);
	o = find_open(a, key);
	if (o == NULL) {
		if (a->nr_open >= a->config.max_open) {
			a->stats.early++;
			publish_oldest(a);
		}
		o = open_new(a, finding, window_us, edge, key);
	}
	if (o == NULL) {
		a->stats.refused++;
		return;
	}
	count_in(o, finding);
}

const struct aggregate_stats *
aggregate_stats(const struct aggregate *a)
{
	return &a->stats;
}
