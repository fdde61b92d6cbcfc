#include "tests/support/kept.h"

#include "dataplane/publish/aggregate.h"

#define S 1000000u

static struct record rec;

struct finding {
	const char *rule, *title, *where, *src, *dst;
	uint64_t order_s, severity, value, score;
	const char *sample;
};

static const struct record_head *
make(const struct finding *f)
{
	rec.mask = endpoint_copy_masked;
	record_begin(&rec, RECORD_FINDING, f->order_s * S, f->order_s * S, NULL);
	record_put_string(&rec, RF_RULE_ID, f->rule);
	record_put_string(&rec, RF_RULE_TITLE, f->title);
	record_put_string(&rec, RF_WHERE, f->where);
	record_put_uint(&rec, RF_SEVERITY_ID, f->severity);
	record_put_string(&rec, RF_SRC_IDENTITY, f->src);
	record_put_string(&rec, RF_DST_IDENTITY, f->dst);
	record_put_ip(&rec, RF_DST_IP, (const uint8_t[]) { 192, 0, 2, 1 }, 4);
	record_put_uint(&rec, RF_DST_PORT, 443);
	record_put_uint(&rec, RF_VALUE_HASH, f->value);
	record_put_uint(&rec, RF_SCORE, f->score);
	record_put_string(&rec, RF_SAMPLE_MASKED, f->sample);
	return &rec.head;
}

static struct aggregate *
create(uint32_t max_open, unsigned min_severity)
{
	static struct networks n;
	const struct aggregate_config c = { .sensor = "s",
					    .window_us = 60 * S,
					    .min_severity_id = min_severity,
					    .max_open = max_open,
					    .networks = &n };
	struct aggregate *a;

	networks_set_defaults(&n);
	assert_int_equal(aggregate_create(&c, keep, NULL, &a), 0);
	return a;
}

static uint64_t
number(unsigned i, enum record_field f)
{
	struct record_value v;

	assert_true(record_find(out.record[i], f, &v));
	return record_value_uint(&v);
}

static void
check_text(unsigned i, enum record_field f, const char *want)
{
	struct record_value v;

	assert_true(record_find(out.record[i], f, &v));
	assert_int_equal(v.len, strlen(want));
	assert_memory_equal(v.data, want, v.len);
}

static const struct finding card = { "pci.pan",
				     "Payment card number",
				     "llm.prompt",
				     "10.0.0.5",
				     "fqdn:api.example.com",
				     120,
				     4,
				     7,
				     60,
				     "411111******1111" };

static void
push_with_threshold(struct aggregate *a, const struct finding *f, uint64_t least, bool values)
{
	make(f);
	record_put_uint(&rec, RF_THRESHOLD, least);
	if (values)
		record_put_bool(&rec, RF_THRESHOLD_VALUES, true);
	aggregate_push(a, &rec.head);
}

static void
test_threshold(void **state)
{
	struct aggregate *a = create(100, 0);
	struct finding often = card, other = card;

	(void)state;
	often.rule = "often";
	other.rule = "many";
	for (unsigned i = 0; i < 3; i++) {
		push_with_threshold(a, &often, 3, false);
		push_with_threshold(a, &other, 3, true);
	}
	aggregate_advance(a, 180 * S);
	assert_int_equal(out.nr, 1); /* three times, but of one value only */
	check_text(0, RF_RULE_ID, "often");
	assert_int_equal(aggregate_stats(a)->few, 1);
	for (unsigned i = 0; i < 3; i++) {
		other.value = i;
		other.order_s = 200;
		push_with_threshold(a, &other, 3, true);
	}
	aggregate_advance(a, UINT64_MAX);
	assert_int_equal(out.nr, 2);
	check_text(1, RF_RULE_ID, "many");
	forget();
	aggregate_destroy(a);
}

static void
test_counts_in_window(void **state)
{
	struct aggregate *a = create(100, 0);
	struct finding f = card;

	(void)state;
	aggregate_push(a, make(&f));
	f.order_s = 130;
	aggregate_push(a, make(&f));
	f.order_s = 179;
	f.value = 0;
	aggregate_push(a, make(&f));
	assert_int_equal(out.nr, 0);
	f.order_s = 180; /* the next window */
	aggregate_push(a, make(&f));
	assert_int_equal(out.nr, 1);
	assert_int_equal(number(0, RF_COUNT), 3);
	assert_int_equal(number(0, RF_DISTINCT_VALUES), 2);
	assert_int_equal(number(0, RF_FIRST_TIME), 120 * S);
	assert_int_equal(number(0, RF_LAST_TIME), 179 * S);
	assert_int_equal(out.record[0]->time_us, 179 * S);
	check_text(0, RF_DST_KIND, "external");
	check_text(0, RF_REASON,
		   "2 payment card numbers in the prompt sent to api.example.com by 10.0.0.5");
	aggregate_advance(a, UINT64_MAX);
	assert_int_equal(out.nr, 2);
	assert_int_equal(number(1, RF_COUNT), 1);
	check_text(1, RF_REASON,
		   "1 payment card number in the prompt sent to api.example.com by 10.0.0.5");
	assert_memory_not_equal(out.record[0]->event_id, out.record[1]->event_id, 16);
	forget();
	aggregate_destroy(a);
}

