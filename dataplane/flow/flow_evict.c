/* Who goes when a pool of the flow table, or two of its buckets, are full. See flow_table.h. */
#include "dataplane/flow/flow_table_state.h"

#define EVICT_LOOK 32u /* flows that are compared to find a victim, or asked if they are young */
#define CLEAN_LOOK 2u  /* entries of the queue that a newcomer clears away */

static void
evict(struct flow_table *t, uint32_t id, uint64_t now_us)
{
	t->nr_evicted++;
	if (entry_is_half_open(id))
		flow_table_end_half_open(t, &t->half_opens[id & ~HALF_OPEN], FLOW_END_EVICTED,
					 now_us);
	else
		flow_table_end(t, &t->flows[id], FLOW_END_EVICTED, now_us);
}

/* What is lost least with comes first. */
static unsigned
worth(const struct flow_table *t, uint32_t id)
{
	if (entry_is_half_open(id))
		return 0;
	return t->flows[id].head.young != 0 ? 1 : 2;
}

static uint32_t
better_victim(const struct flow_table *t, uint32_t a, uint32_t b)
{
	unsigned a_worth = worth(t, a), b_worth = worth(t, b);

	if (a_worth != b_worth)
		return a_worth < b_worth ? a : b;
	return entry_head(t, a)->last_order_us <= entry_head(t, b)->last_order_us ? a : b;
}

void
flow_evict_way(struct flow_table *t, const struct bucket *a, const struct bucket *b,
	       uint64_t now_us)
{
	uint32_t victim = a->entry[0];

	for (unsigned i = 0; i < WAYS; i++) {
		victim = better_victim(t, victim, a->entry[i]);
		victim = better_victim(t, victim, b->entry[i]);
	}
	evict(t, victim, now_us);
}

static bool
is_young(const struct flow *flow)
{
	return flow->head.in_use && flow->head.young != 0;
}

static void
drop_arrival(struct flow_table *t)
{
	struct arrivals *a = &t->arrivals;

	a->first = a->first + 1 == t->flow_pool.max ? 0 : a->first + 1;
	a->nr--;
}

void
flow_evict_note(struct flow_table *t, uint32_t id)
{
	struct arrivals *a = &t->arrivals;

	for (unsigned i = 0; i < CLEAN_LOOK && a->nr != 0; i++) {
		if (is_young(&t->flows[a->flow[a->first]]))
			break;
		drop_arrival(t);
	}
	if (a->nr == t->flow_pool.max)
		drop_arrival(t);
	a->flow[(uint32_t)(((uint64_t)a->first + a->nr) % t->flow_pool.max)] = id;
	a->nr++;
}

static uint32_t
oldest_young(struct flow_table *t)
{
	struct arrivals *a = &t->arrivals;

	for (unsigned i = 0; i < EVICT_LOOK && a->nr != 0; i++) {
		uint32_t id = a->flow[a->first];

		drop_arrival(t);
		if (is_young(&t->flows[id]))
			return id;
	}
	return NONE;
}

/*
 * The pool is full, so every entry is in use. Those compared stand far apart: flows that came
 * together, and perhaps are all worth keeping, stand together.
 */
void
flow_evict_flow(struct flow_table *t, const struct packet *p)
{
	struct pool *pool = &t->flow_pool;
	uint32_t victim = oldest_young(t), stride = pool->max / EVICT_LOOK + 1;

	if (victim == NONE) {
		victim = pool->hand;
		for (uint32_t i = 1; i < EVICT_LOOK; i++)
			victim = better_victim(t, victim, (pool->hand + i * stride) % pool->max);
		pool->hand = pool->hand + 1 == pool->max ? 0 : pool->hand + 1;
	}
	evict(t, victim, p->order_us);
}

/* Those that came first stand first, more or less: the hand meets the oldest. */
void
flow_evict_half_open(struct flow_table *t, const struct packet *p)
{
	struct pool *pool = &t->half_open_pool;
	uint32_t victim = pool->hand;

	pool->hand = pool->hand + 1 == pool->max ? 0 : pool->hand + 1;
	evict(t, victim | HALF_OPEN, p->order_us);
}
