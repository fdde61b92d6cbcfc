/* Records by their headers, however the stream is cut. */
#include "classify/proto/tls_records.h"

#include "tests/support/guard.h"
#include "tests/support/unit.h"

struct seen {
	unsigned nr;
	uint8_t type[8];
	uint16_t len[8];
};

static void
see(void *arg, uint8_t type, uint16_t len)
{
	struct seen *s = arg;

	assert_true(s->nr < 8);
	s->type[s->nr] = type;
	s->len[s->nr++] = len;
}

/* A ChangeCipherSpec, an empty record, 300 bytes, and the header of one more. */
static size_t
stream(uint8_t out[512])
{
	static const uint8_t heads[] = { 20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 0, 23, 3, 3, 1, 44 };
	static const uint8_t last[] = { 21, 3, 3, 0, 19 };

	memcpy(out, heads, sizeof(heads));
	memset(out + sizeof(heads), 0xee, 300);
	memcpy(out + sizeof(heads) + 300, last, sizeof(last));
	return sizeof(heads) + 300 + sizeof(last);
}

static void
check(const struct seen *s)
{
	static const uint8_t type[] = { 20, 23, 23, 21 };
	static const uint16_t len[] = { 1, 0, 300, 19 };

	assert_int_equal(s->nr, 4);
	assert_memory_equal(s->type, type, sizeof(type));
	assert_memory_equal(s->len, len, sizeof(len));
}

static void
test_splits(void **state)
{
	uint8_t bytes[512];
	size_t len = stream(bytes);
	struct tls_records one_by_one = { 0 };
	struct seen all = { 0 };

	(void)state;
	for (size_t at = 0; at <= len; at++) {
		struct tls_records t = { 0 };
		struct seen s = { 0 };

		tls_records_push(&t, guard_copy(bytes, at), at, see, &s);
		tls_records_push(&t, guard_copy(bytes + at, len - at), len - at, see, &s);
		check(&s);
	}
	for (size_t i = 0; i < len; i++)
		tls_records_push(&one_by_one, bytes + i, 1, see, &all);
	check(&all);
}

static void
test_gaps(void **state)
{
	uint8_t bytes[512];
	size_t len = stream(bytes);

	(void)state;
	for (size_t from = 0; from < len; from++) {
		for (size_t to = from + 1; to <= len; to++) {
			struct tls_records t = { 0 };
			struct seen s = { 0 };
			bool harmless = from >= 16 && to <= 316;

			tls_records_push(&t, bytes, from, see, &s);
			tls_records_gap(&t, to - from);
			assert_int_equal(t.lost, !harmless && !(from == 5 && to == 6));
			tls_records_push(&t, bytes + to, len - to, see, &s);
			if (harmless)
				check(&s);
		}
	}
}

static void
test_not_tls(void **state)
{
	static const uint8_t wrong[][5] = {
		{ 19, 3, 3, 0, 1 }, { 25, 3, 3, 0, 1 },	 { 23, 2, 3, 0, 1 },
		{ 23, 3, 5, 0, 1 }, { 23, 3, 3, 72, 1 }, "GET /",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct tls_records t = { 0 };
		struct seen s = { 0 };

		tls_records_push(&t, guard_copy(wrong[i], 5), 5, see, &s);
		assert_true(t.lost);
		assert_int_equal(s.nr, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_not_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
