#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "dataplane/counter_info.h"
#include "dataplane/exposition.h"
#include "dataplane/metrics.h"

static const struct address_case {
	const char *listen;
	const char *host; /* NULL: refused */
	unsigned port;
} addresses[] = {
	{ "127.0.0.1:9464", "127.0.0.1", 9464 },
	{ "0.0.0.0:1", "0.0.0.0", 1 },
	{ "9464", "127.0.0.1", 9464 },
	{ ":9464", "127.0.0.1", 9464 },
	{ "[::1]:9464", "::1", 9464 },
	{ "[::]:65535", "::", 65535 },
	{ "localhost:9464", NULL, 0 },
	{ "127.0.0.1", NULL, 0 },
	{ "127.0.0.1:", NULL, 0 },
	{ "127.0.0.1:0", NULL, 0 },
	{ "127.0.0.1:65536", NULL, 0 },
	{ "127.0.0.1:94x", NULL, 0 },
	{ "127.0.0.1:-1", NULL, 0 },
	{ "[::1]", NULL, 0 },
	{ "[::1:9464", NULL, 0 },
	{ "[]:9464", NULL, 0 },
	{ "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1", NULL, 0 },
	{ "1111.1111.1111.1111.1111:1", NULL, 0 },
	{ "-", NULL, 0 },
};

static void
test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		const struct address_case *t = &addresses[i];
		struct sockaddr_storage a;
		char host[INET6_ADDRSTRLEN];
		const void *at;
		uint16_t port;
		socklen_t len;

		print_message("%s\n", t->listen);
		assert_int_equal(metrics_address(t->listen, &a, &len), t->host != NULL ? 0 : -22);
		if (t->host == NULL)
			continue;
		at = a.ss_family == AF_INET ? (const void *)&((struct sockaddr_in *)&a)->sin_addr
					    : (const void *)&((struct sockaddr_in6 *)&a)->sin6_addr;
		port = a.ss_family == AF_INET ? ((struct sockaddr_in *)&a)->sin_port
					      : ((struct sockaddr_in6 *)&a)->sin6_port;
		assert_string_equal(inet_ntop(a.ss_family, at, host, sizeof(host)), t->host);
		assert_int_equal(ntohs(port), t->port);
	}
}

static struct exposition e;

static char *
written(const struct config *config, const char *const names[], size_t nr)
{
	const struct exposition_about about = { "1.2", "abc\"\\\n", 77 };
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	exposition_begin(&e, config);
	for (size_t i = 0; i < nr; i++)
		exposition_put(&e, names[i], i + 1);
	exposition_write(&e, to, &about);
	fclose(to);
	return text;
}

/* Ports come one after the other, samples of a metric must not. */
static void
test_exposition(void **state)
{
	static const char *const names[] = { "rx_packets",
					     "flows_open",
					     "port_0_missed",
					     "port_0_link_up",
					     "port_1_missed",
					     "port_1_link_up",
					     "portable",
					     "missed",
					     "worker_0_stalled",
					     "worker_0_stalls",
					     "worker_1_stalled",
					     "worker_stalls",
					     "llm_openai_calls",
					     "llm_openai_input_tokens",
					     "llm_aws_bedrock_calls" };
	struct config c;
	char *text;

	(void)state;
	config_defaults(&c);
	assert_int_equal(config_load_text(&c, "t",
					  "sensor = \"s\"; ports = ( { device = \"iface:a\"; tap = "
					  "\"x\\\"y\"; }, { device = \"iface:b\"; } );",
					  NULL, NULL),
			 0);
	text = written(&c, names, ARRAY_LEN(names));
	assert_non_null(strstr(text, "weir_info{version=\"1.2\",sensor=\"s\",cluster=\"\","
				     "ruleset=\"abc\\\"\\\\\\n\"} 1\n"));
	assert_non_null(
	    strstr(text, "# TYPE weir_rx_packets_total counter\nweir_rx_packets_total 1\n"));
	assert_non_null(strstr(text, "# TYPE weir_flows_open gauge\nweir_flows_open 2\n"));
	assert_non_null(
	    strstr(text, "# TYPE weir_port_missed_total counter\n"
			 "weir_port_missed_total{port=\"0\",device=\"iface:a\",tap=\"x\\\"y\"} 3\n"
			 "weir_port_missed_total{port=\"1\",device=\"iface:b\",tap=\"iface:b\"} 5\n"
			 "# HELP weir_port_link_up "));
	assert_non_null(strstr(text, "weir_portable_total 7\n"));
	assert_non_null(strstr(text, "\nweir_missed_total 8\n"));
	assert_non_null(strstr(text, "# TYPE weir_worker_stalled gauge\n"
				     "weir_worker_stalled{worker=\"0\"} 9\n"
				     "weir_worker_stalled{worker=\"1\"} 11\n# HELP"));
	assert_non_null(strstr(text,
			       "# TYPE weir_provider_calls_total counter\n"
			       "weir_provider_calls_total{provider=\"openai\"} 13\n"
			       "weir_provider_calls_total{provider=\"aws_bedrock\"} 15\n# HELP"));
	assert_non_null(
	    strstr(text, "\nweir_provider_input_tokens_total{provider=\"openai\"} 14\n"));
	free(text);
	config_free(&c);
}

static void
test_too_many(void **state)
{
	struct config c;
	char name[32];

	(void)state;
	config_defaults(&c);
	exposition_begin(&e, &c);
	for (unsigned i = 0; i < EXPOSITION_MAX_SAMPLES + 10; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		exposition_put(&e, name, i);
	}
	assert_int_equal(e.nr, EXPOSITION_MAX_SAMPLES);
	config_free(&c);
}

static void
test_info(void **state)
{
	(void)state;
	assert_false(counter_info_find("rx_packets", COUNTER_OF_ALL)->gauge);
	assert_true(counter_info_find("held_packets", COUNTER_OF_ALL)->gauge);
	assert_true(counter_info_find("link_up", COUNTER_OF_PORT)->gauge);
	assert_non_null(counter_info_find("feed_duplicates", COUNTER_OF_PORT));
	assert_non_null(counter_info_find("not_inspected_gap_bytes", COUNTER_OF_ALL));
	assert_null(counter_info_find("link_up", COUNTER_OF_WORKER));
	assert_non_null(counter_info_find("with_data", COUNTER_OF_PROVIDER));
	assert_null(counter_info_find("nothing", COUNTER_OF_ALL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_exposition),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
