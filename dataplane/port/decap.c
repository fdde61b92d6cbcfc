/*
 * One step reads an IP header and its transport and either ends there or finds another IP header
 * further in. The step works on a copy of the packet, so a tunnel that turns out not to be one
 * leaves what was known before as it was.
 */
#include "dataplane/port/decap.h"

#include <string.h>

#include "dataplane/port/checksum.h"
#include "dataplane/port/decap_tunnel.h"
#include "dataplane/port/plain_frame.h"

#define IPV4_HDR_LEN  20u
#define IPV6_HDR_LEN  40u
#define TCP_HDR_LEN   20u
#define TCP_MAX_SCALE 14u

enum { TCP_OPT_END, TCP_OPT_NOP, TCP_OPT_SCALE = 3, TCP_OPT_STAMP = 8 };

#define UDP_HDR_LEN    8u
#define VXLAN_HDR_LEN  8u
#define GENEVE_HDR_LEN 8u
#define CAPWAP_HDR_LEN 8u

#define UDP_PORT_GTPU	     2152
#define UDP_PORT_TEREDO	     3544
#define UDP_PORT_VXLAN	     4789
#define UDP_PORT_VXLAN_GPE   4790
#define UDP_PORT_CAPWAP	     5247 /* data; 5246 is control, in DTLS */
#define UDP_PORT_GENEVE	     6081
#define UDP_PORT_VXLAN_LINUX 8472 /* Linux' default before the number was assigned; Flannel */

const char *const tunnel_type_names[NR_TUNNEL_TYPES] = {
	[TUNNEL_MPLS] = "mpls",
	[TUNNEL_PPPOE] = "pppoe",
	[TUNNEL_NSH] = "nsh",
	[TUNNEL_TEREDO] = "teredo",
	[TUNNEL_PPTP] = "pptp",
	[TUNNEL_VXLAN] = "vxlan",
	[TUNNEL_VXLAN_GPE] = "vxlan_gpe",
	[TUNNEL_GENEVE] = "geneve",
	[TUNNEL_GRE] = "gre",
	[TUNNEL_NVGRE] = "nvgre",
	[TUNNEL_ERSPAN1] = "erspan1",
	[TUNNEL_ERSPAN2] = "erspan2",
	[TUNNEL_ERSPAN3] = "erspan3",
	[TUNNEL_IPIP] = "ipip",
	[TUNNEL_6IN4] = "6in4",
	[TUNNEL_GTPU] = "gtpu",
	[TUNNEL_ETHERIP] = "etherip",
	[TUNNEL_CAPWAP] = "capwap",
};

/* The frame as decap walks it. missing: bytes of the frame that lie behind the first segment. */
struct walk {
	struct packet *p;
	const uint8_t *start;
	uint32_t missing;
	bool snapped; /* captured shorter than sent */
	bool verify;
};

/* One IP packet: where its transport begins, and how long that is on the wire. */
struct ip {
	uint8_t family, proto;
	const uint8_t *src, *dst;
	uint32_t wire_len; /* of what c then holds, by the headers */
};

static uint32_t
offset_of(const struct walk *w, const uint8_t *p)
{
	return (uint32_t)(p - w->start);
}

/* Cuts c to wire_len; what wire_len has beyond c was snapped or lies in later segments. */
static void
clip(struct cursor *c, uint32_t wire_len)
{
	if (cursor_left(c) > wire_len)
		c->end = c->p + wire_len;
}

static void
note_fragment(struct walk *w, const uint8_t *ip_start, const struct cursor *c, uint32_t wire_len,
	      uint8_t proto, uint32_t id, uint32_t start, bool more)
{
	struct packet *p = w->p;
	uint32_t here = (uint32_t)cursor_left(c);

	p->ip_off = offset_of(w, ip_start);
	p->frag_data = offset_of(w, c->p);
	p->frag_len = here < wire_len ? here + w->missing : wire_len;
	if (p->frag_len > wire_len)
		p->frag_len = wire_len;
	p->frag_proto = proto;
	p->frag_id = id;
	p->frag_start = start;
	p->frag_more = more;
}

