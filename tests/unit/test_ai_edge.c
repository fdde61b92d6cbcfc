#include "tests/support/kept.h"

#include "dataplane/publish/ai_edge.h"
#include "dataplane/publish/endpoint.h"

#define MINUTE 60000000u
#define HOUR   (60u * (uint64_t)MINUTE)

static struct record rec;

static struct ai_edges *
create(uint32_t max_edges)
{
	const struct ai_edge_config c = { .sensor = "s",
					  .max_edges = max_edges,
					  .interval_us = HOUR };
	struct ai_edges *e;

	assert_int_equal(ai_edges_create(&c, keep, NULL, &e), 0);
	return e;
}

static void
begin(uint64_t us, const char *src, const char *provider, const char *model)
{
	rec.mask = endpoint_copy_masked;
	record_begin(&rec, RECORD_LLM, us, us, NULL);
	record_put_string(&rec, RF_SRC_IDENTITY, src);
	record_put_string(&rec, RF_DST_IDENTITY, "fqdn:api.example");
	record_put_uint(&rec, RF_DST_PORT, 443);
	record_put_string(&rec, RF_GEN_AI_PROVIDER_NAME, provider);
	record_put_string(&rec, RF_GEN_AI_REQUEST_MODEL, model);
}

static void
call(struct ai_edges *e, uint64_t us, const char *src, const char *model, uint64_t in,
     uint64_t out_tokens)
{
	begin(us, src, "openai", model);
	record_put_uint(&rec, RF_GEN_AI_USAGE_INPUT_TOKENS, in);
	record_put_uint(&rec, RF_GEN_AI_USAGE_OUTPUT_TOKENS, out_tokens);
	record_put_uint(&rec, RF_PROMPT_BYTES, 100);
	record_put_uint(&rec, RF_COMPLETION_BYTES, 10);
	ai_edges_push(e, &rec.head);
}

static void
check_uint(unsigned i, enum record_field f, uint64_t want)
{
	struct record_value v;

	assert_true(record_find(out.record[i], f, &v));
	assert_int_equal(record_value_uint(&v), want);
}

static void
check_absent(unsigned i, enum record_field f)
{
	struct record_value v;

	assert_false(record_find(out.record[i], f, &v));
}

/* All values of a field, separated by blanks. */
static void
check_texts(unsigned i, enum record_field f, const char *want)
{
	struct record_iter it = record_iter_of(out.record[i]);
	struct record_value v;
	char got[16384] = "";

	while (record_next(&it, &v)) {
		if (v.field == f)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s",
				 got[0] != '\0' ? " " : "", (int)v.len, (const char *)v.data);
	}
	assert_string_equal(got, want);
}

static void
test_sums(void **state)
{
	struct ai_edges *e = create(16);

	(void)state;
	call(e, 5, "a", "m1", 11, 3);
	call(e, 7, "a", "m1", 20, 4);
	call(e, 9, "a", "m2", 1, 1);
	call(e, 9, "b", "m1", 2, 2);
	assert_int_equal(out.nr, 0);
	ai_edges_advance(e, UINT64_MAX);
	assert_int_equal(out.nr, 3);
	check_texts(0, RF_SRC_IDENTITY, "a");
	check_texts(0, RF_AI_SERVICES, "openai");
	check_texts(0, RF_MODELS, "m1");
	check_texts(0, RF_STATE, "new");
	check_uint(0, RF_CALLS, 2);
	check_uint(0, RF_GEN_AI_USAGE_INPUT_TOKENS, 31);
	check_uint(0, RF_GEN_AI_USAGE_OUTPUT_TOKENS, 7);
	check_uint(0, RF_CALLS_WITHOUT_USAGE, 0);
	check_uint(0, RF_BYTES, 220);
	check_uint(0, RF_FIRST_TIME, 5);
	check_uint(0, RF_LAST_TIME, 7);
	check_uint(0, RF_COUNTED_SINCE, 5);
	check_texts(1, RF_MODELS, "m2");
	check_texts(2, RF_SRC_IDENTITY, "b");
	assert_int_equal(ai_edges_stats(e)->kept, 3);
	forget();
	ai_edges_destroy(e);
}

