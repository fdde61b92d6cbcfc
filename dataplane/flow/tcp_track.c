#include "dataplane/flow/tcp_track.h"

#include "dataplane/flow/seq.h"

#define MIDSTREAM_SCALE 8u
#define RESYNC		8u	  /* rejected segments in a row that are believed */
#define RESYNC_NEAR	(1 << 17) /* how near to each other */

/* Around what is expected, where no window is known, and for old acknowledgements: generously. */
#define ANY_WINDOW (1 << 20)

static struct flow_side *
sender_of(struct flow *flow, const struct packet *p)
{
	return &flow->side[p->side];
}

static struct flow_side *
other_of(struct flow *flow, const struct packet *p)
{
	return &flow->side[1 - p->side];
}

bool
tcp_track_is_new(const struct flow *flow, const struct packet *p)
{
	const struct flow_side *sender = &flow->side[p->side];

	if ((p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return false;
	if (sender->syn)
		return sender->isn != p->seq;
	/* Joined midway, or its SYN was missed: only a closed one, or one with data, is another. */
	return flow->head.tcp_state == TCP_STATE_CLOSED ||
	       (sender->reasm.started && p->seq + 1 != sender->reasm.next_seq);
}

bool
tcp_track_may_end(const struct flow *flow, const struct packet *p)
{
	return flow->head.tcp_state == TCP_STATE_CLOSED || flow->head.tcp_state == TCP_STATE_SYN ||
	       !flow->side[1 - p->side].seen;
}

/* Within reach on both sides of what is expected. */
static bool
near(uint32_t number, uint32_t expected, int32_t reach)
{
	int32_t off = seq_diff(number, expected);

	return off > -reach && off < reach;
}

/* With or without the data it carried (TCP Fast Open, RFC 7413). */
static bool
acks_syn(const struct flow_side *opener, uint32_t ack)
{
	return seq_after(ack, opener->isn) && !seq_after(ack, opener->reasm.next_seq);
}

static enum tcp_verdict
judge_syn(struct flow *flow, const struct packet *p)
{
	const struct flow_side *sender = sender_of(flow, p), *other = other_of(flow, p);

	/* Who acknowledges something is through with its SYN: more data of it is not read. */
	if (p->payload_wire != 0 && sender->have_ack)
		return TCP_STRAY_SYN;
	if (sender->syn)
		return sender->isn == p->seq ? TCP_GOOD : TCP_STRAY_SYN;
	if (sender->reasm.started && p->seq + 1 != sender->reasm.next_seq)
		return TCP_STRAY_SYN;
	if ((p->tcp_flags & TCP_ACK) != 0 && other->syn && !acks_syn(other, p->ack))
		return TCP_STRAY_SYN;
	return TCP_GOOD;
}

static enum tcp_verdict
judge_rst(struct flow *flow, const struct packet *p)
{
	struct flow_side *sender = sender_of(flow, p), *other = other_of(flow, p);

	if (!sender->reasm.started) {
		/* Refusing a SYN: sequence 0, and it must acknowledge the SYN. */
		if ((p->tcp_flags & TCP_ACK) != 0 && other->syn && !acks_syn(other, p->ack))
			return TCP_STRAY_RST;
		return TCP_GOOD;
	}
	return near(p->seq, sender->reasm.next_seq, ANY_WINDOW) ? TCP_GOOD : TCP_STRAY_RST;
}

/* Where the next byte is expected, where the last acknowledged one was, or behind the FIN. */
static bool
rst_is_exact(const struct flow_side *sender, const struct flow_side *other, uint32_t seq)
{
	if (!sender->reasm.started || seq == sender->reasm.next_seq)
		return true;
	if (other->have_ack && seq == other->acked)
		return true;
	return sender->fin && (seq == sender->fin_seq || seq == sender->fin_seq + 1);
}

static bool
bad_ack(const struct flow_side *sender, const struct flow_side *other, const struct packet *p)
{
	int32_t back;

	if ((p->tcp_flags & TCP_ACK) == 0)
		return sender->syn && other->syn;
	if (!other->reasm.started)
		return false;
	if (!sender->have_ack)
		return !near(p->ack, other->reasm.next_seq, ANY_WINDOW);
	/* More than this end has let the other send, and more than the other is known to have. */
	if (seq_after(p->ack, sender->edge + 1) && seq_after(p->ack, other->reasm.next_seq + 1))
		return true;
	back = seq_diff(sender->acked, p->ack);
	return back > ANY_WINDOW && back > seq_diff(sender->edge, sender->acked);
}

static bool
out_of_window(const struct flow_side *sender, const struct flow_side *other, const struct packet *p)
{
	bool behind_fin = sender->fin && sender->reasm.next_seq == sender->fin_seq &&
			  !seq_before(p->seq, sender->fin_seq);

	if (!sender->reasm.started)
		return false;
	if (behind_fin && p->payload_wire != 0)
		return true;
	if (!other->have_ack || !seq_after(p->seq, sender->reasm.next_seq))
		return false;
	/* What was let through beyond the edge says that the edge is out of date. */
	return seq_after(p->seq, other->edge) && !seq_after(sender->reasm.next_seq, other->edge);
}

static bool
old_stamp(const struct flow_side *sender, const struct flow_side *other, const struct packet *p)
{
	return p->has_ts && p->payload_wire != 0 && sender->knows_ts && sender->has_ts &&
	       other->has_ts && seq_before(p->ts_val, sender->ts_val);
}

/* Counts data that is rejected in a row; true when it has come to be believed. */
static bool
resync(struct flow *flow, const struct packet *p)
{
	bool next = flow->head.stray_side == p->side && flow->head.strays != 0 &&
		    near(p->seq, flow->stray_seq, RESYNC_NEAR);

	if (p->payload_wire == 0)
		return next && flow->head.strays == RESYNC;
	flow->head.stray_side = p->side != 0;
	flow->stray_seq = p->seq + p->payload_wire;
	if (!next)
		flow->head.strays = 1;
	else if (flow->head.strays < RESYNC)
		flow->head.strays++;
	return flow->head.strays == RESYNC;
}

/* The other end acknowledges what has come to be believed. */
static bool
acks_resynced(const struct flow *flow, const struct packet *p)
{
	return flow->head.strays == RESYNC && flow->head.stray_side != p->side &&
	       near(p->ack, flow->stray_seq, RESYNC_NEAR);
}

enum tcp_verdict
tcp_track_judge(struct flow *flow, const struct packet *p)
{
	const struct flow_side *sender = sender_of(flow, p), *other = other_of(flow, p);
	enum tcp_verdict verdict = TCP_GOOD;

	if ((p->tcp_flags & TCP_RST) != 0)
		return judge_rst(flow, p);
	if ((p->tcp_flags & TCP_SYN) != 0)
		return judge_syn(flow, p);
	if (out_of_window(sender, other, p))
		verdict = TCP_OUT_OF_WINDOW;
	else if (bad_ack(sender, other, p) && !acks_resynced(flow, p))
		verdict = TCP_BAD_ACK;
	else if (old_stamp(sender, other, p))
		verdict = TCP_OLD_STAMP;
	if (verdict == TCP_OUT_OF_WINDOW || verdict == TCP_BAD_ACK)
		return resync(flow, p) ? TCP_GOOD : verdict;
	if (verdict == TCP_GOOD && p->payload_wire != 0 && flow->head.stray_side == p->side)
		flow->head.strays = 0;
	return verdict;
}

static void
take_syn(struct flow *flow, const struct packet *p)
{
	struct flow_side *sender = sender_of(flow, p), *other = other_of(flow, p);

	if (!sender->syn) {
		sender->syn = 1;
		sender->isn = p->seq;
		sender->has_scale = p->has_scale;
		sender->scale = p->scale & 15u;
		sender->has_ts = p->has_ts;
		reasm_start(&sender->reasm, p->seq + 1);
	}
	if (flow->head.tcp_state == TCP_STATE_CLOSED)
		return;
	flow->head.midstream = 0;
	if ((p->tcp_flags & TCP_ACK) != 0) {
		flow->head.orig = p->side == 0;
		flow->head.tcp_state = TCP_STATE_OPEN;
		reasm_start(&other->reasm, p->ack);
	} else {
		flow->head.orig = p->side != 0;
		if (flow->head.tcp_state == TCP_STATE_NONE)
			flow->head.tcp_state = TCP_STATE_SYN;
	}
}

inline unsigned
tcp_track_scale(const struct flow_side *sender, const struct flow_side *other)
{
	if (!sender->syn)
		return MIDSTREAM_SCALE;
	return sender->has_scale && (!other->syn || other->has_scale) ? sender->scale : 0;
}

static void
take_ack(struct flow *flow, const struct packet *p)
{
	struct flow_side *sender = sender_of(flow, p);
	/* RFC 7323 section 2.2 */
	unsigned scale =
	    (p->tcp_flags & TCP_SYN) != 0 ? 0 : tcp_track_scale(sender, other_of(flow, p));
	uint32_t edge = p->ack + ((uint32_t)p->window << scale);

	if (!sender->have_ack || seq_after(edge, sender->edge))
		sender->edge = edge;
	if (!sender->have_ack || seq_after(p->ack, sender->acked))
		sender->acked = p->ack;
	sender->have_ack = 1;
}

static void
take_rst(struct flow *flow, const struct packet *p)
{
	if (flow->head.tcp_state == TCP_STATE_CLOSED)
		return;
	flow->head.end = FLOW_END_RST;
	if (rst_is_exact(sender_of(flow, p), other_of(flow, p), p->seq))
		flow->head.tcp_state = TCP_STATE_CLOSED;
}

/* One that is next in order is believed over one that is ahead; behind the stream it is old. */
static void
take_fin(struct flow *flow, const struct packet *p)
{
	struct flow_side *sender = sender_of(flow, p);
	uint32_t fin_seq = p->seq + p->payload_wire + ((p->tcp_flags & TCP_SYN) != 0);
	bool in_order = sender->reasm.started && !seq_after(p->seq, sender->reasm.next_seq);

	if (sender->reasm.started && seq_before(fin_seq, sender->reasm.next_seq))
		return;
	if (sender->fin && !in_order)
		return;
	sender->fin = 1;
	sender->fin_seq = fin_seq;
}

/* Data in order: its stamp counts, and a RST before it was none. */
static void
take_data(struct flow *flow, const struct packet *p)
{
	struct flow_side *sender = sender_of(flow, p);

	if (flow->head.tcp_state != TCP_STATE_CLOSED)
		flow->head.end = FLOW_END_IDLE;
	if (p->has_ts && !seq_after(p->seq, sender->reasm.next_seq) &&
	    seq_after(p->seq + p->payload_wire, sender->reasm.next_seq)) {
		sender->ts_val = p->ts_val;
		sender->knows_ts = 1;
	}
}

void
tcp_track_update(struct flow *flow, const struct packet *p)
{
	if ((p->tcp_flags & TCP_RST) != 0) {
		take_rst(flow, p);
		return;
	}
	if ((p->tcp_flags & TCP_SYN) != 0)
		take_syn(flow, p);
	if (flow->head.tcp_state == TCP_STATE_SYN && p->side != flow->head.orig)
		flow->head.tcp_state = TCP_STATE_OPEN;
	if (flow->head.tcp_state == TCP_STATE_SYN && p->payload_wire > 0)
		flow->head.tcp_state = TCP_STATE_OPEN;
	if ((p->tcp_flags & TCP_ACK) != 0)
		take_ack(flow, p);
	if (p->payload_wire != 0)
		take_data(flow, p);
	if ((p->tcp_flags & TCP_FIN) != 0)
		take_fin(flow, p);
}

/* The FIN has been reached, or the other end has said that it has it. */
static bool
is_finished(const struct flow_side *s, const struct flow_side *other)
{
	if (!s->fin)
		return false;
	return s->reasm.next_seq == s->fin_seq || !s->reasm.started ||
	       (other->have_ack && other->acked == s->fin_seq + 1);
}

void
tcp_track_settle(struct flow *flow)
{
	const struct flow_side *a = &flow->side[0], *b = &flow->side[1];

	if (flow->head.tcp_state == TCP_STATE_CLOSED || !a->fin || !b->fin)
		return;
	flow->head.end = FLOW_END_FIN;
	if (is_finished(a, b) && is_finished(b, a))
		flow->head.tcp_state = TCP_STATE_CLOSED;
}
