#include "dataplane/flow/flow_hash.h"

#include <string.h>
#ifdef __x86_64__
#include <wmmintrin.h>
#endif

#include <nettle/aes.h>

#ifdef __x86_64__

#define WITH_AES __attribute__((target("aes,sse2")))

static bool
cpu_has_aes(void)
{
	return __builtin_cpu_supports("aes");
}

/* In registers, for all packets of a burst. */
struct round_keys {
	__m128i key[FLOW_HASH_ROUNDS + 1];
};

WITH_AES static inline __m128i
encrypt(const struct round_keys *k, __m128i block)
{
	block = _mm_xor_si128(block, k->key[0]);
	for (unsigned r = 1; r < FLOW_HASH_ROUNDS; r++)
		block = _mm_aesenc_si128(block, k->key[r]);
	return _mm_aesenclast_si128(block, k->key[FLOW_HASH_ROUNDS]);
}

/*
 * Blocks, in eighths of a key: the last is ports, protocol, family and domain.
 *
 *   IPv4  first four bytes of either address | last
 *   IPv6  address 0, 1st half | last;  2nd half | address 1, 1st half;  2nd half | 0
 */
WITH_AES static inline uint64_t
aes_hash(const struct round_keys *keys, const struct flow_key *key)
{
	const uint8_t *k = (const uint8_t *)key;
	__m128i last = _mm_loadl_epi64((const __m128i *)(const void *)(k + 32));
	__m128i block, other;

	if (key->family == 4) {
		block = _mm_loadu_si32(key->addr[0]);
		block = _mm_unpacklo_epi32(block, _mm_loadu_si32(key->addr[1]));
		return (uint64_t)_mm_cvtsi128_si64(encrypt(keys, _mm_unpacklo_epi64(block, last)));
	}
	block = _mm_loadl_epi64((const __m128i *)(const void *)k);
	block = encrypt(keys, _mm_unpacklo_epi64(block, last));
	other = _mm_loadu_si128((const __m128i *)(const void *)(k + 8));
	block = encrypt(keys, _mm_xor_si128(block, other));
	other = _mm_loadl_epi64((const __m128i *)(const void *)(k + 24));
	return (uint64_t)_mm_cvtsi128_si64(encrypt(keys, _mm_xor_si128(block, other)));
}

WITH_AES static void
aes_hash_packets(const struct flow_hash *h, struct packet *const *packets, unsigned nr)
{
	struct round_keys keys;

	memcpy(keys.key, h->round_key, sizeof(keys.key));
	for (unsigned i = 0; i < nr; i++)
		packets[i]->hash = aes_hash(&keys, &packets[i]->key);
}

#else

static bool
cpu_has_aes(void)
{
	return false;
}

static void
aes_hash_packets(const struct flow_hash *h, struct packet *const *packets, unsigned nr)
{
	(void)h;
	(void)packets;
	(void)nr;
}

#endif

void
flow_hash_init(struct flow_hash *h, const struct siphash_key *secret, bool may_aes)
{
	struct aes128_ctx aes;
	uint8_t key[AES128_KEY_SIZE];

	_Static_assert(sizeof(aes.keys) == sizeof(h->round_key), "round keys as FIPS 197 has them");
	h->secret = *secret;
	h->has_aes = may_aes && cpu_has_aes();
	/* A key of its own: the secret has other uses. */
	siphash24_128(secret, "flow_hash", 9, key);
	aes128_set_encrypt_key(&aes, key);
	memcpy(h->round_key, aes.keys, sizeof(h->round_key));
}

void
flow_hash_packets(const struct flow_hash *h, struct packet *const *packets, unsigned nr)
{
	if (h->has_aes) {
		aes_hash_packets(h, packets, nr);
		return;
	}
	for (unsigned i = 0; i < nr; i++)
		packets[i]->hash = flow_key_hash(&packets[i]->key, &h->secret);
}
