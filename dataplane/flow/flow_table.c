#include "dataplane/flow/flow_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define WAYS	      8u
#define WHEEL_SLOTS   1024u /* of FLOW_TICK_US: 18 minutes, more than any timeout but by choice */
#define NONE	      UINT32_MAX
#define EVICT_BUCKETS 16u
#define YOUNG_PACKETS 2u /* a flow of no more than this has not proved itself */

/* One cache line. Tag 0 marks a free way. */
struct bucket {
	uint16_t tag[WAYS];
	uint32_t flow[WAYS];
	uint8_t pad[16];
};
_Static_assert(sizeof(struct bucket) == 64, "one line");

struct flow_table {
	struct bucket *buckets;
	uint32_t bucket_mask;
	uint32_t max_flows;
	struct flow *flows;
	uint32_t nr_carved; /* entries ever used; those below are on the free list or in use */
	uint32_t free;	    /* chained through wheel_next */
	uint32_t nr;
	uint64_t nr_evicted;
	struct flow_timeouts timeouts;
	flow_end_fn *end;
	void *arg;
	uint64_t wheel_tick; /* all slots before this tick have been turned */
	bool wheel_started;
	uint32_t wheel[WHEEL_SLOTS];
};

static uint16_t
tag_of(uint64_t hash)
{
	uint16_t tag = (uint16_t)(hash >> 48);

	return tag == 0 ? 1 : tag;
}

static uint32_t
first_bucket(const struct flow_table *t, uint64_t hash)
{
	return (uint32_t)hash & t->bucket_mask;
}

static uint32_t
second_bucket(const struct flow_table *t, uint64_t hash)
{
	return (uint32_t)(hash >> 24) & t->bucket_mask;
}

/* Bit i is set where tag[i] equals tag. */
static unsigned
match_ways(const struct bucket *b, uint16_t tag)
{
#ifdef __SSE2__
	__m128i eq =
	    _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)b->tag), _mm_set1_epi16((short)tag));

	return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(eq, _mm_setzero_si128()));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < WAYS; i++)
		bits |= (unsigned)(b->tag[i] == tag) << i;
	return bits;
#endif
}

int
flow_table_create(uint32_t max_flows, const struct flow_timeouts *timeouts, flow_end_fn *end,
		  void *arg, struct flow_table **out)
{
	struct flow_table *t = calloc(1, sizeof(*t));
	uint32_t size = 64;

	if (t == NULL)
		return -ENOMEM;
	while (size < max_flows && size < (1u << 30))
		size *= 2;
	t->max_flows = size;
	t->bucket_mask = size / (WAYS / 2) - 1;
	t->buckets = aligned_alloc(64, ((size_t)t->bucket_mask + 1) * sizeof(struct bucket));
	t->flows = malloc((size_t)size * sizeof(struct flow));
	if (t->buckets == NULL || t->flows == NULL) {
		flow_table_destroy(t);
		return -ENOMEM;
	}
	memset(t->buckets, 0, ((size_t)t->bucket_mask + 1) * sizeof(struct bucket));
	for (unsigned i = 0; i < WHEEL_SLOTS; i++)
		t->wheel[i] = NONE;
	t->free = NONE;
	t->timeouts = *timeouts;
	t->end = end;
	t->arg = arg;
	*out = t;
	return 0;
}

void
flow_table_destroy(struct flow_table *t)
{
	if (t == NULL)
		return;
	free(t->buckets);
	free(t->flows);
	free(t);
}

uint64_t
flow_table_bytes(const struct flow_table *t)
{
	return sizeof(*t) + ((uint64_t)t->bucket_mask + 1) * sizeof(struct bucket) +
	       (uint64_t)t->max_flows * sizeof(struct flow);
}

void
flow_table_prefetch(const struct flow_table *t, uint64_t hash)
{
	__builtin_prefetch(&t->buckets[first_bucket(t, hash)]);
	__builtin_prefetch(&t->buckets[second_bucket(t, hash)]);
}

static struct flow *
find_in(struct flow_table *t, uint32_t at, const struct flow_key *key, uint64_t hash)
{
	const struct bucket *b = &t->buckets[at];
	unsigned ways = match_ways(b, tag_of(hash));

	while (ways != 0) {
		struct flow *flow = &t->flows[b->flow[__builtin_ctz(ways)]];

		if (flow->hash == hash && memcmp(&flow->key, key, sizeof(*key)) == 0)
			return flow;
		ways &= ways - 1;
	}
	return NULL;
}

