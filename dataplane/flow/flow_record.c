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

inline void
flow_account(struct flow *flow, const struct packet *p)
{
	struct flow_side *s = &flow->side[p->side];

	if (!s->seen) {
		s->seen = 1;
		flow->has_mac[p->side] = p->has_macs;
		memcpy(flow->mac[p->side], p->mac[1], sizeof(p->mac[1]));
	}
	s->packets += packet_frames(p);
	s->bytes += p->wire_bytes;
	s->payload_bytes += p->payload_wire;
	if (p->time_us > flow->head.last_us)
		flow->head.last_us = p->time_us;
	flow->head.last_order_us = p->order_us;
	s->tcp_flags |= p->tcp_flags;
	if (flow->head.young != 0)
		flow->head.young--;
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
		.key = flow->head.key,
		.first_us = flow->head.first_us,
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
	uint32_t isn[2] = { flow->side[flow->head.orig].isn, flow->side[1 - flow->head.orig].isn };
	uint8_t uid[16];

	if (!flow->side[0].syn || !flow->side[1].syn)
		return;
	siphash24_128(&id_key, isn, sizeof(isn), uid);
	record_put_bytes(r, RF_NAT_UID, uid, 8);
}

static void
put_address(const struct flow *flow, unsigned side, enum record_field field, struct record *r)
{
	size_t len = flow->head.key.family == 4 ? 4 : 16;

	record_put_ip(r, field, flow->head.key.addr[side], len);
}

static void
put_domain(const struct flow *flow, struct record *r)
{
	if (flow->head.key.domain != 0)
		record_put_uint(r, RF_DOMAIN, flow->head.key.domain);
}

void
flow_put_client(const struct flow *flow, struct record *r)
{
	put_address(flow, flow->head.orig, RF_SRC_IP, r);
	put_domain(flow, r);
}

void
flow_put_ends(const struct flow *flow, struct record *r)
{
	unsigned o = flow->head.orig;
	bool ports = flow_key_has_ports(flow->head.key.proto);
	struct flow_identity of = identity_of(flow);
	char cid[COMMUNITY_ID_BYTES], number[8];
	uint8_t uid[16];

	put_address(flow, o, RF_SRC_IP, r);
	if (ports)
		record_put_uint(r, RF_SRC_PORT, flow->head.key.port[o]);
	put_address(flow, 1 - o, RF_DST_IP, r);
	if (ports)
		record_put_uint(r, RF_DST_PORT, flow->head.key.port[1 - o]);
	flow_key_community_id(&flow->head.key, cid);
	record_put_string(r, RF_COMMUNITY_ID, cid);
	siphash24_128(&id_key, &of, sizeof(of), uid);
	record_put_bytes(r, RF_FLOW_UID, uid, sizeof(uid));
	put_domain(flow, r);
	record_put_string(r, RF_TRANSPORT, flow_key_transport(flow->head.key.proto, number));
}

static void
put_path(const struct flow *flow, struct record *r)
{
	const struct flow_path *path = flow->head.path;
	size_t len;
	char text[48];

	if (path == NULL)
		return;
	len = path->tunnel_family == 4 ? 4 : 16;
	for (unsigned i = 0; i < path->nr_vlans; i++)
		record_put_uint(r, RF_VLAN, path->vlan[i]);
	for (unsigned i = 0; i < path->nr_tunnels; i++) {
		snprintf(text, sizeof(text), "%s:%u", tunnel_type_names[path->tunnel_type[i]],
			 path->tunnel_id[i]);
		record_put_string(r, RF_TUNNEL_STACK, text);
	}
	if (path->tunnel_family != 0) {
		record_put_ip(r, RF_TUNNEL_SRC_IP, path->tunnel_addr[flow->head.orig], len);
		record_put_ip(r, RF_TUNNEL_DST_IP, path->tunnel_addr[1 - flow->head.orig], len);
	}
}

void
flow_put_digest(const struct flow *flow, unsigned side, const struct sha256_ctx *sha,
		struct record *r)
{
	struct sha256_ctx so_far = *sha;
	uint8_t digest[SHA256_DIGEST_SIZE];

	if (!flow->side[side].delivered)
		return;
	sha256_digest(&so_far, sizeof(digest), digest);
	record_put_bytes(r, side == flow->head.orig ? RF_SRC_STREAM_SHA256 : RF_DST_STREAM_SHA256,
			 digest, sizeof(digest));
}

