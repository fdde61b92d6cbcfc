#include "dataplane/publish/publisher.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classify/siphash.h"
#include "dataplane/log.h"
#include "dataplane/publish/aggregate.h"
#include "dataplane/publish/ai_edge.h"
#include "dataplane/publish/encode.h"
#include "dataplane/publish/merge.h"
#include "dataplane/port/cursor.h"

#define MAX_WAITING  16u
#define FULL_WAIT_MS 50
#define REST_MAX_US  4000u

/* What the control thread and the publisher thread both touch. */
struct shared {
	pthread_mutex_t lock;
	struct publisher_stats stats;
	struct ai_ledger calls;
	struct record_head *waiting[MAX_WAITING]; /* stats records, oldest first; owned */
	unsigned nr_waiting;
};

struct publisher {
	struct publisher_config config;
	unsigned nr_workers;
	struct record_ring *rings; /* owned */
	/*
	 * Per ring, the watermark that was read before the last complete drain: what is still in
	 * the ring, or will come, is not older.
	 */
	uint64_t *drained_us; /* owned */
	struct merge merge;
	struct dns_names *names; /* NULL: none are wanted */
	struct aggregate *aggregate;
	struct ai_watch *ai_watch;
	struct ai_edges *ai_edges;
	struct budget budget;
	struct encoder encoder;
	uint64_t seq[NR_RECORD_TYPES];
	struct publisher_stats stats; /* the thread's own; copied to shared */
	struct shared *shared;	      /* owned */
	pthread_t thread;
	bool started;
	_Atomic bool stop;
	_Atomic bool failed;
	const struct provider_catalogue *offered_providers;
	_Atomic bool offered;
	_Atomic uint64_t beat;
	struct record filled;
	char json[ENCODE_MAX_BYTES];
};

#define KEY_TEXT_BYTES 512u /* cluster and sensor are 128 bytes at most */

/* cluster|sensor|edge_id: sums of one sensor say nothing of another's. */
static size_t
edge_key(const struct publisher *p, const struct record_value *edge, char text[KEY_TEXT_BYTES])
{
	char id[2 * 8 + 1];

	encode_hex(edge->data, edge->len, id);
	return (size_t)snprintf(text, KEY_TEXT_BYTES, "%.128s|%.128s|%.16s", p->config.cluster,
				p->config.sensor, id);
}

/* What belongs together in a topic stays in order: its key, as docs/records.md lists them. */
static void
find_key(const struct publisher *p, const struct record_head *r, struct sink_message *m,
	 char text[KEY_TEXT_BYTES])
{
	static const enum record_field fields[NR_RECORD_TYPES] = {
		[RECORD_FLOW] = RF_COMMUNITY_ID, [RECORD_HTTP] = RF_COMMUNITY_ID,
		[RECORD_DNS] = RF_SRC_IP,	 [RECORD_TLS] = RF_COMMUNITY_ID,
		[RECORD_DB] = RF_COMMUNITY_ID,	 [RECORD_LLM] = RF_SRC_IDENTITY,
		[RECORD_MCP] = RF_SRC_IDENTITY,	 [RECORD_FINDING] = RF_SRC_IDENTITY,
		[RECORD_EDGE] = RF_EDGE_ID,	 [RECORD_STATS] = NR_RECORD_FIELDS,
	};
	struct record_value v;

	m->key = p->config.sensor;
	m->key_len = strlen(p->config.sensor);
	if (r->type == RECORD_STATS || !record_find(r, fields[r->type], &v))
		return;
	m->key = (const char *)v.data;
	m->key_len = v.len;
	if (r->type == RECORD_DNS) {
		m->key = text;
		m->key_len = endpoint_address(v.data, v.len, text);
	} else if (r->type == RECORD_EDGE) {
		m->key = text;
		m->key_len = edge_key(p, &v, text);
	}
}

static void
write_out(struct publisher *p, const struct sink_message *m)
{
	struct sink *sink = p->config.sink;
	enum sink_result r = sink->ops->write(sink, m);

	while (r == SINK_FULL) {
		sink->ops->poll(sink, FULL_WAIT_MS);
		r = sink->ops->write(sink, m);
	}
	if (r == SINK_FAILED) {
		atomic_store(&p->failed, true);
		p->stats.discarded_records++;
		return;
	}
	p->stats.published_records++;
	p->stats.published_bytes += m->len;
}

