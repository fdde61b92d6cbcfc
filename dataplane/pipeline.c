#include "dataplane/pipeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "classify/conn_counters.h"
#include "dataplane/flow/pages.h"
#include "dataplane/key_feed.h"
#include "dataplane/log.h"
#include "dataplane/port/frame_pool.h"
#include "dataplane/publish/ai_watch.h"
#include "dataplane/publish/publisher.h"
#include "dataplane/rules_in_force.h"
#include "dataplane/worker.h"

#define TICK_US		100000u
#define RELOAD_TICK_US	2000u
#define MEMPOOL_BYTES	128u /* what a pool adds to each frame */
#define PAGE_BYTES	4096u
#define DATA_ROOM	(2048 + RTE_PKTMBUF_HEADROOM)
#define PRIV_BYTES	RTE_ALIGN(sizeof(struct packet), RTE_MBUF_PRIV_ALIGN)
#define RING_FRAMES	2048u
#define RING_FRAMES_MIN 128u
#define POOL_CACHE	128u
#define FIRST_LCORE	1u /* of the workers; the main lcore is 0, see eal.c */

struct pipeline {
	const struct config *config;
	bool replay;
	unsigned nr_workers;
	unsigned nr_sources;
	struct worker_shared *shared;
	struct worker *workers[WORKER_MAX];
	struct publisher *publisher;
	struct rules_in_force *rules;
	struct key_feed *keys; /* or NULL */
	void (*more_counters)(void *arg, counter_put_fn *put, void *to);
	void *more_arg;
	struct record stats;
};

unsigned
pipeline_memory_mb(const struct config *config)
{
	/* On ordinary pages no frame of DPDK's pools lies across two. */
	uint64_t frame =
	    RTE_ALIGN(sizeof(struct rte_mbuf) + PRIV_BYTES + DATA_ROOM + MEMPOOL_BYTES, PAGE_BYTES);

	/* Pools are cut from zones of their own; DPDK's own needs are about 32 MiB. */
	return (unsigned)(config->memory_mbufs * frame / (1 << 20) * 17 / 16 + 48);
}

unsigned
pipeline_least_mb(const struct config *config)
{
	uint64_t each = config->flow_max * sizeof(struct flow) + (config->reasm_worker_mb << 20) +
			(config->publish_ring_kb << 10);

	return pipeline_memory_mb(config) + (unsigned)(config->workers * each >> 20);
}

static uint64_t
random_u64(void)
{
	uint64_t v = 0;

	if (getrandom(&v, sizeof(v), 0) != sizeof(v))
		v = rte_rdtsc() * 0x9e3779b97f4a7c15u;
	return v;
}

