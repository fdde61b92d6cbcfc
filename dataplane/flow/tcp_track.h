/*
 * Where a TCP connection stands: who opened it, whether it is over (RFC 9293 section 3.3.2), and
 * whether a segment belongs to it at all (section 3.10.7.4, RFC 5961, RFC 7323 section 5).
 *
 * SYN flags, not the order of arrival, decide who opened: a SYN's sender is orig, a SYN+ACK's
 * sender is resp. A flow joined midway takes the sender of its first packet as orig and says
 * midstream.
 *
 * What a receiver would throw away must not reach the stream, nor end the flow: whoever can forge
 * a packet could hide the rest of a connection behind it. So segments are judged as Linux does,
 * as far as both directions are seen:
 *
 *   data, FIN  not beyond the window that the other end has offered, unless it is next in order:
 *              what follows seamlessly was let through, and the offer is what the mirror lost.
 *              Not behind a FIN.
 *   ACK        of something that can have been sent; a segment without one is nothing
 *   RST        at exactly the next number, or the one last acknowledged. Elsewhere in the window a
 *              receiver would ask back (a challenge ACK): it is kept in doubt, and is how the flow
 *              ended only if no data follows it.
 *   SYN        of an open connection means nothing by itself: it becomes a half-open entry, and
 *              ends the flow when the other end answers it
 *   timestamp  of data not older than that of the data before it, where both SYNs had one
 *
 * Of flows joined midway the window scale is not known: 8 is taken, 16 MiB at most. One-sided flows
 * have no window, and are judged by order alone.
 *
 * A mirror can lose more than a window, of both directions: then everything that follows would be
 * rejected for ever. So data that is rejected RESYNC times in a row, each segment near the one
 * before it, is believed, which costs whoever forges that many segments with nothing in between.
 *
 * Known limit: data in order beyond the window, as to a receiver that offers none, is delivered,
 * though a receiver drops it and waits for it to be sent again.
 */
#ifndef WEIR_TCP_TRACK_H
#define WEIR_TCP_TRACK_H

#include "dataplane/flow/flow.h"

/* Each but the first is also a counter. */
enum tcp_verdict {
	TCP_GOOD,
	TCP_OUT_OF_WINDOW,
	TCP_BAD_ACK,
	TCP_OLD_STAMP,
	TCP_STRAY_SYN,
	TCP_STRAY_RST,
	NR_TCP_VERDICTS,
};

/* A SYN that would open another connection on the tuple of this flow. */
bool tcp_track_is_new(const struct flow *flow, const struct packet *p);

/* May it, without having been answered? The flow is over, or nobody is seen who could answer. */
bool tcp_track_may_end(const struct flow *flow, const struct packet *p);

/* Does the segment belong to the connection? Only good ones may be given to the others. */
enum tcp_verdict tcp_track_judge(struct flow *flow, const struct packet *p);

/* Takes the packet's flags and numbers into the flow. Before its payload is put in order. */
void tcp_track_update(struct flow *flow, const struct packet *p);

/* By how many bits the window is scaled that the sender of a segment without SYN offers. */
unsigned tcp_track_scale(const struct flow_side *sender, const struct flow_side *other);

/* After it: is the flow over? Both FINs have been reached, or acknowledged. */
void tcp_track_settle(struct flow *flow);

#endif
