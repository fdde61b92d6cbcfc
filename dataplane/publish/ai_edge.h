/*
 * Who uses which model of whom, and what it adds up to: edge records of model calls.
 *
 *   edge   (domain, src_identity, dst_identity, dst_port, service, model)
 *
 * service is gen_ai_provider_name, else gen_ai_engine; model the one that was asked for, else the
 * one that answered: a call that fails names no other. Either may be missing and is a part of the
 * key all the same. What comes out, as records.md has it for edges:
 *
 *   ai_services models            one name each
 *   calls errors                  errors: answered with a status of 400 or more
 *   gen_ai_usage_*_tokens         sums of what services reported; absent while none did
 *   calls_without_usage           calls whose answers told no tokens
 *   estimated_*_tokens            sums of the estimates of calls without a report
 *   prompt_bytes completion_bytes bytes
 *   data_types_sent _received     classes found, each once, by name; data_types: either
 *   first_time last_time          of its calls
 *   counted_since                 the sums begin here
 *   state                         new on the first record, then active
 *
 * Sums are since counted_since, so that the last record of an edge is all that a reader needs, and
 * a topic may be compacted. A price is the reader's business.
 *
 *   call ─► new edge ──── end of its minute ──► record (new)
 *           known edge ── end of its interval ► record (active), if it has had calls since
 *           any ───────── end of the run ─────► the same
 *
 * Minutes and intervals are those of the merge's order (packet time that never goes back), aligned
 * to their multiples.
 *
 * Limits: max_edges are kept. One more, and the edge whose last call lies furthest back makes room:
 * it is published and forgotten, counted; when it comes back its sums begin anew, and counted_since
 * says so. AI_EDGE_TYPES classes of data are told apart in all, further ones are `other`.
 *
 * Deterministic: the same calls in the same order give the same records in the same order.
 * Belongs to the publisher's thread; allocates.
 */
#ifndef WEIR_AI_EDGE_H
#define WEIR_AI_EDGE_H

#include "dataplane/publish/record.h"

enum { AI_EDGE_TYPES = 256 };

struct ai_edge_config {
	const char *sensor;   /* kept */
	uint32_t max_edges;   /* at least 1 */
	uint64_t interval_us; /* at least 1 */
};

struct ai_edge_stats {
	uint64_t kept;	    /* edges, now */
	uint64_t published; /* records */
	uint64_t forgotten; /* edges that made room */
	uint64_t refused;   /* no memory: the call is in no sum */
};

struct ai_edges;

/* edge is borrowed for the call. */
typedef void ai_edge_fn(void *arg, const struct record_head *edge);

/* 0, or -ENOMEM. */
int ai_edges_create(const struct ai_edge_config *config, ai_edge_fn *fn, void *arg,
		    struct ai_edges **out);
void ai_edges_destroy(struct ai_edges *e);

/* Publishes what is due at or before order_us; UINT64_MAX: all that has changed. */
void ai_edges_advance(struct ai_edges *e, uint64_t order_us);

/* An llm record after endpoint_fill; others are ignored. Advances to its order first. */
void ai_edges_push(struct ai_edges *e, const struct record_head *call);

const struct ai_edge_stats *ai_edges_stats(const struct ai_edges *e);

#endif