static void
test_keys(void **state)
{
	struct aggregate *a = create(100, 0);
	struct finding f = card;

	(void)state;
	aggregate_push(a, make(&f));
	f.rule = "pii.email";
	aggregate_push(a, make(&f));
	f.src = "10.0.0.6";
	aggregate_push(a, make(&f));
	f.dst = "fqdn:b.example.com";
	aggregate_push(a, make(&f));
	aggregate_push(a, make(&f));
	aggregate_advance(a, UINT64_MAX);
	assert_int_equal(out.nr, 4);
	check_text(0, RF_RULE_ID, "pci.pan"); /* in the order of opening */
	check_text(1, RF_SRC_IDENTITY, "10.0.0.5");
	check_text(2, RF_SRC_IDENTITY, "10.0.0.6");
	assert_int_equal(number(3, RF_COUNT), 2);
	forget();
	aggregate_destroy(a);
}

static void
test_most_severe_stands_for_all(void **state)
{
	struct aggregate *a = create(100, 2);
	struct finding f = card;

	(void)state;
	f.severity = 1;
	aggregate_push(a, make(&f));
	assert_int_equal(aggregate_stats(a)->below, 1);
	f.severity = 2;
	f.where = "json";
	aggregate_push(a, make(&f));
	f.severity = 4;
	f.where = "llm.completion";
	aggregate_push(a, make(&f));
	f.severity = 3;
	f.where = "form";
	aggregate_push(a, make(&f));
	aggregate_advance(a, UINT64_MAX);
	assert_int_equal(out.nr, 1);
	assert_int_equal(number(0, RF_SEVERITY_ID), 4);
	assert_int_equal(number(0, RF_COUNT), 3);
	check_text(0, RF_WHERE, "llm.completion");
	check_text(0, RF_REASON,
		   "1 payment card number in the answer from api.example.com to 10.0.0.5");
	forget();
	aggregate_destroy(a);
}

/* Findings of one packet come in any order: which one stands for all does not depend on it. */
static void
test_order_of_equals(void **state)
{
	struct finding first = card, scored = card, sorted = card, placed = card;
	const struct finding *const all[] = { &first, &scored, &sorted, &placed };

	(void)state;
	scored.score = sorted.score = placed.score = 90;
	scored.sample = "542418******3654";
	placed.where = "json";
	for (unsigned turn = 0; turn < 4; turn++) {
		struct aggregate *a = create(100, 0);

		for (unsigned i = 0; i < 4; i++)
			aggregate_push(a, make(all[(turn + i * (turn % 2 == 0 ? 1 : 3)) % 4]));
		aggregate_advance(a, UINT64_MAX);
		assert_int_equal(out.nr, 1);
		assert_int_equal(number(0, RF_SCORE), 90);
		check_text(0, RF_SAMPLE_MASKED, "411111******1111");
		check_text(0, RF_WHERE, "json");
		forget();
		aggregate_destroy(a);
	}
}

static void
test_limit_of_open(void **state)
{
	struct aggregate *a = create(2, 0);
	struct finding f = card;
	uint8_t first[16];

	(void)state;
	aggregate_push(a, make(&f));
	f.src = "10.0.0.6";
	aggregate_push(a, make(&f));
	f.src = "10.0.0.7";
	aggregate_push(a, make(&f));
	assert_int_equal(out.nr, 1);
	check_text(0, RF_SRC_IDENTITY, "10.0.0.5");
	memcpy(first, out.record[0]->event_id, 16);
	f.src = "10.0.0.5"; /* again in the same window: not the same event */
	aggregate_push(a, make(&f));
	aggregate_advance(a, UINT64_MAX);
	assert_int_equal(out.nr, 4);
	check_text(3, RF_SRC_IDENTITY, "10.0.0.5");
	assert_memory_not_equal(out.record[3]->event_id, first, 16);
	assert_int_equal(aggregate_stats(a)->early, 2);
	forget();
	aggregate_destroy(a);
}

static void
test_limit_of_values(void **state)
{
	struct aggregate *a = create(2, 0);
	struct finding f = card;

	(void)state;
	for (uint64_t i = 0; i < 2 * AGGREGATE_MAX_VALUES; i++) {
		f.value = i << 20;
		aggregate_push(a, make(&f));
		aggregate_push(a, make(&f));
	}
	aggregate_advance(a, UINT64_MAX);
	assert_int_equal(number(0, RF_COUNT), 4 * AGGREGATE_MAX_VALUES);
	assert_int_equal(number(0, RF_DISTINCT_VALUES), AGGREGATE_MAX_VALUES);
	assert_int_equal(aggregate_stats(a)->saturated, 1);
	forget();
	aggregate_destroy(a);
}

static void
test_late_counts_in_open_window(void **state)
{
	struct aggregate *a = create(10, 0);
	struct finding f = card;

	(void)state;
	aggregate_advance(a, 600 * S);
	aggregate_push(a, make(&f));
	aggregate_advance(a, 659 * S);
	assert_int_equal(out.nr, 0);
	aggregate_advance(a, 660 * S);
	assert_int_equal(out.nr, 1);
	forget();
	aggregate_destroy(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_in_window),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_most_severe_stands_for_all),
		cmocka_unit_test(test_order_of_equals),
		cmocka_unit_test(test_limit_of_open),
		cmocka_unit_test(test_limit_of_values),
		cmocka_unit_test(test_late_counts_in_open_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