static void
publish(struct publisher *p, const struct record_head *record)
{
	enum record_type type = (enum record_type)record->type;
	struct sink_message m = { .type = type, .json = p->json, .time_us = record->time_us };
	char key[KEY_TEXT_BYTES];
	char id[SINK_ID_DIGITS];

	if ((p->config.types & (1u << type)) == 0)
		return;
	if (atomic_load_explicit(&p->failed, memory_order_relaxed)) {
		p->stats.discarded_records++;
		return;
	}
	m.len = encode_record(&p->encoder, record, p->seq[type] + 1, p->json);
	if (!budget_take(&p->budget, type, record->time_us, m.len))
		return;
	p->seq[type]++;
	find_key(p, record, &m, key);
	encode_hex(record->event_id, RECORD_ID_BYTES, id);
	m.event_id = id;
	write_out(p, &m);
}

static void
publish_summed(void *arg, const struct record_head *record)
{
	publish(arg, record);
}

/* Each address of an answer: time to live 4 | length 1 | address. */
static void
learn_names(struct publisher *p, const struct record_head *record)
{
	struct record_value client, name, list, domain;
	uint16_t of = 0;
	struct cursor c;
	const uint8_t *head;

	if (!record_find(record, RF_SRC_IP, &client) ||
	    !record_find(record, RF_DNS_QUESTION_NAME, &name) ||
	    !record_find(record, RF_DNS_ADDRESSES, &list))
		return;
	if (record_find(record, RF_DOMAIN, &domain))
		of = (uint16_t)record_value_uint(&domain);
	c = cursor_of(list.data, list.len);
	while ((head = cursor_take(&c, 5)) != NULL) {
		const uint8_t *address = cursor_take(&c, head[4]);

		if (address == NULL)
			return;
		dns_names_learn(p->names, of, span_of(client.data, client.len),
				span_of(address, head[4]), span_of(name.data, name.len),
				record->time_us, read_be32(head));
	}
}

/* What the AI watch found, in the place of the record that it found it by. */
static void
push_finding(void *arg, const struct record_head *finding)
{
	struct publisher *p = arg;

	if ((p->config.types & (1u << RECORD_FINDING)) != 0)
		aggregate_push(p->aggregate, finding);
}

/* What is added up is published when its time is over. */
static void
advance(struct publisher *p, uint64_t order_us)
{
	aggregate_advance(p->aggregate, order_us);
	ai_edges_advance(p->ai_edges, order_us);
}

/* A record in its place of the order. */
static void
deliver(struct publisher *p, const struct record_head *record)
{
	struct record_value v;

	advance(p, record->order_us);
	if (record->type >= NR_RECORD_TYPES)
		return;
	if (p->names != NULL && record->type == RECORD_DNS)
		learn_names(p, record);
	if (record->type == RECORD_DNS && record_find(record, RF_DNS_NAMES_ONLY, &v))
		return;
	endpoint_fill(&p->config.networks, p->names, record, &p->filled);
	ai_watch_push(p->ai_watch, &p->filled);
	ai_edges_push(p->ai_edges, &p->filled.head);
	if ((p->config.types & (1u << record->type)) == 0)
		return;
	if (record->type == RECORD_FINDING)
		aggregate_push(p->aggregate, &p->filled.head);
	else
		publish(p, &p->filled.head);
}

static uint64_t
lowest_drained(const struct publisher *p)
{
	uint64_t us = UINT64_MAX;

	for (unsigned i = 0; i < p->nr_workers; i++) {
		if (p->drained_us[i] < us)
			us = p->drained_us[i];
	}
	return us;
}

/*
 * Moves what the rings hold into the merge. When that is full, a replay leaves the rings that are
 * ahead: their workers wait, while those that hold everything up go on. True when one was filling.
 */
