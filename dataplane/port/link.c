#include "dataplane/port/link.h"

#include <string.h>

#define VLAN_TAG_LEN	 4u
#define LENGTH_NOT_TYPE	 1536u /* below: an 802.3 length field */
#define LLC_SNAP_LEN	 8u
#define PPPOE_HDR_LEN	 6u
#define MPLS_LABEL_LEN	 4u
#define MPLS_BOTTOM	 0x100u
#define SLL_HDR_LEN	 16u
#define SLL2_HDR_LEN	 20u
#define ETAG_LEN	 8u
#define WLAN_HDR_LEN	 24u
#define RADIOTAP_HDR_LEN 8u
#define PPI_HDR_LEN	 8u
#define NFLOG_HDR_LEN	 4u
#define NSH_HDR_LEN	 8u
#define PPP_IPV4	 0x0021u
#define PPP_IPV6	 0x0057u

bool
packet_add_tunnel(struct packet *p, enum tunnel_type type, uint32_t id)
{
	if (p->nr_tunnels == PACKET_MAX_TUNNELS)
		return false;
	p->tunnel[p->nr_tunnels++] = (struct tunnel) { .type = (uint8_t)type, .id = id };
	return true;
}

/* The version nibble says which IP it is; anything else is not. */
static enum link_result
ip_by_version(const struct cursor *c)
{
	if (cursor_left(c) == 0)
		return LINK_TRUNCATED;
	return (c->p[0] >> 4 == 4 || c->p[0] >> 4 == 6) ? LINK_IP : LINK_NOT_IP;
}

/*
 * MPLS label stack, RFC 3032 section 2.1: label (20 bits), TC (3), bottom of stack (1), TTL (8).
 * What follows the bottom label is not said. IP is told by its version; a zero nibble is a
 * pseudowire's control word (RFC 4385) before an Ethernet frame.
 */
static enum link_result
mpls_parse(struct cursor *c, struct packet *p)
{
	uint32_t entry;

	do {
		if (!cursor_be32(c, &entry))
			return LINK_TRUNCATED;
		if (!packet_add_tunnel(p, TUNNEL_MPLS, entry >> 12))
			return LINK_NOT_IP;
	} while ((entry & MPLS_BOTTOM) == 0);

	if (cursor_left(c) > 4 && c->p[0] >> 4 == 0) {
		cursor_skip(c, 4);
		return link_parse(c, LINK_ETHERNET, p);
	}
	return ip_by_version(c);
}

/* RFC 2516 section 4, then a PPP protocol number. Code 0 is session data. */
static enum link_result
pppoe_parse(struct cursor *c, struct packet *p)
{
	const uint8_t *h = cursor_take(c, PPPOE_HDR_LEN);
	uint16_t protocol;

	if (h == NULL || !cursor_be16(c, &protocol))
		return LINK_TRUNCATED;
	if (h[0] != 0x11 || h[1] != 0 || (protocol != PPP_IPV4 && protocol != PPP_IPV6))
		return LINK_NOT_IP;
	if (!packet_add_tunnel(p, TUNNEL_PPPOE, read_be16(h + 2)))
		return LINK_NOT_IP;
	return LINK_IP;
}

/*
 * Network service header, RFC 8300 section 2.2: flags (1) | length in words in the low 6 bits (1) |
 * metadata type (1) | next protocol (1) | service path (3) | service index (1) | metadata.
 */
static enum link_result
nsh_parse(struct cursor *c, struct packet *p)
{
	size_t len;

	if (cursor_left(c) < NSH_HDR_LEN)
		return LINK_TRUNCATED;
	const uint8_t *h = c->p;

	len = (h[1] & 0x3fu) * 4u;
	if (len < NSH_HDR_LEN || !packet_add_tunnel(p, TUNNEL_NSH, read_be24(h + 4)))
		return LINK_NOT_IP;
	if (!cursor_skip(c, len))
		return LINK_TRUNCATED;
	switch (h[3]) {
	case 1:
	case 2:
		return ip_by_version(c);
	case 3:
		return link_parse(c, LINK_ETHERNET, p);
	case 5:
		return mpls_parse(c, p);
	default:
		return LINK_NOT_IP;
	}
}

/* 802.3: a length, then LLC; SNAP with a zero OUI carries an EtherType. */
static enum link_result
llc_parse(struct cursor *c, struct packet *p)
{
	const uint8_t *h = cursor_take(c, LLC_SNAP_LEN);

	if (h == NULL)
		return LINK_NOT_IP;
	if (memcmp(h, "\xaa\xaa\x03\0\0\0", 6) != 0)
		return LINK_NOT_IP;
	return link_parse_ethertype(c, read_be16(h + 6), p);
}

