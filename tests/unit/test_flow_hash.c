/*
 * The hash that the processor's instructions give is AES as Nettle computes it, block by block; and
 * without them it is SipHash. What it depends on is the whole key and nothing else.
 */
#include "tests/support/unit.h"

#include <nettle/aes.h>

#include "dataplane/flow/flow_hash.h"

static const struct siphash_key secret = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

static uint64_t
hash_of(const struct flow_hash *h, const struct flow_key *key)
{
	struct packet p = { .key = *key };
	struct packet *one = &p;

	flow_hash_packets(h, &one, 1);
	return p.hash;
}

static struct flow_key
key_of(uint8_t family, unsigned seed)
{
	struct flow_key k;
	uint8_t a[2][16] = { 0 };

	for (unsigned i = 0; i < 32; i++)
		a[i / 16][i % 16] = (uint8_t)(seed * 31 + i * 7);
	flow_key_make(&k, family, IP_PROTO_TCP, (uint16_t)seed, a[0], a[1],
		      (uint16_t)(40000 + seed), 443);
	return k;
}

/* As flow_hash.c says, in other words. */
static uint64_t
expected(const struct flow_key *key)
{
	uint8_t bytes[40], blocks[3][16] = { 0 }, mac[16] = { 0 }, aes_key[16];
	struct aes128_ctx aes;
	uint64_t hash;

	memcpy(bytes, key, 40);
	memcpy(blocks[0] + 8, bytes + 32, 8);
	if (key->family == 4) {
		memcpy(blocks[0], bytes, 4);
		memcpy(blocks[0] + 4, bytes + 16, 4);
	} else {
		memcpy(blocks[0], bytes, 8);
		memcpy(blocks[1], bytes + 8, 16);
		memcpy(blocks[2], bytes + 24, 8);
	}
	siphash24_128(&secret, "flow_hash", 9, aes_key);
	aes128_set_encrypt_key(&aes, aes_key);
	for (unsigned b = 0; b < (key->family == 4 ? 1 : 3); b++) {
		for (unsigned i = 0; i < 16; i++)
			mac[i] ^= blocks[b][i];
		aes128_encrypt(&aes, 16, mac, mac);
	}
	memcpy(&hash, mac, 8);
	return hash;
}

static void
test_aes(void **state)
{
	struct flow_hash h;

	(void)state;
	flow_hash_init(&h, &secret, true);
	if (!h.has_aes)
		skip(); /* a processor without AES */
	for (unsigned i = 0; i < 1000; i++) {
		struct flow_key k = key_of(i % 2 == 0 ? 4 : 6, i);

		assert_true(hash_of(&h, &k) == expected(&k));
	}
}

static void
test_without_aes(void **state)
{
	struct flow_hash h;

	(void)state;
	flow_hash_init(&h, &secret, false);
	assert_false(h.has_aes);
	for (unsigned i = 0; i < 100; i++) {
		struct flow_key k = key_of(i % 2 == 0 ? 4 : 6, i);

		assert_true(hash_of(&h, &k) == flow_key_hash(&k, &secret));
	}
}

/* Any bit of the key that a packet can set changes it, either way. */
static void
test_every_bit(void **state)
{
	(void)state;
	for (unsigned may_aes = 0; may_aes < 2; may_aes++) {
		struct flow_hash h;

		flow_hash_init(&h, &secret, may_aes != 0);
		for (unsigned family = 4; family <= 6; family += 2) {
			struct flow_key k = key_of((uint8_t)family, 1), other;
			size_t addr_bits = family == 4 ? 32 : 128;

			for (size_t bit = 0; bit < sizeof(k) * 8; bit++) {
				if (bit < 256 && bit % 128 >= addr_bits)
					continue;
				if (bit / 8 == offsetof(struct flow_key, family))
					continue;
				other = k;
				((uint8_t *)&other)[bit / 8] ^= (uint8_t)(1u << bit % 8);
				assert_true(hash_of(&h, &k) != hash_of(&h, &other));
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aes),
		cmocka_unit_test(test_without_aes),
		cmocka_unit_test(test_every_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
