/*
 * Inside the flow table: what its parts share. flow_table.c has the entries and finds them again,
 * flow_wheel.c ends those whose time has come, flow_evict.c says who goes when there is no room.
 */
#ifndef WEIR_FLOW_TABLE_STATE_H
#define WEIR_FLOW_TABLE_STATE_H

#include "classify/slab.h"
#include "dataplane/flow/flow_table.h"

#define WAYS	    8u
#define WHEEL_SLOTS 1024u /* of FLOW_TICK_US: 18 minutes, more than any timeout but by choice */

/*
 * An entry's number: index in its pool, and the pool. In wheel_prev the first of a slot has the
 * number of its slot instead.
 */
#define HALF_OPEN   (1u << 31)
#define SLOT	    (1u << 30)
#define NONE	    UINT32_MAX
#define MAX_ENTRIES (1u << 27)

/* One cache line. Tag 0 marks a free way. */
struct bucket {
	uint16_t tag[WAYS];
	uint32_t entry[WAYS];
	uint32_t nr_away; /* entries that found no room here and stand in their second bucket */
	uint8_t pad[12];
};
_Static_assert(sizeof(struct bucket) == 64, "one line");

/* Entries of one kind. Those never used before are carved off the end. */
struct pool {
	uint32_t max, nr, nr_carved;
	uint32_t free; /* chained through wheel_next */
	uint32_t hand; /* where the next victim is looked for */
};

/*
 * Flows in the order they came, to find the oldest that has not proved itself. Entries of flows
 * that have, or are gone, are passed over when they come up; the oldest fall out when there is no
 * room. A flow that took a gone one's place has two entries, and may be found by the older.
 */
struct arrivals {
	uint32_t *flow; /* max of the pool */
	uint32_t first, nr;
};

struct flow_table {
	struct bucket *buckets;
	struct flow *flows;
	struct half_open *half_opens;
	uint32_t bucket_mask;
	struct pool flow_pool, half_open_pool;
	struct arrivals arrivals;
	struct slab paths;
	uint64_t nr_evicted;
	bool has_new; /* since the latest guess, flows or places of flows */
	struct flow_table_config config;
	uint64_t wheel_tick; /* all slots before this tick have been turned */
	bool wheel_started;
	uint32_t wheel[WHEEL_SLOTS];
};

/* What stands under an entry's number. */
static inline bool
entry_is_half_open(uint32_t id)
{
	return (id & HALF_OPEN) != 0;
}

static inline struct flow_head *
entry_head(const struct flow_table *t, uint32_t id)
{
	return entry_is_half_open(id) ? &t->half_opens[id & ~HALF_OPEN].head : &t->flows[id].head;
}

/*
 * flow_wheel.c: the slot of the entry's deadline, and out of it again; the time of the first packet
 * is where the wheel begins.
 */
void flow_wheel_link(struct flow_table *t, uint32_t id);
void flow_wheel_unlink(struct flow_table *t, struct flow_head *head);
void flow_wheel_start(struct flow_table *t, const struct packet *p);

/*
 * flow_evict.c: ends one, as somebody needs its room: a flow, a half-open one, any that stands in
 * two full buckets. And a flow that is new, so that its age is known when it comes to that.
 */
void flow_evict_flow(struct flow_table *t, const struct packet *p);
void flow_evict_half_open(struct flow_table *t, const struct packet *p);
void flow_evict_way(struct flow_table *t, const struct bucket *a, const struct bucket *b,
		    uint64_t now_us);
void flow_evict_note(struct flow_table *t, uint32_t id);

#endif