static bool
drain_rings(struct publisher *p)
{
	uint64_t lowest = lowest_drained(p);
	bool pressed = false;

	for (unsigned i = 0; i < p->nr_workers; i++) {
		struct record_ring *ring = &p->rings[i];
		const struct record_head *record;
		uint64_t watermark_us, end;

		if (p->config.replay && merge_full(&p->merge) && p->drained_us[i] > lowest)
			continue;
		watermark_us = record_ring_watermark(ring); /* before end: see record_ring.h */
		end = record_ring_end(ring);
		pressed = pressed || record_ring_pressed(ring, end);
		while (!record_ring_drained(ring, end)) {
			record = record_ring_peek(ring);
			if (record == NULL)
				break;
			if (merge_push(&p->merge, record) != 0 && p->config.replay)
				atomic_store(&p->failed, true);
			record_ring_pop(ring);
		}
		p->drained_us[i] = watermark_us;
	}
	return pressed;
}

static void
release(struct publisher *p, uint64_t before_us)
{
	struct record_head *record;

	for (;;) {
		record = merge_take(&p->merge, before_us, !p->config.replay);
		if (record == NULL)
			break;
		deliver(p, record);
		free(record);
	}
	/* A replay turns windows by records alone, so that its lines keep their order. */
	if (!p->config.replay)
		advance(p, before_us);
}

static void
put_counter(void *arg, const char *name, uint64_t value)
{
	record_put_counter(arg, name, value);
}

/* Stats, with what only this thread counts: what model calls add up to. */
static void
publish_waiting(struct publisher *p)
{
	struct record_head *waiting[MAX_WAITING];
	unsigned nr;

	pthread_mutex_lock(&p->shared->lock);
	nr = p->shared->nr_waiting;
	memcpy(waiting, p->shared->waiting, nr * sizeof(waiting[0]));
	p->shared->nr_waiting = 0;
	pthread_mutex_unlock(&p->shared->lock);
	for (unsigned i = 0; i < nr; i++) {
		memcpy(p->filled.bytes, waiting[i], waiting[i]->len);
		ai_ledger_put(ai_watch_ledger(p->ai_watch), put_counter, &p->filled);
		publish(p, &p->filled.head);
		free(waiting[i]);
	}
}

static void
share_stats(struct publisher *p)
{
	const struct aggregate_stats *a = aggregate_stats(p->aggregate);
	struct publisher_stats *s = &p->stats;
	struct sink_stats sink;

	p->config.sink->ops->stats(p->config.sink, &sink);
	s->encode_cut = p->encoder.cut;
	s->merge_late = p->merge.stats.late;
	s->merge_early = p->merge.stats.early;
	s->merge_refused = p->merge.stats.refused;
	s->findings_made = a->findings;
	s->findings_below = a->below;
	s->findings_few = a->few;
	s->findings_early = a->early;
	s->findings_saturated = a->saturated;
	s->findings_refused = a->refused;
	s->manifests_forgotten = ai_watch_stats(p->ai_watch)->manifests_forgotten;
	s->ai_edges = ai_edges_stats(p->ai_edges)->kept;
	s->ai_edges_forgotten = ai_edges_stats(p->ai_edges)->forgotten;
	s->ai_edges_refused = ai_edges_stats(p->ai_edges)->refused;
	s->budget_dropped = 0;
	for (unsigned t = 0; t < NR_RECORD_TYPES; t++)
		s->budget_dropped += p->budget.dropped[t];
	if (p->names != NULL) {
		const struct dns_names_stats *names = dns_names_stats(p->names);

		s->dns_names = names->entries;
		s->dns_names_learned = names->learned;
		s->dns_names_used = names->used;
		s->dns_names_evicted = names->evicted;
		s->dns_names_refused = names->refused;
	}
	s->output_queue = sink.queued;
	s->output_delivered = sink.delivered;
	s->output_errors = sink.errors;
	s->output_lost = sink.lost;
	s->spool_bytes = sink.spool_bytes;
	s->spool_records = sink.spool_records;
	s->spool_lost = sink.spool_lost;
	pthread_mutex_lock(&p->shared->lock);
	p->shared->stats = *s;
	p->shared->calls = *ai_watch_ledger(p->ai_watch);
	pthread_mutex_unlock(&p->shared->lock);
}

/*
 * To wake up costs as much as a hundred records do. What comes in the meantime has room: a worker
 * would have to write 1 GB/s to fill its ring.
 */
static void
rest(const struct publisher *p)
{
	size_t us = p->config.ring_bytes / 1024;

	us = us < REST_MAX_US ? us : REST_MAX_US;
	nanosleep(&(struct timespec) { .tv_nsec = (long)us * 1000 }, NULL);
}

