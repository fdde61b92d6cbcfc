/*
 * Where a TCP connection stands: who opened it, and whether it is over (RFC 9293 section 3.3.2).
 *
 * SYN flags, not the order of arrival, decide who opened: a SYN's sender is orig, a SYN+ACK's
 * sender is resp. A flow joined midway takes the sender of its first packet as orig and says
 * midstream. A RST counts only when its sequence number can be of this connection.
 */
#ifndef WEIR_TCP_TRACK_H
#define WEIR_TCP_TRACK_H

#include "dataplane/flow/flow_table.h"

/* A SYN that opens another connection on the tuple of this flow. */
bool tcp_track_is_new(const struct flow *flow, const struct packet *p);

/* Takes the packet's flags and numbers into the flow. */
void tcp_track_update(struct flow *flow, const struct packet *p);

#endif
