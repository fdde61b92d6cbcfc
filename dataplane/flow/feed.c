#include "dataplane/flow/feed.h"

#include <string.h>

#include "dataplane/flow/flow.h"
#include "dataplane/flow/seq.h"

/* Finalizer of MurmurHash3: all bits of the input reach all of the output. */
static uint64_t
mix(uint64_t v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdu;
	v ^= v >> 33;
	v *= 0xc4ceb9fe1a85ec53u;
	return v ^ (v >> 33);
}

/*
 * What two copies have in common, and a packet that is sent again has not. The top bits are best.
 * Of every packet, so the numbers are taken as they stand side by side in it.
 */
static inline uint64_t
tag_of(const struct packet *p)
{
	uint64_t seqs, rest, h;

	_Static_assert(offsetof(struct packet, ack) == offsetof(struct packet, seq) + 4 &&
			   offsetof(struct packet, checksum) ==
			       offsetof(struct packet, window) + 2 &&
			   offsetof(struct packet, ip_id) == offsetof(struct packet, window) + 4 &&
			   offsetof(struct packet, tcp_flags) ==
			       offsetof(struct packet, window) + 6 &&
			   offsetof(struct packet, side) == offsetof(struct packet, window) + 7,
		       "two words");
	memcpy(&seqs, &p->seq, sizeof(seqs));
	memcpy(&rest, &p->window, sizeof(rest));
	h = (seqs ^ (uint64_t)p->payload_wire << 24) * 0x9e3779b97f4a7c15u;
	h = (h ^ h >> 29 ^ rest) * 0xff51afd7ed558ccdu;
	return h ^ h << 32;
}

/* One of the four 16-bit parts equals tag: Hacker's Delight, the zero byte of a word. */
static bool
has_tag16(uint64_t recent, uint64_t tag)
{
	uint64_t v = recent ^ tag * 0x0001000100010001u;

	return ((v - 0x0001000100010001u) & ~v & 0x8000800080008000u) != 0;
}

static bool
has_tag32(uint64_t recent, uint64_t tag)
{
	return (recent & UINT32_MAX) == tag || recent >> 32 == tag;
}

static __attribute__((noinline)) uint16_t
mixed_vlans(const struct packet *p)
{
	uint64_t v = p->nr_vlans;

	for (unsigned i = 0; i < p->nr_vlans; i++)
		v = mix(v << 16 | p->vlan[i]);
	return (uint16_t)(v | 1);
}

inline uint16_t
feed_vlans(const struct packet *p)
{
	return p->nr_vlans == 0 ? FEED_NO_VLANS : mixed_vlans(p);
}

/* The flow's last line is left alone: it is in no cache. */
void
feed_note_vlans(struct flow *flow, struct flow_side *side, const struct packet *p)
{
	uint16_t vlans = feed_vlans(p);

	if (side->vlans == 0)
		side->vlans = vlans;
	else if (side->vlans != vlans)
		flow->feed.vlan_mixed = true;
}

_Static_assert(FEED_MIN_PACKETS == FLOW_YOUNG, "young is what is short of it");

inline bool
feed_is_soon(const struct flow_head *head, const struct packet *p)
{
	return p->time_us < head->last_us || p->time_us - head->last_us <= FEED_COPY_US;
}

bool
feed_packet(struct flow *flow, const struct packet *p, struct feed_counters *c)
{
	bool first = flow->head.young == FLOW_YOUNG;
	struct flow_side *side = &flow->side[p->side];

	/* So far this side seemed to be missing; what was acknowledged meanwhile is not a loss. */
	if (!side->seen)
		flow->feed.unseen_bytes = 0;
	c->feed_packets++;
	if (p->payload_len < p->payload_wire) {
		c->feed_truncated++;
		flow->feed.truncated++;
	}
	feed_note_vlans(flow, side, p);
	return !first && feed_is_soon(&flow->head, p);
}

bool
feed_tcp_repeats(const struct flow *flow, const struct packet *p)
{
	const struct flow_side *s = &flow->side[p->side];

	if ((p->tcp_flags & TCP_SYN) != 0)
		return s->syn && s->isn == p->seq;
	if ((p->tcp_flags & TCP_FIN) != 0)
		return s->fin && s->fin_seq == p->seq;
	return s->have_ack && s->acked == p->ack;
}

