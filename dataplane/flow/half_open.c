#include "dataplane/flow/half_open.h"

#include <string.h>

#include "dataplane/flow/seq.h"

/* No window is larger (RFC 7323 section 2.3). */
#define MAX_WINDOW (1 << 30)

static uint8_t
syn_and_ack(uint8_t tcp_flags)
{
	return tcp_flags & (TCP_SYN | TCP_ACK);
}

bool
half_open_can_hold(const struct packet *p)
{
	return p->payload_len == 0 && p->nr_frames <= 1 &&
	       (p->key.proto != IP_PROTO_TCP || p->payload_wire == 0);
}

/* Which timeout it has: a connection that is asked for, one that a RST has closed. */
static enum tcp_state
state_of(const struct packet *p)
{
	if (p->key.proto != IP_PROTO_TCP)
		return TCP_STATE_NONE;
	if ((p->tcp_flags & TCP_RST) != 0)
		return TCP_STATE_CLOSED;
	return syn_and_ack(p->tcp_flags) == TCP_SYN ? TCP_STATE_SYN : TCP_STATE_NONE;
}

void
half_open_init(struct half_open *h, const struct packet *p)
{
	*h = (struct half_open) {
		.head = { .key = p->key,
			  .hash = p->hash,
			  .first_us = p->time_us,
			  .last_us = p->time_us,
			  .last_order_us = p->order_us,
			  .tap = p->tap,
			  .bytes = p->wire_bytes,
			  .packets = 1,
			  .tcp_flags = p->tcp_flags,
			  .tcp_state = (uint8_t)state_of(p),
			  .orig = p->side != 0,
			  .in_use = 1 },
		.seq = p->seq,
		.ack = p->ack,
		.window = p->window,
		.has_mac = p->has_macs,
		.has_scale = p->has_scale,
		.scale = p->scale & 15u,
		.has_ts = p->has_ts,
		.checksum = p->checksum,
		.ip_id = p->ip_id,
		.feed = p->feed,
	};
	if (p->key.proto != IP_PROTO_TCP)
		h->payload_bytes = p->payload_wire;
	memcpy(h->mac, p->mac[1], sizeof(h->mac));
}

/* Does a number that answers or follows seq lie behind it, and within any window? */
static bool
follows(uint32_t number, uint32_t seq)
{
	int32_t ahead = seq_diff(number, seq);

	return ahead > 0 && ahead <= MAX_WINDOW;
}

static bool
fits_syn(const struct half_open *h, const struct packet *p)
{
	if (p->side == h->head.orig)
		return p->seq == h->seq ||
		       ((p->tcp_flags & TCP_SYN) == 0 && follows(p->seq, h->seq));
	if (syn_and_ack(p->tcp_flags) == TCP_SYN)
		return true; /* both ends open at once */
	return (p->tcp_flags & TCP_ACK) != 0 && follows(p->ack, h->seq);
}

static bool
fits_syn_ack(const struct half_open *h, const struct packet *p)
{
	if (p->side == h->head.orig)
		return p->seq == h->seq ||
		       ((p->tcp_flags & TCP_SYN) == 0 && follows(p->seq, h->seq));
	if ((p->tcp_flags & TCP_SYN) != 0)
		return p->seq + 1 == h->ack; /* what was answered, mirrored after the answer */
	if ((p->tcp_flags & TCP_ACK) != 0)
		return follows(p->ack, h->seq);
	return p->seq == h->ack || follows(p->seq, h->ack);
}

bool
half_open_fits(const struct half_open *h, const struct packet *p)
{
	if (p->key.proto != IP_PROTO_TCP)
		return true;
	switch (syn_and_ack(h->head.tcp_flags)) {
	case TCP_SYN:
		return fits_syn(h, p);
	case TCP_SYN | TCP_ACK:
		return fits_syn_ack(h, p);
	default:
		return true;
	}
}

bool
half_open_is_repeat(const struct half_open *h, const struct packet *p)
{
	return p->key.proto == IP_PROTO_TCP && (p->tcp_flags & TCP_SYN) != 0 &&
	       p->tcp_flags == h->head.tcp_flags && p->side == h->head.orig && p->seq == h->seq &&
	       p->ack == h->ack && half_open_can_hold(p) && h->head.packets < UINT8_MAX;
}

bool
half_open_repeat(struct half_open *h, const struct packet *p)
{
	bool copy = feed_is_soon(&h->head, p) && p->checksum == h->checksum && p->ip_id == h->ip_id;

	h->head.packets++;
	h->duplicates = (uint16_t)(h->duplicates + copy);
	h->head.bytes += p->wire_bytes;
	if (p->time_us > h->head.last_us)
		h->head.last_us = p->time_us;
	h->head.last_order_us = p->order_us;
	return copy;
}

void
half_open_packet(const struct half_open *h, struct packet *p)
{
	bool tcp = h->head.key.proto == IP_PROTO_TCP;

	*p = (struct packet) {
		.time_us = h->head.first_us,
		.order_us = h->head.last_order_us,
		.hash = h->head.hash,
		.tap = h->head.tap,
		.key = h->head.key,
		.wire_bytes = h->head.bytes,
		.payload_wire = tcp ? 0 : h->payload_bytes,
		.seq = h->seq,
		.ack = tcp ? h->ack : 0,
		.checksum = h->checksum,
		.ip_id = h->ip_id,
		.feed = h->feed,
		.window = h->window,
		.tcp_flags = h->head.tcp_flags,
		.side = h->head.orig,
		.has_macs = h->has_mac,
		.has_scale = h->has_scale,
		.scale = h->scale,
		.has_ts = h->has_ts,
		.nr_frames = h->head.packets,
	};
	memcpy(p->mac[1], h->mac, sizeof(h->mac));
	if (h->head.path == NULL)
		return;
	p->nr_vlans = h->head.path->nr_vlans;
	memcpy(p->vlan, h->head.path->vlan, sizeof(p->vlan));
}