/* RFC 791 section 3.1. */
static enum decap_result
ipv4_parse(struct walk *w, struct cursor *c, struct ip *ip)
{
	const uint8_t *h = c->p;
	uint32_t hdr_len, total;
	uint16_t frag;

	if (cursor_left(c) < IPV4_HDR_LEN)
		return DECAP_TRUNCATED;
	hdr_len = (h[0] & 0x0fu) * 4u;
	total = read_be16(h + 2);
	if (total == 0)
		total = (uint32_t)cursor_left(c) + w->missing;
	if (h[0] >> 4 != 4 || hdr_len < IPV4_HDR_LEN || total < hdr_len)
		return DECAP_BAD_IP;
	if (!cursor_skip(c, hdr_len))
		return DECAP_TRUNCATED;
	if (w->verify && checksum_sum(h, hdr_len) != 0xffff)
		return DECAP_BAD_IP_CHECKSUM;

	*ip = (struct ip) { 4, h[9], h + 12, h + 16, total - hdr_len };
	w->p->ip_id = read_be16(h + 4);
	clip(c, ip->wire_len);

	frag = read_be16(h + 6);
	if ((frag & 0x3fff) != 0) {
		note_fragment(w, h, c, ip->wire_len, ip->proto, w->p->ip_id, (frag & 0x1fffu) * 8u,
			      (frag & 0x2000) != 0);
		return DECAP_FRAGMENT;
	}
	return DECAP_OK;
}

/*
 * RFC 8200 section 4: extension headers up to the transport. Lengths are in units of 8 bytes
 * less the first 8 (AH, RFC 4302: units of 4 less 2).
 */
static enum decap_result
ipv6_extensions(struct walk *w, struct cursor *c, struct ip *ip, const uint8_t *ip_start)
{
	const uint8_t *h;
	uint32_t len;

	for (;;) {
		switch (ip->proto) {
		case 0:	  /* hop-by-hop */
		case 43:  /* routing */
		case 60:  /* destination options */
		case 135: /* mobility */
		case 139: /* HIP */
		case 140: /* shim6 */
			if (cursor_left(c) < 8)
				return DECAP_TRUNCATED;
			len = (c->p[1] + 1u) * 8u;
			w->p->is_routed |= ip->proto == 43 && c->p[3] != 0; /* segments left */
			break;
		case 51:
			if (cursor_left(c) < 8)
				return DECAP_TRUNCATED;
			len = (c->p[1] + 2u) * 4u;
			break;
		case 44:
			h = cursor_take(c, 8);
			if (h == NULL)
				return DECAP_TRUNCATED;
			if (ip->wire_len < 8)
				return DECAP_BAD_IP;
			ip->wire_len -= 8;
			ip->proto = h[0];
			if ((read_be16(h + 2) & 0xfff9) == 0) /* an atomic fragment, RFC 6946 */
				continue;
			note_fragment(w, ip_start, c, ip->wire_len, ip->proto, read_be32(h + 4),
				      read_be16(h + 2) & 0xfff8u, (h[3] & 1) != 0);
			return DECAP_FRAGMENT;
		default:
			return DECAP_OK;
		}
		h = cursor_take(c, len);
		if (h == NULL)
			return DECAP_TRUNCATED;
		if (ip->wire_len < len)
			return DECAP_BAD_IP;
		ip->wire_len -= len;
		ip->proto = h[0];
	}
}

static enum decap_result
ipv6_parse(struct walk *w, struct cursor *c, struct ip *ip)
{
	const uint8_t *h = cursor_take(c, IPV6_HDR_LEN);
	uint32_t payload;

	if (h == NULL)
		return DECAP_TRUNCATED;
	payload = read_be16(h + 4);
	if (payload == 0)
		payload = (uint32_t)cursor_left(c) + w->missing;
	*ip = (struct ip) { 6, h[6], h + 8, h + 24, payload };
	clip(c, payload);
	return ipv6_extensions(w, c, ip, h);
}

