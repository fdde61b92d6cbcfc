#include "dataplane/port/plain_frame.h"

#include "dataplane/port/decap_tunnel.h"

#define VLAN_TAG_LEN	4u
#define ETHERTYPE_8021Q 0x8100u
#define IPV4_HDR_LEN	20u
#define IPV6_HDR_LEN	40u
#define TCP_HDR_LEN	20u
#define TCP_STAMPED_LEN 32u
#define UDP_HDR_LEN	8u

/* No frame is plain that has less behind its Ethernet header: IPv4 and UDP. */
#define LEAST_IP_LEN (IPV4_HDR_LEN + UDP_HDR_LEN)

/* Two fillers, then kind and length of time stamps: as every sender puts them (RFC 7323, A). */
#define TCP_STAMP_OPTION 0x0101080au

/* What is left to tell once a frame is known to be plain. Lengths are in bytes on the wire. */
struct plain {
	const uint8_t *ip, *transport;
	uint32_t wire_len;   /* of transport and payload */
	uint32_t header_len; /* of the transport */
};

/* RFC 791 section 3.1. */
static inline bool
plain_ipv4(struct plain *f, uint32_t left)
{
	const uint8_t *h = f->ip;
	uint32_t total = read_be16(h + 2);

	/* Version and length; no fragment; nothing that is not there, nor less than the header. */
	if (h[0] != 0x45 || (read_be16(h + 6) & 0x3fff) != 0 || total > left ||
	    total < IPV4_HDR_LEN)
		return false;
	f->transport = h + IPV4_HDR_LEN;
	f->wire_len = total - IPV4_HDR_LEN;
	return true;
}

/* RFC 8200 section 3. */
static inline bool
plain_ipv6(struct plain *f, uint32_t left)
{
	const uint8_t *h = f->ip;

	if (left < IPV6_HDR_LEN || h[0] >> 4 != 6)
		return false;
	f->wire_len = read_be16(h + 4);
	f->transport = h + IPV6_HDR_LEN;
	return f->wire_len != 0 && f->wire_len <= left - IPV6_HDR_LEN;
}

static inline bool
plain_tcp(struct plain *f)
{
	const uint8_t *h = f->transport;

	if (f->wire_len < TCP_HDR_LEN)
		return false;
	f->header_len = (h[12] & 0xf0u) / 4;
	if (f->header_len == TCP_HDR_LEN)
		return true;
	return f->header_len == TCP_STAMPED_LEN && f->wire_len >= TCP_STAMPED_LEN &&
	       read_be32(h + TCP_HDR_LEN) == TCP_STAMP_OPTION;
}

static inline bool
plain_udp(struct plain *f)
{
	const uint8_t *h = f->transport;

	if (f->wire_len < UDP_HDR_LEN || decap_tunnel_may_be(read_be16(h), read_be16(h + 2)))
		return false;
	f->header_len = UDP_HDR_LEN;
	/* RFC 768: less than IP says is padding; what cannot be is not believed. */
	if (read_be16(h + 4) >= UDP_HDR_LEN && read_be16(h + 4) < f->wire_len)
		f->wire_len = read_be16(h + 4);
	return true;
}

static inline void
fill_tcp(struct packet *p, const struct plain *f)
{
	const uint8_t *h = f->transport;

	p->seq = read_be32(h + 4);
	p->ack = read_be32(h + 8);
	p->tcp_flags = h[13];
	p->window = read_be16(h + 14);
	p->checksum = read_be16(h + 16);
	if (f->header_len == TCP_STAMPED_LEN) {
		p->has_ts = true;
		p->ts_val = read_be32(h + TCP_HDR_LEN + 4);
	}
}

static inline void
fill_flow(struct packet *p, uint16_t domain, const struct plain *f, uint8_t family, uint8_t proto)
{
	uint16_t src_port = read_be16(f->transport), dst_port = read_be16(f->transport + 2);

	if (family == 4) {
		p->ip_id = read_be16(f->ip + 4);
		p->side = (uint8_t)flow_key_make4(&p->key, proto, domain, f->ip + 12, f->ip + 16,
						  src_port, dst_port, false);
	} else {
		p->side = (uint8_t)flow_key_make6(&p->key, proto, domain, f->ip + 8, f->ip + 24,
						  src_port, dst_port, false);
	}
}

/* All that p gets of a frame that is plain. */
static inline __attribute__((always_inline)) void
fill(struct packet *p, uint16_t domain, const uint8_t *data, const struct plain *f, uint32_t ip_at,
     uint8_t family, uint8_t proto)
{
	link_note_macs(p, data);
	if (ip_at != ETHERNET_HDR_LEN) {
		p->nr_vlans = 1;
		p->vlan[0] = read_be16(data + ETHERNET_HDR_LEN) & 0x0fff;
	}
	if (proto == IP_PROTO_TCP)
		fill_tcp(p, f);
	else
		p->checksum = read_be16(f->transport + 6);
	fill_flow(p, domain, f, family, proto);
	p->transport_off = (uint32_t)(f->transport - data);
	p->payload_off = p->transport_off + f->header_len;
	p->payload_len = p->payload_wire = f->wire_len - f->header_len;
}

/* A frame whose IP header is ip_at bytes in. A straight line is made of this for each kind. */
static inline __attribute__((always_inline)) bool
parse(struct packet *p, uint16_t domain, const uint8_t *data, uint32_t len, uint32_t ip_at,
      uint8_t family)
{
	struct plain f = { .ip = data + ip_at };
	uint8_t proto = f.ip[family == 4 ? 9 : 6];

	if (family == 4 ? !plain_ipv4(&f, len - ip_at) : !plain_ipv6(&f, len - ip_at))
		return false;
	if (proto == IP_PROTO_TCP && plain_tcp(&f)) {
		fill(p, domain, data, &f, ip_at, family, IP_PROTO_TCP);
		return true;
	}
	if (proto == IP_PROTO_UDP && plain_udp(&f)) {
		fill(p, domain, data, &f, ip_at, family, IP_PROTO_UDP);
		return true;
	}
	return false;
}

static inline bool
is_type(const uint8_t *ethertype, uint16_t type)
{
	return read_be16(ethertype) == type;
}

static inline bool
parse_any(struct packet *p, uint16_t domain, const uint8_t *data, uint32_t len)
{
	const uint8_t *type = data + ETHERNET_HDR_LEN - 2;

	if (len < ETHERNET_HDR_LEN + VLAN_TAG_LEN + LEAST_IP_LEN)
		return false;
	if (is_type(type, ETHERTYPE_IPV4))
		return parse(p, domain, data, len, ETHERNET_HDR_LEN, 4);
	if (is_type(type, ETHERTYPE_IPV6))
		return parse(p, domain, data, len, ETHERNET_HDR_LEN, 6);
	if (!is_type(type, ETHERTYPE_8021Q))
		return false;
	type += VLAN_TAG_LEN;
	if (is_type(type, ETHERTYPE_IPV4))
		return parse(p, domain, data, len, ETHERNET_HDR_LEN + VLAN_TAG_LEN, 4);
	return is_type(type, ETHERTYPE_IPV6) &&
	       parse(p, domain, data, len, ETHERNET_HDR_LEN + VLAN_TAG_LEN, 6);
}

inline bool
plain_frame_parse(struct packet *p, uint16_t domain, const struct decap_options *o,
		  const uint8_t *data, uint32_t len)
{
	if (!parse_any(p, domain, data, len))
		return false;
	if (o->domains != NULL)
		p->key.domain = domains_find(o->domains, p, 0, 0);
	return true;
}