/* What nobody reported is absent, not 0; estimates are sums of their own. */
static void
test_unknown_is_absent(void **state)
{
	struct ai_edges *e = create(16);

	(void)state;
	begin(1, "a", "openai", "m");
	record_put_uint(&rec, RF_HTTP_STATUS, 429);
	ai_edges_push(e, &rec.head);
	begin(2, "a", "openai", "m");
	record_put_uint(&rec, RF_ESTIMATED_OUTPUT_TOKENS, 40);
	ai_edges_push(e, &rec.head);
	ai_edges_advance(e, UINT64_MAX);
	assert_int_equal(out.nr, 1);
	check_uint(0, RF_CALLS, 2);
	check_uint(0, RF_ERRORS, 1);
	check_uint(0, RF_CALLS_WITHOUT_USAGE, 2);
	check_uint(0, RF_ESTIMATED_OUTPUT_TOKENS, 40);
	check_absent(0, RF_ESTIMATED_INPUT_TOKENS);
	check_absent(0, RF_GEN_AI_USAGE_INPUT_TOKENS);
	check_absent(0, RF_GEN_AI_USAGE_OUTPUT_TOKENS);
	check_absent(0, RF_DATA_TYPES);
	forget();
	ai_edges_destroy(e);
}

/* The same two addresses in two domains are two edges. */
static void
test_domains(void **state)
{
	struct ai_edges *e = create(16);

	(void)state;
	for (unsigned domain = 0; domain < 3; domain++) {
		begin(1, "a", "openai", "m");
		if (domain != 0)
			record_put_uint(&rec, RF_DOMAIN, domain);
		ai_edges_push(e, &rec.head);
	}
	ai_edges_advance(e, UINT64_MAX);
	assert_int_equal(out.nr, 3);
	check_absent(0, RF_DOMAIN);
	check_uint(1, RF_DOMAIN, 1);
	check_uint(2, RF_DOMAIN, 2);
	forget();
	ai_edges_destroy(e);
}

/* By name, in whatever order they were seen. */
static void
test_classes_of_data(void **state)
{
	struct ai_edges *e = create(16);
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		begin(i, "a", "openai", "m");
		record_put_string(&rec, RF_DATA_TYPES_SENT, "pii.email");
		record_put_string(&rec, RF_DATA_TYPES_RECEIVED, i == 0 ? "pii.email" : "pci.pan");
		ai_edges_push(e, &rec.head);
	}
	ai_edges_advance(e, UINT64_MAX);
	check_texts(0, RF_DATA_TYPES_SENT, "pii.email");
	check_texts(0, RF_DATA_TYPES_RECEIVED, "pci.pan pii.email");
	check_texts(0, RF_DATA_TYPES, "pci.pan pii.email");
	forget();

	/* More classes than are told apart. */
	for (unsigned i = 0; i < 2 * AI_EDGE_TYPES; i++) {
		snprintf(name, sizeof(name), "x.%u", i);
		begin(i, "b", "openai", "m");
		record_put_string(&rec, RF_DATA_TYPES_SENT, i < 2 * AI_EDGE_TYPES - 1 ? name : "y");
		ai_edges_push(e, &rec.head);
	}
	begin(1, "c", "openai", "m");
	record_put_string(&rec, RF_DATA_TYPES_SENT, "z");
	ai_edges_push(e, &rec.head);
	ai_edges_advance(e, UINT64_MAX);
	assert_int_equal(out.nr, 2);
	check_texts(1, RF_DATA_TYPES_SENT, "other");
	forget();
	ai_edges_destroy(e);
}

