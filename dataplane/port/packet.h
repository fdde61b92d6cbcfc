/*
 * What weir knows of one frame: filled once by decap, read-only afterwards.
 *
 * A packet lives in the private area of its mbuf, so it moves between workers with it. All
 * pointers into the frame are kept as offsets from the first byte of the mbuf's data. The headers
 * of every layer lie in the first segment of a chained mbuf; only the payload may go on behind it.
 *
 * This header is free of DPDK: decap works on bytes and can be tested and fuzzed on its own.
 */
#ifndef WEIR_PACKET_H
#define WEIR_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/flow/flow_key.h"

#define PACKET_MAX_VLANS   4
#define PACKET_MAX_TUNNELS 4

enum tunnel_type {
	TUNNEL_MPLS,
	TUNNEL_PPPOE,
	TUNNEL_NSH,
	TUNNEL_VXLAN,
	TUNNEL_VXLAN_GPE,
	TUNNEL_GENEVE,
	TUNNEL_GRE,
	TUNNEL_NVGRE,
	TUNNEL_ERSPAN1,
	TUNNEL_ERSPAN2,
	TUNNEL_ERSPAN3,
	TUNNEL_IPIP,
	TUNNEL_6IN4,
	TUNNEL_GTPU,
	TUNNEL_ETHERIP,
	TUNNEL_TEREDO,
	TUNNEL_PPTP,
	TUNNEL_CAPWAP,
	NR_TUNNEL_TYPES,
};

/* "vxlan", "gre", ... */
extern const char *const tunnel_type_names[NR_TUNNEL_TYPES];

/* A sound tunnel that was not entered, because the frame in it is not here as it is. */
enum tunnel_closed {
	TUNNEL_NOT_CLOSED,
	TUNNEL_FRAGMENT, /* a piece of it */
	TUNNEL_ENCRYPTED,
};

struct tunnel {
	uint8_t type; /* enum tunnel_type */
	uint32_t id;  /* VNI, key, session, TEID, label, radio; 0 where there is none */
};

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
};

/*
 * Two lines that every packet needs, and what only some need behind them. Sources clear the former
 * (packet_clear); of the latter there is as much as the former says.
 */
struct packet {
	uint64_t time_us;  /* packet time */
	uint64_t order_us; /* input clock: the latest packet time the source has handed out */
	uint64_t hash;	   /* of key, under the pipeline's secret */
	const char *tap;   /* name of the feed for records, or NULL; lives as long as the source */
	struct flow_key key;
	uint32_t wire_bytes; /* frame length on the wire, snapped or not */

	uint32_t transport_off; /* of the transport header, likewise */
	uint32_t payload_off;	/* of the transport payload, from the start of the mbuf's data */
	uint32_t payload_len;	/* bytes of it that were captured */
	uint32_t payload_wire;	/* bytes of it that were sent */

	uint32_t seq, ack; /* TCP only */
	uint32_t ts_val;   /* of its timestamp option, when has_ts */
	uint16_t window;
	uint16_t checksum; /* of the transport, as sent; 0 where there is none */
	uint16_t ip_id;	   /* of the innermost IPv4 header */
	uint8_t tcp_flags;
	uint8_t side;	       /* of key.addr: who sent it */
	uint8_t hops;	       /* between workers, and through defrag */
	uint8_t link;	       /* enum link_type the frame begins with */
	uint8_t feed;	       /* place of its port in the configuration, from 0 */
	uint8_t scale;	       /* of its window scale option, when has_scale: SYN only */
	uint16_t nr_frames;    /* on the wire that this packet was made of; 0 is read as 1 */
	uint8_t bad_tunnel;    /* enum tunnel_type + 1 of one that could not be entered; 0: none */
	uint8_t closed_tunnel; /* enum tunnel_closed */
	uint8_t nr_vlans, nr_tunnels;
	uint8_t tunnel_family; /* 4, 6, or 0 when no tunnel with IP ends was crossed */
	bool has_ts, has_scale, has_macs;
	bool is_routed : 1;   /* IPv6 with a routing header that is not through */
	bool ip_checked : 1;  /* the NIC has verified the outermost IP header, */
	bool l4_checked : 1;  /* the transport checksum behind it */
	bool is_fragment : 1; /* on its way to the worker that puts its datagram together */

	uint8_t mac[2][6]; /* has_macs: of the innermost Ethernet header: target, source */
	uint16_t vlan[PACKET_MAX_VLANS]; /* nr_vlans: outermost first; of all layers */
	struct tunnel tunnel[PACKET_MAX_TUNNELS];
	uint8_t tunnel_addr[2][16]; /* tunnel_family: of the innermost tunnel: source, target */

	/* Only when decap says DECAP_FRAGMENT: the IP packet that has to be put together. */
	uint32_t ip_off;    /* of its IP header */
	uint32_t frag_data; /* of the fragment's own bytes */
	uint32_t frag_len;  /* captured bytes of it */
	uint32_t frag_id;
	uint32_t frag_start; /* byte position in the datagram */
	uint8_t frag_proto;
	bool frag_more;
};
_Static_assert(offsetof(struct packet, mac) <= 128, "two lines");

/* A line at a time: more at once the compiler makes a string instruction of, which starts slowly.
 */
static inline void
packet_clear(struct packet *p)
{
	__builtin_memset(p, 0, 64);
	__builtin_memset((uint8_t *)p + 64, 0, offsetof(struct packet, mac) - 64);
}

/* On the wire, that it was made of. */
static inline unsigned
packet_frames(const struct packet *p)
{
	return (unsigned)p->nr_frames + (p->nr_frames == 0);
}

#endif
