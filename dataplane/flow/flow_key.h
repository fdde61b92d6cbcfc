/*
 * Who talks to whom, the same for both directions.
 *
 * The two ends are put in a canonical order (by address, then port), and the packet says on which
 * side its sender stands. ICMP has no ports: type and code stand in for them as Community ID v1
 * prescribes, so that an echo and its reply are one flow, while one-way messages keep their order.
 *
 * Community ID v1, seed 0: https://github.com/corelight/community-id-spec
 */
#ifndef WEIR_FLOW_KEY_H
#define WEIR_FLOW_KEY_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

#include "classify/siphash.h"

enum {
	IP_PROTO_ICMP = 1,
	IP_PROTO_IPIP = 4,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_IPV6 = 41,
	IP_PROTO_GRE = 47,
	IP_PROTO_ESP = 50,
	IP_PROTO_ICMPV6 = 58,
	IP_PROTO_NONE = 59, /* IPv6: nothing follows */
	IP_PROTO_ETHERIP = 97,
	IP_PROTO_SCTP = 132,
	IP_PROTO_MPLS = 137,
};

/* 40 bytes without padding: hashed and compared as they are. IPv4 leaves the last 12 bytes zero. */
struct flow_key {
	uint8_t addr[2][16];
	uint16_t port[2];
	uint8_t proto;
	uint8_t family; /* 4 or 6 */
	uint16_t domain;
};
_Static_assert(sizeof(struct flow_key) == 40, "hashed as bytes");

/*
 * Fills key from what a packet says and returns the side of its sender, 0 or 1. The addresses are
 * 4 or 16 bytes long by family. For ICMP the ports are type and code.
 */
unsigned flow_key_make(struct flow_key *key, uint8_t family, uint8_t proto, uint16_t domain,
		       const uint8_t *src, const uint8_t *dst, uint16_t src_port,
		       uint16_t dst_port);

static inline void
flow_key_put4(uint8_t addr[16], uint32_t wire)
{
	const uint32_t words[4] = { wire };

	__builtin_memcpy(addr, words, 16);
}

/* The same of IPv4 without ICMP's meaning of ports. one_way: the order of the packet is the key's.
 */
static inline unsigned
flow_key_make4(struct flow_key *key, uint8_t proto, uint16_t domain, const uint8_t *src,
	       const uint8_t *dst, uint16_t src_port, uint16_t dst_port, bool one_way)
{
	uint32_t from, to;
	bool back;

	__builtin_memcpy(&from, src, 4);
	__builtin_memcpy(&to, dst, 4);
	/* As bytes, then by port. */
	back = !one_way & (((uint64_t)be32toh(from) << 16 | src_port) >
			   ((uint64_t)be32toh(to) << 16 | dst_port));
	flow_key_put4(key->addr[0], back ? to : from);
	flow_key_put4(key->addr[1], back ? from : to);
	key->port[0] = back ? dst_port : src_port;
	key->port[1] = back ? src_port : dst_port;
	key->proto = proto;
	key->family = 4;
	key->domain = domain;
	return back;
}

/* Of IPv6, likewise. */
static inline unsigned
flow_key_make6(struct flow_key *key, uint8_t proto, uint16_t domain, const uint8_t *src,
	       const uint8_t *dst, uint16_t src_port, uint16_t dst_port, bool one_way)
{
	uint64_t from[2], to[2];
	unsigned side;

	__builtin_memcpy(from, src, 16);
	__builtin_memcpy(to, dst, 16);
	if (from[0] != to[0])
		side = be64toh(from[0]) > be64toh(to[0]);
	else if (from[1] != to[1])
		side = be64toh(from[1]) > be64toh(to[1]);
	else
		side = src_port > dst_port;
	side &= !one_way;
	*key = (struct flow_key) { .proto = proto, .family = 6, .domain = domain };
	__builtin_memcpy(key->addr[side], from, 16);
	__builtin_memcpy(key->addr[1 - side], to, 16);
	key->port[side] = src_port;
	key->port[1 - side] = dst_port;
	return side;
}

/* Of IPv4 without the bytes that are always zero: half as long to hash. */
static inline uint64_t
flow_key_hash(const struct flow_key *key, const struct siphash_key *secret)
{
	uint32_t addr[2];
	uint64_t rest; /* the ports and all behind them */

	if (key->family != 4)
		return siphash13(secret, key, sizeof(*key));
	__builtin_memcpy(&addr[0], key->addr[0], 4);
	__builtin_memcpy(&addr[1], key->addr[1], 4);
	__builtin_memcpy(&rest, key->port, 8);
	return siphash13_pair(secret, (uint64_t)addr[1] << 32 | addr[0], rest);
}

/* "1:" and 28 characters of base64 and a NUL. */
#define COMMUNITY_ID_BYTES 31
void flow_key_community_id(const struct flow_key *key, char out[COMMUNITY_ID_BYTES]);

/* "tcp", "udp", ...; "ip-N" for the unnamed, written into buf. */
const char *flow_key_transport(uint8_t proto, char buf[8]);

static inline bool
flow_key_has_ports(uint8_t proto)
{
	return proto == IP_PROTO_TCP || proto == IP_PROTO_UDP || proto == IP_PROTO_SCTP;
}

#endif