struct flow *
flow_table_find(struct flow_table *t, const struct flow_key *key, uint64_t hash)
{
	struct flow *flow = find_in(t, first_bucket(t, hash), key, hash);

	return flow != NULL ? flow : find_in(t, second_bucket(t, hash), key, hash);
}

static void
wheel_unlink(struct flow_table *t, struct flow *flow)
{
	if (flow->wheel_prev != NONE)
		t->flows[flow->wheel_prev].wheel_next = flow->wheel_next;
	else
		t->wheel[flow->wheel_slot] = flow->wheel_next;
	if (flow->wheel_next != NONE)
		t->flows[flow->wheel_next].wheel_prev = flow->wheel_prev;
}

/* A deadline beyond the wheel waits in its last slot and is looked at again there. */
static void
wheel_link(struct flow_table *t, struct flow *flow)
{
	uint64_t tick = flow_deadline(t, flow) / FLOW_TICK_US;
	uint32_t id = (uint32_t)(flow - t->flows);

	if (tick < t->wheel_tick)
		tick = t->wheel_tick;
	if (tick - t->wheel_tick >= WHEEL_SLOTS)
		tick = t->wheel_tick + WHEEL_SLOTS - 1;
	flow->wheel_slot = (uint16_t)(tick % WHEEL_SLOTS);
	flow->wheel_prev = NONE;
	flow->wheel_next = t->wheel[flow->wheel_slot];
	if (flow->wheel_next != NONE)
		t->flows[flow->wheel_next].wheel_prev = id;
	t->wheel[flow->wheel_slot] = id;
}

void
flow_table_reschedule(struct flow_table *t, struct flow *flow)
{
	wheel_unlink(t, flow);
	wheel_link(t, flow);
}

static bool
clear_way(struct bucket *b, uint32_t id)
{
	for (unsigned i = 0; i < WAYS; i++) {
		if (b->tag[i] != 0 && b->flow[i] == id) {
			b->tag[i] = 0;
			return true;
		}
	}
	return false;
}

static void
release(struct flow_table *t, struct flow *flow)
{
	uint32_t id = (uint32_t)(flow - t->flows);

	if (!clear_way(&t->buckets[first_bucket(t, flow->hash)], id))
		clear_way(&t->buckets[second_bucket(t, flow->hash)], id);
	wheel_unlink(t, flow);
	flow->in_use = false;
	flow->wheel_next = t->free;
	t->free = id;
	t->nr--;
}

void
flow_table_end(struct flow_table *t, struct flow *flow, enum flow_end how, uint64_t end_us)
{
	t->end(t->arg, flow, how, end_us);
	release(t, flow);
}

static bool
better_victim(const struct flow *a, const struct flow *b)
{
	bool a_young = a->nr_packets <= YOUNG_PACKETS, b_young = b->nr_packets <= YOUNG_PACKETS;

	if (a_young != b_young)
		return a_young;
	return a->last_order_us < b->last_order_us;
}

static void
consider_bucket(struct flow_table *t, uint32_t at, struct flow **victim)
{
	const struct bucket *b = &t->buckets[at & t->bucket_mask];

	for (unsigned i = 0; i < WAYS; i++) {
		struct flow *flow = &t->flows[b->flow[i]];

		if (b->tag[i] != 0 && (*victim == NULL || better_victim(flow, *victim)))
			*victim = flow;
	}
}

/* Makes room: in the newcomer's own buckets when both are full, else anywhere near them. */
static void
evict(struct flow_table *t, const struct packet *p, bool in_buckets)
{
	uint32_t a = first_bucket(t, p->hash), b = second_bucket(t, p->hash);
	struct flow *victim = NULL;

	for (uint32_t i = 0; i < (in_buckets ? 1 : EVICT_BUCKETS); i++) {
		consider_bucket(t, a + i, &victim);
		consider_bucket(t, b + i, &victim);
	}
	for (uint32_t i = 0; victim == NULL && i <= t->bucket_mask; i++)
		consider_bucket(t, a + i, &victim);
	t->nr_evicted++;
	flow_table_end(t, victim, FLOW_END_EVICTED, p->order_us);
}

static int
free_way(const struct bucket *b)
{
	unsigned ways = match_ways(b, 0);

	return ways == 0 ? -1 : __builtin_ctz(ways);
}

