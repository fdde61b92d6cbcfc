#include "tests/support/kept.h"

#include <unistd.h>

#include "classify/ai/allow.h"
#include "classify/ai/provider.h"
#include "dataplane/publish/ai_watch.h"

static struct record rec;

static struct ai_watch *
create(const struct provider_catalogue *c)
{
	static struct networks n;
	struct ai_watch *w;

	networks_set_defaults(&n);
	assert_int_equal(ai_watch_create(c, &n, keep, NULL, &w), 0);
	return w;
}

static void
begin(enum record_type type, const char *src, const char *dst)
{
	rec.mask = endpoint_copy_masked;
	record_begin(&rec, type, 1, 1, NULL);
	record_put_ip(&rec, RF_SRC_IP, (const uint8_t[]) { 10, 0, 0, 5 }, 4);
	record_put_ip(&rec, RF_DST_IP, (const uint8_t[]) { 192, 0, 2, 1 }, 4);
	record_put_string(&rec, RF_SRC_IDENTITY, src);
	record_put_string(&rec, RF_DST_IDENTITY, dst);
}

static void
check_text(unsigned i, enum record_field f, const char *want)
{
	struct record_value v;

	assert_true(record_find(out.record[i], f, &v));
	assert_int_equal(v.len, strlen(want));
	assert_memory_equal(v.data, want, v.len);
}

/* ------------------------------------------------------------------ tool lists */

static void
list(struct ai_watch *w, const char *path, uint8_t digest, bool paged)
{
	uint8_t bytes[32];

	memset(bytes, digest, sizeof(bytes));
	begin(RECORD_MCP, "10.0.0.5", "fqdn:tools.example");
	record_put_string(&rec, RF_URL_PATH, path);
	record_put_bytes(&rec, RF_TOOLS_DIGEST, bytes, sizeof(bytes));
	if (paged)
		record_put_bool(&rec, RF_MCP_PAGED, true);
	ai_watch_push(w, &rec);
}

static void
test_tools_change(void **state)
{
	struct ai_watch *w = create(NULL);

	(void)state;
	list(w, "/mcp", 1, false);
	list(w, "/other", 2, false);
	list(w, "/mcp", 1, false);
	list(w, "/mcp", 9, true);
	assert_int_equal(out.nr, 0);
	list(w, "/mcp", 3, false);
	list(w, "/mcp", 3, false);
	assert_int_equal(out.nr, 1);
	check_text(0, RF_RULE_ID, "mcp.tools_changed");
	check_text(
	    0, RF_REASON,
	    "the tools that fqdn:tools.example offers to 10.0.0.5 at /mcp are others than before "
	    "(01010101, now 03030303)");
	forget();
	ai_watch_destroy(w);
}

/* More places than are remembered: the first makes room, and its next list is its first again. */
static void
test_places_are_forgotten(void **state)
{
	struct ai_watch *w = create(NULL);
	char path[32];

	(void)state;
	for (unsigned i = 0; i <= AI_WATCH_MANIFESTS; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		list(w, path, 1, false);
	}
	assert_int_equal(ai_watch_stats(w)->manifests_forgotten, 1);
	list(w, "/0", 2, false);
	assert_int_equal(out.nr, 0);
	list(w, "/5", 2, false);
	assert_int_equal(out.nr, 1);
	forget();
	ai_watch_destroy(w);
}

/* ------------------------------------------------------------------ the allow-list */

static const char rules[] = "provider x_ai {\n"
			    "  host api.x.ai\n"
			    "}\n"
			    "provider cohere {\n"
			    "  host api.cohere.com\n"
			    "}\n"
			    "provider vertex {\n"
			    "  kind platform\n"
			    "  host *.cloud.example\n"
			    "}\n"
			    "allow all {\n"
			    "  provider openai azure.ai.*\n"
			    "}\n"
			    "allow lab {\n"
			    "  from     10.0.0.0/29 lab/*\n"
			    "  provider anthropic vllm\n"
			    "}\n";

