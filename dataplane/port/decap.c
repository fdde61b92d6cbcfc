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
#define UDP_HDR_LEN   8u
#define TCP_MAX_SCALE 14u

enum { TCP_OPT_END, TCP_OPT_NOP, TCP_OPT_SCALE = 3, TCP_OPT_STAMP = 8 };

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
