/*
 * Puts the records of all workers into one order: by (order_us, time_us, event_id).
 *
 * Copies of the records: those that come in order, as nearly all of one worker do, wait in a queue,
 * the others in a binary heap; the first of all is the first of one of them. What is below the
 * lowest watermark of all rings can be released, since nothing older will follow. The result does
 * not depend on how flows were spread over workers.
 *
 * Limit: max_bytes of records, as copied. Live, a record that exceeds it makes the oldest ones be
 * released early: nothing is lost, but a slow worker's records may then come behind them and
 * count as late. A replay has to be exact: it asks merge_full before it drains a ring that is
 * ahead, and never releases early.
 *
 * Not thread-safe: belongs to the publisher thread. Allocates; never on a worker.
 */
#ifndef WEIR_MERGE_H
#define WEIR_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/publish/record.h"

struct merge_stats {
	uint64_t late;	  /* came after something newer had been released */
	uint64_t early;	  /* released before the watermark, to make room */
	uint64_t refused; /* no memory for a copy: the record was lost */
};

/* With what nearly all are told apart by: the records themselves are far from each other. */
struct merge_entry {
	uint64_t order_us;
	struct record_head *record; /* owned */
};

struct merge {
	struct merge_entry *heap; /* owned */
	size_t nr, cap;
	struct merge_entry *queue; /* owned; a ring of queue_cap, a power of two */
	size_t queue_at, queue_nr, queue_cap;
	size_t bytes, max_bytes;
	uint64_t released_us; /* highest order_us released so far */
	struct merge_stats stats;
};

void merge_init(struct merge *m, size_t max_bytes);
void merge_fini(struct merge *m);

/* Copies the record in. 0, or -ENOMEM (counted as refused). */
int merge_push(struct merge *m, const struct record_head *record);

/*
 * The first record with order_us < before_us, or, when early is allowed and there is more
 * than max_bytes, the first of all. NULL when there is none. Given: free() it.
 */
struct record_head *merge_take(struct merge *m, uint64_t before_us, bool early);

static inline bool
merge_full(const struct merge *m)
{
	return m->bytes >= m->max_bytes;
}

#endif
