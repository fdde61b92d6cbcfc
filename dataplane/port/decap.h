/*
 * From a frame to the innermost flow: link layer, IP, tunnels, transport, outermost to innermost.
 *
 * Crossed are VLAN and QinQ, MPLS and PPPoE (link.h), and the tunnels of decap_tunnel.h. A packet
 * that is no tunnel, or one in which no IP can be read, belongs to the outer flow and is not lost;
 * an impossible IP header inside is noted in bad_tunnel.
 *
 * IP lengths are taken from the headers; an IPv4 total length of zero (as segmentation offload
 * leaves it in captures) and an IPv6 jumbogram mean "as much as there is". Of checksums only those
 * of IPv4 headers are looked at, and only when asked to (checksum.h).
 */
#ifndef WEIR_DECAP_H
#define WEIR_DECAP_H

#include "dataplane/port/domains.h"
#include "dataplane/port/link.h"
#include "dataplane/port/packet.h"

/* All but the first two are fates of a frame, and counters of the same name. */
enum decap_result {
	DECAP_OK,
	DECAP_FRAGMENT,	 /* the frag_ fields are filled; goes to defrag and comes back */
	DECAP_NOT_IP,	 /* ARP, LLDP, spanning tree, ... */
	DECAP_TRUNCATED, /* a header runs past the captured bytes */
	DECAP_BAD_IP,	 /* version, header length or total length cannot be */
	DECAP_BAD_IP_CHECKSUM,
	DECAP_UNSUPPORTED_LINK, /* a link type that weir does not read */
};

struct decap_options {
	const struct domains *domains; /* kept; NULL: none */
	unsigned max_depth;	       /* tunnels entered */
	bool verify;		       /* the checksums of IPv4 headers */
};

/*
 * data is the frame's first segment, frame_len its captured length over all segments. p must be
 * zero but for time_us, order_us and wire_bytes, and ip_checked. The flow is of the given domain,
 * unless domains has another for what the frame came through.
 */
enum decap_result decap_frame(struct packet *p, enum link_type link, uint16_t domain,
			      const struct decap_options *o, const uint8_t *data, uint32_t data_len,
			      uint32_t frame_len);

/*
 * Its two ways: the short one, if the frame is one that can take it (plain_frame.h; p is filled),
 * and the one layer by layer, whatever the frame.
 */
bool decap_plain(struct packet *p, enum link_type link, uint16_t domain,
		 const struct decap_options *o, const uint8_t *data, uint32_t data_len,
		 uint32_t frame_len);
enum decap_result decap_layers(struct packet *p, enum link_type link, uint16_t domain,
			       const struct decap_options *o, const uint8_t *data,
			       uint32_t data_len, uint32_t frame_len);

#endif
