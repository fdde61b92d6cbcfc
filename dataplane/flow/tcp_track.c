#include "dataplane/flow/tcp_track.h"

#include "dataplane/flow/seq.h"

/* Room around the expected number in which a RST is believed: an unscaled window, generously. */
#define RST_WINDOW (1 << 20)

bool
tcp_track_is_new(const struct flow *flow, const struct packet *p)
{
	const struct flow_side *sender = &flow->side[p->side];

	if ((p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return false;
	if (sender->syn)
		return sender->isn != p->seq;
	/* Joined midway, or its SYN was missed: only a closed one, or one with data, is another. */
	return flow->tcp_state == TCP_STATE_CLOSED || sender->reasm.started;
}

static void
take_syn(struct flow *flow, const struct packet *p)
{
	struct flow_side *sender = &flow->side[p->side];

	if (!sender->syn) {
		sender->syn = true;
		sender->isn = p->seq;
		reasm_start(&sender->reasm, p->seq + 1);
	}
	if (flow->tcp_state == TCP_STATE_CLOSED)
		return;
	flow->midstream = false;
	if ((p->tcp_flags & TCP_ACK) != 0) {
		flow->orig = 1 - p->side;
		flow->tcp_state = TCP_STATE_OPEN;
	} else {
		flow->orig = p->side;
		if (flow->tcp_state == TCP_STATE_NONE)
			flow->tcp_state = TCP_STATE_SYN;
	}
}

static bool
rst_believed(const struct flow *flow, const struct packet *p)
{
	const struct flow_side *sender = &flow->side[p->side];
	const struct flow_side *other = &flow->side[1 - p->side];
	int32_t off;

	if (sender->reasm.started) {
		off = seq_diff(p->seq, sender->reasm.next_seq);
		return off > -RST_WINDOW && off < RST_WINDOW;
	}
	/* Refusing a SYN: sequence 0, and it must acknowledge the SYN. */
	if ((p->tcp_flags & TCP_ACK) != 0 && other->syn)
		return p->ack == other->isn + 1;
	return true;
}

static void
take_fin(struct flow *flow, const struct packet *p)
{
	struct flow_side *sender = &flow->side[p->side];

	if (!sender->fin) {
		sender->fin = true;
		sender->fin_seq = p->seq + p->payload_wire + ((p->tcp_flags & TCP_SYN) != 0);
	}
	if (flow->side[0].fin && flow->side[1].fin && flow->tcp_state != TCP_STATE_CLOSED) {
		flow->tcp_state = TCP_STATE_CLOSED;
		flow->end = FLOW_END_FIN;
	}
}

void
tcp_track_update(struct flow *flow, const struct packet *p)
{
	struct flow_side *sender = &flow->side[p->side];

	sender->tcp_flags |= p->tcp_flags;
	if ((p->tcp_flags & TCP_SYN) != 0)
		take_syn(flow, p);
	if (flow->tcp_state == TCP_STATE_SYN && p->side != flow->orig)
		flow->tcp_state = TCP_STATE_OPEN;
	if (flow->tcp_state == TCP_STATE_SYN && p->payload_wire > 0)
		flow->tcp_state = TCP_STATE_OPEN;
	if ((p->tcp_flags & TCP_ACK) != 0 &&
	    (!sender->have_ack || seq_after(p->ack, sender->acked))) {
		sender->have_ack = true;
		sender->acked = p->ack;
	}
	if ((p->tcp_flags & TCP_RST) != 0) {
		if (flow->tcp_state != TCP_STATE_CLOSED && rst_believed(flow, p)) {
			flow->tcp_state = TCP_STATE_CLOSED;
			flow->end = FLOW_END_RST;
		}
	} else if ((p->tcp_flags & TCP_FIN) != 0) {
		take_fin(flow, p);
	}
}
