/*
 * reasm against a flat array: random segments of a stream, in random order, repeated, overlapping,
 * some lost. Whatever happens, what is delivered plus the gaps told must be the stream, and it
 * must come in order.
 */
#include "tests/support/unit.h"

#include "dataplane/flow/reasm.h"
#include "tests/support/guard.h"

struct sink {
	uint8_t bytes[1 << 16];
	uint32_t at; /* stream position, gaps included */
	uint64_t gaps;
	uint8_t seen[1 << 16];
};

static void
collect(void *arg, const uint8_t *data, uint32_t len, uint64_t gap)
{
	struct sink *s = arg;

	s->at += (uint32_t)gap;
	s->gaps += gap;
	assert_true(len <= sizeof(s->bytes) - s->at);
	if (len != 0) {
		memcpy(s->bytes + s->at, data, len);
		memset(s->seen + s->at, 1, len);
	}
	s->at += len;
}

static const struct reasm_limits limits = { .max_held_bytes = 1 << 18,
					    .max_held_segments = 1024,
					    .gap_timeout_us = 2000000 };

static void
push(struct reasm *r, struct reasm_pool *pool, uint32_t seq, const char *text, struct sink *s)
{
	reasm_push(r, pool, 1000, seq, guard_copy(text, strlen(text)), (uint32_t)strlen(text),
		   collect, s);
}

/* Chunks as (start, text) in the order sent; the hole at 0 is filled last. */
static const struct {
	const char *name;
	struct {
		uint32_t at;
		const char *text;
	} held[3];
	const char *want; /* what a Linux socket reads */
	bool differs;
} overlap_cases[] = {
	{ "apart", { { 1, "bb" }, { 3, "cc" } }, "abbcc", false },
	{ "inside: the held one stays", { { 1, "bbbb" }, { 2, "xx" } }, "abbbb", true },
	{ "covering: the new one replaces", { { 2, "bb" }, { 1, "xxxx" } }, "axxxx", true },
	{ "equal: the held one stays", { { 1, "bbb" }, { 1, "xxx" } }, "abbb", true },
	{ "tail overlaps: earlier start wins", { { 1, "bbb" }, { 3, "xxx" } }, "abbbxx", true },
	{ "head overlaps: earlier start wins", { { 3, "bbb" }, { 1, "xxx" } }, "axxxbb", true },
	{ "equal bytes do not differ", { { 1, "bbb" }, { 2, "bbb" } }, "abbbb", false },
};

static void
test_overlaps_as_linux(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(overlap_cases); i++) {
		static struct sink s;
		struct reasm r = { 0 };
		struct reasm_pool pool;

		print_message("%s\n", overlap_cases[i].name);
		memset(&s, 0, sizeof(s));
		assert_int_equal(reasm_pool_init(&pool, &limits, 1 << 20, 4), 0);
		reasm_start(&r, 100);
		for (size_t k = 0; k < 3 && overlap_cases[i].held[k].text != NULL; k++)
			push(&r, &pool, 100 + overlap_cases[i].held[k].at,
			     overlap_cases[i].held[k].text, &s);
		assert_int_equal(s.at, 0);
		push(&r, &pool, 100, "a", &s);
		assert_int_equal(s.at, strlen(overlap_cases[i].want));
		assert_memory_equal(s.bytes, overlap_cases[i].want, s.at);
		assert_int_equal(reasm_more(&r, &pool)->overlap_differs, overlap_cases[i].differs);
		assert_int_equal(pool.segs.nr_taken, 0);
		assert_int_equal(pool.chunks.nr_taken, 0);
		reasm_pool_fini(&pool);
	}
}

static void
test_gap_by_ack_time_and_end(void **state)
{
	static struct sink s;
	struct reasm r = { 0 };
	struct reasm_pool pool;

	(void)state;
	memset(&s, 0, sizeof(s));
	assert_int_equal(reasm_pool_init(&pool, &limits, 1 << 20, 4), 0);
	reasm_start(&r, 0);
	push(&r, &pool, 10, "later", &s);
	reasm_acked(&r, &pool, 1000, 15, collect, &s);
	assert_int_equal(s.at, 0); /* may only have been swapped on the way */
	reasm_acked(&r, &pool, 1000 + REASM_REORDER_US, 5, collect, &s);
	assert_int_equal(s.at, 0); /* what is behind the hole is not acknowledged */
	reasm_acked(&r, &pool, 1000 + REASM_REORDER_US, 15, collect, &s);
	assert_int_equal(s.at, 15);
	assert_int_equal(reasm_more(&r, &pool)->missed_bytes, 10);

	push(&r, &pool, 20, "again", &s);
	reasm_push(&r, &pool, 1000 + limits.gap_timeout_us + 1, 25, (const uint8_t *)"x", 1,
		   collect, &s);
	assert_int_equal(s.at, 26);
	assert_int_equal(reasm_more(&r, &pool)->missed_bytes, 15);

	reasm_finish(&r, &pool, true, 30, collect, &s);
	assert_int_equal(reasm_more(&r, &pool)->missed_bytes, 19); /* acknowledged, never seen */
	assert_int_equal(s.at, 30);
	reasm_pool_fini(&pool);
}

