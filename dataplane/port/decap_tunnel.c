#include "dataplane/port/decap_tunnel.h"

#include "dataplane/port/link.h"

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
