/*
 * The flows of one worker: lookup, ageing, eviction.
 *
 * Lookup: buckets of eight (tag, index) pairs, one cache line each; an entry may stand in either of
 * two buckets, both derived from its keyed hash, so a look-up reads at most two lines and compares
 * eight tags at once. It stands in the first one if it found room there, and the first one counts
 * those that did not, so most look-ups read one. The table is at most half full by construction;
 * where both buckets are full all the same, one of their entries is moved to its other one. At a
 * million flows each of these lines, and of the flow behind them, is a miss: so a burst is looked
 * up in three rounds, one after the other for all its packets: the buckets are asked for
 * (flow_table_prefetch), then the flows they name (flow_table_prefetch_flow), then they are used.
 *
 * Two kinds of entries share the buckets: flows, and half-open ones (half_open.h), each with a pool
 * and a limit of its own. There can be several half-open ones of one key beside its flow: a SYN
 * that nobody has answered is a claim, and it does not end the flow that it contradicts.
 *
 * Ageing: a wheel of slots of FLOW_TICK_US, turned by the input clock. An entry stays in the slot
 * of the deadline it had when it was put there; when the slot comes up its true deadline is looked
 * at, and the entry is either ended or moved. So a packet costs no list work. Only a change of
 * state can bring a deadline forward, and whoever makes one says so (flow_table_reschedule).
 *
 * Full pool: of half-open entries the oldest goes; of flows, the oldest that never got beyond its
 * first packets, and when there is none, of a few here and there the one idle for longest. Should
 * nothing in two full buckets be movable, the same order holds among what stands there, half-open
 * ones first. Counted by the caller through the end callbacks.
 *
 * Time: the wheel decides only when memory is freed. A flow whose next packet comes later than its
 * timeout is ended on that packet as if the wheel had done it (flow_expired), so what a record
 * says does not depend on when the wheel turned.
 *
 * One table per worker; not thread-safe. No DPDK here.
 */
#ifndef WEIR_FLOW_TABLE_H
#define WEIR_FLOW_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/flow/flow.h"

struct flow_timeouts {
	uint64_t tcp_idle_us, half_open_us, linger_us, udp_idle_us, other_idle_us, active_us;
};

#define FLOW_TICK_US (1u << 20)

struct flow_table;

/*
 * An entry has ended at end_us of the input clock; it is still whole. The callee reads it out; the
 * table frees it afterwards.
 */
typedef void flow_end_fn(void *arg, struct flow *flow, enum flow_end how, uint64_t end_us);
typedef void half_open_end_fn(void *arg, struct half_open *h, enum flow_end how, uint64_t end_us);

struct flow_table_config {
	uint32_t max_flows, max_half_open;
	struct flow_timeouts timeouts;
	flow_end_fn *end;
	half_open_end_fn *end_half_open;
	void *arg;
};

/* 0 or -ENOMEM. */
int flow_table_create(const struct flow_table_config *config, struct flow_table **out);
void flow_table_destroy(struct flow_table *t); /* frees without telling */

/*
 * Touches the buckets that a later find of this hash will read, then the entries in them. The
 * second returns a guess at what will be found, or NULL: for flow_table_find_guessed, and nothing
 * else may be done with it. with_conn: the flow's conn will be asked for, too.
 */
void flow_table_prefetch(const struct flow_table *t, uint64_t hash);
struct flow *flow_table_prefetch_flow(struct flow_table *t, const struct packet *p, bool with_conn);

/* Borrowed until the flow ends. NULL when there is none. */
struct flow *flow_table_find(struct flow_table *t, const struct flow_key *key, uint64_t hash);
/* The same of the packet's key, whatever became of what was guessed in the latest round. */
struct flow *flow_table_find_guessed(struct flow_table *t, const struct packet *p,
				     struct flow *guess);

/* The half-open entry that the packet fits, or NULL. */
struct half_open *flow_table_find_half_open(struct flow_table *t, const struct packet *p);

/* New, with its head set and all else zero. Never NULL: evicts if it must. */
struct flow *flow_table_add(struct flow_table *t, const struct packet *p);
struct half_open *flow_table_add_half_open(struct flow_table *t, const struct packet *p);

/* What of the packet belongs into the entry's path. A first packet's tunnels count, VLANs of all.
 */
void flow_table_note_path(struct flow_table *t, struct flow_head *head, const struct packet *p,
			  bool first);

/* The flow that a side's reasm is part of, and which side. */
struct flow *flow_table_of_reasm(struct flow_table *t, const struct reasm *r, unsigned *side);

/* Below max_flows, and no other flow has it at the same time. */
uint32_t flow_table_id(const struct flow_table *t, const struct flow *flow);

/* The deadline of an entry on the input clock: its last packet and the timeout of its state. */
uint64_t flow_deadline(const struct flow_table *t, const struct flow_head *head);

/*
 * The flow's state was another before this packet, and with it its timeout: moves the flow to the
 * slot of its new deadline if that is the earlier one. Otherwise it would end later than it should,
 * behind records that are already on their way. A later deadline is met when the old slot comes up,
 * and no neighbour in two lists has to be read for it.
 */
void flow_table_reschedule(struct flow_table *t, struct flow *flow, enum tcp_state was);

/* Would it have ended before this packet came? */
bool flow_expired(const struct flow_table *t, const struct flow_head *head, const struct packet *p);

/* Ends one flow now. */
void flow_table_end(struct flow_table *t, struct flow *flow, enum flow_end how, uint64_t end_us);
void flow_table_end_half_open(struct flow_table *t, struct half_open *h, enum flow_end how,
			      uint64_t end_us);

/* Frees the entry without a word: it has become a flow. A path it still has goes with it. */
void flow_table_drop_half_open(struct flow_table *t, struct half_open *h);

/*
 * Turns the wheel to now_us of the input clock and ends what is due. Returns the time up to which
 * every end has been told: no flow will be ended by the wheel with an earlier deadline.
 */
uint64_t flow_table_advance(struct flow_table *t, uint64_t now_us);

/*
 * Ends everything, each at its deadline but not after now_us. Those whose deadline the input clock
 * had reached at input_end_us were idle, the others are cut short by the end: so it does not
 * matter how far the wheel had come.
 */
void flow_table_end_all(struct flow_table *t, uint64_t now_us, uint64_t input_end_us);

/* What it has allocated: for flows, and for half-open ones. */
uint64_t flow_table_bytes(const struct flow_table *t);
uint64_t flow_table_half_open_bytes(const struct flow_table *t);

uint32_t flow_table_nr(const struct flow_table *t);
uint32_t flow_table_nr_half_open(const struct flow_table *t);
uint64_t flow_table_nr_evicted(const struct flow_table *t); /* of both kinds */

#endif
