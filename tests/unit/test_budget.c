#include "tests/support/unit.h"

#include "dataplane/publish/budget.h"

#define S   1000000u
#define DAY (86400u * (uint64_t)S)

static void
test_unlimited(void **state)
{
	struct budget b;

	(void)state;
	budget_init(&b, &(struct budget_config) { 0 });
	for (int i = 0; i < 1000; i++)
		assert_true(budget_take(&b, RECORD_FLOW, 0, 1 << 20));
}

static void
test_records_per_second(void **state)
{
	struct budget b;

	(void)state;
	budget_init(&b, &(struct budget_config) { .records_per_s = 2 });
	assert_true(budget_take(&b, RECORD_FLOW, 5 * S, 1));
	assert_true(budget_take(&b, RECORD_FLOW, 5 * S + 1, 1));
	assert_false(budget_take(&b, RECORD_FLOW, 5 * S + 2, 1));
	assert_true(budget_take(&b, RECORD_HTTP, 5 * S + 2, 1));
	assert_false(budget_take(&b, RECORD_FLOW, 1 * S, 1)); /* time does not go back */
	assert_true(budget_take(&b, RECORD_FINDING, 5 * S, 1));
	assert_true(budget_take(&b, RECORD_FLOW, 6 * S, 1));
	assert_int_equal(b.dropped[RECORD_FLOW], 2);
}

static void
test_bytes_per_day(void **state)
{
	struct budget b;

	(void)state;
	budget_init(&b, &(struct budget_config) { .bytes_per_day = 100 });
	assert_true(budget_take(&b, RECORD_FLOW, DAY, 60));
	assert_false(budget_take(&b, RECORD_FLOW, DAY, 41));
	assert_true(budget_take(&b, RECORD_FLOW, DAY, 40));
	assert_true(budget_take(&b, RECORD_STATS, DAY, 1000));
	assert_true(budget_take(&b, RECORD_FLOW, 2 * DAY, 100));
	assert_int_equal(b.dropped[RECORD_FLOW], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unlimited),
		cmocka_unit_test(test_records_per_second),
		cmocka_unit_test(test_bytes_per_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