enum link_result
link_parse_ethertype(struct cursor *c, uint16_t ethertype, struct packet *p)
{
	const uint8_t *tag;

	for (;;) {
		switch (ethertype) {
		case ETHERTYPE_IPV4:
		case ETHERTYPE_IPV6:
			return LINK_IP;
		case 0x8100: /* 802.1Q */
		case 0x88a8: /* 802.1ad */
		case 0x9100: /* what vendors used before 802.1ad had a number */
		case 0x9200:
		case 0x9300:
			tag = cursor_take(c, VLAN_TAG_LEN);
			if (tag == NULL)
				return LINK_TRUNCATED;
			if (p->nr_vlans < PACKET_MAX_VLANS)
				p->vlan[p->nr_vlans++] = read_be16(tag) & 0x0fff;
			ethertype = read_be16(tag + 2);
			break;
		case 0x893f: /* 802.1BR E-TAG: 6 bytes, then what it tags */
			tag = cursor_take(c, ETAG_LEN);
			if (tag == NULL)
				return LINK_TRUNCATED;
			ethertype = read_be16(tag + 6);
			break;
		case 0x8903: /* Cisco FabricPath: 2 bytes, then a frame of its own */
			if (!cursor_skip(c, 2))
				return LINK_TRUNCATED;
			return link_parse(c, LINK_ETHERNET, p);
		case 0x894f:
			return nsh_parse(c, p);
		case 0x8847: /* MPLS, unicast and multicast */
		case 0x8848:
			return mpls_parse(c, p);
		case 0x8864:
			return pppoe_parse(c, p);
		default:
			return ethertype < LENGTH_NOT_TYPE ? llc_parse(c, p) : LINK_NOT_IP;
		}
	}
}

/*
 * 802.11 data, IEEE Std 802.11-2020 section 9.3.2.1:
 *
 *   control 2 | duration 2 | address 1, 2, 3 | sequence 2 | address 4 | QoS 2 | HT control 4 | LLC
 *
 * Address 4 is there between access points (to and from DS), QoS and HT control as bits say. Cisco
 * swaps the bytes of control: then the version, which is 0, is where the DS bits belong. Some
 * radios pad all that to a multiple of 4. Of encrypted frames, pieces and aggregates nothing is
 * read.
 */
enum {
	WLAN_VERSION = 0x03,
	WLAN_TYPE = 0x0f, /* with the version */
	WLAN_DATA = 0x08,
	WLAN_NO_DATA = 0x40,
	WLAN_QOS = 0x80,
	WLAN_TO_DS = 0x01,
	WLAN_FROM_DS = 0x02,
	WLAN_MORE_FRAGMENTS = 0x04,
	WLAN_PROTECTED = 0x40,
	WLAN_HT_CONTROL = 0x80,
	WLAN_QOS_AGGREGATE = 0x80,
};

static enum link_result
wlan_parse(struct cursor *c, bool padded, struct packet *p)
{
	const uint8_t *h = cursor_take(c, WLAN_HDR_LEN), *target, *source, *qos;

	if (h == NULL)
		return LINK_TRUNCATED;
	bool swapped = (h[0] & WLAN_VERSION) != 0;
	uint8_t kind = h[swapped ? 1 : 0], flags = h[swapped ? 0 : 1];

	if ((kind & WLAN_TYPE) != WLAN_DATA || (kind & WLAN_NO_DATA) != 0 ||
	    (flags & (WLAN_PROTECTED | WLAN_MORE_FRAGMENTS)) != 0)
		return LINK_NOT_IP;
	target = (flags & WLAN_TO_DS) != 0 ? h + 16 : h + 4;
	source = (flags & WLAN_FROM_DS) != 0 ? h + 16 : h + 10;
	if ((flags & WLAN_TO_DS) != 0 && (flags & WLAN_FROM_DS) != 0)
		source = cursor_take(c, 6);
	if (source == NULL)
		return LINK_TRUNCATED;
	if ((kind & WLAN_QOS) != 0) {
		qos = cursor_take(c, 2);
		if (qos == NULL || ((flags & WLAN_HT_CONTROL) != 0 && !cursor_skip(c, 4)))
			return LINK_TRUNCATED;
		if ((qos[0] & WLAN_QOS_AGGREGATE) != 0)
			return LINK_NOT_IP;
	}
	if (padded && (c->p - h) % 4 != 0 && !cursor_skip(c, 2))
		return LINK_TRUNCATED;
	memcpy(p->mac[0], target, 6);
	memcpy(p->mac[1], source, 6);
	p->has_macs = true;
	return llc_parse(c, p);
}

/*
 * Radiotap (radiotap.org), little endian: version 0 | 0 | length 2 | bits of the fields that follow
 * 4, and 4 more where the highest is set | fields, aligned to their size. The first is a time of 8
 * bytes (bit 0), the second flags (bit 1), of which 0x20 says that the frame's header is padded.
 */
