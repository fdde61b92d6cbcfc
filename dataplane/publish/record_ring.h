/*
 * The way out of a worker: a single-producer single-consumer ring of records between one worker
 * lcore and the publisher thread.
 *
 *   bytes  | record | record | ... | record | wrap mark |   <- a record never lies across the end
 *              ^ head (publisher)       ^ tail (worker)
 *
 * Positions count up for ever and are reduced by the mask; each end has its own cache line and
 * keeps a copy of the other's position, so that in the ordinary case neither touches the other's.
 *
 * The watermark says how far the worker has come: every record with order_us below it has been
 * pushed already. The worker stores it after its pushes (release), the publisher loads it before
 * it drains the ring (acquire); loading it afterwards could promise records that were pushed in
 * between. UINT64_MAX: the worker has ended.
 *
 * Free of DPDK. A full ring is an ordinary event: push says false, and the worker counts the
 * record as lost (live) or tries again (replay).
 */
#ifndef WEIR_RECORD_RING_H
#define WEIR_RECORD_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/publish/record.h"

/* Below this the largest record might find no contiguous room. */
#define RECORD_RING_MIN_BYTES (2u * RECORD_MAX_BYTES)

struct record_ring {
	/* the worker's */
	_Alignas(64) _Atomic uint64_t tail;
	uint64_t head_seen;
	_Atomic uint64_t watermark_us;
	/* the publisher's */
	_Alignas(64) _Atomic uint64_t head;
	uint64_t tail_seen;
	/* never changes */
	_Alignas(64) uint8_t *bytes; /* owned */
	uint64_t mask;
};

/* bytes is rounded up to a power of two. 0, -EINVAL below the minimum, or -ENOMEM. */
int record_ring_init(struct record_ring *r, size_t bytes);
void record_ring_fini(struct record_ring *r);

/* Worker: copies the record in. False when there is no room. */
bool record_ring_push(struct record_ring *r, const struct record_head *record);

/* Publisher: the oldest record, borrowed until the next pop, or NULL. */
const struct record_head *record_ring_peek(struct record_ring *r);

/* Publisher: gives back the room of the record that peek returned. */
void record_ring_pop(struct record_ring *r);

/*
 * Publisher: where the ring ends now, and whether everything up to such an end has been popped. So
 * a drain comes to an end although the worker goes on pushing.
 */
static inline uint64_t
record_ring_end(const struct record_ring *r)
{
	return atomic_load_explicit(&r->tail, memory_order_acquire);
}

/* Publisher: whether more than a quarter of its room was taken at such an end. */
static inline bool
record_ring_pressed(const struct record_ring *r, uint64_t end)
{
	return end - atomic_load_explicit(&r->head, memory_order_relaxed) > r->mask / 4;
}

static inline bool
record_ring_drained(const struct record_ring *r, uint64_t end)
{
	return atomic_load_explicit(&r->head, memory_order_relaxed) >= end;
}

static inline void
record_ring_set_watermark(struct record_ring *r, uint64_t us)
{
	atomic_store_explicit(&r->watermark_us, us, memory_order_release);
}

static inline uint64_t
record_ring_watermark(const struct record_ring *r)
{
	return atomic_load_explicit(&r->watermark_us, memory_order_acquire);
}

#endif
