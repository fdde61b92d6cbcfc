/* elastic: which requests are theirs, what they do, to which index. */
#include "tests/support/unit.h"

#include "classify/elastic.h"

static const struct elastic_case {
	const char *method, *path;
	bool product, json, theirs;
	enum db_class class;
	const char *index;
} cases[] = {
	{ "POST", "/orders/_search", false, true, true, DB_READ, "orders" },
	{ "POST", "/Patient/_search", false, false, false, 0, NULL },
	{ "POST", "/_bulk", false, true, true, DB_WRITE, "" },
	{ "PUT", "/orders/_doc/7", false, true, true, DB_WRITE, "orders" },
	{ "GET", "/orders/_doc/7", false, true, true, DB_READ, "orders" },
	{ "PUT", "/_doc", false, true, false, 0, NULL },
	{ "POST", "/_search/scroll", false, true, true, DB_READ, "" },
	{ "PUT", "/orders", true, true, true, DB_SCHEMA, "orders" },
	{ "PUT", "/orders", false, true, false, 0, NULL },
	{ "GET", "/", true, true, true, DB_OTHER, "" },
	{ "GET", "/orders", true, true, true, DB_ADMIN, "orders" },
	{ "PUT", "/orders/_mapping", false, true, true, DB_SCHEMA, "orders" },
	{ "GET", "/_cluster/health", false, true, true, DB_ADMIN, "" },
	{ "GET", "/db/_all_docs", false, true, false, 0, NULL },
	{ "POST", "/v1/items", false, true, false, 0, NULL },
	{ "POST", "//orders//_count/", false, true, true, DB_READ, "orders" },
	{ "GET", "", false, true, false, 0, NULL },
};

static void
test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct elastic_case *t = &cases[i];
		struct elastic_request r = { .method = span_of(t->method, strlen(t->method)),
					     .path = span_of(t->path, strlen(t->path)),
					     .user_agent = span_of("opensearch-py/2", 15),
					     .product = t->product,
					     .json = t->json };
		struct elastic_operation o;

		print_message("%s %s\n", t->method, t->path);
		assert_int_equal(elastic_read(&r, &o), t->theirs);
		if (!t->theirs)
			continue;
		assert_int_equal(o.class, t->class);
		assert_true(span_is(o.index, t->index));
		assert_string_equal(o.system, "opensearch");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