static void
update_wall_offset(struct pipeline *p)
{
	struct timespec ts;
	double us_per_cycle = 1e6 / (double)rte_get_tsc_hz();
	uint64_t tsc_us = (uint64_t)((double)rte_rdtsc() * us_per_cycle);

	clock_gettime(CLOCK_REALTIME, &ts);
	atomic_store(&p->shared->wall_offset_us,
		     (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u - tsc_us);
}

static void
set_max_states(const struct config *c, uint32_t max[NR_PROTOCOLS])
{
	for (unsigned p = 0; p < NR_PROTOCOLS; p++)
		max[p] = (uint32_t)c->protocols_connections;
	max[PROTOCOL_UNKNOWN] = (uint32_t)c->http_connections * 2;
	max[PROTOCOL_HTTP] = (uint32_t)c->http_connections;
	max[PROTOCOL_TLS] = (uint32_t)c->tls_connections;
	max[PROTOCOL_DNS] = (uint32_t)c->dns_flows;
}

/* Names come from dns records, and are for flows and findings, whatever is published. */
static uint32_t
types_for_names(const struct config *c)
{
	uint32_t named = 1u << RECORD_FLOW | 1u << RECORD_FINDING;

	return c->names_dns_entries != 0 && (c->record_types & named) != 0 ? 1u << RECORD_DNS : 0;
}

/* What looks into payload; rules and catalogue are those in force. */
static void
conn_config_of(const struct pipeline *p, const uint64_t secret[2], const struct rules *rules,
	       struct conn_config *out)
{
	const struct config *c = p->config;

	*out = (struct conn_config) {
		.max_conns = (uint32_t)c->flow_max,
		.max_exchanges = (uint32_t)c->http_transactions,
		.max_pipelined = (uint32_t)c->http_pipelined,
		.max_http2_streams = (uint32_t)c->http_transactions,
		.max_http2_tables = (uint32_t)c->http2_tables,
		.max_message_buffers = (uint32_t)c->tls_buffers,
		.inspect_bytes_per_s = c->flow_inspect_mb_per_s << 20,
		.keys = key_feed_store(p->keys),
		.key_names = (const char *const *)c->tls_keylog_names.text,
		.nr_key_names = c->tls_keylog_names.nr,
		.max_held = p->replay ? 0 : (uint32_t)c->tls_keylog_held,
		.key_wait_us = c->tls_keylog_wait_ms * 1000u,
		.max_decrypted = (uint32_t)c->tls_decrypted,
		.max_sealed = (uint32_t)c->tls_records,
		.max_llm = (uint32_t)c->llm_calls,
		.max_shapes = (uint32_t)c->llm_shapes,
		.max_db_ops = (uint32_t)c->protocols_db_operations,
		.active_us = c->flow_active_s * 1000000u,
		.max_mcp = (uint32_t)c->mcp_exchanges,
		.max_scan_streams = (uint32_t)c->scan_streams,
		.max_deflate = (uint32_t)c->decode_deflate,
		.max_brotli = (uint32_t)c->decode_brotli,
		.max_zstd = (uint32_t)c->decode_zstd,
		.max_lz4 = (uint32_t)c->decode_lz4,
		.max_snappy = (uint32_t)c->decode_snappy,
		.decode_max_ratio = (uint32_t)c->decode_max_ratio,
		.decode_ratio_after_bytes = c->decode_ratio_after_bytes,
		.decode_max_message_bytes = c->decode_max_message_mb << 20,
		.body_sha256 = c->records_body_sha256,
		.dns_names_only = (c->record_types & 1u << RECORD_DNS) == 0,
		.estimate_tokens = (enum conn_estimates)c->records_estimate_tokens,
		.min_severity = (unsigned)c->findings_min_severity,
		.live_test_values = c->detect_test_values != 0,
		.providers = rules->providers,
		.rules = rules->set,
		.hash_key = { secret[0] ^ 0x66696e64u, secret[1] },
	};
	set_max_states(c, out->max_states);
}

static void
worker_config_of(const struct pipeline *p, unsigned id, const uint64_t secret[2],
		 struct worker_config *w)
{
	const struct rules *rules = rules_in_force(p->rules);
	const struct config *c = p->config;

	*w = (struct worker_config) {
		.id = id,
		.nr_workers = p->nr_workers,
		.replay = p->replay,
		.single_input = p->nr_sources == 1,
		.backoff = p->replay || c->poll_backoff,
		.stream_sha256 = c->records_stream_sha256,
		.skip_payload = !c->flow_inspect,
		.decap = { .domains = c->domains,
			   .max_depth = (unsigned)c->decap_depth,
			   .verify = c->checksums_verify },
		.max_flows = (uint32_t)c->flow_max,
		.max_half_open = (uint32_t)c->flow_max_half_open,
		.timeouts = { .tcp_idle_us = c->flow_tcp_idle_s * 1000000u,
			      .half_open_us = c->flow_half_open_s * 1000000u,
			      .linger_us = c->flow_linger_s * 1000000u,
			      .udp_idle_us = c->flow_udp_idle_s * 1000000u,
			      .other_idle_us = c->flow_other_idle_s * 1000000u,
			      .active_us = c->flow_active_s * 1000000u },
		.max_datagrams = (uint32_t)c->defrag_max_datagrams,
		.defrag_timeout_us = c->defrag_timeout_ms * 1000u,
		.dedup = { .window_us = c->dedup_window_ms * 1000u },
		.reasm = { .max_held_bytes = (uint32_t)c->reasm_max_held_bytes,
			   .max_held_segments = (uint32_t)c->reasm_max_held_segments,
			   .gap_timeout_us = c->reasm_gap_timeout_ms * 1000u },
		.reasm_bytes = c->reasm_worker_mb << 20,
		.secret = { secret[0], secret[1] },
		.ruleset = ruleset_hash(rules->set),
		.record_types = ai_watch_types(c->record_types, rules->providers, !p->replay) |
				types_for_names(c),
	};
	conn_config_of(p, secret, rules, &w->conn);
	for (unsigned i = 0; i < FEED_MAX; i++) {
		bool own = !p->replay && i < c->nr_ports && c->ports[i].dedup >= 0;

		w->dedup.policy[i] = own ? (uint8_t)c->ports[i].dedup : (uint8_t)c->dedup_policy;
	}
}

/*
 * What workers free stays in their pool caches at first; with many workers these must not add up
 * to the whole pool, or the reader would wait for ever.
 */
static unsigned
pool_cache(const struct pipeline *p)
{
	uint64_t share = p->config->memory_mbufs / p->nr_workers / 4;

	return share < POOL_CACHE ? (unsigned)share : POOL_CACHE;
}

/* A power of two; what all rings hold together stays about the same. */
static unsigned
ring_frames(const struct pipeline *p)
{
	unsigned frames = RING_FRAMES;

	while (frames > RING_FRAMES_MIN && frames * p->nr_workers > 8 * RING_FRAMES)
		frames /= 2;
	return frames;
}

/* In ordinary memory: DPDK's zones would run out at fifty workers. */
static struct rte_ring *
create_ring(unsigned from, unsigned to, unsigned frames)
{
	ssize_t bytes = rte_ring_get_memsize(frames);
	struct rte_ring *ring;
	char name[32];

	if (bytes < 0)
		return NULL;
	ring = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN((size_t)bytes, RTE_CACHE_LINE_SIZE));
	snprintf(name, sizeof(name), "ring_%u_%u", from, to);
	if (ring == NULL || rte_ring_init(ring, name, frames, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
		free(ring);
		return NULL;
	}
	return ring;
}

static int
create_shared(struct pipeline *p)
{
	p->shared = aligned_alloc(64, (sizeof(*p->shared) + 63) & ~(size_t)63);
	if (p->shared == NULL)
		return -ENOMEM;
	memset(p->shared, 0, sizeof(*p->shared));
	p->shared->pool = frame_pool_create("frames", (unsigned)p->config->memory_mbufs,
					    pool_cache(p), (uint16_t)PRIV_BYTES, DATA_ROOM);
	if (p->shared->pool == NULL) {
		log_err("memory.mbufs = %" PRIu64 ": no memory for so many frames: lower it",
			p->config->memory_mbufs);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < p->nr_workers * p->nr_workers; i++) {
		unsigned from = i / p->nr_workers, to = i % p->nr_workers;

		if (from == to)
			continue;
		p->shared->rings[from][to] = create_ring(from, to, ring_frames(p));
		if (p->shared->rings[from][to] == NULL) {
			log_err("workers = %u: no memory for the rings between them: lower it",
				p->nr_workers);
			return -ENOMEM;
		}
	}
	update_wall_offset(p);
	return 0;
}

static int
create_workers(struct pipeline *p)
{
	uint64_t secret[2] = { 0x77656972u, 0x7265706c6179u };
	int r = 0;

	/* A live key that nobody can guess; a replay's is fixed, so that runs can be compared. */
	for (unsigned i = 0; !p->replay && i < 2; i++)
		secret[i] = random_u64();
	for (unsigned w = 0; r == 0 && w < p->nr_workers; w++) {
		struct worker_config wc;

		worker_config_of(p, w, secret, &wc);
		r = worker_create(&wc, p->shared, publisher_ring(p->publisher, w), &p->workers[w]);
	}
	if (r != 0)
		log_err(
		    "workers = %u: no memory for their tables: lower flow.max, http.connections "
		    "or workers",
		    p->nr_workers);
	return r;
}

int
pipeline_create(const struct pipeline_options *options, struct pipeline **out)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return -ENOMEM;
	p->config = options->config;
	p->replay = options->replay;
	p->nr_sources = options->nr_sources;
	p->nr_workers = (unsigned)p->config->workers;
	r = rules_in_force_create(p->config, &p->rules);
	if (r == 0)
		r = publisher_create_from_config(p->config, rules_in_force(p->rules)->providers,
						 p->replay, p->nr_workers, &p->publisher);
	if (r == 0)
		r = create_shared(p);
	if (r == 0)
		r = key_feed_create(p->config, options->captures, options->nr_captures, !p->replay,
				    &p->keys);
	if (r == 0)
		r = create_workers(p);
	if (r != 0) {
		pipeline_destroy(p);
		return r;
	}
	*out = p;
	return 0;
}

