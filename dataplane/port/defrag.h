/*
 * IPv4 and IPv6 fragments put together (RFC 791 section 3.2, RFC 8200 section 4.5).
 *
 * A fragment that lies wholly inside one already held is ignored; any other overlap drops the
 * whole datagram, because what the receiver would make of it cannot be known. This is what Linux
 * does for both families, measured on 6.18 by tests/e2e/test_overlap_live.py; RFC 5722 asks for it
 * in IPv6, where it would drop the datagram for the fragment that is ignored too. A datagram that
 * is not complete after timeout_us of packet time, or when it is the oldest and its place is
 * needed, is dropped. Each drop is counted in frames by its reason, so that the ledger closes.
 *
 * One per worker; the worker sees every fragment of a datagram. Not thread-safe, no DPDK.
 */
#ifndef WEIR_DEFRAG_H
#define WEIR_DEFRAG_H

#include <stdint.h>

#include "dataplane/port/packet.h"

struct defrag;

enum defrag_result {
	DEFRAG_HELD,
	DEFRAG_COMPLETE,
	DEFRAG_DROPPED, /* the fragment, and what was held of its datagram; see the counters */
};

/* In frames. */
struct defrag_counters {
	uint64_t held; /* now */
	uint64_t drop_overlap;
	uint64_t drop_timeout;
	uint64_t drop_limit;	 /* the oldest datagram made room for a new one */
	uint64_t drop_malformed; /* beyond 64 KiB, not a multiple of 8, too many pieces, snapped */
};

/* A datagram that has become complete: valid until the next call. */
struct datagram {
	const uint8_t *data; /* IP header with the fragment fields cleared, then the payload */
	uint32_t len;
	uint32_t nr_frames;
	uint32_t wire_bytes;	    /* of all its frames */
	const struct packet *first; /* what was known of the frame that came first */
};

/* 0 or -ENOMEM. */
int defrag_create(uint32_t max_datagrams, uint64_t timeout_us, const struct siphash_key *secret,
		  struct defrag **out);
void defrag_destroy(struct defrag *d);

/*
 * Offers the fragment that decap described in p. frame points at the frame's captured bytes,
 * contiguous.
 */
enum defrag_result defrag_push(struct defrag *d, const struct packet *p, const uint8_t *frame,
			       struct datagram *out);

/* Drops what is older than the timeout at now_us of packet time. */
void defrag_advance(struct defrag *d, uint64_t now_us);

/* Drops everything; counted as timed out. */
void defrag_flush(struct defrag *d);

const struct defrag_counters *defrag_counters(const struct defrag *d);

#endif
