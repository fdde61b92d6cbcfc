#include "classify/siphash.h"

#include <string.h>

static inline void
sip_absorb(struct sip *s, const uint8_t *p, size_t len, unsigned rounds)
{
	uint64_t last = (uint64_t)len << 56;
	size_t whole = len & ~(size_t)7;
	uint64_t m;

	for (size_t i = 0; i < whole; i += 8) {
		memcpy(&m, p + i, 8);
		sip_absorb_word(s, m, rounds);
	}
	for (size_t i = whole; i < len; i++)
		last |= (uint64_t)p[i] << (8 * (i - whole));
	sip_absorb_word(s, last, rounds);
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
