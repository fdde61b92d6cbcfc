/*
 * How good the feed is: what packets tell of the mirror that they came through.
 *
 *   missing direction   one end's acknowledgements move on, and nothing of the other ever came; one
 *                       that repeats itself to an end that is gone shows no fault of the mirror
 *   duplicates          the same packet twice within FEED_COPY_US, told from a retransmission by
 *                       IPv4 id, checksum (it covers TCP's timestamps), sequence and window
 *   truncation          frames captured shorter than they were sent
 *   acked, unseen       a hole in a stream that its receiver did not have: the mirror lost it
 *   VLAN split          the two directions come in different VLANs
 *   VLAN mixed          one direction comes in several: seen before and behind a router, or two
 *                       networks with the same addresses that domains would keep apart (domains.h)
 *
 * A copy is looked for among the last packets of its direction: four of TCP, two of UDP. TCP's are
 * known by 15 bits, which is enough because only a packet that brings nothing new is looked up;
 * UDP's by 31, and only where the sender numbers its IPv4 packets. More would not fit the flow.
 * IPv6 has no id: what is sent again within one tick of TCP's timestamps is taken for a copy.
 *
 * What a flow says depends on its own packets only, so it is the same for any number of workers.
 * A port's figures are sums over the packets that came by it and the flows that began on it; a
 * connection is judged once, at its first record, and only when it had FEED_MIN_PACKETS: what
 * the edges of a capture leave of a connection says nothing. No DPDK here.
 */
#ifndef WEIR_FEED_H
#define WEIR_FEED_H

#include <stdbool.h>
#include <stdint.h>

#define FEED_MAX	 16 /* ports of a run; a replay has one feed, 0 */
#define FEED_COPY_US	 20000u
#define FEED_MIN_PACKETS 3u

/* X(member, "meaning"): names in stats, in all and, behind port_N_, of each port. */
#define FEED_COUNTERS(X)                                                                  \
	X(feed_packets, "packets of flows, second copies included")                       \
	X(feed_duplicates, "packets that the mirror sent twice")                          \
	X(feed_truncated, "packets captured shorter than sent")                           \
	X(feed_tcp_flows, "TCP connections that were judged for missing directions")      \
	X(feed_src_only, "of these, only who opened was seen, though the other answered") \
	X(feed_dst_only, "of these, only who answered was seen")                          \
	X(feed_tcp_bytes, "payload of TCP, as sent")                                      \
	X(feed_acked_unseen_bytes,                                                        \
	  "TCP stream bytes that the receiver had and the mirror did not")                \
	X(feed_two_way_flows, "flows of which both directions were seen")                 \
	X(feed_vlan_split, "of these, in another VLAN each way")                          \
	X(feed_vlan_mixed, "of these, in more than one VLAN one way")

struct feed_counters {
#define FEED_COUNTER_MEMBER(member, meaning) uint64_t member;
	FEED_COUNTERS(FEED_COUNTER_MEMBER)
#undef FEED_COUNTER_MEMBER
};

/* Public only because struct flow embeds one. All zero is a valid start. */
struct feed_flow {
	uint64_t unseen_bytes; /* acknowledged and never seen, since the last record */
	uint32_t truncated;    /* packets, since the last record */
	bool vlan_mixed;       /* a direction came in several VLANs */
};

struct flow;
struct flow_head;
struct flow_side;
struct packet;

/* Which VLANs it came in, as struct flow_side keeps them; never 0. */
#define FEED_NO_VLANS 1u
uint16_t feed_vlans(const struct packet *p);

/* Notes them for the side that sent it; feed_packet does as well. */
void feed_note_vlans(struct flow *flow, struct flow_side *side, const struct packet *p);

/* Does it come so soon after the last packet that it may be a copy? */
bool feed_is_soon(const struct flow_head *head, const struct packet *p);

/*
 * Of each packet, before the flow's own counters. Returns whether the packet comes so soon after
 * another of its flow that it may be a copy.
 */
bool feed_packet(struct flow *flow, const struct packet *p, struct feed_counters *c);

/*
 * Before TCP state takes up a segment that carries no data: does it repeat what was said?
 * And before it counts an acknowledgement of a direction that is not in the feed.
 */
bool feed_tcp_repeats(const struct flow *flow, const struct packet *p);
void feed_tcp_ack(struct flow *flow, const struct packet *p);

/* nothing_new: the segment repeats what was delivered or said. Counts it if it is a copy. */
void feed_tcp(struct flow *flow, const struct packet *p, bool nothing_new, struct feed_counters *c);
/* The part of it that knows copies; side is the one that sent it. */
void feed_remember(struct flow *flow, struct flow_side *side, const struct packet *p,
		   bool nothing_new, struct feed_counters *c);
void feed_datagram(struct flow *flow, const struct packet *p, bool soon, struct feed_counters *c);

/* gap bytes just before the side's next_seq were given up. */
void feed_gap(struct flow *flow, unsigned side, uint64_t gap, struct feed_counters *c);

/* At the flow's first record. */
void feed_judge(const struct flow *flow, struct feed_counters *c);

/* The side of a TCP connection of which nothing came though it spoke; -1 when there is none. */
int feed_missing_side(const struct flow *flow);

/* Both sides were seen, each in other VLANs. */
bool feed_is_vlan_split(const struct flow *flow);

void feed_counters_add(struct feed_counters *sum, const struct feed_counters *from);

#endif
