/* What is held comes out in order, and no more is taken than there is room for. */
#include "classify/proto/tls_hold.h"

#include "tests/support/unit.h"

static struct tls_hold hold;

static void
test_order(void **state)
{
	static const struct item {
		unsigned dir;
		const char *data; /* NULL: a gap */
		uint64_t len;
	} items[] = {
		{ 0, "hello", 5 }, { 1, "answer", 6 }, { 1, NULL, 5000000000u }, { 0, "", 0 },
		{ 1, "x", 1 },	   { 0, NULL, 1 },     { 0, "more", 4 },
	};
	const uint8_t *data;
	uint32_t at = 0;
	uint64_t len;
	unsigned dir;

	(void)state;
	tls_hold_init(&hold, 7);
	assert_int_equal(hold.since_us, 7);
	assert_false(tls_hold_next(&hold, &at, &dir, &data, &len));
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		const struct item *t = &items[i];

		if (t->data != NULL)
			assert_true(tls_hold_data(&hold, t->dir, (const uint8_t *)t->data, t->len));
		else
			assert_true(tls_hold_gap(&hold, t->dir, t->len));
	}
	assert_int_equal(hold.data_bytes, 16);
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		assert_true(tls_hold_next(&hold, &at, &dir, &data, &len));
		assert_int_equal(dir, items[i].dir);
		assert_int_equal(len, items[i].len);
		assert_int_equal(data == NULL, items[i].data == NULL);
		if (data != NULL)
			assert_memory_equal(data, items[i].data, len);
	}
	assert_false(tls_hold_next(&hold, &at, &dir, &data, &len));
}

static void
test_room(void **state)
{
	static uint8_t bytes[TLS_HOLD_BYTES];
	const uint8_t *data;
	uint32_t at = 0;
	uint64_t len;
	unsigned dir;

	(void)state;
	tls_hold_init(&hold, 0);
	assert_false(tls_hold_data(&hold, 0, bytes, sizeof(bytes)));
	assert_false(tls_hold_data(&hold, 0, bytes, SIZE_MAX));
	assert_true(tls_hold_data(&hold, 0, bytes, 40000));
	assert_false(tls_hold_data(&hold, 0, bytes, 40000));
	assert_true(tls_hold_data(&hold, 1, bytes, TLS_HOLD_BYTES - 40000 - 2 * 9));
	assert_false(tls_hold_data(&hold, 1, bytes, 0));
	assert_false(tls_hold_gap(&hold, 1, 1));
	assert_true(tls_hold_next(&hold, &at, &dir, &data, &len));
	assert_true(tls_hold_next(&hold, &at, &dir, &data, &len));
	assert_int_equal(at, TLS_HOLD_BYTES);
	assert_false(tls_hold_next(&hold, &at, &dir, &data, &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
