#include "dataplane/flow/flow_table_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "dataplane/flow/half_open.h"
#include "dataplane/flow/pages.h"

static uint16_t
tag_of(uint64_t hash)
{
	return (uint16_t)(hash >> 48) | 1u;
}

static struct bucket *
first_bucket(const struct flow_table *t, uint64_t hash)
{
	return &t->buckets[(uint32_t)hash & t->bucket_mask];
}

static struct bucket *
second_bucket(const struct flow_table *t, uint64_t hash)
{
	return &t->buckets[(uint32_t)(hash >> 24) & t->bucket_mask];
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

static uint32_t
half_open_id(const struct flow_table *t, const struct half_open *h)
{
	return (uint32_t)(h - t->half_opens) | HALF_OPEN;
}

uint32_t
flow_table_id(const struct flow_table *t, const struct flow *flow)
{
	return (uint32_t)(flow - t->flows);
}

struct flow *
flow_table_of_reasm(struct flow_table *t, const struct reasm *r, unsigned *side)
{
	size_t at = (size_t)((const uint8_t *)r - (const uint8_t *)t->flows);
	struct flow *flow = &t->flows[at / sizeof(struct flow)];

	*side = r == &flow->side[1].reasm;
	return flow;
}

static size_t
buckets_bytes(const struct flow_table *t)
{
	return ((size_t)t->bucket_mask + 1) * sizeof(struct bucket);
}

int
flow_table_create(const struct flow_table_config *config, struct flow_table **out)
{
	struct flow_table *t = calloc(1, sizeof(*t));
	uint32_t size = 64;
	int r;

	if (t == NULL)
		return -ENOMEM;
	if (config->max_flows > MAX_ENTRIES || config->max_half_open > MAX_ENTRIES) {
		free(t);
		return -ENOMEM;
	}
	t->config = *config;
	while (size < config->max_flows + config->max_half_open)
		size *= 2;
	t->bucket_mask = size / (WAYS / 2) - 1;
	t->flow_pool = (struct pool) { .max = config->max_flows, .free = NONE };
	t->half_open_pool = (struct pool) { .max = config->max_half_open, .free = NONE };
	t->buckets = pages_map(buckets_bytes(t));
	t->flows = pages_map((size_t)config->max_flows * sizeof(struct flow));
	t->half_opens = pages_map((size_t)config->max_half_open * sizeof(struct half_open));
	t->arrivals.flow = pages_map((size_t)config->max_flows * sizeof(*t->arrivals.flow));
	r = slab_init(&t->paths, config->max_flows + config->max_half_open,
		      sizeof(struct flow_path));
	if (t->buckets == NULL || t->flows == NULL || t->half_opens == NULL ||
	    t->arrivals.flow == NULL || r != 0) {
		flow_table_destroy(t);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < WHEEL_SLOTS; i++)
		t->wheel[i] = NONE;
	*out = t;
	return 0;
}

void
flow_table_destroy(struct flow_table *t)
{
	if (t == NULL)
		return;
	slab_fini(&t->paths);
	pages_unmap(t->arrivals.flow, t->flow_pool.max * sizeof(*t->arrivals.flow));
	pages_unmap(t->half_opens, t->half_open_pool.max * sizeof(struct half_open));
	pages_unmap(t->flows, t->flow_pool.max * sizeof(struct flow));
	pages_unmap(t->buckets, buckets_bytes(t));
	free(t);
}

uint64_t
flow_table_bytes(const struct flow_table *t)
{
	uint64_t all = sizeof(*t) + buckets_bytes(t) + slab_bytes(&t->paths) +
		       t->flow_pool.max * (sizeof(struct flow) + sizeof(*t->arrivals.flow)) +
		       t->half_open_pool.max * sizeof(struct half_open);

	return all - flow_table_half_open_bytes(t);
}

/* With the ways and the path that each has a right to. */
uint64_t
flow_table_half_open_bytes(const struct flow_table *t)
{
	size_t each =
	    sizeof(struct half_open) + 2 * sizeof(struct bucket) / WAYS + sizeof(struct flow_path);

	return t->half_open_pool.max * each;
}

void
flow_table_prefetch(const struct flow_table *t, uint64_t hash)
{
	__builtin_prefetch(first_bucket(t, hash));
}

/*
 * The first line for the key, the second for payload that is looked at, and both sides. Returns the
 * flow that find_in looks at first: there is hardly ever another.
 */
static inline struct flow *
prefetch_entries(const struct flow_table *t, const struct bucket *b, uint64_t hash, bool with_conn)
{
	struct flow *flow = NULL;

	for (unsigned ways = match_ways(b, tag_of(hash)); ways != 0; ways &= ways - 1) {
		uint32_t id = b->entry[__builtin_ctz(ways)];

		if (entry_is_half_open(id)) {
			const struct half_open *h = &t->half_opens[id & ~HALF_OPEN];

			__builtin_prefetch(h);
			__builtin_prefetch((const uint8_t *)h + 64);
			continue;
		}
		flow = flow == NULL ? &t->flows[id] : flow;
		__builtin_prefetch(&t->flows[id]);
		__builtin_prefetch(&t->flows[id].side[0]);
		__builtin_prefetch(&t->flows[id].side[1]);
		if (with_conn)
			__builtin_prefetch(&t->flows[id].conn);
	}
	return flow;
}

inline struct flow *
flow_table_prefetch_flow(struct flow_table *t, const struct packet *p, bool with_conn)
{
	const struct bucket *b = first_bucket(t, p->hash);

	t->has_new = false;
	if (b->nr_away != 0)
		__builtin_prefetch(second_bucket(t, p->hash));
	return prefetch_entries(t, b, p->hash, with_conn);
}

static inline bool
is_key(const struct flow_head *head, const struct flow_key *key)
{
	return flow_key_equal(&head->key, key);
}

static struct flow *
find_in(struct flow_table *t, const struct bucket *b, const struct flow_key *key, uint64_t hash)
{
	for (unsigned ways = match_ways(b, tag_of(hash)); ways != 0; ways &= ways - 1) {
		uint32_t id = b->entry[__builtin_ctz(ways)];

		if (!entry_is_half_open(id) && is_key(&t->flows[id].head, key))
			return &t->flows[id];
	}
	return NULL;
}

struct flow *
flow_table_find(struct flow_table *t, const struct flow_key *key, uint64_t hash)
{
	const struct bucket *b = first_bucket(t, hash);
	struct flow *flow = find_in(t, b, key, hash);

	if (flow != NULL || b->nr_away == 0)
		return flow;
	return find_in(t, second_bucket(t, hash), key, hash);
}

/*
 * There is one flow of a key at most, so a guess that still has it is right. That there was none is
 * as good as a look-up while no flow has been made since, and none moved.
 */
inline struct flow *
flow_table_find_guessed(struct flow_table *t, const struct packet *p, struct flow *guess)
{
	if (guess != NULL && guess->head.in_use && is_key(&guess->head, &p->key))
		return guess;
	if (guess == NULL && !t->has_new && first_bucket(t, p->hash)->nr_away == 0)
		return NULL;
	return flow_table_find(t, &p->key, p->hash);
}

static struct half_open *
find_half_open_in(struct flow_table *t, const struct bucket *b, const struct packet *p)
{
	for (unsigned ways = match_ways(b, tag_of(p->hash)); ways != 0; ways &= ways - 1) {
		uint32_t id = b->entry[__builtin_ctz(ways)];
		struct half_open *h;

		if (!entry_is_half_open(id))
			continue;
		h = &t->half_opens[id & ~HALF_OPEN];
		if (is_key(&h->head, &p->key) && half_open_fits(h, p))
			return h;
	}
	return NULL;
}

struct half_open *
flow_table_find_half_open(struct flow_table *t, const struct packet *p)
{
	const struct bucket *b = first_bucket(t, p->hash);
	struct half_open *h = find_half_open_in(t, b, p);

	if (h != NULL || b->nr_away == 0)
		return h;
	return find_half_open_in(t, second_bucket(t, p->hash), p);
}

static bool
clear_way(struct bucket *b, uint32_t id)
{
	for (unsigned i = 0; i < WAYS; i++) {
		if (b->tag[i] != 0 && b->entry[i] == id) {
			b->tag[i] = 0;
			return true;
		}
	}
	return false;
}

static void
release(struct flow_table *t, struct pool *pool, uint32_t id)
{
	struct flow_head *head = entry_head(t, id);

	if (!clear_way(first_bucket(t, head->hash), id) &&
	    clear_way(second_bucket(t, head->hash), id))
		first_bucket(t, head->hash)->nr_away--;
	flow_wheel_unlink(t, head);
	slab_give(&t->paths, head->path);
	head->path = NULL;
	head->wheel_next = pool->free;
	pool->free = id;
	pool->nr--;
}

void
flow_table_end(struct flow_table *t, struct flow *flow, enum flow_end how, uint64_t end_us)
{
	t->config.end(t->config.arg, flow, how, end_us);
	flow->head.in_use = 0;
	release(t, &t->flow_pool, flow_table_id(t, flow));
}

void
flow_table_drop_half_open(struct flow_table *t, struct half_open *h)
{
	h->head.in_use = 0;
	release(t, &t->half_open_pool, half_open_id(t, h));
}

void
flow_table_end_half_open(struct flow_table *t, struct half_open *h, enum flow_end how,
			 uint64_t end_us)
{
	t->config.end_half_open(t->config.arg, h, how, end_us);
	flow_table_drop_half_open(t, h);
}

static uint32_t
take_id(struct flow_table *t, struct pool *pool, uint32_t kind)
{
	uint32_t id = pool->free;

	if (id != NONE)
		pool->free = entry_head(t, id)->wheel_next;
	else
		id = pool->nr_carved++ | kind;
	pool->nr++;
	return id;
}

static bool
put_in(struct bucket *b, uint64_t hash, uint32_t id)
{
	unsigned ways = match_ways(b, 0);
	unsigned way;

	if (ways == 0)
		return false;
	way = (unsigned)__builtin_ctz(ways);
	b->tag[way] = tag_of(hash);
	b->entry[way] = id;
	return true;
}

/* The first bucket as long as it has room: most look-ups need read no other. */
static bool
put_in_either(struct flow_table *t, uint64_t hash, uint32_t id)
{
	if (put_in(first_bucket(t, hash), hash, id))
		return true;
	if (!put_in(second_bucket(t, hash), hash, id))
		return false;
	first_bucket(t, hash)->nr_away++;
	return true;
}

/* Moves one entry of a full bucket to its other one. */
static bool
make_way(struct flow_table *t, struct bucket *b)
{
	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t hash = entry_head(t, b->entry[i])->hash;
		struct bucket *home = first_bucket(t, hash);
		struct bucket *other = home == b ? second_bucket(t, hash) : home;

		if (other == b || !put_in(other, hash, b->entry[i]))
			continue;
		home->nr_away += home == b ? 1u : -1u;
		b->tag[i] = 0;
		return true;
	}
	return false;
}

