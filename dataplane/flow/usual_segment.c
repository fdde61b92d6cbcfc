#include "dataplane/flow/usual_segment.h"

#include "dataplane/flow/flow_record.h"
#include "dataplane/flow/seq.h"
#include "dataplane/flow/tcp_track.h"

/* Farther back than that an acknowledgement or a segment is looked at closely. */
#define NEAR (1 << 20)

/* Neither over by time nor due for an interim record. */
static inline bool
goes_on(const struct flow *flow, const struct flow_side *s, const struct packet *p,
	const struct usual_limits *limits)
{
	return p->order_us - flow->head.last_order_us <= limits->shortest_us &&
	       p->time_us <= flow->head.last_us + limits->shortest_us &&
	       flow_part_goes_on(flow, p->time_us, limits->active_ticks) && !flow_counters_full(s);
}

/*
 * A connection under way, both ends heard, nothing missing and nothing in doubt; once both have
 * sent a FIN, one that is closed. Nothing of this is changed by usual segments, so it is asked
 * again only after others.
 */
__attribute__((noinline)) bool
usual_segment_look(const struct flow *flow, struct flow_side *s, const struct flow_side *o,
		   const struct usual_limits *limits)
{
	const struct flow_head *head = &flow->head;

	if (limits->none || !s->seen || !s->have_ack || !o->seen || !s->reasm.started ||
	    !o->reasm.started || reasm_holds(&s->reasm, limits->reasm) ||
	    reasm_holds(&o->reasm, limits->reasm) || head->strays != 0 ||
	    head->tcp_state == TCP_STATE_SYN)
		return false;
	/* A RST in doubt is for the next data to settle. */
	if (head->tcp_state != TCP_STATE_CLOSED &&
	    ((s->fin && o->fin) || head->end != FLOW_END_IDLE))
		return false;
	s->usual = 1;
	s->usual_data = limits->skip_payload || (flow->conn != NULL && !s->fin);
	s->shift = tcp_track_scale(s, o) & 15u;
	return true;
}

/* Of what was sent, and not far behind what was acknowledged before. */
static inline bool
acks_well(const struct flow_side *s, const struct flow_side *o, const struct packet *p)
{
	return !seq_after(p->ack, o->reasm.next_seq + 1) && seq_diff(s->acked, p->ack) <= NEAR;
}

/* Behind its own FIN, say, or behind what is late. */
static inline bool
is_in_window(const struct flow_side *o, const struct packet *p)
{
	return o->have_ack && !seq_after(p->seq, o->edge);
}

/* Of what a segment is, seen from the stream. */
static inline enum usual_segment
place_of(const struct flow_side *s, const struct flow_side *o, const struct packet *p)
{
	int32_t begin = seq_diff(p->seq, s->reasm.next_seq);
	uint32_t len = p->payload_wire;

	if (len == 0)
		return begin <= 0 || is_in_window(o, p) ? USUAL_DONE : USUAL_NOT;
	if (p->payload_len != len || !s->usual_data ||
	    (p->has_ts && s->knows_ts && seq_before(p->ts_val, s->ts_val)))
		return USUAL_NOT;
	if (begin == 0)
		return s->fin ? USUAL_NOT : USUAL_DATA;
	return begin <= -(int32_t)len && begin > -NEAR && s->reasm.more != 0 ? USUAL_DONE
									     : USUAL_NOT;
}

/* As feed_packet, but for VLANs, and feed_tcp. */
static inline void
note_feed(struct flow *flow, struct flow_side *s, const struct packet *p, bool nothing_new,
	  struct feed_counters *c)
{
	c->feed_packets++;
	c->feed_tcp_bytes += p->payload_wire;
	if (p->payload_wire != 0 || p->ip_id != 0)
		feed_remember(flow, s, p, nothing_new, c);
}

/* As flow_account, of a side that has been seen. */
static inline void
account(struct flow_head *head, struct flow_side *s, const struct packet *p)
{
	s->packets += packet_frames(p);
	s->bytes += p->wire_bytes;
	s->payload_bytes += p->payload_wire;
	s->tcp_flags |= p->tcp_flags;
	if (p->time_us > head->last_us)
		head->last_us = p->time_us;
	head->last_order_us = p->order_us;
	if (head->young != 0)
		head->young--;
}