/* Sets the flow and what its payload is: everything c still holds. */
static void
set_flow(struct walk *w, const struct cursor *c, const struct ip *ip, uint16_t src_port,
	 uint16_t dst_port, uint32_t payload_wire)
{
	struct packet *p = w->p;
	uint32_t here = (uint32_t)cursor_left(c);

	/* The common case, without a call. */
	if (ip->family == 4 && (ip->proto == IP_PROTO_TCP || ip->proto == IP_PROTO_UDP)) {
		flow_key_clear(&p->key);
		p->side = (uint8_t)flow_key_make4(&p->key, ip->proto, p->key.domain, ip->src,
						  ip->dst, src_port, dst_port, false);
	} else {
		p->side = (uint8_t)flow_key_make(&p->key, ip->family, ip->proto, p->key.domain,
						 ip->src, ip->dst, src_port, dst_port);
	}
	p->payload_off = offset_of(w, c->p);
	p->payload_wire = payload_wire;
	p->payload_len = here < payload_wire ? here + w->missing : payload_wire;
	if (p->payload_len > payload_wire)
		p->payload_len = payload_wire;
}

/*
 * RFC 9293 section 3.1: kind, length, value; 0 ends, 1 is a filler. Of interest: window scale (3,
 * RFC 7323 section 2.2) and timestamps (8, section 3.2).
 */
static void
tcp_options(struct packet *p, struct cursor c)
{
	while (cursor_left(&c) != 0) {
		const uint8_t *kind = cursor_take(&c, 1), *len, *value;

		if (*kind == TCP_OPT_END)
			return;
		if (*kind == TCP_OPT_NOP)
			continue;
		len = cursor_take(&c, 1);
		if (len == NULL || *len < 2)
			return;
		value = cursor_take(&c, *len - 2u);
		if (value == NULL)
			return;
		if (*kind == TCP_OPT_SCALE && *len == 3 && (p->tcp_flags & TCP_SYN) != 0) {
			p->has_scale = true;
			p->scale = *value < TCP_MAX_SCALE ? *value : TCP_MAX_SCALE;
		} else if (*kind == TCP_OPT_STAMP && *len == 10) {
			p->has_ts = true;
			p->ts_val = read_be32(value);
		}
	}
}

/*
 * RFC 9293 section 3.1. A snapped or malformed header still names its ports, which is enough to
 * say who talks to whom; it then carries no payload.
 */
static enum decap_result
tcp_parse(struct walk *w, struct cursor c, const struct ip *ip)
{
	const uint8_t *h = c.p;
	uint32_t hdr_len;

	if (cursor_left(&c) < 4)
		return DECAP_TRUNCATED;
	if (cursor_left(&c) < TCP_HDR_LEN) {
		c.end = c.p;
		set_flow(w, &c, ip, read_be16(h), read_be16(h + 2), 0);
		return DECAP_OK;
	}
	w->p->seq = read_be32(h + 4);
	w->p->ack = read_be32(h + 8);
	w->p->tcp_flags = h[13];
	w->p->window = read_be16(h + 14);
	w->p->checksum = read_be16(h + 16);
	hdr_len = (uint32_t)(h[12] >> 4) * 4u;
	if (hdr_len < TCP_HDR_LEN || ip->wire_len < hdr_len || !cursor_skip(&c, hdr_len)) {
		c.end = c.p;
		set_flow(w, &c, ip, read_be16(h), read_be16(h + 2), 0);
		return DECAP_OK;
	}
	if (hdr_len > TCP_HDR_LEN)
		tcp_options(w->p, cursor_of(h + TCP_HDR_LEN, hdr_len - TCP_HDR_LEN));
	set_flow(w, &c, ip, read_be16(h), read_be16(h + 2), ip->wire_len - hdr_len);
	return DECAP_OK;
}

static enum decap_result
udp_parse(struct walk *w, struct cursor *c, const struct ip *ip)
{
	const uint8_t *h = c->p;
	uint32_t wire;

	if (cursor_left(c) < 4)
		return DECAP_TRUNCATED;
	if (!cursor_skip(c, UDP_HDR_LEN) || ip->wire_len < UDP_HDR_LEN) {
		c->p = c->end;
		set_flow(w, c, ip, read_be16(h), read_be16(h + 2), 0);
		return DECAP_OK;
	}
	w->p->checksum = read_be16(h + 6);
	wire = ip->wire_len - UDP_HDR_LEN;
	/* RFC 768; zero is a jumbogram's (RFC 2675) or an offload's */
	if (read_be16(h + 4) >= UDP_HDR_LEN && read_be16(h + 4) - UDP_HDR_LEN < wire)
		wire = read_be16(h + 4) - UDP_HDR_LEN;
	clip(c, wire);
	set_flow(w, c, ip, read_be16(h), read_be16(h + 2), wire);
	return DECAP_OK;
}

