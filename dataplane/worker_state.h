/*
 * Inside the worker: what its two parts share. worker.c has the loop: sources and rings, clocks,
 * the end. worker_frames.c takes each burst from its frames to the tracker of its flows.
 */
#ifndef WEIR_WORKER_STATE_H
#define WEIR_WORKER_STATE_H

#include "dataplane/flow/flow_hash.h"
#include "dataplane/flow/tracker.h"
#include "dataplane/worker.h"

/* A chained mbuf's payload is made contiguous here: the largest frame libpcap hands out. */
#define SCRATCH_BYTES (1u << 18)

struct worker {
	struct worker_config config;
	struct worker_shared *shared;
	struct record_ring *records;
	struct tracker *tracker;
	struct defrag *defrag;
	struct dedup *dedup;
	struct source *sources[WORKER_MAX_SOURCES];
	unsigned nr_sources;
	unsigned nr_last_polls; /* since stop was wanted */
	struct worker_counters counters;
	struct feed_counters feeds[FEED_MAX];
	uint64_t now_us;   /* latest input clock of what was processed; never goes back */
	uint64_t input_us; /* input clock of this worker's own sources */
	double us_per_cycle;
	_Atomic uint64_t beat;
	_Atomic int tid;
	_Atomic(const struct ruleset *) offered_rules;
	_Atomic(const char *) offered_hash;
	_Atomic(const struct provider_catalogue *) offered_providers;
	struct flow_hash hash;
	struct packet *found[WORKER_BURST]; /* of a burst, those of which the flow is known */
	unsigned nr_found;
	struct packet *mine[WORKER_BURST]; /* of a burst, those whose flows are this worker's */
	unsigned nr_mine;
	struct rte_mbuf *done[WORKER_BURST * 2]; /* freed together at the end of the burst */
	unsigned nr_done;
	uint8_t *scratch;
};

/* worker_frames.c: a burst of a source, whose frames are given. */
void worker_frames_take(struct worker *w, struct rte_mbuf **pkts, uint16_t n);
/* What a peer passed on: fragments, and packets of flows that are this worker's. Given. */
void worker_frames_passed(struct worker *w, struct rte_mbuf **pkts, unsigned n);
/* Frees what the bursts since the last time are done with. */
void worker_frames_free(struct worker *w);
/* Nothing more will come: datagrams that are not whole never will be. */
void worker_frames_end(struct worker *w);

#endif
