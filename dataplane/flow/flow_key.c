#include "dataplane/flow/flow_key.h"

#include <stdio.h>
#include <string.h>

#include <nettle/base64.h>
#include <nettle/sha1.h>

#define ONE_WAY 0xffffu

/*
 * The ICMP message that answers a type, by Community ID's table; both get the pair
 * (type, counterpart) as ports, so that either direction gives the same key.
 */
static uint16_t
icmp_counterpart(uint8_t type)
{
	switch (type) {
	case 0: /* echo reply */
		return 8;
	case 8:
		return 0;
	case 9: /* router advertisement */
		return 10;
	case 10:
		return 9;
	case 13: /* timestamp */
		return 14;
	case 14:
		return 13;
	case 15: /* information */
		return 16;
	case 16:
		return 15;
	case 17: /* address mask */
		return 18;
	case 18:
		return 17;
	default:
		return ONE_WAY;
	}
}

static uint16_t
icmpv6_counterpart(uint8_t type)
{
	switch (type) {
	case 128: /* echo request */
		return 129;
	case 129:
		return 128;
	case 130: /* multicast listener query, report */
		return 131;
	case 131:
		return 130;
	case 133: /* router solicitation, advertisement */
		return 134;
	case 134:
		return 133;
	case 135: /* neighbour solicitation, advertisement */
		return 136;
	case 136:
		return 135;
	case 139: /* who are you, I am */
		return 140;
	case 140:
		return 139;
	case 144: /* home agent address discovery */
		return 145;
	case 145:
		return 144;
	default:
		return ONE_WAY;
	}
}

unsigned
flow_key_make(struct flow_key *key, uint8_t family, uint8_t proto, uint16_t domain,
	      const uint8_t *src, const uint8_t *dst, uint16_t src_port, uint16_t dst_port)
{
	bool one_way = false;

	if (proto == IP_PROTO_ICMP || proto == IP_PROTO_ICMPV6) {
		uint8_t type = (uint8_t)src_port;
		uint16_t pair =
		    proto == IP_PROTO_ICMP ? icmp_counterpart(type) : icmpv6_counterpart(type);

		one_way = pair == ONE_WAY;
		if (!one_way)
			dst_port = pair;
	}

	if (family != 4)
		return flow_key_make6(key, proto, domain, src, dst, src_port, dst_port, one_way);
	flow_key_clear(key);
	return flow_key_make4(key, proto, domain, src, dst, src_port, dst_port, one_way);
}

/*
 * SHA-1 over seed (2) | source | destination | protocol | 0 | ports (2 + 2), ends in canonical
 * order, ports only where the protocol has them. A key is already in that order; only one-way
 * ICMP keeps the order of the packet, which is the key's too.
 */
void
flow_key_community_id(const struct flow_key *key, char out[COMMUNITY_ID_BYTES])
{
	size_t addr_len = key->family == 4 ? 4 : 16;
	uint8_t digest[SHA1_DIGEST_SIZE];
	uint8_t in[2 + 32 + 2 + 4] = { 0 };
	struct sha1_ctx sha;
	size_t len = 2;

	for (unsigned i = 0; i < 2; i++) {
		memcpy(in + len, key->addr[i], addr_len);
		len += addr_len;
	}
	in[len] = key->proto;
	len += 2;
	if (flow_key_has_ports(key->proto) || key->proto == IP_PROTO_ICMP ||
	    key->proto == IP_PROTO_ICMPV6) {
		for (unsigned i = 0; i < 2; i++) {
			in[len++] = (uint8_t)(key->port[i] >> 8);
			in[len++] = (uint8_t)key->port[i];
		}
	}

	sha1_init(&sha);
	sha1_update(&sha, len, in);
	sha1_digest(&sha, sizeof(digest), digest);
	out[0] = '1';
	out[1] = ':';
	base64_encode_raw(out + 2, sizeof(digest), digest);
	out[COMMUNITY_ID_BYTES - 1] = '\0';
}

const char *
flow_key_transport(uint8_t proto, char buf[8])
{
	switch (proto) {
	case IP_PROTO_TCP:
		return "tcp";
	case IP_PROTO_UDP:
		return "udp";
	case IP_PROTO_ICMP:
		return "icmp";
	case IP_PROTO_ICMPV6:
		return "icmpv6";
	case IP_PROTO_SCTP:
		return "sctp";
	case IP_PROTO_GRE:
		return "gre";
	case IP_PROTO_ESP:
		return "esp";
	case 2:
		return "igmp";
	case 51:
		return "ah";
	case 88:
		return "eigrp";
	case 89:
		return "ospf";
	case 103:
		return "pim";
	case 112:
		return "vrrp";
	default:
		snprintf(buf, 8, "ip-%u", proto);
		return buf;
	}
}