static void
put_in_bucket(struct flow_table *t, const struct packet *p, uint32_t id)
{
	struct bucket *first = first_bucket(t, p->hash), *second = second_bucket(t, p->hash);

	if (put_in_either(t, p->hash, id))
		return;
	t->has_new = true; /* or what there was stands elsewhere */
	/* Of sixteen entries one nearly always has room elsewhere. */
	if (!make_way(t, first) && !make_way(t, second))
		flow_evict_way(t, first, second, p->order_us);
	put_in_either(t, p->hash, id);
}

struct flow *
flow_table_add(struct flow_table *t, const struct packet *p)
{
	struct flow *flow;
	uint32_t id;

	if (t->flow_pool.nr == t->flow_pool.max)
		flow_evict_flow(t, p);
	id = take_id(t, &t->flow_pool, 0);
	flow = &t->flows[id];
	*flow = (struct flow) {
		.head = { .key = p->key,
			  .hash = p->hash,
			  .first_us = p->time_us,
			  .last_us = p->time_us,
			  .last_order_us = p->order_us,
			  .tap = p->tap,
			  .part_tick = (uint32_t)(p->time_us / FLOW_TICK_US),
			  .young = FLOW_YOUNG,
			  .in_use = 1 },
		.first_seq = p->seq,
		.part_us = p->time_us,
	};
	put_in_bucket(t, p, id);
	t->has_new = true;
	flow_evict_note(t, id);
	flow_wheel_start(t, p);
	flow_wheel_link(t, id);
	return flow;
}