/* ICMP's type and code stand in for ports; what has no ports has zeroes. */
static enum decap_result
other_parse(struct walk *w, const struct cursor *c, const struct ip *ip)
{
	uint16_t a = 0, b = 0;

	if (ip->proto == IP_PROTO_ICMP || ip->proto == IP_PROTO_ICMPV6) {
		if (cursor_left(c) < 2)
			return DECAP_TRUNCATED;
		a = c->p[0];
		b = c->p[1];
	} else if (ip->proto == IP_PROTO_SCTP) {
		if (cursor_left(c) < 4)
			return DECAP_TRUNCATED;
		a = read_be16(c->p);
		b = read_be16(c->p + 2);
	}
	set_flow(w, c, ip, a, b, ip->wire_len);
	return DECAP_OK;
}

/* The packet says it is a tunnel of this type, and is none that can be. */
static bool
malformed(struct packet *p, enum tunnel_type type)
{
	p->bad_tunnel = (uint8_t)(type + 1);
	return false;
}

/* What link_parse said of the inside: something that is not IP is no fault. */
static bool
is_ip_inside(enum link_result r, struct packet *p, enum tunnel_type type)
{
	return r == LINK_IP || (r == LINK_TRUNCATED && malformed(p, type));
}

/*
 * VXLAN, RFC 7348 section 5: flags (1) | reserved (3) | VNI (3) | reserved (1). VXLAN-GPE has a
 * next protocol in byte 3 when its P bit is set: 1 IPv4, 2 IPv6, 3 Ethernet.
 */
static bool
vxlan_enter(struct cursor *c, struct packet *p, bool gpe)
{
	const uint8_t *h = cursor_take(c, VXLAN_HDR_LEN);
	enum tunnel_type type = gpe ? TUNNEL_VXLAN_GPE : TUNNEL_VXLAN;
	enum link_type inner = LINK_ETHERNET;

	if (h == NULL || (h[0] & 0x08) == 0)
		return malformed(p, type);
	if (gpe && (h[0] & 0x04) != 0 && h[3] != 3) {
		if (h[3] != 1 && h[3] != 2)
			return false;
		inner = LINK_RAW_IP;
	}
	return packet_add_tunnel(p, type, read_be24(h + 4)) &&
	       is_ip_inside(link_parse(c, inner, p), p, type);
}

/* Geneve, RFC 8926 section 3.4: version and options length | flags | protocol (2) | VNI (3) | 0 */
static bool
geneve_enter(struct cursor *c, struct packet *p)
{
	const uint8_t *h = cursor_take(c, GENEVE_HDR_LEN);
	uint16_t type;

	if (h == NULL || h[0] >> 6 != 0 || !cursor_skip(c, (h[0] & 0x3fu) * 4u))
		return malformed(p, TUNNEL_GENEVE);
	if (!packet_add_tunnel(p, TUNNEL_GENEVE, read_be24(h + 4)))
		return false;
	type = read_be16(h + 2);
	if (type == ETHERTYPE_TEB)
		return is_ip_inside(link_parse(c, LINK_ETHERNET, p), p, TUNNEL_GENEVE);
	return is_ip_inside(link_parse_ethertype(c, type, p), p, TUNNEL_GENEVE);
}

/*
 * GTP-U, TS 29.281 section 5: flags | type | length (2) | TEID (4), then 4 more bytes when any of
 * E, S, PN is set, then extension headers: length in units of 4 | content | next type.
 */
static bool
gtpu_enter(struct cursor *c, struct packet *p)
{
	const uint8_t *h = cursor_take(c, 8);
	uint8_t next, units;

	if (h == NULL || h[0] >> 5 != 1 || (h[0] & 0x10) == 0)
		return malformed(p, TUNNEL_GTPU);
	if (h[1] != 0xff) /* echo, error indication, ...: of the tunnel itself */
		return false;
	if ((h[0] & 0x07) != 0) {
		const uint8_t *more = cursor_take(c, 4);

		if (more == NULL)
			return malformed(p, TUNNEL_GTPU);
		next = (h[0] & 0x04) != 0 ? more[3] : 0;
		while (next != 0) {
			if (!cursor_u8(c, &units) || units == 0 || !cursor_skip(c, units * 4u - 1))
				return malformed(p, TUNNEL_GTPU);
			next = c->p[-1];
		}
	}
	return packet_add_tunnel(p, TUNNEL_GTPU, read_be32(h + 4)) &&
	       is_ip_inside(link_parse(c, LINK_RAW_IP, p), p, TUNNEL_GTPU);
}

