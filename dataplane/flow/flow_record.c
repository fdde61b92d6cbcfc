#include "dataplane/flow/flow_record.h"

#include <stdio.h>
#include <string.h>

#include <nettle/sha2.h>

#include "classify/siphash.h"

/* Identifiers are compared across sensors and replays, so their key is public and fixed. */
static const struct siphash_key id_key = { 0x7765697220666c6fu, 0x772069642076312eu };

static const char *const end_names[NR_FLOW_ENDS] = {
	[FLOW_END_IDLE] = "idle",	[FLOW_END_FIN] = "fin",
	[FLOW_END_RST] = "rst",		[FLOW_END_ACTIVE] = "active",
	[FLOW_END_EVICTED] = "evicted", [FLOW_END_SHUTDOWN] = "shutdown",
	[FLOW_END_REUSED] = "idle",
};

/* Directions may come in different VLANs: ids not met before are added. */
static void
note_vlans(struct flow *flow, const struct packet *p)
{
	for (unsigned i = 0; i < p->nr_vlans; i++) {
		unsigned k = 0;

		while (k < flow->nr_vlans && flow->vlan[k] != p->vlan[i])
			k++;
		if (k == flow->nr_vlans && k < PACKET_MAX_VLANS)
			flow->vlan[flow->nr_vlans++] = p->vlan[i];
	}
}

void
flow_account(struct flow *flow, const struct packet *p)
{
	struct flow_side *s = &flow->side[p->side];

	if (!s->seen) {
		s->seen = true;
		s->has_mac = p->has_macs;
		memcpy(s->mac, p->mac[0], sizeof(s->mac));
	}
	note_vlans(flow, p);
	s->packets += p->nr_frames == 0 ? 1 : p->nr_frames;
	s->bytes += p->wire_bytes;
	s->payload_bytes += p->payload_wire;
	if (p->time_us > flow->last_us)
		flow->last_us = p->time_us;
	flow->last_order_us = p->order_us;
	flow->nr_packets++;
}

void
flow_note_path(struct flow *flow, const struct packet *p)
{
	flow->tap = p->tap;
	flow->feed_of = p->feed;
	flow->nr_tunnels = p->nr_tunnels;
	memcpy(flow->tunnel, p->tunnel, sizeof(flow->tunnel));
	flow->tunnel_family = p->tunnel_family;
	/* By side, as it is not sure yet who opened. */
	memcpy(flow->tunnel_addr[p->side], p->tunnel_addr[0], sizeof(p->tunnel_addr[0]));
	memcpy(flow->tunnel_addr[1 - p->side], p->tunnel_addr[1], sizeof(p->tunnel_addr[1]));
}

/* The flow's identity: tuple with domain, and its first packet's time and sequence number. */
struct flow_identity {
	struct flow_key key;
	uint64_t first_us;
	uint64_t part;
	uint32_t first_seq;
	uint32_t type;
};

static struct flow_identity
identity_of(const struct flow *flow)
{
	return (struct flow_identity) {
		.key = flow->key,
		.first_us = flow->first_us,
		.first_seq = flow->first_seq,
	};
}

void
flow_event_id(const struct flow *flow, enum record_type type, uint64_t part,
	      uint8_t id[RECORD_ID_BYTES])
{
	struct flow_identity of = identity_of(flow);

	of.type = (uint32_t)type + 1;
	of.part = part;
	siphash24_128(&id_key, &of, sizeof(of), id);
}

static void
put_nat_uid(const struct flow *flow, struct record *r)
{
	uint32_t isn[2] = { flow->side[flow->orig].isn, flow->side[1 - flow->orig].isn };
	uint8_t uid[16];

	if (!flow->side[0].syn || !flow->side[1].syn)
		return;
	siphash24_128(&id_key, isn, sizeof(isn), uid);
	record_put_bytes(r, RF_NAT_UID, uid, 8);
}

void
flow_put_ends(const struct flow *flow, struct record *r)
{
	unsigned o = flow->orig;
	size_t len = flow->key.family == 4 ? 4 : 16;
	bool ports = flow_key_has_ports(flow->key.proto);
	struct flow_identity of = identity_of(flow);
	char cid[COMMUNITY_ID_BYTES], number[8];
	uint8_t uid[16];

	record_put_ip(r, RF_SRC_IP, flow->key.addr[o], len);
	if (ports)
		record_put_uint(r, RF_SRC_PORT, flow->key.port[o]);
	record_put_ip(r, RF_DST_IP, flow->key.addr[1 - o], len);
	if (ports)
		record_put_uint(r, RF_DST_PORT, flow->key.port[1 - o]);
	flow_key_community_id(&flow->key, cid);
	record_put_string(r, RF_COMMUNITY_ID, cid);
	siphash24_128(&id_key, &of, sizeof(of), uid);
	record_put_bytes(r, RF_FLOW_UID, uid, sizeof(uid));
	record_put_string(r, RF_TRANSPORT, flow_key_transport(flow->key.proto, number));
}

static void
put_path(const struct flow *flow, struct record *r)
{
	size_t len = flow->tunnel_family == 4 ? 4 : 16;
	char text[48];

	for (unsigned i = 0; i < flow->nr_vlans; i++)
		record_put_uint(r, RF_VLAN, flow->vlan[i]);
	for (unsigned i = 0; i < flow->nr_tunnels; i++) {
		snprintf(text, sizeof(text), "%s:%u", tunnel_type_names[flow->tunnel[i].type],
			 flow->tunnel[i].id);
		record_put_string(r, RF_TUNNEL_STACK, text);
	}
	if (flow->tunnel_family != 0) {
		record_put_ip(r, RF_TUNNEL_SRC_IP, flow->tunnel_addr[flow->orig], len);
		record_put_ip(r, RF_TUNNEL_DST_IP, flow->tunnel_addr[1 - flow->orig], len);
	}
}

