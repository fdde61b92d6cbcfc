#include "tests/support/unit.h"

#include "classify/siphash.h"

/* The reference implementation's vectors: key 00..0f, message 00, 01, ... of growing length. */
static void
test_siphash_128_vectors(void **state)
{
	static const struct {
		size_t len;
		uint8_t want[16];
	} cases[] = {
		{ 0,
		  { 0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7,
		    0x55, 0x02, 0x93 } },
		{ 1,
		  { 0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b,
		    0x22, 0xfc, 0x45 } },
	};
	const struct siphash_key key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
	const uint8_t message[] = { 0, 1, 2 };
	uint8_t got[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		siphash24_128(&key, message, cases[i].len, got);
		assert_memory_equal(got, cases[i].want, 16);
	}
}

/* Every bit of key and message counts. */
static void
test_siphash13_depends_on_all(void **state)
{
	struct siphash_key key = { 1, 2 };
	uint8_t message[40] = { 0 };
	uint64_t before;

	(void)state;
	before = siphash13(&key, message, sizeof(message));
	for (size_t i = 0; i < sizeof(message); i++) {
		message[i] ^= 1;
		assert_true(siphash13(&key, message, sizeof(message)) != before);
		message[i] ^= 1;
	}
	assert_true(siphash13(&key, message, sizeof(message) - 1) != before);
	key.k1 ^= 1u << 31;
	assert_true(siphash13(&key, message, sizeof(message)) != before);
}

/* Sixteen bytes, or the two words that they are. */
static void
test_siphash13_pair(void **state)
{
	const struct siphash_key key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
	uint64_t words[2] = { 0x1122334455667788u, 0 };

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		words[1] = (uint64_t)1 << i;
		assert_true(siphash13_pair(&key, words[0], words[1]) ==
			    siphash13(&key, words, sizeof(words)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_128_vectors),
		cmocka_unit_test(test_siphash13_depends_on_all),
		cmocka_unit_test(test_siphash13_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
