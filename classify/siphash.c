#include "classify/siphash.h"

#include <string.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotl(uint64_t x, unsigned b)
{
	return (x << b) | (x >> (64 - b));
}

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
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
sip_absorb(struct sip *s, const uint8_t *p, size_t len, unsigned rounds)
{
	uint64_t last = (uint64_t)len << 56;
	size_t whole = len & ~(size_t)7;
	uint64_t m;

	for (size_t i = 0; i < whole; i += 8) {
		memcpy(&m, p + i, 8);
		s->v3 ^= m;
		for (unsigned r = 0; r < rounds; r++)
			sip_round(s);
		s->v0 ^= m;
	}
	for (size_t i = whole; i < len; i++)
		last |= (uint64_t)p[i] << (8 * (i - whole));
	s->v3 ^= last;
	for (unsigned r = 0; r < rounds; r++)
		sip_round(s);
	s->v0 ^= last;
}

static inline uint64_t
sip_squeeze(struct sip *s, unsigned rounds)
{
	for (unsigned r = 0; r < rounds; r++)
		sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t
siphash13(const struct siphash_key *key, const void *data, size_t len)
{
	struct sip s = sip_init(key);

	sip_absorb(&s, data, len, 1);
	s.v2 ^= 0xff;
	return sip_squeeze(&s, 3);
}

void
siphash24_128(const struct siphash_key *key, const void *data, size_t len, uint8_t out[16])
{
	struct sip s = sip_init(key);
	uint64_t half;

	s.v1 ^= 0xee;
	sip_absorb(&s, data, len, 2);
	s.v2 ^= 0xee;
	half = sip_squeeze(&s, 4);
	memcpy(out, &half, 8);
	s.v1 ^= 0xdd;
	half = sip_squeeze(&s, 4);
	memcpy(out + 8, &half, 8);
}
