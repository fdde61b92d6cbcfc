#include "dataplane/flow/usual_segment.h"

#include "dataplane/flow/flow_record.h"
#include "dataplane/flow/seq.h"
#include "dataplane/flow/tcp_track.h"

/* Farther back than that an acknowledgement or a segment is looked at closely. */
#define NEAR (1 << 20)

/* Neither over by time nor due for an interim record. */
static inline bool
goes_on(const struct flow *flow, const struct packet *p, const struct usual_limits *limits)
{
	int32_t lasts_ms = (int32_t)((uint32_t)(p->time_us / 1000) - flow->head.part_ms);

	return p->order_us - flow->head.last_order_us <= limits->shortest_us &&
	       p->time_us <= flow->head.last_us + limits->shortest_us &&
	       lasts_ms < limits->active_ms;
}

/* A connection under way; once both ends have sent a FIN, one that is closed. */
static inline bool
is_open(const struct flow *flow, const struct flow_side *s, const struct flow_side *o)
{
	return !flow_counters_full(s) && s->seen && s->have_ack && o->seen && s->reasm.started &&
	       o->reasm.started && flow->head.strays == 0 &&
	       flow->head.tcp_state != TCP_STATE_SYN &&
	       (flow->head.tcp_state == TCP_STATE_CLOSED || !s->fin || !o->fin);
}

/* Of what was sent, and not far behind what was acknowledged before. */
static inline bool
acks_well(const struct flow_side *s, const struct flow_side *o, const struct packet *p)
{
	return !seq_after(p->ack, o->reasm.next_seq + 1) && seq_diff(s->acked, p->ack) <= NEAR;
}

/* Of what a segment with payload is, seen from the stream. */
static inline enum usual_segment
place_of(const struct flow *flow, const struct flow_side *s, const struct packet *p,
	 const struct usual_limits *limits)
{
	int32_t begin = seq_diff(p->seq, s->reasm.next_seq);
	int32_t end = seq_diff(p->seq + p->payload_wire, s->reasm.next_seq);

	if (p->payload_wire == 0)
		return begin <= 0 ? USUAL_DONE : USUAL_NOT;
	if (p->payload_len != p->payload_wire || reasm_holds(&s->reasm, limits->reasm) ||
	    (p->has_ts && s->knows_ts && seq_before(p->ts_val, s->ts_val)) ||
	    (!limits->skip_payload && (flow->conn == NULL || s->fin)))
		return USUAL_NOT;
	if (begin == 0)
		return s->fin ? USUAL_NOT : USUAL_DATA;
	return end <= 0 && begin > -NEAR && s->reasm.more != 0 ? USUAL_DONE : USUAL_NOT;
}

/* As feed_packet and feed_tcp. */
static inline void
note_feed(struct flow *flow, struct flow_side *s, const struct packet *p, bool nothing_new,
	  struct feed_counters *c)
{
	c->feed_packets++;
	c->feed_tcp_bytes += p->payload_wire;
	if (s->vlans != feed_vlans(p))
		flow->feed.vlan_mixed = true;
	if (p->payload_wire != 0 || p->ip_id != 0)
		feed_remember(flow, p, nothing_new, c);
}

/* As tcp_track_update. */
static inline void
note_ack(struct flow_side *s, const struct flow_side *o, const struct packet *p)
{
	uint32_t edge = p->ack + ((uint32_t)p->window << tcp_track_scale(s, o));

	s->edge = seq_after(edge, s->edge) ? edge : s->edge;
	s->acked = seq_after(p->ack, s->acked) ? p->ack : s->acked;
}

inline enum usual_segment
usual_segment_take(struct flow *flow, const struct packet *p, const struct usual_limits *limits,
		   struct feed_counters *c)
{
	struct flow_side *s = &flow->side[p->side];
	const struct flow_side *o = &flow->side[1 - p->side];
	enum usual_segment what;
	bool nothing_new;

	if ((p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) != TCP_ACK ||
	    !goes_on(flow, p, limits) || !is_open(flow, s, o) || !acks_well(s, o, p) ||
	    reasm_holds(&o->reasm, limits->reasm))
		return USUAL_NOT;
	what = place_of(flow, s, p, limits);
	if (what == USUAL_NOT)
		return USUAL_NOT;

	nothing_new = feed_is_soon(&flow->head, p) &&
		      (p->payload_wire != 0 ? what == USUAL_DONE : s->acked == p->ack);
	note_feed(flow, s, p, nothing_new, c);
	flow_account(flow, p);
	note_ack(s, o, p);
	if (p->payload_wire == 0)
		return USUAL_DONE;
	if (flow->head.tcp_state != TCP_STATE_CLOSED)
		flow->head.end = FLOW_END_IDLE;
	if (what == USUAL_DONE) {
		reasm_again(&s->reasm, limits->reasm, p->payload_wire);
		return USUAL_DONE;
	}
	if (p->has_ts) {
		s->ts_val = p->ts_val;
		s->knows_ts = 1;
	}
	s->reasm.next_seq += p->payload_wire;
	return USUAL_DATA;
}
