/*
 * Which flow a packet is of, and the life of flows: the first packet may wait as half-open, the
 * second makes the flow, a long one is told in parts, and time, a close or another connection of
 * the same tuple end it.
 */
#include "dataplane/flow/tracker_state.h"

#include "dataplane/flow/flow_record.h"
#include "dataplane/flow/half_open.h"

static void
begin_flow(struct flow *flow, const struct packet *p)
{
	flow->feed_of = p->feed;
	flow->head.young = FLOW_YOUNG;
	flow->head.orig = p->side != 0;
	flow->head.midstream = p->key.proto == IP_PROTO_TCP && (p->tcp_flags & TCP_SYN) == 0;
}

/* The first packet, which was held; its repetitions made the flow last. */
static void
account_first(struct tracker *t, struct flow *flow, const struct half_open *h,
	      const struct packet *p)
{
	unsigned more = h->head.packets - 1u;

	feed_packet(flow, p, &t->told);
	flow_account(flow, p);
	flow->head.last_us = h->head.last_us;
	flow->head.young -= more < flow->head.young ? (uint8_t)more : flow->head.young;
	flow->duplicates = h->duplicates;
}

/*
 * The wheel and the input clock agree on when the flow ended; in packet time that is as long after
 * its last packet.
 */
static void
set_end_time(struct tracker *t, const struct flow_head *head, uint64_t end_us)
{
	uint64_t after = end_us > head->last_order_us ? end_us - head->last_order_us : 0;

	tracker_set_time(t, head->last_us + after, end_us);
}

static void
count_end(struct tracker *t, enum flow_end how)
{
	t->counters->flows_ended++;
	if (how == FLOW_END_EVICTED)
		t->counters->flows_evicted++;
}

void
tracker_flows_end(void *arg, struct flow *flow, enum flow_end how, uint64_t end_us)
{
	struct tracker *t = arg;

	set_end_time(t, &flow->head, end_us);
	for (unsigned s = 0; s < 2 && flow->head.key.proto == IP_PROTO_TCP; s++) {
		struct delivery d = { t, flow, s };
		const struct flow_side *other = &flow->side[1 - s];

		reasm_finish(&flow->side[s].reasm, &t->reasm, other->have_ack && flow->side[s].seen,
			     flow->side[s].fin ? flow->side[s].fin_seq : other->acked,
			     tracker_deliver, &d);
	}
	if (flow->conn != NULL)
		conn_finish(t->conns, flow->conn);
	tracker_record_part(t, flow, how);
	conn_close(t->conns, flow->conn);
	for (unsigned s = 0; s < 2; s++)
		reasm_fini(&flow->side[s].reasm, &t->reasm);
	count_end(t, how);
}

/* What open_flow and the first packet would have made of it. */
void
tracker_flows_end_half_open(void *arg, struct half_open *h, enum flow_end how, uint64_t end_us)
{
	struct tracker *t = arg;
	struct flow flow = { .head = h->head, .first_seq = h->seq };
	struct packet p;

	half_open_packet(h, &p);
	flow.head.tcp_state = TCP_STATE_NONE;
	flow.head.end = FLOW_END_IDLE;
	begin_flow(&flow, &p);
	account_first(t, &flow, h, &p);
	if (flow.head.key.proto == IP_PROTO_TCP)
		tcp_track_update(&flow, &p);
	set_end_time(t, &flow.head, end_us);
	if (flow.head.tcp_state == TCP_STATE_CLOSED && how != FLOW_END_EVICTED)
		how = (enum flow_end)flow.head.end;
	tracker_record_part(t, &flow, how);
	count_end(t, how);
	if (how == FLOW_END_EVICTED)
		t->counters->half_open_evicted++;
}

static struct flow *
open_flow(struct tracker *t, const struct packet *p)
{
	struct flow *flow = flow_table_add(t->flows, p);

	begin_flow(flow, p);
	for (unsigned s = 0; s < 2 && t->shas != NULL; s++)
		sha256_init(tracker_sha(t, flow, s));
	return flow;
}

static bool
end_if_expired(struct tracker *t, struct flow *flow, const struct packet *p)
{
	uint64_t deadline;

	/* Within the shortest of all timeouts, as nearly every packet: nothing to be looked up. */
	if (p->order_us - flow->head.last_order_us <= t->usual.shortest_us &&
	    p->time_us <= flow->head.last_us + t->usual.shortest_us)
		return false;
	if (!flow_expired(t->flows, &flow->head, p))
		return false;
	deadline = flow_deadline(t->flows, &flow->head);
	flow_table_end(t->flows, flow, flow->head.end,
		       deadline < p->order_us ? deadline : p->order_us);
	return true;
}

/* Another connection has taken the tuple. */
static void
end_reused(struct tracker *t, struct flow *flow, const struct packet *p)
{
	flow_table_end(t->flows, flow,
		       flow->head.end != FLOW_END_IDLE ? flow->head.end : FLOW_END_REUSED,
		       p->order_us);
}

static bool
part_is_due(const struct tracker *t, const struct flow *flow, const struct packet *p)
{
	int64_t lasts_ms = (int64_t)(p->time_us / 1000) - (int64_t)(flow->part_us / 1000);

	return lasts_ms >= (int64_t)(t->config.timeouts.active_us / 1000);
}

