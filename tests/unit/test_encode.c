#include "tests/support/unit.h"

#include "dataplane/publish/encode.h"
#include "dataplane/publish/endpoint.h"
#include "dataplane/publish/schema.h"

#define ID "000102030405060708090a0b0c0d0e0f"

static const uint8_t id[RECORD_ID_BYTES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
static char json[ENCODE_MAX_BYTES];
static struct record rec;

static void
begin(enum record_type type)
{
	rec.mask = endpoint_copy_masked;
	record_begin(&rec, type, 1, 1700000000000000u, id);
}

static void
check(const char *want)
{
	struct encoder e = { .sensor = "s" };
	size_t len = encode_record(&e, &rec.head, 7, json);

	assert_int_equal(len, strlen(want));
	assert_memory_equal(json, want, len);
}

static void
test_envelope(void **state)
{
	struct encoder e = { .sensor = "s\"1", .cluster = "c", .boot_us = 5 };
	const char *want = "{\"schema\":\"weir.dns/1\",\"time\":1700000000000000,\"event_id\":\"" ID
			   "\",\"seq\":7,\"boot\":5,\"sensor\":\"s\\\"1\",\"cluster\":\"c\","
			   "\"tap\":\"t\",\"ruleset\":\"r\",\"dns_rcode\":\"NOERROR\"}\n";
	size_t len;

	(void)state;
	begin(RECORD_DNS);
	record_put_string(&rec, RF_DNS_RCODE, "NOERROR");
	record_put_string(&rec, RF_RULESET, "r");
	record_put_string(&rec, RF_TAP, "t");
	len = encode_record(&e, &rec.head, 7, json);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(json, want, len);
}

#define HEAD(type)                                                                     \
	"{\"schema\":\"weir." type "/1\",\"time\":1700000000000000,\"event_id\":\"" ID \
	"\",\"seq\":7,\"sensor\":\"s\""

static void
test_kinds(void **state)
{
	static const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	static const uint8_t mac[6] = { 2, 0, 0, 0xab, 0xcd, 0xef };

	(void)state;
	begin(RECORD_FLOW);
	record_put_ip(&rec, RF_SRC_IP, (const uint8_t[]) { 192, 0, 2, 1 }, 4);
	record_put_ip(&rec, RF_DST_IP, v6, 16);
	record_put_bytes(&rec, RF_SRC_MAC, mac, 6);
	record_put_uint(&rec, RF_VLAN, 10);
	record_put_uint(&rec, RF_VLAN, 20);
	record_put_bool(&rec, RF_FINAL, true);
	record_put_bool(&rec, RF_ENCRYPTED, false);
	record_put_string(&rec, RF_TUNNEL_STACK, "vxlan:42");
	record_put_string(&rec, RF_TUNNEL_STACK, "gre:0");
	record_put_uint(&rec, RF_SRC_BYTES, UINT64_MAX);
	record_put_uint(&rec, RF_DST_BYTES, 0);
	record_put_bytes(&rec, RF_NAT_UID, id, 8);
	check(HEAD("flow") ",\"src_ip\":\"192.0.2.1\",\"dst_ip\":\"2001:db8::1\","
			   "\"src_mac\":\"02:00:00:ab:cd:ef\",\"vlan\":[10,20],\"final\":true,"
			   "\"encrypted\":false,\"tunnel_stack\":[\"vxlan:42\",\"gre:0\"],"
			   "\"src_bytes\":9007199254740991,\"dst_bytes\":0,"
			   "\"nat_uid\":\"0001020304050607\"}\n");
}

static void
test_internal_and_counters(void **state)
{
	(void)state;
	begin(RECORD_FINDING);
	record_put_uint(&rec, RF_VALUE_HASH, 1);
	check(HEAD("finding") "}\n");
	begin(RECORD_STATS);
	record_put_counter(&rec, "rx_packets", 3);
	record_put_counter(&rec, "drop_not_ip", 0);
	check(HEAD("stats") ",\"rx_packets\":3,\"drop_not_ip\":0}\n");
}

#define FFFD "\xef\xbf\xbd"

static const struct text_case {
	const char *name;
	const char *in;
	size_t len;
	const char *want;
} text_cases[] = {
	{ "plain", "abc", 3, "abc" },
	{ "quote and backslash", "a\"b\\c", 5, "a\\\"b\\\\c" },
	{ "control characters", "\0\t\n\r\x1f\x7f", 6, "\\u0000\\t\\n\\r\\u001f\x7f" },
	{ "two, three and four bytes", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xa7", 9,
	  "\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xa7" },
	{ "lone continuation", "a\x80z", 3, "a" FFFD "z" },
	{ "overlong", "\xc0\xaf", 2, FFFD FFFD },
	{ "overlong of three", "\xe0\x80\x80", 3, FFFD FFFD FFFD },
	{ "surrogate", "\xed\xa0\x80", 3, FFFD FFFD FFFD },
	{ "beyond U+10FFFF", "\xf4\x90\x80\x80", 4, FFFD FFFD FFFD FFFD },
	{ "maximal part of a cut sequence", "\xf0\x9f\x92z", 4, FFFD "z" },
	{ "cut at the end", "a\xe2\x82", 3, "a" FFFD },
	{ "byte that never occurs", "\xff\xfe", 2, FFFD FFFD },
};

static void
test_text(void **state)
{
	static char want[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
		const struct text_case *t = &text_cases[i];

		print_message("%s\n", t->name);
		begin(RECORD_HTTP);
		record_put_text(&rec, RF_USER_AGENT, t->in, t->len);
		snprintf(want, sizeof(want), "%s,\"user_agent\":\"%s\"}\n", HEAD("http"), t->want);
		check(want);
	}
}

/* Escapes make a full record larger than an object may be: fields go, the object stays whole. */
static void
test_limit(void **state)
{
	struct encoder e = { .sensor = "s" };
	static char control[2048];
	size_t len;

	(void)state;
	memset(control, 1, sizeof(control));
	begin(RECORD_HTTP);
	for (int i = 0; i < 25; i++)
		record_put_text(&rec, RF_URL_PATH, control, sizeof(control));
	record_put_uint(&rec, RF_HTTP_STATUS, 200);
	len = encode_record(&e, &rec.head, 1, json);
	assert_true(len <= ENCODE_MAX_BYTES);
	assert_int_equal(e.cut, 20);
	assert_memory_equal(json + len - 20, ",\"http_status\":200}\n", 20);
}

/* Every field that may be in a type's record is in its schema, and nothing else. */
static void
test_schema_lists_fields(void **state)
{
	(void)state;
	for (unsigned type = 0; type < NR_RECORD_TYPES; type++) {
		char *text = NULL;
		size_t len = 0;
		FILE *f = open_memstream(&text, &len);

		schema_write(f, (enum record_type)type);
		fclose(f);
		for (unsigned i = 0; i < NR_RECORD_FIELDS; i++) {
			const struct record_field_info *info = &record_field_infos[i];
			char name[128];

			if (info->name[0] == '\0')
				continue;
			snprintf(name, sizeof(name), "\n    \"%s\": {", info->name);
			assert_int_equal(strstr(text, name) != NULL,
					 (info->types & (1u << type)) != 0);
		}
		assert_non_null(strstr(text, "\"required\": [\"schema\", \"time\", \"event_id\", "
					     "\"seq\", \"sensor\"]"));
		free(text);
	}
	assert_int_equal(schema_type_of("llm"), RECORD_LLM);
	assert_int_equal(schema_type_of("lll"), NR_RECORD_TYPES);
}

static void
fill_ends(enum record_type type, const char *src, const char *dst)
{
	struct networks n;

	begin(type);
	networks_set_defaults(&n);
	assert_int_equal(networks_add(&n, src), 0);
	record_put_ip(&rec, RF_SRC_IP, n.list[n.nr - 1].addr + 12, 4);
	assert_int_equal(networks_add(&n, dst), 0);
	record_put_ip(&rec, RF_DST_IP, n.list[n.nr - 1].addr + 12, 4);
}

static void
check_text(const struct record *r, enum record_field f, const char *want)
{
	struct record_value v;

	if (want == NULL) {
		assert_false(record_find(&r->head, f, &v));
		return;
	}
	assert_true(record_find(&r->head, f, &v));
	assert_int_equal(v.len, strlen(want));
	assert_memory_equal(v.data, want, v.len);
}

static const struct end_case {
	const char *name;
	enum record_type type;
	const char *src, *dst;
	enum record_field field;
	const char *value;
	const char *want_src, *want_dst, *want_source, *want_direction;
} end_cases[] = {
	{ "out, by SNI", RECORD_TLS, "10.0.0.5", "192.0.2.7", RF_TLS_SERVER_NAME, "api.example.com",
	  "10.0.0.5", "fqdn:api.example.com", "sni", NULL },
	{ "out, by Host", RECORD_HTTP, "10.0.0.5", "192.0.2.7", RF_URL_HOST, "api.example.com",
	  "10.0.0.5", "fqdn:api.example.com", "http_host", NULL },
	{ "Host is an address", RECORD_HTTP, "10.0.0.5", "192.0.2.7", RF_URL_HOST, "192.0.2.9",
	  "10.0.0.5", "192.0.2.7", "address", NULL },
	{ "inside: the name may be any", RECORD_HTTP, "10.0.0.5", "10.1.2.3", RF_URL_HOST, "db",
	  "10.0.0.5", "10.1.2.3", "address", NULL },
	{ "egress", RECORD_FLOW, "172.16.3.4", "198.51.100.1", RF_SERVER_NAME, "a.example",
	  "172.16.3.4", "fqdn:a.example", NULL, "egress" },
	{ "ingress", RECORD_FLOW, "198.51.100.1", "100.64.0.9", RF_TAP, "t", "198.51.100.1",
	  "100.64.0.9", "address", "ingress" },
	{ "east-west", RECORD_FLOW, "192.168.1.1", "127.0.0.1", RF_TAP, "t", "192.168.1.1",
	  "127.0.0.1", "address", "east_west" },
	{ "passing through", RECORD_FLOW, "192.0.2.1", "198.51.100.1", RF_TAP, "t", "192.0.2.1",
	  "198.51.100.1", "address", "unknown" },
};

static void
test_endpoint(void **state)
{
	static struct record out;
	struct networks n;

	(void)state;
	networks_set_defaults(&n);
	out.mask = endpoint_copy_masked;
	for (size_t i = 0; i < ARRAY_LEN(end_cases); i++) {
		const struct end_case *t = &end_cases[i];

		print_message("%s\n", t->name);
		fill_ends(t->type, t->src, t->dst);
		record_put_string(&rec, t->field, t->value);
		endpoint_fill(&n, NULL, &rec.head, &out);
		check_text(&out, RF_SRC_IDENTITY, t->want_src);
		check_text(&out, RF_DST_IDENTITY, t->want_dst);
		check_text(&out, RF_DST_IDENTITY_SOURCE, t->want_source);
		check_text(&out, RF_DIRECTION, t->want_direction);
	}
}

/* Without a name of its own, a flow has what DNS told its client before it began. */
static void
test_dns_name(void **state)
{
	static const struct {
		const char *name;
		enum record_type type;
		const char *dst;
		uint64_t start_us;
		const char *own, *want, *want_source;
	} rows[] = {
		{ "after the answer", RECORD_FLOW, "192.0.2.7", 5000000, NULL, "a.example", "dns" },
		{ "before it", RECORD_FLOW, "192.0.2.7", 3000000, NULL, NULL, NULL },
		{ "another address", RECORD_FLOW, "192.0.2.8", 5000000, NULL, NULL, NULL },
		{ "a name of its own", RECORD_FLOW, "192.0.2.7", 5000000, "b.example", "b.example",
		  NULL },
		{ "a finding", RECORD_FINDING, "192.0.2.7", 5000000, NULL, "a.example", NULL },
		{ "a record without names", RECORD_DNS, "192.0.2.7", 5000000, NULL, NULL, NULL },
	};
	static const uint8_t client[] = { 10, 0, 0, 5 }, address[] = { 192, 0, 2, 7 };
	const struct siphash_key key = { 1, 2 };
	struct dns_names *names = dns_names_create(8, 0, &key);
	static struct record out;
	struct networks n;

	(void)state;
	networks_set_defaults(&n);
	out.mask = endpoint_copy_masked;
	dns_names_learn(names, 0, span_of(client, 4), span_of(address, 4), span_of("a.example", 9),
			4000000, 60);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].name);
		fill_ends(rows[i].type, "10.0.0.5", rows[i].dst);
		rec.head.time_us = rows[i].start_us;
		if (rows[i].type == RECORD_FLOW)
			record_put_uint(&rec, RF_START_TIME, rows[i].start_us);
		if (rows[i].own != NULL)
			record_put_string(&rec, RF_SERVER_NAME, rows[i].own);
		endpoint_fill(&n, names, &rec.head, &out);
		check_text(&out, RF_SERVER_NAME, rows[i].want);
		check_text(&out, RF_SERVER_NAME_SOURCE, rows[i].want_source);
		if (rows[i].want != NULL && rows[i].own == NULL) {
			check_text(&out, RF_DST_IDENTITY, "fqdn:a.example");
			check_text(&out, RF_DST_IDENTITY_SOURCE, "dns");
		}
	}
	dns_names_destroy(names);
}