/*
 * CAPWAP, RFC 5415 section 4.3:
 *
 *   version 4 bits, 0 | type 4 bits: 0, or 1 for DTLS behind 3 more bytes
 *   length in units of 4, 5 bits | radio 5 | binding 5 | T F L W M K 6 | 3
 *   fragment id 2 bytes | fragment offset 13 bits | 3
 *   radio's address, what the radio says of the frame: as long as the length says
 *
 * T: a frame of the binding, and not of Ethernet. F: a piece of a frame. K: keep-alive.
 */
enum {
	CAPWAP_DTLS = 0x01,
	CAPWAP_T = 0x100,
	CAPWAP_F = 0x080,
	CAPWAP_K = 0x008,
	CAPWAP_802_11 = 1, /* RFC 5416 section 2.1 */
};

static bool
closed(struct packet *p, enum tunnel_closed why)
{
	p->closed_tunnel = (uint8_t)why;
	return false;
}

static bool
capwap_enter(struct cursor *c, struct packet *p)
{
	const uint8_t *h = c->p;
	enum link_type inner;
	uint32_t bits;

	if (cursor_left(c) >= 4 && h[0] == CAPWAP_DTLS)
		return closed(p, TUNNEL_ENCRYPTED);
	if (cursor_left(c) < CAPWAP_HDR_LEN || h[0] != 0)
		return malformed(p, TUNNEL_CAPWAP);
	bits = read_be24(h + 1);
	if ((bits >> 19) * 4 < CAPWAP_HDR_LEN || !cursor_skip(c, (bits >> 19) * 4))
		return malformed(p, TUNNEL_CAPWAP);
	if ((bits & CAPWAP_K) != 0)
		return false;
	if ((bits & CAPWAP_F) != 0)
		return closed(p, TUNNEL_FRAGMENT);
	if ((bits & CAPWAP_T) != 0 && (bits >> 9 & 0x1f) != CAPWAP_802_11)
		return false;
	inner = (bits & CAPWAP_T) != 0 ? LINK_WLAN : LINK_ETHERNET;
	return packet_add_tunnel(p, TUNNEL_CAPWAP, bits >> 14 & 0x1f) &&
	       is_ip_inside(link_parse(c, inner, p), p, TUNNEL_CAPWAP);
}

/* Of a frame that was mirrored without the tag that it had. */
static void
note_vlan(struct packet *p, uint16_t id)
{
	if (id != 0 && p->nr_vlans < PACKET_MAX_VLANS)
		p->vlan[p->nr_vlans++] = id;
}

/*
 * ERSPAN inside GRE, draft-foschiano-erspan-03: type II and III have headers of 8 and 12 bytes (16
 * to 20 with a platform specific subheader), which begin version (4 bits) | VLAN (12); type I has
 * none, and is told by GRE's missing sequence number.
 */
static bool
erspan_enter(struct cursor *c, struct packet *p, uint16_t type, bool has_seq)
{
	enum tunnel_type kind = type == 0x88be ? TUNNEL_ERSPAN2 : TUNNEL_ERSPAN3;
	unsigned nr_vlans = p->nr_vlans;
	const uint8_t *h = c->p;
	enum link_result inside;

	if (type == 0x88be && !has_seq)
		return packet_add_tunnel(p, TUNNEL_ERSPAN1, 0) &&
		       is_ip_inside(link_parse(c, LINK_ETHERNET, p), p, TUNNEL_ERSPAN1);
	if (!cursor_skip(c, type == 0x88be ? 8 : 12))
		return malformed(p, kind);
	if (type == 0x22eb && (h[11] & 1) != 0 && !cursor_skip(c, 8))
		return malformed(p, kind);
	if (!packet_add_tunnel(p, kind, read_be16(h + 2) & 0x03ff))
		return false;
	inside = link_parse(c, LINK_ETHERNET, p);
	if (p->nr_vlans == nr_vlans)
		note_vlan(p, read_be16(h) & 0x0fff);
	return is_ip_inside(inside, p, kind);
}

