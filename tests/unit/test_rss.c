#include "tests/support/unit.h"

#include <stdbool.h>

#include <rte_thash.h>

#include "dataplane/port/rss.h"

/* Every pattern that rss_key_make can give. */
static void
test_every_key_is_symmetric(void **state)
{
	(void)state;
	for (unsigned random = 0; random <= UINT16_MAX; random += 13) {
		uint8_t key[52];

		rss_key_make(key, sizeof(key), (uint16_t)random);
		assert_true(rss_key_is_symmetric(key, sizeof(key)));
		assert_true(rss_key_is_symmetric(key, 40));
	}
}

static void
test_others_are_not(void **state)
{
	/* Microsoft's, which many drivers have by default. */
	static const uint8_t usual[40] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
		0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
		0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
	};
	uint8_t key[40];

	(void)state;
	assert_false(rss_key_is_symmetric(usual, sizeof(usual)));
	rss_key_make(key, sizeof(key), 0x6d5a);
	assert_int_equal(key[0], 0x6d);
	assert_int_equal(key[39], 0x5a);
	assert_false(rss_key_is_symmetric(key, 39));
	/* One bit of the part that ports are hashed with; and of the part that only IPv6 uses. */
	key[9] ^= 0x10;
	assert_false(rss_key_is_symmetric(key, sizeof(key)));
	key[9] ^= 0x10;
	key[30] ^= 0x01;
	assert_false(rss_key_is_symmetric(key, sizeof(key)));
}

/*
 * The pattern's weight is odd, so single flows that differ in one port only spread evenly: 65536
 * ports give each of the 65536 low words once, and so each of 128 table entries 512 times.
 */
static void
test_even_spread(void **state)
{
	static const uint16_t patterns[] = { 0x0000, 0xffff, 0x5555, 0x0001, 0x6d5a, 0xbeef };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		static unsigned entries[128];
		uint8_t key[40];

		memset(entries, 0, sizeof(entries));
		rss_key_make(key, sizeof(key), patterns[i]);
		for (unsigned port = 0; port <= UINT16_MAX; port++) {
			uint32_t tuple[3] = { 0x0a000001, 0x0a000002, port << 16 | 443 };

			entries[rte_softrss(tuple, 3, key) % 128]++;
		}
		for (unsigned e = 0; e < 128; e++)
			assert_int_equal(entries[e], 512);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_symmetric),
		cmocka_unit_test(test_others_are_not),
		cmocka_unit_test(test_even_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
