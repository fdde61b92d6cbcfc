/*
 * One direction of a TCP connection, put back in order (RFC 9293 section 3.4).
 *
 * Delivered bytes are final. Segments that wait behind a hole are copied into the pool and kept
 * sorted by their start; overlaps among them are settled as Linux does: one that lies wholly
 * inside a held one is dropped, one that wholly covers a held one replaces it, otherwise both
 * stay and the one that starts earlier wins on delivery. Copies of a byte that differ are flagged,
 * because that is how inspection is evaded; bytes already delivered are no longer there to be
 * compared, so only overlaps among held segments can be.
 *
 * A hole is given up when the receiver has acknowledged what lies beyond it (the mirror lost it,
 * the receiver has it) or when it is older than gap_timeout of packet time. A direction that has
 * reached its own limit gives up its first hole, so that costs the flow that reached it and no
 * other. When the pool of all is empty, the hole that has been open for longest goes, whoever's it
 * is: of what is filled at all nearly everything is filled soon, and a storm of holes that nobody
 * will fill must not keep the others from waiting for theirs. What is lost is told to the consumer
 * as a gap before the next bytes.
 *
 * Not thread-safe: a reasm and its pool belong to the worker that owns the flow. No DPDK here.
 */
#ifndef WEIR_REASM_H
#define WEIR_REASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/slab.h"

struct reasm_seg;

struct reasm_limits {
	uint32_t max_held_bytes;    /* per direction */
	uint32_t max_held_segments; /* per direction */
	uint64_t gap_timeout_us;
};

struct reasm;

/* What only a direction with a hole, a loss or a repetition has. */
struct reasm_more {
	struct reasm *of;
	uint32_t older, newer;	/* among those with a hole, by their number; 0: none */
	struct reasm_seg *held; /* sorted by start, may overlap; owned, from the pool */
	uint64_t hole_since_us; /* packet time at which the first held segment came */
	uint32_t held_bytes;
	uint16_t nr_held;
	bool overlap_differs; /* stays */
	/* Since the last reasm_next_part: */
	uint64_t missed_bytes;	/* given up */
	uint64_t overlap_bytes; /* sent more than once */
	uint32_t retransmits;	/* segments that held nothing new */
	uint32_t limited;	/* holes given up for lack of room */
};

/*
 * One per worker. chunks hold the copied bytes, segs describe them, mores is what directions that
 * need one have besides struct reasm. A direction that finds none left has no place to hold or
 * count anything: its holes are given up at once.
 */
struct reasm_pool {
	/*
	 * The pool is empty, and this is the direction with the oldest hole: its owner calls
	 * reasm_give_up. NULL: nobody gives up a hole for another.
	 */
	void (*make_room)(void *arg, struct reasm *r);
	void *make_room_arg;
	uint32_t oldest, newest; /* with a hole */
	uint64_t nr_made_room;
	struct slab segs;
	struct slab chunks;
	struct slab mores;
	struct reasm_more spare; /* of those that found none left: written, never read */
	struct reasm_limits limits;
};

/* 0 or -ENOMEM; bytes is the room for held bytes over all flows of the worker. */
int reasm_pool_init(struct reasm_pool *pool, const struct reasm_limits *limits, uint64_t bytes,
		    uint32_t max_streams);
void reasm_pool_fini(struct reasm_pool *pool);

/* Public only because struct flow embeds two of them. All zero is a valid start. */
struct reasm {
	uint32_t next_seq;    /* next byte to deliver */
	uint32_t started : 1; /* next_seq is known */
	uint32_t more : 31;   /* which of the pool's mores, from 1; 0: none */
};

/* What there is besides; all zero where there is nothing. */
const struct reasm_more *reasm_more(const struct reasm *r, const struct reasm_pool *pool);

static inline struct reasm_more *
reasm_more_at(const struct reasm_pool *pool, uint32_t nr)
{
	return (struct reasm_more *)(void *)(pool->mores.memory +
					     pool->mores.object_bytes * (nr - 1));
}

static inline uint32_t
reasm_retransmits(const struct reasm *r, const struct reasm_pool *pool)
{
	return r->more == 0 ? 0 : reasm_more_at(pool, r->more)->retransmits;
}

static inline bool
reasm_holds(const struct reasm *r, const struct reasm_pool *pool)
{
	return r->more != 0 && reasm_more_at(pool, r->more)->held != NULL;
}

/* Counts a segment of len bytes that held nothing new, of a direction that has its more. */
static inline void
reasm_again(const struct reasm *r, const struct reasm_pool *pool, uint32_t len)
{
	struct reasm_more *m = reasm_more_at(pool, r->more);

	m->retransmits++;
	m->overlap_bytes += len;
}

/*
 * Bytes in stream order; gap is how many were given up just before data. len may be 0 when only a
 * gap is to be told.
 */
typedef void reasm_deliver_fn(void *arg, const uint8_t *data, uint32_t len, uint64_t gap);

/* The next byte that will be delivered has this number. Later calls change nothing. */
void reasm_start(struct reasm *r, uint32_t next_seq);

/*
 * Offers the segment [seq, seq + len) seen at time_us. May call deliver several times before it
 * returns. The first segment of a direction that was never started starts it.
 */
void reasm_push(struct reasm *r, struct reasm_pool *pool, uint64_t time_us, uint32_t seq,
		const uint8_t *data, uint32_t len, reasm_deliver_fn *deliver, void *arg);

/*
 * The other end has acknowledged everything before ack. If that lies beyond the hole at the front,
 * the hole will not be filled any more: it is given up, unless it is younger than
 * REASM_REORDER_US, within which a mirror may merely have swapped packets.
 */
#define REASM_REORDER_US 50000u
void reasm_acked(struct reasm *r, struct reasm_pool *pool, uint64_t time_us, uint32_t ack,
		 reasm_deliver_fn *deliver, void *arg);

/*
 * The direction is over: delivers what is held with its gaps and frees it. acked says up to where
 * the other end has acknowledged (have_ack), so that bytes missing at the very end count too.
 */
void reasm_finish(struct reasm *r, struct reasm_pool *pool, bool have_ack, uint32_t ack,
		  reasm_deliver_fn *deliver, void *arg);

/* Gives up the first hole, if there is one. */
void reasm_give_up(struct reasm *r, struct reasm_pool *pool, uint64_t time_us,
		   reasm_deliver_fn *deliver, void *arg);

/* A record has told the counters: they start anew. */
void reasm_next_part(struct reasm *r, struct reasm_pool *pool);

/* Frees what there still is; nothing is delivered. */
void reasm_fini(struct reasm *r, struct reasm_pool *pool);

#endif