/* PPTP's GRE, RFC 2637 section 4.1: length (2) | call (2) | sequence if S | acknowledgement if A.
 */
static bool
pptp_enter(struct cursor *c, struct packet *p, uint16_t flags)
{
	const uint8_t *h = cursor_take(c, 4);

	if (h == NULL || (flags & 0x2000) == 0 || ((flags & 0x1000) != 0 && !cursor_skip(c, 4)) ||
	    ((flags & 0x0080) != 0 && !cursor_skip(c, 4)))
		return malformed(p, TUNNEL_PPTP);
	if ((flags & 0x1000) == 0) /* an acknowledgement carries nothing */
		return false;
	return packet_add_tunnel(p, TUNNEL_PPTP, read_be16(h + 2)) &&
	       is_ip_inside(link_parse(c, LINK_PPP, p), p, TUNNEL_PPTP);
}

/*
 * Teredo, RFC 4380 section 5.1.1: IPv6 behind up to two indications: authentication 0x0001 | id
 * length | value length | id | value | nonce (8) | 1, and origin 0x0000 | port (2) | address (4).
 * A bubble (section 2.8: no next header) carries nothing and is traffic of the tunnel itself.
 */
static bool
teredo_enter(struct cursor *c, struct packet *p)
{
	if (cursor_left(c) > 4 && read_be16(c->p) == 0x0001 &&
	    !cursor_skip(c, 4u + c->p[2] + c->p[3] + 9u))
		return malformed(p, TUNNEL_TEREDO);
	if (cursor_left(c) > 8 && read_be16(c->p) == 0x0000 && !cursor_skip(c, 8))
		return malformed(p, TUNNEL_TEREDO);
	if (cursor_left(c) <= 6 || c->p[0] >> 4 != 6)
		return malformed(p, TUNNEL_TEREDO);
	return c->p[6] != IP_PROTO_NONE && packet_add_tunnel(p, TUNNEL_TEREDO, 0);
}

/*
 * GRE, RFC 2784 and 2890: flags and version (2) | protocol (2) | checksum and reserved (4 if C or
 * R) | key (4 if K) | sequence (4 if S) | routing is obsolete. Version 1 is PPTP's (RFC 2637).
 */
static bool
gre_enter(struct cursor *c, struct packet *p)
{
	const uint8_t *h = cursor_take(c, 4);
	uint32_t key = 0;
	uint16_t flags, type;

	if (h == NULL)
		return malformed(p, TUNNEL_GRE);
	flags = read_be16(h);
	type = read_be16(h + 2);
	if ((flags & 0x4007) == 1 && type == 0x880b)
		return pptp_enter(c, p, flags);
	if ((flags & 0x4007) != 0)
		return malformed(p, TUNNEL_GRE);
	if (((flags & 0x8000) != 0 && !cursor_skip(c, 4)) ||
	    ((flags & 0x2000) != 0 && !cursor_be32(c, &key)) ||
	    ((flags & 0x1000) != 0 && !cursor_skip(c, 4)))
		return malformed(p, TUNNEL_GRE);

	if (type == 0x88be || type == 0x22eb)
		return erspan_enter(c, p, type, (flags & 0x1000) != 0);
	if (type == ETHERTYPE_TEB) {
		bool nvgre = (flags & 0xb000) == 0x2000; /* RFC 7637: VSID (24) | FlowID (8) */

		return packet_add_tunnel(p, nvgre ? TUNNEL_NVGRE : TUNNEL_GRE,
					 nvgre ? key >> 8 : key) &&
		       is_ip_inside(link_parse(c, LINK_ETHERNET, p), p, TUNNEL_GRE);
	}
	return packet_add_tunnel(p, TUNNEL_GRE, key) &&
	       is_ip_inside(link_parse_ethertype(c, type, p), p, TUNNEL_GRE);
}

bool
decap_tunnel_is_port(uint16_t port)
{
	return port == UDP_PORT_VXLAN || port == UDP_PORT_VXLAN_LINUX ||
	       port == UDP_PORT_VXLAN_GPE || port == UDP_PORT_GENEVE || port == UDP_PORT_GTPU ||
	       port == UDP_PORT_CAPWAP;
}

