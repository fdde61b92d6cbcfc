#include "dataplane/worker_state.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>

/* Polls that found nothing before the loop gives the core away, and before it sleeps. */
#define IDLE_YIELD    64u
#define IDLE_SLEEP    2048u
#define IDLE_SLEEP_US 200u

#define LAST_POLLS 1024u /* of busy sources after a stop: what the largest ring holds */

/* In a replay the publisher always makes room in the end, so waiting is safe. */
static bool
emit(void *arg, const struct record_head *head)
{
	struct worker *w = arg;

	while (!record_ring_push(w->records, head)) {
		if (!w->config.replay)
			return false;
		sched_yield();
	}
	return true;
}

int
worker_create(const struct worker_config *config, struct worker_shared *shared,
	      struct record_ring *records, struct worker **out)
{
	struct worker *w = aligned_alloc(64, (sizeof(*w) + 63) & ~(size_t)63);
	struct tracker_config tc;
	int r;

	if (w == NULL)
		return -ENOMEM;
	memset(w, 0, sizeof(*w));
	w->config = *config;
	w->shared = shared;
	w->records = records;
	flow_hash_init(&w->hash, &config->secret, true);
	w->us_per_cycle = 1e6 / (double)rte_get_tsc_hz();
	tc = (struct tracker_config) {
		.max_flows = config->max_flows,
		.max_half_open = config->max_half_open,
		.timeouts = config->timeouts,
		.reasm = config->reasm,
		.reasm_bytes = config->reasm_bytes,
		.stream_sha256 = config->stream_sha256,
		.skip_payload = config->skip_payload,
		.record_types = config->record_types,
		.conn = config->conn,
	};
	w->scratch = malloc(SCRATCH_BYTES);
	r = w->scratch == NULL ? -ENOMEM : 0;
	if (r == 0)
		r = tracker_create(&tc, &w->counters, w->feeds, emit, w, &w->tracker);
	if (r == 0)
		r = defrag_create(config->max_datagrams, config->defrag_timeout_us, &config->secret,
				  &w->defrag);
	if (r == 0)
		r = dedup_create(&config->dedup, &config->secret, &w->dedup);
	if (r != 0) {
		worker_destroy(w);
		return r;
	}
	tracker_set_ruleset(w->tracker, config->ruleset);
	*out = w;
	return 0;
}

void
worker_destroy(struct worker *w)
{
	if (w == NULL)
		return;
	dedup_destroy(w->dedup);
	defrag_destroy(w->defrag);
	tracker_destroy(w->tracker);
	free(w->scratch);
	free(w);
}

void
worker_add_source(struct worker *w, struct source *source)
{
	w->sources[w->nr_sources++] = source;
}

unsigned
worker_nr_sources(const struct worker *w)
{
	return w->nr_sources;
}

/* Microseconds since the epoch, from the cycle counter: no system call. */
static uint64_t
wall_us(const struct worker *w)
{
	return (uint64_t)((double)rte_rdtsc() * w->us_per_cycle) +
	       atomic_load_explicit(&w->shared->wall_offset_us, memory_order_relaxed);
}

static void
beat(struct worker *w)
{
	uint64_t n = atomic_load_explicit(&w->beat, memory_order_relaxed);

	atomic_store_explicit(&w->beat, n + 1, memory_order_relaxed);
}

static unsigned
poll_sources(struct worker *w)
{
	uint64_t now_us = w->config.replay ? 0 : wall_us(w);
	struct rte_mbuf *pkts[WORKER_BURST];
	unsigned total = 0;

	if (!w->config.replay && now_us > w->input_us)
		w->input_us = now_us;
	for (unsigned s = 0; s < w->nr_sources; s++) {
		struct source *source = w->sources[s];
		uint16_t n = source->ended ? 0 : source->rx(source, pkts, WORKER_BURST, now_us);

		if (unlikely(source->nr_filtered != 0)) {
			w->counters.rx_packets += source->nr_filtered;
			w->counters.rx_bytes += source->filtered_bytes;
			w->counters.drop_filtered += source->nr_filtered;
			total += source->nr_filtered;
		}
		if (n == 0)
			continue;
		/* A source's input clock never goes back: the last packet's is the latest. */
		w->input_us = RTE_MAX(w->input_us, packet_of(pkts[n - 1])->order_us);
		w->counters.rx_packets += n;
		worker_frames_take(w, pkts, n);
		total += n;
	}
	return total;
}

