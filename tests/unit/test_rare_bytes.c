/* The next of a few bytes: as a loop finds it, by each path, and without a look past the end. */
#include "tests/support/unit.h"

#include <stdlib.h>

#include "classify/detect/rare_bytes.h"

static size_t
next_by_loop(const struct rare_bytes *r, const uint8_t *p, size_t at, size_t len)
{
	while (at < len && memchr(r->byte, p[at], r->nr) == NULL)
		at++;
	return at;
}

static void
test_a_few_fit(void **state)
{
	struct rare_bytes r = { 0 };

	(void)state;
	assert_int_equal(rare_bytes_next(&r, (const uint8_t *)"", 0, 1), 1);
	for (unsigned i = 0; i < RARE_BYTES_MAX; i++)
		assert_true(rare_bytes_add(&r, (uint8_t)('a' + i)));
	assert_false(rare_bytes_add(&r, 'z'));
	assert_true(rare_bytes_add(&r, 'b'));
	assert_int_equal(r.nr, RARE_BYTES_MAX);
}

static void
test_as_a_loop_does(void **state)
{
	uint64_t random = 3;

	(void)state;
	for (unsigned run = 0; run < 4000; run++) {
		struct rare_bytes r = { .simd = (enum simd)(run % 3) };
		size_t len = (size_t)(test_random(&random) % 200), at = 0;
		unsigned values = run % 2 == 0 ? 256 : 12;
		uint8_t *text = malloc(len + 1); /* a byte too far is seen by the sanitizer */

		if (r.simd > simd_best())
			r.simd = SIMD_PLAIN;
		assert_non_null(text);
		for (size_t i = 0; i < len; i++)
			text[i + 1] = (uint8_t)(test_random(&random) % values);
		for (unsigned i = 0; i <= run % RARE_BYTES_MAX; i++)
			rare_bytes_add(&r, (uint8_t)(test_random(&random) % values));
		for (; at <= len; at++) {
			size_t next = rare_bytes_next(&r, text + 1, at, len);

			assert_int_equal(next, next_by_loop(&r, text + 1, at, len));
			at = next;
		}
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_few_fit),
		cmocka_unit_test(test_as_a_loop_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
