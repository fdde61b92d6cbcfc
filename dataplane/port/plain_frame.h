/*
 * The frame that nearly every frame is, taken apart in a straight line:
 *
 *   Ethernet II | 802.1Q or none | IPv4 of 20 bytes, or IPv6 of 40 | TCP or UDP | payload | padding
 *
 * in one piece, no fragment, nothing cut off, TCP with no options or with time stamps alone, UDP to
 * no port of a tunnel. Of all others it says so and leaves the packet as it was: the way through
 * layers and tunnels (decap.h) is then the one to take, and gives the same answer for these too.
 */
#ifndef WEIR_PLAIN_FRAME_H
#define WEIR_PLAIN_FRAME_H

#include "dataplane/port/decap.h"

/* p, cleared, and domain as decap_frame has them. True: the frame was plain and p is filled. */
bool plain_frame_parse(struct packet *p, uint16_t domain, const struct decap_options *o,
		       const uint8_t *data, uint32_t len);

#endif
