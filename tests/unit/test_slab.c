#include <string.h>

#include "classify/slab.h"
#include "tests/support/unit.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

enum { NR = 5, BYTES = 40 };

static void
test_take_and_give(void **state)
{
	uint8_t *objects[NR];
	struct slab s;

	(void)state;
	assert_int_equal(slab_init(&s, NR, BYTES), 0);
	assert_int_equal(slab_bytes(&s), NR * 48);
	for (unsigned turn = 0; turn < 2; turn++) {
		for (unsigned i = 0; i < NR; i++) {
			objects[i] = slab_take(&s);
			assert_non_null(objects[i]);
			assert_int_equal((uintptr_t)objects[i] % 16, 0);
			memset(objects[i], (int)i + 1, BYTES);
		}
		assert_null(slab_take(&s));
		assert_int_equal(s.refused, turn + 1);
		for (unsigned i = 0; i < NR; i++) {
			for (unsigned at = 0; at < BYTES; at++)
				assert_int_equal(objects[i][at], i + 1);
			slab_give(&s, objects[i]);
		}
		assert_int_equal(s.nr_taken, 0);
		assert_int_equal(s.most_taken, NR);
	}
	slab_give(&s, NULL);
	slab_fini(&s);
}

static void
test_of_none(void **state)
{
	struct slab s;

	(void)state;
	assert_int_equal(slab_init(&s, 0, BYTES), 0);
	assert_null(slab_take(&s));
	slab_fini(&s);
	assert_int_not_equal(slab_init(&s, UINT32_MAX, SIZE_MAX / 4), 0);
}

static void
test_given_is_out_of_bounds(void **state)
{
#ifdef __SANITIZE_ADDRESS__
	struct slab s;
	uint8_t *object;

	assert_int_equal(slab_init(&s, NR, BYTES), 0);
	object = slab_take(&s);
	assert_int_equal(object[0], 0xa5);
	slab_give(&s, object);
	assert_true(__asan_address_is_poisoned(object + BYTES - 1));
	assert_ptr_equal(slab_take(&s), object);
	assert_false(__asan_address_is_poisoned(object + BYTES - 1));
	slab_fini(&s);
#else
	skip();
#endif
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_and_give),
		cmocka_unit_test(test_of_none),
		cmocka_unit_test(test_given_is_out_of_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
