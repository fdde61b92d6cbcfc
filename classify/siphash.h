/*
 * SipHash (Aumasson and Bernstein), the keyed hash behind every table an attacker can aim at:
 * SipHash-1-3 with 64 bits for tables, SipHash-2-4 with 128 bits for identifiers.
 *
 * A seed mixed into a CRC does not help: collisions found under one seed hold under all. A live
 * run draws its key from the kernel; a replay uses a fixed one, so that runs can be compared.
 */
#ifndef WEIR_SIPHASH_H
#define WEIR_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0, k1;
};

uint64_t siphash13(const struct siphash_key *key, const void *data, size_t len);

/* out is the reference implementation's 16 bytes. */
void siphash24_128(const struct siphash_key *key, const void *data, size_t len, uint8_t out[16]);

#endif