static void
take_providers(struct publisher *p)
{
	if (!atomic_load_explicit(&p->offered, memory_order_acquire))
		return;
	ai_watch_set_providers(p->ai_watch, p->offered_providers);
	atomic_store_explicit(&p->offered, false, memory_order_release);
}

void
publisher_offer_providers(struct publisher *p, const struct provider_catalogue *providers)
{
	p->offered_providers = providers;
	atomic_store_explicit(&p->offered, true, memory_order_release);
}

bool
publisher_providers_taken(const struct publisher *p)
{
	return !atomic_load_explicit(&p->offered, memory_order_acquire);
}

/* The workers have ended: everything that there is, in order. */
static void
publish_rest(struct publisher *p)
{
	for (unsigned i = 0; i < p->nr_workers; i++)
		record_ring_set_watermark(&p->rings[i], UINT64_MAX);
	/* Once is not enough for a merge that was full. */
	do {
		drain_rings(p);
		release(p, lowest_drained(p));
	} while (lowest_drained(p) != UINT64_MAX);
	advance(p, UINT64_MAX);
	publish_waiting(p);
}

static void *
publisher_main(void *arg)
{
	struct publisher *p = arg;

	while (!atomic_load(&p->stop)) {
		bool pressed;

		atomic_fetch_add_explicit(&p->beat, 1, memory_order_relaxed);
		take_providers(p);
		pressed = drain_rings(p);
		release(p, lowest_drained(p));
		/* A replay's are its last word: what is still in the rings belongs to it. */
		if (!p->config.replay)
			publish_waiting(p);
		share_stats(p);
		if (pressed)
			continue;
		p->config.sink->ops->poll(p->config.sink, 0);
		rest(p);
	}
	publish_rest(p);
	if (p->config.sink->ops->flush(p->config.sink) != 0)
		atomic_store(&p->failed, true);
	share_stats(p);
	return NULL;
}

static int
create_rings(struct publisher *p)
{
	p->drained_us = calloc(p->nr_workers, sizeof(*p->drained_us));
	p->rings = aligned_alloc(64, p->nr_workers * sizeof(*p->rings));
	if (p->drained_us == NULL || p->rings == NULL)
		return -ENOMEM;
	memset(p->rings, 0, p->nr_workers * sizeof(*p->rings));
	for (unsigned i = 0; i < p->nr_workers; i++) {
		int r = record_ring_init(&p->rings[i], p->config.ring_bytes);

		if (r != 0)
			return r;
	}
	return 0;
}

static int
create_stages(struct publisher *p)
{
	const struct publisher_config *c = &p->config;
	const struct aggregate_config findings = {
		.sensor = c->sensor,
		.window_us = c->window_us,
		.min_severity_id = c->min_severity_id,
		.max_open = AGGREGATE_DEFAULT_MAX_OPEN,
		.networks = &p->config.networks,
	};
	const struct ai_edge_config edges = {
		.sensor = c->sensor,
		.max_edges = c->max_edges,
		.interval_us = c->edge_interval_us,
	};

	p->filled.mask = endpoint_copy_masked;
	p->encoder =
	    (struct encoder) { .sensor = c->sensor, .cluster = c->cluster, .boot_us = c->boot_us };
	merge_init(&p->merge, c->merge_bytes);
	budget_init(&p->budget, &c->budget);
	p->shared = calloc(1, sizeof(*p->shared));
	if (p->shared == NULL)
		return -ENOMEM;
	pthread_mutex_init(&p->shared->lock, NULL);
	if (c->dns_names != 0) {
		p->names = dns_names_create(c->dns_names, c->dns_grace_us, &c->names_key);
		if (p->names == NULL)
			return -ENOMEM;
	}
	if (aggregate_create(&findings, publish_summed, p, &p->aggregate) != 0)
		return -ENOMEM;
	if (ai_edges_create(&edges, publish_summed, p, &p->ai_edges) != 0)
		return -ENOMEM;
	return ai_watch_create(c->providers, &p->config.networks, push_finding, p, &p->ai_watch);
}

int
publisher_create(const struct publisher_config *config, unsigned nr_workers, struct publisher **out)
{
	struct publisher *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL) {
		config->sink->ops->close(config->sink);
		return -ENOMEM;
	}
	p->config = *config;
	p->nr_workers = nr_workers;
	r = create_stages(p);
	if (r == 0)
		r = create_rings(p);
	if (r != 0) {
		publisher_destroy(p);
		return r;
	}
	*out = p;
	return 0;
}