static void
test_networks(void **state)
{
	static const char *const bad[] = { "",		 "10.0.0.0/33", "10.0.0.0/",  "10.0.0.0/-1",
					   "fd00::/129", "host",	"10.0.0.0/8x" };
	static const uint8_t v6[16] = { 0xfd, 1 };
	struct networks n = { .nr = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(networks_add(&n, bad[i]), -22);
	assert_int_equal(networks_add(&n, "10.128.0.0/9"), 0);
	assert_int_equal(networks_add(&n, "fd00::/8"), 0);
	assert_true(networks_contain(&n, (const uint8_t[]) { 10, 255, 0, 1 }, 4));
	assert_false(networks_contain(&n, (const uint8_t[]) { 10, 127, 0, 1 }, 4));
	assert_true(networks_contain(&n, v6, 16));
	assert_int_equal(networks_add(&n, "0.0.0.0/0"), 0);
	assert_true(networks_contain(&n, (const uint8_t[]) { 8, 8, 8, 8 }, 4));
	while (n.nr < NETWORKS_MAX)
		assert_int_equal(networks_add(&n, "10.0.0.1"), 0);
	assert_int_equal(networks_add(&n, "10.0.0.1"), -28);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_envelope),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_internal_and_counters),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_schema_lists_fields),
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_dns_name),
		cmocka_unit_test(test_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