static bool
udp_tunnel_enter(struct cursor *c, struct packet *p, uint16_t port)
{
	switch (port) {
	case UDP_PORT_VXLAN:
	case UDP_PORT_VXLAN_LINUX:
		return vxlan_enter(c, p, false);
	case UDP_PORT_VXLAN_GPE:
		return vxlan_enter(c, p, true);
	case UDP_PORT_GENEVE:
		return geneve_enter(c, p);
	case UDP_PORT_GTPU:
		return gtpu_enter(c, p);
	case UDP_PORT_CAPWAP:
		return capwap_enter(c, p);
	case UDP_PORT_TEREDO:
		return teredo_enter(c, p);
	default:
		return false;
	}
}

/*
 * Teredo's relays and CAPWAP's controllers answer from their port, the others are all addressed by
 * theirs.
 */
static uint16_t
tunnel_port(uint16_t from, uint16_t to)
{
	return from == UDP_PORT_TEREDO || from == UDP_PORT_CAPWAP ? from : to;
}

static uint16_t
udp_tunnel_port(const struct packet *p)
{
	return tunnel_port(p->key.port[p->side], p->key.port[1 - p->side]);
}

bool
decap_tunnel_may_be(uint16_t from, uint16_t to)
{
	uint16_t port = tunnel_port(from, to);

	return decap_tunnel_is_port(port) || port == UDP_PORT_TEREDO;
}

/* Most packets are none, and need no copy to try it on. */
static bool
may_be_tunnel(const struct ip *ip, const struct packet *p)
{
	switch (ip->proto) {
	case IP_PROTO_TCP:
		return false;
	case IP_PROTO_UDP:
		return decap_tunnel_may_be(p->key.port[p->side], p->key.port[1 - p->side]);
	default:
		return true;
	}
}

bool
decap_tunnel_enter(struct cursor *c, uint8_t family, uint8_t proto, struct packet *p)
{
	enum tunnel_type type;

	switch (proto) {
	case IP_PROTO_UDP:
		return udp_tunnel_enter(c, p, udp_tunnel_port(p));
	case IP_PROTO_GRE:
		return gre_enter(c, p);
	case IP_PROTO_IPIP:
	case IP_PROTO_IPV6:
		type = proto == IP_PROTO_IPV6 && family == 4 ? TUNNEL_6IN4 : TUNNEL_IPIP;
		if (!packet_add_tunnel(p, type, 0))
			return false;
		return link_parse(c, LINK_RAW_IP, p) == LINK_IP || malformed(p, type);
	case IP_PROTO_ETHERIP:
		if (cursor_left(c) <= 2 || c->p[0] != 0x30 || !cursor_skip(c, 2))
			return malformed(p, TUNNEL_ETHERIP);
		return packet_add_tunnel(p, TUNNEL_ETHERIP, 0) &&
		       is_ip_inside(link_parse(c, LINK_ETHERNET, p), p, TUNNEL_ETHERIP);
	case IP_PROTO_MPLS:
		return is_ip_inside(link_parse_ethertype(c, 0x8847, p), p, TUNNEL_MPLS);
	default:
		return false;
	}
}

static void
note_tunnel_ends(struct packet *p, const struct ip *ip)
{
	size_t len = ip->family == 4 ? 4 : 16;

	p->tunnel_family = ip->family;
	memset(p->tunnel_addr, 0, sizeof(p->tunnel_addr));
	memcpy(p->tunnel_addr[0], ip->src, len);
	memcpy(p->tunnel_addr[1], ip->dst, len);
}

/* Reads the IP packet at c and its transport; c is then at the payload. */
static enum decap_result
ip_packet_parse(struct walk *w, struct cursor *c, struct ip *ip)
{
	enum decap_result r;

	if (cursor_left(c) == 0)
		return DECAP_TRUNCATED;
	r = c->p[0] >> 4 == 6 ? ipv6_parse(w, c, ip) : ipv4_parse(w, c, ip);
	if (r != DECAP_OK)
		return r;
	w->p->transport_off = offset_of(w, c->p);
	if (ip->proto == IP_PROTO_TCP)
		return tcp_parse(w, *c, ip);
	if (ip->proto == IP_PROTO_UDP)
		return udp_parse(w, c, ip);
	return other_parse(w, c, ip);
}