void
feed_tcp_ack(struct flow *flow, const struct packet *p)
{
	const struct flow_side *sender = &flow->side[p->side];
	int32_t more = seq_diff(p->ack, sender->acked);

	if (flow->side[1 - p->side].seen || (p->tcp_flags & TCP_ACK) == 0 || !sender->have_ack)
		return;
	if (more > 0)
		flow->feed.unseen_bytes += (uint32_t)more;
}

static void
count_copy(struct flow *flow, struct feed_counters *c)
{
	flow->duplicates++;
	c->feed_duplicates++;
}

inline void
feed_remember(struct flow *flow, struct flow_side *side, const struct packet *p, bool nothing_new,
	      struct feed_counters *c)
{
	uint64_t *recent = &side->recent;
	uint64_t tag = tag_of(p) >> 48 | 1;

	if (nothing_new && has_tag16(*recent, tag))
		count_copy(flow, c);
	else
		*recent = *recent << 16 | tag;
}

void
feed_tcp(struct flow *flow, const struct packet *p, bool nothing_new, struct feed_counters *c)
{
	c->feed_tcp_bytes += p->payload_wire;
	/* An acknowledgement that its sender did not number may well be sent twice. */
	if (p->payload_wire != 0 || p->ip_id != 0 || (p->tcp_flags & (TCP_SYN | TCP_FIN)) != 0)
		feed_remember(flow, &flow->side[p->side], p, nothing_new, c);
}

void
feed_datagram(struct flow *flow, const struct packet *p, bool soon, struct feed_counters *c)
{
	uint64_t *recent = &flow->side[p->side].recent;
	uint64_t tag = tag_of(p) >> 32 | 1;

	if (p->ip_id == 0)
		return;
	if (soon && has_tag32(*recent, tag))
		count_copy(flow, c);
	else
		*recent = *recent << 32 | tag;
}

void
feed_gap(struct flow *flow, unsigned side, uint64_t gap, struct feed_counters *c)
{
	const struct flow_side *other = &flow->side[1 - side];
	int32_t beyond = seq_diff(flow->side[side].reasm.next_seq, other->acked);
	uint64_t unacked = beyond > 0 ? (uint64_t)beyond : 0;

	if (!other->have_ack || gap <= unacked)
		return;
	flow->feed.unseen_bytes += gap - unacked;
	c->feed_acked_unseen_bytes += gap - unacked;
}

int
feed_missing_side(const struct flow *flow)
{
	unsigned seen = flow->side[0].seen ? 0 : 1;
	const struct flow_side *s = &flow->side[seen];

	if (flow->head.key.proto != IP_PROTO_TCP || flow->side[1 - seen].seen ||
	    flow->head.young != 0)
		return -1;
	/* It takes up data that never came, or a handshake whose answer never came. */
	if (flow->feed.unseen_bytes != 0 || (s->syn && s->have_ack && seen == flow->head.orig))
		return (int)(1 - seen);
	return -1;
}

bool
feed_is_vlan_split(const struct flow *flow)
{
	return flow->side[0].vlans != 0 && flow->side[1].vlans != 0 &&
	       flow->side[0].vlans != flow->side[1].vlans;
}

void
feed_judge(const struct flow *flow, struct feed_counters *c)
{
	bool both = flow->side[0].seen && flow->side[1].seen;
	int missing = feed_missing_side(flow);

	if (both) {
		c->feed_two_way_flows++;
		c->feed_vlan_split += feed_is_vlan_split(flow);
		c->feed_vlan_mixed += flow->feed.vlan_mixed;
	}
	if (flow->head.key.proto != IP_PROTO_TCP || flow->head.young != 0)
		return;
	c->feed_tcp_flows += both || missing >= 0;
	if (missing >= 0)
		*(missing == flow->head.orig ? &c->feed_dst_only : &c->feed_src_only) += 1;
}

void
feed_counters_add(struct feed_counters *sum, const struct feed_counters *from)
{
#define ADD(member, meaning) sum->member += from->member;
	FEED_COUNTERS(ADD)
#undef ADD
}
