/*
 * The keyed hash of flow keys: where a flow stands in the table, and which worker owns it.
 *
 * Whoever sends packets must not be able to choose flows that collide, so this is a pseudorandom
 * function under a secret: AES-128 (FIPS 197) where the processor has instructions for it, else
 * SipHash-1-3 (siphash.h). Under AES an IPv4 key is one block, and an IPv6 key three in CBC-MAC.
 * No block that stands for an IPv4 key begins an IPv6 one, as the family is in the first block, so
 * CBC-MAC is as good as the cipher (Bellare, Kilian, Rogaway; prefix-free messages). All ten
 * rounds: they overlap between the packets of a burst, and fewer would need an argument of their
 * own.
 *
 * Which of the two it is changes where flows stand, and nothing that is told of them.
 */
#ifndef WEIR_FLOW_HASH_H
#define WEIR_FLOW_HASH_H

#include <stdbool.h>

#include "dataplane/port/packet.h"

#define FLOW_HASH_ROUNDS 10

struct flow_hash {
	uint8_t round_key[FLOW_HASH_ROUNDS + 1][16];
	struct siphash_key secret;
	bool has_aes;
};

/* AES is used if the processor has it and may_aes. */
void flow_hash_init(struct flow_hash *h, const struct siphash_key *secret, bool may_aes);

/* Sets the hash of each packet. */
void flow_hash_packets(const struct flow_hash *h, struct packet *const *packets, unsigned nr);

#endif
