/*
 * Link-layer headers: from the first byte of a frame to the network protocol it carries.
 *
 * Ethernet II, 802.3 with LLC/SNAP, 802.1Q, 802.1ad (any mix and the vendors' TPIDs), MPLS
 * (RFC 3032), PPPoE sessions (RFC 2516), 802.1BR tags, FabricPath, NSH (RFC 8300), and what
 * captures come in besides Ethernet: raw IP, BSD loopback, PPP, Cisco HDLC, Linux "cooked" v1 and
 * v2, netfilter's log; 802.11 as controllers of access points carry it, and as captured, plain or
 * behind what the radio says of it (radiotap, PPI). Other link types are read and counted, but
 * nothing in them is looked at.
 */
#ifndef WEIR_LINK_H
#define WEIR_LINK_H

#include "dataplane/port/cursor.h"
#include "dataplane/port/packet.h"

enum link_type {
	LINK_ETHERNET,
	LINK_RAW_IP, /* the version nibble decides */
	LINK_NULL,   /* BSD loopback: address family in the writer's byte order */
	LINK_PPP,    /* RFC 1661, with or without HDLC framing (RFC 1662) */
	LINK_C_HDLC, /* Cisco HDLC */
	LINK_SLL,    /* Linux cooked capture */
	LINK_SLL2,
	LINK_NFLOG,
	LINK_WLAN, /* 802.11, from frame control on */
	LINK_RADIOTAP,
	LINK_PPI,
	LINK_UNSUPPORTED,
};

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_TEB = 0x6558, /* transparent Ethernet bridging */
	ETHERTYPE_IPV6 = 0x86dd,
};

enum link_result {
	LINK_IP, /* the cursor stands at an IPv4 or IPv6 header */
	LINK_NOT_IP,
	LINK_TRUNCATED,
	LINK_NOT_SUPPORTED,
};

/* Moves c to the network header; adds VLANs, MPLS labels and PPPoE sessions to p. */
enum link_result link_parse(struct cursor *c, enum link_type type, struct packet *p);

/* The same from an EtherType on, for tunnels that carry one. */
enum link_result link_parse_ethertype(struct cursor *c, uint16_t ethertype, struct packet *p);

#define ETHERNET_HDR_LEN 14u

static inline void
link_note_macs(struct packet *p, const uint8_t *ethernet)
{
	__builtin_memcpy(p->mac, ethernet, sizeof(p->mac));
	p->has_macs = true;
}

/* link_parse of LINK_ETHERNET. Nearly every frame is one, and holds IP right behind its header. */
static inline enum link_result
link_parse_ethernet(struct cursor *c, struct packet *p)
{
	const uint8_t *h = cursor_take(c, ETHERNET_HDR_LEN);
	uint16_t ethertype;

	if (h == NULL)
		return LINK_TRUNCATED;
	link_note_macs(p, h);
	ethertype = read_be16(h + 12);
	if (ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6)
		return LINK_IP;
	return link_parse_ethertype(c, ethertype, p);
}

/* False when PACKET_MAX_TUNNELS are already on the stack. */
bool packet_add_tunnel(struct packet *p, enum tunnel_type type, uint32_t id);

#endif