void
pipeline_destroy(struct pipeline *p)
{
	if (p == NULL)
		return;
	for (unsigned w = 0; w < p->nr_workers; w++)
		worker_destroy(p->workers[w]);
	key_feed_destroy(p->keys);
	publisher_destroy(p->publisher);
	for (unsigned i = 0; p->shared != NULL && i < p->nr_workers * p->nr_workers; i++)
		free(p->shared->rings[i / p->nr_workers][i % p->nr_workers]);
	if (p->shared != NULL)
		rte_mempool_free(p->shared->pool);
	free(p->shared);
	rules_in_force_destroy(p->rules);
	free(p);
}

struct scanner *
pipeline_scanner(struct pipeline *p)
{
	return worker_scanner(p->workers[0]);
}

const struct ruleset *
pipeline_rules_in_force(const struct pipeline *p)
{
	return rules_in_force(p->rules)->set;
}

struct rte_mempool *
pipeline_pool(struct pipeline *p)
{
	return p->shared->pool;
}

void
pipeline_tell_memory(const struct pipeline *p)
{
	struct memory_account account = { 0 };
	uint64_t own = frame_pool_pages(p->shared->pool);
	uint64_t of_dpdk = own != 0 ? 0 : (uint64_t)pipeline_memory_mb(p->config) << 20;

	memory_account_put(&account, "memory.mbufs", own + of_dpdk);
	memory_account_put(&account, "publish.ring_kb",
			   p->nr_workers * (p->config->publish_ring_kb << 10));
	for (unsigned w = 0; w < p->nr_workers; w++)
		worker_memory(p->workers[w], memory_account_put, &account);
	memory_account_tell(&account, memory_account_given_out(), of_dpdk + pages_mapped());
}

