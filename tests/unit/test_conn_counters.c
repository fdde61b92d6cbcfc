/* conn_counters: what several environments count is added up, and all of it is told. */
#include "tests/support/unit.h"

#include "classify/conn_counters.h"
#include "dataplane/counter_info.h"

#define MEMBERS(type) (sizeof(type) / sizeof(uint64_t))
#define MAX_TOLD      1024u

/* Of the decoders not every result is told by itself. */
enum { DECODE_TOLD = 5 };

struct told {
	unsigned nr;
	const char *name[MAX_TOLD];
	uint64_t value[MAX_TOLD];
};

static void
put(void *arg, const char *name, uint64_t value)
{
	struct told *t = arg;

	assert_true(t->nr < MAX_TOLD);
	t->name[t->nr] = name;
	t->value[t->nr++] = value;
}

/* Every member another number, beginning with first. */
static struct conn_totals
numbered(uint64_t first)
{
	struct conn_totals t;
	uint64_t values[MEMBERS(t)];

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		values[i] = first + i;
	memcpy(&t, values, sizeof(t));
	return t;
}

/* A counter that is declared is told, once, and it is known what it means. */
static void
test_all_told(void **state)
{
	struct conn_totals t = numbered(1);
	static struct told told;

	(void)state;
	conn_totals_put(&t, put, &told);
	assert_int_equal(told.nr, MEMBERS(t.conn) + MEMBERS(t.scan) + DECODE_TOLD);
	for (unsigned i = 0; i < told.nr; i++) {
		assert_non_null(counter_info_find(told.name[i], COUNTER_OF_ALL));
		for (unsigned k = 0; k < i; k++) {
			assert_string_not_equal(told.name[k], told.name[i]);
			assert_int_not_equal(told.value[k], told.value[i]);
		}
	}
}

static void
test_added_up(void **state)
{
	struct conn_totals sum = { 0 }, one = numbered(1), other = numbered(1000), want;
	uint64_t values[MEMBERS(sum)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		values[i] = 1 + i + 1000 + i;
	memcpy(&want, values, sizeof(want));
	conn_totals_add(&sum, &one);
	assert_memory_equal(&sum, &one, sizeof(sum));
	conn_totals_add(&sum, &other);
	assert_memory_equal(&sum, &want, sizeof(sum));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_told),
		cmocka_unit_test(test_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
