#include "dataplane/port/checksum.h"

#include <string.h>

#include "dataplane/port/decap_tunnel.h"

#define TCP_HDR_LEN 20u
#define UDP_HDR_LEN 8u

/*
 * In the machine's byte order, which the sum does not depend on but for the order of its own two
 * bytes (RFC 1071 section 2 B), four bytes at a time (section 2 C). data begins at an even place.
 */
static uint64_t
add(uint64_t sum, const void *data, uint32_t len)
{
	const uint8_t *p = data;
	uint32_t word;

	for (; len >= sizeof(word); p += sizeof(word), len -= (uint32_t)sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum += word;
	}
	word = 0;
	memcpy(&word, p, len);
	return sum + word;
}

static uint16_t
fold(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t
checksum_sum(const uint8_t *data, uint32_t len)
{
	return fold(add(0, data, len));
}

uint32_t
checksum_extent(const struct packet *p, enum checksum_result *result)
{
	bool tcp = p->key.proto == IP_PROTO_TCP;
	uint32_t len = p->payload_off - p->transport_off + p->payload_wire;
	bool tunnel = decap_tunnel_is_port(p->key.port[0]) || decap_tunnel_is_port(p->key.port[1]);

	*result = CHECKSUM_NONE;
	if (!tcp && p->key.proto != IP_PROTO_UDP)
		return 0;
	*result = CHECKSUM_UNKNOWN;
	if (len < (tcp ? TCP_HDR_LEN : UDP_HDR_LEN) || p->payload_len < p->payload_wire ||
	    p->is_routed)
		return 0;
	if (!tcp && p->checksum == 0 && (p->key.family == 4 || tunnel)) {
		*result = CHECKSUM_NONE;
		return 0;
	}
	*result = CHECKSUM_GOOD;
	return len;
}

/*
 * RFC 9293 section 3.1, RFC 8200 section 8.1: source, destination, zeroes and protocol, length.
 * Which address comes first makes no difference. UDP over IPv6 must have a checksum.
 */
enum checksum_result
checksum_verify(const struct packet *p, const uint8_t *transport, uint32_t len)
{
	uint32_t addr_len = p->key.family == 4 ? 4 : 16;
	const uint8_t rest[8] = { 0,
				  p->key.proto,
				  0,
				  0,
				  (uint8_t)(len >> 24),
				  (uint8_t)(len >> 16),
				  (uint8_t)(len >> 8),
				  (uint8_t)len };
	uint64_t sum = add(0, rest, sizeof(rest));

	if (p->key.proto == IP_PROTO_UDP && p->checksum == 0)
		return CHECKSUM_BAD;
	sum = add(sum, p->key.addr[0], addr_len);
	sum = add(sum, p->key.addr[1], addr_len);
	return fold(add(sum, transport, len)) == 0xffff ? CHECKSUM_GOOD : CHECKSUM_BAD;
}