static unsigned
poll_rings(struct worker *w)
{
	struct rte_mbuf *pkts[WORKER_BURST];
	unsigned total = 0;

	for (unsigned from = 0; from < w->config.nr_workers; from++) {
		struct rte_ring *ring = w->shared->rings[from][w->config.id];
		unsigned n;

		if (from == w->config.id)
			continue;
		do {
			beat(w);
			n = rte_ring_sc_dequeue_burst(ring, (void **)pkts, WORKER_BURST, NULL);
			worker_frames_passed(w, pkts, n);
			total += n;
		} while (n == WORKER_BURST);
	}
	return total;
}

static bool
sources_ended(const struct worker *w)
{
	if (atomic_load_explicit(&w->shared->stop, memory_order_relaxed))
		return true;
	for (unsigned s = 0; s < w->nr_sources; s++) {
		if (!w->sources[s]->ended)
			return false;
	}
	return w->config.replay;
}

/*
 * Nothing came, and nothing more will; or the end is wanted, and what was in the devices then has
 * been taken: a port at line rate is never empty.
 */
static bool
input_is_over(struct worker *w, unsigned work)
{
	if (!sources_ended(w))
		return false;
	return work == 0 || (!w->config.replay && ++w->nr_last_polls > LAST_POLLS);
}

/* Before the clock says so, for those who then flush. */
static void
tell_input_end(struct worker *w)
{
	uint64_t seen = atomic_load(&w->shared->input_end_us);

	while (seen < w->input_us &&
	       !atomic_compare_exchange_weak(&w->shared->input_end_us, &seen, w->input_us))
		;
}

static void
publish_clock(struct worker *w, uint64_t us)
{
	atomic_store_explicit(&w->shared->clocks[w->config.id].us, us, memory_order_release);
}

/* The least clock of the others: what they passed on from before it is in the rings by now. */
static uint64_t
peers_clock(const struct worker *w)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < w->config.nr_workers; i++) {
		uint64_t us = atomic_load_explicit(&w->shared->clocks[i].us, memory_order_acquire);

		if (i != w->config.id && us < least)
			least = us;
	}
	return least;
}

static void
set_watermark(struct worker *w, uint64_t us)
{
	atomic_store_explicit(&w->records->watermark_us, us, memory_order_release);
}

static void
take_rules(struct worker *w)
{
	const struct ruleset *rules = atomic_load_explicit(&w->offered_rules, memory_order_acquire);

	if (likely(rules == NULL))
		return;
	conn_env_set_providers(tracker_conn_env(w->tracker),
			       atomic_load_explicit(&w->offered_providers, memory_order_relaxed));
	if (conn_env_set_rules(tracker_conn_env(w->tracker), rules) == 0)
		tracker_set_ruleset(w->tracker,
				    atomic_load_explicit(&w->offered_hash, memory_order_relaxed));
	atomic_store_explicit(&w->offered_rules, NULL, memory_order_release);
}

static void
idle(struct worker *w, unsigned nr_idle)
{
	if (!w->config.backoff || nr_idle < IDLE_YIELD)
		rte_pause();
	else if (nr_idle < IDLE_SLEEP)
		sched_yield();
	else
		usleep(IDLE_SLEEP_US);
}

static uint32_t
least_round(const struct worker *w)
{
	uint32_t least = UINT32_MAX;

	for (unsigned i = 0; i < w->config.nr_workers; i++) {
		uint32_t rounds =
		    atomic_load_explicit(&w->shared->clocks[i].rounds, memory_order_acquire);

		least = RTE_MIN(least, rounds);
	}
	return least;
}