/* Of a whole frame only: what is not there may have been right. */
static void
note_malformed(const struct walk *w, const struct packet *inner)
{
	if (w->missing == 0 && !w->snapped)
		w->p->bad_tunnel = inner->bad_tunnel;
}

static enum decap_result
not_ip(enum link_result l)
{
	if (l == LINK_TRUNCATED)
		return DECAP_TRUNCATED;
	return l == LINK_NOT_IP ? DECAP_NOT_IP : DECAP_UNSUPPORTED_LINK;
}

/* c is at the payload of the outermost packet, which may be a tunnel's header. */
static enum decap_result
enter_tunnels(struct walk *w, struct cursor *c, struct ip *ip, const struct decap_options *o)
{
	struct packet *p = w->p;
	enum decap_result r = DECAP_OK;

	for (unsigned depth = 0; depth < o->max_depth; depth++) {
		if (r != DECAP_OK || !may_be_tunnel(ip, p))
			break;

		struct packet inner = *p;
		enum decap_result inner_r;
		struct ip outer = *ip;

		if (!decap_tunnel_enter(c, outer.family, outer.proto, &inner)) {
			note_malformed(w, &inner);
			p->closed_tunnel = inner.closed_tunnel;
			break;
		}
		note_tunnel_ends(&inner, &outer);
		inner.key.domain = domains_find(o->domains, &inner, p->nr_vlans, p->nr_tunnels);
		w->p = &inner;
		inner.is_routed = false;
		inner_r = ip_packet_parse(w, c, ip);
		w->p = p;
		if (inner_r == DECAP_BAD_IP_CHECKSUM)
			return inner_r;
		if (inner_r != DECAP_OK && inner_r != DECAP_FRAGMENT) {
			enum tunnel_type last =
			    inner.nr_tunnels != 0
				? (enum tunnel_type)inner.tunnel[inner.nr_tunnels - 1].type
				: TUNNEL_MPLS;

			inner.bad_tunnel = (uint8_t)(last + 1);
			note_malformed(w, &inner);
			break;
		}
		*p = inner;
		r = inner_r;
	}
	return r;
}

enum decap_result
decap_layers(struct packet *p, enum link_type link, uint16_t domain, const struct decap_options *o,
	     const uint8_t *data, uint32_t data_len, uint32_t frame_len)
{
	struct walk w = {
		.p = p,
		.start = data,
		.missing = frame_len - data_len,
		.snapped = p->wire_bytes > frame_len,
		.verify = o->verify && !p->ip_checked,
	};
	struct cursor c = cursor_of(data, data_len);
	unsigned nr_vlans = p->nr_vlans, nr_tunnels = p->nr_tunnels; /* of a datagram's fragments */
	enum link_result l;
	enum decap_result r;
	struct ip ip;

	p->key.domain = domain;
	l = link == LINK_ETHERNET ? link_parse_ethernet(&c, p) : link_parse(&c, link, p);
	if (l != LINK_IP)
		return not_ip(l);
	if (o->domains != NULL)
		p->key.domain = domains_find(o->domains, p, nr_vlans, nr_tunnels);
	r = ip_packet_parse(&w, &c, &ip);
	if (r != DECAP_OK || !may_be_tunnel(&ip, p))
		return r;
	w.verify = o->verify;
	return enter_tunnels(&w, &c, &ip, o);
}

inline bool
decap_plain(struct packet *p, enum link_type link, uint16_t domain, const struct decap_options *o,
	    const uint8_t *data, uint32_t data_len, uint32_t frame_len)
{
	return link == LINK_ETHERNET && data_len == frame_len && (!o->verify || p->ip_checked) &&
	       plain_frame_parse(p, domain, o, data, data_len);
}

enum decap_result
decap_frame(struct packet *p, enum link_type link, uint16_t domain, const struct decap_options *o,
	    const uint8_t *data, uint32_t data_len, uint32_t frame_len)
{
	if (decap_plain(p, link, domain, o, data, data_len, frame_len))
		return DECAP_OK;
	return decap_layers(p, link, domain, o, data, data_len, frame_len);
}
