#include "tests/support/unit.h"

#include "dataplane/publish/record.h"

static struct record rec;

static size_t
mask_digits(void *arg, const uint8_t *in, size_t len, char *out, size_t cap)
{
	size_t n = len < cap ? len : cap;

	(void)arg;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(in[i] >= '0' && in[i] <= '9' ? '*' : in[i]);
	return n;
}

static void
begin(enum record_type type)
{
	rec.mask = mask_digits;
	record_begin(&rec, type, 1, 2, NULL);
}

static void
test_fields_come_back(void **state)
{
	struct record_iter it;
	struct record_value v;

	(void)state;
	begin(RECORD_FLOW);
	record_put_uint(&rec, RF_SRC_BYTES, 42);
	record_put_string(&rec, RF_TAP, "span-a");
	record_put_string(&rec, RF_RULESET, NULL);
	record_put_text(&rec, RF_CLUSTER, "", 0);
	record_put_bool(&rec, RF_FINAL, true);
	it = record_iter_of(&rec.head);
	assert_true(record_next(&it, &v));
	assert_int_equal(v.field, RF_SRC_BYTES);
	assert_int_equal(record_value_uint(&v), 42);
	assert_true(record_next(&it, &v));
	assert_int_equal(v.field, RF_TAP);
	assert_memory_equal(v.data, "span-a", 6);
	assert_true(record_next(&it, &v));
	assert_int_equal(v.field, RF_FINAL);
	assert_false(record_next(&it, &v));
	assert_true(record_find(&rec.head, RF_TAP, &v));
	assert_false(record_find(&rec.head, RF_CLUSTER, &v));
}

static void
test_application_data_is_masked(void **state)
{
	struct record_value v;

	(void)state;
	begin(RECORD_HTTP);
	record_put_string(&rec, RF_URL_PATH, "/u/4111");
	assert_true(record_find(&rec.head, RF_URL_PATH, &v));
	assert_int_equal(v.len, 7);
	assert_memory_equal(v.data, "/u/****", 7);

	begin(RECORD_HTTP);
	rec.mask = NULL;
	record_put_string(&rec, RF_URL_PATH, "/u/4111");
	assert_false(record_find(&rec.head, RF_URL_PATH, &v));
}

static const struct cut_case {
	const char *name;
	const char *tail; /* put behind as many 'a' as make the text 17 bytes, one too many */
	size_t want;
} cut_cases[] = {
	{ "ASCII", "b", 16 },
	{ "not inside two bytes", "\xc3\xa4", 15 },
	{ "not inside three bytes", "\xe2\x82\xac", 14 },
	{ "not inside four bytes", "\xf0\x9f\x92\xa7", 13 },
};

static void
test_text_is_cut_at_a_character(void **state)
{
	struct record_value v;
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cut_cases); i++) {
		size_t tail = strlen(cut_cases[i].tail);

		print_message("%s\n", cut_cases[i].name);
		memset(text, 'a', sizeof(text));
		memcpy(text + 17 - tail, cut_cases[i].tail, tail);
		begin(RECORD_FLOW);
		record_put_text(&rec, RF_END_REASON, text, 17);
		assert_true(record_find(&rec.head, RF_END_REASON, &v));
		assert_int_equal(v.len, cut_cases[i].want);
	}
}

static void
test_full_record_says_so(void **state)
{
	static char text[2048];
	struct record_value v;

	(void)state;
	memset(text, 'x', sizeof(text));
	begin(RECORD_HTTP);
	for (int i = 0; i < 40; i++)
		record_put_text(&rec, RF_URL_PATH, text, sizeof(text));
	assert_int_equal(rec.head.cut, 9);
	assert_true(rec.head.len <= RECORD_MAX_BYTES);
	record_put_uint(&rec, RF_HTTP_STATUS, 200);
	assert_true(record_find(&rec.head, RF_HTTP_STATUS, &v));
}

static void
test_table_is_sound(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_RECORD_FIELDS; i++) {
		const struct record_field_info *a = &record_field_infos[i];
		bool text = a->kind == RECORD_KIND_TEXT || a->kind == RECORD_KIND_TEXTS;

		assert_non_null(a->name);
		assert_true(!text || (a->max_bytes > 0 && a->max_bytes < RECORD_MAX_BYTES));
		for (unsigned j = i + 1; a->name[0] != '\0' && j < NR_RECORD_FIELDS; j++)
			assert_string_not_equal(a->name, record_field_infos[j].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_come_back),
		cmocka_unit_test(test_application_data_is_masked),
		cmocka_unit_test(test_text_is_cut_at_a_character),
		cmocka_unit_test(test_full_record_says_so),
		cmocka_unit_test(test_table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