/*
 * A frame that is passed on in one round is in its ring before that round is told, so its owner
 * meets it in the next at the latest. A frame is passed on twice at each depth: to the fragments'
 * owner and to the flow's, or to the owner of the fragments inside.
 */
static void
drain_together(struct worker *w)
{
	uint32_t nr_rounds = 2 * (w->config.decap.max_depth + 2);

	for (uint32_t round = 1; round <= nr_rounds; round++) {
		poll_rings(w);
		worker_frames_free(w);
		atomic_store_explicit(&w->shared->clocks[w->config.id].rounds, round,
				      memory_order_release);
		while (least_round(w) < round) {
			poll_rings(w);
			worker_frames_free(w);
			sched_yield();
		}
	}
}

/* Everything the sources gave has been passed on and everything passed on has come. */
static void
finish(struct worker *w, uint64_t now_us)
{
	worker_frames_end(w);
	tracker_finish(w->tracker, now_us, atomic_load(&w->shared->input_end_us));
	worker_frames_free(w);
	set_watermark(w, UINT64_MAX);
}

void
worker_run(struct worker *w)
{
	unsigned nr_idle = 0;
	bool ended = false;

	atomic_store(&w->tid, gettid());
	for (;;) {
		uint64_t peers = peers_clock(w);
		unsigned work = 0;

		beat(w);
		take_rules(w);
		if (!ended) {
			work += poll_sources(w);
			ended = input_is_over(w, work);
			if (ended)
				tell_input_end(w);
			publish_clock(w, ended ? UINT64_MAX : w->input_us);
		}
		work += poll_rings(w);
		worker_frames_free(w);

		if (ended && peers == UINT64_MAX)
			break;
		if (!ended && w->input_us < peers)
			peers = w->input_us;
		if (peers != UINT64_MAX && peers > w->now_us)
			w->now_us = peers;
		set_watermark(w, RTE_MIN(tracker_advance(w->tracker, RTE_MIN(peers, w->now_us)),
					 peers));
		nr_idle = work == 0 ? nr_idle + 1 : 0;
		if (work == 0)
			idle(w, nr_idle);
	}
	drain_together(w);
	finish(w, w->config.replay ? UINT64_MAX : w->now_us);
}

void
worker_offer_rules(struct worker *w, const struct ruleset *rules, const char *hash,
		   const struct provider_catalogue *providers)
{
	atomic_store_explicit(&w->offered_providers, providers, memory_order_relaxed);
	atomic_store_explicit(&w->offered_hash, hash, memory_order_relaxed);
	atomic_store_explicit(&w->offered_rules, rules, memory_order_release);
}

bool
worker_rules_taken(const struct worker *w)
{
	return atomic_load_explicit(&w->offered_rules, memory_order_acquire) == NULL;
}

struct scanner *
worker_scanner(struct worker *w)
{
	return conn_env_scanner(tracker_conn_env(w->tracker));
}

void
worker_counters(const struct worker *w, struct worker_counters *sum)
{
	worker_counters_add(sum, &w->counters);
}

void
worker_conn_counters(const struct worker *w, struct conn_totals *sum)
{
	conn_env_counters(tracker_conn_env(w->tracker), sum);
}

uint64_t
worker_beat(const struct worker *w)
{
	return atomic_load_explicit(&w->beat, memory_order_relaxed);
}

int
worker_tid(const struct worker *w)
{
	return atomic_load(&w->tid);
}

void
worker_feed(const struct worker *w, unsigned feed, struct feed_counters *sum)
{
	feed_counters_add(sum, &w->feeds[feed]);
}

void
worker_memory(const struct worker *w, memory_put_fn *put, void *arg)
{
	tracker_memory(w->tracker, put, arg);
}

uint32_t
worker_nr_flows(const struct worker *w)
{
	return tracker_nr_flows(w->tracker);
}
