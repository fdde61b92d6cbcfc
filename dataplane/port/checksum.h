/*
 * The Internet checksum (RFC 1071) of IPv4 headers, TCP and UDP, for whoever asks for it.
 *
 * A receiver throws away what fails its checksum, so a sender who wants an inspector to see other
 * bytes than the receiver sends a segment with a wrong one. Against that stands that a capture
 * made on a sending host shows packets before the NIC has filled theirs in: the default is not to
 * verify (checksums.verify).
 *
 * Verified are the IPv4 header of every layer (decap) and the TCP or UDP checksum of the innermost
 * packet, over the whole datagram where it came in fragments. Zero is "none" for UDP over IPv4
 * (RFC 768), and over IPv6 for tunnels only (RFC 6935). What cannot be verified is used, and
 * counted: packets cut short, headers whose length cannot be, and IPv6 on its way through a
 * routing header, whose last destination the sum is made with (RFC 8200 section 8.1).
 *
 * No DPDK here.
 */
#ifndef WEIR_CHECKSUM_H
#define WEIR_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/port/packet.h"

enum checksum_result {
	CHECKSUM_NONE,	  /* there is none: another protocol, or UDP without */
	CHECKSUM_UNKNOWN, /* not all that it covers is there */
	CHECKSUM_GOOD,
	CHECKSUM_BAD,
};

/* The sum over len bytes, not inverted; 0xffff when they hold their own, right checksum. */
uint16_t checksum_sum(const uint8_t *data, uint32_t len);

/* Bytes from the transport header on that the packet's checksum covers; 0: see result. */
uint32_t checksum_extent(const struct packet *p, enum checksum_result *result);

/* transport holds the len bytes of checksum_extent. GOOD or BAD. */
enum checksum_result checksum_verify(const struct packet *p, const uint8_t *transport,
				     uint32_t len);

#endif
