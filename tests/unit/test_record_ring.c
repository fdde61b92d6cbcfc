#include "tests/support/unit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "dataplane/publish/record_ring.h"

#define RECORDS 200000

static void
fill(struct record *r, uint64_t i)
{
	char text[300];
	uint64_t seed = i;
	size_t len = 1 + test_random(&seed) % 250;

	memset(text, 'a' + (int)(i % 26), sizeof(text));
	record_begin(r, RECORD_FLOW, i, i * 2, NULL);
	record_put_uint(r, RF_PART, i);
	record_put_text(r, RF_TAP, text, len > 128 ? 128 : len);
}

static void
test_sizes(void **state)
{
	struct record_ring r;

	(void)state;
	assert_int_equal(record_ring_init(&r, RECORD_RING_MIN_BYTES - 1), -EINVAL);
	assert_int_equal(record_ring_init(&r, RECORD_RING_MIN_BYTES + 1), 0);
	assert_int_equal(r.mask + 1, 2 * RECORD_RING_MIN_BYTES);
	record_ring_fini(&r);
}

static void
test_full_then_room(void **state)
{
	static struct record rec;
	struct record_ring r;
	uint64_t pushed = 0, popped = 0;

	(void)state;
	assert_int_equal(record_ring_init(&r, RECORD_RING_MIN_BYTES), 0);
	assert_null(record_ring_peek(&r));
	for (int round = 0; round < 50; round++) {
		for (fill(&rec, pushed); record_ring_push(&r, &rec.head); fill(&rec, ++pushed))
			;
		assert_true(pushed - popped > 300);
		for (int i = 0; i < 137; i++) {
			const struct record_head *h = record_ring_peek(&r);

			assert_non_null(h);
			fill(&rec, popped++);
			assert_int_equal(h->len, rec.head.len);
			assert_memory_equal(h, rec.bytes, h->len);
			record_ring_pop(&r);
		}
	}
	record_ring_fini(&r);
}

/* Records as large as can be: one fits wherever the ends are. */
static void
test_largest(void **state)
{
	static struct record rec;
	struct record_ring r;

	(void)state;
	assert_int_equal(record_ring_init(&r, RECORD_RING_MIN_BYTES), 0);
	for (uint64_t i = 0; i < 200; i++) {
		record_begin(&rec, RECORD_FLOW, i, i, NULL);
		if (i % 3 != 0)
			rec.head.len = i % 3 == 1 ? RECORD_MAX_BYTES : 12345;
		assert_true(record_ring_push(&r, &rec.head));
		assert_int_equal(record_ring_peek(&r)->order_us, i);
		assert_int_equal(record_ring_peek(&r)->len, rec.head.len);
		record_ring_pop(&r);
		assert_null(record_ring_peek(&r));
	}
	record_ring_fini(&r);
}

static void *
produce(void *arg)
{
	static struct record rec;
	struct record_ring *r = arg;

	for (uint64_t i = 0; i < RECORDS; i++) {
		fill(&rec, i);
		while (!record_ring_push(r, &rec.head))
			sched_yield();
		if (i % 7 == 0)
			record_ring_set_watermark(r, i + 1);
	}
	record_ring_set_watermark(r, UINT64_MAX);
	return NULL;
}

/* Two threads: all records, in order, whole; and the watermark never promises too much. */
static void
test_two_threads(void **state)
{
	static struct record want;
	struct record_ring r;
	uint64_t next = 0, watermark = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(record_ring_init(&r, RECORD_RING_MIN_BYTES), 0);
	assert_int_equal(pthread_create(&thread, NULL, produce, &r), 0);
	while (watermark != UINT64_MAX) {
		const struct record_head *h;
		uint64_t end;

		watermark = record_ring_watermark(&r);
		end = record_ring_end(&r);
		while (!record_ring_drained(&r, end) && (h = record_ring_peek(&r)) != NULL) {
			fill(&want, next++);
			assert_int_equal(h->len, want.head.len);
			assert_memory_equal(h, want.bytes, h->len);
			record_ring_pop(&r);
		}
		if (watermark != UINT64_MAX)
			assert_true(next >= watermark);
	}
	pthread_join(thread, NULL);
	assert_int_equal(next, RECORDS);
	record_ring_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_full_then_room),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
