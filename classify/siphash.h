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

/* The state, public only for siphash13_pair. */
struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
sip_rotl(uint64_t x, unsigned b)
{
	return (x << b) | (x >> (64 - b));
}

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = sip_rotl(s->v1, 13) ^ s->v0;
	s->v0 = sip_rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = sip_rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = sip_rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = sip_rotl(s->v1, 17) ^ s->v2;
	s->v2 = sip_rotl(s->v2, 32);
}

static inline struct sip
sip_init(const struct siphash_key *key)
{
	return (struct sip) {
		key->k0 ^ 0x736f6d6570736575u,
		key->k1 ^ 0x646f72616e646f6du,
		key->k0 ^ 0x6c7967656e657261u,
		key->k1 ^ 0x7465646279746573u,
	};
}

static inline void
sip_absorb_word(struct sip *s, uint64_t m, unsigned rounds)
{
	s->v3 ^= m;
	for (unsigned r = 0; r < rounds; r++)
		sip_round(s);
	s->v0 ^= m;
}

static inline uint64_t
sip_squeeze(struct sip *s, unsigned rounds)
{
	for (unsigned r = 0; r < rounds; r++)
		sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* siphash13 of the sixteen bytes that a and b are on a little-endian machine: of every packet. */
static inline uint64_t
siphash13_pair(const struct siphash_key *key, uint64_t a, uint64_t b)
{
	struct sip s = sip_init(key);

	sip_absorb_word(&s, a, 1);
	sip_absorb_word(&s, b, 1);
	sip_absorb_word(&s, (uint64_t)16 << 56, 1);
	s.v2 ^= 0xff;
	return sip_squeeze(&s, 3);
}

#endif
