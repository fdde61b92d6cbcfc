/*
 * From single findings to what a person wants to read: one finding record per rule, edge and
 * window, with a count.
 *
 *   edge    (src_identity, dst_identity, dst_port)
 *   window  window_us of the merge's order (packet time that never goes back), aligned to its
 *           multiples; published when the order passes its end, or at the end of the run
 *
 * The record is a copy of the most severe finding; of equals, that with the higher score, then the
 * one whose masked sample sorts first, then whose place does, then the first. Added to it are
 * count, distinct_values, first_time, last_time, edge_id, dst_kind where the worker did not say it,
 * and reason. time is last_time. event_id is the hash of type, sensor, rule, edge and window start.
 *
 * A rule may have a threshold: an aggregate that ends with fewer, of times or of distinct values,
 * is not published.
 *
 * Limits: values are told apart by their keyed hash, up to AGGREGATE_MAX_VALUES in each aggregate;
 * distinct_values then stays there. Above max_open aggregates the one opened first is published
 * early, counted; what follows of its window becomes a second record with an event_id of its own.
 * Late findings (live) count in the window that is open when they come.
 *
 * Deterministic: the same findings in the same order give the same records in the same order.
 * Belongs to the publisher thread; allocates.
 */
#ifndef WEIR_AGGREGATE_H
#define WEIR_AGGREGATE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/publish/endpoint.h"
#include "dataplane/publish/record.h"

#define AGGREGATE_MAX_VALUES	   1024u
#define AGGREGATE_DEFAULT_MAX_OPEN 65536u

struct aggregate_config {
	const char *sensor;		 /* kept */
	uint64_t window_us;		 /* at least 1 */
	unsigned min_severity_id;	 /* findings below it are nothing; OCSF 1 to 5, 0: all */
	uint32_t max_open;		 /* at least 1 */
	const struct networks *networks; /* kept: decides internal or external */
};

struct aggregate_stats {
	uint64_t findings;  /* offered */
	uint64_t below;	    /* less severe than wanted */
	uint64_t published; /* aggregates */
	uint64_t few;	    /* aggregates that stayed below their rule's threshold */
	uint64_t early;	    /* of them, before their window's end */
	uint64_t saturated; /* aggregates with more values than are told apart */
	uint64_t refused;   /* no memory: the finding is lost */
};

struct aggregate;

/* record is borrowed for the call. */
typedef void aggregate_emit_fn(void *arg, const struct record_head *record);

int aggregate_create(const struct aggregate_config *config, aggregate_emit_fn *emit, void *arg,
		     struct aggregate **out);
void aggregate_destroy(struct aggregate *a);

/* Publishes every window that ends at or before order_us; UINT64_MAX: all. */
void aggregate_advance(struct aggregate *a, uint64_t order_us);

/* A finding record after endpoint_fill. Advances to its order first. May emit. */
void aggregate_push(struct aggregate *a, const struct record_head *finding);

const struct aggregate_stats *aggregate_stats(const struct aggregate *a);

#endif