static enum link_result
radiotap_parse(struct cursor *c, struct packet *p)
{
	const uint8_t *h = c->p;
	size_t len, at = RADIOTAP_HDR_LEN;

	if (cursor_left(c) < RADIOTAP_HDR_LEN)
		return LINK_TRUNCATED;
	len = read_le16(h + 2);
	if (h[0] != 0 || len < RADIOTAP_HDR_LEN)
		return LINK_NOT_IP;
	if (!cursor_skip(c, len))
		return LINK_TRUNCATED;
	while ((h[at - 1] & 0x80) != 0) {
		if (len - at < 4)
			return LINK_NOT_IP;
		at += 4;
	}
	if ((h[4] & 1) != 0)
		at = (at + 7) / 8 * 8 + 8;
	return wlan_parse(c, (h[4] & 2) != 0 && at < len && (h[at] & 0x20) != 0, p);
}

/* CACE's per-packet information, little endian: version 0 | flags | length 2 | link type 4. */
static enum link_result
ppi_parse(struct cursor *c, struct packet *p)
{
	const uint8_t *h = c->p;
	size_t len;

	if (cursor_left(c) < PPI_HDR_LEN)
		return LINK_TRUNCATED;
	len = read_le16(h + 2);
	if (h[0] != 0 || len < PPI_HDR_LEN || read_le16(h + 6) != 0)
		return LINK_NOT_IP;
	if (!cursor_skip(c, len))
		return LINK_TRUNCATED;
	switch (read_le16(h + 4)) {
	case 1:
		return link_parse(c, LINK_ETHERNET, p);
	case 105:
		return wlan_parse(c, false, p);
	default:
		return LINK_NOT_IP;
	}
}

/*
 * Netfilter's log (LINKTYPE_NFLOG): family | version 0 | group 2 | attributes: length 2 with these
 * four bytes, type 2, in the order of the host that wrote it, which was little endian; value,
 * padded to a multiple of 4. Attribute 9 is the packet.
 */
static enum link_result
nflog_parse(struct cursor *c)
{
	const uint8_t *h = cursor_take(c, NFLOG_HDR_LEN);
	size_t len;

	if (h == NULL)
		return LINK_TRUNCATED;
	if (h[1] != 0)
		return LINK_NOT_IP;
	for (;;) {
		h = cursor_take(c, 4);
		if (h == NULL)
			return LINK_TRUNCATED;
		if (read_le16(h + 2) == 9)
			return ip_by_version(c);
		len = read_le16(h);
		if (len < 4 || !cursor_skip(c, (len - 4u + 3u) / 4u * 4u))
			return LINK_NOT_IP;
	}
}

/* The HDLC address and control bytes may be left out, and so may a leading zero of the number. */
static enum link_result
ppp_parse(struct cursor *c, struct packet *p)
{
	uint16_t protocol;
	uint8_t byte;

	if (cursor_left(c) >= 2 && (read_be16(c->p) == 0xff03 || read_be16(c->p) == 0x0f00))
		cursor_skip(c, 2);
	if (!cursor_u8(c, &byte))
		return LINK_TRUNCATED;
	protocol = byte;
	if ((byte & 1) == 0) {
		if (!cursor_u8(c, &byte))
			return LINK_TRUNCATED;
		protocol = (uint16_t)(protocol << 8 | byte);
	}
	if (protocol == 0x0281 || protocol == 0x0283)
		return mpls_parse(c, p);
	return (protocol == PPP_IPV4 || protocol == PPP_IPV6) ? LINK_IP : LINK_NOT_IP;
}

static enum link_result
null_parse(struct cursor *c)
{
	return cursor_skip(c, 4) ? ip_by_version(c) : LINK_TRUNCATED;
}

static enum link_result
cooked_parse(struct cursor *c, size_t hdr_len, size_t type_at, struct packet *p)
{
	const uint8_t *h = cursor_take(c, hdr_len);

	if (h == NULL)
		return LINK_TRUNCATED;
	return link_parse_ethertype(c, read_be16(h + type_at), p);
}

enum link_result
link_parse(struct cursor *c, enum link_type type, struct packet *p)
{
	switch (type) {
	case LINK_ETHERNET:
		return link_parse_ethernet(c, p);
	case LINK_RAW_IP:
		return ip_by_version(c);
	case LINK_NULL:
		return null_parse(c);
	case LINK_PPP:
		return ppp_parse(c, p);
	case LINK_C_HDLC:
		return cooked_parse(c, 4, 2, p);
	case LINK_SLL:
		return cooked_parse(c, SLL_HDR_LEN, 14, p);
	case LINK_SLL2:
		return cooked_parse(c, SLL2_HDR_LEN, 0, p);
	case LINK_NFLOG:
		return nflog_parse(c);
	case LINK_WLAN:
		return wlan_parse(c, false, p);
	case LINK_RADIOTAP:
		return radiotap_parse(c, p);
	case LINK_PPI:
		return ppi_parse(c, p);
	case LINK_UNSUPPORTED:
		break;
	}
	return LINK_NOT_SUPPORTED;
}