static int
worker_node(unsigned w)
{
	unsigned node = rte_lcore_to_socket_id(FIRST_LCORE + w);

	return node == (unsigned)SOCKET_ID_ANY ? -1 : (int)node;
}

void
pipeline_add_source(struct pipeline *p, struct source *source, int socket)
{
	unsigned best = 0;

	for (unsigned w = 1; w < p->nr_workers; w++) {
		unsigned nr = worker_nr_sources(p->workers[w]);
		unsigned least = worker_nr_sources(p->workers[best]);

		if (nr < least ||
		    (nr == least && worker_node(w) == socket && worker_node(best) != socket))
			best = w;
	}
	worker_add_source(p->workers[best], source);
}

unsigned
pipeline_worker_nodes(const struct pipeline *p, int *nodes, unsigned cap)
{
	for (unsigned w = 0; w < p->nr_workers && w < cap; w++)
		nodes[w] = worker_node(w);
	return RTE_MIN(p->nr_workers, cap);
}

static int
worker_main(void *arg)
{
	worker_run(arg);
	return 0;
}

int
pipeline_start(struct pipeline *p)
{
	int r = publisher_start(p->publisher);

	for (unsigned w = 0; r == 0 && w < p->nr_workers; w++) {
		r = rte_eal_remote_launch(worker_main, p->workers[w], FIRST_LCORE + w);
		if (r != 0)
			log_err("workers = %u: lcore %u did not start: %s", p->nr_workers,
				FIRST_LCORE + w, strerror(-r));
	}
	return r;
}

void
pipeline_stop(struct pipeline *p)
{
	atomic_store(&p->shared->stop, true);
}

static bool
workers_running(const struct pipeline *p)
{
	for (unsigned w = 0; w < p->nr_workers; w++) {
		if (rte_eal_get_lcore_state(FIRST_LCORE + w) == RUNNING)
			return true;
	}
	return false;
}

static void
offer_rules(void *arg, const struct rules *rules)
{
	const struct pipeline *p = arg;

	publisher_offer_providers(p->publisher, rules->providers);
	for (unsigned w = 0; w < p->nr_workers; w++)
		worker_offer_rules(p->workers[w], rules->set, ruleset_hash(rules->set),
				   rules->providers);
}

static bool
rules_taken(void *arg)
{
	const struct pipeline *p = arg;

	for (unsigned w = 0; w < p->nr_workers; w++) {
		if (!worker_rules_taken(p->workers[w]))
			return false;
	}
	return publisher_providers_taken(p->publisher);
}

void
pipeline_reload_rules(struct pipeline *p)
{
	rules_in_force_reload(p->rules);
}

void
pipeline_wait(struct pipeline *p, void (*tick)(void *arg), void *arg)
{
	const struct rules_users users = { offer_rules, rules_taken, p };
	unsigned wait_us = 500;

	/* Short runs should not wait for a long tick, nor a set of rules that is under way. */
	while (workers_running(p)) {
		usleep(wait_us);
		if (wait_us < TICK_US)
			wait_us *= 2;
		if (rules_in_force_changing(p->rules))
			wait_us = RELOAD_TICK_US;
		if (!p->replay)
			update_wall_offset(p);
		rules_in_force_tick(p->rules, &users);
		if (!p->replay)
			rules_in_force_watch(p->rules, wait_us);
		if (tick != NULL)
			tick(arg);
	}
	rte_eal_mp_wait_lcore();
}

void
pipeline_counters(const struct pipeline *p, struct worker_counters *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned w = 0; w < p->nr_workers; w++)
		worker_counters(p->workers[w], sum);
}

