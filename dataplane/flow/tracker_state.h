/*
 * Inside the tracker: what its parts share. tracker.c takes packets and delivers what they carry,
 * tracker_flows.c knows which flow a packet is of, where flows begin and how they end, and
 * tracker_record.c makes their records.
 */
#ifndef WEIR_TRACKER_STATE_H
#define WEIR_TRACKER_STATE_H

#include <nettle/sha2.h>

#include "dataplane/flow/tcp_track.h"
#include "dataplane/flow/tracker.h"
#include "dataplane/flow/usual_segment.h"

struct tracker {
	struct flow_table *flows;
	struct reasm_pool reasm;
	struct sha256_ctx *shas; /* two of each flow, by its id; NULL unless asked for */
	struct conn_env *conns;
	struct worker_counters *counters;
	struct feed_counters *feeds;
	struct feed_counters told; /* takes what a held packet's second coming would count again */
	struct tracker_config config;
	const char *ruleset;
	tracker_emit_fn *emit;
	void *emit_arg;
	uint64_t now_us;   /* packet time of the records being made */
	uint64_t order_us; /* and their place in the merge */
	struct usual_limits usual;
	struct record record;
	struct {
		struct flow_key key;
		uint64_t first_us;
		uint32_t first_seq, len; /* 0: of no flow */
		const char *tap;
		uint8_t orig;
	} start; /* what the record begins with, behind its head */
};

/* What a delivery callback has to know. */
struct delivery {
	struct tracker *t;
	struct flow *flow;
	unsigned side;
};

static inline struct sha256_ctx *
tracker_sha(struct tracker *t, const struct flow *flow, unsigned side)
{
	return &t->shas[2 * (size_t)flow_table_id(t->flows, flow) + side];
}

static inline void
tracker_set_time(struct tracker *t, uint64_t now_us, uint64_t order_us)
{
	t->now_us = now_us;
	t->order_us = order_us;
	conn_env_set_time(t->conns, now_us);
}

/*
 * tracker.c: a packet of the flow, which has been counted there and judged good; soon: right behind
 * one like it, see feed_packet. And bytes from reassembly: arg is a struct delivery.
 */
void tracker_take(struct tracker *t, struct flow *flow, const struct packet *p,
		  const uint8_t *payload, bool soon);
void tracker_deliver(void *arg, const uint8_t *data, uint32_t len, uint64_t gap);

/*
 * tracker_flows.c: the flow that the packet is for, which may be another than the one found under
 * its key; NULL when it has been dealt with, as half-open. And what the table tells.
 */
struct flow *tracker_flows_match(struct tracker *t, struct flow *found, const struct packet *p,
				 enum tcp_verdict *verdict);
void tracker_flows_end(void *arg, struct flow *flow, enum flow_end how, uint64_t end_us);
void tracker_flows_end_half_open(void *arg, struct half_open *h, enum flow_end how,
				 uint64_t end_us);

/* tracker_record.c: where the connections' records go; and a flow's own, up to now. */
struct conn_output tracker_record_output(struct tracker *t);
void tracker_record_part(struct tracker *t, struct flow *flow, enum flow_end how);

#endif
