/*
 * The flows of one worker: lookup, ageing, eviction.
 *
 * Lookup: buckets of eight (tag, index) pairs, one cache line each; a flow may stand in either of
 * two buckets, both derived from its keyed hash, so a look-up reads at most two lines and compares
 * eight tags at once. The table is at most half full by construction.
 *
 * Ageing: a wheel of slots of FLOW_TICK_US, turned by the input clock. A flow stays in the slot of
 * the deadline it had when it was put there; when the slot comes up its true deadline is looked
 * at, and the flow is either ended or moved. So a packet costs no list work. Only a change of
 * state can bring a deadline forward, and whoever makes one says so (flow_table_reschedule).
 *
 * Full table, or both buckets full: the victim is taken from the two buckets of the newcomer and
 * their neighbours: a flow that never got beyond its first packets before one that did, else the
 * one idle for longest. Counted by the caller through the end callback.
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

#include "dataplane/flow/feed.h"
#include "dataplane/flow/flow_key.h"
#include "dataplane/flow/reasm.h"
#include "dataplane/port/packet.h"

struct conn;
struct sha256_ctx;

enum flow_end {
	FLOW_END_IDLE,
	FLOW_END_FIN,
	FLOW_END_RST,
	FLOW_END_ACTIVE, /* not an end: a long flow's interim record */
	FLOW_END_EVICTED,
	FLOW_END_SHUTDOWN,
	FLOW_END_REUSED, /* the same tuple opened a new connection; reported as what it had reached
			  */
	NR_FLOW_ENDS,
};

enum tcp_state {
	TCP_STATE_NONE, /* not TCP, or only midstream packets so far */
	TCP_STATE_SYN,	/* a SYN, no answer */
	TCP_STATE_OPEN,
	TCP_STATE_CLOSED, /* both FINs, or a RST; lingers for late packets */
};

/* What belongs to one end of the flow, by its side in the key. */
struct flow_side {
	struct reasm reasm;
	uint64_t packets, bytes, payload_bytes; /* since the last record */
	uint64_t missed_told, overlap_told;	/* of reasm's totals, told in earlier records */
	uint32_t isn;				/* valid when syn */
	uint32_t acked;				/* highest acknowledgement this end has sent */
	uint32_t fin_seq;			/* valid when fin: the byte after its last */
	uint8_t tcp_flags;
	bool seen, syn, have_ack, fin, has_mac;
	uint8_t mac[6];
	struct sha256_ctx *sha; /* evidence of the delivered stream; NULL when not asked for */
	bool delivered;
};

struct flow {
	struct flow_key key;
	uint64_t hash;
	uint64_t first_us, last_us; /* packet time */
	uint64_t part_us;	    /* begin of the interval that the next record covers */
	uint64_t last_order_us;	    /* input clock at the last packet */
	uint32_t wheel_next, wheel_prev;
	uint16_t wheel_slot;
	uint8_t tcp_state; /* enum tcp_state */
	uint8_t end;	   /* enum flow_end: how it is going to end */
	uint8_t orig;	   /* the side that opened */
	bool midstream;
	bool in_use;
	uint8_t nr_vlans, nr_tunnels, tunnel_family;
	uint8_t feed_of; /* the port that its first packet came by */
	uint32_t first_seq;
	uint32_t part;
	uint32_t retransmits_told;
	uint32_t duplicates;
	uint64_t nr_packets; /* of its whole life */
	const char *tap;     /* feed of the first packet, or NULL */
	struct feed_flow feed;
	struct conn *conn; /* application layer; owned by the conn module, NULL without */
	struct flow_side side[2];
	uint16_t vlan[PACKET_MAX_VLANS];
	struct tunnel tunnel[PACKET_MAX_TUNNELS];
	uint8_t tunnel_addr[2][16]; /* ends of the innermost tunnel, by the side they are on */
};

struct flow_timeouts {
	uint64_t tcp_idle_us, half_open_us, linger_us, udp_idle_us, other_idle_us, active_us;
};

#define FLOW_TICK_US (1u << 20)

struct flow_table;

/*
 * A flow has ended at end_us of the input clock; it is still whole. The callee reads it out; the
 * table frees it afterwards.
 */
typedef void flow_end_fn(void *arg, struct flow *flow, enum flow_end how, uint64_t end_us);

/* max_flows is rounded up to a power of two. 0 or -ENOMEM. */
int flow_table_create(uint32_t max_flows, const struct flow_timeouts *timeouts, flow_end_fn *end,
		      void *arg, struct flow_table **out);
void flow_table_destroy(struct flow_table *t); /* frees without telling */

/* Touches the memory that a later find of this hash will read. */
void flow_table_prefetch(const struct flow_table *t, uint64_t hash);

/* Borrowed until the flow ends. NULL when there is none. */
struct flow *flow_table_find(struct flow_table *t, const struct flow_key *key, uint64_t hash);

/* A new flow with key, hash and times set and all else zero. Never NULL: evicts if it must. */
struct flow *flow_table_add(struct flow_table *t, const struct packet *p);

/* The deadline of a flow on the input clock: its last packet and the timeout of its state. */
uint64_t flow_deadline(const struct flow_table *t, const struct flow *flow);

/*
 * The flow's state has changed, and with it its timeout: moves it to the slot of its new deadline.
 * Otherwise it would end later than it should, behind records that are already on their way.
 */
void flow_table_reschedule(struct flow_table *t, struct flow *flow);

/* Would the flow have ended before this packet came? */
bool flow_expired(const struct flow_table *t, const struct flow *flow, const struct packet *p);

/* Ends one flow now. */
void flow_table_end(struct flow_table *t, struct flow *flow, enum flow_end how, uint64_t end_us);

/*
 * Turns the wheel to now_us of the input clock and ends what is due. Returns the time up to which
 * every end has been told: no flow will be ended by the wheel with an earlier deadline.
 */
uint64_t flow_table_advance(struct flow_table *t, uint64_t now_us);

/*
 * Ends all flows, each at its deadline but not after now_us. Those whose deadline the input clock
 * had reached at input_end_us were idle, the others are cut short by the end: so it does not
 * matter how far the wheel had come.
 */
void flow_table_end_all(struct flow_table *t, uint64_t now_us, uint64_t input_end_us);

/* What it has allocated. */
uint64_t flow_table_bytes(const struct flow_table *t);

uint32_t flow_table_nr(const struct flow_table *t);
uint64_t flow_table_nr_evicted(const struct flow_table *t);

#endif