struct flow *
flow_table_add(struct flow_table *t, const struct packet *p)
{
	struct bucket *b, *second;
	struct flow *flow;
	uint32_t id;
	int way;

	if (t->nr == t->max_flows)
		evict(t, p, false);
	b = &t->buckets[first_bucket(t, p->hash)];
	second = &t->buckets[second_bucket(t, p->hash)];
	if (__builtin_popcount(match_ways(second, 0)) > __builtin_popcount(match_ways(b, 0)))
		b = second;
	if (free_way(b) < 0) {
		evict(t, p, true);
		b = &t->buckets[first_bucket(t, p->hash)];
		if (free_way(b) < 0)
			b = second;
	}

	id = t->free;
	if (id != NONE)
		t->free = t->flows[id].wheel_next;
	else
		id = t->nr_carved++;
	way = free_way(b);
	b->tag[way] = tag_of(p->hash);
	b->flow[way] = id;
	t->nr++;

	flow = &t->flows[id];
	*flow = (struct flow) {
		.key = p->key,
		.hash = p->hash,
		.first_us = p->time_us,
		.last_us = p->time_us,
		.part_us = p->time_us,
		.last_order_us = p->order_us,
		.in_use = true,
	};
	if (!t->wheel_started) {
		t->wheel_started = true;
		t->wheel_tick = p->order_us / FLOW_TICK_US;
	}
	wheel_link(t, flow);
	return flow;
}

static uint64_t
timeout_us(const struct flow_table *t, const struct flow *flow)
{
	if (flow->key.proto == IP_PROTO_UDP)
		return t->timeouts.udp_idle_us;
	if (flow->key.proto != IP_PROTO_TCP)
		return t->timeouts.other_idle_us;
	switch ((enum tcp_state)flow->tcp_state) {
	case TCP_STATE_SYN:
		return t->timeouts.half_open_us;
	case TCP_STATE_CLOSED:
		return t->timeouts.linger_us;
	case TCP_STATE_NONE:
	case TCP_STATE_OPEN:
		break;
	}
	return t->timeouts.tcp_idle_us;
}

uint64_t
flow_deadline(const struct flow_table *t, const struct flow *flow)
{
	return flow->last_order_us + timeout_us(t, flow);
}

bool
flow_expired(const struct flow_table *t, const struct flow *flow, const struct packet *p)
{
	uint64_t timeout = timeout_us(t, flow);

	return p->order_us - flow->last_order_us > timeout ||
	       (p->time_us > flow->last_us && p->time_us - flow->last_us > timeout);
}

/* Ends or moves every flow of one slot. A flow moved into the same slot again is not met twice. */
static void
turn_slot(struct flow_table *t, uint32_t slot, uint64_t before_us)
{
	uint32_t id = t->wheel[slot];

	t->wheel[slot] = NONE;
	while (id != NONE) {
		struct flow *flow = &t->flows[id];
		uint64_t deadline = flow_deadline(t, flow);
		uint32_t next = flow->wheel_next;

		if (next != NONE)
			t->flows[next].wheel_prev = NONE;
		wheel_link(t, flow);
		if (deadline < before_us)
			flow_table_end(t, flow,
				       flow->tcp_state == TCP_STATE_CLOSED ? flow->end
									   : FLOW_END_IDLE,
				       deadline);
		id = next;
	}
}

uint64_t
flow_table_advance(struct flow_table *t, uint64_t now_us)
{
	uint64_t now_tick = now_us / FLOW_TICK_US;

	if (!t->wheel_started)
		return now_tick * FLOW_TICK_US;
	/* After a jump of the clock one full turn meets every flow. */
	if (now_tick > t->wheel_tick + WHEEL_SLOTS)
		t->wheel_tick = now_tick - WHEEL_SLOTS;
	while (t->wheel_tick < now_tick) {
		uint32_t slot = (uint32_t)(t->wheel_tick % WHEEL_SLOTS);

		t->wheel_tick++;
		turn_slot(t, slot, t->wheel_tick * FLOW_TICK_US);
	}
	return t->wheel_tick * FLOW_TICK_US;
}

void
flow_table_end_all(struct flow_table *t, uint64_t now_us, uint64_t input_end_us)
{
	for (uint32_t i = 0; i < t->nr_carved; i++) {
		struct flow *flow = &t->flows[i];
		enum flow_end how;
		uint64_t end_us;

		if (!flow->in_use)
			continue;
		end_us = flow_deadline(t, flow);
		how = end_us < input_end_us ? FLOW_END_IDLE : FLOW_END_SHUTDOWN;
		if (flow->tcp_state == TCP_STATE_CLOSED)
			how = (enum flow_end)flow->end;
		flow_table_end(t, flow, how, end_us < now_us ? end_us : now_us);
	}
}

uint32_t
flow_table_nr(const struct flow_table *t)
{
	return t->nr;
}

uint64_t
flow_table_nr_evicted(const struct flow_table *t)
{
	return t->nr_evicted;
}
