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

/* Before flow_key_make4, of a key that is not zero yet. */
static inline void
flow_key_clear(struct flow_key *key)
{
	__builtin_memset(key->addr, 0, sizeof(key->addr));
}

/*
 * The same of IPv4 without ICMP's meaning of ports. one_way: the order of the packet is the key's.
 * Of the addresses only the first four bytes are written.
 * Which of two ends comes first is as good as random: no jump is to depend on it. So both ends lie
 * in one number, which is turned to make them change places.
 */
static inline unsigned
flow_key_make4(struct flow_key *key, uint8_t proto, uint16_t domain, const uint8_t *src,
	       const uint8_t *dst, uint16_t src_port, uint16_t dst_port, bool one_way)
{
	uint32_t from, to, ports = (uint32_t)src_port << 16 | dst_port;
	uint32_t ports_turned = ports << 16 | ports >> 16;
	uint64_t ends, turned;
	unsigned back;

	__builtin_memcpy(&from, src, 4);
	__builtin_memcpy(&to, dst, 4);
	ends = (uint64_t)be32toh(from) << 32 | be32toh(to);
	turned = ends << 32 | ends >> 32;
	/* As bytes, then by port; both ends at one address are rare. */
	back = ends == turned ? ports > ports_turned : ends > turned;
	back &= !one_way;
	ends = ends << 32 * back | ends >> (-(32 * back) & 63u);
	ports = ports << 16 * back | ports >> (-(16 * back) & 31u);
	from = htobe32((uint32_t)(ends >> 32));
	to = htobe32((uint32_t)ends);
	__builtin_memcpy(key->addr[0], &from, 4);
	__builtin_memcpy(key->addr[1], &to, 4);
	key->port[0] = (uint16_t)(ports >> 16);
	key->port[1] = (uint16_t)ports;
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
	uint64_t from_high, from_low, to_high, to_low;
	unsigned side;

	__builtin_memcpy(&from_high, src, 8);
	__builtin_memcpy(&from_low, src + 8, 8);
	__builtin_memcpy(&to_high, dst, 8);
	__builtin_memcpy(&to_low, dst + 8, 8);
	if (from_high != to_high)
		side = be64toh(from_high) > be64toh(to_high);
	else if (from_low != to_low)
		side = be64toh(from_low) > be64toh(to_low);
	else
		side = src_port > dst_port;
	side &= !one_way;
	__builtin_memcpy(key->addr[side], &from_high, 8);
	__builtin_memcpy(key->addr[side] + 8, &from_low, 8);
	__builtin_memcpy(key->addr[1 - side], &to_high, 8);
	__builtin_memcpy(key->addr[1 - side] + 8, &to_low, 8);
	key->port[side] = src_port;
	key->port[1 - side] = dst_port;
	key->proto = proto;
	key->family = 6;
	key->domain = domain;
	return side;
}

/* Of a key's five words. */
static inline uint64_t
flow_key_word(const struct flow_key *key, unsigned i)
{
	uint64_t word;

	__builtin_memcpy(&word, (const uint8_t *)key + 8 * i, 8);
	return word;
}

/* Without a jump between one word and the next. */
static inline bool
flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t differ = flow_key_word(a, 0) ^ flow_key_word(b, 0);

	differ |= flow_key_word(a, 1) ^ flow_key_word(b, 1);
	differ |= flow_key_word(a, 2) ^ flow_key_word(b, 2);
	differ |= flow_key_word(a, 3) ^ flow_key_word(b, 3);
	differ |= flow_key_word(a, 4) ^ flow_key_word(b, 4);
	return differ == 0;
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
