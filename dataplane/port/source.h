/*
 * Where a worker's frames come from: one queue of an Ethernet device, or a capture file.
 *
 * A source is polled by one worker only. It fills the packet in each mbuf's private area with
 * what only the source knows: packet time, the input clock, the length on the wire.
 */
#ifndef WEIR_SOURCE_H
#define WEIR_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "dataplane/port/link.h"
#include "dataplane/port/packet.h"

struct source {
	/*
	 * Up to nr frames; the mbufs are given to the caller. 0 is "nothing now", unless ended is
	 * set. now_us is the worker's clock, for sources that have none of their own.
	 */
	uint16_t (*rx)(struct source *s, struct rte_mbuf **pkts, uint16_t nr, uint64_t now_us);
	enum link_type link; /* of the frames that rx is reading now */
	uint16_t domain;
	uint8_t feed;	 /* place of the port in the configuration, from 0 */
	const char *tap; /* name for records; NULL for none */
	bool ended;	 /* nothing more will come */
	bool live;	 /* frames come by themselves: they cannot wait */
	/* Frames, and their bytes, that the port's filter refused in the last call of rx. */
	uint32_t nr_filtered;
	uint64_t filtered_bytes;
	void *state; /* the implementation's */
};

static inline struct packet *
packet_of(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

/* The mbuf that the packet lies in. */
static inline struct rte_mbuf *
mbuf_of(struct packet *p)
{
	return (struct rte_mbuf *)(void *)((uint8_t *)p - sizeof(struct rte_mbuf));
}

#endif