static void
test_pool_empty_gives_up_own_hole(void **state)
{
	static struct sink s;
	struct reasm_limits tight = limits;
	struct reasm r = { 0 };
	struct reasm_pool pool;

	(void)state;
	memset(&s, 0, sizeof(s));
	tight.max_held_segments = 2;
	assert_int_equal(reasm_pool_init(&pool, &tight, 1 << 20, 4), 0);
	reasm_start(&r, 0);
	push(&r, &pool, 2, "b", &s);
	push(&r, &pool, 4, "d", &s);
	assert_int_equal(s.at, 0);
	push(&r, &pool, 6, "f", &s); /* the third finds no room */
	assert_true(s.at >= 3);
	reasm_finish(&r, &pool, false, 0, collect, &s);
	assert_int_equal(s.at, 7);
	assert_int_equal(s.bytes[2], 'b');
	assert_int_equal(s.bytes[4], 'd');
	assert_int_equal(s.bytes[6], 'f');
	assert_int_equal(reasm_more(&r, &pool)->missed_bytes, 4);
	assert_int_equal(reasm_more(&r, &pool)->limited, 1);
	assert_int_equal(pool.segs.nr_taken, 0);
	reasm_pool_fini(&pool);
}

/* What only some directions have is taken when it is needed and given back. */
static void
test_more_comes_and_goes(void **state)
{
	static struct sink s;
	struct reasm a = { 0 }, b = { 0 };
	struct reasm_pool pool;

	(void)state;
	memset(&s, 0, sizeof(s));
	assert_int_equal(reasm_pool_init(&pool, &limits, 1 << 20, 1), 0);
	push(&a, &pool, 0, "in order", &s);
	push(&a, &pool, 8, "and on", &s);
	assert_int_equal(pool.mores.nr_taken, 0);
	push(&a, &pool, 8, "and on", &s);
	assert_int_equal(reasm_more(&a, &pool)->retransmits, 1);
	assert_int_equal(pool.mores.nr_taken, 1);
	reasm_next_part(&a, &pool);
	assert_int_equal(pool.mores.nr_taken, 0);

	/* Held bytes keep it over the end of a part. */
	push(&a, &pool, 20, "later", &s);
	reasm_next_part(&a, &pool);
	assert_true(reasm_holds(&a, &pool));

	/* Another finds none left: it goes on without, over its holes. */
	memset(&s, 0, sizeof(s));
	push(&b, &pool, 0, "first", &s);
	push(&b, &pool, 10, "second", &s);
	assert_int_equal(s.at, 16);
	assert_int_equal(s.gaps, 5);
	assert_int_equal(reasm_more(&b, &pool)->missed_bytes, 0);

	reasm_fini(&a, &pool);
	reasm_fini(&b, &pool);
	assert_int_equal(pool.mores.nr_taken, 0);
	assert_int_equal(pool.segs.nr_taken, 0);
	reasm_pool_fini(&pool);
}

static void
test_model(void **state)
{
	uint64_t seed = getenv("TEST_SEED") != NULL ? strtoull(getenv("TEST_SEED"), NULL, 0) : 1;

	(void)state;
	for (unsigned run = 0; run < 400; run++) {
		static uint8_t stream[1 << 14];
		static struct sink s;
		struct reasm_limits l = limits;
		struct reasm r = { 0 };
		struct reasm_pool pool;
		uint64_t rng = seed + run;
		uint32_t base = (uint32_t)test_random(&rng); /* wraps in some runs */
		uint32_t len = 1000 + (uint32_t)(test_random(&rng) % (sizeof(stream) - 1000));

		print_message("seed %llu\n", (unsigned long long)(seed + run));
		memset(&s, 0, sizeof(s));
		l.max_held_segments = 4 + (uint32_t)(test_random(&rng) % 64);
		assert_int_equal(reasm_pool_init(&pool, &l, 1 << 18, 4), 0);
		for (uint32_t i = 0; i < len; i++)
			stream[i] = (uint8_t)test_random(&rng);
		reasm_start(&r, base);

		/* Windows of segments near the front, in random order, one in ten never sent. */
		for (uint32_t front = 0; front < len;) {
			uint32_t n = 1 + (uint32_t)(test_random(&rng) % 900);
			uint32_t back = (uint32_t)(test_random(&rng) % 3000);
			uint32_t from = front > back ? front - back : 0;

			from += (uint32_t)(test_random(&rng) % 2500);
			if (from >= len)
				from = len - 1;
			if (n > len - from)
				n = len - from;
			if (test_random(&rng) % 10 != 0)
				reasm_push(&r, &pool, 1000, base + from,
					   guard_copy(stream + from, n), n, collect, &s);
			front += (uint32_t)(test_random(&rng) % 700);
		}
		reasm_finish(&r, &pool, true, base + len, collect, &s);

		assert_int_equal(s.at, len);
		assert_int_equal(s.gaps, reasm_more(&r, &pool)->missed_bytes);
		assert_false(reasm_more(&r, &pool)->overlap_differs);
		for (uint32_t i = 0; i < len; i++) {
			if (s.seen[i])
				assert_int_equal(s.bytes[i], stream[i]);
		}
		assert_int_equal(pool.segs.nr_taken, 0);
		assert_int_equal(pool.chunks.nr_taken, 0);
		reasm_pool_fini(&pool);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlaps_as_linux),
		cmocka_unit_test(test_gap_by_ack_time_and_end),
		cmocka_unit_test(test_pool_empty_gives_up_own_hole),
		cmocka_unit_test(test_more_comes_and_goes),
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