/* What the packets say of the port that stands there in the configuration; a replay has one, 0. */
static void
sum_feed(const struct pipeline *p, unsigned feed, struct feed_counters *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned w = 0; w < p->nr_workers; w++)
		worker_feed(p->workers[w], feed, sum);
}

/* How the work is spread. */
static void
put_workers(const struct pipeline *p, counter_put_fn *put, void *arg)
{
	char name[64];

	for (unsigned w = 0; w < p->nr_workers && !p->replay; w++) {
		struct worker_counters c = { 0 };

		worker_counters(p->workers[w], &c);
		snprintf(name, sizeof(name), "worker_%u_rx_packets", w);
		put(arg, name, c.rx_packets);
		snprintf(name, sizeof(name), "worker_%u_used_packets", w);
		put(arg, name, c.used_packets);
		snprintf(name, sizeof(name), "worker_%u_flows_open", w);
		put(arg, name, worker_nr_flows(p->workers[w]));
	}
}

/* In all, and live of each port. */
static void
put_feeds(const struct pipeline *p, counter_put_fn *put, void *arg)
{
	unsigned nr = p->replay ? 1 : p->config->nr_ports;
	struct feed_counters sum = { 0 };
	char name[64];

	for (unsigned i = 0; i < nr; i++) {
		struct feed_counters c;

		sum_feed(p, i, &c);
		feed_counters_add(&sum, &c);
#define PUT_OF_PORT(member, meaning)                            \
	snprintf(name, sizeof(name), "port_%u_%s", i, #member); \
	if (!p->replay)                                         \
		put(arg, name, c.member);
		FEED_COUNTERS(PUT_OF_PORT)
#undef PUT_OF_PORT
	}
#define PUT_SUM(member, meaning) put(arg, #member, sum.member);
	FEED_COUNTERS(PUT_SUM)
#undef PUT_SUM
}

void
pipeline_put_counters(const struct pipeline *p, counter_put_fn *put, void *arg)
{
	struct conn_totals conns = { 0 };
	struct worker_counters frames;
	uint64_t flows = 0;

	pipeline_counters(p, &frames);
	worker_counters_put(&frames, put, arg);
	for (unsigned w = 0; w < p->nr_workers; w++) {
		worker_conn_counters(p->workers[w], &conns);
		flows += worker_nr_flows(p->workers[w]);
	}
	conn_totals_put(&conns, put, arg);
	put(arg, "flows_open", flows);
	put_workers(p, put, arg);
	put_feeds(p, put, arg);
	key_feed_put_counters(p->keys, put, arg);
	rules_in_force_put_counters(p->rules, put, arg);
	publisher_put_counters(p->publisher, put, arg);
	if (p->more_counters != NULL)
		p->more_counters(p->more_arg, put, arg);
}

void
pipeline_put_calls(const struct pipeline *p, counter_put_fn *put, void *arg)
{
	publisher_put_calls(p->publisher, put, arg);
}

void
pipeline_more_counters(struct pipeline *p, void (*more)(void *arg, counter_put_fn *put, void *to),
		       void *arg)
{
	p->more_counters = more;
	p->more_arg = arg;
}

static void
put_counter(void *arg, const char *name, uint64_t value)
{
	record_put_counter(arg, name, value);
}

void
pipeline_put_stats(struct pipeline *p, uint64_t now_us)
{
	record_begin(&p->stats, RECORD_STATS, now_us, now_us, NULL);
	record_put_string(&p->stats, RF_RULESET, pipeline_ruleset(p));
	pipeline_put_counters(p, put_counter, &p->stats);
	publisher_put_stats(p->publisher, &p->stats.head);
}

int
pipeline_finish(struct pipeline *p)
{
	return publisher_stop(p->publisher);
}

void
pipeline_pulse(const struct pipeline *p, struct watchdog_pulse *pulse)
{
	struct publisher_stats s;

	publisher_stats(p->publisher, &s);
	*pulse = (struct watchdog_pulse) {
		.publisher_beat = publisher_beat(p->publisher),
		.delivered = s.output_delivered,
		.waiting = s.output_queue + s.spool_records,
		.output_failed = publisher_failed(p->publisher),
	};
	for (unsigned w = 0; w < p->nr_workers; w++) {
		pulse->worker_beat[w] = worker_beat(p->workers[w]);
		pulse->worker_tid[w] = worker_tid(p->workers[w]);
	}
}

const char *
pipeline_ruleset(const struct pipeline *p)
{
	return ruleset_hash(rules_in_force(p->rules)->set);
}

bool
pipeline_output_failed(const struct pipeline *p)
{
	return publisher_failed(p->publisher);
}