static void
end_part_if_due(struct tracker *t, struct flow *flow, const struct packet *p)
{
	if (!flow_counters_full(&flow->side[p->side]) &&
	    (flow_part_goes_on(flow, p->time_us, t->usual.active_ticks) ||
	     !part_is_due(t, flow, p)))
		return;
	tracker_set_time(t, p->time_us, p->order_us);
	tracker_record_part(t, flow, FLOW_END_ACTIVE);
}

/* There is more: the flow is made, and has its first packet already. */
static struct flow *
promote(struct tracker *t, struct half_open *h)
{
	struct half_open first = *h;
	struct packet p;
	struct flow *flow;

	h->head.path = NULL;
	flow_table_drop_half_open(t->flows, h);
	half_open_packet(&first, &p);
	flow = open_flow(t, &p);
	flow->head.path = first.head.path;
	account_first(t, flow, &first, &p);
	tracker_take(t, flow, &p, NULL, false);
	t->counters->half_open_promoted++;
	return flow;
}

/* The first packet, or the first that fits nothing there is. */
static struct flow *
first_packet(struct tracker *t, const struct packet *p)
{
	struct half_open *h;
	struct flow *flow;

	t->counters->flows_opened++;
	if (half_open_can_hold(p)) {
		h = flow_table_add_half_open(t->flows, p);
		flow_table_note_path(t->flows, &h->head, p, true);
		t->feeds[p->feed].feed_packets++;
		t->feeds[p->feed].feed_truncated += p->payload_len < p->payload_wire;
		return NULL;
	}
	flow = open_flow(t, p);
	flow_table_note_path(t->flows, &flow->head, p, true);
	return flow;
}

static struct flow *
second_packet(struct tracker *t, struct half_open *h, const struct packet *p)
{
	uint64_t deadline;

	if (flow_expired(t->flows, &h->head, p)) {
		deadline = flow_deadline(t->flows, &h->head);
		flow_table_end_half_open(t->flows, h, FLOW_END_IDLE,
					 deadline < p->order_us ? deadline : p->order_us);
		return first_packet(t, p);
	}
	if (half_open_is_repeat(h, p)) {
		t->feeds[p->feed].feed_packets++;
		t->feeds[p->feed].feed_duplicates += half_open_repeat(h, p);
		flow_table_note_path(t->flows, &h->head, p, false);
		return NULL;
	}
	return promote(t, h);
}

static struct flow *
no_flow(struct tracker *t, const struct packet *p)
{
	struct half_open *h = flow_table_find_half_open(t->flows, p);

	return h != NULL ? second_packet(t, h, p) : first_packet(t, p);
}

/*
 * A segment that the flow's end would throw away. It may answer a SYN that came on the same tuple:
 * then that one is the connection, and the flow is over.
 */
static struct flow *
stray_segment(struct tracker *t, struct flow *flow, const struct packet *p)
{
	struct half_open *h = flow_table_find_half_open(t->flows, p);

	if (h == NULL || h->head.orig == p->side || flow_expired(t->flows, &h->head, p))
		return flow;
	end_reused(t, flow, p);
	return promote(t, h);
}

/*
 * A SYN of a tuple whose connection it may not end: it waits for its answer beside it, without what
 * it carries, or is thrown away. Two flows of one tuple there must not be: which of them a segment
 * found would be chance.
 */
static struct flow *
syn_beside(struct tracker *t, struct flow *flow, const struct packet *p, enum tcp_verdict *verdict)
{
	const struct half_open *h = flow_table_find_half_open(t->flows, p);
	struct packet syn = *p;

	syn.payload_len = syn.payload_wire = 0;
	if (!half_open_can_hold(&syn) ||
	    (h != NULL && !flow_expired(t->flows, &h->head, p) && !half_open_is_repeat(h, &syn))) {
		*verdict = TCP_STRAY_SYN;
		return flow;
	}
	t->counters->tcp_stray_syn++;
	t->counters->rejected_bytes += p->payload_wire;
	return no_flow(t, &syn);
}

/* The flow that a TCP segment is for, and what is to be thought of it there. */
static struct flow *
tcp_flow_of(struct tracker *t, struct flow *flow, const struct packet *p, enum tcp_verdict *verdict)
{
	struct flow *other;

	if (tcp_track_is_new(flow, p)) {
		if (!tcp_track_may_end(flow, p))
			return syn_beside(t, flow, p, verdict);
		end_reused(t, flow, p);
		return no_flow(t, p);
	}
	*verdict = tcp_track_judge(flow, p);
	if (*verdict == TCP_GOOD)
		return flow;
	other = stray_segment(t, flow, p);
	if (other != flow)
		*verdict = tcp_track_judge(other, p);
	return other;
}

struct flow *
tracker_flows_match(struct tracker *t, struct flow *flow, const struct packet *p,
		    enum tcp_verdict *verdict)
{
	if (flow != NULL && end_if_expired(t, flow, p))
		flow = NULL;
	if (flow != NULL && p->key.proto == IP_PROTO_TCP) {
		flow = tcp_flow_of(t, flow, p, verdict);
	} else if (flow == NULL) {
		flow = no_flow(t, p);
		if (flow != NULL && p->key.proto == IP_PROTO_TCP)
			*verdict = tcp_track_judge(flow, p);
	}
	if (flow != NULL)
		end_part_if_due(t, flow, p);
	return flow;
}