static struct provider_catalogue *
load(const char *text)
{
	char path[] = "/tmp/weir-test-XXXXXX", err[256];
	struct provider_catalogue *c = NULL;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	if (provider_load(path, &c, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	unlink(path);
	return c;
}

static const struct allow_case {
	const char *name, *identity, *service, *engine;
	uint8_t addr[4];
	bool internal, want;
} allow_cases[] = {
	{ "everyone's", "shop/Deployment/web", "openai", "", { 10, 9, 9, 9 }, false, true },
	{ "a pattern", "shop/Deployment/web", "azure.ai.openai", "", { 10, 9, 9, 9 }, false, true },
	{ "not a part of a name", "x", "openai2", "", { 10, 9, 9, 9 }, false, false },
	{ "by network", "x", "anthropic", "", { 10, 0, 0, 7 }, false, true },
	{ "outside the network", "x", "anthropic", "", { 10, 0, 0, 8 }, false, false },
	{ "by identity", "lab/Job/t", "anthropic", "", { 10, 9, 9, 9 }, false, true },
	{ "by engine", "lab/Job/t", "", "vllm", { 10, 9, 9, 9 }, true, true },
	{ "unknown", "lab/Job/t", "", "", { 10, 9, 9, 9 }, true, false },
};

static void
test_allow_list(void **state)
{
	struct provider_catalogue *c = load(rules);
	struct provider_catalogue *inside = load("allow x {\n provider internal\n}\n");

	(void)state;
	assert_true(allow_list_exists(c));
	assert_false(allow_list_exists(NULL));
	for (size_t i = 0; i < sizeof(allow_cases) / sizeof(allow_cases[0]); i++) {
		const struct allow_case *t = &allow_cases[i];
		struct allow_use use = {
			.service = span_of(t->service, strlen(t->service)),
			.engine = span_of(t->engine, strlen(t->engine)),
			.identity = span_of(t->identity, strlen(t->identity)),
			.addr = t->addr,
			.addr_len = 4,
			.internal = t->internal,
		};

		print_message("%s\n", t->name);
		assert_int_equal(allow_list_has(c, &use), t->want);
		assert_int_equal(allow_list_has(inside, &use), t->internal);
	}
	provider_destroy(c);
	provider_destroy(inside);
}

static void
test_shadow(void **state)
{
	struct provider_catalogue *c = load(rules);
	struct ai_watch *w = create(c);
	struct record_value v;

	(void)state;
	begin(RECORD_FLOW, "shop/Deployment/web", "fqdn:api.cohere.com");
	record_put_string(&rec, RF_AI_SERVICE, "cohere");
	record_put_string(&rec, RF_SERVER_NAME, "api.cohere.com");
	record_put_string(&rec, RF_SERVER_NAME_SOURCE, "sni");
	record_put_uint(&rec, RF_SRC_PAYLOAD_BYTES, 912);
	record_put_string(&rec, RF_DATA_TYPES, "pci.pan");
	ai_watch_push(w, &rec);
	assert_int_equal(out.nr, 1);
	check_text(0, RF_RULE_ID, "ai.shadow");
	check_text(0, RF_SEVERITY, "high");
	check_text(0, RF_DST_KIND, "ai_shadow");
	check_text(0, RF_DETECTED_BY, "sni");
	check_text(0, RF_AI_SERVICE, "cohere");
	check_text(0, RF_DATA_TYPES_SENT, "pci.pan");
	assert_false(record_find(out.record[0], RF_SRC_PAYLOAD_BYTES, &v));

	begin(RECORD_FLOW, "shop/Deployment/web", "fqdn:api.openai.com");
	record_put_string(&rec, RF_AI_SERVICE, "openai");
	ai_watch_push(w, &rec);
	/* Named by nothing but DNS: api.x.ai is in the rules below. */
	begin(RECORD_FLOW, "shop/Deployment/web", "fqdn:api.x.ai");
	record_put_string(&rec, RF_SERVER_NAME, "api.x.ai");
	record_put_string(&rec, RF_SERVER_NAME_SOURCE, "dns");
	ai_watch_push(w, &rec);
	assert_int_equal(out.nr, 2);
	check_text(1, RF_AI_SERVICE, "x_ai");
	check_text(1, RF_DETECTED_BY, "dns");
	check_text(1, RF_SEVERITY, "medium");
	begin(RECORD_FLOW, "shop/Deployment/web", "fqdn:www.example.com");
	record_put_string(&rec, RF_SERVER_NAME, "relax.ai");
	ai_watch_push(w, &rec);
	assert_int_equal(out.nr, 2);
	forget();
	ai_watch_destroy(w);
	provider_destroy(c);
}

/* How the service of a flow was recognised, which only DNS may have named. */
static const struct flow_case {
	const char *what, *name, *source, *service, *by; /* as the worker has them; NULL: not */
	const char *want_service, *want_by;
} flow_cases[] = {
	{ "by SNI", "api.x.ai", "sni", "x_ai", NULL, "x_ai", "sni" },
	{ "by the SNI of a hello in a hello", "api.x.ai", "sni_outer", "x_ai", NULL, "x_ai",
	  "sni" },
	{ "by host", "api.x.ai", "http_host", "x_ai", NULL, "x_ai", "host" },
	{ "by DNS", "api.x.ai", "dns", NULL, NULL, "x_ai", "dns" },
	{ "by what was said", "gpu-3.lan", "http_host", "vllm", NULL, "vllm", "payload" },
	{ "by what was said to somebody known", "api.x.ai", "sni", "mcp", NULL, "mcp", "payload" },
	{ "by what was said to who has no name", NULL, NULL, "vllm", NULL, "vllm", "payload" },
	{ "by its shape", "api.x.ai", "sni", "x_ai", "shape", "x_ai", "shape" },
	{ "of a platform", "a.cloud.example", "dns", NULL, NULL, NULL, NULL },
	{ "of nobody known", "www.example.com", "dns", NULL, NULL, NULL, NULL },
	{ "of no name", NULL, NULL, NULL, NULL, NULL, NULL },
};

static void
test_recognised_by(void **state)
{
	struct provider_catalogue *c = load(rules);
	struct ai_watch *w = create(c);
	struct record_value v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(flow_cases); i++) {
		const struct flow_case *t = &flow_cases[i];
		const char *texts[] = { t->name, t->source, t->service, t->by };
		static const enum record_field fields[] = { RF_SERVER_NAME, RF_SERVER_NAME_SOURCE,
							    RF_AI_SERVICE, RF_DETECTED_BY };

		print_message("%s\n", t->what);
		begin(RECORD_FLOW, "a", "b");
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			record_put_string(&rec, fields[k], texts[k]);
		ai_watch_push(w, &rec);
		assert_int_equal(record_find(&rec.head, RF_AI_SERVICE, &v),
				 t->want_service != NULL);
		assert_true(t->want_service == NULL ||
			    span_is(span_of(v.data, v.len), t->want_service));
		assert_int_equal(record_find(&rec.head, RF_DETECTED_BY, &v), t->want_by != NULL);
		assert_true(t->want_by == NULL || span_is(span_of(v.data, v.len), t->want_by));
	}
	forget();
	ai_watch_destroy(w);
	provider_destroy(c);
}

/* ------------------------------------------------------------------ the ledger */

static struct {
	unsigned nr;
	uint64_t calls, tokens, other;
} counted;

static void
count(void *arg, const char *name, uint64_t value)
{
	(void)arg;
	counted.nr++;
	if (strcmp(name, "llm_azure_ai_openai_calls") == 0)
		counted.calls = value;
	if (strcmp(name, "llm_azure_ai_openai_input_tokens") == 0)
		counted.tokens = value;
	if (strcmp(name, "llm_other_calls") == 0)
		counted.other = value;
}

static void
call(struct ai_ledger *l, const char *provider, uint64_t tokens)
{
	begin(RECORD_LLM, "a", "b");
	record_put_string(&rec, RF_GEN_AI_PROVIDER_NAME, provider);
	if (tokens != 0) {
		record_put_uint(&rec, RF_GEN_AI_USAGE_INPUT_TOKENS, tokens);
		record_put_string(&rec, RF_USAGE_SOURCE, "reported");
	}
	record_put_uint(&rec, RF_HTTP_STATUS, 429);
	ai_ledger_add(l, &rec.head);
}

static void
test_ledger(void **state)
{
	static struct ai_ledger l;
	char name[16];

	(void)state;
	call(&l, "azure.ai.openai", 7);
	call(&l, "azure.ai.openai", 0);
	assert_int_equal(l.row[0].no_usage, 1);
	assert_int_equal(l.row[0].errors, 2);
	for (int i = 0; i < AI_LEDGER_ROWS + 5; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		call(&l, name, 1);
	}
	assert_int_equal(l.nr, AI_LEDGER_ROWS);
	ai_ledger_put(&l, count, NULL);
	assert_int_equal(counted.calls, 2);
	assert_int_equal(counted.tokens, 7);
	assert_int_equal(counted.other, 7);
	assert_int_equal(counted.nr, 10 * AI_LEDGER_ROWS);
}

/* A call that only its shape gave away is no entry, and judged where the provider is known. */
static void
test_inferred(void **state)
{
	struct provider_catalogue *c = load(rules);
	struct ai_watch *w = create(c);
	struct record_value v;

	(void)state;
	for (unsigned known = 0; known < 2; known++) {
		begin(RECORD_LLM, "a", "b");
		record_put_bool(&rec, RF_LLM_STREAM_LIKELY, true);
		if (known)
			record_put_string(&rec, RF_GEN_AI_PROVIDER_NAME, "x_ai");
		ai_watch_push(w, &rec);
		assert_int_equal(record_find(&rec.head, RF_SANCTIONED, &v), known);
	}
	assert_int_equal(ai_watch_ledger(w)->nr, 0);
	ai_watch_destroy(w);
	provider_destroy(c);
}

static void
test_types(void **state)
{
	struct provider_catalogue *c = load(rules);
	uint32_t finding = 1u << RECORD_FINDING, mcp = 1u << RECORD_MCP, flow = 1u << RECORD_FLOW;

	(void)state;
	assert_int_equal(ai_watch_types(1u << RECORD_HTTP, c, false), 1u << RECORD_HTTP);
	assert_int_equal(ai_watch_types(finding, NULL, false), finding | mcp);
	assert_int_equal(ai_watch_types(finding, c, false), finding | mcp | flow);
	assert_int_equal(ai_watch_types(finding, NULL, true), finding | mcp | flow);
	provider_destroy(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tools_change), cmocka_unit_test(test_places_are_forgotten),
		cmocka_unit_test(test_allow_list),   cmocka_unit_test(test_shadow),
		cmocka_unit_test(test_ledger),	     cmocka_unit_test(test_types),
		cmocka_unit_test(test_inferred),     cmocka_unit_test(test_recognised_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
