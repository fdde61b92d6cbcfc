/*
 * What is kept of a flow, and of a packet that may become one.
 *
 * Millions are open at a time, so the layout is the cost: a cache line holds what belongs together.
 *
 *   struct flow        line 0  key, times, state     a look-up and every packet
 *                      line 1  connection, lists     payload, the wheel
 *                      line 2  side 0                packets that side 0 sent, or that answer it
 *                      line 3  side 1
 *                      line 4  what few packets and the record need
 *   struct half_open   lines 0 and 1, with the packet itself in place of the connection
 *
 * What only some flows have stands elsewhere, in slabs: VLANs and tunnels (flow_path), what waits
 * for a hole and what was lost or sent twice (reasm.h). So an idle flow is 320 bytes, 16 to 32 of
 * its bucket, and 64 more where it came through a VLAN or a tunnel.
 */
#ifndef WEIR_FLOW_H
#define WEIR_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/flow/feed.h"
#include "dataplane/flow/flow_key.h"
#include "dataplane/flow/reasm.h"
#include "dataplane/port/packet.h"

struct conn;

enum flow_end {
	FLOW_END_IDLE,
	FLOW_END_FIN,
	FLOW_END_RST,
	FLOW_END_ACTIVE, /* not an end: a long flow's interim record */
	FLOW_END_EVICTED,
	FLOW_END_SHUTDOWN,
	FLOW_END_REUSED, /* the same tuple opened a new connection; told as what it had reached */
	NR_FLOW_ENDS,
};

enum tcp_state {
	TCP_STATE_NONE, /* not TCP, or only midstream packets so far */
	TCP_STATE_SYN,	/* a SYN, no answer */
	TCP_STATE_OPEN,
	TCP_STATE_CLOSED, /* both FINs, or a RST; lingers for late packets */
};

/* Where the frames came through. VLANs are gathered from all packets, the rest is the first's. */
struct flow_path {
	uint8_t tunnel_addr[2][16]; /* ends of the innermost tunnel, by the side they are on */
	uint32_t tunnel_id[PACKET_MAX_TUNNELS];
	uint8_t tunnel_type[PACKET_MAX_TUNNELS];
	uint16_t vlan[PACKET_MAX_VLANS];
	uint8_t nr_vlans, nr_tunnels, tunnel_family;
};
_Static_assert(sizeof(struct flow_path) == 64, "one line");

#define FLOW_YOUNG 3u /* a flow of fewer packets has not proved itself */

/* The first line of both kinds, and the part of the second that they share. */
struct flow_head {
	struct flow_key key;
	uint64_t last_us;	/* packet time */
	uint64_t last_order_us; /* input clock at the last packet */
	union {
		uint32_t part_tick; /* flow: of FLOW_TICK_US: when the part began, wrapping */
		uint32_t bytes;	    /* half-open: of all its packets */
	};
	union {
		uint8_t young;	 /* flow: packets it is short of having proved itself */
		uint8_t packets; /* half-open */
	};
	union {
		uint8_t end;	   /* flow: enum flow_end: how it ends if nothing more comes */
		uint8_t tcp_flags; /* half-open */
	};
	uint8_t tcp_state; /* enum tcp_state */
	uint8_t orig : 1;  /* the side that opened */
	uint8_t midstream : 1;
	uint8_t in_use : 1;
	uint8_t stray_side : 1; /* flow: whose segments were rejected in a row */
	uint8_t strays : 4;	/* how many */

	uint64_t hash;
	uint64_t first_us;
	const char *tap;	/* feed of the first packet, or NULL */
	struct flow_path *path; /* owned, from the table; NULL without VLAN and tunnel */
	uint32_t wheel_next;	/* see flow_table_state.h */
	uint32_t wheel_prev;
};
_Static_assert(offsetof(struct flow_head, hash) == 64, "one line");

/* What belongs to one end of the flow, by its side in the key. One line. */
struct flow_side {
	struct reasm reasm;
	uint64_t bytes, payload_bytes; /* since the last record, as packets */
	uint64_t recent;	       /* tags of its last packets, see feed.c */
	uint32_t packets;
	uint32_t isn;	  /* valid when syn */
	uint32_t acked;	  /* highest acknowledgement this end has sent, valid when have_ack */
	uint32_t edge;	  /* end of the window it has offered so far, valid when have_ack */
	uint32_t fin_seq; /* valid when fin: the byte after its last */
	uint32_t ts_val;  /* time stamp of its last data in order (RFC 7323), when knows_ts */
	uint16_t vlans;	  /* which its first packet came in, see feed.c; 0: not seen */
	uint8_t tcp_flags;
	uint8_t seen : 1;
	uint8_t have_ack : 1;
	uint8_t fin : 1;
	uint8_t syn : 1;
	uint8_t delivered : 1;
	uint8_t has_scale : 1; /* its SYN had one */
	uint8_t has_ts : 1;    /* its SYN had a time stamp */
	uint8_t knows_ts : 1;
	uint8_t scale : 4; /* window scale of its SYN */
	/* What usual_segment.c knows of it; the long way unsets the first of them. */
	uint8_t shift : 4; /* by how many bits the window is scaled that it offers */
	uint8_t usual : 1;
	uint8_t usual_data : 1; /* also with payload */
};
_Static_assert(sizeof(struct flow_side) == 64, "one line");

struct flow {
	struct flow_head head;
	struct conn *conn; /* application layer; owned by the conn module, NULL without */
	uint32_t first_seq;
	uint32_t part;
	uint32_t duplicates; /* since the last record */
	uint32_t stray_seq;  /* see tcp_track.c: end of the last of them */

	struct flow_side side[2];

	struct feed_flow feed;
	uint32_t rejected; /* segments that are not of the connection, since the last record */
	uint8_t feed_of;   /* the port that its first packet came by */
	bool has_mac[2];   /* by side */
	uint8_t mac[2][6];
	uint64_t part_us; /* packet time: begin of what the next record covers */
	uint8_t pad[16];
};
_Static_assert(offsetof(struct flow, side) == 128 && offsetof(struct flow, feed) == 256 &&
		   sizeof(struct flow) == 320,
	       "five lines");

/*
 * A flow of which one packet has come, and that packet had nothing to inspect: a SYN, a refusal, a
 * scan, an echo. Enough to make the flow of it when there is more, or its record when there is not.
 * The same SYN again only counts. head.orig is the side it came from.
 */
struct half_open {
	struct flow_head head;
	uint32_t seq;
	union {
		uint32_t ack;		/* TCP */
		uint32_t payload_bytes; /* others, on the wire */
	};
	uint16_t window;
	uint16_t checksum, ip_id;
	uint16_t duplicates;
	uint8_t mac[6];
	uint8_t feed;
	uint8_t scale : 4;
	uint8_t has_scale : 1;
	uint8_t has_mac : 1;
	uint8_t has_ts : 1;
};
_Static_assert(sizeof(struct half_open) == 128, "two lines");

#endif