static void
put_tcp(const struct flow *flow, const struct reasm_pool *pool, struct record *r)
{
	const struct flow_side *src = &flow->side[flow->head.orig],
			       *dst = &flow->side[1 - flow->head.orig];
	const struct reasm_more *src_more = reasm_more(&src->reasm, pool);
	const struct reasm_more *dst_more = reasm_more(&dst->reasm, pool);

	record_put_uint(r, RF_TCP_FLAGS_SRC, src->tcp_flags);
	record_put_uint(r, RF_TCP_FLAGS_DST, dst->tcp_flags);
	record_put_bool(r, RF_MIDSTREAM, flow->head.midstream);
	record_put_uint(r, RF_SRC_MISSED_BYTES, src_more->missed_bytes);
	record_put_uint(r, RF_DST_MISSED_BYTES, dst_more->missed_bytes);
	if (src_more->overlap_bytes != 0)
		record_put_uint(r, RF_SRC_OVERLAP_BYTES, src_more->overlap_bytes);
	if (dst_more->overlap_bytes != 0)
		record_put_uint(r, RF_DST_OVERLAP_BYTES, dst_more->overlap_bytes);
	if (src_more->overlap_differs || dst_more->overlap_differs)
		record_put_bool(r, RF_OVERLAP_DIFFERS, true);
	record_put_uint(r, RF_RETRANSMITS, src_more->retransmits + dst_more->retransmits);
	if (flow->rejected != 0)
		record_put_uint(r, RF_REJECTED, flow->rejected);
	put_nat_uid(flow, r);
}

static void
put_feed(const struct flow *flow, struct record *r)
{
	int missing = feed_missing_side(flow);

	if (flow->duplicates != 0)
		record_put_uint(r, RF_DUPLICATES, flow->duplicates);
	if (missing >= 0)
		record_put_string(r, RF_FEED_MISSING, missing == flow->head.orig ? "src" : "dst");
	if (flow->feed.unseen_bytes != 0)
		record_put_uint(r, RF_FEED_ACKED_UNSEEN_BYTES, flow->feed.unseen_bytes);
	if (flow->feed.truncated != 0)
		record_put_uint(r, RF_FEED_TRUNCATED, flow->feed.truncated);
	if (feed_is_vlan_split(flow))
		record_put_bool(r, RF_FEED_VLAN_SPLIT, true);
}

static void
put_macs(const struct flow *flow, struct record *r)
{
	unsigned src = flow->head.orig, dst = 1 - src;

	if (flow->has_mac[src])
		record_put_bytes(r, RF_SRC_MAC, flow->mac[src], sizeof(flow->mac[src]));
	if (flow->has_mac[dst])
		record_put_bytes(r, RF_DST_MAC, flow->mac[dst], sizeof(flow->mac[dst]));
}

void
flow_put_counters(const struct flow *flow, const struct reasm_pool *pool, enum flow_end how,
		  struct record *r)
{
	const struct flow_side *src = &flow->side[flow->head.orig],
			       *dst = &flow->side[1 - flow->head.orig];

	put_macs(flow, r);
	record_put_uint(r, RF_PART, flow->part);
	record_put_bool(r, RF_FINAL, how != FLOW_END_ACTIVE);
	record_put_uint(r, RF_START_TIME, flow->head.first_us);
	record_put_uint(r, RF_DURATION_US, flow->head.last_us - flow->head.first_us);
	record_put_uint(r, RF_SRC_PACKETS, src->packets);
	record_put_uint(r, RF_DST_PACKETS, dst->packets);
	record_put_uint(r, RF_SRC_BYTES, src->bytes);
	record_put_uint(r, RF_DST_BYTES, dst->bytes);
	record_put_uint(r, RF_SRC_PAYLOAD_BYTES, src->payload_bytes);
	record_put_uint(r, RF_DST_PAYLOAD_BYTES, dst->payload_bytes);
	record_put_string(r, RF_END_REASON, end_names[how]);
	if (!src->seen || !dst->seen)
		record_put_bool(r, RF_ONE_SIDED, true);
	if (flow->head.key.proto == IP_PROTO_TCP)
		put_tcp(flow, pool, r);
	put_feed(flow, r);
	put_path(flow, r);
}

void
flow_next_part(struct flow *flow, struct reasm_pool *pool, uint64_t now_us)
{
	for (unsigned i = 0; i < 2; i++) {
		struct flow_side *s = &flow->side[i];

		s->packets = 0;
		s->bytes = s->payload_bytes = 0;
		reasm_next_part(&s->reasm, pool);
	}
	flow->duplicates = flow->rejected = 0;
	flow->feed.unseen_bytes = 0;
	flow->feed.truncated = 0;
	flow->head.part_tick = (uint32_t)(now_us / FLOW_TICK_US);
	flow->part_us = now_us;
	flow->part++;
}
