/*
 * The segment that nearly every segment is: of a connection of which both ends have been heard,
 * without SYN, FIN and RST, that carries nothing, or the next bytes, or bytes that came before.
 * Besides it the FIN that ends a direction in order, and SYN and FIN sent again: every one that a
 * mirror doubles, or that its sender repeats.
 *
 * What the parts of the tracker would make of it one after the other (feed.h, tcp_track.h, reasm.h,
 * flow_record.h) is done here in a straight line: few comparisons say that none of their exceptions
 * applies, and then the numbers move on. Of all other segments it says so and changes nothing; the
 * long way is then the one to take, and gives the same answer for these too. What the short way
 * relies on and does not change is found out once, and kept until a segment goes the long way.
 *
 * Lives on the worker of the flow. No DPDK here.
 */
#ifndef WEIR_USUAL_SEGMENT_H
#define WEIR_USUAL_SEGMENT_H

#include "dataplane/flow/flow.h"

enum usual_segment {
	USUAL_NOT,  /* nothing has been done */
	USUAL_DONE, /* nothing new for whoever reads the stream */
	USUAL_DATA, /* the payload is what comes next; it is for the caller to deliver */
};

/* What has to be known of the worker besides. */
struct usual_limits {
	struct reasm_pool *reasm;
	uint64_t shortest_us; /* of the timeouts of flows */
	int32_t active_ticks; /* that a part certainly lasts */
	bool skip_payload;    /* nobody looks at payload */
	bool none;	      /* no segment is a usual one; for tests */
};

/*
 * Of a side that sends, s, and the other, o: may the next segment be a usual one? Then s->usual is
 * set, and need not be asked again.
 */
bool usual_segment_look(const struct flow *flow, struct flow_side *s, const struct flow_side *o,
			const struct usual_limits *limits);

/*
 * flow is the one with the packet's key, s its side that sends and is usual, o the other. VLANs are
 * the caller's to note.
 */
enum usual_segment usual_segment_take(struct flow *flow, struct flow_side *s,
				      const struct flow_side *o, const struct packet *p,
				      const struct usual_limits *limits, struct feed_counters *c);

/*
 * Likewise for a segment that carries nothing but a SYN or a FIN: the SYN has come before, the FIN
 * is the next in order or has come before. s need not be usual. True: it is dealt with, but for
 * what a FIN may end.
 */
bool usual_control_take(struct flow *flow, struct flow_side *s, const struct flow_side *o,
			const struct packet *p, const struct usual_limits *limits,
			struct feed_counters *c);

/*
 * Likewise for UDP: the next datagram of a side that has been heard, whole and with payload. True:
 * the payload is for the caller to deliver.
 */
bool usual_datagram_take(struct flow *flow, struct flow_side *s, const struct packet *p,
			 const struct usual_limits *limits, struct feed_counters *c);

/* A packet of the flow takes the long way. */
void usual_segment_other(struct flow *flow);

#endif