static void
put_digest(const struct flow_side *s, enum record_field f, struct record *r)
{
	struct sha256_ctx so_far;
	uint8_t digest[SHA256_DIGEST_SIZE];

	if (s->sha == NULL || !s->delivered)
		return;
	so_far = *s->sha;
	sha256_digest(&so_far, sizeof(digest), digest);
	record_put_bytes(r, f, digest, sizeof(digest));
}

static void
put_tcp(const struct flow *flow, struct record *r)
{
	const struct flow_side *src = &flow->side[flow->orig], *dst = &flow->side[1 - flow->orig];
	uint64_t src_overlap = src->reasm.overlap_bytes - src->overlap_told;
	uint64_t dst_overlap = dst->reasm.overlap_bytes - dst->overlap_told;

	record_put_uint(r, RF_TCP_FLAGS_SRC, src->tcp_flags);
	record_put_uint(r, RF_TCP_FLAGS_DST, dst->tcp_flags);
	record_put_bool(r, RF_MIDSTREAM, flow->midstream);
	record_put_uint(r, RF_SRC_MISSED_BYTES, src->reasm.missed_bytes - src->missed_told);
	record_put_uint(r, RF_DST_MISSED_BYTES, dst->reasm.missed_bytes - dst->missed_told);
	if (src_overlap != 0)
		record_put_uint(r, RF_SRC_OVERLAP_BYTES, src_overlap);
	if (dst_overlap != 0)
		record_put_uint(r, RF_DST_OVERLAP_BYTES, dst_overlap);
	if (src->reasm.overlap_differs || dst->reasm.overlap_differs)
		record_put_bool(r, RF_OVERLAP_DIFFERS, true);
	record_put_uint(r, RF_RETRANSMITS,
			src->reasm.retransmits + dst->reasm.retransmits - flow->retransmits_told);
	put_nat_uid(flow, r);
}

static void
put_feed(const struct flow *flow, struct record *r)
{
	int missing = feed_missing_side(flow);

	if (flow->duplicates != 0)
		record_put_uint(r, RF_DUPLICATES, flow->duplicates);
	if (missing >= 0)
		record_put_string(r, RF_FEED_MISSING, missing == flow->orig ? "src" : "dst");
	if (flow->feed.unseen_bytes != 0)
		record_put_uint(r, RF_FEED_ACKED_UNSEEN_BYTES, flow->feed.unseen_bytes);
	if (flow->feed.truncated != 0)
		record_put_uint(r, RF_FEED_TRUNCATED, flow->feed.truncated);
	if (feed_is_vlan_split(flow))
		record_put_bool(r, RF_FEED_VLAN_SPLIT, true);
}

void
flow_put_counters(const struct flow *flow, enum flow_end how, uint64_t now_us, struct record *r)
{
	const struct flow_side *src = &flow->side[flow->orig], *dst = &flow->side[1 - flow->orig];

	(void)now_us;
	if (src->has_mac)
		record_put_bytes(r, RF_SRC_MAC, src->mac, sizeof(src->mac));
	if (dst->has_mac)
		record_put_bytes(r, RF_DST_MAC, dst->mac, sizeof(dst->mac));
	record_put_uint(r, RF_PART, flow->part);
	record_put_bool(r, RF_FINAL, how != FLOW_END_ACTIVE);
	record_put_uint(r, RF_START_TIME, flow->first_us);
	record_put_uint(r, RF_DURATION_US, flow->last_us - flow->first_us);
	record_put_uint(r, RF_SRC_PACKETS, src->packets);
	record_put_uint(r, RF_DST_PACKETS, dst->packets);
	record_put_uint(r, RF_SRC_BYTES, src->bytes);
	record_put_uint(r, RF_DST_BYTES, dst->bytes);
	record_put_uint(r, RF_SRC_PAYLOAD_BYTES, src->payload_bytes);
	record_put_uint(r, RF_DST_PAYLOAD_BYTES, dst->payload_bytes);
	record_put_string(r, RF_END_REASON, end_names[how]);
	if (!src->seen || !dst->seen)
		record_put_bool(r, RF_ONE_SIDED, true);
	if (flow->key.proto == IP_PROTO_TCP)
		put_tcp(flow, r);
	put_feed(flow, r);
	put_path(flow, r);
	put_digest(src, RF_SRC_STREAM_SHA256, r);
	put_digest(dst, RF_DST_STREAM_SHA256, r);
}

void
flow_next_part(struct flow *flow, uint64_t now_us)
{
	for (unsigned i = 0; i < 2; i++) {
		struct flow_side *s = &flow->side[i];

		s->packets = s->bytes = s->payload_bytes = 0;
		s->missed_told = s->reasm.missed_bytes;
		s->overlap_told = s->reasm.overlap_bytes;
	}
	flow->retransmits_told = flow->side[0].reasm.retransmits + flow->side[1].reasm.retransmits;
	flow->duplicates = 0;
	flow->feed.unseen_bytes = 0;
	flow->feed.truncated = 0;
	flow->part_us = now_us;
	flow->part++;
}
