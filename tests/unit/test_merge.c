#include "tests/support/unit.h"

#include "dataplane/publish/merge.h"

static void
make(struct record *r, uint64_t order, uint64_t time, uint8_t id)
{
	const uint8_t event_id[RECORD_ID_BYTES] = { id };

	record_begin(r, RECORD_FLOW, order, time, event_id);
}

static void
test_order(void **state)
{
	static const struct {
		const char *name;
		uint64_t order, time;
		uint8_t id;
	} rows[] = {
		{ "sixth: order decides", 3, 0, 0 },  { "fifth: time after order", 2, 9, 0 },
		{ "third: id after time", 2, 5, 2 },  { "first: lowest order", 1, 99, 9 },
		{ "second: id after time", 2, 5, 1 }, { "fourth: time after order", 2, 6, 0 },
	};
	static const unsigned want[] = { 3, 4, 2, 5, 1, 0 };
	static struct record r;
	struct merge m;

	(void)state;
	merge_init(&m, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		make(&r, rows[i].order, rows[i].time, rows[i].id);
		assert_int_equal(merge_push(&m, &r.head), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct record_head *h = merge_take(&m, 4, false);

		print_message("%s\n", rows[want[i]].name);
		assert_non_null(h);
		assert_int_equal(h->order_us, rows[want[i]].order);
		assert_int_equal(h->time_us, rows[want[i]].time);
		assert_int_equal(h->event_id[0], rows[want[i]].id);
		free(h);
	}
	assert_null(merge_take(&m, UINT64_MAX, true));
	assert_int_equal(m.bytes, 0);
	merge_fini(&m);
}

static void
test_watermark_holds_back(void **state)
{
	static struct record r;
	struct record_head *h;
	struct merge m;

	(void)state;
	merge_init(&m, 1 << 20);
	make(&r, 10, 10, 0);
	merge_push(&m, &r.head);
	assert_null(merge_take(&m, 10, true));
	h = merge_take(&m, 11, false);
	assert_non_null(h);
	free(h);

	/* Older than what was released: late, but not lost. */
	make(&r, 9, 9, 0);
	merge_push(&m, &r.head);
	assert_int_equal(m.stats.late, 1);
	free(merge_take(&m, 11, false));
	merge_fini(&m);
}

static void
test_too_many_are_released_early(void **state)
{
	static struct record r;
	struct record_head *h;
	struct merge m;
	unsigned nr = 0;

	(void)state;
	merge_init(&m, 10 * sizeof(struct record_head));
	for (unsigned i = 0; i < 15; i++) {
		make(&r, 100 - i, 0, 0);
		merge_push(&m, &r.head);
	}
	assert_true(merge_full(&m));
	assert_null(merge_take(&m, 0, false));
	while ((h = merge_take(&m, 0, true)) != NULL) {
		assert_int_equal(h->order_us, 86 + nr++);
		free(h);
	}
	assert_int_equal(nr, 5);
	assert_int_equal(m.stats.early, 5);
	merge_fini(&m);
}

static int
by_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return x[0] != y[0] ? (x[0] < y[0] ? -1 : 1) : x[1] < y[1] ? -1 : x[1] > y[1];
}

/* Against a sorted array, with a watermark that moves at random. */
static void
test_model(void **state)
{
	enum { NR = 5000 };
	static uint64_t model[NR][2];
	static struct record r;
	uint64_t seed = 20240501, low = 0;
	struct record_head *h;
	struct merge m;
	unsigned taken = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	merge_init(&m, 64 << 20);
	for (unsigned i = 0; i < NR; i++) {
		model[i][0] = low + test_random(&seed) % 1000;
		model[i][1] = i;
		make(&r, model[i][0], i, (uint8_t)i);
		merge_push(&m, &r.head);
		if (test_random(&seed) % 4 != 0)
			continue;
		low += test_random(&seed) % 100;
		qsort(model, i + 1, sizeof(model[0]), by_order);
		while ((h = merge_take(&m, low, false)) != NULL) {
			assert_int_equal(h->order_us, model[taken][0]);
			assert_int_equal(h->time_us, model[taken][1]);
			taken++;
			free(h);
		}
		assert_true(taken == i + 1 || model[taken][0] >= low);
	}
	assert_int_equal(m.stats.late, 0);
	merge_fini(&m);
}

/* Mostly in order, as workers bring them, taken in between: never one before its turn, none lost.
 */
static void
test_mixed(void **state)
{
	static struct record r;
	uint64_t seed = 7, now = 1000, pushed = 0, taken = 0, last = 0;
	struct record_head *h;
	struct merge m;

	(void)state;
	merge_init(&m, SIZE_MAX);
	for (unsigned round = 0; round < 300; round++) {
		for (uint64_t n = test_random(&seed) % 40; n > 0; n--, pushed++) {
			uint64_t back = test_random(&seed) % 4 == 0 ? test_random(&seed) % 500 : 0;

			now += test_random(&seed) % 20;
			make(&r, now - back, now, (uint8_t)n);
			assert_int_equal(merge_push(&m, &r.head), 0);
		}
		while ((h = merge_take(&m, now - 500, false)) != NULL) {
			assert_true(h->order_us >= last && h->order_us < now - 500);
			last = h->order_us;
			free(h);
			taken++;
		}
		assert_true(m.nr + m.queue_nr == pushed - taken);
	}
	while ((h = merge_take(&m, UINT64_MAX, false)) != NULL) {
		assert_true(h->order_us >= last);
		last = h->order_us;
		free(h);
		taken++;
	}
	assert_int_equal(taken, pushed);
	assert_int_equal(m.bytes, 0);
	assert_int_equal(m.stats.late, 0);
	merge_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_watermark_holds_back),
		cmocka_unit_test(test_too_many_are_released_early),
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
