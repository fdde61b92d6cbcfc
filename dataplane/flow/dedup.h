/*
 * The mirror's second copy: a port that mirrors both directions, or two mirrored ports on the path
 * of a packet, show the same packet twice.
 *
 * A copy has the same innermost packet: addresses, IPv4 id, transport header and payload. TTL and
 * checksums may differ between copies and are left out. A TCP retransmission is not a copy: its
 * IPv4 id or its timestamp option differs, or it comes later than the window. Judged by the
 * flow's owner with a table of the last packets' digests, direct-mapped, so that its memory is
 * fixed; a digest that was displaced lets a copy through, never the other way round.
 *
 * none       every frame counts (the default: nothing is thrown away unasked)
 * same_vlan  copies with the same VLAN ids
 * collapse   copies whatever their VLAN ids and tunnels: mirrors on both sides of a router
 */
#ifndef WEIR_DEDUP_H
#define WEIR_DEDUP_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/port/packet.h"

enum dedup_policy { DEDUP_NONE, DEDUP_SAME_VLAN, DEDUP_COLLAPSE };

struct dedup_config {
	enum dedup_policy policy;
	uint64_t window_us;
};

struct dedup;

/* 0 or -ENOMEM; *out is NULL for DEDUP_NONE, which every function accepts. */
int dedup_create(const struct dedup_config *config, const struct siphash_key *secret,
		 struct dedup **out);
void dedup_destroy(struct dedup *d);

/* transport: the bytes from the transport header on, as far as captured. */
bool dedup_is_copy(struct dedup *d, const struct packet *p, const uint8_t *transport, size_t len);

#endif