/* As tcp_track_update. */
static inline void
note_ack(struct flow_side *s, const struct packet *p, unsigned shift)
{
	uint32_t edge = p->ack + ((uint32_t)p->window << shift);

	s->edge = seq_after(edge, s->edge) ? edge : s->edge;
	s->acked = seq_after(p->ack, s->acked) ? p->ack : s->acked;
}

/* Never inlined: on its own it has all it needs in registers. */
__attribute__((noinline)) enum usual_segment
usual_segment_take(struct flow *flow, struct flow_side *s, const struct flow_side *o,
		   const struct packet *p, const struct usual_limits *limits,
		   struct feed_counters *c)
{
	enum usual_segment what;
	bool nothing_new;

	if ((p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) != TCP_ACK ||
	    !goes_on(flow, s, p, limits) || !acks_well(s, o, p))
		return USUAL_NOT;
	what = place_of(s, o, p);
	if (what == USUAL_NOT)
		return USUAL_NOT;

	nothing_new = feed_is_soon(&flow->head, p) &&
		      (p->payload_wire != 0 ? what == USUAL_DONE : s->acked == p->ack);
	note_feed(flow, s, p, nothing_new, c);
	account(&flow->head, s, p);
	note_ack(s, p, s->shift);
	if (p->payload_wire == 0)
		return USUAL_DONE;
	if (what == USUAL_DONE) {
		reasm_again(&s->reasm, limits->reasm, p->payload_wire);
		return USUAL_DONE;
	}
	if (p->has_ts) {
		s->ts_val = p->ts_val;
		s->knows_ts = 1;
	}
	s->reasm.next_seq += p->payload_wire;
	s->delivered = 1;
	return USUAL_DATA;
}

/* Sent before, and whoever takes it up again makes nothing else of the connection. */
static inline bool
is_old_syn(const struct flow_head *head, const struct flow_side *s, const struct packet *p)
{
	bool answers = (p->tcp_flags & TCP_ACK) != 0;

	if (!s->syn || p->seq != s->isn)
		return false;
	return head->tcp_state == TCP_STATE_CLOSED ||
	       (head->tcp_state == TCP_STATE_OPEN && (p->side ^ head->orig) == answers);
}

static inline bool
is_control(const struct flow_head *head, const struct flow_side *s, const struct packet *p)
{
	if (p->payload_wire != 0)
		return false;
	switch (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) {
	case TCP_SYN:
	case TCP_SYN | TCP_ACK:
		return is_old_syn(head, s, p);
	case TCP_FIN | TCP_ACK:
		return p->seq == (s->fin ? s->fin_seq : s->reasm.next_seq);
	default:
		return false;
	}
}

__attribute__((noinline)) bool
usual_control_take(struct flow *flow, struct flow_side *s, const struct flow_side *o,
		   const struct packet *p, const struct usual_limits *limits,
		   struct feed_counters *c)
{
	bool syn = (p->tcp_flags & TCP_SYN) != 0, ack = (p->tcp_flags & TCP_ACK) != 0;

	if (!is_control(&flow->head, s, p) ||
	    (!s->usual && !usual_segment_look(flow, s, o, limits)) ||
	    !goes_on(flow, s, p, limits) || seq_after(p->seq, s->reasm.next_seq) ||
	    (ack && !acks_well(s, o, p)))
		return false;

	c->feed_packets++;
	feed_remember(flow, s, p, (syn || s->fin) && feed_is_soon(&flow->head, p), c);
	account(&flow->head, s, p);
	/* RFC 7323 section 2.2: the window of a SYN is never scaled. */
	if (ack)
		note_ack(s, p, syn ? 0 : s->shift);
	if (syn || s->fin)
		return true;
	s->fin = 1;
	s->fin_seq = p->seq;
	if (o->fin || !limits->skip_payload)
		usual_segment_other(flow);
	return true;
}

__attribute__((noinline)) bool
usual_datagram_take(struct flow *flow, struct flow_side *s, const struct packet *p,
		    const struct usual_limits *limits, struct feed_counters *c)
{
	bool soon = feed_is_soon(&flow->head, p);

	if (!s->seen || limits->none || p->payload_len == 0 || p->payload_len != p->payload_wire ||
	    (!limits->skip_payload && flow->conn == NULL) || !goes_on(flow, s, p, limits))
		return false;
	c->feed_packets++;
	account(&flow->head, s, p);
	feed_datagram(flow, p, soon, c);
	s->delivered = 1;
	return true;
}

inline void
usual_segment_other(struct flow *flow)
{
	flow->side[0].usual = flow->side[1].usual = 0;
}
