#include "dataplane/port/rss.h"

#include <string.h>

#include <rte_thash.h>

#define NR_SAMPLES 256u

void
rss_key_make(uint8_t *key, size_t len, uint16_t random)
{
	uint16_t pattern = random;

	if (__builtin_popcount(pattern) % 2 == 0)
		pattern ^= 1;
	for (size_t i = 0; i < len; i++)
		key[i] = (uint8_t)(i % 2 == 0 ? pattern >> 8 : pattern);
}

/* Words of a tuple: source and destination of nr words each, then the ports in one. */
static uint32_t
hash_of(const uint32_t *source, const uint32_t *target, unsigned nr, uint16_t source_port,
	uint16_t target_port, const uint8_t *key)
{
	uint32_t words[9];

	memcpy(words, source, nr * sizeof(*words));
	memcpy(words + nr, target, nr * sizeof(*words));
	words[2 * nr] = (uint32_t)source_port << 16 | target_port;
	return rte_softrss(words, 2 * nr + 1, key);
}

bool
rss_key_is_symmetric(const uint8_t *key, size_t len)
{
	uint32_t x = 0x77656972u, ends[2][4];

	if (len < RSS_KEY_DEFAULT)
		return false;
	for (unsigned i = 0; i < NR_SAMPLES; i++) {
		unsigned nr = i % 2 == 0 ? 1 : 4; /* IPv4, IPv6 */
		uint16_t ports[2];

		for (unsigned w = 0; w < 8; w++) {
			x = x * 1664525u + 1013904223u;
			ends[w / 4][w % 4] = x ^ x >> 15;
		}
		ports[0] = (uint16_t)(ends[0][3] >> 7);
		ports[1] = (uint16_t)(ends[1][3] >> 9);
		if (hash_of(ends[0], ends[1], nr, ports[0], ports[1], key) !=
		    hash_of(ends[1], ends[0], nr, ports[1], ports[0], key))
			return false;
	}
	return true;
}