/* New at the end of its minute; then once an interval, when it has changed. */
static void
test_when(void **state)
{
	struct ai_edges *e = create(16);

	(void)state;
	call(e, HOUR + 10, "a", "m", 1, 1);
	ai_edges_advance(e, HOUR + MINUTE - 1);
	assert_int_equal(out.nr, 0);
	ai_edges_advance(e, HOUR + MINUTE);
	assert_int_equal(out.nr, 1);
	check_texts(0, RF_STATE, "new");
	ai_edges_advance(e, 3 * HOUR);
	assert_int_equal(out.nr, 1);
	call(e, 3 * HOUR + 1, "a", "m", 1, 1);
	call(e, 4 * HOUR - 1, "a", "m", 1, 1);
	assert_int_equal(out.nr, 1);
	ai_edges_advance(e, 4 * HOUR);
	assert_int_equal(out.nr, 2);
	check_texts(1, RF_STATE, "active");
	check_uint(1, RF_CALLS, 3);
	check_uint(1, RF_COUNTED_SINCE, HOUR + 10);
	ai_edges_advance(e, UINT64_MAX);
	assert_int_equal(out.nr, 2);
	assert_memory_not_equal(out.record[0]->event_id, out.record[1]->event_id, RECORD_ID_BYTES);
	forget();
	ai_edges_destroy(e);
}

/* The edge that was silent longest is published and makes room; nothing of its sums is lost. */
static void
test_victim(void **state)
{
	struct ai_edges *e = create(2);
	uint64_t calls = 0;

	(void)state;
	call(e, 1, "a", "m", 1, 1);
	call(e, 2, "b", "m", 1, 1);
	call(e, 3, "a", "m", 1, 1);
	call(e, 4, "c", "m", 1, 1); /* b goes */
	assert_int_equal(out.nr, 1);
	check_texts(0, RF_SRC_IDENTITY, "b");
	call(e, 5, "b", "m", 1, 1); /* a goes */
	check_texts(1, RF_SRC_IDENTITY, "a");
	check_uint(1, RF_CALLS, 2);
	ai_edges_advance(e, UINT64_MAX);
	assert_int_equal(out.nr, 4);
	assert_int_equal(ai_edges_stats(e)->forgotten, 2);
	assert_int_equal(ai_edges_stats(e)->kept, 2);
	for (unsigned i = 0; i < out.nr; i++) {
		struct record_value v;

		assert_true(record_find(out.record[i], RF_CALLS, &v));
		calls += record_value_uint(&v);
	}
	assert_int_equal(calls, 5);
	forget();
	ai_edges_destroy(e);
}

/* Many edges in little room, against plain sums: what was published adds up to what was called. */
static void
test_against_plain_sums(void **state)
{
	enum { EDGES = 40, CALLS = 500 };
	struct ai_edges *e = create(8);
	uint64_t want[EDGES] = { 0 }, got[EDGES] = { 0 }, last[EDGES] = { 0 }, since[EDGES] = { 0 };
	unsigned seed = 7;

	(void)state;
	for (unsigned i = 0; i < CALLS; i++) {
		unsigned which = (seed = seed * 1103515245u + 12345u) >> 16 & 0x7fff;
		char name[8];

		which %= EDGES;
		snprintf(name, sizeof(name), "%u", which);
		call(e, 1000 + i * 20u * (uint64_t)MINUTE, name, "m", i, 1);
		want[which] += i;
	}
	ai_edges_advance(e, UINT64_MAX);
	/* Sums are since counted_since: the last of each stretch counts. */
	for (unsigned i = 0; i < out.nr; i++) {
		struct record_value name, v;
		unsigned which;
		char text[8] = "";

		assert_true(record_find(out.record[i], RF_SRC_IDENTITY, &name));
		memcpy(text, name.data, name.len);
		which = (unsigned)strtoul(text, NULL, 10);
		assert_true(record_find(out.record[i], RF_COUNTED_SINCE, &v));
		if (record_value_uint(&v) == since[which])
			got[which] -= last[which];
		since[which] = record_value_uint(&v);
		assert_true(record_find(out.record[i], RF_GEN_AI_USAGE_INPUT_TOKENS, &v));
		got[which] += last[which] = record_value_uint(&v);
	}
	for (unsigned i = 0; i < EDGES; i++)
		assert_int_equal(got[i], want[i]);
	assert_true(ai_edges_stats(e)->forgotten > EDGES);
	forget();
	ai_edges_destroy(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_unknown_is_absent),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_classes_of_data),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_victim),
		cmocka_unit_test(test_against_plain_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
