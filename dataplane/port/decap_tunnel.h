/*
 * The tunnels that are crossed, as decap meets them: how each header is read, and when it is none.
 *
 * GRE (RFC 2784, 2890), NVGRE (RFC 7637), ERSPAN I, II, III, VXLAN (RFC 7348), VXLAN-GPE, Geneve
 * with options (RFC 8926), IP in IP (RFC 2003), 6in4 (RFC 4213), EtherIP (RFC 3378), Teredo (RFC
 * 4380), PPTP (RFC 2637), GTP-U (3GPP TS 29.281), MPLS in IP (RFC 4023), CAPWAP data with Ethernet
 * or 802.11 inside (RFC 5415, 5416).
 *
 * A tunnel is entered only when what is inside reads as IP: a port number alone does not make one.
 * What says it is a tunnel and cannot be one (header cut off, wrong version or flags) is noted in
 * bad_tunnel; a tunnel that carries something else than IP, or control messages, is no fault.
 * CAPWAP in DTLS, and the pieces that it cuts frames into, are noted in closed_tunnel: pieces are
 * not put together.
 */
#ifndef WEIR_DECAP_TUNNEL_H
#define WEIR_DECAP_TUNNEL_H

#include "dataplane/port/cursor.h"
#include "dataplane/port/packet.h"

/* Of a tunnel over UDP that is addressed by its port. */
bool decap_tunnel_is_port(uint16_t port);

/* Can a datagram between these ports be a tunnel? */
bool decap_tunnel_may_be(uint16_t from, uint16_t to);

/*
 * c is behind an IP header of the family that says proto, over UDP behind that header too, whose
 * ports are in p. True when c has been moved to the IP header of an inner packet; p then has the
 * tunnel. Else p is what the caller may throw away, but for bad_tunnel and closed_tunnel.
 */
bool decap_tunnel_enter(struct cursor *c, uint8_t family, uint8_t proto, struct packet *p);

#endif
