/*
 * A flow read out into records: who and where (for records of every type), and the flow record's
 * own counters, which start anew with each part.
 */
#ifndef WEIR_FLOW_RECORD_H
#define WEIR_FLOW_RECORD_H

#include "dataplane/flow/flow_table.h"
#include "dataplane/publish/record.h"

struct sha256_ctx;

/* Counts a packet for the side that sent it. */
void flow_account(struct flow *flow, const struct packet *p);

/*
 * Has the counter of the side that sends come near its end? Then the part ends here
 * (flow_next_part). No packet stands for more than UINT16_MAX frames (struct packet, nr_frames).
 */
static inline bool
flow_counters_full(const struct flow_side *sender)
{
	return sender->packets > UINT32_MAX - UINT16_MAX;
}

/*
 * Is a part that may last so many ticks certainly not over at time_us? A division and a line of the
 * flow are spared every packet but those of a long flow's last second.
 */
static inline bool
flow_part_goes_on(const struct flow *flow, uint64_t time_us, int32_t ticks)
{
	return (int32_t)((uint32_t)(time_us / FLOW_TICK_US) - flow->head.part_tick) < ticks;
}

/* 128 bits from the type, the flow and the part: the same in every replay. */
void flow_event_id(const struct flow *flow, enum record_type type, uint64_t part,
		   uint8_t id[RECORD_ID_BYTES]);

/* The opener's address, and the domain that it is of. */
void flow_put_client(const struct flow *flow, struct record *r);

/* Addresses, ports, transport, domain, Community ID, flow_uid. */
void flow_put_ends(const struct flow *flow, struct record *r);

/* Everything else that a flow record says of the flow itself. */
void flow_put_counters(const struct flow *flow, const struct reasm_pool *pool, enum flow_end how,
		       struct record *r);

/* Evidence of what was delivered in a direction so far. */
void flow_put_digest(const struct flow *flow, unsigned side, const struct sha256_ctx *sha,
		     struct record *r);

/* After a record: counters from zero, the next part. */
void flow_next_part(struct flow *flow, struct reasm_pool *pool, uint64_t now_us);

#endif