struct half_open *
flow_table_add_half_open(struct flow_table *t, const struct packet *p)
{
	struct half_open *h;
	uint32_t id;

	if (t->half_open_pool.nr == t->half_open_pool.max)
		flow_evict_half_open(t, p);
	id = take_id(t, &t->half_open_pool, HALF_OPEN);
	h = &t->half_opens[id & ~HALF_OPEN];
	half_open_init(h, p);
	put_in_bucket(t, p, id);
	flow_wheel_start(t, p);
	flow_wheel_link(t, id);
	return h;
}

/* Directions may come in different VLANs: ids not met before are added. */
static void
note_vlans(struct flow_path *path, const struct packet *p)
{
	for (unsigned i = 0; i < p->nr_vlans; i++) {
		unsigned k = 0;

		while (k < path->nr_vlans && path->vlan[k] != p->vlan[i])
			k++;
		if (k == path->nr_vlans && k < PACKET_MAX_VLANS)
			path->vlan[path->nr_vlans++] = p->vlan[i];
	}
}

static void
note_tunnels(struct flow_path *path, const struct packet *p)
{
	path->nr_tunnels = p->nr_tunnels;
	for (unsigned i = 0; i < p->nr_tunnels; i++) {
		path->tunnel_type[i] = p->tunnel[i].type;
		path->tunnel_id[i] = p->tunnel[i].id;
	}
	path->tunnel_family = p->tunnel_family;
	if (p->tunnel_family == 0)
		return;
	/* By side, as it is not sure yet who opened. */
	memcpy(path->tunnel_addr[p->side], p->tunnel_addr[0], sizeof(p->tunnel_addr[0]));
	memcpy(path->tunnel_addr[1 - p->side], p->tunnel_addr[1], sizeof(p->tunnel_addr[1]));
}

void
flow_table_note_path(struct flow_table *t, struct flow_head *head, const struct packet *p,
		     bool first)
{
	bool tunnels = first && (p->nr_tunnels != 0 || p->tunnel_family != 0);

	if (p->nr_vlans == 0 && !tunnels)
		return;
	/* There is one for every entry of both pools. */
	if (head->path == NULL) {
		head->path = slab_take(&t->paths);
		if (head->path == NULL)
			return;
		memset(head->path, 0, sizeof(*head->path));
	}
	note_vlans(head->path, p);
	if (tunnels)
		note_tunnels(head->path, p);
}

uint32_t
flow_table_nr(const struct flow_table *t)
{
	return t->flow_pool.nr;
}

uint32_t
flow_table_nr_half_open(const struct flow_table *t)
{
	return t->half_open_pool.nr;
}

uint64_t
flow_table_nr_evicted(const struct flow_table *t)
{
	return t->nr_evicted;
}
