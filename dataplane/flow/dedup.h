/*
 * The mirror's second copy: a port that mirrors both directions, or two mirrored ports on the path
 * of a packet, show the same packet twice.
 *
 * A copy has the same innermost packet: addresses, IPv4 id, transport header and payload. TTL and
 * checksums may differ between copies and are left out. A TCP retransmission is not a copy: its
 * IPv4 id or its timestamp option differs, or it comes later than the window. Judged by the
 * flow's owner with a table of the last packets' digests in sets of eight, two cache lines each, so
 * that its memory is fixed: 131,072 of them, which is 100 ms of 1.3 million packets a second. A
 * newcomer takes the place of the oldest of its set; one that was still within the window is
 * counted, because its copy would be let through. It never goes the other way round.
 *
 * none       every frame counts
 * same_vlan  copies with the same VLAN ids
 * collapse   copies whatever their VLAN ids and tunnels: mirrors on both sides of a router
 *
 * Each port has its own policy, or the one for all. It is that of the later copy; as VLAN ids
 * count under one policy and not under another, copies of ports with different policies are not
 * found. The default is none: to reassembly a copy is a retransmission and changes nothing, and the
 * flow says how many there were (feed.h), while two packets that are alike without being copies, as
 * of a protocol that says the same thing twice within 20 ms without numbering it, would be
 * thrown away unasked.
 */
#ifndef WEIR_DEDUP_H
#define WEIR_DEDUP_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/flow/feed.h"
#include "dataplane/port/packet.h"

enum dedup_policy { DEDUP_NONE, DEDUP_SAME_VLAN, DEDUP_COLLAPSE };

struct dedup_config {
	uint8_t policy[FEED_MAX]; /* enum dedup_policy, by port */
	uint64_t window_us;
};

struct dedup;

/* 0 or -ENOMEM; *out is NULL when all are DEDUP_NONE, which every function accepts. */
int dedup_create(const struct dedup_config *config, const struct siphash_key *secret,
		 struct dedup **out);
void dedup_destroy(struct dedup *d);

/* transport: the bytes from the transport header on, as far as captured. */
bool dedup_is_copy(struct dedup *d, const struct packet *p, const uint8_t *transport, size_t len);

/* Digests that made room within their window. */
uint64_t dedup_nr_displaced(const struct dedup *d);

#endif
