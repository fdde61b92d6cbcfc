/*
 * The loop of one worker lcore: from frames to records, run to completion.
 *
 *   source ─ decap ⇄ defrag ─ owner? ─ dedup ─ flow ─ reassembly ─ conn ─ record ring
 *                               │ no
 *                               └ ring to the owner, who takes it up behind decap
 *
 * Workers share nothing but one single-producer single-consumer ring per ordered pair. A packet's
 * owner is the keyed hash of its innermost flow, modulo workers, so ports, queues and tunnels do
 * not change who sees a flow. A fragment is owned by the hash of its datagram first, unless the
 * whole pipeline has one source only: then its worker has all fragments anyway, and order is kept.
 *
 * Time: each worker publishes the input clock up to which it has passed everything on. What a
 * worker may treat as past is the least of its own and its peers' clocks, read before their rings
 * are drained; to that time it turns the flow wheel and moves its record ring's watermark.
 *
 * The end: when all sources have ended, what is in the rings may still move on, a fragment to the
 * worker that puts its datagram together and from there to the flow's owner, deeper with every
 * tunnel. So workers leave together, after as many rounds of draining as there can be hops.
 *
 * Back-pressure: live, a full ring drops the frame, or the record, and counts it. A replay waits;
 * that cannot go in circles, because it has one source, and only that source's worker passes
 * frames on.
 */
#ifndef WEIR_WORKER_H
#define WEIR_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>
#include <rte_ring.h>

#include "classify/conn.h"
#include "dataplane/counters.h"
#include "dataplane/flow/dedup.h"
#include "dataplane/flow/flow_table.h"
#include "dataplane/memory_account.h"
#include "dataplane/port/decap.h"
#include "dataplane/port/defrag.h"
#include "dataplane/port/source.h"
#include "dataplane/publish/record_ring.h"

#define WORKER_MAX	   64
#define WORKER_MAX_SOURCES 1024 /* sixteen ports of 64 queues, all on one worker */
#define WORKER_BURST	   32

/* What one worker tells the others. */
struct worker_clock {
	_Alignas(64) _Atomic uint64_t us; /* all it will pass on from before this is in the rings */
	_Atomic uint32_t rounds;	  /* of draining at the end that it has completed */
};

struct worker_config {
	unsigned id, nr_workers;
	bool replay;	   /* wait instead of drop */
	bool single_input; /* one source feeds the whole pipeline */
	bool backoff;	   /* sleep when idle */
	bool stream_sha256;
	bool skip_payload;	    /* see tracker.h */
	struct decap_options decap; /* its verify is for transport checksums as well */
	uint32_t max_flows, max_half_open;
	struct flow_timeouts timeouts;
	uint32_t max_datagrams;
	uint64_t defrag_timeout_us;
	struct dedup_config dedup;
	struct reasm_limits reasm;
	uint64_t reasm_bytes;
	struct siphash_key secret; /* of flow hashes; the same in all workers */
	struct conn_config conn;   /* output is filled in by the worker */
	const char *ruleset;	   /* its short hash, kept */
	uint32_t record_types;	   /* bit per enum record_type that is wanted */
};

struct worker;

/* Shared by all workers of a pipeline; rings[from][to]. */
struct worker_shared {
	struct rte_ring *rings[WORKER_MAX][WORKER_MAX];
	struct worker_clock clocks[WORKER_MAX];
	struct rte_mempool *pool;
	_Atomic uint64_t input_end_us;	 /* the last input clock of all sources that have ended */
	_Atomic bool stop;		 /* live: take no more frames, finish what is there */
	_Atomic uint64_t wall_offset_us; /* live: realtime less the cycle counter's microseconds */
};

int worker_create(const struct worker_config *config, struct worker_shared *shared,
		  struct record_ring *records, struct worker **out);
void worker_destroy(struct worker *w);

/* Before the start. The source is kept. */
void worker_add_source(struct worker *w, struct source *source);
unsigned worker_nr_sources(const struct worker *w);

/* Runs until all sources have ended or shared->stop, and everything is flushed. */
void worker_run(struct worker *w);

/*
 * Hands over new rules and the catalogue that goes with them (may be NULL); the worker takes them
 * at the top of its next burst. The old ones are no longer used when worker_rules_taken says so.
 * Control thread only.
 */
void worker_offer_rules(struct worker *w, const struct ruleset *rules, const char *hash,
			const struct provider_catalogue *providers);
bool worker_rules_taken(const struct worker *w);

/* The worker's scanner, before the start and after the end: see scanner_profile. */
struct scanner *worker_scanner(struct worker *w);

/* Read from another thread; may be a moment old. */
void worker_counters(const struct worker *w, struct worker_counters *sum);
void worker_conn_counters(const struct worker *w, struct conn_totals *sum);

/* A number that changes with every round of the loop, and the thread that runs it (0 before). */
uint64_t worker_beat(const struct worker *w);
int worker_tid(const struct worker *w);
void worker_feed(const struct worker *w, unsigned feed, struct feed_counters *sum);
void worker_memory(const struct worker *w, memory_put_fn *put, void *arg);
uint32_t worker_nr_flows(const struct worker *w);

#endif