void
publisher_destroy(struct publisher *p)
{
	if (p == NULL)
		return;
	p->config.sink->ops->close(p->config.sink);
	for (unsigned i = 0; p->rings != NULL && i < p->nr_workers; i++)
		record_ring_fini(&p->rings[i]);
	free(p->rings);
	free(p->drained_us);
	merge_fini(&p->merge);
	ai_watch_destroy(p->ai_watch);
	ai_edges_destroy(p->ai_edges);
	aggregate_destroy(p->aggregate);
	dns_names_destroy(p->names);
	for (unsigned i = 0; p->shared != NULL && i < p->shared->nr_waiting; i++)
		free(p->shared->waiting[i]);
	if (p->shared != NULL)
		pthread_mutex_destroy(&p->shared->lock);
	free(p->shared);
	free(p);
}

struct record_ring *
publisher_ring(struct publisher *p, unsigned worker)
{
	return &p->rings[worker];
}

int
publisher_start(struct publisher *p)
{
	int r = pthread_create(&p->thread, NULL, publisher_main, p);

	if (r != 0) {
		log_err("publisher: no thread: %s", strerror(r));
		return -r;
	}
	p->started = true;
	return 0;
}

int
publisher_stop(struct publisher *p)
{
	atomic_store(&p->stop, true);
	if (p->started)
		pthread_join(p->thread, NULL);
	p->started = false;
	return publisher_failed(p) ? -EIO : 0;
}

bool
publisher_failed(const struct publisher *p)
{
	return atomic_load(&p->failed);
}

uint64_t
publisher_beat(const struct publisher *p)
{
	return atomic_load_explicit(&p->beat, memory_order_relaxed);
}

void
publisher_stats(const struct publisher *p, struct publisher_stats *stats)
{
	pthread_mutex_lock(&p->shared->lock);
	*stats = p->shared->stats;
	pthread_mutex_unlock(&p->shared->lock);
}

void
publisher_put_calls(const struct publisher *p, counter_put_fn *put, void *arg)
{
	struct ai_ledger calls;

	pthread_mutex_lock(&p->shared->lock);
	calls = p->shared->calls;
	pthread_mutex_unlock(&p->shared->lock);
	ai_ledger_put(&calls, put, arg);
}

void
publisher_put_counters(const struct publisher *p, counter_put_fn *put, void *arg)
{
	struct publisher_stats s;

	publisher_stats(p, &s);
#define PUBLISHER_COUNTER_PUT(member, meaning) put(arg, #member, s.member);
	PUBLISHER_COUNTERS(PUBLISHER_COUNTER_PUT)
#undef PUBLISHER_COUNTER_PUT
}

/* Type, sensor, start and time: what tells one stats record from another. */
static void
stats_id(const struct publisher *p, struct record_head *record)
{
	static const struct siphash_key key = { 0x7765697200000000u, 0x7374617473000000u };
	uint8_t bytes[2 * sizeof(uint64_t) + 256] = { 0 };
	size_t len = strlen(p->config.sensor);

	if (len > 256)
		len = 256;
	memcpy(bytes, &p->config.boot_us, sizeof(uint64_t));
	memcpy(bytes + sizeof(uint64_t), &record->time_us, sizeof(uint64_t));
	memcpy(bytes + 2 * sizeof(uint64_t), p->config.sensor, len);
	siphash24_128(&key, bytes, 2 * sizeof(uint64_t) + len, record->event_id);
}

void
publisher_put_stats(struct publisher *p, const struct record_head *record)
{
	struct record_head *copy = malloc(record->len);
	struct shared *shared = p->shared;

	if (copy == NULL)
		return;
	memcpy(copy, record, record->len);
	stats_id(p, copy);
	pthread_mutex_lock(&shared->lock);
	if (shared->nr_waiting == MAX_WAITING) {
		free(shared->waiting[0]);
		shared->nr_waiting--;
		memmove(shared->waiting, shared->waiting + 1,
			shared->nr_waiting * sizeof(shared->waiting[0]));
	}
	shared->waiting[shared->nr_waiting++] = copy;
	pthread_mutex_unlock(&shared->lock);
}
